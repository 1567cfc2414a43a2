# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The smaller ops: linear, norms, RoPE, head views, cache append, embedding, argmax."""

import numpy as np

from .activations import ACTIVATIONS


def _f64(x):
    return np.asarray(x, dtype=np.float64)


def linear(x, weight, *, up_weight=None, bias=None, up_bias=None, residual=None, activation="none", transposed=False):
    """f(x · weight + bias) [⊙ (x · up_weight + up_bias)] [+ residual].

    x [tokens…, K]; weight and up_weight [K, N], or [N, K] if `transposed`; biases [N]; residual and result
    [tokens…, N].
    """
    def product(matrix, offset):
        matrix = _f64(matrix).T if transposed else _f64(matrix)
        y = _f64(x) @ matrix
        return y if offset is None else y + _f64(offset)

    y = ACTIVATIONS[activation](product(weight, bias))
    if up_weight is not None:
        y = y * product(up_weight, up_bias)
    return y if residual is None else y + _f64(residual)


def rms_norm(x, scale=None, bias=None, *, epsilon):
    """x / sqrt(mean(x²) + epsilon) ⊙ scale + bias over the last dimension (Zhang and Sennrich, 2019)."""
    x = _f64(x)
    y = x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + epsilon)
    return _scale_and_shift(y, scale, bias)


def layer_norm(x, scale=None, bias=None, *, epsilon):
    """(x − mean) / sqrt(variance + epsilon) ⊙ scale + bias over the last dimension (Ba et al., 2016)."""
    x = _f64(x)
    centred = x - np.mean(x, axis=-1, keepdims=True)
    y = centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + epsilon)
    return _scale_and_shift(y, scale, bias)


def _scale_and_shift(y, scale, bias):
    y = y if scale is None else y * _f64(scale)
    return y if bias is None else y + _f64(bias)


def norm(x, scale=None, bias=None, *, kind, epsilon):
    """`rms_norm` or `layer_norm` by the name of `#attn.norm<kind, …>`: "rms" or "layer"."""
    return {"rms": rms_norm, "layer": layer_norm}[kind](x, scale, bias, epsilon=epsilon)


def rope(x, *, theta, style="half", positions=None):
    """Rotary position embedding (Su et al., 2021) of x [B, H, S, D], D even.

    Row i of batch b stands at positions[b] + i, or at i without `positions` [B]. Pair p turns by the position times
    theta^(−2p / D) radians. `half` pairs element p with p + D/2, `interleaved` pairs 2p with 2p + 1.
    """
    x = _f64(x)
    batch, _, length, dim = x.shape
    start = np.zeros(batch) if positions is None else _f64(positions)
    position = start[:, None] + np.arange(length)  # [B, S]
    frequency = float(theta) ** (-2 * np.arange(dim // 2) / dim)
    angle = (position[:, :, None] * frequency)[:, None]  # [B, 1, S, D/2]
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = {
        "half": (slice(0, dim // 2), slice(dim // 2, dim)),
        "interleaved": (slice(0, dim, 2), slice(1, dim, 2)),
    }[style]
    a, b = x[..., first], x[..., second]
    y = np.empty_like(x)
    y[..., first] = a * cos - b * sin
    y[..., second] = b * cos + a * sin
    return y


def split_heads(x, heads):
    """[B, S, heads · D] as [B, heads, S, D]."""
    x = np.asarray(x)
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def merge_heads(x):
    """[B, H, S, D] as [B, S, H · D]."""
    x = np.asarray(x)
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def kv_append(cache, tokens, positions):
    """A copy of cache [B, heads, capacity, D] with tokens [B, heads, T, D] in rows positions[b] … positions[b] + T.

    IndexError where a row lies past the capacity: the compiled op does not write it and reports an error.
    """
    result = np.array(cache, dtype=np.float64)
    length = np.shape(tokens)[2]
    for b, start in enumerate(np.asarray(positions)):
        if start < 0 or start + length > result.shape[2]:
            raise IndexError(f"rows {start} … {start + length} of a cache with {result.shape[2]} rows")
        result[b, :, start:start + length] = tokens[b]
    return result


def embedding(ids, table):
    """Rows of table [vocabulary, features] for ids [B, S]; an id outside of the table gives a row of zeros."""
    ids, table = np.asarray(ids), _f64(table)
    inside = (ids >= 0) & (ids < len(table))
    return table[np.where(inside, ids, 0)] * inside[..., None]


def argmax(x):
    """The index of the first largest element of the last dimension, int32; a NaN counts as the largest."""
    return np.argmax(np.asarray(x), axis=-1).astype(np.int32)
