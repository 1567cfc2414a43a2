# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs kernels and programs of the GPU's levels on the CPU, by the interpreter in test/lib.

    o, lse = run_scheduled("kernel.mlir", {0: q, 1: k, 2: v}, {3: q.shape, 4: q.shape[:3]}, blocks=5)
    program = compile_program(directory, text, "--disable-pass=tile-overlap-work")
    outputs = run_scheduled_program(program, {"q": q, "k": k, "v": v})
"""

import re
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


def compile_program(directory, text, *flags):
    """Compiles IR text for sm_90a as far as the stage `scheduled`; returns the path of a file in `directory`.

    The kernels are those of that stage, the program that launches them is that of the stage `tile`: so packages have it.
    Raises CommandFailed.
    """
    source, kernels, dumps = (Path(directory, name) for name in ("source.mlir", "kernels.mlir", "stages"))
    source.write_text(text)
    call("attnc", source, "--target=sm_90a", "--emit=scheduled", "-o", kernels, f"--dump-dir={dumps}", *flags)
    tile = next(dumps.glob("*-tile.mlir")).read_text()
    programs = "\n".join(re.findall(r"(?ms)^  tile\.program .*?^  }$", tile))
    path = Path(directory, "program.mlir")
    path.write_text(re.sub(r"(?m)^(module.*{)$", lambda m: f"{m[1]}\n{programs}", kernels.read_text(), count=1))
    return path


def run_scheduled_program(path, inputs, sizes=None, **options):
    """Interprets the program of a .mlir file, see `compile_program`; returns {output name: array}.

    inputs  {input name: array}; weights count as inputs.
    sizes   {size name: value} of the sizes that no input has.
    """
    return interpret(path, inputs, {}, [f"--size={name}={value}" for name, value in (sizes or {}).items()], **options)


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
