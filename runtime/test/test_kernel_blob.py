# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which kernel blobs a session refuses to load."""

import os
import struct
import subprocess
import tempfile
import unittest

from attnc_run_case import AttncRunCase
from block_package import BlockPackage
from package_writer import CLANG, compile_kernels

PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474e551
DT_RELA, DT_RELASZ, DT_RUNPATH = 7, 8, 29
R_X86_64_64 = 1


class Elf:
    """A shared object whose fields a test changes."""

    def __init__(self, contents):
        self.bytes = bytearray(contents)

    def put(self, offset, layout, value):
        struct.pack_into("<" + layout, self.bytes, offset, value)
        return self

    def get(self, offset, layout):
        return struct.unpack_from("<" + layout, self.bytes, offset)[0]

    def segment(self, kind):
        """The offset of the first program header of a kind."""
        table = self.get(32, "Q")
        return next(table + 56 * i for i in range(self.get(56, "H"))
                    if self.get(table + 56 * i, "I") == kind)

    def dynamic(self, tag):
        """The offset of the dynamic entry with this tag."""
        entry = self.get(self.segment(PT_DYNAMIC) + 8, "Q")
        while self.get(entry, "Q") != tag:
            entry += 16
        return entry


class KernelBlobTest(AttncRunCase):
    def refuse(self, message, blob):
        with self.subTest(message):
            path = self.path("bad.attnc")
            BlockPackage(bytes(blob)).write(path)
            self.run_error(message, path, "--entry=append", "--bench=0")

    def test_damaged_elf(self):
        good = compile_kernels("block.c")
        elf = lambda: Elf(good)
        def relocation(info):
            changed = elf()
            table = changed.get(changed.dynamic(DT_RELA) + 8, "Q")
            return changed.put(table + 8, "Q", info)
        load = elf().segment(PT_LOAD)
        for message, blob in (
                ("file header: outside of the blob", b"\x7fELF"),
                ("expected an ELF file", b"x" * 100),
                ("expected an x86-64 shared object", elf().put(18, "H", 183)),
                ("expected an x86-64 shared object", elf().put(16, "H", 2)),
                ("expected program headers of 56 bytes, got 57",
                 elf().put(54, "H", 57)),
                ("program headers: outside of the blob",
                 elf().put(32, "Q", 2**63)),
                ("segments: outside of the blob",
                 elf().put(load + 8, "Q", 2**40)),
                ("a segment is larger than 4 GiB or smaller than its contents",
                 elf().put(load + 40, "Q", 1)),
                ("a segment is larger than 4 GiB or smaller than its contents",
                 elf().put(load + 40, "Q", 2**40)),
                ("a segment is both writable and executable",
                 elf().put(load + 4, "I", 7)),
                ("it has an interpreter or thread-local storage",
                 elf().put(elf().segment(PT_GNU_STACK), "I", PT_INTERP)),
                ("it has no dynamic section",
                 elf().put(elf().segment(PT_DYNAMIC), "I", 4)),
                ("dynamic section: outside of its segments",
                 elf().put(elf().segment(PT_DYNAMIC) + 16, "Q", 2**40)),
                ("relocations: outside of its segments",
                 elf().put(elf().dynamic(DT_RELASZ) + 8, "Q", 2**40)),
                ("unexpected dynamic tag 29",
                 elf().put(elf().dynamic(DT_RELASZ), "Q", DT_RUNPATH)),
                ("unexpected relocation type 37",
                 relocation(37)),
                ("symbols: outside of its segments",
                 relocation(1000000 << 32 | R_X86_64_64))):
            self.refuse(message, getattr(blob, "bytes", blob))

    def test_effects(self):
        for message, flags in (
                ("it refers to the undefined symbol 'undefined_symbol'",
                 ["-DUNDEFINED_SYMBOL"]),
                ("it has a constructor", ["-DCONSTRUCTOR"]),
                ("it has a constructor", ["-Wl,-init=attnc_kernel_table"]),
                ("it has a destructor", ["-Wl,-fini=attnc_kernel_table"]),
                ("it has a destructor", ["-DDESTRUCTOR"]),
                ("it has an interpreter or thread-local storage",
                 ["-DTHREAD_LOCAL"]),
                ("it has a symbol that is resolved by running code",
                 ["-DIFUNC"]),
                ("it asks for an executable stack", ["-Wl,-z,execstack"])):
            self.refuse(message, compile_kernels("bad.c", *flags))

    def test_needed_library(self):
        with tempfile.TemporaryDirectory() as directory:
            library = os.path.join(directory, "libneeded.so")
            subprocess.run([CLANG, "-shared", "-nostdlib", "-x", "c",
                            "/dev/null", "-o", library], check=True)
            blob = compile_kernels("bad.c", "-Wl,--no-as-needed", library)
        self.refuse("it needs a library", blob)

    def test_table(self):
        for message, flags in (
                ("expected the symbol 'attnc_kernel_table'", ["-DNO_TABLE"]),
                ("its table's ABI version: expected 1, got 2",
                 ["-DABI_VERSION=2"]),
                ("out of memory",
                 ["-DNAME=\"append\"", "-DSCRATCH=(~0ull)",
                  "-DPARAM={ATTNC_I32, 1, ATTNC_READ, {0}, {-1}}"]),
                ("its kernels lie outside it", ["-DNUM_KERNELS=100000"]),
                ("kernel 0 has a pointer out of the blob",
                 ["-DNAME=(const char*)8"]),
                *(("kernel 'gather' has a parameter of an unknown dtype, rank, "
                   "access or size", [f"-DPARAM={{{param}}}"])
                  for param in ("6, 1, 1, {0}, {-1}", "0, 0, 1, {0}, {-1}",
                                "0, 7, 1, {0}, {-1}", "0, 1, 0, {0}, {-1}",
                                "0, 1, 4, {0}, {-1}", "0, 1, 1, {0}, {-2}"))):
            self.refuse(message, compile_kernels("bad.c", *flags))


if __name__ == "__main__":
    unittest.main()
