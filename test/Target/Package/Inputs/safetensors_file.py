# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads and writes safetensors files, with nothing but the standard library."""

import json
import struct

BYTES = {"F32": 4, "I32": 4, "BF16": 2, "F16": 2, "F64": 8, "U8": 1}


def frame(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def dump(tensors):
    """The file of {name: (dtype, shape, bytes)}."""
    header, data = {}, b""
    for name, (dtype, shape, contents) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(contents)]}
        data += contents
    return frame(header, data)


def load(path):
    """The metadata and {name: (dtype, shape, bytes)}."""
    with open(path, "rb") as file:
        contents = file.read()
    length, = struct.unpack_from("<Q", contents)
    header = json.loads(contents[8:8 + length])
    data = contents[8 + length:]
    metadata = header.pop("__metadata__", {})
    return metadata, {
        name: (row["dtype"], row["shape"], data[slice(*row["data_offsets"])])
        for name, row in header.items()}, contents[8:8 + length]
