# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drivers, GPUs and kernels that are not what a package needs, and every
driver call that fails."""

import os
import re
import unittest

from gpu_case import GpuCase
from gpu_package import GpuPackage, cubin


class DeviceTest(GpuCase):
    def refuse(self, message, device="cuda:0", package=None, **environment):
        with self.subTest(message):
            self.write_block_inputs()
            self.set_environment(**environment)
            self.run_error(message, *self.block_args("--device=" + device,
                                                     package=package))

    def test_driver_library(self):
        self.refuse("cannot load the CUDA driver (expected one for CUDA 13.0 "
                    "or later): /no/libcuda.so.1",
                    ATTNC_RT_CUDA_LIBRARY="/no/libcuda.so.1")
        self.refuse("'libc.so.6': expected a CUDA driver, got no "
                    "cuDriverGetVersion", ATTNC_RT_CUDA_LIBRARY="libc.so.6")
        self.refuse("CUDA 13.0: expected cuLaunchKernelEx, got none",
                    ATTNC_RT_CUDA_LIBRARY=os.environ["FAKE_CUDA_INCOMPLETE"])

    def test_driver_version(self):
        self.refuse("need a driver for CUDA 13.0 or later, have one for CUDA "
                    "12.8", FAKE_CUDA_VERSION="12080")

    def test_no_gpu(self):
        self.refuse("need a GPU, have none: cuInit: CUDA error 100 "
                    "(CUDA_ERROR_NO_DEVICE): no CUDA-capable device is "
                    "detected", FAKE_CUDA_GPUS="0")

    def test_gpu_number(self):
        self.refuse("device: need cuda:1, have 1 GPU", "cuda:1")
        self.refuse("device: need cuda:7, have 2 GPUs", "cuda:7",
                    FAKE_CUDA_GPUS="2")
        for name in ("cuda:", "cuda:x", "cuda:-1", "cuda:1x"):
            self.refuse(f"device: expected cpu, cuda or cuda:N, got '{name}'",
                        name)

    def test_local_rank(self):
        self.refuse("device: need cuda:3, have 2 GPUs", "cuda", RANK="3",
                    WORLD_SIZE="4", LOCAL_RANK="3", FAKE_CUDA_GPUS="2")

    def test_compute_capability(self):
        self.refuse("cuda:0: need compute capability 9.0 (Hopper), have 10.0 "
                    "(Fake GPU 0)", FAKE_CUDA_CAPABILITY="100")
        self.refuse("have 8.0 (Fake GPU 0)", FAKE_CUDA_CAPABILITY="80")

    def test_package_without_the_target(self):
        self.refuse("the package has no code for the device cpu: need the "
                    "target cpu, have sm_90a", "cpu", self.gpu_package)

    def refuse_code(self, message, code, **changes):
        """A cubin or a table entry for `scale_add` that do not fit."""
        def change(package):
            package.set_code("scale_add", code(package))
            package.kernels[1].update(changes)
        self.refuse(message, package=self.write_changed(change))
        self.check_nothing_is_left()

    def test_code(self):
        params = lambda package: package.kernels[1]["params"]
        blob = "kernel blob 'attnc.kernels.sm_90a.scale_add'"
        good = lambda package: cubin("scale_add", params(package))
        self.refuse_code(f"{blob}: expected a cubin",
                         lambda package: b"\x7fELF" + bytes(100))
        self.refuse_code(f"{blob}: file header: outside of the blob",
                         lambda package: good(package)[:63])
        self.refuse_code(f"{blob}: program headers: outside of the blob",
                         lambda package: good(package)[:56] + b"\x09\0" +
                         good(package)[58:])
        self.refuse_code(f"{blob}: section headers: outside of the blob",
                         lambda package: good(package)[:60] + b"\x09\0" +
                         good(package)[62:])
        self.refuse_code(f"{blob}: expected headers of 56 and 64 bytes, got 55 "
                         "and 64", lambda package: good(package)[:54] +
                         b"\x37\0\1\0" + good(package)[58:])
        self.refuse_code("kernel 'scale_add': the blob "
                         "'attnc.kernels.sm_90a.scale_add' has no such "
                         "function: cuModuleGetFunction: CUDA error 500",
                         lambda package: cubin("other", params(package)))
        self.refuse_code("kernel 'scale_add': parameter 5: expected 4 bytes, "
                         "got a stride of 8", lambda package: cubin(
                             "scale_add", params(package)[:5] +
                             [{"kind": "size"}]))
        self.refuse_code("kernel 'scale_add': expected 7 parameters, got 6",
                         lambda package: cubin("scale_add", params(package) +
                                               [{"kind": "size"}]))
        self.refuse_code("kernel 'scale_add': expected at most 128 threads, "
                         "got 256", lambda package: cubin(
                             "scale_add", params(package), threads=128))
        self.refuse_code("kernel 'scale_add': need 233473 bytes of shared "
                         "memory, cuda:0 (Fake GPU 0) has 232448 a block",
                         lambda package: cubin("scale_add", params(package),
                                               shared=1025),
                         shared_bytes=232448)
        self.refuse_code("kernel 'scale_add': expected room for a block of 256 "
                         "threads and 65536 bytes of shared memory on a "
                         "multiprocessor of cuda:0, got none",
                         lambda package: cubin("scale_add", params(package),
                                               blocks=0))

    def test_damaged_code(self):
        def damage(package):
            package.data = package.data.replace(b"kernel scale_add",
                                                b"kernel scale_adD")
        self.refuse("tensor 'attnc.kernels.sm_90a.scale_add': its SHA-256 is "
                    "not the manifest's", package=self.write_changed(damage))

    def test_memory(self):
        self.refuse("cuda:0: no room for 1536 bytes: cuMemAlloc_v2: CUDA "
                    "error 2 (CUDA_ERROR_OUT_OF_MEMORY): out of memory",
                    FAKE_CUDA_MEMORY="1000")

    def test_every_call_that_fails(self):
        """Each call's first and second error is told, and nothing is left."""
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "src",
                               "cuda", "driver.h")) as file:
            calls = re.findall(r'^ +F\(\w+, "(\w+)"', file.read(), re.M)
        self.assertGreater(len(calls), 40)
        self.write_block_inputs()
        told = 0
        for call in calls:
            for count in (1, 2):
                self.set_environment(FAKE_CUDA_FAIL=f"{call}:719:{count}")
                self.log()
                result = self.call(self.gpu_package, "--entry=block",
                                   "--bench=0", "--set-size=B=3",
                                   "--set-size=S=4", "--device=cuda:0")
                with self.subTest(call=call, count=count):
                    if result.returncode == 0:
                        continue
                    told += 1
                    self.assertEqual(result.returncode, 1, result.stderr)
                    self.assertIn(f"{call}: CUDA error 719 "
                                  "(CUDA_ERROR_LAUNCH_FAILED)", result.stderr)
                    self.check_given_back(self.log())
        # All that this run uses: neither copies between buffers, nor waits for
        # streams of the caller's, nor tensor maps.
        self.assertGreater(told, 35)

    def check_given_back(self, lines):
        if any(line.startswith("retain") for line in lines):
            self.assertEqual(lines[-1],
                             "release 0 with 0 allocations, 0 streams, 0 "
                             "events, 0 modules, 0 graphs")


if __name__ == "__main__":
    unittest.main()
