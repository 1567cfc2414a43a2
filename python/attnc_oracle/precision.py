# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rounding to the storage types, and the error that tests bound."""

import numpy as np


def round_bf16(x):
    """Rounds to bfloat16, to nearest, ties to even; returns float32 that bfloat16 holds exactly.

    x: any shape and float type; rounded to float32 first, like the compiler's own f32 values. Infinities stay, a NaN
    stays a NaN, and what is beyond the largest bfloat16 becomes an infinity.
    """
    x = np.asarray(x, dtype=np.float32)
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    y = rounded.astype(np.uint32).view(np.float32)
    return np.where(np.isnan(x), np.float32(np.nan), y)


def round_to(x, dtype):
    """Rounds to `dtype`, one of "f32", "f16" and "bf16"; returns float32 of the same shape."""
    if dtype == "bf16":
        return round_bf16(x)
    narrow = {"f32": np.float32, "f16": np.float16}[dtype]
    return np.asarray(x).astype(narrow).astype(np.float32)


def relative_error(got, want):
    """The relative Frobenius error ‖got − want‖ / ‖want‖ of two arrays of one shape, a float.

    Infinite where the shapes differ, or where an element that is not finite (in either) is not the same in both: the
    same infinity, or a NaN in both. Those elements don't count in the norms. Two zero arrays have the error 0.
    """
    got, want = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
    if got.shape != want.shape:
        return float("inf")
    finite = np.isfinite(got) & np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True):
        return float("inf")
    difference = np.linalg.norm(got[finite] - want[finite])
    scale = np.linalg.norm(want[finite])
    if scale == 0:
        return 0.0 if difference == 0 else float("inf")
    return float(difference / scale)
