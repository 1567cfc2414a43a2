# RUN: %python %s
"""`attn.linear`: every epilogue, transposed weights, odd sizes, against the oracle."""

from itertools import product

from differential import Differential

import attnc_ir
import attnc_oracle as oracle

ACTIVATIONS = ["none", "gelu", "gelu_tanh", "relu", "silu"]


def case(test, dtype, activation, gated, bias, residual, transposed):
    depth, width = test.size(1, 200), test.size(1, 200)
    tokens = test.pick(("T",), ("B", "S"))
    matrix = (width, depth) if transposed else (depth, width)
    shapes = {"w": matrix}
    if gated:
        shapes["up_w"] = matrix
    if bias:
        shapes["b"] = (width,)
    if bias and gated:
        shapes["up_b"] = (width,)

    f = attnc_ir.Function("linear", dtype)
    x = f.input("x", tokens + (depth,))
    v = {name: f.input(name, shape) for name, shape in shapes.items()}
    r = f.input("r", tokens + (width,)) if residual else None
    f.output("y", f.linear(x, v["w"], up_weight=v.get("up_w"), bias=v.get("b"), up_bias=v.get("up_b"), residual=r,
                           activation=activation, transposed=transposed))

    def runs():
        for _ in range(2):
            sizes = tuple(test.size(1, 90 if len(tokens) == 1 else 20) for _ in tokens)
            inputs = {"x": test.normal(sizes + (depth,), dtype, scale=depth ** -0.5)}
            inputs |= {name: test.normal(shape, dtype) for name, shape in shapes.items()}
            if residual:
                inputs["r"] = test.normal(sizes + (width,), dtype)
            yield inputs, {"y": oracle.linear(
                inputs["x"], inputs["w"], up_weight=inputs.get("up_w"), bias=inputs.get("b"),
                up_bias=inputs.get("up_b"), residual=inputs.get("r"), activation=activation, transposed=transposed)}

    flags = {"gated": gated, "bias": bias, "residual": residual, "transposed": transposed}
    options = [name for name, on in flags.items() if on]
    test.case(f"{dtype} {activation} {depth}→{width} {' '.join(options)}", attnc_ir.module([f]), runs(), dtype=dtype)


test = Differential()
combinations = list(product(ACTIVATIONS, *[[False, True]] * 4))
for dtype in ("f32", "bf16", "f16"):
    test.rng.shuffle(combinations)
    # Each activation at least once, then whatever comes.
    chosen = sorted(combinations, key=lambda c: [d for d in combinations if d[0] == c[0]].index(c))
    for options in chosen[:test.count(8, len(combinations))]:
        case(test, dtype, *options)
test.finish()
