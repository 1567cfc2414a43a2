"""Ranks and launchers are killed and stopped at random points.

Every survivor must return an error in time that names the rank and its own
operation; nothing may be left behind. 10 trials, or 200 with ATTNC_SLOW=1.
"""

import os
import random
import re
import signal
import sys
import time
import unittest

from rank_programs import (
    DEADLINE,
    PEER_LOST,
    SLOW,
    launch,
    pids,
    shared_memory,
    wait_until_gone,
)

DEADLINE_S = 1.0
OPERATION = r"(all_reduce #\d+ \(F32, \d+ elements\)|barrier #\d+)"


class Faults(unittest.TestCase):
    def setUp(self):
        self.shared_memory = shared_memory()
        self.random = random.Random(os.environ.get("ATTNC_SEED", "1"))

    def start(self, num_ranks):
        # Enough that survivors end by themselves, little enough to end the stopped.
        process, lines = launch(num_ranks, int(DEADLINE_S * 1000), "loop", grace_ms=2000)
        ids = pids(lines, num_ranks)
        # The random point.
        time.sleep(self.random.uniform(0, 0.15))
        return process, lines, ids

    def check_clean(self, process, ids):
        process.wait(timeout=30)
        wait_until_gone([process.pid, *ids.values()], 5)
        self.assertEqual(shared_memory(), self.shared_memory)

    def fault_one_rank(self, num_ranks, which):
        process, lines, ids = self.start(num_ranks)
        victim = self.random.randrange(num_ranks)
        begin = time.monotonic()
        os.kill(ids[victim], which)
        failed = lines.wait_for("failed ", num_ranks - 1, 20)
        took = max(when for when, _ in failed) - begin
        is_kill = which == signal.SIGKILL
        self.assertLessEqual(took, 2 if is_kill else DEADLINE_S + 2)
        cause = f"rank {victim} was killed by signal 9" if is_kill else f"rank {victim} (did not|has been stopped)"
        code = PEER_LOST if is_kill else DEADLINE
        survivors = set()
        for _, line in failed:
            self.assertRegex(line, rf"^failed \d+ {code}: {OPERATION}: {cause}")
            survivors.add(int(re.match(r"failed (\d+)", line)[1]))
        self.assertEqual(survivors, set(range(num_ranks)) - {victim})
        self.check_clean(process, ids)
        return took

    def test_ranks(self):
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

    def test_launcher(self):
        """Whoever ends the launcher ends its ranks."""
        for trial in range(20 if SLOW else 3):
            process, _, ids = self.start(self.random.choice((2, 4, 8)))
            process.send_signal(self.random.choice((signal.SIGKILL, signal.SIGTERM)))
            self.check_clean(process, ids)

    def test_continued(self):
        """A stop that is shorter than the deadline is no fault."""
        process, lines, ids = self.start(2)
        os.kill(ids[1], signal.SIGSTOP)
        time.sleep(DEADLINE_S / 3)
        os.kill(ids[1], signal.SIGCONT)
        with self.assertRaises(AssertionError):
            lines.wait_for("failed ", 1, DEADLINE_S * 2)
        process.kill()
        self.check_clean(process, ids)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
