# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests that run attnc-run on the driver without a GPU share."""

import os
import sys
import unittest.mock

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from attnc_run_case import AttncRunCase
from gpu_package import GpuPackage
from npy_file import read_npy, write_npy
from package_writer import seal


class GpuCase(AttncRunCase):
    def setUp(self):
        super().setUp()
        self.written = 0
        self.log_path = self.path("cuda.log")
        self.set_environment(ATTNC_RT_CUDA_LIBRARY=os.environ["FAKE_CUDA"],
                             FAKE_CUDA_LOG=self.log_path)
        self.package = self.path("both.attnc")
        GpuPackage().write(self.package)
        self.gpu_package = self.path("gpu.attnc")
        GpuPackage(gpu_only=True).write(self.gpu_package)

    def set_environment(self, **variables):
        patch = unittest.mock.patch.dict(os.environ, variables)
        patch.start()
        self.addCleanup(patch.stop)

    def log(self):
        """The driver's lines since the last call."""
        if not os.path.exists(self.log_path):
            return []
        with open(self.log_path) as file:
            lines = file.read().splitlines()
        os.remove(self.log_path)
        return lines

    def write_block_inputs(self, batch=3, length=4):
        x = [0.25 * i for i in range(batch * length * 8)]
        ids = [i % 3 for i in range(batch)]
        write_npy(self.path("x.npy"), "<f4", (batch, length, 8), x)
        write_npy(self.path("ids.npy"), "<i4", (batch,), ids)

    def block_args(self, *args, package=None, output="y.npy"):
        return [package or self.package, "--entry=block",
                "--input=x=" + self.path("x.npy"),
                "--input=ids=" + self.path("ids.npy"),
                "--output=y=" + self.path(output), *args]

    def check_nothing_is_left(self):
        """The context was given back empty."""
        ends = [line for line in self.log() if line.startswith("release")]
        self.assertEqual(ends, ["release 0 with 0 allocations, 0 streams, "
                                "0 events, 0 modules, 0 graphs"])

    def write_changed(self, change, gpu_only=True):
        """A package with some parts changed."""
        package = GpuPackage(gpu_only)
        change(package)
        self.written += 1
        path = self.path(f"changed{self.written}.attnc")
        with open(path, "wb") as file:
            file.write(seal(package.text(), package.data))
        return path
