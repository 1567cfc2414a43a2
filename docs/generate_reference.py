#!/usr/bin/env python3
#===- generate_reference.py - Markdown from tblgen ------------------------===#
#
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Runs mlir-tblgen and makes its Markdown a page that GitHub shows well:
a title of its own, no `[TOC]`, no runs of blank lines, and passes in the order
of their .td file, which is the pipeline's, where mlir-tblgen sorts by name."""

import argparse
import pathlib
import re
import subprocess


def tidy(text: str, title: str) -> str:
    marker, body = text.split("\n", 1)
    body = re.sub(r"^# '\w+' Dialect\n", "", body, flags=re.MULTILINE)
    body = body.replace("[TOC]\n", "")
    body = re.sub(r"[ \t]+$", "", body, flags=re.MULTILINE)
    body = re.sub(r"\n{3,}", "\n\n", body)
    return f"{marker}\n# {title}\n\n{body.strip()}\n"


def in_pipeline_order(passes: str, td: str) -> str:
    head, *sections = re.split(r"^### `-", passes, flags=re.MULTILINE)
    sections.sort(key=lambda section: td.index(f'"{section.split("`", 1)[0]}"'))
    return head + "".join(f"## `{section.strip()}\n\n" for section in sections)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--title", required=True)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("command", nargs="+", help="the mlir-tblgen command; its .td file comes last")
    args = parser.parse_args()

    text = subprocess.run(args.command, check=True, text=True,
                          encoding="utf-8", stdout=subprocess.PIPE).stdout
    if "-gen-pass-doc" in args.command:
        td = pathlib.Path(args.command[-1]).read_text(encoding="utf-8")
        text = in_pipeline_order(text, td)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(tidy(text, args.title), encoding="utf-8")


if __name__ == "__main__":
    main()
