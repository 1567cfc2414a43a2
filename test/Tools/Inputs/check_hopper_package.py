# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the package of hopper-package.mlir back: PACKAGE DUMP-FOLDER RANKS."""

import hashlib
import json
import struct
import sys

path, dump, ranks = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(path, "rb") as file:
    contents = file.read()
length, = struct.unpack_from("<Q", contents)
header = json.loads(contents[8:8 + length])
metadata = header.pop("__metadata__")
manifest = json.loads(metadata["attnc.manifest"])


def stored(name):
    begin, end = header[name]["data_offsets"]
    return contents[8 + length + begin:8 + length + end]


assert stored("attnc.sha256") == hashlib.sha256(contents[8:8 + length]).digest()
for name, digest in manifest["sha256"].items():
    assert hashlib.sha256(stored(name)).hexdigest() == digest, name
assert manifest["format"] == [1, 2]
assert manifest.get("grid") == (None if ranks == 1 else {"name": "tp", "shape": [ranks]})

# The cubin is what the stage made, and ends up nowhere else.
cpu, gpu = manifest["targets"]
kernel, = gpu["kernels"]
assert kernel["name"] == "attention_0" and kernel["blob"] == "attnc.kernels.sm_90a.attention_0"
with open(f"{dump}/07-cubin.sm_90a.attention_0.cubin", "rb") as file:
    assert stored(kernel["blob"]) == file.read()
assert stored(cpu["blob"]).startswith(b"\x7fELF")

# What the kernel takes, and of it what a launch passes.
heads = 4 // ranks
tensor = {"dtype": "BF16", "sizes": [None, heads, None, 64]}
arguments = [dict(argument) for argument in kernel["arguments"]]
assert [argument.pop("access") for argument in arguments] == ["read", "read", "read", "write"]
assert arguments == [tensor] * 4, arguments
assert kernel["threads"] % 128 == 0 and 0 < kernel["shared_bytes"] <= 232448 and kernel["persistent"] is True
maps = [param for param in kernel["params"] if param["kind"] == "tensor_map"]
assert {param["argument"] for param in maps} == {0, 1, 2, 3}
for param in maps:
    assert len(param["box"]) == 5 and param["box"][0] == 64 and param["box"][3:] == [1, 1], param
assert sum(param["kind"] == "counter" for param in kernel["params"]) == 1
for param in kernel["params"]:
    assert param["kind"] in ("tensor_map", "pointer", "size", "stride", "counter"), param
    if "argument" in param:
        assert 0 <= param["argument"] < 4 and 0 <= param.get("dim", 0) < 4, param

# A plan for each target: the same entry with another grid.
plans = [json.loads(metadata[name])["entries"]["f"] for name in ("attnc.plan", "attnc.plan.sm_90a")]
for part in ("symbols", "inputs", "outputs", "buffers"):
    assert plans[0][part] == plans[1][part], part
split = [None, {"axis": 0, "group": 1}, None, None] if ranks > 1 else None
for value in plans[1]["inputs"] + plans[1]["outputs"]:
    assert value.get("split") == split and value["shape"][1] == heads, value
steps = [plan["steps"] for plan in plans]
assert [step["target"] for step, in steps] == ["cpu", "sm_90a"]
assert [step["kernel"] for step, in steps] == ["attention_0"] * 2
assert steps[0][0]["args"] == steps[1][0]["args"]
rows = steps[1][0]["grid"][0]
assert rows[0] == "ceildiv" and rows[1] == "Sq" and rows[2] % 64 == 0, rows
assert steps[1][0]["grid"][1:] == [heads, "B"], steps[1][0]["grid"]
