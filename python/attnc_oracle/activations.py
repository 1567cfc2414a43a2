# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Elementwise activations. Each takes any shape and returns float64 of that shape."""

import math

import numpy as np

_erf = np.frompyfunc(math.erf, 1, 1)


def gelu(x):
    """x · Φ(x) with the exact error function (Hendrycks and Gimpel, 2016)."""
    x = np.asarray(x, dtype=np.float64)
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)).astype(np.float64))


def gelu_tanh(x):
    """GELU's approximation with tanh (Hendrycks and Gimpel, 2016, section 2)."""
    x = np.asarray(x, dtype=np.float64)
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def relu(x):
    """max(x, 0); a NaN stays."""
    return np.maximum(np.asarray(x, dtype=np.float64), 0)


def silu(x):
    """x / (1 + exp(−x)) (Elfwing et al., 2017), written so that exp does not overflow."""
    x = np.asarray(x, dtype=np.float64)
    e = np.exp(-np.abs(x))
    return x * np.where(x >= 0, 1, e) / (1 + e)


#: The names of `#attn.activation<…>`.
ACTIVATIONS = {
    "none": lambda x: np.asarray(x, dtype=np.float64),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "relu": relu,
    "silu": silu,
}
