# RUN: %python %s
"""`attn.mha` with all its options, against the oracle."""

from differential import Differential
from random_blocks import Mha, bound, plain_mha, program, random_norm, runs

import attnc_ir

SIZES = [(1, 1), (2, 67), (3, 19)]


def case(test, label, block):
    test.case(f"{label} {block.dtype} H {block.heads}/{block.kv_heads} D {block.dim} hidden {block.hidden}",
              program(block), runs(block, SIZES), dtype=block.dtype, bound=bound(block),
              unbuilt=block.rope is not None and block.rope[1] == "interleaved")


def cross_attention(test, dtype):
    """Keys and values from another sequence of another width, not masked."""
    block = Mha(test, dtype, 72, 4, 2, 24, context=56, masked=False, biased=True,
                norm=("layer", 1e-5, True, True, "pre"))
    f = attnc_ir.Function("cross", dtype)
    x, c = f.input("x", ("B", "S", 72)), f.input("c", ("B", "C", 56))
    f.output("y", block.build(f, x, c))

    def cross_runs():
        for batch, length, source in ((1, 1, 30), (2, 33, 71)):
            values, context, w = block.x(batch, length), test.normal((batch, source, 56), dtype), block.weights()
            yield {"x": values, "c": context, **w}, {"y": block.expected(values, w, context)}

    test.case(f"cross-attention {dtype}", attnc_ir.module([f]), cross_runs(), dtype=dtype)


def random_case(test):
    kv_heads = test.size(1, 3)
    block = Mha(test, test.pick("f32", "f32", "bf16", "f16"), test.size(1, 150), kv_heads * test.size(1, 3), kv_heads,
                8 * test.size(1, 16), rope=test.pick(None, (1e4, "half"), (5e5, "interleaved")),
                masked=bool(test.pick(False, True)), biased=bool(test.pick(False, True)),
                residual=bool(test.pick(False, True)), norm=random_norm(test))
    case(test, "random", block)


test = Differential()
case(test, "usual", plain_mha(test))
case(test, "usual", plain_mha(test, "bf16"))
case(test, "bare", Mha(test, "f32", 40, 3, 3, 16, residual=False, masked=False))
case(test, "biases", Mha(test, "f32", 40, 4, 1, 16, biased=True, norm=("layer", 1e-5, True, True, "pre")))
case(test, "post-norm", Mha(test, "f32", 40, 2, 2, 16, norm=("layer", 1e-5, True, True, "post")))
case(test, "scale", Mha(test, "f32", 40, 2, 2, 16, scale=0.3))
cross_attention(test, "f32")
for _ in range(test.count(3, 60)):
    random_case(test)
test.finish()
