# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package with GPU kernels that the runtime's tests use.

With code for the CPU it has the entries of block_package.py for both targets.
Without, it also has `maps`, which copies two tensors through tensor maps.
The kernels are those of fake_kernels.cpp.

    python3 gpu_package.py OUT.attnc [--gpu-only]
"""

import copy
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from block_package import ROWS, WIDTH, BlockPackage, view
from package_writer import header_text, lay_out, seal, sha256

PANELS, PLAIN = 128, 40  # columns of the tensors that `maps` copies


def cubin(name, params, threads=1024, shared=0, blocks=2):
    """What fake_cuda.cpp takes for a cubin."""
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 190, 1,
                         0, 0, 0, 0, 64, 56, 0, 64, 0, 0)
    sizes = {"tensor_map": 128, "size": 4}
    params = ",".join(str(sizes.get(param["kind"], 8)) for param in params)
    text = (f"kernel {name} params={params} threads={threads} shared={shared} "
            f"blocks={blocks}\n")
    return header + text.encode() + b"\0"


def argument(dtype, access, sizes):
    return {"dtype": dtype, "access": access, "sizes": sizes}


def pointer(index):
    return {"kind": "pointer", "argument": index}


def size(index, dim):
    return {"kind": "size", "argument": index, "dim": dim}


def stride(index, dim):
    return {"kind": "stride", "argument": index, "dim": dim}


def tensor_map(index, *box):
    return {"kind": "tensor_map", "argument": index, "box": list(box)}


def kernel(name, arguments, params, threads=128, shared_bytes=0,
           persistent=False):
    return {"name": name, "blob": f"attnc.kernels.sm_90a.{name}",
            "threads": threads, "shared_bytes": shared_bytes,
            "persistent": persistent, "arguments": arguments, "params": params}


def kernels():
    x = lambda access: argument("F32", access, [None, None, WIDTH])
    rows = lambda access: argument("F32", access, [None, WIDTH])
    wide = lambda access: argument("BF16", access, [None, None, PANELS])
    plain = lambda access: argument("BF16", access, [None, None, PLAIN])
    return [
        kernel("gather", [argument("I32", "read", [None]),
                          argument("F32", "read", [ROWS, WIDTH]),
                          rows("write")],
               [pointer(0), pointer(1), pointer(2), size(2, 0), size(2, 1)]),
        kernel("scale_add", [x("read"), rows("read"), x("write")],
               [pointer(0), pointer(1), pointer(2), size(0, 0), size(0, 1),
                stride(0, 0)], threads=256, shared_bytes=65536),
        kernel("append", [argument("I32", "read", [1])], [pointer(0)]),
        kernel("map_copy", [wide("read"), wide("write")],
               [tensor_map(0, 64, 8, 2, 1), tensor_map(1, 64, 16, 1, 1),
                {"kind": "counter"}], threads=384, shared_bytes=200000,
               persistent=True),
        kernel("map_copy_plain", [plain("read"), plain("write")],
               [tensor_map(0, 64, 8, 1), tensor_map(1, 64, 8, 1),
                {"kind": "counter"}], persistent=True)]


def maps_entry():
    """Copies `wide` by panels of 64 columns and `plain` by its rows."""
    entry = {"symbols": [{"name": "B", "min": 0, "max": 100, "multiple": 1},
                         {"name": "S", "min": 0, "max": 10**6, "multiple": 1}],
             "inputs": [], "outputs": [], "buffers": [], "steps": []}
    for name, columns in (("wide", PANELS), ("plain", PLAIN)):
        for role, kind in (("inputs", "input"), ("outputs", "output")):
            entry[role].append({"name": f"{name}_{kind}", "dtype": "BF16",
                                "shape": ["B", "S", columns],
                                "buffer": len(entry["buffers"])})
            entry["buffers"].append(
                {"kind": kind, "bytes": ["*", "B", "S", 2 * columns]})
    def tensor(buffer, columns):
        return view(buffer, "BF16", ["B", "S", columns],
                    [["*", "S", columns], columns, 1])
    wide = [tensor(0, PANELS), tensor(1, PANELS)]
    plain = [tensor(2, PLAIN), tensor(3, PLAIN)]
    grid = [["ceildiv", "S", 8], "B", 1]
    entry["steps"] = [
        {"op": "launch", "target": "sm_90a", "kernel": "map_copy", "grid": grid,
         "args": wide},
        {"op": "launch", "target": "sm_90a", "kernel": "map_copy_plain",
         "grid": grid, "args": plain, "dependent": True}]
    return entry


def for_gpu(plan):
    plan = copy.deepcopy(plan)
    for entry in plan["entries"].values():
        for step in entry["steps"]:
            if step["op"] == "launch":
                step["target"] = "sm_90a"
    return plan


class GpuPackage:
    """The parts of the package; a test changes some and writes the file."""

    def __init__(self, gpu_only=False):
        base = BlockPackage()
        self.gpu_plan = for_gpu(base.plan)
        self.plan = None if gpu_only else base.plan
        if gpu_only:
            self.gpu_plan["entries"]["maps"] = maps_entry()
        self.kernels = kernels()
        self.tensors = [tensor for tensor in base.tensors
                        if not gpu_only or tensor[0] != "attnc.kernels.cpu"]
        for each in self.kernels:
            code = cubin(each["name"], each["params"])
            self.tensors.append((each["blob"], "U8", [len(code)], code))
        self.manifest = base.manifest
        self.manifest["format"] = [1, 2]
        gpu = {"name": "sm_90a", "kernels": self.kernels}
        self.manifest["targets"] = ([] if gpu_only else
                                    self.manifest["targets"]) + [gpu]
        self.lay_out()

    def lay_out(self):
        self.header, self.data = lay_out(self.tensors)
        self.manifest["sha256"] = {name: sha256(contents) for
                                   name, _, _, contents in self.tensors}

    def set_code(self, name, code):
        """Another cubin for a kernel."""
        blob = f"attnc.kernels.sm_90a.{name}"
        self.tensors = [(blob, "U8", [len(code)], code) if tensor[0] == blob
                        else tensor for tensor in self.tensors]
        self.lay_out()

    def text(self):
        return header_text(self.header, self.manifest, self.plan, self.gpu_plan)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(seal(self.text(), self.data))


if __name__ == "__main__":
    GpuPackage(gpu_only="--gpu-only" in sys.argv).write(sys.argv[1])
