# RUN: %python %s
"""`attn.attention` without blocks: head dims, GQA, unequal lengths, score regions and sinks, against the oracle.

The lengths divide nothing; queries longer than keys leave rows that see no key, which must be 0 and no NaN.
"""

import numpy as np
from differential import Differential
from score_forms import FORMS, alibi

import attnc_ir
import attnc_oracle as oracle

#: (B, Sq, Sk): one token, square, more keys, more queries (rows without keys), a decode step over many keys.
LENGTHS = [(1, 1, 1), (2, 67, 67), (1, 37, 150), (2, 131, 43), (3, 1, 203)]


def program(dtype, heads, kv_heads, dim, value_dim, causal, **attributes):
    f = attnc_ir.Function("attention", dtype)
    q = f.input("q", ("B", heads, "Sq", dim))
    k = f.input("k", ("B", kv_heads, "Sk", dim))
    v = f.input("v", ("B", kv_heads, "Sk", value_dim))
    mask = f.causal() if causal else None
    f.output("o", f.attention(q, k, v, mask=mask, **attributes))
    return attnc_ir.module([f])


def inputs_of(test, dtype, heads, kv_heads, dim, value_dim, batch, queries, keys, scale=1.0):
    return {"q": test.normal((batch, heads, queries, dim), dtype, scale),
            "k": test.normal((batch, kv_heads, keys, dim), dtype, scale),
            "v": test.normal((batch, kv_heads, keys, value_dim), dtype)}


def case(test, label, dtype, heads, kv_heads, dim, value_dim, causal, lengths=LENGTHS, size=1.0, **attributes):
    mask = oracle.causal() if causal else None

    def runs():
        for batch, queries, keys in lengths:
            inputs = inputs_of(test, dtype, heads, kv_heads, dim, value_dim, batch, queries, keys, size)
            yield inputs, {"o": oracle.attention(*inputs.values(), mask=mask, **attributes)}

    label = f"{label} {dtype} H {heads}/{kv_heads} D {dim}/{value_dim}{' causal' * causal}"
    test.case(label, program(dtype, heads, kv_heads, dim, value_dim, causal, **attributes), runs(), dtype=dtype)


def statistics_case(test, sinks, dtype="f32"):
    """The log-sum-exp as a second result, with sinks or without; rows without keys give −inf, or the sink."""
    f = attnc_ir.Function("attention", dtype)
    q, k, v = f.input("q", ("B", 2, "Sq", 24)), f.input("k", ("B", 1, "Sk", 24)), f.input("v", ("B", 1, "Sk", 24))
    s = f.input("s", (2,)) if sinks else None
    o, lse = f.attention(q, k, v, mask=f.causal(), sinks=s, lse=True)
    f.output("o", o)
    f.output("lse", lse)

    def runs():
        for batch, queries, keys in LENGTHS:
            inputs = inputs_of(test, dtype, 2, 1, 24, 24, batch, queries, keys)
            extra = {"s": test.normal((2,), dtype, scale=3)} if sinks else {}
            o, lse = oracle.attention(*inputs.values(), mask=oracle.causal(), sinks=extra.get("s"), with_lse=True)
            yield {**inputs, **extra}, {"o": o, "lse": lse}

    test.case(f"log-sum-exp {dtype}{' and sinks' * sinks}", attnc_ir.module([f]), runs(), dtype=dtype)


HEADS = 4  # of the score cases


def score_case(test, form, dtype="f32", masked=False, sinks=False, flags=(), **attributes):
    f = attnc_ir.Function("attention", dtype)
    q, k, v = f.input("q", ("B", HEADS, "Sq", 40)), f.input("k", ("B", 2, "Sk", 40)), f.input("v", ("B", 2, "Sk", 40))
    score, extra, score_oracle = form(test, f, HEADS)
    s = f.input("sinks", (HEADS,)) if sinks else None
    mask = f.causal() if masked else None
    o, lse = f.attention(q, k, v, mask=mask, sinks=s, score=score, lse=True, **attributes)
    f.output("o", o)
    f.output("lse", lse)

    def runs():
        for batch, queries, keys in LENGTHS:
            inputs = inputs_of(test, dtype, HEADS, 2, 40, 40, batch, queries, keys)
            qkv = list(inputs.values())
            inputs |= {name: make(batch, queries, keys) for name, make in extra.items()}
            inputs |= {"sinks": test.normal((HEADS,), dtype)} if sinks else {}
            o, lse = oracle.attention(*qkv, mask=oracle.causal() if masked else None, score=score_oracle(inputs),
                                      sinks=inputs.get("sinks"), with_lse=True)
            yield inputs, {"o": o, "lse": lse}

    label = f"{form.__name__} {dtype}{' causal' * masked}{' sinks' * sinks} {' '.join(flags)}"
    test.case(label, attnc_ir.module([f]), runs(), dtype=dtype, flags=flags)


def nan_case(test):
    """A NaN in one query makes its row NaN and leaves the others alone."""
    inputs = inputs_of(test, "f32", 2, 1, 16, 16, 1, 35, 35)
    inputs["q"][0, 1, 17, 3] = np.nan
    want = oracle.attention(*inputs.values(), mask=oracle.causal())
    test.case("NaN", program("f32", 2, 1, 16, 16, causal=True), [(inputs, {"o": want})])


test = Differential()
case(test, "full", "f32", 4, 4, 64, 64, causal=False)
case(test, "causal", "f32", 4, 4, 64, 64, causal=True)
case(test, "grouped", "f32", 6, 2, 64, 64, causal=True)
case(test, "one KV head", "f32", 5, 1, 32, 32, causal=False)
case(test, "unequal head dims", "f32", 2, 2, 40, 72, causal=True)
case(test, "smallest", "f32", 2, 1, 8, 8, causal=True)
case(test, "largest", "f32", 2, 1, 256, 256, causal=True)
case(test, "scale", "f32", 2, 2, 48, 48, causal=True, scale=0.25)
case(test, "offset", "f32", 2, 2, 48, 48, causal=True, q_offset=7)
case(test, "large scores", "f32", 2, 2, 64, 64, causal=True, size=6.0)
case(test, "causal", "bf16", 4, 2, 64, 64, causal=True)
case(test, "full", "bf16", 2, 1, 128, 128, causal=False)
case(test, "causal", "f16", 4, 2, 64, 64, causal=True)
nan_case(test)
for sinks in (False, True):
    statistics_case(test, sinks)
statistics_case(test, True, "bf16")
for form in FORMS:
    score_case(test, form, masked=bool(test.pick(False, True)), sinks=bool(test.pick(False, True)))
for _ in range(test.count(1, 30)):
    score_case(test, test.pick(*FORMS), test.pick("f32", "bf16", "f16"), masked=bool(test.pick(False, True)),
               sinks=bool(test.pick(False, True)))
for disabled in ("attn-classify-tiles", "attn-classify-tiles,tile-promote-registers"):
    score_case(test, test.pick(*FORMS), masked=True, sinks=True, flags=[f"--disable-pass={disabled}"])
score_case(test, alibi, masked=True, sinks=True, place=attnc_ir.place(scores="register", output="register"))
for _ in range(test.count(2, 60)):
    kv_heads = test.size(1, 3)
    case(test, "random", test.pick("f32", "f32", "bf16"), kv_heads * test.size(1, 4), kv_heads, 8 * test.size(1, 32),
         8 * test.size(1, 32), causal=bool(test.pick(False, True)),
         lengths=[(test.size(1, 3), test.size(1, 200), test.size(1, 300)) for _ in range(2)])
test.finish()
