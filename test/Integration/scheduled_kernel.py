# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs kernels and programs of the GPU's levels on the CPU, by the interpreter in test/lib.

    o, lse = run_scheduled("kernel.mlir", {0: q, 1: k, 2: v}, {3: q.shape, 4: q.shape[:3]}, blocks=5)
    outputs = run_scheduled_program("program.mlir", {"q": q, "k": k, "v": v})
"""

import tempfile
from pathlib import Path

import numpy as np

from attnc_commands import call


def run_scheduled(path, inputs, sizes, **options):
    """Interprets one kernel of a .mlir file; returns what it may write, in the order of the arguments.

    inputs  {argument number: array}; rounded to the argument's type (bf16 arrays are float32).
    sizes   {argument number: shape} of the other arguments, which are full of NaNs before.
    Options and errors: see `interpret`.
    """
    shapes = {number: "x".join(map(str, shape)) for number, shape in sizes.items()}
    outputs = interpret(path, inputs, shapes, **options)
    return [outputs[name] for name in sorted(outputs, key=int)]


def run_scheduled_program(path, inputs, sizes=None, *, program=None, **options):
    """Interprets a program with the kernels of a .mlir file; returns {output name: array}.

    inputs   {input name: array}; weights count as inputs.
    sizes    {size name: value} of the sizes that no input has.
    program  the file with the program, the stage `tile`, where `path` is a later stage and has kernels only.
    """
    flags = [f"--size={name}={value}" for name, value in (sizes or {}).items()]
    if program is not None:
        flags.append(f"--program={program}")
    return interpret(path, inputs, {}, flags, **options)


def interpret(path, inputs, shapes, flags=(), *, entry=None, blocks=1, seed=1, seconds=60):
    """Returns {name or number as text: array} of what the entry may write.

    entry    its name, where the file has several.
    blocks   how many run at once, at most.
    seed     of the order in which roles take turns and asynchronous copies arrive.
    seconds  after which a kernel that has not ended fails.
    Raises CommandFailed with the diagnostic for a deadlock and for what the levels leave undefined.
    """
    with tempfile.TemporaryDirectory(prefix="attnc-scheduled-") as directory:
        arguments = [*flags, f"--blocks={blocks}", f"--seed={seed}", f"--seconds={seconds}"]
        if entry is not None:
            arguments.append(f"--entry={entry}")
        for number, (name, array) in enumerate(inputs.items()):
            file = Path(directory, f"{number}.npy")
            np.save(file, np.ascontiguousarray(array))
            arguments.append(f"--arg={name}={file}")
        arguments += [f"--arg={name}={shape}" for name, shape in shapes.items()]
        outputs = Path(directory, "outputs")
        outputs.mkdir()
        call("attnc-test-scheduled", path, *arguments, f"--out={outputs}", timeout=10 * seconds)
        return {file.stem: np.load(file) for file in outputs.iterdir()}
