# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Packages around the attention kernels of test/Conversion/TileToNVVM.

Those kernels are scheduled by hand, one a file. Here they become cubins, and a
package with the entry `attention` around each: O, LSE = attention(Q, K, V) of any
sizes [B, H, Lq, D] and [B, H, Lk, D].

    python3 attention_package.py ATTNC_OPT FOLDER
"""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
KERNELS = os.path.join(SOURCE, "test", "Conversion", "TileToNVVM")
sys.path.insert(0, os.path.join(SOURCE, "runtime", "test"))

from package_writer import header_text, lay_out, seal, sha256

# File, head dimension, rows of a block of work.
FILES = {"d128-full": (128, 128), "d128-causal": (128, 128),
         "d64-full": (64, 192)}
PIPELINE = ("builtin.module(tile.kernel(tile-plan-shared-memory),"
            "convert-tile-to-nvvm,canonicalize,cse,convert-scf-to-cf,"
            "gpu.module(convert-to-llvm),reconcile-unrealized-casts,"
            "hopper-assemble-kernels{dump-dir=%s})")


def parse_params(text):
    """The list of dictionaries of an attnc.params attribute."""
    params = []
    for each in re.findall(r"\{([^{}]*)\}", text):
        param = {"kind": re.search(r'kind = "(\w+)"', each).group(1)}
        for key in ("argument", "dim"):
            if found := re.search(rf"{key} = (\d+)", each):
                param[key] = int(found.group(1))
        if found := re.search(r"box = array<i64: ([\d, ]+)>", each):
            param["box"] = [int(size) for size in found.group(1).split(",")]
        params.append(param)
    return params


def compile_kernel(attnc_opt, name):
    """(entry function, cubin, shared bytes, threads, params) of a file."""
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run(
            [attnc_opt, os.path.join(KERNELS, f"attention-{name}.mlir"),
             "--pass-pipeline=" + PIPELINE % folder],
            check=True, capture_output=True, text=True, errors="replace").stdout
        binary = re.search(r"gpu\.binary @(\w+) +\{attnc\.launch = \{(.*?)\}, "
                           r"attnc\.params = \[(.*?)\]\}", out)
        function = binary.group(1)
        launch = dict(re.findall(r"(\w+) = (\d+)", binary.group(2)))
        with open(os.path.join(folder, function + ".cubin"), "rb") as file:
            cubin = file.read()
    return (function, cubin, int(launch["shared_bytes"]),
            int(launch["threads"]), parse_params(binary.group(3)))


def attention_entry(function, width, block_rows):
    def tensor(buffer, length):
        rows = ["*", length, width]
        return {"buffer": buffer, "offset": 0, "dtype": "BF16",
                "sizes": ["B", "H", length, width],
                "strides": [["*", "H", length, width], rows, width, 1]}
    lse = {"buffer": 4, "offset": 0, "dtype": "F32", "sizes": ["B", "H", "Lq"],
           "strides": [["*", "H", "Lq"], "Lq", 1]}
    shape = lambda length: ["B", "H", length, width]
    bytes_of = lambda length: ["*", "B", "H", length, 2 * width]
    symbol = lambda name, top: {"name": name, "min": 1, "max": top,
                                "multiple": 1}
    return {
        "symbols": [symbol("B", 4096), symbol("H", 4096), symbol("Lq", 2**20),
                    symbol("Lk", 2**20)],
        "inputs": [{"name": name, "dtype": "BF16", "shape": shape(length),
                    "buffer": buffer} for name, length, buffer in
                   (("query", "Lq", 0), ("key", "Lk", 1), ("value", "Lk", 2))],
        "outputs": [{"name": "output", "dtype": "BF16", "shape": shape("Lq"),
                     "buffer": 3},
                    {"name": "lse", "dtype": "F32", "shape": ["B", "H", "Lq"],
                     "buffer": 4}],
        "buffers": [{"kind": "input", "bytes": bytes_of("Lq")},
                    {"kind": "input", "bytes": bytes_of("Lk")},
                    {"kind": "input", "bytes": bytes_of("Lk")},
                    {"kind": "output", "bytes": bytes_of("Lq")},
                    {"kind": "output", "bytes": ["*", "B", "H", "Lq", 4]}],
        "steps": [{"op": "launch", "target": "sm_90a", "kernel": function,
                   "grid": [["ceildiv", "Lq", block_rows], "H", "B"],
                   "args": [tensor(0, "Lq"), tensor(1, "Lk"), tensor(2, "Lk"),
                            tensor(3, "Lq"), lse]}]}


def write_package(attnc_opt, name, path):
    width, block_rows = FILES[name]
    function, cubin, shared_bytes, threads, params = compile_kernel(attnc_opt,
                                                                    name)
    blob = "attnc.kernels.sm_90a." + function
    argument = lambda dtype, access, sizes: {"dtype": dtype, "access": access,
                                             "sizes": sizes}
    tensors = [None] * 3 + [width]
    kernel = {"name": function, "blob": blob, "threads": threads,
              "shared_bytes": shared_bytes, "persistent": True,
              "arguments": [argument("BF16", "read", tensors)] * 3 +
                           [argument("BF16", "write", tensors),
                            argument("F32", "write", [None] * 3)],
              "params": params}
    header, data = lay_out([(blob, "U8", [len(cubin)], cubin)])
    manifest = {"format": [1, 2], "producer": "attention_package.py",
                "targets": [{"name": "sm_90a", "kernels": [kernel]}],
                "sha256": {blob: sha256(cubin)}, "weights": {}}
    plan = {"entries": {"attention": attention_entry(function, width,
                                                     block_rows)}}
    with open(path, "wb") as file:
        file.write(seal(header_text(header, manifest, None, plan), data))


def write_packages(attnc_opt, folder):
    os.makedirs(folder, exist_ok=True)
    for name in FILES:
        write_package(attnc_opt, name,
                      os.path.join(folder, f"attention-{name}.attnc"))


if __name__ == "__main__":
    write_packages(*sys.argv[1:])
