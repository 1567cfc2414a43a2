#!/usr/bin/env python3
#===- generate_hopper.py - A scheduled kernel, explained ------------------===#
#
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Writes docs/Hopper.md: causal attention from `tile` to `scheduled`, excerpts between explanations."""

import json
from pathlib import Path

from generate_pipeline import Excerpt, Stage, write

RESULTS = Path(__file__).resolve().parents[1] / "bench" / "results" / "attention_h100.json"

INTRODUCTION = """\
# A Hopper kernel, explained

`examples/02-attention.mlir` is causal attention at head dim 128. What `tile` says is the same for every target: which tiles
there are and what is computed of them, one after the other. `scheduled` says when, and by whom. This page reads the
second beside the first; the passes between them, one file each, are in [the README](../README.md#flow).

The words: a *block* is a thread block, one on each of the 132 multiprocessors. Its first warpgroup (128 threads) is the
*producer*, of which one thread loads; the others are *consumers*, which compute. A *work* is 128 query rows of one head. A
*ring* is a few tiles of shared memory, its *stages*, that go round between the two: `tile.acquire` waits until a stage is free,
`tile.commit` says what will be in it, `tile.wait` waits until it is, `tile.release` gives it back. Ring and stage number say
which barrier and phase that is; no pass counts phases.
"""

STAGES = [
    Stage("tile", "`tile`: one block of query rows, in order", [
        Excerpt("""\
A step over a block of keys that no row has hidden (the last of the loops; the loop before it is the same with the comparison
of positions). Copy a tile of keys, multiply, softmax, copy a tile of values, multiply. `tile-promote-registers` has turned scores,
weights, output and the rows' statistics into values.
""", r"%\d+:3 = scf\.for", 60, 2, number=1),
    ]),
    Stage("scheduled", "`scheduled`: rings, roles, works", [
        Excerpt("""\
Three rings: queries, keys and values, two stages each; 196,608 bytes, and 32 KiB more for the output's tile. The queries' ring has
tags: what the producer tells the consumers of a work beside its tile (its indices; for block lists how many steps there are).
""", r"%\d+ = tile\.ring", 9, 0, until=r"%\d+ = tile\.ring .*131072"),
        Excerpt("""\
Works are numbered so that the longest come first, in groups of heads whose keys and values fit the L2 cache; `dynamic`: the next
number comes from a counter in global memory. The barrier is for turns at the tensor cores (below).
""", r"%\d+ = tile\.scheduler", 2, 0, until=r"%\d+ = tile\.barrier"),
        Excerpt("""\
The producer takes works until there are none; where a work's rows and keys are, it computes from the indices. Its registers go to
the consumers.
""", r"tile\.roles producer", 9, 0, until=r"%\d+ = arith\.subi"),
        Excerpt("""\
Of a work it loads the first keys, then the queries, whose stage is the last to be free. Then come the keys of step j + 1 before the
values of step j, as the consumers will want them; blocks of keys that the diagonal crosses are visited first.
""", r"%\d+ = tile\.acquire %\d+\[%arg1\]", 30, 0, until=r"scf\.yield"),
        Excerpt("""\
The next work is taken when the loads of this one are nearly out: earlier it would be kept from blocks that end before (2 % on
causal masks, measured). Behind the last one a commit with the tag −1 tells the consumers.
""", r"%\d+ = tile\.take_work %\d+ after", 30, 0, until=r"tile\.finish_work"),
        Excerpt("""\
The step of above, as each of two consumers does it, with 64 of the rows and 240 registers. `tile-overlap-products` issues this
step's scores before the last step's weights are multiplied with values: the tensor cores have work while softmax runs. A
product is a value in flight (`!tile.pending`, not shown by `mma_async`) that only `tile.mma_wait` turns into a tile:
`but 1` leaves the younger one in flight. A stage is released by what consumed its product. `tile.sync` and
`tile.arrive` are the turns: one consumer issues its products while the other computes weights. The weights go to
the next product in registers, as its left operand (`a_frag`); no lane moves.
""", r"%\d+:6 = scf\.for", 40, 2, number=1),
        Excerpt("""\
The end of a work. Its last product is issued, then, before its output is scaled and stored, the first scores of the next work:
`tile-overlap-work` gave the queries a second stage for that. The output goes through shared memory to one asynchronous
store of whole rows, which `tile.store_wait` waits for only when the tile is needed again. Rows that saw no key give zeros,
and −∞ in the log-sum-exp.
""", r"%\d+ = tile\.convert_layout %\d+#2", 44, 2, until=r"scf\.condition"),
    ]),
]

MEASURED = """\

## What becomes of it, and what each pass is worth

A step without mask is 450 instructions for each warp, 16 of them `HGMMA` (a product of 64 by 128 by 16), 66 of the exponential
unit, none that moves an accumulator; `test/Target/Hopper` pins these numbers. A register that ptxas spills, or a product
that it serialises (C75xx), is an error of the compiler. `attnc --remarks` prints the plan and what ptxas used.

TFLOP/s of causal attention, 16 heads of 128, 16,384 tokens, on one H100, without one pass each
([all rows](../bench/results/attention_h100.json)):

| left out (`--disable-pass`) | S = 1k | 4k | 16k |
|---|---|---|---|
"""


def ablation() -> str:
    """A row for each pass left out, the least costly first, from what bench/attention_h100.py measured."""
    rates = {}
    for row in json.loads(RESULTS.read_text()):
        case, metric = row.get("case", ""), row.get("metric")
        if case.startswith("without_") and metric == "TFLOP/s":
            name, length = case.removeprefix("without_").rsplit("_", 1)
            rates.setdefault("nothing", {})[length] = row["peer"]
            rates.setdefault(f"`{name}`", {})[length] = row["ours"]
    order = sorted(rates, key=lambda name: -rates[name]["1024"])
    return "".join(f"| {name} | " + " | ".join(f"{rates[name][n]:.0f}" for n in ("1024", "4096", "16384")) + " |\n"
                   for name in order)


if __name__ == "__main__":
    write(__doc__, "generate_hopper.py", INTRODUCTION, STAGES, "--target=sm_90a", MEASURED + ablation())
