# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package for a grid of 2 x 2 ranks that the runtime's tests use.

Axis 0 divides the columns of x [B, 6], axis 1 the batch of `lookup`. Its
entries: `exchange` gathers x, scatters the sum (y = 2 x), and sums the ranks'
slices of the weight w; `lookup` is block_package's `block` on a divided batch.

    python3 ranks_package.py OUT.attnc
"""

import struct
import sys

from block_package import BlockPackage, block_entry
from package_writer import lay_out, sha256

RANKS = 4
WIDTH = 6
# Row 3 is padding.
W = [[float(4 * row + column) * (row < 3) for column in range(4)]
     for row in range(4)]


def axis(number, group=1):
    return {"axis": number, "group": group}


def slice_of_w(rank):
    """The rank's box of w: rows by axis 0, columns by axis 1."""
    row, column = 2 * (rank // 2), 2 * (rank % 2)
    return [W[r][c] for r in (row, row + 1) for c in (column, column + 1)]


def exchange_entry():
    local, whole = ["*", "B", WIDTH * 2], ["*", "B", WIDTH * 4]
    place = lambda buffer: {"buffer": buffer, "offset": 0}
    return {
        "symbols": [{"name": "B", "min": 1, "max": 64, "multiple": 1}],
        "inputs": [{"name": "x", "dtype": "F32", "shape": ["B", WIDTH // 2],
                    "buffer": 0, "split": [None, axis(0)]}],
        "outputs": [{"name": "y", "dtype": "F32", "shape": ["B", WIDTH // 2],
                     "buffer": 3, "split": [None, axis(0)]},
                    {"name": "s", "dtype": "F32", "shape": [2, 2],
                     "buffer": 4}],
        "buffers": [
            {"kind": "input", "bytes": local},
            {"kind": "weight", "bytes": 16, "split": [axis(0), axis(1)],
             "tensors": [f"w@{rank}" for rank in range(RANKS)]},
            {"kind": "workspace", "bytes": whole},
            {"kind": "output", "bytes": local},
            {"kind": "output", "bytes": 16}],
        "steps": [
            {"op": "collective", "kind": "all_gather", "dtype": "F32",
             "from": place(0), "to": place(2), "sizes": ["B", WIDTH // 2],
             "dim": 1, "axes": [0], "algorithm": "default"},
            {"op": "collective", "kind": "reduce_scatter", "dtype": "F32",
             "from": place(2), "to": place(3), "sizes": ["B", WIDTH],
             "dim": 1, "axes": [0], "algorithm": "default"},
            {"op": "collective", "kind": "all_reduce", "dtype": "F32",
             "from": place(1), "to": place(4), "sizes": [2, 2], "dim": 0,
             "axes": [0, 1], "algorithm": "default"}]}


def lookup_entry():
    entry = block_entry()
    for tensor in entry["inputs"] + entry["outputs"]:
        tensor["split"] = [axis(1)] + [None] * (len(tensor["shape"]) - 1)
    return entry


class RanksPackage(BlockPackage):
    """The parts of the package; a test changes some and writes the file."""

    def __init__(self):
        super().__init__()
        for rank in range(RANKS):
            contents = struct.pack("<4f", *slice_of_w(rank))
            name = f"w@{rank}"
            self.tensors.append((name, "F32", [2, 2], contents))
            self.manifest["sha256"][name] = sha256(contents)
            self.manifest["weights"][name] = {
                "dtype": "F32", "shape": [3, 4], "pad": [1, 0], "source": "w",
                "layout": {"kind": "plain"},
                "slice": {"offset": [2 * (rank // 2), 2 * (rank % 2)],
                          "size": [2, 2]}}
        self.header, self.data = lay_out(self.tensors)
        self.manifest |= {"format": [1, 1],
                          "grid": {"name": "g", "shape": [2, 2]}}
        self.plan = {"entries": {"exchange": exchange_entry(),
                                 "lookup": lookup_entry()}}


if __name__ == "__main__":
    RanksPackage().write(sys.argv[1])
