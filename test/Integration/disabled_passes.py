# RUN: %python %s
"""Without an optimising pass the result is the same to rounding, and what the oracle says."""

from differential import Differential
from random_blocks import plain_mha, plain_mlp, program, runs

OPTIMISING = ["attn-classify-tiles", "tile-promote-registers"]

test = Differential()
for disabled in [[name] for name in OPTIMISING] + [OPTIMISING]:
    flags = [f"--disable-pass={','.join(disabled)}"]
    for block in (plain_mha(test), plain_mlp(test)):
        test.case(f"{block.name} without {' and '.join(disabled)}", program(block), runs(block, [(1, 1), (2, 131)]),
                  flags=flags)
test.finish()
