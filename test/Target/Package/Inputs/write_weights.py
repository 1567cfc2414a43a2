# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the weights file that the tests of binding use."""

import sys

from safetensors_file import dump

with open(sys.argv[1], "wb") as file:
    file.write(dump({
        "matrix": ("F32", [40, 48], bytes(40 * 48 * 4)),
        "vector": ("BF16", [48], bytes(96)),
        "vector@panels32": ("F32", [2], bytes(8)),
        "matrix@panels32": ("F32", [2, 40, 32], bytes(2 * 40 * 32 * 4)),
        "double": ("F64", [2], bytes(16))}))
