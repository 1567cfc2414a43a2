# RUN: %python %s
"""`attn.mlp` with all activations, gated or not, against the oracle."""

from differential import Differential
from random_blocks import Mlp, bound, plain_mlp, program, random_norm, runs

ACTIVATIONS = ["gelu", "gelu_tanh", "relu", "silu"]
ACTIVATIONS += [name + "_gate" for name in ACTIVATIONS]


def case(test, block):
    norm = "" if block.norm is None else f"{block.norm[4]}-{block.norm[0]} "
    label = f"{block.dtype} {block.activation} {block.hidden}→{block.ffn} {norm}{'biases' * block.biased}"
    test.case(label, program(block), runs(block, [(1, 1), (2, 43)]), dtype=block.dtype, bound=bound(block))


test = Differential()
case(test, plain_mlp(test))
case(test, plain_mlp(test, "bf16"))
for n in range(test.count(1, 8)):
    for activation in ACTIVATIONS:
        dtype = test.pick("f32", "f32", "bf16", "f16")
        case(test, Mlp(test, dtype, test.size(1, 120), test.size(1, 250), activation, norm=random_norm(test),
                       biased=bool(test.pick(False, True)), residual=bool(test.pick(False, True))))
test.finish()
