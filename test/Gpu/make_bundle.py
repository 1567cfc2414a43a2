# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A folder that tests attention on a GPU machine without LLVM and this tree.

    python3 make_bundle.py BUILD FOLDER [--parts=scheduled,numeric]      here, where attnc was built

    python3 FOLDER/check_attention.py            there: kernels scheduled by hand, sessions, streams, graphs
    python3 FOLDER/check_cases.py                there: kernels that attnc scheduled, all masks, scores and sizes
    python3 FOLDER/check_cases.py --sanitize     there: one kernel of each family under compute-sanitizer

`--parts=cpu` holds the same masks and scores for the CPU.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

CHECKERS = ["check_attention.py", "check_cases.py", "runtime_library.py", "attention_cases.py", "attention_forms.py"]


def find(build, *places):
    for place in places:
        if (build / place).exists():
            return build / place
    sys.exit(f"expected {places[0]} in {build}, got none: build attnc first")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parts", default="scheduled,numeric")
    parser.add_argument("--cases", default="", help="parts of names, by commas, of the packages of numeric")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    folder, parts = options.folder, options.parts.split(",")
    os.environ.setdefault("ATTNC_BIN_DIR", str(options.build.resolve() / "bin"))

    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(find(options.build, "bin/attnc-run", "runtime/tools/attnc-run/attnc-run"), folder)
    shutil.copyfile(find(options.build, "lib/libattnc_rt.so", "runtime/libattnc_rt.so"), folder / "libattnc_rt.so")
    for name in CHECKERS:
        shutil.copy(HERE / name, folder)

    if "scheduled" in parts:
        from attention_package import write_packages
        write_packages(str(find(options.build, "bin/attnc-opt")), str(folder))
    if "numeric" in parts:
        from case_packages import write_cases
        from numeric_cases import cases
        chosen = [case for case in cases() if any(part in case.name for part in options.cases.split(","))]
        print(f"numeric: {len(chosen)} cases, {write_cases(chosen, folder / 'numeric', jobs=options.jobs)} refused")
    if "cpu" in parts:
        from case_packages import write_cases
        from numeric_cases import cases
        # Masks and scores: passes and placements of the GPU's say nothing there, and f16 it does not compute.
        chosen = [case for case in cases() if case.dtype == "bf16" and not case.disable and not case.attributes.get("place")]
        print(f"cpu: {len(chosen)} cases, {write_cases(chosen, folder / 'cpu', 'cpu', options.jobs)} refused")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{size / 2**20:.1f} MiB in {folder}")


if __name__ == "__main__":
    main()
