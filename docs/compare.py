#!/usr/bin/env python3
#===- compare.py - Committed documents against generated ones -------------===#
#
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Fails, with a diff and the command that helps, where a committed document
is not what the sources generate. With --update it replaces it instead."""

import argparse
import difflib
import pathlib
import sys

# A whole new file says no more than its first lines.
MAX_DIFF_LINES = 40


def read(path: pathlib.Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--committed", required=True, type=pathlib.Path)
    parser.add_argument("--generated", required=True, type=pathlib.Path)
    parser.add_argument("--build", default="build", help="named in the hint")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="+", help="relative to both folders")
    args = parser.parse_args()

    stale = False
    for name in args.names:
        committed, generated = args.committed / name, args.generated / name
        old, new = read(committed), read(generated)
        if old == new:
            continue
        stale = True
        if args.update:
            committed.parent.mkdir(parents=True, exist_ok=True)
            committed.write_text(new, encoding="utf-8")
            print(f"updated docs/{name}")
            continue
        diff = list(difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"docs/{name}, committed",
            f"docs/{name}, generated", lineterm=""))
        print(*diff[:MAX_DIFF_LINES], sep="\n")
        if len(diff) > MAX_DIFF_LINES:
            print(f"… {len(diff) - MAX_DIFF_LINES} more lines")
    if stale and not args.update:
        print("error: committed documents differ from what the sources generate; update them with\n"
              f"  cmake --build {args.build} --target attnc-docs-update", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
