"""The backend `mpi` under real mpirun, and without MPI."""

import os
import subprocess
import sys
import unittest

from rank_programs import DEADLINE, DIVERGED, RANK

MPIRUN = os.environ.get("MPIRUN")
PLUGIN = os.environ.get("ATTNC_RT_MPI_PLUGIN")
NUM_RUNS = 30


class Mpi(unittest.TestCase):
    def run_ranks(self, num_ranks, *arguments):
        command = [MPIRUN, "--allow-run-as-root", "--oversubscribe", "-n", num_ranks]
        command += ["--mca", "btl_vader_single_copy_mechanism", "none"]
        command += [RANK, "mpi", *arguments]
        # Open MPI leaks from plug-ins that it has unloaded: their frames have no module to suppress by.
        options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0")))
        result = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, "ASAN_OPTIONS": options},
            capture_output=True,
            text=True,
            timeout=300,
        )
        failed = [line for line in result.stdout.splitlines() if line.startswith("failed ")]
        return result.returncode, failed, result.stdout + result.stderr

    @unittest.skipUnless(MPIRUN and PLUGIN, "no MPI here")
    def test_results(self):
        sizes = (1, 2, 3, 4, 6, 8)
        for run in range(NUM_RUNS):
            with self.subTest(run=run):
                status, failed, text = self.run_ranks(sizes[run % 6], 120000, "exercise", run)
                self.assertEqual((status, failed), (0, []), text)

    @unittest.skipUnless(MPIRUN and PLUGIN, "no MPI here")
    def test_divergence(self):
        _, failed, text = self.run_ranks(3, 60000, "diverge")
        self.assertTrue(failed, text)
        for line in failed:
            self.assertIn(f" {DIVERGED}: ranks diverge: rank 0 calls all_reduce #1 (F32, 1 ", line)
            self.assertIn("rank 1 calls all_reduce #1 (F32, 2 elements)", line)

    @unittest.skipUnless(MPIRUN and PLUGIN, "no MPI here")
    def test_late_rank(self):
        _, failed, text = self.run_ranks(3, 1000, "skip")
        self.assertTrue(failed, text)
        for line in failed:
            self.assertIn(f" {DEADLINE}: barrier #1: rank 1 did not come within 1000 ms", line)

    def run_with_plugin(self, path):
        result = subprocess.run(
            [RANK, "mpi", "1000", "loop"],
            env={**os.environ, "ATTNC_RT_MPI_PLUGIN": path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(result.returncode, 3)
        return result.stdout

    def test_missing_library(self):
        text = self.run_with_plugin("/no/libattnc_rt_mpi.so")
        self.assertIn("cannot load the MPI plug-in (expected libattnc_rt_mpi.so and the libmpi", text)
        self.assertIn("/no/libattnc_rt_mpi.so", text)

    def test_wrong_library(self):
        self.assertIn("expected an MPI plug-in, got no symbol", self.run_with_plugin("libc.so.6"))
        self.assertIn(
            "expected plug-in version 1, got 2", self.run_with_plugin(os.environ["FUTURE_MPI_PLUGIN"])
        )


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
