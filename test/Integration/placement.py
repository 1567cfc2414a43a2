# RUN: %python %s
"""Every placement that compiles gives what the oracle says; one that cannot fit is refused with numbers."""

import re

from differential import Differential
from random_blocks import plain_mha, program, runs

import attnc_ir
from attnc_commands import CommandFailed

PLACEMENTS = [
    {"scores": "register"},
    {"output": "register"},
    {"scores": "cache"},
    {"scores": "register", "weights": "register", "output": "register"},
    {"scores": "cache", "weights": "cache", "output": "cache"},
    {"query": "cache", "key": "cache", "value": "cache", "scores": "register"},
]

test = Differential()
for spaces in PLACEMENTS:
    block = plain_mha(test, place=attnc_ir.place(**spaces))
    test.case(" ".join(f"{buffer}={space}" for buffer, space in spaces.items()), program(block),
              runs(block, [(1, 1), (2, 70)]))

# A key tile never fits into the CPU's vector registers.
block = plain_mha(test, place=attnc_ir.place(key="register"))
try:
    test.compile(program(block))
    test.fail("key=register", "expected a refusal, got a package")
except CommandFailed as refusal:
    test.checks += 1
    if refusal.status != 1 or not re.search(r"error: .*register", refusal.stderr):
        test.fail("key=register", f"expected status 1 and an error that names registers, got {refusal}")
test.finish()
