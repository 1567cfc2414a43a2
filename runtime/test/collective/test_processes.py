"""The backend `processes`: results, groups, and errors with their texts."""

import os
import subprocess
import sys
import unittest

from rank_programs import DEADLINE, DIVERGED, LAUNCH, PEER_LOST, RANK, launch, shared_memory


class Processes(unittest.TestCase):
    def setUp(self):
        self.shared_memory = shared_memory()

    def tearDown(self):
        self.assertEqual(shared_memory(), self.shared_memory)

    def run_ranks(self, num_ranks, deadline_ms, mode, *arguments, **options):
        process, lines = launch(num_ranks, deadline_ms, mode, *arguments, **options)
        ends = lines.wait_for("end: ", num_ranks, 120)
        status = process.wait(timeout=10)
        failed = [line for _, line in lines.seen if line.startswith("failed ")]
        return status, failed, [line for _, line in ends]

    def test_results(self):
        for num_ranks in 1, 2, 3, 4, 6, 8:
            with self.subTest(num_ranks=num_ranks):
                status, failed, ends = self.run_ranks(num_ranks, 60000, "exercise", num_ranks)
                self.assertEqual((status, failed), (0, []), ends)

    def test_divergence(self):
        status, failed, _ = self.run_ranks(3, 30000, "diverge")
        self.assertEqual(status, 1)
        text = (
            f" {DIVERGED}: ranks diverge: rank 0 calls all_reduce #1 (F32, 1 elements), "
            "rank 1 calls all_reduce #1 (F32, 2 elements)"
        )
        self.assertEqual(sorted(failed), [f"failed {rank}{text}" for rank in range(3)])

    def test_different_packages(self):
        _, failed, _ = self.run_ranks(3, 30000, "package")
        self.assertEqual(len(failed), 3)
        for line in failed:
            self.assertIn(f"{DIVERGED}: expected one package on all ranks, got 2", line)
            self.assertRegex(line, "rank 0, rank 2: 0{64}; rank 1: 0{63}1")

    def test_late_rank(self):
        _, failed, ends = self.run_ranks(3, 500, "skip", grace_ms=1000)
        self.assertEqual(len(failed), 2)
        for line in failed:
            self.assertIn(f"{DEADLINE}: barrier #1: rank 1 did not come within 500 ms", line)
        self.assertEqual(ends[1], "end: rank 1 was killed by the launcher, signal 9 (Killed)")

    def test_exit(self):
        _, failed, ends = self.run_ranks(3, 30000, "exit")
        self.assertEqual(len(failed), 2)
        for line in failed:
            self.assertRegex(
                line, f"{PEER_LOST}: barrier #1: rank 1 (has left|exited with status 7)"
            )
        self.assertEqual(ends[1], "end: rank 1 exited with status 7")

    def run_alone(self, *command, **environment):
        result = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return result.stdout + result.stderr

    def test_wrong_world_size(self):
        # The environment says another number than the shared memory.
        text = self.run_alone(
            LAUNCH, 2, 1000, 100, "sh", "-c",
            f"ATTNC_RT_NUM_RANKS=3 exec {RANK} processes 1000 loop",
        )
        self.assertIn("shared memory: expected 3 ranks, got 2", text)

    def test_missing_rank(self):
        text = self.run_alone(
            LAUNCH, 2, 1000, 1000, "sh", "-c",
            f"[ $ATTNC_RT_RANK = 1 ] || TEST_INIT_DEADLINE_MS=300 exec {RANK} processes 9000 loop;"
            "exec tail -f /dev/null",
        )
        self.assertRegex(text, "join: rank 1 did not come within 300 ms")

    def test_bad_region(self):
        environment = {"ATTNC_RT_RANK": "0", "ATTNC_RT_NUM_RANKS": "2"}
        rank = [RANK, "processes", 1000, "loop"]
        text = self.run_alone(*rank, ATTNC_RT_REGION_FD="77", **environment)
        self.assertIn("cannot attach to file descriptor 77", text)
        text = self.run_alone(*rank, ATTNC_RT_REGION_FD="1", **environment)
        self.assertIn("expected the launcher's shared memory, got something else", text)

    def test_bad_launch(self):
        self.assertIn("cannot start '/no/program'", self.run_alone(LAUNCH, 2, 1, 1, "/no/program"))
        text = self.run_alone(LAUNCH, 257, 1, 1, "true")
        self.assertIn("ranks: expected 1 ... 256, got 257", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
