"""Ranks that only have TCP between them, as with NCCL: heartbeats and agreement.

Started with each launcher's environment variables; no launcher watches them.
"""

import os
import random
import re
import signal
import sys
import time
import unittest

from rank_programs import DEADLINE, DIVERGED, NAMES, PEER_LOST, SLOW, pids, start_ranks

DEADLINE_S = 1.0


class Rendezvous(unittest.TestCase):
    def setUp(self):
        self.processes = []
        self.random = random.Random(os.environ.get("ATTNC_SEED", "1"))

    def tearDown(self):
        for process in self.processes:
            process.kill()
            process.wait()

    def start(self, num_ranks, mode, launcher="torchrun", **options):
        arguments = ("rendezvous", int(DEADLINE_S * 1000), mode)
        processes, lines = start_ranks(num_ranks, *arguments, launcher=launcher, **options)
        self.processes += processes
        return lines

    def failures(self, lines, count, timeout=30):
        return [line for _, line in lines.wait_for("failed ", count, timeout)]

    def test_good_runs(self):
        for launcher in NAMES:
            for num_ranks in 2, 4:
                with self.subTest(launcher=launcher, num_ranks=num_ranks):
                    lines = self.start(num_ranks, "exercise", launcher)
                    pids(lines, num_ranks)
                    statuses = [p.wait(timeout=30) for p in self.processes]
                    self.assertEqual(statuses, [0] * len(statuses), lines.seen)

    def test_divergence(self):
        lines = self.start(3, "diverge")
        for line in self.failures(lines, 3):
            self.assertIn(f" {DIVERGED}: ", line)
            self.assertRegex(line, r"rank \d calls all_reduce #5 \(F32, [12] elements\)")
            self.assertIn("rank 1 calls all_reduce #5 (F32, 2 elements)", line)

    def test_late_rank(self):
        lines = self.start(3, "skip")
        for line in self.failures(lines, 3):
            self.assertIn(
                "rank 1 (last operation: all_reduce #4 (F32, 1 elements)) did not come to "
                "all_reduce #5 (F32, 1 elements) within 1000 ms",
                line,
            )

    def test_early_end(self):
        lines = self.start(3, "exit")
        for line in self.failures(lines, 2):
            self.assertRegex(line, f" {PEER_LOST}: .*rank 1 .*was lost: its connection closed")

    def test_different_packages(self):
        lines = self.start(3, "package")
        for line in self.failures(lines, 3):
            self.assertIn(f" {DIVERGED}: expected one package on all ranks, got 2", line)
            self.assertRegex(line, "rank 0, rank 2: 0{64}; rank 1: 010{62}")

    def test_wrong_world_size(self):
        lines = self.start(2, "loop", sizes=[2, 3], TEST_INIT_DEADLINE_MS="3000")
        for line in self.failures(lines, 2):
            self.assertIn("rank 0 expects 2, rank 1 expects 3", line)

    def test_missing_rank(self):
        lines = self.start(3, "loop", leave_out=[2], TEST_INIT_DEADLINE_MS="700")
        failed = self.failures(lines, 2)
        self.assertTrue(
            any("rank 2 did not come within 700 ms" in line for line in failed), failed
        )

    def test_missing_server(self):
        lines = self.start(2, "loop", leave_out=[0], TEST_INIT_DEADLINE_MS="500")
        (line,) = self.failures(lines, 1)
        self.assertIn(f" {DEADLINE}: cannot reach rank 0 at '127.0.0.1' port", line)

    def fault_one_rank(self, num_ranks, which):
        lines = self.start(num_ranks, "loop")
        ids = pids(lines, num_ranks)
        time.sleep(self.random.uniform(0, 0.15))
        victim = self.random.randrange(num_ranks)
        begin = time.monotonic()
        os.kill(ids[victim], which)
        failed = lines.wait_for("failed ", num_ranks - 1, 30)
        took = max(when for when, _ in failed) - begin
        self.assertLessEqual(took, 2 if which == signal.SIGKILL else DEADLINE_S + 2)
        what = "was lost" if which == signal.SIGKILL else "(has been silent|did not come)"
        for _, line in failed:
            self.assertRegex(line, rf"all_reduce #\d+ .*: rank {victim} .*{what}".replace(" .*", ".*"))
        survivors = {int(re.match(r"failed (\d+)", line)[1]) for _, line in failed}
        self.assertEqual(survivors, set(range(num_ranks)) - {victim})
        for process in self.processes:
            process.kill()
        return took

    def test_faults(self):
        times = {signal.SIGKILL: [], signal.SIGSTOP: []}
        for trial in range(100 if SLOW else 10):
            which = self.random.choice(list(times))
            num_ranks = self.random.choice((2, 4, 8))
            with self.subTest(trial=trial, ranks=num_ranks, signal=which):
                times[which].append(self.fault_one_rank(num_ranks, which))
        for which, took in times.items():
            if took:
                took.sort()
                print(
                    f"{which.name}: {len(took)} trials, survivors told after "
                    f"{took[len(took) // 2]:.3f} s (median), {took[-1]:.3f} s (worst)"
                )


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
