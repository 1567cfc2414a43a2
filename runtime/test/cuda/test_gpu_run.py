# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""attnc-run on the driver without a GPU: what is called in which order with
which parameters, and what a GPU that fails looks like."""

import re
import time
import unittest

from gpu_case import GpuCase
from npy_file import read_npy, write_npy


class RunTest(GpuCase):
    def run_maps(self, batch, length, *args, package=None):
        paths, self.values = [], {}
        for name, columns in (("wide", 128), ("plain", 40)):
            values = [float(i % 251) for i in range(batch * length * columns)]
            write_npy(self.path(name + ".npy"), "<f4", (batch, length, columns),
                      values)
            self.values[name] = values
            paths += [f"--input={name}_input={self.path(name + '.npy')}",
                      f"--output={name}_output={self.path(name + '.out.npy')}"]
        return [package or self.gpu_package, "--entry=maps", "--device=cuda:0",
                *paths, *args]

    def test_same_as_the_cpu(self):
        for batch, length in ((3, 4), (1, 2), (64, 6)):
            self.write_block_inputs(batch, length)
            self.run_ok(*self.block_args(output="cpu.npy"))
            self.run_ok(*self.block_args("--device=cuda:0", "--poison"))
            self.assertEqual(read_npy(self.path("y.npy")),
                             read_npy(self.path("cpu.npy")))

    def test_calls_of_a_run(self):
        self.write_block_inputs()
        self.run_ok(*self.block_args("--device=cuda:0"))
        # The weight comes first; then workspace and the copies of x, ids and y
        # in one allocation, at multiples of 256 bytes.
        self.assertEqual(self.log(), [
            "retain 0",
            "alloc a0 96", "htod a0+0 96 on s0",
            "load m0", "set gather shared 0",
            "occupancy gather 128 threads 0 shared",
            "load m1", "set scale_add shared 65536",
            "occupancy scale_add 256 threads 65536 shared",
            "alloc a1 1536",
            "htod a1+0 384 on s0", "htod a1+512 12 on s0",
            "memset a1+768 0 96 on s0",
            "launch gather grid 3x1x1 threads 128 shared 0 on s0: "
            "a1+512 a0+0 a1+768 3 8",
            "launch scale_add grid 1x3x1 threads 256 shared 65536 on s0: "
            "a1+0 a1+768 a1+1024 3 4 32",
            "dtoh a1+1024 384 on s0",
            "free a0", "free a1",
            "release 0 with 0 allocations, 0 streams, 0 events, 0 modules, "
            "0 graphs"])

    def test_tensor_maps(self):
        self.run_ok(*self.run_maps(2, 41))
        launches = [line for line in self.log() if line.startswith("launch")]
        # 12 blocks of work on 4 multiprocessors with 2 blocks each. Panels: 64
        # columns, rows, panels, batch; plain: columns, rows, batch. bf16 is 9.
        self.assertEqual(launches, [
            "launch map_copy grid 8x1x1 threads 384 shared 200000 on s0: "
            "map(a1+0 type 9 sizes 64,41,2,2 strides 256,128,10496 "
            "box 64,8,2,1) "
            "map(a1+20992 type 9 sizes 64,41,2,2 strides 256,128,10496 "
            "box 64,16,1,1) a0+0",
            "launch map_copy_plain grid 8x1x1 threads 128 shared 0 on s0 "
            "dependent: map(a1+41984 type 9 sizes 40,41,2 strides 80,3280 "
            "box 64,8,1) map(a1+48640 type 9 sizes 40,41,2 strides 80,3280 "
            "box 64,8,1) a0+128"])
        for name in ("wide", "plain"):
            self.assertEqual(read_npy(self.path(name + ".out.npy"))[2],
                             self.values[name])

    def test_less_work_than_a_wave(self):
        self.run_ok(*self.run_maps(1, 9))
        self.assertIn("launch map_copy grid 2x1x1", "\n".join(self.log()))

    def test_no_work(self):
        self.run_ok(*self.run_maps(0, 5))
        self.assertNotIn("launch", "\n".join(self.log()))

    def test_sizes_that_maps_refuse(self):
        """The block of a launch with work, over a view that is not fit."""
        where = "entry 'maps', step 1 (kernel 'map_copy_plain'), argument 0: "
        def change(**members):
            return self.write_changed(lambda package: package.gpu_plan[
                "entries"]["maps"]["steps"][1]["args"][0].update(members))
        strides = lambda columns: [["*", "S", columns], columns, 1]
        for message, package in (
                ("dimension 1 of the tensor map (0 is the innermost): expected "
                 "a stride of a multiple of 16 bytes below 2^40, got 82",
                 change(strides=[["*", "S", 40], 41, 1],
                        sizes=["B", ["-", "S", 1], 40])),
                ("expected an address at a multiple of 16, got one with a rest "
                 "of 2", change(offset=2, sizes=["B", ["-", "S", 1], 40])),
                ("dimension 1 of the tensor map (0 is the innermost): expected "
                 "a size of 1 ... 2^32, got 0", change(sizes=["B", 0, 40]))):
            with self.subTest(message):
                self.run_error(where + message,
                               *self.run_maps(2, 41, package=package))
                self.check_nothing_is_left()

    def test_rows_that_are_no_panels(self):
        def change(package):
            for each in package.kernels[3]["arguments"]:
                each["sizes"] = [None, None, None]
            for step in package.gpu_plan["entries"]["maps"]["steps"][:1]:
                for each in step["args"]:
                    each["sizes"] = ["B", "S", 120]
        self.run_error("entry 'maps', step 0 (kernel 'map_copy'), argument 0: "
                       "expected rows of a multiple of 128 bytes, got 120 "
                       "elements of 2",
                       *self.run_maps(2, 5, package=self.write_changed(change)))

    def test_grids(self):
        def change(package):
            package.kernels[4]["persistent"] = False
            package.gpu_plan["entries"]["maps"]["steps"][1]["grid"] = [
                1, ["*", "S", 10000], 1]
        self.run_error("entry 'maps', step 1 (kernel 'map_copy_plain'): "
                       "expected a grid of at most 65535 in y and z, got 1 x "
                       "70000 x 1",
                       *self.run_maps(1, 7, package=self.write_changed(change)))

    def test_overlapping_copy(self):
        def change(package):
            package.gpu_plan["entries"]["block"]["steps"].append(
                {"op": "copy", "from": {"buffer": 4, "offset": 0},
                 "to": {"buffer": 4, "offset": 32}, "bytes": 64})
        self.write_block_inputs()
        self.run_error("entry 'block', step 3: expected ranges that do not "
                       "overlap, got 64 bytes 32 bytes apart",
                       *self.block_args("--device=cuda:0",
                                        package=self.write_changed(change)))

    def test_copies(self):
        def change(package):
            package.gpu_plan["entries"]["block"]["steps"].append(
                {"op": "copy", "from": {"buffer": 4, "offset": 0},
                 "to": {"buffer": 4, "offset": 64}, "bytes": 64})
        self.write_block_inputs()
        self.run_ok(*self.block_args("--device=cuda:0",
                                     package=self.write_changed(change)))
        self.assertIn("dtod a1+1088 a1+1024 64 on s0", self.log())
        values = read_npy(self.path("y.npy"))[2]
        self.assertEqual(values[16:32], values[:16])

    # -- modes

    def test_inspect(self):
        text = self.run_ok(self.gpu_package, "--inspect")
        for line in ("package      format 1.2, by test", "\ntarget sm_90a\n",
                     "  kernel     map_copy, 129 B: 384 threads, 200000 bytes "
                     "of shared memory, persistent",
                     "    argument 1 BF16 [?, ?, 128], write",
                     "    param 0   tensor_map of argument 0, box [64, 8, 2, 1]",
                     "    param 2   counter",
                     "    param 5   stride of argument 0, dimension 0",
                     "  step 1     launch map_copy_plain, grid [ceildiv(S, 8), "
                     "B, 1], dependent"):
            self.assertIn(line, text)
        text = self.run_ok(self.package, "--inspect")
        self.assertLess(text.index("\n  on cpu\n"), text.index("\n  on sm_90a"))

    def test_verify(self):
        self.assertIn("every hash is right",
                      self.run_ok(self.package, "--verify"))

    def test_bench(self):
        text = self.run_ok(self.package, "--entry=block", "--bench=0.01",
                           "--set-size=B=3", "--set-size=S=4",
                           "--device=cuda:0")
        times = r" \d+, median [\d.]+ us, min [\d.]+ us, p90 [\d.]+ us\n"
        self.assertRegex(text, "^on the device: replays" + times +
                         "with copies from and to the host: runs" + times)
        self.assertRegex(text, r"\n +2 launch +scale_add +\d+ +[\d.]+ +[\d.]+%")
        log = self.log()
        begin = log.index("begin capture of s0 in mode 1")
        self.assertEqual(
            [re.sub(" .*", "", line) for line in log[begin + 1:begin + 4]],
            ["memset", "launch", "launch"])
        self.assertEqual(log[begin + 4], "end capture of s0: 3 nodes")
        self.assertGreater(log.count("launch graph on s0"), 3)
        self.assertTrue(log[-1].endswith("0 graphs"))

    def test_dtypes(self):
        inputs = {"bf16": ("<f4", [1.0, -2.0, 0.5]),
                  "f16": ("<f2", [1.0, -2.0, 0.5]),
                  "i32": ("<i4", [1, -2, 3]), "i1": ("|b1", [1, 0, 1])}
        args = []
        for name, (descr, values) in inputs.items():
            write_npy(self.path(name + ".npy"), descr, (3,), values)
            args += [f"--input=input_{name}={self.path(name + '.npy')}",
                     f"--output=output_{name}={self.path(name + '.out.npy')}"]
        self.run_ok(self.package, "--entry=types", "--device=cuda", *args)
        for name, (descr, values) in inputs.items():
            self.assertEqual(read_npy(self.path(name + ".out.npy"))[2], values)

    # -- a GPU that fails

    def test_kernel_that_crashes(self):
        self.write_block_inputs()
        self.set_environment(FAKE_CUDA_CRASH="gather")
        self.run_error("entry 'block', step 1 (kernel 'gather') or later: "
                       "cuEventQuery: CUDA error 700 "
                       "(CUDA_ERROR_ILLEGAL_ADDRESS): an illegal memory access "
                       "was encountered", *self.block_args("--device=cuda:0"))

    def check_deadline(self, message, kernel, *args):
        self.set_environment(FAKE_CUDA_HANG=kernel)
        begin = time.monotonic()
        self.run_error(message, *args, "--deadline=0.2")
        self.assertLess(time.monotonic() - begin, 5)

    def test_kernel_that_never_ends(self):
        self.write_block_inputs()
        self.check_deadline("entry 'block', step 2 (kernel 'scale_add'): "
                            "expected its end within 200 ms on cuda:0",
                            "scale_add", *self.block_args("--device=cuda:0"))
        self.check_deadline("entry 'block', step 1 (kernel 'gather'): expected",
                            "gather", *self.block_args("--device=cuda:0"))

    def test_dependent_launch_that_never_ends(self):
        # No event stands between it and the one before.
        self.check_deadline("entry 'maps', step 1 (kernel 'map_copy_plain'): "
                            "expected its end within 200 ms on cuda:0",
                            "map_copy_plain", *self.run_maps(1, 9))


if __name__ == "__main__":
    unittest.main()
