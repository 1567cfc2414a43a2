# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs kernels of the GPU's levels on the CPU, by the interpreter in test/lib.

    o, lse = run_scheduled("kernel.mlir", {0: q, 1: k, 2: v}, {3: q.shape, 4: q.shape[:3]}, blocks=5)
"""

import tempfile
from pathlib import Path

import numpy as np

from attnc_commands import call


def run_scheduled(path, inputs, sizes, *, kernel=None, blocks=1, seed=1, seconds=60):
    """Interprets one kernel of a .mlir file and returns its outputs in the order of their numbers.

    inputs   {argument number: array}; rounded to the argument's type (bf16 arrays are float32).
    sizes    {argument number: shape} of the outputs, which are full of NaNs before.
    kernel   its name, where the file has several.
    blocks   how many run at once, at most.
    seed     of the order in which roles take turns and asynchronous copies arrive.
    seconds  after which a kernel that has not ended fails.
    Raises CommandFailed with the diagnostic for a deadlock and for what the levels leave undefined.
    """
    with tempfile.TemporaryDirectory(prefix="attnc-scheduled-") as directory:
        arguments = [] if kernel is None else [f"--kernel={kernel}"]
        for number, array in inputs.items():
            file = Path(directory, f"input{number}.npy")
            np.save(file, np.ascontiguousarray(array))
            arguments += ["--arg", f"{number}={file}"]
        files = {number: Path(directory, f"output{number}.npy") for number in sorted(sizes)}
        for number, file in files.items():
            arguments += ["--arg", f"{number}={'x'.join(map(str, sizes[number]))}", "--out", f"{number}={file}"]
        call("attnc-test-scheduled", path, *arguments, f"--blocks={blocks}", f"--seed={seed}", f"--seconds={seconds}",
             timeout=seconds + 60)
        return [np.load(file) for file in files.values()]
