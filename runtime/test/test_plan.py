# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the loader refuses in a plan, and what a session refuses when it
compares the plan with the kernels and with the shapes of a run."""

import unittest

from block_package import BlockPackage
from loader_case import LoaderCase


def deep(levels):
    """An expression that is nested this deep."""
    return 1 if levels == 0 else ["+", deep(levels - 1), 0]


class PlanTest(LoaderCase):
    def test_plan(self):
        self.refuse("plan.entries: expected an entry, got none",
                    lambda package: package.plan.update(entries={}))
        self.refuse("plan: unknown member 'x'",
                    lambda package: package.plan.update(x=1))
        self.refuse("plan.entries: expected a name without control",
                    lambda package: package.plan["entries"].update(
                        {"\x1b": {}}))
        self.refuse_entry("plan.entries.block: unknown member 'x'",
                          lambda entry: entry.update(x=1))

    def test_symbols(self):
        def edit(**members):
            return lambda entry: entry["symbols"][0].update(members)
        where = "plan.entries.block.symbols"
        for message, change in (
                (f"{where}[0].name: expected an identifier, got '*'",
                 edit(name="*")),
                (f"{where}[0].min: expected at most the maximum 64, got 65",
                 edit(min=65)),
                (f"{where}[0].multiple: expected at least 1, got 0",
                 edit(multiple=0)),
                (f"{where}[0]: unknown member 'x'", edit(x=1)),
                (f"{where}[2].name: a second symbol 'S'",
                 lambda entry: entry["symbols"].insert(
                     0, entry["symbols"][1])),
                (f"{where}[2]: symbol 'Q' is no dimension of an input",
                 lambda entry: entry["symbols"].append(
                     {"name": "Q", "min": 0, "max": 1, "multiple": 1}))):
            self.refuse_entry(message, change)

    def test_expressions(self):
        where = "plan.entries.block.buffers[3].bytes"
        for message, value in (
                ("unknown symbol 'Q'", "Q"),
                ("unknown operator 'pow'", ["pow", 1, 2]),
                ("expected an operator, got an empty array", []),
                ("expected a string, got 1", [1, 2, 3]),
                ("'*': expected two or more operands, got 1", ["*", 1]),
                ("'-': expected two operands, got 3", ["-", 3, 1, 1]),
                ("expected an integer in 0 ... 2^63 - 1, got -1", -1),
                ("expected an integer in 0 ... 2^63 - 1, got 9223372036854775808",
                 2**63),
                ("expected an integer in 0 ... 2^63 - 1, got 1.0", 1.0),
                ("expected an integer in 0 ... 2^63 - 1, got null", None),
                ("expression is nested deeper than 16", deep(17))):
            self.refuse_entry(f"{where}: {message}", lambda entry:
                              entry["buffers"][3].update(bytes=value))

    def test_buffers(self):
        def edit(index, **members):
            return lambda entry: entry["buffers"][index].update(members)
        where = "plan.entries.block.buffers"
        for message, change in (
                (f"{where}[3].kind: unknown buffer kind 'x'", edit(3, kind="x")),
                (f"{where}[3]: unknown member 'tensor'", edit(3, tensor="x")),
                (f"{where}[2].tensor: 'x' is no weight", edit(2, tensor="x")),
                (f"{where}[2].tensor: 'attnc.sha256' is no weight",
                 edit(2, tensor="attnc.sha256")),
                (f"{where}[2].bytes: expected 96, got 97", edit(2, bytes=97)),
                (f"{where}[2].bytes: expected 96, got B", edit(2, bytes="B"))):
            self.refuse_entry(message, change)

    def test_signature(self):
        def edit(**members):
            return lambda entry: entry["inputs"][0].update(members)
        where = "plan.entries.block"
        for message, change in (
                (f"{where}.inputs[1].name: a second input or output 'ids'",
                 edit(name="ids")),
                (f"{where}.outputs[0].name: a second input or output 'y'",
                 edit(name="y")),
                (f"{where}.inputs[0].dtype: expected F32, BF16, F16, I32 or "
                 "I1, got 'U8'", edit(dtype="U8")),
                (f"{where}.inputs[0].buffer: buffer 4 is no input",
                 edit(buffer=4)),
                (f"{where}.inputs[0].buffer: buffer 5 is no input",
                 edit(buffer=5)),
                (f"{where}.inputs[1].buffer: a second tensor in buffer 1",
                 edit(buffer=1)),
                (f"{where}.inputs[0]: unknown member 'x'", edit(x=1)),
                (f"{where}.outputs: expected a tensor for each of 2 buffers, "
                 "got 1", lambda entry: entry["buffers"].append(
                     {"kind": "output", "bytes": 4}))):
            self.refuse_entry(message, change)

    def test_steps(self):
        def edit(index, **members):
            return lambda entry: entry["steps"][index].update(members)
        def arg(**members):
            return lambda entry: entry["steps"][2]["args"][0].update(members)
        copy = {"op": "copy", "from": {"buffer": 0, "offset": 0},
                "to": {"buffer": 2, "offset": 0}, "bytes": 4}
        where = "plan.entries.block.steps"
        for message, change in (
                (f"{where}[0]: unknown step 'x'", edit(0, op="x")),
                (f"{where}[0].buffer: expected a buffer below 5, got 5",
                 edit(0, buffer=5)),
                (f"{where}[0].value: expected 0 ... 255, got 256",
                 edit(0, value=256)),
                (f"{where}[0]: writes buffer 0, an output or workspace buffer "
                 "expected, got kind input", edit(0, buffer=0)),
                (f"{where}[0]: unknown member 'x'", edit(0, x=1)),
                (f"{where}[3]: writes buffer 2, an output or workspace buffer "
                 "expected, got kind weight",
                 lambda entry: entry["steps"].append(copy)),
                (f"{where}[3]: unknown member 'x'",
                 lambda entry: entry["steps"].append({**copy, "x": 1})),
                (f"{where}[3].to: unknown member 'x'",
                 lambda entry: entry["steps"].append(
                     {**copy, "to": {"buffer": 3, "offset": 0, "x": 1}})),
                (f"{where}[2].target: unknown target 'gpu'",
                 edit(2, target="gpu")),
                (f"{where}[2].grid: expected 3 sizes, got 2",
                 edit(2, grid=[1, 1])),
                (f"{where}[2]: unknown member 'x'", edit(2, x=1)),
                (f"{where}[2].args[0].buffer: expected a buffer below 5, got 9",
                 arg(buffer=9)),
                (f"{where}[2].args[0].dtype: unknown dtype 'U8'",
                 arg(dtype="U8")),
                (f"{where}[2].args[0].sizes: expected a rank of 1 ... 6, got 7",
                 arg(sizes=[1] * 7)),
                (f"{where}[2].args[0].sizes: expected a rank of 1 ... 6, got 0",
                 arg(sizes=[])),
                (f"{where}[2].args[0].strides: expected 3 strides, got 2",
                 arg(strides=[8, 1])),
                (f"{where}[2].args[0].strides: the innermost stride: expected "
                 "1, got 2", arg(strides=[16, 8, 2])),
                (f"{where}[2].args[0]: unknown member 'x'", arg(x=1))):
            self.refuse_entry(message, change)

    # -- against the kernels and the shapes

    def test_kernel_table(self):
        where = "entry 'block', step 2 (kernel 'scale_add')"
        def arg(index, **members):
            return lambda entry: entry["steps"][2]["args"][index].update(members)
        for message, change in (
                ("entry 'block', step 2 (kernel 'x'): the kernel blob has no "
                 "such kernel",
                 lambda entry: entry["steps"][2].update(kernel="x")),
                (f"{where}: expected 3 arguments, got 2",
                 lambda entry: entry["steps"][2]["args"].pop()),
                (f"{where}, argument 0: expected dtype F32, got BF16",
                 arg(0, dtype="BF16")),
                (f"{where}, argument 1: expected rank 2, got 1",
                 arg(1, sizes=[8], strides=[1])),
                (f"{where}, argument 2: the kernel writes it: expected an "
                 "output or workspace buffer, got kind input",
                 arg(2, buffer=0))):
            self.refuse_entry(message, change, *self.bench)

    def test_bound_ranges(self):
        sizes = " with B = 3, S = 4"
        where = "entry 'block', step 2 (kernel 'scale_add')"
        def arg(index, **members):
            return lambda entry: entry["steps"][2]["args"][index].update(members)
        def edit(index, **members):
            return lambda entry: entry["steps"][index].update(members)
        past = "the view passes the end of buffer"
        for message, change in (
                (f"{where}: expected a grid of at most 2^31 - 1 blocks, got "
                 f"2147483648 x 1 x 1{sizes}", edit(2, grid=[2**31, 1, 1])),
                (f"{where}: expected a grid of at most 2^31 - 1 blocks",
                 edit(2, grid=[2**40, 2**40, 0])),
                (f"{where}, argument 0: size 2: expected 8, got 7{sizes}",
                 arg(0, sizes=["B", "S", 7])),
                (f"{where}, argument 0: offset: expected a multiple of 4, got "
                 f"2{sizes}", arg(0, offset=2)),
                (f"{where}, argument 0: {past} 0 of 384 bytes{sizes}",
                 arg(0, offset=4)),
                (f"{where}, argument 0: {past} 0 of 384 bytes{sizes}",
                 arg(0, sizes=[["+", "B", 1], "S", 8])),
                (f"{where}, argument 0: {past} 0 of 384 bytes{sizes}",
                 arg(0, strides=[33, 8, 1])),
                (f"{where}, argument 0: {past} 0 of 384 bytes{sizes}",
                 arg(0, sizes=[2**62, "S", 8], strides=[2**62, 8, 1])),
                (f"{where}, argument 0: {past} 0 of 384 bytes{sizes}",
                 arg(0, sizes=[0, "S", 8], offset=388)),
                ("entry 'block', step 0: the memset of 132 bytes at 0 passes "
                 f"the end of buffer 3 at 128{sizes}", edit(0, bytes=132)),
                ("entry 'block', step 0: the memset of 9223372036854775807 "
                 "bytes at 4 passes", edit(0, bytes=2**63 - 1, offset=4)),
                ("entry 'block', step 0: the copy's source of 100 bytes at 0 "
                 "passes the end of buffer 2 at 96", lambda entry: entry[
                     "steps"].insert(0, {
                         "op": "copy", "from": {"buffer": 2, "offset": 0},
                         "to": {"buffer": 3, "offset": 0}, "bytes": 100})),
                ("entry 'block', step 0: the copy's destination of 64 bytes at "
                 "96 passes the end of buffer 3 at 128", lambda entry: entry[
                     "steps"].insert(0, {
                         "op": "copy", "from": {"buffer": 2, "offset": 0},
                         "to": {"buffer": 3, "offset": 96}, "bytes": 64})),
                (f"entry 'block': 'x' has 384 bytes, and its buffer has 388"
                 f"{sizes}", lambda entry: entry["buffers"][0].update(
                     bytes=["+", ["*", "B", "S", 32], 4])),
                (f"entry 'block': 'y' has 192 bytes, and its buffer has 384"
                 f"{sizes}", lambda entry: entry["outputs"][0].update(
                     dtype="BF16")),
                (f"entry 'block': 'y': the size in bytes overflows{sizes}",
                 lambda entry: entry["outputs"][0].update(
                     shape=["B", 2**61])),
                ("out of memory", lambda entry: entry["buffers"].append(
                    {"kind": "workspace", "bytes": 2**61})),
                (f"expected a workspace of at most {2**62 - 1} bytes, got "
                 f"{2**63 - 1}", lambda entry: entry["buffers"].extend(
                     [{"kind": "workspace", "bytes": 2**62}] * 2))):
            self.refuse_entry(message, change, *self.bench)

    def test_bound_expressions(self):
        for message, value in (
                ("buffer 3: size B - 4 goes below zero with B = 3, S = 4",
                 ["-", "B", 4]),
                ("buffer 3: size floordiv(B, B - 3) divides by zero",
                 ["floordiv", "B", ["-", "B", 3]]),
                ("buffer 3: size ceildiv(B, 0) divides by zero",
                 ["ceildiv", "B", 0]),
                ("buffer 3: size mod(B, 0) divides by zero", ["mod", "B", 0]),
                ("buffer 3: size max(B, min(B, 2) - 3) goes below zero",
                 ["max", "B", ["-", ["min", "B", 2], 3]]),
                (f"buffer 3: size B*{2**62} overflows", ["*", "B", 2**62]),
                (f"buffer 3: size {2**63 - 1} + B overflows",
                 ["+", 2**63 - 1, "B"])):
            self.refuse_entry(f"entry 'block': {message}", lambda entry:
                              entry["buffers"][3].update(bytes=value),
                              *self.bench)

    def test_expression_values(self):
        """Every operator, at the limit of its depth, sizes a buffer right."""
        for value, expected in (
                (["max", 1, ["*", "B", 100], 7], 300),
                (["min", 400, ["*", "B", 100]], 300),
                (["+", ["ceildiv", 7, 2], ["floordiv", 7, 2],
                  ["mod", 7, 4], ["-", "S", "B"]], 11),
                (deep(16), 1)):
            package = BlockPackage()
            entry = package.plan["entries"]["block"]
            entry["buffers"].append({"kind": "workspace", "bytes": value})
            step = {"op": "memset", "buffer": 5, "offset": 0,
                    "bytes": expected, "value": 1}
            entry["steps"].append(step)
            path = self.path("good.attnc")
            package.write(path)
            self.run_ok(path, *self.bench)
            step["bytes"] += 1
            package.write(path)
            self.run_error(f"passes the end of buffer 5 at {expected} ", path,
                           *self.bench)


if __name__ == "__main__":
    unittest.main()
