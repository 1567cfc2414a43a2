# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes and reads safetensors files with numpy alone; bf16, which numpy lacks, crosses as float32."""

import json
import math

import numpy as np

from attnc_oracle import round_bf16

_NUMPY = {"F32": np.float32, "F16": np.float16, "I32": np.int32, "U8": np.uint8, "BF16": np.uint16}
_NAMES = {"f32": "F32", "f16": "F16", "bf16": "BF16", "i32": "I32", "u8": "U8"}


def write(path, tensors, dtype="f32"):
    """Writes {name: array} with all elements rounded to `dtype`: "f32", "f16", "bf16", "i32" or "u8".

    `tensors` may be a dict of functions that return arrays: each is called twice and not kept.
    """
    make = {name: value if callable(value) else (lambda v=value: v) for name, value in tensors.items()}
    code = _NAMES[dtype]
    header, end = {}, 0
    for name, array in make.items():
        shape = array().shape
        begin, end = end, end + math.prod(shape) * np.dtype(_NUMPY[code]).itemsize
        header[name] = {"dtype": code, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in make.values():
            file.write(np.ascontiguousarray(_encode(array(), code)).data)


def read(path):
    """{name: array}: views of the mapped file, except that bf16 becomes float32 in memory."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:start].tobytes())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = data[start + begin:start + end].view(_NUMPY[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = (array.astype(np.uint32) << 16).view(np.float32) if entry["dtype"] == "BF16" else array
    return tensors


def _encode(array, code):
    if code == "BF16":
        return (round_bf16(array).view(np.uint32) >> 16).astype(np.uint16)
    return np.asarray(array).astype(_NUMPY[code], copy=False)
