# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package that the runtime's tests use.

Its entries: `block` computes y[b, s, :] = 2 x[b, s, :] + table[ids[b], :] by
launches, `types` copies an input of each dtype, `append` fails with its kernel.

    python3 block_package.py OUT.attnc
"""

import struct
import sys

from package_writer import (compile_kernels, header_text, lay_out, seal,
                            sha256)

WIDTH, ROWS = 8, 3
TABLE = [[10.0 * row + column for column in range(WIDTH)]
         for row in range(ROWS)]


def view(buffer, dtype, sizes, strides, offset=0):
    return {"buffer": buffer, "offset": offset, "dtype": dtype, "sizes": sizes,
            "strides": strides}


def block_entry():
    x_bytes = ["*", "B", "S", WIDTH * 4]
    x_view = lambda buffer: view(buffer, "F32", ["B", "S", WIDTH],
                                 [["*", "S", WIDTH], WIDTH, 1])
    return {
        "symbols": [{"name": "B", "min": 1, "max": 64, "multiple": 1},
                    {"name": "S", "min": 2, "max": 4096, "multiple": 2}],
        "inputs": [
            {"name": "x", "dtype": "F32", "shape": ["B", "S", WIDTH],
             "buffer": 0},
            {"name": "ids", "dtype": "I32", "shape": ["B"], "buffer": 1}],
        "outputs": [{"name": "y", "dtype": "F32", "shape": ["B", "S", WIDTH],
                     "buffer": 4}],
        "buffers": [
            {"kind": "input", "bytes": x_bytes},
            {"kind": "input", "bytes": ["*", "B", 4]},
            {"kind": "weight", "bytes": ROWS * WIDTH * 4, "tensor": "table"},
            {"kind": "workspace",
             "bytes": ["*", 64, ["ceildiv", ["*", "B", WIDTH * 4], 64]]},
            {"kind": "output", "bytes": x_bytes}],
        "steps": [
            {"op": "memset", "buffer": 3, "offset": 0,
             "bytes": ["*", "B", WIDTH * 4], "value": 0},
            {"op": "launch", "target": "cpu", "kernel": "gather",
             "grid": ["B", 1, 1],
             "args": [view(1, "I32", ["B"], [1]),
                      view(2, "F32", [ROWS, WIDTH], [WIDTH, 1]),
                      view(3, "F32", ["B", WIDTH], [WIDTH, 1])]},
            {"op": "launch", "target": "cpu", "kernel": "scale_add",
             "grid": [["ceildiv", "S", 4], "B", 1],
             "args": [x_view(0), view(3, "F32", ["B", WIDTH], [WIDTH, 1]),
                      x_view(4)]}]}


def types_entry():
    sizes = {"BF16": 2, "F16": 2, "I32": 4, "I1": 1}
    entry = {"symbols": [{"name": "N", "min": 0, "max": 100, "multiple": 1}],
             "inputs": [], "outputs": [], "buffers": [], "steps": []}
    for i, (dtype, size) in enumerate(sizes.items()):
        for role, kind in (("inputs", "input"), ("outputs", "output")):
            entry[role].append({"name": f"{kind}_{dtype.lower()}",
                                "dtype": dtype, "shape": ["N"],
                                "buffer": len(entry["buffers"])})
            entry["buffers"].append({"kind": kind, "bytes": ["*", "N", size]})
        entry["steps"].append(
            {"op": "copy", "from": {"buffer": 2 * i, "offset": 0},
             "to": {"buffer": 2 * i + 1, "offset": 0},
             "bytes": ["*", "N", size]})
    return entry


def append_entry():
    return {"symbols": [],
            "inputs": [{"name": "room", "dtype": "I32", "shape": [1],
                        "buffer": 0}],
            "outputs": [], "buffers": [{"kind": "input", "bytes": 4}],
            "steps": [{"op": "launch", "target": "cpu", "kernel": "append",
                       "grid": [1, 1, 1],
                       "args": [view(0, "I32", [1], [1])]}]}


class BlockPackage:
    """The parts of the package; a test changes some and writes the file."""

    blob = None  # compiled once

    def __init__(self, blob=None):
        if BlockPackage.blob is None:
            BlockPackage.blob = compile_kernels("block.c")
        blob = blob or BlockPackage.blob
        table = struct.pack(f"<{ROWS * WIDTH}f", *sum(TABLE, []))
        self.tensors = [
            ("attnc.kernels.cpu", "U8", [len(blob)], blob),
            ("table", "F32", [ROWS, WIDTH], table),
            ("packed", "F32", [2, 3, 4, 2], bytes(2 * 3 * 4 * 2 * 4))]
        self.header, self.data = lay_out(self.tensors)
        self.manifest = {
            "format": [1, 0], "producer": "test",
            "targets": [{"name": "cpu", "arch": "x86_64", "cpu": "x86-64",
                         "features": ["sse2"], "blob": "attnc.kernels.cpu",
                         "kernel_abi": 1}],
            "sha256": {name: sha256(contents)
                       for name, _, _, contents in self.tensors},
            "weights": {
                "table": {"dtype": "F32", "shape": [ROWS, WIDTH],
                          "source": "table", "layout": {"kind": "plain"}},
                "packed": {"dtype": "F32", "shape": [7, 5],
                           "source": "original",
                           "layout": {"kind": "panels", "width": 4, "depth": 2,
                                      "transposed": True}}}}
        self.plan = {"entries": {"append": append_entry(),
                                 "block": block_entry(),
                                 "types": types_entry()}}

    def text(self):
        return header_text(self.header, self.manifest, self.plan)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(seal(self.text(), self.data))


if __name__ == "__main__":
    BlockPackage().write(sys.argv[1])
