# RUN: %python %s
"""Runs give equal bits: again, with any number of threads, and whatever the other sequences of the batch are."""

import numpy as np
from differential import Differential
from random_blocks import plain_mha, plain_mlp, program

test = Differential()
for block in (plain_mha(test), plain_mha(test, "bf16"), plain_mlp(test), plain_mlp(test, "bf16")):
    label, text = f"{block.name} {block.dtype}", program(block)
    w, x = block.weights(), block.x(3, 77)
    try:
        package = test.compile(text)
        first = test.run(package, {"x": x, **w}, ["y"], "--threads=1")["y"]
        for threads in (1, 2, 3, 7):
            again = test.run(package, {"x": x, **w}, ["y"], f"--threads={threads}")["y"]
            test.equal(f"{label}, {threads} threads", again, first)
        alone = test.run(package, {"x": x[1:2], **w}, ["y"])["y"]
        test.equal(f"{label}, alone and in a batch", alone, np.ascontiguousarray(first[1:2]))
        second = test.compile(text)
        test.checks += 1
        if package.read_bytes() != second.read_bytes():
            test.fail(label, "expected two compilations to give equal packages")
    except test.command_errors as error:
        test.fail(label, str(error), text)
test.finish()
