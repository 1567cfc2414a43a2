# RUN: %python %s
"""Mutants of attention for a GPU, down to PTX: text, or status 1 and a diagnostic; never a signal. See ir_mutants.py."""

from differential import ROOT, Differential
from ir_mutants import judge_mutants

import attnc_ir


def attention(name, dtype, dim, mask, *, heads=4, kv_heads=2, **attributes):
    """`mask` makes the mask from the function."""
    f = attnc_ir.Function(name, dtype)
    q = f.input("q", ("B", heads, "Sq", dim))
    k, v = (f.input(name, ("B", kv_heads, "Sk", dim)) for name in "kv")
    if callable(score := attributes.get("score")):
        attributes["score"] = score(f)
    o, lse = f.attention(q, k, v, mask=mask and mask(f), lse=True, **attributes)
    f.output("o", o)
    f.output("lse", lse)
    return attnc_ir.module([f], {"B": (1, 64, 1), "Sq": (1, 4096, 1)})


def lengths(f):
    return f.lengths(f.input("n", ("B",), dtype="i32"))


def prefix_or_causal(f):
    return f.either(f.prefix(f.input("p", ("B",), dtype="i32")), f.causal())


def documents(f):
    ids = [f.input(name, ("B", length), dtype="i32") for name, length in (("iq", "Sq"), ("ik", "Sk"))]
    return f.both(f.document(*ids), f.causal())


def dilated(f):
    return f.custom([], """
        %three = arith.constant 3 : index
        %zero = arith.constant 0 : index
        %distance = arith.subi %i, %j : index
        %r = arith.remsi %distance, %three : index
        %visible = arith.cmpi eq, %r, %zero : index
        attn.yield %visible : i1""")


def soft_cap(f):
    return [], """
        %cap = arith.constant 5.000000e+01 : f32
        %x = arith.divf %s, %cap : f32
        %y = math.tanh %x : f32
        %z = arith.mulf %y, %cap : f32
        attn.yield %z : f32"""


def sources():
    return [
        (ROOT / "examples/02-attention.mlir").read_text(),
        attention("window", "f16", 64, lambda f: f.window(70), kv_heads=4),
        attention("wide", "bf16", 256, None, kv_heads=1, scale=0.2),
        attention("lengths", "bf16", 40, lengths, q_offset=3),
        attention("prefix", "bf16", 128, prefix_or_causal),
        attention("documents", "bf16", 64, documents),
        attention("dilated", "f16", 128, dilated),
        attention("score", "bf16", 64, lambda f: f.causal(), score=soft_cap, place=attnc_ir.place(scores="cache")),
    ]


test = Differential()
judge_mutants(test, sources(), test.count(80, 1000), "--target=sm_90a", "--emit=ptx")
test.finish()
