# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes packages (docs/Package.md) and compiles kernels, for tests.

Nothing here checks anything: tests write broken packages, too.
"""

import hashlib
import json
import os
import struct
import subprocess
import tempfile

RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLANG = os.environ.get("ATTNC_RT_TEST_CLANG", "clang-22")


def compile_kernels(source, *flags):
    """The bytes of the shared object made from a file in test/kernels."""
    with tempfile.TemporaryDirectory() as directory:
        result = os.path.join(directory, "kernels.so")
        subprocess.run(
            [CLANG, "-shared", "-fPIC", "-nostdlib", "-O2", "-fuse-ld=lld",
             "-fvisibility=hidden", "-I" + os.path.join(RUNTIME, "include"),
             os.path.join(RUNTIME, "test", "kernels", source), "-o", result,
             *flags], check=True)
        with open(result, "rb") as file:
            return file.read()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def lay_out(tensors):
    """The safetensors header and the data of (name, dtype, shape, bytes)."""
    header, data, pads = {}, b"", 0
    for name, dtype, shape, contents in tensors + [
            ("attnc.sha256", "U8", [32], None)]:
        gap = -len(data) % 64
        if gap:
            header[f"attnc.pad.{pads}"] = {
                "dtype": "U8", "shape": [gap],
                "data_offsets": [len(data), len(data) + gap]}
            data += bytes(gap)
            pads += 1
        if contents is None:
            contents = bytes(32)
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(contents)]}
        data += contents
    return header, data


def header_text(header, manifest, plan, gpu_plan=None):
    """Each part an object or its text; a plan that is None is left out."""
    parts = {"attnc.manifest": manifest, "attnc.plan": plan,
             "attnc.plan.sm_90a": gpu_plan}
    header = dict(header)
    header["__metadata__"] = {
        name: part if isinstance(part, str) else json.dumps(part)
        for name, part in parts.items() if part is not None}
    return json.dumps(header)


def seal(text, data):
    """The file with this header text, padded and hashed."""
    header = text.encode()
    header += b" " * (-(8 + len(header)) % 4096)
    return (struct.pack("<Q", len(header)) + header + data[:-32] +
            hashlib.sha256(header).digest())
