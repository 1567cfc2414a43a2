"""Ranks of one host that torchrun or srun would start: shared memory without a launcher that watches it.

As in test_faults.py every survivor must return an error in time that names the rank and its own operation, and
nothing may be left behind. 10 trials, or 200 with ATTNC_SLOW=1.
"""

import os
import random
import re
import signal
import sys
import time
import unittest

from rank_programs import DEADLINE, DIVERGED, PEER_LOST, SLOW, pids, shared_memory, start_ranks

DEADLINE_S = 1.0
OPERATION = r"(all_reduce #\d+ \(F32, \d+ elements\)|barrier #\d+)"


class HostRanks(unittest.TestCase):
    def setUp(self):
        self.processes = []
        self.shared_memory = shared_memory()
        self.random = random.Random(os.environ.get("ATTNC_SEED", "1"))

    def tearDown(self):
        self.end_all()
        self.assertEqual(shared_memory(), self.shared_memory)

    def end_all(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []

    def start(self, num_ranks, *mode, backend="auto", deadline=DEADLINE_S, **options):
        processes, lines = start_ranks(num_ranks, backend, int(deadline * 1000), *mode, **options)
        self.processes += processes
        return lines

    def failures(self, lines, count):
        return [line for _, line in lines.wait_for("failed ", count, 30)]

    def test_results(self):
        for seed, num_ranks in enumerate((1, 2, 3, 4, 6, 8)):
            for launcher in ("torchrun", "srun"):
                with self.subTest(num_ranks=num_ranks, launcher=launcher):
                    lines = self.start(num_ranks, "exercise", seed, launcher=launcher, deadline=60)
                    statuses = [process.wait(timeout=120) for process in self.processes]
                    self.assertEqual(statuses, [0] * num_ranks, lines.seen)
                    self.end_all()

    def test_backend_by_name(self):
        """`processes` under mpirun, which says where rank 0 is."""
        lines = self.start(2, "exercise", 1, backend="processes", launcher="mpirun", deadline=60)
        statuses = [process.wait(timeout=120) for process in self.processes]
        self.assertEqual(statuses, [0, 0], lines.seen)

    def test_divergence(self):
        for line in self.failures(self.start(3, "diverge"), 3):
            self.assertIn(f" {DIVERGED}: ", line)
            self.assertIn("rank 1 calls all_reduce #1 (F32, 2 elements)", line)

    def test_late_rank(self):
        for line in self.failures(self.start(3, "skip"), 2):
            self.assertIn(f" {DEADLINE}: barrier #1: rank 1 did not come within 1000 ms", line)

    def test_early_end(self):
        for line in self.failures(self.start(3, "exit"), 2):
            self.assertIn(f" {PEER_LOST}: barrier #1: rank 1 was lost: its connection closed", line)

    def test_missing_rank(self):
        lines = self.start(3, "loop", leave_out=[2], TEST_INIT_DEADLINE_MS="700")
        failed = self.failures(lines, 2)
        self.assertTrue(any("rank 2 did not come within 700 ms" in line for line in failed), failed)

    def test_no_master(self):
        for line in self.failures(self.start(2, "loop", MASTER_ADDR=""), 2):
            self.assertIn("2 ranks of torchrun: expected MASTER_ADDR and MASTER_PORT, got ''", line)

    def fault_one_rank(self, num_ranks, which):
        lines = self.start(num_ranks, "loop")
        ids = pids(lines, num_ranks)
        time.sleep(self.random.uniform(0, 0.15))
        victim = self.random.randrange(num_ranks)
        begin = time.monotonic()
        os.kill(ids[victim], which)
        failed = lines.wait_for("failed ", num_ranks - 1, 20)
        took = max(when for when, _ in failed) - begin
        is_kill = which == signal.SIGKILL
        self.assertLessEqual(took, 2 if is_kill else DEADLINE_S + 2)
        cause = f"rank {victim} was lost" if is_kill else f"rank {victim} (did not|has been silent)"
        code = PEER_LOST if is_kill else DEADLINE
        survivors = set()
        for _, line in failed:
            self.assertRegex(line, rf"^failed \d+ {code}: {OPERATION}: {cause}")
            survivors.add(int(re.match(r"failed (\d+)", line)[1]))
        self.assertEqual(survivors, set(range(num_ranks)) - {victim})
        self.end_all()
        return took

    def test_faults(self):
        times = {signal.SIGKILL: [], signal.SIGSTOP: []}
        for trial in range(200 if SLOW else 10):
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
