# RUN: %python %s
"""`attn.embedding`, `attn.argmax` and `attn.drop_padding`, against the oracle."""

import numpy as np
from differential import Differential

import attnc_ir
import attnc_oracle as oracle


def embedding_case(test, dtype):
    vocabulary, features = test.size(1, 500), test.size(1, 300)
    f = attnc_ir.Function("embedding", dtype)
    ids = f.input("ids", ("B", "S"), dtype="i32")
    f.output("y", f.embedding(ids, f.input("table", (vocabulary, features))))

    def runs():
        for _ in range(2):
            shape = test.size(1, 5), test.size(1, 50)
            inputs = {"ids": test.rng.integers(0, vocabulary, shape, dtype=np.int32),
                      "table": test.normal((vocabulary, features), dtype)}
            yield inputs, {"y": oracle.embedding(inputs["ids"], inputs["table"])}

    test.case(f"embedding {dtype} {vocabulary}×{features}", attnc_ir.module([f]), runs(), dtype=dtype, bound=0)


def argmax_case(test, dtype, features):
    f = attnc_ir.Function("argmax", dtype)
    f.output("y", f.argmax(f.input("x", ("B", "S", features))))

    def runs():
        shape = test.size(1, 5), test.size(1, 40), features
        distinct = test.normal(shape, dtype)
        ties = test.rng.integers(-3, 3, shape).astype(distinct.dtype)
        negative = np.full(shape, -np.inf, distinct.dtype)
        with_nan = test.normal(shape, dtype)
        with_nan[..., test.rng.integers(features)] = np.nan
        for x in (distinct, ties, negative, with_nan):
            yield {"x": x}, {"y": oracle.argmax(x)}

    test.case(f"argmax {dtype} of {features}", attnc_ir.module([f]), runs(), dtype=dtype)


def drop_padding_case(test, dtype):
    """What is dropped is NaN; two uses, so that one of them is no output."""
    features, padding = test.size(1, 300), test.size(1, 70)
    f = attnc_ir.Function("drop_padding", dtype)
    y = f.drop_padding(f.input("x", ("B", "S", features + padding)), features)
    f.output("y", y)
    f.output("i", f.argmax(y))

    def runs():
        for _ in range(2):
            x = test.normal((test.size(1, 5), test.size(1, 50), features + padding), dtype)
            x[..., features:] = np.nan
            want = x[..., :features]
            yield {"x": x}, {"y": want, "i": oracle.argmax(want)}

    test.case(f"drop_padding {dtype} {features} of {features + padding}", attnc_ir.module([f]), runs(), dtype=dtype, bound=0)


test = Differential()
for dtype in ("f32", "bf16", "f16"):
    for _ in range(test.count(1, 10)):
        embedding_case(test, dtype)
        drop_padding_case(test, dtype)
    for features in (1, 3, 16, test.size(17, 1000)) + tuple(test.size(1, 5000) for _ in range(test.count(0, 10))):
        argmax_case(test, dtype, features)
test.finish()
