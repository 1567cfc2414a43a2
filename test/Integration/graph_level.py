# RUN: %python %s
"""`attn-decompose-blocks` keeps what blocks compute: its ops, interpreted in float64, give the oracle's blocks."""

from differential import Differential
from graph_interpreter import interpret
from random_blocks import Mha, Mlp, program, random_norm, runs

import attnc_commands

BOUND = 1e-12


def case(test, block):
    text = program(block)
    source = test.directory / "block.mlir"
    source.write_text(text)
    label = f"{block.name} {block.norm} {'biases' * block.biased}"
    try:
        graph = attnc_commands.call("attnc-opt", source, "--attn-decompose-blocks", "--mlir-print-op-generic")
    except test.command_errors as error:
        return test.fail(label, str(error), text)
    for inputs, wants in runs(block, [(2, 7)]):
        got = interpret(graph, "block", inputs)
        test.compare(label, got["y"], wants["y"], BOUND)


test = Differential()
for n in range(test.count(20, 200)):
    kv_heads = test.size(1, 3)
    shared = dict(norm=random_norm(test), biased=bool(test.pick(False, True)), residual=bool(test.pick(False, True)))
    case(test, Mha(test, "f32", test.size(1, 20), kv_heads * test.size(1, 3), kv_heads, 2 * test.size(1, 5),
                   rope=test.pick(None, (1e4, "half"), (5e5, "interleaved")), masked=bool(test.pick(False, True)),
                   **shared))
    activation = test.pick("gelu", "gelu_tanh", "relu", "silu") + test.pick("", "_gate")
    case(test, Mlp(test, "f32", test.size(1, 20), test.size(1, 30), activation, **shared))
test.finish()
