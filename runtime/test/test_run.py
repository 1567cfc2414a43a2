# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""attnc-run: results, files, flags and what a user can get wrong."""

import os
import subprocess
import unittest

from attnc_run_case import AttncRunCase
from block_package import BlockPackage, TABLE, WIDTH
from npy_file import npy_bytes, read_npy, write_npy


class RunTest(AttncRunCase):
    def setUp(self):
        super().setUp()
        self.package = self.path("block.attnc")
        BlockPackage().write(self.package)

    def write_block_inputs(self, batch=2, sequence=6, ids=(2, 0)):
        x = [float(i % 97) for i in range(batch * sequence * WIDTH)]
        write_npy(self.path("x.npy"), "<f4", (batch, sequence, WIDTH), x)
        write_npy(self.path("ids.npy"), "<i4", (batch,), ids)
        return x

    def block_args(self, *more):
        return [self.package, "--entry=block", f"--input=x={self.path('x.npy')}",
                "--input", f"ids={self.path('ids.npy')}", *more]

    def error_with_input(self, message, name, contents):
        self.write_block_inputs()
        with open(self.path(name + ".npy"), "wb") as file:
            file.write(contents)
        self.run_error(message, *self.block_args())

    # -- results

    def test_block(self):
        for threads in 1, 2, 5:
            for batch, sequence in (2, 6), (1, 2), (64, 30):
                ids = [i % len(TABLE) for i in range(batch)]
                x = self.write_block_inputs(batch, sequence, ids)
                y = self.path("y.npy")
                self.run_ok(*self.block_args("--poison", f"--threads={threads}",
                                             f"--output=y={y}"))
                expected = [2 * value + TABLE[ids[i // (sequence * WIDTH)]]
                            [i % WIDTH] for i, value in enumerate(x)]
                self.assertEqual(read_npy(y), ("<f4", (batch, sequence, WIDTH),
                                               expected))

    def types_args(self, bf16, count=None, version=1, i32="<i4"):
        count = len(bf16) if count is None else count
        inputs = {"bf16": ("<f4", bf16), "f16": ("<f2", [0.5] * count),
                  "i32": (i32, [-7] * count), "i1": ("|b1", [1] * count)}
        args = [self.package, "--entry=types"]
        for name, (descr, values) in inputs.items():
            path = self.path(name + ".npy")
            write_npy(path, descr, (count,), values, version=version)
            args.append(f"--input=input_{name}={path}")
            args.append(f"--output=output_{name}={path}.out")
        return args

    def test_types_and_rounding(self):
        # Halfway between two bf16 goes to the even one; then above halfway, a
        # negative value, infinity, and overflow to infinity.
        values = [1.00390625, 1.01171875, 1.00390637, -3.14159274,
                  float("inf"), 3.4e38]
        expected = [1.0, 1.015625, 1.0078125, -3.140625, float("inf"),
                    float("inf")]
        for version, i32 in (1, "<i4"), (2, "<i8"):
            self.run_ok(*self.types_args(values, version=version, i32=i32))
            shape = (len(values),)
            out = lambda name: read_npy(self.path(name + ".npy.out"))
            self.assertEqual(out("bf16"), ("<f4", shape, expected))
            self.assertEqual(out("f16"), ("<f2", shape, [0.5] * len(values)))
            self.assertEqual(out("i32"), ("<i4", shape, [-7] * len(values)))
            self.assertEqual(out("i1"), ("|b1", shape, [1] * len(values)))

    def test_bf16_nan_stays_nan(self):
        self.run_ok(*self.types_args([float("nan")]))
        value, = read_npy(self.path("bf16.npy.out"))[2]
        self.assertNotEqual(value, value)

    def test_empty_tensors(self):
        self.run_ok(*self.types_args([]))
        self.assertEqual(read_npy(self.path("bf16.npy.out")), ("<f4", (0,), []))

    def test_poison_is_seen_where_nothing_is_written(self):
        package = BlockPackage()
        package.plan["entries"]["types"]["steps"].pop(0)
        package.write(self.package)
        self.run_ok(*self.types_args([1.0]), "--poison")
        value, = read_npy(self.path("bf16.npy.out"))[2]
        self.assertNotEqual(value, value)

    def test_the_entry_may_be_left_out_if_there_is_one(self):
        package = BlockPackage()
        del package.plan["entries"]["append"], package.plan["entries"]["types"]
        package.write(self.package)
        self.write_block_inputs()
        args = self.block_args()
        args.remove("--entry=block")
        self.run_ok(*args)

    # -- modes

    def test_inspect(self):
        text = self.run_ok(self.package, "--inspect")
        for line in ("package      format 1.0, by test",
                     "  code       x86_64 x86-64, kernel ABI 1",
                     "  features   sse2",
                     "  symbol     S: 2 ... 4096, a multiple of 2",
                     "  input      x                F32  [B, S, 8]",
                     "  buffer 3   workspace 64*ceildiv(B*32, 64) bytes",
                     "  step 2     launch scale_add, grid [ceildiv(S, 4), B, 1]",
                     "  packed                   F32  [7, 5] of original, "
                     "panels 4 x 2, transposed, stored as F32 [2, 3, 4, 2], 192 B"):
            self.assertIn(line, text)

    def test_verify(self):
        self.assertIn("every hash is right",
                      self.run_ok(self.package, "--verify", "--threads=2"))

    def test_bench(self):
        text = self.run_ok(self.package, "--entry=block", "--bench=0.01",
                           "--set-size", "B=3", "--set-size=S=4")
        self.assertRegex(text, r"runs \d+, median [\d.]+ us, min [\d.]+ us, "
                               r"p90 [\d.]+ us")
        self.assertRegex(text, r"\n +2 launch +scale_add +\d+ +[\d.]+ +[\d.]+%")

    def test_bench_with_inputs(self):
        self.write_block_inputs()
        self.run_ok(*self.block_args("--bench=0"))

    def test_bench_with_too_large_inputs(self):
        package = BlockPackage()
        package.plan["entries"]["types"]["symbols"][0]["max"] = 2**60
        package.write(self.package)
        self.run_error("error: out of memory", self.package, "--entry=types",
                       "--bench", f"--set-size=N={2**60}")

    def test_bench_types(self):
        self.run_ok(self.package, "--entry=types", "--bench=0", "--set-size",
                    "N=5")

    def test_help(self):
        self.assertIn("--set-size", self.run_ok("--help"))

    def test_output_that_nobody_takes(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as closed, open("/dev/full", "wb") as full:
            for stdout in closed, full:
                result = subprocess.run(
                    [os.environ["ATTNC_RUN"], self.package, "--inspect"],
                    stdout=stdout, stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(
                    (result.returncode, result.stderr),
                    (1, b"attnc-run: error: cannot write to standard output\n"))

    # -- flags

    def test_flags(self):
        package = self.package
        for message, args in (
                ("expected a package, got none", []),
                ("expected one package, got", [package, package]),
                ("unknown flag '--thread', did you mean '--threads'?",
                 [package, "--thread=1"]),
                ("--entry: expected a value, got none", [package, "--entry"]),
                ("--entry: expected a value, got none", [package, "--entry="]),
                ("--poison: takes no value", [package, "--poison=1"]),
                ("--input: expected NAME=VALUE, got 'x'",
                 [package, "--input", "x"]),
                ("--input: 'x' is given twice",
                 [package, "--input=x=a", "--input=x=b"]),
                ("--threads: expected a number of threads, got '-1'",
                 [package, "--threads=-1"]),
                ("threads: expected 0 ... 1024, got 2000",
                 [package, "--verify", "--threads=2000"]),
                ("--ranks: expected a number of ranks, got 'two'",
                 [package, "--ranks=two"]),
                ("the package is for 1 rank, got --ranks=2",
                 [package, "--ranks=2"]),
                ("--bench: expected a number of seconds, got 'x'",
                 [package, "--bench=x"]),
                ("--set-size B: expected a size, got 'x'",
                 [package, "--bench", "--set-size=B=x"]),
                ("--set-size is for --bench", [package, "--set-size=B=1"]),
                ("--bench writes no --output",
                 [package, "--bench", "--output=y=y.npy"]),
                ("--inspect and --verify take no --input",
                 [package, "--inspect", "--input=x=y.npy"]),
                ("expected one of --inspect, --verify and --bench",
                 [package, "--inspect", "--verify"]),
                ("entry: expected one of 'append', 'block', 'types', got none",
                 [package]),
                ("entry: expected one of 'append', 'block', 'types', got 'f'",
                 [package, "--entry=f"]),
                ("entry 'block': expected --set-size B=N",
                 [package, "--entry=block", "--bench"]),
                ("entry 'block' has no symbol 'Q'",
                 [package, "--entry=block", "--bench", "--set-size=Q=1"]),
                ("entry 'block': expected S in 2 ... 4096, got 8192",
                 [package, "--entry=block", "--bench", "--set-size=B=1",
                  "--set-size=S=8192"]),
                ("entry 'block': expected S to be a multiple of 2, got 3",
                 [package, "--entry=block", "--bench", "--set-size=B=1",
                  "--set-size=S=3"]),
                ("cannot open '/nonexistent'", ["/nonexistent"]),
                ("'/dev' is not a regular file", ["/dev"])):
            with self.subTest(message):
                self.run_error(message, *args)

    def test_device(self):
        self.write_block_inputs()
        self.run_error("device: expected cpu, cuda or cuda:N, got 'tpu'",
                       *self.block_args("--device=tpu"))
        self.run_error("the package has no code for the device cuda:0: need "
                       "the target sm_90a, have cpu",
                       *self.block_args("--device=cuda:0"))

    # -- inputs

    def test_missing_input(self):
        self.write_block_inputs()
        self.run_error("entry 'block': expected --input ids=FILE.npy",
                       *self.block_args()[:-2])

    def test_unknown_names(self):
        self.write_block_inputs()
        self.run_error("--input: expected one of 'x', 'ids', got 'z'",
                       *self.block_args("--input=z=z.npy"))
        self.run_error("--output: expected one of 'y', got 'z'",
                       *self.block_args(f"--output=z={self.path('z.npy')}"))

    def test_shapes(self):
        data = [0.0] * 64
        for message, shape in (
                ("input 'x': expected rank 3, got 2", (8, 8)),
                ("input 'x': expected the shape [2, 2, 8], got [2, 2, 16]",
                 (2, 2, 16)),
                ("input 'ids': expected the shape [4], got [2]", (4, 2, 8)),
                ("input 'x', dimension 1: expected S in 2 ... 4096, got 1",
                 (8, 1, 8)),
                ("input 'x', dimension 0: expected B in 1 ... 64, got 0",
                 (0, 2, 8))):
            with self.subTest(message):
                count = shape[0] * shape[1] * (shape + (1,))[2]
                self.error_with_input(message, "x",
                                      npy_bytes("<f4", shape, data[:count]))

    def test_inconsistent_set_size(self):
        self.write_block_inputs()
        self.run_error("expected the shape [2], got [3]",
                       self.package, "--entry=block", "--bench",
                       f"--input=x={self.path('x.npy')}", "--set-size=B=3")

    def test_dtypes(self):
        for name, descr, message in (
                ("x", "<f8", "input 'x': expected the dtype <f4, got <f8"),
                ("ids", "<f4",
                 "input 'ids': expected the dtype <i4 or <i8, got <f4")):
            self.error_with_input(message, name,
                                  npy_bytes(descr, (2,), [0, 0]))

    def test_wide_integers_must_fit(self):
        self.error_with_input("input 'ids': expected 32-bit values, got "
                              "2147483648", "ids",
                              npy_bytes("<i8", (2,), [0, 2**31]))

    def test_bools_are_0_or_1(self):
        args = self.types_args([1.0])
        write_npy(self.path("i1.npy"), "|b1", (1,), [2])
        self.run_error("input 'input_i1': expected bytes of 0 or 1, got 2",
                       *args)

    def test_npy_files(self):
        good = npy_bytes("<f4", (2, 2, 8), [0.0] * 32)
        with_header = lambda text: npy_bytes("<f4", (), [], header=text)
        ok = "'fortran_order': False, 'shape': (2,)"
        for message, contents in (
                ("expected a .npy file", b""),
                ("expected a .npy file", b"PK" + good[2:]),
                ("expected a .npy file, got its first 9 bytes", good[:9]),
                ("expected a .npy file, got its first 50 bytes", good[:50]),
                ("expected .npy version 1.0 or 2.0, got 3.0",
                 good[:6] + b"\3" + good[7:]),
                ("expected 128 bytes of data, got 127", good[:-1]),
                ("expected 128 bytes of data, got 129", good + b"x"),
                ("expected C order, got Fortran order", with_header(
                    "{'descr': '<f4', 'fortran_order': True, 'shape': ()}")),
                ("expected '{'", with_header("x")),
                ("expected '''", with_header("{'descr': [('a', '<f4')]}")),
                ("expected the end of a string", with_header("{'descr")),
                ("expected ':'", with_header("{'descr' '<f4'}")),
                ("expected 'False'", with_header("{'fortran_order': 0}")),
                ("expected a size", with_header("{'shape': (-1,)}")),
                ("expected ',' or ')'", with_header("{'shape': (1 2)}")),
                ("expected ',' or '}'", with_header("{'descr': '<f4' 1}")),
                ("once each", with_header("{'descr': '<f4', 'descr': '<f4'}")),
                ("once each", with_header("{'size': 1}")),
                ("and nothing behind", with_header("{'descr': '<f4'}")),
                ("and nothing behind",
                 with_header("{'descr': '<f4', " + ok + "} x")),
                ("expected the dtype of a number such as <f4, got >f4",
                 with_header("{'descr': '>f4', " + ok + "}")),
                ("expected the dtype of a number such as <f4, got <U12",
                 with_header("{'descr': '<U12', " + ok + "}")),
                ("the array's size overflows", with_header(
                    "{'descr': '<f4', 'fortran_order': False, 'shape': "
                    "(4611686018427387904, 4)}"))):
            with self.subTest(message):
                self.error_with_input(message, "x", contents)

    def test_unreadable_input(self):
        self.run_error("cannot read '/nonexistent'", self.package,
                       "--entry=block", "--input=x=/nonexistent")
        self.run_error("cannot read '/dev'", self.package, "--entry=block",
                       "--input=x=/dev")

    # -- kernel errors and outputs

    def test_kernel_errors(self):
        self.write_block_inputs(ids=(1, 3))
        self.run_error("entry 'block', step 1 (kernel 'gather'): an index lies "
                       "outside its table", *self.block_args())
        write_npy(self.path("room.npy"), "<i4", (1,), [0])
        self.run_error("entry 'append', step 0 (kernel 'append'): an append "
                       "would pass the cache's capacity", self.package,
                       "--entry=append", f"--input=room={self.path('room.npy')}")

    def test_a_failed_run_leaves_no_output(self):
        self.write_block_inputs(ids=(1, 3))
        before = sorted(os.listdir(self.directory))
        self.run_error("an index lies", *self.block_args(
            f"--output=y={self.path('y.npy')}"))
        self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_files_that_may_not_grow(self):
        self.write_block_inputs(64, 30, [0] * 64)
        args = self.block_args(f"--output=y={self.path('y.npy')}")
        for message, limit in (("cannot copy the kernels", 1000),
                               (f"cannot write '{self.path('y.npy')}'", 20000)):
            self.run_error(f"{message}: File too large", *args,
                           max_file_bytes=limit)
        self.assertNotIn("y.npy", "".join(os.listdir(self.directory)))

    def test_output_files(self):
        self.write_block_inputs()
        for message, path in (
                ("No such file or directory", "/nonexistent/y.npy"),
                ("it is not a regular file", "/dev/null"),
                ("it is not a regular file", self.directory)):
            self.run_error(f"cannot write '{path}': {message}",
                           *self.block_args(f"--output=y={path}"))
        args = self.types_args([1.0])
        args = [arg.replace("i1.npy.out", "f16.npy.out") for arg in args]
        self.run_error("f16.npy.out' is given twice", *args)


if __name__ == "__main__":
    unittest.main()
