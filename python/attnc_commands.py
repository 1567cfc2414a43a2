# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs `attnc` and `attnc-run` as a user would: as commands, on files.

The binaries come from the directory ATTNC_BIN_DIR, else from `build/bin` beside this package, else from PATH.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

_BUILD = Path(__file__).resolve().parent.parent / "build" / "bin"


class CommandFailed(Exception):
    """A command ended with another status than 0. `status` is negative for a signal; `stderr` is its text."""

    def __init__(self, command, status, stderr):
        super().__init__(f"status {status}: {' '.join(map(str, command))}\n{stderr.strip()}")
        self.status, self.stderr = status, stderr


def find(name):
    """The path of one of attnc's binaries. FileNotFoundError where there is none."""
    directory = os.environ.get("ATTNC_BIN_DIR", _BUILD)
    path = shutil.which(name, path=f"{directory}{os.pathsep}{os.environ.get('PATH', '')}")
    if path is None:
        raise FileNotFoundError(f"no {name} in {directory} or in PATH: build attnc or set ATTNC_BIN_DIR")
    return path


def call(name, *arguments, timeout=600):
    """Runs a binary and returns its stdout. Raises CommandFailed, or subprocess.TimeoutExpired after `timeout` s."""
    command = [find(name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout)
    if done.returncode != 0:
        raise CommandFailed(command, done.returncode, done.stderr)
    return done.stdout


def compile_package(source, package, *flags, weights=None):
    """Compiles a .mlir file to a package file; `weights` is a safetensors file."""
    bound = [] if weights is None else [f"--weights={weights}"]
    call("attnc", source, "-o", package, *bound, *flags)


def run_package(package, inputs, outputs, *flags, entry=None):
    """Runs an entry of a package: inputs {name: array}, outputs [name]; returns {name: array}.

    Arrays are float32, int32 or bool; bf16 tensors cross as float32.
    """
    with tempfile.TemporaryDirectory(prefix="attnc-run-") as directory:
        arguments = [] if entry is None else [f"--entry={entry}"]
        for i, (name, array) in enumerate(inputs.items()):
            path = Path(directory, f"input{i}.npy")
            np.save(path, np.ascontiguousarray(array))
            arguments += ["--input", f"{name}={path}"]
        paths = {name: Path(directory, f"output{i}.npy") for i, name in enumerate(outputs)}
        for name, path in paths.items():
            arguments += ["--output", f"{name}={path}"]
        call("attnc-run", package, *arguments, *flags)
        return {name: np.load(path) for name, path in paths.items()}
