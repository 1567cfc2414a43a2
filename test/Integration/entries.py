# RUN: %python %s
"""Two entries of one package: equal ops share kernels, both compute what the oracle says."""

from differential import BOUNDS, Differential
from random_blocks import plain_mha, plain_mlp

import attnc_ir


def function(name, blocks):
    f = attnc_ir.Function(name)
    x = f.input("x", ("B", "S", blocks[0].hidden))
    for block in blocks:
        x = block.build(f, x)
    f.output("y", x)
    return f


test = Differential()
attention, ffn = plain_mha(test), plain_mlp(test, prefix="mlp_")
text = attnc_ir.module([function("layer", [attention, ffn]), function("attention", [plain_mha(test)])])
try:
    package = test.compile(text)
    x, wa, wf = attention.x(2, 45), attention.weights(), ffn.weights()
    inputs = {"x": x, **wa, **{f"mlp_{name}": value for name, value in wf.items()}}
    layer = test.run(package, inputs, ["y"], entry="layer")["y"]
    alone = test.run(package, {"x": x, **wa}, ["y"], entry="attention")["y"]
except test.command_errors as error:
    test.fail("two entries", str(error), text)
else:
    middle = attention.expected(x, wa)
    test.compare("attention alone", alone, middle, BOUNDS["f32"])
    test.compare("attention and MLP", layer, ffn.expected(middle, wf), BOUNDS["f32"])
test.finish()
