# RUN: %python %s
"""Weights bound by `--weights` and weights as inputs give the same result, which is what the oracle says."""

from differential import BOUNDS, Differential
from random_blocks import plain_mha, plain_mlp, program

import attnc_safetensors


def case(test, block):
    label, text = f"{block.name} {block.dtype}", program(block)
    w, x = block.weights(), block.x(2, 37)
    path = test.directory / f"{block.name}-{block.dtype}.safetensors"
    attnc_safetensors.write(path, {f"{block.name}.{name}": value for name, value in w.items()}, block.dtype)
    try:
        unbound = test.run(test.compile(text), {"x": x, **w}, ["y"])["y"]
        bound = test.run(test.compile(text, weights=path), {"x": x}, ["y"])["y"]
    except test.command_errors as error:
        return test.fail(label, str(error), text)
    test.compare(label, bound, block.expected(x, w), BOUNDS[block.dtype])
    test.compare(f"{label}, bound and unbound", bound, unbound.astype("f8"), BOUNDS[block.dtype])
    print(f"{label}: compared")


def partly_bound(test):
    """A name that the file lacks stays an input."""
    block = plain_mlp(test)
    text = program(block)
    w, x = block.weights(), block.x(1, 5)
    path = test.directory / "partly.safetensors"
    attnc_safetensors.write(path, {"mlp.up": w["up"]})
    rest = {name: value for name, value in w.items() if name != "up"}
    try:
        got = test.run(test.compile(text, weights=path), {"x": x, **rest}, ["y"])["y"]
    except test.command_errors as error:
        return test.fail("partly bound", str(error), text)
    test.compare("partly bound", got, block.expected(x, w), BOUNDS["f32"])


test = Differential()
for dtype in ("f32", "bf16"):
    case(test, plain_mha(test, dtype))
    case(test, plain_mlp(test, dtype))
partly_bound(test)
test.finish()
