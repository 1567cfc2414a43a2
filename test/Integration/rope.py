# RUN: %python %s
"""`attn.rope`: both layouts, from 0 and from given positions (also far ones), against the oracle."""

import numpy as np
from differential import Differential

import attnc_ir
import attnc_oracle as oracle


def case(test, dtype, style, from_positions):
    heads, dim = test.size(1, 5), 2 * test.size(1, 80)
    theta = float(test.pick(1e4, 5e5))
    f = attnc_ir.Function("rope", dtype)
    x = f.input("x", ("B", heads, "S", dim))
    p = f.input("p", ("B",), dtype="i32") if from_positions else None
    f.output("y", f.rotate(x, attnc_ir.rope(theta, style), positions=p))

    def runs():
        for _ in range(2):
            batch, length = test.size(1, 4), test.size(1, 60)
            inputs = {"x": test.normal((batch, heads, length, dim), dtype)}
            if from_positions:
                inputs["p"] = test.rng.integers(0, 30000, batch, dtype=np.int32)
            yield inputs, {"y": oracle.rope(inputs["x"], theta=theta, style=style, positions=inputs.get("p"))}

    label = f"{dtype} {style} D {dim} theta {theta:.0e}{' from positions' * from_positions}"
    test.case(label, attnc_ir.module([f]), runs(), dtype=dtype)


test = Differential()
for dtype in ("f32", "bf16", "f16"):
    for style in ("half", "interleaved"):
        for from_positions in (False, True):
            for _ in range(test.count(1, 8)):
                case(test, dtype, style, from_positions)
test.finish()
