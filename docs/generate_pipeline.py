#!/usr/bin/env python3
#===- generate_pipeline.py - One example at every level -------------------===#
#
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Writes docs/Pipeline.md: runs `attnc --emit=STAGE` on one example and puts
excerpts of the results between the explanations below."""

import argparse
import dataclasses
import pathlib
import re
import subprocess
import sys
import textwrap

# A named CPU, so that the document does not depend on who generates it.
CPU = "x86-64-v4"

INTRODUCTION = """\
# One block, at every level

`examples/01-block.mlir` is one transformer block: attention, then an MLP. Below is what `attnc --emit=STAGE`
makes of it for the CPU `{cpu}`, stage by stage. `// …` stands for lines left out; run the command above each listing
to see them all. The passes between two stages are in [the README](../README.md#flow), their contracts
under [reference](reference).
"""


@dataclasses.dataclass
class Excerpt:
    """The op whose first line matches `op`, cut to its first `head` and last `tail` lines. With `until`, all lines up to the
    first behind it that matches. `number` counts the ops that match."""
    before: str
    op: str
    head: int
    tail: int = 4
    until: str = ""
    number: int = 0


@dataclasses.dataclass
class Stage:
    name: str
    title: str
    excerpts: list


STAGES = [
    Stage("attn", "`attn`: what the user wrote", [
        Excerpt("""\
Whole blocks on whole tensors of one logical device. Batch and sequence length are dynamic and have names
(`attn.dims`); the mask is a value that describes itself, not a tensor; nothing says yet how anything is computed.
""", r"func\.func ", 40),
    ]),
    Stage("sharded", "`sharded`: smaller ops, one rank's program", [
        Excerpt("""\
`attn-decompose-blocks` turned `attn.mha` and `attn.mlp` into norms, linear layers, rotations and one
`attn.attention`. Bias, activation, gate and residual are operands of the linear layer that applies them before it
rounds. `attn.split_heads` and `attn.merge_heads` are views and move no data. No annotation of a grid is left.
""", r"func\.func ", 40),
    ]),
    Stage("tile", "`tile`: programs and kernels", [
        Excerpt("""\
Each function is now a `tile.program`: a list of launches over named buffers. `tile-plan-arena` gave every intermediate
result an offset that is an expression of the named sizes; buffers that are never alive together share bytes.
""", r"tile\.program ", 48, 8),
        Excerpt("""\
Each launch runs a `tile.kernel`, and equal ops share one. This is attention. The grid is computed from the operands;
what follows `tile.grid` runs once for each block of query rows. The loops over key tiles stand in the order
in which a row meets its keys: `attn-classify-tiles` bounded them, so that tiles without a visible key have no
iteration, full tiles have no mask code and only the rest compare positions. `tile-promote-registers` turned whole-tile
buffers into tensors that the loops carry; what is still a `cache` buffer is what its users slice.
""", r"tile\.kernel @attention", 110, 12),
    ]),
    Stage("vector", "`vector`: native-width micro-kernels", [
        Excerpt("""\
`convert-tile-to-vector` wrote each kernel as a function on memrefs and vectors of the width of the CPU. A product of
cache buffers became loops around a micro-kernel: as many accumulators as the register file holds, one load
of the right-hand side and one broadcast of the left-hand side for each multiply-add.
""", r"func\.func (private )?@linear", 90, 12),
    ]),
    Stage("llvm", "`llvm`: instructions", [
        Excerpt("""\
The head of one kernel in the LLVM dialect. Its signature is the kernel ABI of
`runtime/include/attnc_rt/kernel_abi.h`: the arguments of the launch and the three coordinates of the block to
compute. From here LLVM and lld make one shared object that needs no other, and `tile-export-package` writes the
program as the launch plan of the package ([format](Package.md)).
""", r"llvm\.func .*@linear", 36, 2),
    ]),
]


def emit(attnc: pathlib.Path, example: pathlib.Path, stage: str, flag: str) -> str:
    command = [attnc, example, f"--emit={stage}", flag]
    result = subprocess.run(command, text=True, encoding="utf-8",
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if result.returncode:
        sys.exit(f"error: --emit={stage} failed:\n{result.stderr}")
    return result.stdout


def find_op(ir: str, excerpt: Excerpt) -> list:
    """The lines of the op that starts with the excerpt's pattern, less its indentation."""
    lines = ir.splitlines()
    found = [i for i, line in enumerate(lines) if re.match(rf"\s*{excerpt.op}", line)]
    for first in found[excerpt.number:]:
        line = lines[first]
        indent = len(line) - len(line.lstrip())
        if excerpt.until:
            last = next((i for i in range(first, len(lines)) if re.match(rf"\s*{excerpt.until}", lines[i])), first)
            return textwrap.dedent("\n".join(filter(None, lines[first:last + 1]))).splitlines()
        # The printer closes a region at the indentation of the op it belongs to.
        last = first
        if line.rstrip().endswith("{"):
            last = next(i for i in range(first + 1, len(lines))
                        if lines[i].startswith(" " * indent + "}"))
        return [text[indent:] for text in lines[first:last + 1]]
    return []


def cut(lines: list, head: int, tail: int) -> list:
    if len(lines) <= head + tail + 1:
        return lines
    left_out = lines[head]
    indent = " " * (len(left_out) - len(left_out.lstrip()))
    return lines[:head] + [indent + "// …"] + lines[-tail:]


def section(stage: Stage, ir: str, example: pathlib.Path, flag: str) -> str:
    text = f"\n## {stage.title}\n"
    for i, excerpt in enumerate(stage.excerpts):
        lines = find_op(ir, excerpt)
        if not lines:
            sys.exit(f"error: --emit={stage.name} has no op that matches '{excerpt.op}'")
        command = (f"\n```sh\nattnc examples/{example.name} --emit={stage.name} {flag}\n```\n"
                   if i == 0 else "")
        listing = "\n".join(cut(lines, excerpt.head, excerpt.tail))
        text += f"{command}\n{excerpt.before}\n```mlir\n{listing}\n```\n"
    return text


def write(description: str, script: str, introduction: str, stages: list, flag: str, end: str = "") -> None:
    """The document that the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--attnc", required=True, type=pathlib.Path)
    parser.add_argument("--example", required=True, type=pathlib.Path)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    args = parser.parse_args()

    text = f"<!-- Generated by docs/{script}; edit the explanations there. -->\n" + introduction
    for stage in stages:
        text += section(stage, emit(args.attnc, args.example, stage.name, flag), args.example, flag)
    text += end
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(__doc__, "generate_pipeline.py", INTRODUCTION.format(cpu=CPU), STAGES, f"--mcpu={CPU}")
