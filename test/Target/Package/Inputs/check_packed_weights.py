# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Packs random weights and compares each with a slow packing of its own.

Checks what docs/Package.md says of the file, too: alignment, order, hashes.
"""

import hashlib
import json
import os
import random
import subprocess
import sys

import safetensors_file

# K, N, width, depth, whether transposed, dtype. The last ones are more than
# one chunk: of panels, of rows of one panel.
CASES = [
    (40, 48, 32, 1, False, "F32"), (40, 48, 32, 1, True, "F32"),
    (41, 33, 32, 2, False, "BF16"), (41, 33, 32, 2, True, "BF16"),
    (1, 1, 32, 2, True, "F16"), (17, 5, 3, 1, False, "I32"),
    (35, 70, 16, 4, False, "F32"), (35, 70, 16, 4, True, "F16"),
    (300, 1000, 32, 1, False, "F32"), (300, 1000, 32, 2, True, "BF16"),
    (9001, 40, 32, 1, False, "F32"), (9001, 40, 32, 2, True, "BF16"),
]


def ceildiv(a, b):
    return -(-a // b)


def pack(source, k, n, width, depth, transposed, size):
    result = bytearray(ceildiv(n, width) * ceildiv(k, depth) * width * depth *
                       size)
    for i in range(k):
        for j in range(n):
            at = j * k + i if transposed else i * n + j
            to = ((j // width * ceildiv(k, depth) + i // depth) * width +
                  j % width) * depth + i % depth
            result[to * size:to * size + size] = source[at * size:
                                                        at * size + size]
    return bytes(result)


def main(directory):
    seed = int(os.environ.get("ATTNC_SEED") or random.randrange(2**32))
    print("seed", seed)
    rng = random.Random(seed)
    weights, arguments, expected = {}, [], {}
    # An odd number of bytes in front: the file aligns nothing.
    weights["odd"] = ("U8", [3], b"abc")
    for index, (k, n, width, depth, transposed, dtype) in enumerate(CASES):
        size = safetensors_file.BYTES[dtype]
        name = f"w{index}"
        source = rng.randbytes(k * n * size)
        shape = [n, k] if transposed else [k, n]
        weights[name] = (dtype, shape, source)
        stored = [ceildiv(n, width), ceildiv(k, depth), width]
        suffix = f"@panels{width}"
        if depth != 1:
            stored.append(depth)
            suffix += f"x{depth}"
        suffix += "t" * transposed
        layout = (f", tile.layout = {{width = {width} : i64, depth = {depth} "
                  f": i64, transposed = {str(transposed).lower()}}}")
        packed = pack(source, k, n, width, depth, transposed, size)
        for form, text, contents in ((stored, layout, packed),
                                     (shape, "", source)):
            element = "i32" if dtype == "I32" else dtype.lower()
            arguments.append(
                f"%a{len(arguments)}: "
                f"!tile.buf<{'x'.join(map(str, form))}x{element}, global> "
                f'{{attn.weight = "{name}", tile.role = "weight"{text}}}')
            expected[name + (suffix if text else "")] = (dtype, form, contents,
                                                         name, shape)
    module = "tile.program @p({}) {{}}\ntile.program @q({}) {{}}\n".format(
        ",\n".join(arguments), ",\n".join(arguments))

    paths = [os.path.join(directory, name)
             for name in ("in.mlir", "w.safetensors", "a.attnc", "b.attnc")]
    with open(paths[0], "w") as file:
        file.write(module)
    with open(paths[1], "wb") as file:
        file.write(safetensors_file.dump(weights))
    for output in paths[2:]:
        subprocess.run(["attnc-test-package", paths[0], "--weights=" + paths[1],
                        "-o", output], check=True)
    with open(paths[2], "rb") as a, open(paths[3], "rb") as b:
        contents = a.read()
        assert contents == b.read(), "the bytes differ from run to run"

    metadata, tensors, header = safetensors_file.load(paths[2])
    manifest = json.loads(metadata["attnc.manifest"])
    rows = json.loads(header)
    end = 0
    for name in sorted(tensors, key=lambda name: rows[name]["data_offsets"]):
        begin, next_end = rows[name]["data_offsets"]
        assert begin == end, name
        assert name.startswith("attnc.pad.") or begin % 64 == 0, name
        end = next_end
    assert 8 + len(header) + end == len(contents) and name == "attnc.sha256"
    assert (8 + len(header)) % 4096 == 0
    assert tensors.pop("attnc.sha256")[2] == hashlib.sha256(header).digest()
    for name in [name for name in tensors if name.startswith("attnc.pad.")]:
        assert not any(tensors.pop(name)[2]), name
    assert set(manifest["sha256"]) == set(tensors)
    for name, row in tensors.items():
        assert manifest["sha256"][name] == hashlib.sha256(row[2]).hexdigest()
    assert tensors.pop("attnc.kernels.cpu")[2] == b"object"
    assert set(tensors) == set(expected) == set(manifest["weights"])
    for name, (dtype, form, packed, source, shape) in expected.items():
        assert tensors[name] == (dtype, form, packed), name
        weight = manifest["weights"][name]
        assert (weight["source"], weight["dtype"],
                weight["shape"]) == (source, dtype, shape), name


main(sys.argv[1])
