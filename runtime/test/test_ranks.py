# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Packages for several ranks: results on threads and processes, what the loader
refuses, and ranks that are killed or stopped. ATTNC_SLOW=1: many of these."""

import os
import random
import signal
import socket
import subprocess
import time
import unittest

from attnc_run_case import AttncRunCase
from npy_file import read_npy, write_npy
from package_writer import seal
from ranks_package import W, WIDTH, RanksPackage

SLOW = os.environ.get("ATTNC_SLOW", "0") not in ("", "0")
BACKENDS = ("--backend=threads", "--backend=processes")


class RunTest(AttncRunCase):
    def setUp(self):
        super().setUp()
        self.package = self.path("ranks.attnc")
        RanksPackage().write(self.package)
        self.x = self.path("x.npy")
        self.values = [float(i) for i in range(5 * WIDTH)]
        write_npy(self.x, "<f4", (5, WIDTH), self.values)

    def test_results(self):
        y, s = self.path("y.npy"), self.path("s.npy")
        total = [sum(W[r][c] for r in (i, i + 2) for c in (j, j + 2))
                 for i in (0, 1) for j in (0, 1)]
        for backend in BACKENDS:
            self.run_ok(self.package, "--entry=exchange", "--ranks=4", backend,
                        "--input", f"x={self.x}", "--output", f"y={y}",
                        "--output", f"s={s}", "--poison")
            self.assertEqual(read_npy(y), ("<f4", (5, WIDTH),
                                           [2 * v for v in self.values]))
            self.assertEqual(read_npy(s), ("<f4", (2, 2), total))
            os.remove(y)

    def start_ranks(self, *args, launcher=("RANK", "WORLD_SIZE")):
        """As torchrun or srun would: (standard error, status) of each rank."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        processes = []
        for rank in range(4):
            variables = dict(zip(launcher, (str(rank), "4")),
                             MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
            processes.append(subprocess.Popen(
                [os.environ["ATTNC_RUN"], self.package, *args],
                env={**os.environ, **variables}, stderr=subprocess.PIPE,
                text=True))
            self.addCleanup(processes[-1].kill)
        return [(process.communicate(timeout=60)[1], process.returncode)
                for process in processes]

    def test_other_launchers(self):
        y = self.path("y.npy")
        for launcher in (("RANK", "WORLD_SIZE"),
                         ("SLURM_PROCID", "SLURM_NTASKS")):
            with self.subTest(launcher=launcher):
                ends = self.start_ranks(
                    "--entry=exchange", "--input", f"x={self.x}", "--output",
                    f"y={y}", "--poison", launcher=launcher)
                self.assertEqual(ends, [("", 0)] * 4)
                self.assertEqual(read_npy(y), ("<f4", (5, WIDTH),
                                               [2 * v for v in self.values]))
                os.remove(y)

    def test_bench(self):
        for backend in BACKENDS:
            out = self.run_ok(self.package, "--entry=exchange", "--ranks=4",
                              backend, "--bench=0.1", "--set-size=B=3")
            self.assertEqual(out.count("median"), 1)
            self.assertIn("all_reduce", out)

    def test_inspect_and_verify(self):
        out = self.run_ok(self.package, "--inspect")
        for text in ("4 ranks (grid g = 2x2)", "a slice of [1, 2]", "w@3",
                     "all_gather of F32 [B, 3]"):
            self.assertIn(text, out)
        self.run_ok(self.package, "--verify")

    def test_number_of_ranks(self):
        has = "the package is for 4 ranks (grid g = 2x2), got "
        args = ("--entry=exchange", "--input", f"x={self.x}")
        self.run_error(has + "1; expected --ranks=4", self.package, *args)
        self.run_error(has + "--ranks=3", self.package, "--ranks=3", *args)
        self.run_error("--backend=mpi: expected mpirun or srun as launcher",
                       self.package, "--ranks=4", "--backend=mpi", *args)
        self.run_error("--backend: expected processes, threads, mpi or nccl, got 'x'",
                       self.package, "--ranks=4", "--backend=x", *args)

    def test_own_slices(self):
        """A rank reads its own slices only: damage in that of rank 3 is found by
        rank 3 alone."""
        package = RanksPackage()
        begin, _ = package.header["w@3"]["data_offsets"]
        data = bytearray(package.data)
        data[begin] ^= 1
        path = self.path("damaged.attnc")
        with open(path, "wb") as file:
            file.write(seal(package.text(), bytes(data)))
        for backend in BACKENDS:
            result = self.call(path, "--entry=exchange", "--ranks=4", backend,
                               "--input", f"x={self.x}", "--deadline=20")
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertRegex(result.stderr, r"rank 3: error: .*'w@3'")
            self.assertNotRegex(result.stderr, r"rank [012]: error: .*'w@")
        self.run_error("'w@3'", path, "--verify")

    def test_indivisible_input(self):
        write_npy(self.x, "<f4", (5, 5), [0.0] * 25)
        result = self.call(self.package, "--entry=exchange", "--ranks=4",
                           "--backend=threads", "--input", f"x={self.x}")
        self.assertEqual(result.returncode, 1)
        self.assertIn("input 'x': dimension 1: expected a multiple of 2, which "
                      "ranks divide, got 5", result.stderr)

    def test_one_rank_fails(self):
        """An index that only the ranks of one half of the batch see."""
        x, ids, y = (self.path(f"{n}.npy") for n in ("x3", "ids", "y"))
        write_npy(x, "<f4", (2, 2, 8), [0.0] * 32)
        for values, status in (([0, 1], 0), ([0, 9], 1)):
            write_npy(ids, "<i4", (2,), values)
            for backend in BACKENDS:
                result = self.call(
                    self.package, "--entry=lookup", "--ranks=4", backend,
                    "--input", f"x={x}", "--input", f"ids={ids}", "--output",
                    f"y={y}", "--deadline=20")
                self.assertEqual(result.returncode, status, result.stderr)
                if status:
                    self.assertIn("rank 1: error: entry 'lookup', step 1 "
                                  "(kernel 'gather'): an index lies outside",
                                  result.stderr)


class LoaderTest(AttncRunCase):
    def refuse(self, message, change):
        with self.subTest(message):
            package = RanksPackage()
            change(package)
            path = self.path("bad.attnc")
            with open(path, "wb") as file:
                file.write(seal(package.text(), package.data))
            self.run_error(message, path, "--inspect")

    def refuse_weight(self, message, **members):
        self.refuse(message, lambda package:
                    package.manifest["weights"]["w@1"].update(members))

    def refuse_step(self, message, index=0, **members):
        self.refuse(message, lambda package: package.plan["entries"]["exchange"]
                    ["steps"][index].update(members))

    def test_format(self):
        # A reader of format 1.0 looks at nothing else.
        self.refuse("package format: expected 1.0 to 1.2, got 1.3",
                    lambda package: package.manifest.update(format=[1, 3]))
        self.refuse("manifest.weights.w@0: unknown member 'pad'",
                    lambda package: package.manifest.update(format=[1, 0]))

    def test_grid(self):
        def grid(shape):
            return lambda package: package.manifest["grid"].update(shape=shape)
        where = "manifest.grid.shape: expected "
        self.refuse(where + "1 ... 4 axes, got 0", grid([]))
        self.refuse(where + "axes of 1 ... 1023 ranks, got 0", grid([2, 0]))
        self.refuse(where + "more than 1 rank", grid([1, 1]))
        self.refuse(where + "at most 65536 ranks", grid([512, 512]))
        self.refuse("buffers[1].tensors: expected one for each of 2 ranks (grid "
                    "g = 2), got 4", grid([2]))

    def test_slices(self):
        where = "manifest.weights.w@1.slice: dimension 1: expected 2 elements"
        self.refuse_weight(where + " at 3 to lie inside 4",
                           slice={"offset": [0, 3], "size": [2, 2]})
        self.refuse_weight("expected 2 sizes, got 1", pad=[1])
        self.refuse_weight("the stored shape: expected [2,1], got [2,2]",
                           slice={"offset": [0, 2], "size": [2, 1]})
        where = "plan.entries.exchange.buffers[1].tensors: 'w@1': "
        self.refuse_weight(where + "dimension 1: expected slice 1 of 2 of 4 "
                           "elements, got 2 at 0",
                           slice={"offset": [0, 0], "size": [2, 2]})
        self.refuse_weight(where + "expected a slice of the same tensor as "
                           "'w@0'", source="v")
        self.refuse_weight(where + "expected a slice of the same tensor",
                           pad=[3, 0])

    def test_split(self):
        def buffer(**members):
            return lambda package: package.plan["entries"]["exchange"][
                "buffers"][1].update(members)
        where = "plan.entries.exchange.buffers[1]"
        one = {"axis": 0, "group": 1}
        self.refuse(where + ".split: expected a split for each of 2 dimensions,"
                    " got 1", buffer(split=[one]))
        self.refuse(where + ".split[1].axis: expected an axis below 2, got 2",
                    buffer(split=[None, {"axis": 2, "group": 1}]))
        self.refuse(where + ".split[0].group: expected a divisor of 2, got 3",
                    buffer(split=[{"axis": 0, "group": 3}, None]))
        self.refuse(where + ".split[1].axis: axis 0 divides a second dimension",
                    buffer(split=[one, one]))
        self.refuse(where + ".tensors: 'w@0': dimension 0: expected slice 0 of 1"
                    " of 4 elements, got 2 at 0",
                    buffer(split=[None, {"axis": 1, "group": 1}]))
        self.refuse(where + ".tensors: 'x' is no weight",
                    buffer(tensors=["x"] * 4))
        # One tensor for all ranks is the whole.
        def whole(package):
            entry = package.plan["entries"]["exchange"]["buffers"][1]
            del entry["tensors"], entry["split"]
            entry["tensor"] = "w@0"
        self.refuse(where + ".tensor: 'w@0': dimension 0: expected slice 0 of 1",
                    whole)

    def test_collectives(self):
        where = "plan.entries.exchange.steps[0]"
        for message, members in (
                (".kind: unknown collective 'x'", {"kind": "x"}),
                (".dtype: expected F32, BF16, F16 or I32, got 'I1'",
                 {"dtype": "I1"}),
                (".dim: expected a dimension below 2, got 2", {"dim": 2}),
                (".axes: expected an axis, got none", {"axes": []}),
                (".axes: expected an axis below 2, got 2", {"axes": [2]}),
                (".axes: expected axes in ascending order, got 0 too late",
                 {"axes": [1, 0]}),
                (".algorithm: unknown algorithm 'ring'", {"algorithm": "ring"}),
                (".to: writes buffer 1", {"to": {"buffer": 1, "offset": 0}}),
                (": unknown member 'x'", {"x": 1})):
            self.refuse_step(where + message, **members)

    def test_bound_collectives(self):
        """What depends on the shapes of a run."""
        for message, index, members in (
                ("the destination of 240 bytes at 0 passes the end of buffer 3",
                 0, {"to": {"buffer": 3, "offset": 0}}),
                ("source and destination overlap", 1,
                 {"to": {"buffer": 2, "offset": 4}}),
                ("size 1: expected a multiple of 2 ranks, got 5", 1,
                 {"sizes": ["B", 5]}),
                ("offset: expected a multiple of 4, got 2", 2,
                 {"to": {"buffer": 4, "offset": 2}, "sizes": [2, 1]})):
            with self.subTest(message):
                package = RanksPackage()
                package.plan["entries"]["exchange"]["steps"][index].update(
                    members)
                path = self.path("bad.attnc")
                package.write(path)
                result = self.call(path, "--entry=exchange", "--ranks=4",
                                   "--backend=threads", "--bench=0",
                                   "--set-size=B=10")
                self.assertEqual(result.returncode, 1)
                self.assertIn(message, result.stderr)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


class FaultTest(AttncRunCase):
    """A rank that is killed or stopped is an error of attnc-run within the
    deadline, and nothing stays behind."""

    deadline = 1.0

    def hurt(self, package, what, random_bits):
        run = subprocess.Popen(
            [os.environ["ATTNC_RUN"], package, "--entry=exchange", "--ranks=4",
             "--bench=30", "--set-size=B=3", f"--deadline={self.deadline}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.kill)
        while len(children_of(run.pid)) < 4:
            time.sleep(0.005)
        ranks = children_of(run.pid)
        time.sleep(random_bits.uniform(0, 0.3))
        victim = random_bits.randrange(4)
        os.kill(ranks[victim], what)
        start = time.monotonic()
        _, errors = run.communicate(timeout=30)
        seconds = time.monotonic() - start
        self.assertEqual(run.returncode, 1, errors)
        self.assertIn(f"rank {victim}", errors)
        limit = 2 if what == signal.SIGKILL else self.deadline + 2
        self.assertLessEqual(seconds, limit, errors)
        for rank in ranks:
            self.assertFalse(os.path.exists(f"/proc/{rank}"))
        return seconds

    def test_faults(self):
        package = self.path("ranks.attnc")
        RanksPackage().write(package)
        seed = int(os.environ.get("ATTNC_SEED") or random.randrange(1 << 31))
        print(f"ATTNC_SEED={seed}")
        random_bits = random.Random(seed)
        took = {signal.SIGKILL: [], signal.SIGSTOP: []}
        for index in range(200 if SLOW else 10):
            what = signal.SIGKILL if index % 5 else signal.SIGSTOP
            with self.subTest(index=index, seed=seed):
                took[what].append(self.hurt(package, what, random_bits))
        for what, seconds in took.items():
            print(f"{what.name}: {len(seconds)} trials, attnc-run ended after at most {max(seconds):.3f} s")


if __name__ == "__main__":
    unittest.main()
