# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The whole blocks: attention with its projections, and the MLP."""

from dataclasses import dataclass

import numpy as np

from . import masks, ops
from .attention import attention


@dataclass(frozen=True)
class Norm:
    """`#attn.norm<kind, epsilon>` with its operands; scale and bias are [features] or None."""
    kind: str
    epsilon: float
    scale: object = None
    bias: object = None
    position: str = "pre"  #: or "post": last, after the residual

    def __call__(self, x):
        return ops.norm(x, self.scale, self.bias, kind=self.kind, epsilon=self.epsilon)


@dataclass(frozen=True)
class Rope:
    """`#attn.rope<theta = …, style>`."""
    theta: float
    style: str = "half"


def mha(x, wq, wk, wv, wo, *, heads, kv_heads, bq=None, bk=None, bv=None, bo=None, norm=None, rope=None, mask=None,
        context=None, cache=None, scale=None, residual=False):
    """`attn.mha`: x [B, S, hidden] to [B, S, hidden], float64.

    wq [hidden, heads · D], wk and wv [hidden of context, kv_heads · D], wo [heads · D, hidden], biases [columns].
    norm     a `Norm` or None.             rope   a `Rope` or None.
    mask     a `Mask` or None.             context [B, Sc, hidden of context]: cross-attention.
    cache    None or (keys, values, positions), [B, kv_heads, capacity, D] twice and [B]: the new keys and values are
             appended at `positions`, attention runs over each batch's keys up to the appended ones, and the result is
             (y, keys, values). RoPE starts at `positions`, else at 0.
    """
    x = np.asarray(x, dtype=np.float64)
    pre = norm is not None and norm.position == "pre"
    h = norm(x) if pre else x
    source = h if context is None else context
    positions = None if cache is None else np.asarray(cache[2])

    q = ops.split_heads(ops.linear(h, wq, bias=bq), heads)
    k = ops.split_heads(ops.linear(source, wk, bias=bk), kv_heads)
    v = ops.split_heads(ops.linear(source, wv, bias=bv), kv_heads)
    if rope is not None:
        q = ops.rope(q, theta=rope.theta, style=rope.style, positions=positions)
        k = ops.rope(k, theta=rope.theta, style=rope.style, positions=positions)
    q_offset = None
    if cache is not None:
        end = positions + k.shape[2]
        k, v = ops.kv_append(cache[0], k, positions), ops.kv_append(cache[1], v, positions)
        filled = masks.lengths(end)
        mask = filled if mask is None else mask & filled
        q_offset = positions

    o = attention(q, k, v, mask=mask, scale=scale, q_offset=q_offset)
    y = ops.linear(ops.merge_heads(o), wo, bias=bo, residual=x if residual else None)
    if norm is not None and not pre:
        y = norm(y)
    return y if cache is None else (y, k, v)


def mlp(x, *weights, activation, gate_bias=None, up_bias=None, down_bias=None, norm=None, residual=False):
    """`attn.mlp`: x [B, S, hidden] to [B, S, hidden], float64.

    weights  gate, up [hidden, ffn] and down [ffn, hidden] where `activation` ends in `_gate`, else up and down.
    norm     a `Norm` or None.
    """
    x = np.asarray(x, dtype=np.float64)
    pre = norm is not None and norm.position == "pre"
    h = norm(x) if pre else x
    if activation.endswith("_gate"):
        gate, up, down = weights
        h = ops.linear(h, gate, up_weight=up, bias=gate_bias, up_bias=up_bias,
                       activation=activation.removesuffix("_gate"))
    else:
        up, down = weights
        h = ops.linear(h, up, bias=up_bias, activation=activation)
    y = ops.linear(h, down, bias=down_bias, residual=x if residual else None)
    return norm(y) if norm is not None and not pre else y
