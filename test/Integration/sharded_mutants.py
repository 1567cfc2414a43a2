# RUN: %python %s
"""Seeded mutants of annotated programs through the graph level, on grids of one and two axes: one rank's program, or status
1 and a diagnostic; never a signal. (Upstream's passes crash on one of 1,500.)"""

import re

from differential import Differential
from ir_mutants import judge_mutants

import attnc_ir

AXES = ["[]", "[0]", "[1]", "[2]", "[0, 1]", "[0], []", "[], [0]", "[1], [0]", "[0], [0]", "[], [], [0]"]


def model(two_axes, cached):
    """A lookup, a block with or without caches, an LM head and the likeliest token; padded columns."""
    f = attnc_ir.Function("model")
    ids = f.input("ids", ("B", "S"), dtype="i32")
    if two_axes:
        ids = f.shard(ids, 1, for_users=False)
    table = f.shard(f.input("table", (96, 64)), 0)
    x = f.embedding(ids, table)
    x = f.shard(x, 1 if two_axes else None, None if cached else 0, for_users=False)
    w = {name: f.input(name, shape) for name, shape in {
        "wq": (64, 128), "wk": (64, 64), "wv": (64, 64), "wo": (128, 64), "bo": (64,), "n": (64,), "bias": (8, 1, 1)}.items()}
    caches = [f.input(name, ("B", 4, 32, 16)) for name in ("keys", "values")] if cached else []
    if cached:
        caches = [f.shard(caches[0], 1 if two_axes else None, 0), caches[1], f.input("pos", ("B",), dtype="i32")]
    y = f.mha(x, f.shard(w["wq"], None, 0), w["wk"], w["wv"], f.shard(w["wo"], 0), bo=w["bo"], norm_scale=w["n"],
              norm=attnc_ir.norm("rms"), cache=caches, mask=f.both(f.causal(), f.window(9)), score_bias=w["bias"], heads=8,
              kv_heads=4, head_dim=16, rope=attnc_ir.rope(), residual=True)
    if cached:
        y, *caches = y
    up = f.shard(f.input("up", (64, 96), pad=[0, 2]), None, 0)
    y = f.mlp(y, up, f.shard(f.input("down", (96, 64), pad=[2, 0]), 0), activation="gelu", norm_scale=w["n"],
              norm=attnc_ir.norm("layer"), residual=True)
    y = f.linear(y, f.shard(f.input("head", (64, 96), pad=[0, 3]), None, 0))
    y = f.drop_padding(y, 93)
    f.output("logits", y)
    f.output("token", f.argmax(y))
    for n, cache in enumerate(caches):
        f.output(f"cache{n}", cache)
    return attnc_ir.module([f], grids={"tp": (1, 1) if two_axes else (1,)})


def pick(rng, choices):
    return choices[rng.integers(len(choices))]


def change_axes(rng, text):
    found = list(re.finditer(r"split_axes = \[(.*?)\] :", text))
    match = pick(rng, found)
    return text[:match.start(1)] + pick(rng, AXES) + text[match.end(1):]


def drop_annotation(rng, text):
    """Uses of what is annotated take it as it is."""
    match = pick(rng, list(re.finditer(r"(?m)^ *(%\w+) = shard\.shard (%\w+) .*\n", text)) or [None])
    if match is None:
        return text
    return re.sub(rf"{match[1]}\b", match[2], text[:match.start()] + text[match.end():])


def change_padding(rng, text):
    match = pick(rng, list(re.finditer(r"attn\.pad = \[(.*?)\]", text)) or [None])
    return text if match is None else text[:match.start(1)] + f"{rng.integers(-1, 5)}, {rng.integers(-1, 5)}" + text[match.end(1):]


STEPS = (change_axes, drop_annotation, change_padding) * 3
test = Differential()
for grid, two_axes in (("2", False), ("4", False), ("8", False), ("2x2", True), ("4x3", True)):
    judge_mutants(test, [model(two_axes, cached) for cached in (False, True)], test.count(40, 400), f"--grid=tp={grid}",
                  "--emit=sharded", more=STEPS)
test.finish()
