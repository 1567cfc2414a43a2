# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles cases to packages, beside a list of them that a machine without attnc can read."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import attnc_commands  # noqa: E402
import attnc_ir  # noqa: E402
from attention_cases import LIST  # noqa: E402

def compile_case(case, folder, target):
    """A row of the list (attention_cases.read_cases)."""
    source, package = folder / f"{case.name}.mlir", folder / f"{case.name}.attnc"
    source.write_text(case.text(attnc_ir))
    flags = [f"--target={target}"] + ([f"--disable-pass={case.disable}"] if case.disable else [])
    begin = time.perf_counter()
    try:
        attnc_commands.compile_package(source, package, *flags)
    except attnc_commands.CommandFailed as failure:
        return asdict(case) | {"error": failure.stderr.strip().splitlines()[0].split("error: ")[-1]}
    return asdict(case) | {"seconds": round(time.perf_counter() - begin, 3)}


def write_cases(cases, folder, target="sm_90a", jobs=2):
    """Compiles all; returns how many were refused."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(lambda case: compile_case(case, folder, target), cases))
    (folder / LIST).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    return sum("error" in row for row in rows)
