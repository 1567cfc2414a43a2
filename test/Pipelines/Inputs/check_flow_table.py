# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the README's flow table with the pipelines: check_flow_table.py README ATTNC-OPT EMPTY.mlir.

Each target's rows, in order, are the passes that its pipelines run, less upstream's clean-up and the checks of stages;
and each row's file exists.
"""

import pathlib
import re
import subprocess
import sys

README = pathlib.Path(sys.argv[1])
# Passes that tidy up, and upstream's conversions, which the table names as one.
UNLISTED = {"canonicalize", "cse", "attnc-verify-stage", "convert-scf-to-cf", "convert-to-llvm",
            "reconcile-unrealized-casts"}
PIPELINES = {"cpu": ["sharded", "tile", "vector"], "sm_90a": ["sharded", "tile", "scheduled", "nvvm"]}


def rows():
    """(pass, the target that alone runs it or None, file)."""
    table = README.read_text(encoding="utf-8").split("| `--emit=` |")[1].split("\n\n")[0]
    stage_target = None
    for line in table.splitlines()[2:]:
        stage, _, name, file = (cell.strip() for cell in line.split("|")[1:-1])
        if stage:
            stage_target = re.search(r"\((\w+)\)", stage)
        if found := re.match(r"`([\w-]+)`(?: \((\w+)\))?$", name):
            target = found.group(2) or (stage_target and stage_target.group(1))
            yield found.group(1), target, file


def passes(target):
    """What the target's pipelines run, in order."""
    names = []
    for stage in PIPELINES[target]:
        done = subprocess.run([sys.argv[2], sys.argv[3], f"--attnc-{stage}-pipeline=target={target}",
                               "--dump-pass-pipeline"], capture_output=True, text=True, check=True)
        # Whatever has passes in it is an op.
        names += re.findall(r"^\s+([\w-]+)(?:\{.*\})?,?$", done.stderr, re.MULTILINE)
    return [name for name in names if name not in UNLISTED]


for target in PIPELINES:
    listed = [name for name, only, _ in rows() if only in (None, target)]
    run = passes(target)
    assert listed == run, f"{target}: the README has {listed}, the pipelines run {run}"
for name, _, file in rows():
    for path in re.findall(r"`(lib/[^`]*)`", file):
        assert (README.parent / path).exists(), f"{name}: no {path}"
