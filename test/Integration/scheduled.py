# RUN: %python %s
"""The kernels that are scheduled by hand, interpreted: output and log-sum-exp against the float64 oracle.

Lengths divide nothing; blocks take one work, several, or all of them; every run draws another order of the roles.
"""

import math
import time

from differential import ROOT, Differential
from scheduled_kernel import run_scheduled

import attnc_oracle as oracle

KERNELS = ROOT / "test/Conversion/TileToNVVM"


def causal_from_the_start():
    """j ≤ i: the hand-scheduled kernel has no offset of the queries."""
    return oracle.custom(lambda b, h, i, j: j <= i)


def case(test, name, dim, mask, batch, heads, queries, keys, blocks):
    q = test.normal((batch, heads, queries, dim), "bf16")
    k, v = (test.normal((batch, heads, keys, dim), "bf16") for _ in range(2))
    start = time.perf_counter()
    label = f"{name} B {batch} H {heads} Lq {queries} Lk {keys}, {blocks} blocks"
    try:
        o, lse = run_scheduled(KERNELS / f"{name}.mlir", {0: q, 1: k, 2: v}, {3: q.shape, 4: q.shape[:3]},
                               blocks=blocks, seed=int(test.rng.integers(1 << 31)))
    except test.command_errors as failure:
        return test.fail(label, str(failure))
    seconds = time.perf_counter() - start
    want_o, want_lse = oracle.attention(q, k, v, mask=mask, scale=1 / math.sqrt(dim), with_lse=True)
    error = test.compare(f"{label}, output", o, want_o, 5e-3)
    lse_error = test.compare(f"{label}, log-sum-exp", lse, want_lse, 1e-5)
    print(f"{label}: output {error:.1e}, log-sum-exp {lse_error:.1e}, {seconds:.2f} s")


test = Differential()
for blocks in (1, 5, 132):
    case(test, "attention-d128-full", 128, None, 2, 3, 200, 300, blocks)
    case(test, "attention-d64-full", 64, None, 2, 3, 200, 300, blocks)
    case(test, "attention-d128-causal", 128, causal_from_the_start(), 2, 3, 200, 300, blocks)
test.finish()
