# REQUIRES: ptxas
# RUN: %python %s
"""A package with code for the CPU and a GPU, run on the CPU: against the oracle, and bit by bit as one for the CPU alone."""

import numpy as np
from differential import Differential

import attnc_ir
import attnc_oracle as oracle


def program(heads, kv_heads, dim):
    f = attnc_ir.Function("attention", "bf16")
    q = f.input("q", ("B", heads, "Sq", dim))
    k, v = (f.input(name, ("B", kv_heads, "Sk", dim)) for name in "kv")
    f.output("o", f.attention(q, k, v, mask=f.causal()))
    return attnc_ir.module([f])


test = Differential()
for heads, kv_heads, dim in ((2, 2, 64), (6, 2, 128)):
    text = program(heads, kv_heads, dim)
    packages = [test.compile(text, f"--target={targets}") for targets in ("cpu", "cpu,sm_90a")]
    for batch, queries, keys in ((1, 1, 1), (2, 67, 150), (1, test.size(1, 300), test.size(1, 300))):
        inputs = {"q": test.normal((batch, heads, queries, dim), "bf16")}
        inputs |= {name: test.normal((batch, kv_heads, keys, dim), "bf16") for name in "kv"}
        label = f"H {heads}/{kv_heads} D {dim} Sq {queries} Sk {keys}"
        alone, beside = (test.run(package, inputs, ["o"])["o"] for package in packages)
        test.compare(label, beside, oracle.attention(*inputs.values(), mask=oracle.causal()), 5e-3)
        test.checks += 1
        if not np.array_equal(alone, beside):
            test.fail(label, "expected the bits of the package for the CPU alone")
test.finish()
