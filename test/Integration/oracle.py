# RUN: %python %s
"""The oracle itself: against scalar loops that follow the definitions, and against values known from elsewhere."""

import math

import numpy as np
from differential import Differential

import attnc_oracle as oracle


def attention_by_loops(q, k, v, visible, scale, sinks):
    batch, heads, queries, _ = q.shape
    group = heads // k.shape[1]
    o, lse = np.zeros((batch, heads, queries, v.shape[3])), np.full((batch, heads, queries), -np.inf)
    for b, h, i in np.ndindex(batch, heads, queries):
        keys = [j for j in range(k.shape[2]) if visible(b, h, i, j)]
        weight = {j: math.exp(scale * float(np.dot(q[b, h, i], k[b, h // group, j]))) for j in keys}
        total = sum(weight.values()) + (0 if sinks is None else math.exp(sinks[h]))
        if total:
            o[b, h, i] = sum((weight[j] / total * v[b, h // group, j] for j in keys), np.zeros(v.shape[3]))
            lse[b, h, i] = math.log(total)
    return o, lse


def attention_cases(test):
    q, k, v = (test.rng.standard_normal(shape) for shape in ((2, 4, 5, 6), (2, 2, 7, 6), (2, 2, 7, 3)))
    numbers, sinks = np.array([3, 0]), np.array([0.5, -1, 2, 0])
    queries, keys = test.rng.integers(0, 2, (2, 5)), test.rng.integers(0, 2, (2, 7))
    masks = {
        "full": (None, lambda b, h, i, j: True),
        "causal": (oracle.causal(), lambda b, h, i, j: j <= i + 2),
        "window": (oracle.window(1, 2), lambda b, h, i, j: i + 1 <= j <= i + 4),
        "lengths": (oracle.lengths(numbers), lambda b, h, i, j: j < numbers[b]),
        "documents": (oracle.document(queries, keys), lambda b, h, i, j: queries[b, i] == keys[b, j]),
        "and": (oracle.causal() & oracle.lengths(numbers), lambda b, h, i, j: j <= i + 2 and j < numbers[b]),
        "or": (oracle.window(0) | oracle.prefix(numbers), lambda b, h, i, j: j == i + 2 or j < numbers[b]),
        "custom": (oracle.custom(lambda b, h, i, j: (i + j + h) % 3 == 0), lambda b, h, i, j: (i + j + h) % 3 == 0),
    }
    for name, (mask, visible) in masks.items():
        for s in (None, sinks):
            got = oracle.attention(q, k, v, mask=mask, scale=0.7, sinks=s, with_lse=True)
            want = attention_by_loops(q, k, v, visible, 0.7, s)
            for part, a, b in zip(("output", "log-sum-exp"), got, want):
                test.compare(f"attention {name} {part}", a, b, 1e-12)


def block_cases(test):
    """A cache that is filled step by step gives the whole sequence's result."""
    x = test.rng.standard_normal((2, 6, 8))
    w = [test.rng.standard_normal(shape) for shape in ((8, 16), (8, 8), (8, 8), (16, 8))]
    keywords = dict(heads=4, kv_heads=2, rope=oracle.Rope(1e4), norm=oracle.Norm("rms", 1e-5), mask=oracle.causal(),
                    residual=True)
    whole = oracle.mha(x, *w, **keywords)
    keys, values = np.full((2, 2, 2, 9, 4), np.nan)
    for start, end in ((0, 3), (3, 4), (4, 6)):
        y, keys, values = oracle.mha(x[:, start:end], *w, cache=(keys, values, np.array([start] * 2)), **keywords)
        test.compare(f"cache {start} … {end}", y, whole[:, start:end], 1e-12)


def element_cases(test):
    """Values at 1 from the published definitions; bf16 by halves and ties."""
    known = {"gelu": 0.8413447460685429, "gelu_tanh": 0.8411919906082768, "silu": 0.7310585786300049, "relu": 1.0}
    for name, value in known.items():
        test.compare(name, oracle.ACTIVATIONS[name](np.ones(1)), np.full(1, value), 1e-14)
    test.compare("silu far out", oracle.silu(np.array([-1000.0, 1000.0])), np.array([0.0, 1000.0]), 0)
    x = np.array([1.00390625, 1.01171875, 1.004, 3.4e38, -np.inf], np.float32)
    test.compare("bf16", oracle.round_bf16(x), np.array([1.0, 1.015625, 1.0078125, np.inf, -np.inf]), 0)
    turned = oracle.rope(np.array([[[[1.0, 0.0]] * 3]]), theta=1e4)[0, 0]
    test.compare("rope", turned, np.array([[math.cos(p), math.sin(p)] for p in range(3)]), 1e-14)
    x = test.rng.standard_normal((1, 2, 5, 8))
    halves = oracle.rope(np.concatenate([x[..., 0::2], x[..., 1::2]], axis=-1), theta=1e4)
    pairs = oracle.rope(x, theta=1e4, style="interleaved")
    test.compare("rope styles", np.concatenate([pairs[..., 0::2], pairs[..., 1::2]], axis=-1), halves, 1e-14)
    x = np.array([[3.0, 4.0]])
    test.compare("rms", oracle.rms_norm(x, epsilon=0), x / math.sqrt(12.5), 1e-14)
    test.compare("layer", oracle.layer_norm(x, epsilon=0), np.array([[-1.0, 1.0]]), 1e-14)


test = Differential()
attention_cases(test)
block_cases(test)
element_cases(test)
test.finish()
