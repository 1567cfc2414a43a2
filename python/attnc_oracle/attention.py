# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scaled dot-product attention (Vaswani et al., 2017)."""

import math

import numpy as np

from .masks import ScoreIndex


def attention(query, key, value, *, mask=None, score=None, scale=None, q_offset=None, sinks=None, with_lse=False):
    """softmax(mask(score(scale · q · kᵀ))) · v; the result is [B, H, Sq, Dv] in float64.

    query [B, H, Sq, D], key [B, Hkv, Sk, D], value [B, Hkv, Sk, Dv]; query head h uses KV head h / (H / Hkv).
    mask      a `Mask`, or None where every query sees every key.
    score     None or f(s, b, h, i, j), f64 scores and integer arrays that broadcast to one shape; changes values only.
    scale     1 / sqrt(D) unless given.
    q_offset  an int or an int for each batch; Sk − Sq unless given.
    sinks     [H]: exp(sinks[h]) is added to the denominator (Xiao et al., 2023).
    with_lse  also returns the natural logarithm of the denominator, [B, H, Sq].
    A row that sees no key gives 0, and −inf as its log-sum-exp. A NaN that a row sees makes the row NaN.
    """
    query, key, value = (np.asarray(t, dtype=np.float64) for t in (query, key, value))
    batch, heads, queries, dim = query.shape
    _, kv_heads, keys, value_dim = value.shape
    scale = 1 / math.sqrt(dim) if scale is None else scale
    index = ScoreIndex.of(batch, heads, queries, keys, q_offset)
    shape = (batch, heads, queries, keys)
    visible = None if mask is None else np.broadcast_to(mask(index), shape)
    output = np.empty((batch, heads, queries, value_dim))
    lse = np.empty((batch, heads, queries))
    for b in range(batch):
        for h in range(heads):
            kv = h // (heads // kv_heads)
            s = scale * (query[b, h] @ key[b, kv].T)
            if score is not None:
                s = score(s, b, h, index.query[0, 0], index.key[0, 0])
            if visible is not None:
                s = np.where(visible[b, h], s, -np.inf)
            sink = None if sinks is None else float(sinks[h])
            output[b, h], lse[b, h] = _softmax_product(s, value[b, kv], sink)
    return (output, lse) if with_lse else output


def _softmax_product(s, v, sink):
    """softmax(s) · v and the log-sum-exp of s [Sq, Sk]; v [Sk, Dv]."""
    largest = s.max(axis=-1, initial=-np.inf, keepdims=True)
    if sink is not None:
        largest = np.maximum(largest, sink)
    unseen = np.isneginf(largest)
    p = np.exp(s - np.where(unseen, 0, largest))
    total = p.sum(axis=-1, keepdims=True)
    if sink is not None:
        total = total + np.exp(sink - largest)
    # A value that no query sees has weight 0 and must not turn into 0 · NaN.
    product = p @ np.where((p == 0).all(axis=0)[:, None], 0, v)
    with np.errstate(divide="ignore"):
        lse = np.where(unseen, 0, largest) + np.log(total)
    return product / np.where(total == 0, 1, total), lse[:, 0]
