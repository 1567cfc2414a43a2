# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes and reads .npy files without NumPy, for tests."""

import ast
import struct

FORMATS = {"<f4": "f", "<f2": "e", "<f8": "d", "<i4": "i", "<i8": "q",
           "|b1": "B"}


def npy_bytes(descr, shape, values, version=1, header=None):
    if header is None:
        header = str({"descr": descr, "fortran_order": False, "shape": shape})
    length = struct.pack("<H" if version == 1 else "<I", len(header) + 1)
    return (b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() +
            b"\n" + struct.pack(f"<{len(values)}{FORMATS[descr]}", *values))


def write_npy(path, descr, shape, values, **options):
    with open(path, "wb") as file:
        file.write(npy_bytes(descr, shape, values, **options))


def read_npy(path):
    """(descr, shape, values)"""
    with open(path, "rb") as file:
        contents = file.read()
    assert contents[:8] == b"\x93NUMPY\x01\x00"
    length, = struct.unpack("<H", contents[8:10])
    assert (10 + length) % 64 == 0
    header = ast.literal_eval(contents[10:10 + length].decode())
    assert header["fortran_order"] is False
    letter = FORMATS[header["descr"]]
    data = contents[10 + length:]
    values = struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}",
                           data)
    return header["descr"], header["shape"], list(values)
