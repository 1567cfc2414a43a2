# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the packages of numeric_cases.py and compares with float64.

    python3 check_cases.py [--packages=FOLDER] [--runtime=FOLDER] [--cases=PARTS] [--seed=N]

On cuda:0, with torch: sessions on device tensors of random sizes that nothing divides, inputs between NaNs, outputs
poisoned and between guards, 100 runs with equal bits. Without torch: attnc-run on cuda:0.

    --device=NAME   with NumPy alone: attnc-run on cpu or cuda:N, smaller sizes
    --sanitize      attnc-run under compute-sanitizer, one case of each family; --tools chooses among them

Prints a line for each case and last `N passed, N failed`; the exit status is 1 if one failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from attention_cases import read_cases, reference_rows  # noqa: E402

#: Relative Frobenius errors, and absolute ones of the log-sum-exp.
MAX_ERROR = {"bf16": 5e-3, "f16": 1e-3}
MAX_LSE_ERROR = 2e-3
REPEATS = 100
TOOLS = "memcheck,racecheck,initcheck,synccheck"


class Wrong(Exception):
    pass


# Inputs and sizes.

def usual_sizes(case, random):
    """(B, Sq, Sk) that nothing divides: square, apart, with rows that see no key, one row, less than a tile."""
    if case.sizes:
        return [case.sizes]
    size = lambda low, high: int(random.integers(low, high)) * 2 + 1
    square = size(75, 450)
    return [(2, square, square), (1, size(75, 450), size(75, 450)), (1, size(150, 300), size(10, 60)),
            (2, 1, size(100, 400)), (3, size(0, 35), size(0, 35))]


def small_sizes(case, random):
    return [case.sizes or (1, int(random.integers(65, 140)) * 2 + 1, int(random.integers(65, 140)) * 2 + 1)]


def make_inputs(case, sizes, random):
    """{name: array}, rounded to the case's type; float types as float32."""
    inputs = {name: round_to(random.standard_normal(shape, dtype=np.float32), case.dtype)
              for name, shape in case.shapes(sizes).items()}
    types = case.extra_tensors(sizes)
    return inputs | {name: round_to(value, types[name][1])
                     for name, value in case.extra_values(random, sizes).items()}


def round_to(values, dtype):
    if dtype == "f16":
        return values.astype(np.float16).astype(np.float32)
    if dtype == "bf16":
        bits = values.view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return values


def compare(case, inputs, output, lse):
    """(error of O, error of the log-sum-exp) against float64; raises Wrong. NumPy or torch."""
    square = norm = lse_error = wrong = 0
    batch, heads, rows = output.shape[:3]
    for b in range(batch):
        for h in range(heads):
            expected, expected_lse = reference_rows(case, inputs, b, h, 0, rows)
            unseen = expected_lse == -np.inf
            wrong = wrong + (output[b, h][unseen] != 0).sum() + (lse[b, h][unseen] != -np.inf).sum()
            with np.errstate(invalid="ignore"):
                difference, lse_difference = output[b, h] - expected, abs(lse[b, h] - expected_lse)
            lse_difference[unseen] = 0
            square, norm = square + (difference * difference).sum(), norm + (expected * expected).sum()
            # max() of torch lets a NaN through, as NumPy's does.
            lse_error = lse_difference.max() if isinstance(lse_error, int) else _larger(lse_error, lse_difference.max())
    error, lse_error, wrong = float(square) ** 0.5 / max(float(norm) ** 0.5, 1e-30), float(lse_error), int(wrong)
    if wrong:
        raise Wrong(f"{wrong} elements of rows that see no key are not 0, or -inf in the log-sum-exp")
    if not error <= MAX_ERROR[case.dtype]:
        raise Wrong(f"relative error {error:.2e}, at most {MAX_ERROR[case.dtype]}")
    if not lse_error <= MAX_LSE_ERROR:
        raise Wrong(f"log-sum-exp off by {lse_error:.1e}, at most {MAX_LSE_ERROR}")
    return error, lse_error


def _larger(a, b):
    return np.maximum(a, b) if isinstance(a, np.generic) else a.maximum(b)


# With attnc-run.

class ToolRunner:
    """attnc-run on files, its outputs poisoned; `prefix` is a command in front of it."""

    def __init__(self, options, device, prefix=()):
        self.tool, self.device, self.prefix = options.runtime / "attnc-run", device, list(prefix)

    def run(self, case, package, inputs):
        with tempfile.TemporaryDirectory(prefix="attnc-check-") as folder:
            command = [*self.prefix, str(self.tool), str(package), f"--device={self.device}", "--poison",
                       "--deadline=300"]
            for name, value in inputs.items():
                np.save(Path(folder, f"{name}.npy"), value.astype(np.float16) if self.is_half(case, name) else value)
                command.append(f"--input={name}={folder}/{name}.npy")
            command += [f"--output={name}={folder}/{name}.npy" for name in ("o", "lse")]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace")
            if done.returncode:
                lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
                raise Wrong(f"exit status {done.returncode}: " + " | ".join(lines[:12])[:1500])
            return [np.load(Path(folder, f"{name}.npy")).astype(np.float64) for name in ("o", "lse")]

    @staticmethod
    def is_half(case, name):
        return case.dtype == "f16" and name in ("q", "k", "v")

    def check(self, case, package, random):
        worst, sizes = (0, 0), small_sizes(case, random)
        for each in sizes:
            inputs = make_inputs(case, each, random)
            worst = max(worst, compare(case, inputs, *self.run(case, package, inputs)))
        return f"{report(*worst)}, sizes {sizes}"


# With sessions on torch's tensors.

class SessionRunner:
    GUARD = 2048  # elements on either side

    def __init__(self, options):
        import torch

        from runtime_library import Library
        self.torch, self.library = torch, Library(str(options.runtime / "libattnc_rt.so"))
        self.types = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32, "i32": torch.int32,
                      "i1": torch.bool}

    def guarded(self, shape, dtype, outside, values=None):
        """A tensor in the middle of a buffer of `outside`."""
        count = int(np.prod(shape))
        buffer = self.torch.full((count + 2 * self.GUARD,), outside, dtype=dtype, device="cuda")
        tensor = buffer[self.GUARD:self.GUARD + count].view(shape)
        if values is not None:
            tensor.copy_(self.torch.from_numpy(values))
        return tensor, buffer

    def inputs(self, case, arrays, sizes):
        """Between NaNs; ids between one that no form has."""
        types = {name: case.dtype for name in "qkv"}
        types |= {name: dtype for name, (_, dtype) in case.extra_tensors(sizes).items()}
        outside = lambda dtype: {"i1": True, "i32": 12345678}.get(dtype, float("nan"))
        return {name: self.guarded(value.shape, self.types[types[name]], outside(types[name]), value)[0]
                for name, value in arrays.items()}

    def check(self, case, package, random):
        from runtime_library import Session
        session, worst = Session(self.library, str(package)), (0, 0)
        try:
            sizes = usual_sizes(case, random) + [tuple(each) for each in case.about.get("sizes", [])]
            for number, each in enumerate(sizes):
                found = self.check_sizes(case, session, each, random, REPEATS if number == 0 else 2)
                worst = tuple(map(max, worst, found))
        finally:
            session.close()
        return f"{report(*worst)}, {len(sizes)} sizes, the first {sizes[0]}"

    def check_sizes(self, case, session, sizes, random, repeats):
        torch = self.torch
        inputs = self.inputs(case, make_inputs(case, sizes, random), sizes)
        shapes = case.output_shapes(sizes)
        pairs = [self.guarded(shapes["o"], self.types[case.dtype], 77.0),
                 self.guarded(shapes["lse"], torch.float32, 77.0)]
        outputs = [tensor for tensor, _ in pairs]
        bits, first = [torch.int16, torch.int32], None
        for number in range(repeats):
            for tensor in outputs:
                tensor.fill_(float("nan"))
            torch.cuda.synchronize()
            session.run(list(inputs.values()), outputs)
            if first is None:
                first = [tensor.clone() for tensor in outputs]
            elif not all(torch.equal(a.view(kind), b.view(kind)) for a, b, kind in zip(outputs, first, bits)):
                raise Wrong(f"B, Sq, Sk = {sizes}: run {number + 1} gave other bits than the first")
        for tensor, buffer in pairs:
            if not ((buffer[:self.GUARD] == 77).all() and (buffer[-self.GUARD:] == 77).all()):
                raise Wrong(f"B, Sq, Sk = {sizes}: wrote outside of an output")
        try:
            return compare(case, inputs, first[0].double(), first[1].double())
        except Wrong as error:
            raise Wrong(f"B, Sq, Sk = {sizes}: {error}") from error


def report(error, lse_error):
    return f"error {error:.2e}, log-sum-exp {lse_error:.1e}"


# All cases.

class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def of(self, what, check, *args):
        begin = time.perf_counter()
        try:
            line = f"pass  {what}: {check(*args)}"
            self.passed += 1
        except Exception as error:  # whatever it is, the other cases run
            line = f"FAIL  {what}: {str(error) or repr(error)}"
            self.failed += 1
        print(f"{line} ({time.perf_counter() - begin:.1f} s)", flush=True)

    def refuse(self, case, error):
        """Nothing may be left of a kernel without an optimising pass, with an error that names what it needs."""
        named = case.disable and "to fit" in error
        self.passed, self.failed = self.passed + bool(named), self.failed + (not named)
        print(f"{'pass' if named else 'FAIL'}  {case.name}: refused by attnc: {error}", flush=True)


def sanitize(options, listed, results):
    jobs = []
    for tool in options.tools.split(","):
        # The runtime asks for parameters until the driver says there are no more: no error of the program.
        flags = ["--report-api-errors", "no"] if tool == "memcheck" else []
        runner = ToolRunner(options, "cuda:0", ["compute-sanitizer", "--tool", tool, "--error-exitcode", "9", *flags])
        jobs += [(f"{tool} {case.name}", runner, case) for case, row in listed
                 if case.about.get("family") and "error" not in row]
    seeds = np.random.SeedSequence(options.seed).spawn(len(jobs))
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(lambda job, seed: results.of(job[0], job[1].check, job[2], package_of(options, job[2]),
                                                   np.random.default_rng(seed)), jobs, seeds))


def choose_runner(options):
    if options.device:
        return ToolRunner(options, options.device)
    try:
        return SessionRunner(options)
    except ImportError:
        print("no torch in this Python: attnc-run on cuda:0, on smaller sizes")
        return ToolRunner(options, "cuda:0")


def package_of(options, case):
    return options.packages / f"{case.name}.attnc"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, default=HERE / "numeric")
    parser.add_argument("--runtime", type=Path, default=HERE, help="has attnc-run and libattnc_rt.so")
    parser.add_argument("--cases", default="", help="parts of names, by commas")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    parser.add_argument("--device", help="run attnc-run on this device, without torch")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--tools", default=TOOLS)
    parser.add_argument("--jobs", type=int, default=4, help="runs of compute-sanitizer at a time")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    listed = [(case, row) for case, row in read_cases(options.packages)
              if any(part in case.name for part in options.cases.split(","))]
    results = Results()
    if options.sanitize:
        sanitize(options, listed, results)
    else:
        runner = choose_runner(options)
        for number, (case, row) in enumerate(listed):
            if "error" in row:
                results.refuse(case, row["error"])
            else:
                # A case's numbers do not depend on which others run.
                random = np.random.default_rng([options.seed, *case.name.encode()])
                results.of(case.name, runner.check, case, package_of(options, case), random)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed or not results.passed else 0


if __name__ == "__main__":
    sys.exit(main())
