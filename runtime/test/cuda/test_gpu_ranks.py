# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ranks on GPUs, each a process with one: collectives on the compute stream and
in graphs, on the driver and the NCCL without GPUs."""

import os
import subprocess
import time
import unittest

from gpu_case import GpuCase
from gpu_package import cubin, for_gpu, kernels
from npy_file import read_npy, write_npy
from package_writer import header_text, lay_out, seal, sha256
from ranks_package import RANKS, W, WIDTH, RanksPackage


def ranks_package():
    """The file of RanksPackage with code for GPUs only."""
    package = RanksPackage()
    code = kernels()[:2]  # gather and scale_add
    tensors = [each for each in package.tensors
               if each[0] != "attnc.kernels.cpu"]
    for each in code:
        blob = cubin(each["name"], each["params"])
        tensors.append((each["blob"], "U8", [len(blob)], blob))
    header, data = lay_out(tensors)
    package.manifest["format"] = [1, 2]
    package.manifest["targets"] = [{"name": "sm_90a", "kernels": code}]
    package.manifest["sha256"] = {name: sha256(contents)
                                  for name, _, _, contents in tensors}
    return seal(header_text(header, package.manifest, None,
                            for_gpu(package.plan)), data)


class RanksTest(GpuCase):
    def setUp(self):
        super().setUp()
        self.set_environment(ATTNC_RT_NCCL_LIB=os.environ["FAKE_NCCL"],
                             FAKE_CUDA_GPUS=str(RANKS))
        self.package = self.path("ranks.attnc")
        with open(self.package, "wb") as file:
            file.write(ranks_package())
        self.x = self.path("x.npy")
        self.values = [float(i) for i in range(5 * WIDTH)]
        write_npy(self.x, "<f4", (5, WIDTH), self.values)
        self.num_folders = 0
        self.use_new_folder()

    def use_new_folder(self):
        """Where the ranks of one command meet."""
        self.num_folders += 1
        folder = self.path(f"nccl{self.num_folders}")
        os.mkdir(folder)
        self.set_environment(FAKE_NCCL_FOLDER=folder)

    def exchange_args(self):
        return ["--entry=exchange", f"--input=x={self.x}",
                "--output=y=" + self.path("y.npy"),
                "--output=s=" + self.path("s.npy"), "--poison"]

    def check_results(self):
        total = [sum(W[r][c] for r in (i, i + 2) for c in (j, j + 2))
                 for i in (0, 1) for j in (0, 1)]
        self.assertEqual(read_npy(self.path("y.npy")),
                         ("<f4", (5, WIDTH), [2 * v for v in self.values]))
        self.assertEqual(read_npy(self.path("s.npy")), ("<f4", (2, 2), total))

    def test_started_by_attnc_run(self):
        self.run_ok(self.package, "--device=cuda", "--ranks=4",
                    *self.exchange_args())
        self.check_results()
        lines = self.log()
        self.assertEqual(sorted(each for each in lines
                                if each.startswith("retain")),
                         [f"retain {rank}" for rank in range(RANKS)])
        # Columns are gathered and scattered by copies of rows: two ranks, five
        # rows of three floats.
        rows = [each for each in lines if each.startswith("copy rows")]
        self.assertEqual(len(rows), 2 * 2 * RANKS)
        self.assertTrue(all(": 5 of 12 on s" in each for each in rows), rows)

    def test_started_by_torchrun(self):
        """The environment of torchrun; each rank on the GPU of its place."""
        processes = []
        for rank in range(RANKS):
            environment = os.environ | {
                "RANK": str(rank), "WORLD_SIZE": str(RANKS),
                "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(20000 + os.getpid() % 20000)}
            processes.append(subprocess.Popen(
                [os.environ["ATTNC_RUN"], self.package, "--device=cuda",
                 *self.exchange_args()], env=environment,
                stderr=subprocess.PIPE, text=True))
        for process in processes:
            self.assertEqual((process.communicate(timeout=60)[1],
                              process.returncode), ("", 0))
        self.check_results()

    def test_bench(self):
        text = self.run_ok(self.package, "--device=cuda", "--ranks=4",
                           "--entry=exchange", "--bench=0", "--set-size=B=3",
                           "--backend=nccl")
        self.assertEqual(text.count("on the device: replays"), 1)
        self.assertIn("all_reduce", text)
        self.assertIn("reduce_scatter", text)
        lines = self.log()
        # Gather and copies, copies and scatter, sum.
        self.assertEqual(sum(each.startswith("end capture")
                             and each.endswith(": 7 nodes")
                             for each in lines), RANKS)

    def test_backends(self):
        args = (self.package, "--ranks=4", *self.exchange_args())
        self.run_error("--backend=nccl: expected --device=cuda", *args,
                       "--backend=nccl")
        self.run_error("--backend=threads: expected --backend=nccl for "
                       "--device=cuda", *args, "--backend=threads",
                       "--device=cuda")

    def lookup_args(self, *args):
        x, ids, y = (self.path(f"{n}.npy") for n in ("x3", "ids", "y"))
        write_npy(x, "<f4", (2, 2, 8), [1.0] * 32)
        write_npy(ids, "<i4", (2,), [0, 1])
        return [self.package, "--entry=lookup", f"--input=x={x}",
                f"--input=ids={ids}", f"--output=y={y}", "--device=cuda",
                "--ranks=4", *args]

    def test_lookup(self):
        self.run_ok(*self.lookup_args())
        self.assertEqual(read_npy(self.path("y.npy"))[2],
                         [2.0 + 10 * (i // 16) + i % 8 for i in range(32)])

    def test_one_rank_fails(self):
        """The others are told, long before the deadline."""
        self.set_environment(FAKE_CUDA_CRASH="gather")
        begin = time.monotonic()
        result = self.call(*self.lookup_args("--deadline=20"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("step 1 (kernel 'gather') or later: cuEventQuery: CUDA "
                      "error 700", result.stderr)
        self.assertLess(time.monotonic() - begin, 15)

    def test_rank_without_its_gpu(self):
        self.set_environment(FAKE_CUDA_GPUS="3")
        result = self.call(self.package, "--device=cuda", "--ranks=4",
                           *self.exchange_args(), "--deadline=5")
        self.assertEqual(result.returncode, 1)
        self.assertIn("rank 3: error: device: need cuda:3, have 3 GPUs",
                      result.stderr)

    def test_rank_that_never_comes_to_a_collective(self):
        """Told by the deadline; nobody waits in a call of the driver."""
        self.set_environment(FAKE_NCCL_LOSE="3")
        begin = time.monotonic()
        result = self.call(self.package, "--device=cuda", "--ranks=4",
                           *self.exchange_args(), "--deadline=1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected its end within 1000 ms", result.stderr)
        self.assertLess(time.monotonic() - begin, 30)


if __name__ == "__main__":
    unittest.main()
