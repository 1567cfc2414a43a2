# RUN: %python %s
"""What stands behind a collective, on one rank: `attn.epilogue`, `attn.norm` with a residual, and the lookup in one
rank's slice of a table, against the oracle. The sum of the slices' lookups is the whole lookup."""

import numpy as np
from differential import Differential

import attnc_ir
import attnc_oracle as oracle


def epilogue_case(test, dtype, activation, gate):
    features = test.size(1, 300)
    shape = ("B", "S", features)
    f = attnc_ir.Function("epilogue", dtype)
    x, r, b = f.input("x", shape), f.input("r", shape), f.input("b", (features,))
    u, ub = (f.input("u", shape), f.input("ub", (features,))) if gate else (None, None)
    text = f"attn.epilogue {x.name}" + (f" up {u.name}" if gate else "") + f" bias {b.name}"
    text += (f" up_bias {ub.name}" if gate else "") + f" residual {r.name}"
    f.output("y", f.op(text, [x, u, b, ub, r], [shape], {"activation": f"#attn.activation<{activation}>"}))

    def runs():
        size = test.size(1, 5), test.size(1, 40), features
        inputs = {name: test.normal(size, dtype) for name in "xr"} | {"b": test.normal((features,), dtype)}
        want = oracle.linear(inputs["x"], np.eye(features), bias=inputs["b"], activation=activation)
        if gate:
            inputs |= {"u": test.normal(size, dtype), "ub": test.normal((features,), dtype)}
            want = want * (inputs["u"].astype(np.float64) + inputs["ub"])
        yield inputs, {"y": want + inputs["r"]}

    test.case(f"epilogue {dtype} {features} {activation} {'gate' * gate}", attnc_ir.module([f]), runs(), dtype=dtype)


def norm_case(test, dtype, kind, bias, residual):
    features = test.size(1, 700)
    shape = ("B", "S", features)
    f = attnc_ir.Function("norm", dtype)
    x, s = f.input("x", shape), f.input("s", (features,))
    b = f.input("b", (features,)) if bias else None
    r = f.input("r", shape) if residual else None
    text = f"attn.norm {x.name}" + (f" input_bias {b.name}" if bias else "")
    text += (f" residual {r.name}" if residual else "") + f" scale {s.name}"
    y, total = f.op(text, [x, b, r, s], [shape, shape], {"norm": attnc_ir.norm(kind, 1e-5)})
    f.output("y", y)
    f.output("total", total)

    def runs():
        size = test.size(1, 5), test.size(1, 40), features
        inputs = {"x": test.normal(size, dtype), "s": test.normal((features,), dtype)}
        want = inputs["x"].astype(np.float64)
        if bias:
            inputs["b"] = test.normal((features,), dtype)
            want = want + inputs["b"]
        if residual:
            inputs["r"] = test.normal(size, dtype)
            want = want + inputs["r"]
        yield inputs, {"y": oracle.norm(want, inputs["s"], None, kind=kind, epsilon=1e-5), "total": want}

    test.case(f"norm {dtype} {kind} {features} {'bias ' * bias}{'residual' * residual}", attnc_ir.module([f]), runs(),
              dtype=dtype)


def lookup_case(test, dtype):
    ranks, rows, features = test.pick(2, 3, 4), test.size(1, 100), test.size(1, 100)
    vocabulary = ranks * rows
    f = attnc_ir.Function("lookup", dtype)
    ids = f.input("ids", ("B", "S"), dtype="i32")
    table, first = f.input("table", (rows, features)), f.input("first", (1,), dtype="i32")
    f.output("y", f.op(f"attn.embedding {ids.name}, {table.name} first {first.name}", [ids, table, first],
                       [("B", "S", features)], {"vocabulary": vocabulary}))
    whole = test.normal((vocabulary, features), dtype)
    numbers = test.rng.integers(0, vocabulary, (2, 30), dtype=np.int32)

    def slices():
        for rank in range(ranks):
            start = rank * rows
            mine = (numbers >= start) & (numbers < start + rows)
            want = np.where(mine[..., None], oracle.embedding(numbers, whole), 0.0)
            yield ({"ids": numbers, "table": whole[start:start + rows], "first": np.array([start], np.int32)},
                   {"y": want})

    # An id of another rank is no error; every run above would fail if it were.
    text = attnc_ir.module([f])
    test.case(f"lookup {dtype} {ranks} × {rows} × {features}", text, slices(), dtype=dtype, bound=0)
    # An id outside the whole table is one on every rank.
    package = test.compile(text)
    for bad in (-1, vocabulary, np.iinfo(np.int32).min, np.iinfo(np.int32).max):
        inputs, _ = next(slices())
        inputs["ids"] = np.array([[0, bad]], np.int32)
        test.checks += 1
        try:
            test.run(package, inputs, ["y"])
        except test.command_errors:
            continue
        test.fail(f"lookup of {bad} in {vocabulary}", "expected an error")


test = Differential()
for dtype in ("f32", "bf16"):
    for activation in ("none", "silu", "gelu"):
        epilogue_case(test, dtype, activation, gate=bool(test.pick(False, True)))
    for kind in ("rms", "layer"):
        for bias, residual in ((True, False), (False, True), (True, True)):
            norm_case(test, dtype, kind, bias, residual)
    for _ in range(test.count(1, 10)):
        lookup_case(test, dtype)
test.finish()
