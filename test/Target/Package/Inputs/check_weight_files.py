# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads broken weight files: each is an error that says what is wrong."""

import json
import os
import random
import struct
import subprocess
import sys

from safetensors_file import dump, frame


def row(dtype="F32", shape=(2,), begin=0, end=8):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


DATA = bytes(8)
BROKEN = {
    "short": (b"abc", "expected a safetensors file, got 3 bytes"),
    "length": (struct.pack("<Q", 2**63) + b"{}",
               "expected a header of at most 2 bytes, got 9223372036854775808"),
    "json": (frame(b"{", b""), "expected a header in JSON"),
    "utf8": (frame(b'{"\xff": 1}', b""), "expected a header in JSON"),
    "depth": (frame(b"[" * 100000, b""), "nested at most 8 deep, got 100000"),
    "array": (frame(b"[]", b""), "expected the header to be a JSON object"),
    "twice": (frame(b'{"__metadata__": {}, "__metadata__": {}}', b""),
              "duplicate keys in the header"),
    "row": (frame({"w": 1}, b""), 'tensor "w": expected {"dtype"'),
    "extra": (frame({"w": dict(row(), x=1)}, DATA),
              'tensor "w": expected {"dtype"'),
    "shape": (frame({"w": row(shape=[-2])}, DATA),
              'tensor "w": expected {"dtype"'),
    "offsets": (frame({"w": dict(row(), data_offsets=[0, 4, 8])}, DATA),
                'tensor "w": expected {"dtype"'),
    "dtype": (frame({"w": row("X")}, DATA), 'tensor "w": unknown dtype X'),
    "huge": (frame({"w": row(shape=[2**40, 2**40])}, DATA),
             'tensor "w": its size overflows 64 bits'),
    "range": (frame({"w": row(end=9)}, DATA),
              'tensor "w": expected data_offsets in 0 to 8, got 0 to 9'),
    "order": (frame({"w": row(begin=8, end=0)}, DATA),
              "expected data_offsets in 0 to 8, got 8 to 0"),
    "size": (frame({"w": row(shape=[3])}, DATA),
             'tensor "w": expected 12 bytes for its shape, got 8'),
    "bits": (frame({"w": row("F4", [3], 0, 1)}, b"\0"),
             'tensor "w": expected'),
    "overlap": (frame({"v": row(), "w": row(begin=4, end=12)}, bytes(12)),
                'tensor "w": expected data from 8, where the one before ends, '
                "got 4"),
    "hole": (frame({"v": row(), "w": row(begin=12, end=20)}, bytes(20)),
             'tensor "w": expected data from 8'),
    "end": (frame({"w": row()}, bytes(9)),
            "expected data to the end of the file, 9, got 8"),
}


def run(path, module):
    return subprocess.run(["attnc-test-package", module, "--bind",
                           "--weights=" + path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)


def main(directory):
    module = os.path.join(directory, "empty.mlir")
    with open(module, "w") as file:
        file.write("module {}\n")
    path = os.path.join(directory, "w.safetensors")

    def check(contents):
        with open(path, "wb") as file:
            file.write(contents)
        return run(path, module)

    for name, (contents, message) in BROKEN.items():
        result = check(contents)
        error = result.stderr.decode()
        assert result.returncode == 1, (name, result)
        assert f"'{path}': {message}" in error or (
            path in error and message in error), (name, error)
    result = run(os.path.join(directory, "missing"), module)
    assert result.returncode == 1 and b"cannot read" in result.stderr

    # Files that are right: no tensor at all, an empty one, small bit widths.
    for contents in (dump({}), dump({"w": ("F32", [0, 3], b"")}),
                     frame({"w": row("F4", [4], 0, 2)}, b"ab")):
        result = check(contents)
        assert result.returncode == 0, result

    seed = int(os.environ.get("ATTNC_SEED") or random.randrange(2**32))
    print("seed", seed)
    rng = random.Random(seed)
    whole = dump({"a": ("F32", [2, 3], bytes(24)), "b": ("BF16", [4], bytes(8))})
    for _ in range(1000 if "ATTNC_SLOW" in os.environ else 30):
        broken = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        if rng.randrange(4) == 0:
            del broken[rng.randrange(len(broken)):]
        result = check(bytes(broken))
        assert result.returncode in (0, 1), (bytes(broken), result)
        assert (result.returncode == 1) == (b"error" in result.stderr)


main(sys.argv[1])
