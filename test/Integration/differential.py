# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares compiled programs with the float64 oracle: compile, run on poisoned memory, bound the relative error.

Every test draws fresh random inputs and prints the seed; ATTNC_SEED=N repeats a run, ATTNC_SLOW=1 makes full counts.

    test = Differential()
    test.case("bias", text, [(inputs, {"y": want}), …])
    test.finish()
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from attnc_commands import CommandFailed, compile_package, run_package  # noqa: E402
from attnc_oracle import relative_error, round_to  # noqa: E402

#: Bounds of the relative Frobenius error.
BOUNDS = {"f32": 1e-5, "f16": 1e-3, "bf16": 5e-3}

SLOW = os.environ.get("ATTNC_SLOW", "0") not in ("", "0")


class Differential:
    """One test file: its random numbers, its directory and its failures."""

    #: What `compile` and `run` raise when a command fails.
    command_errors = (CommandFailed, subprocess.TimeoutExpired)

    def __init__(self):
        self.seed = int(os.environ.get("ATTNC_SEED") or random.SystemRandom().randrange(1 << 31))
        print(f"seed {self.seed}: ATTNC_SEED={self.seed} repeats this run{', full counts' if SLOW else ''}")
        self.rng = np.random.default_rng(self.seed)
        self._directory = tempfile.TemporaryDirectory(prefix="attnc-test-")
        self.directory = Path(self._directory.name)
        self.checks, self.failures, self._packages = 0, [], 0

    # Random data.

    def count(self, quick, slow):
        """How many random cases to make."""
        return slow if SLOW else quick

    def size(self, low, high):
        """A random size in low … high that is no multiple of 8 where the range has one that isn't."""
        for _ in range(64):
            n = int(self.rng.integers(low, high + 1))
            if n % 8:
                break
        return n

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def normal(self, shape, dtype="f32", scale=1.0):
        """Standard normal values times `scale`, rounded to `dtype`, as float32, or as float16 for "f16"."""
        return self.rounded(scale * self.rng.standard_normal(shape), dtype)

    @staticmethod
    def rounded(values, dtype):
        """Rounded to `dtype` as float32, or as float16 for "f16"."""
        values = round_to(values, dtype)
        return values.astype(np.float16) if dtype == "f16" else values

    def integers(self, low, high, shape):
        """Random i32 from low to high, both included."""
        return self.rng.integers(low, high + 1, shape, dtype=np.int32)

    def weight(self, shape, dtype="f32"):
        """A matrix [in, out] that keeps the size of what it multiplies."""
        return self.normal(shape, dtype, scale=shape[0] ** -0.5)

    # Commands.

    def compile(self, text, *flags, weights=None):
        """Compiles IR text; returns the package's path. Raises CommandFailed."""
        self._packages += 1
        source, package = (self.directory / f"{self._packages}{ending}" for ending in (".mlir", ".attnc"))
        source.write_text(text)
        compile_package(source, package, *flags, weights=weights)
        return package

    def run(self, package, inputs, outputs, *flags, entry=None):
        """Runs a package on poisoned memory; returns {name: array}. Raises CommandFailed."""
        return run_package(package, inputs, outputs, "--poison", *flags, entry=entry)

    # Checks.

    def case(self, label, text, runs, *, dtype="f32", bound=None, weights=None, flags=(), entry=None, unbuilt=False):
        """Compiles `text` once and runs it on each (inputs, wanted outputs) of `runs`.

        Integer outputs must be equal, others within `bound` (the dtype's own unless given). A failing command is a
        failure of the case, not of the test file. `unbuilt`: the compiler may refuse the form as "not built yet".
        """
        bound = BOUNDS[dtype] if bound is None else bound
        start, errors = time.perf_counter(), []
        try:
            package = self.compile(text, *flags, weights=weights)
            for inputs, wants in runs:
                got = self.run(package, inputs, list(wants), entry=entry)
                for name, want in wants.items():
                    shapes = {n: a.shape for n, a in inputs.items()}
                    errors.append(self.compare(f"{label}, {name} of {shapes}", got[name], want, bound))
        except self.command_errors as failure:
            if unbuilt and getattr(failure, "status", None) == 1 and "not built yet" in failure.stderr:
                self.checks += 1
                return print(f"{label}: refused, {failure.stderr.split('error: ')[-1].splitlines()[0]}")
            return self.fail(label, str(failure), text)
        worst = max(errors, default=0.0)
        if not worst <= bound:
            print(f"the IR of the case that failed:\n{text}")
        print(f"{label}: {len(errors)} outputs, error at most {worst:.1e}, {time.perf_counter() - start:.2f} s")

    def compare(self, label, got, want, bound):
        """Counts a check; returns the error."""
        self.checks += 1
        want = np.asarray(want)
        if want.dtype.kind in "iub":
            different = int(np.sum(got != want)) if got.shape == want.shape else want.size
            error = float("inf") if different else 0.0
            text = f"expected equal integers, got {different} of {want.size} different"
        else:
            error = relative_error(got, want)
            text = f"expected a relative error of at most {bound:.1e}, got {error:.3e}"
            if got.shape == want.shape and np.isnan(got).any() and not np.isnan(want).any():
                text += f" with {int(np.isnan(got).sum())} NaN"
        if got.shape != want.shape:
            text = f"expected the shape {want.shape}, got {got.shape}"
        if not error <= bound:
            self.fail(label, text)
        return error

    def equal(self, label, got, want):
        """Counts a check that two arrays hold the same bits."""
        self.checks += 1
        if got.shape != want.shape or got.tobytes() != want.tobytes():
            self.fail(label, f"expected equal bits, got a relative error of {relative_error(got, want):.3e}")

    def fail(self, label, reason, text=None):
        self.failures.append(label)
        print(f"FAIL {label}: {reason}")
        if text:
            print(text)

    def finish(self):
        """Prints the counts and ends the process: with 1 if anything failed or nothing was checked."""
        print(f"{self.checks} checks, {len(self.failures)} failures (seed {self.seed})")
        for label in self.failures:
            print(f"  failed: {label}")
        self._directory.cleanup()
        sys.exit(1 if self.failures or not self.checks else 0)
