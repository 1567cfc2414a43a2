# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the package of two-targets.mlir back: every hash, and what of it the targets share."""

import hashlib
import json
import sys

import safetensors_file

metadata, tensors, header = safetensors_file.load(sys.argv[1])
manifest = json.loads(metadata["attnc.manifest"])
assert manifest["format"] == [1, 2], manifest["format"]
assert tensors["attnc.sha256"][2] == hashlib.sha256(header).digest()
stored = {name: contents for name, (_, _, contents) in tensors.items()
          if not name.startswith("attnc.pad.") and name != "attnc.sha256"}
assert manifest["sha256"] == {name: hashlib.sha256(contents).hexdigest() for name, contents in stored.items()}

cpu, gpu = manifest["targets"]
assert (cpu["name"], gpu["name"]) == ("cpu", "sm_90a")
assert stored[cpu["blob"]] == b"object"
assert [kernel["name"] for kernel in gpu["kernels"]] == ["persistent", "points"]
for kernel in gpu["kernels"]:
    assert kernel["blob"] == "attnc.kernels.sm_90a." + kernel["name"]
    assert stored[kernel["blob"]] == kernel["name"].encode()

plans = [json.loads(metadata[name])["entries"] for name in ("attnc.plan", "attnc.plan.sm_90a")]
assert plans[0].keys() == plans[1].keys()
for part in ("symbols", "inputs", "outputs"):
    assert plans[0]["linear"][part] == plans[1]["linear"][part], part
for plan, target in zip(plans, ("cpu", "sm_90a")):
    assert all(step["target"] == target for step in plan["linear"]["steps"])
used = {buffer["tensor"] for plan in plans for buffer in plan["linear"]["buffers"] if "tensor" in buffer}
assert used == manifest["weights"].keys() == {"matrix", "matrix@panels32"}
