# RUN: %python %s
"""`attn.norm`: both kinds, with and without scale and bias, odd sizes, values far from 0, against the oracle."""

from differential import Differential

import attnc_ir
import attnc_oracle as oracle


def case(test, dtype, kind, scale, bias):
    features = test.size(1, 700)
    epsilon = float(test.pick(1e-5, 1e-6, 1e-2))
    f = attnc_ir.Function("norm", dtype)
    x = f.input("x", ("B", "S", features))
    s = f.input("s", (features,)) if scale else None
    b = f.input("b", (features,)) if bias else None
    f.output("y", f.normalise(x, attnc_ir.norm(kind, epsilon), scale=s, bias=b))

    def runs():
        for size, offset in ((1.0, 0.0), (30.0, 3.0), (1e-4, 0.0)):
            batch, length = test.size(1, 5), test.size(1, 40)
            inputs = {"x": test.normal((batch, length, features), dtype, size) + offset}
            inputs["x"] = test.rounded(inputs["x"], dtype)
            if scale:
                inputs["s"] = test.normal((features,), dtype)
            if bias:
                inputs["b"] = test.normal((features,), dtype)
            yield inputs, {"y": oracle.norm(inputs["x"], inputs.get("s"), inputs.get("b"), kind=kind, epsilon=epsilon)}

    label = f"{dtype} {kind} {features} epsilon {epsilon} {'scale ' * scale}{'bias' * bias}"
    test.case(label, attnc_ir.module([f]), runs(), dtype=dtype)


test = Differential()
for dtype in ("f32", "bf16", "f16"):
    for kind in ("rms", "layer"):
        for _ in range(test.count(1, 10)):
            case(test, dtype, kind, scale=False, bias=False)
            case(test, dtype, kind, scale=True, bias=bool(test.pick(False, True)))
test.finish()
