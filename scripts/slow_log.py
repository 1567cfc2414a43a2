#!/usr/bin/env python3
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes one part of test/slow.log: slow_log.py LOG PART RESULTS HEADER. RESULTS is lit's JSON or ctest's JUnit file."""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

INTRODUCTION = "check-attnc with the full counts. scripts/check-slow.sh writes this file, a section for each part.\n"
#: What tests print of all that they did, beside a line for each case.
SUMMARY = re.compile(r"^(\d+ checks, |Ran \d+ tests)|\d+ (configurations|mutants|trials)\b|: relative error of|^FAIL|ranks in steps|\b(damaged|forged): ")
CASE = re.compile(r"error at most (\d\S*e[-+]\d+)")


def read_lit(path):
    """(name, status, seconds, lines) of each test that ran."""
    for test in json.loads(path.read_text())["tests"]:
        if test["code"] not in ("EXCLUDED", "SKIPPED"):
            lines = [line.removeprefix("# | ") for line in test["output"].splitlines()]
            yield test["name"].split(" :: ")[1], test["code"], test["elapsed"] or 0.0, lines


def read_ctest(path):
    for test in ElementTree.parse(path).getroot().iter("testcase"):
        code = {"run": "PASS", "fail": "FAIL"}.get(test.get("status"), test.get("status").upper())
        yield test.get("name"), code, float(test.get("time")), (test.findtext("system-out") or "").splitlines()


def worst_errors(lines):
    """The worst error of all cases, by the type that their labels name."""
    worst = {}
    for line in lines:
        if found := CASE.search(line):
            dtype = re.search(r"\b(f32|f16|bf16)\b", line)
            key = dtype[1] if dtype else ""
            worst[key] = max(worst.get(key, (0.0, 0))[0], float(found[1])), worst.get(key, (0.0, 0))[1] + 1
    return [f"{key} error at most {error:.1e} in {count} cases".strip() for key, (error, count) in sorted(worst.items())]


def section(part, header, tests):
    tests = sorted(tests, key=lambda test: -test[2])
    failed = [name for name, code, *_ in tests if code not in ("PASS", "UNSUPPORTED", "XFAIL")]
    ran = [test for test in tests if test[1] != "UNSUPPORTED"]
    rows = [f"== {part}: {len(ran)} tests, {len(failed)} failed; {header}"]
    for name, code, seconds, lines in ran:
        told = worst_errors(lines) + [line.strip() for line in lines if SUMMARY.search(line) and not CASE.search(line)]
        # Of the many quick tests only those that failed, or say what they did.
        if told or code != "PASS" or seconds >= 5:
            rows.append(f"{seconds:7.1f} s  {code:4}  {name}")
            rows += [" " * 17 + line for line in told]
    return "\n".join(rows) + "\n"


def main():
    log, part, results, header = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    tests = list(read_ctest(results) if part == "runtime" else read_lit(results))
    text = log.read_text() if log.exists() else INTRODUCTION
    sections = {s.split(":")[0]: s for s in re.split(r"^== ", text, flags=re.M)[1:]}
    sections[part] = section(part, header, tests).removeprefix("== ")
    log.write_text(INTRODUCTION + "".join("\n== " + s.strip() + "\n" for s in sections.values()))


if __name__ == "__main__":
    main()
