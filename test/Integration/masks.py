# RUN: %python %s
"""Masks and their combinations, shared by two attentions, against the oracle.

Windows are narrower and wider than tiles and sequences; offsets leave rows without keys at either end.
"""

from differential import Differential

import attnc_ir
import attnc_oracle as oracle


def random_mask(test, f, depth):
    """A random mask as IR and as the oracle's, and its name."""
    kind = test.pick("causal", "window", "symmetric") if depth == 0 else test.pick("both", "either")
    if kind == "causal":
        return f.causal(), oracle.causal(), "causal"
    if kind == "window":
        left = test.size(0, 90)
        return f.window(left), oracle.window(left), f"window {left}"
    if kind == "symmetric":
        left, right = test.size(0, 70), test.size(0, 70)
        return f.window(left, right), oracle.window(left, right), f"window {left} {right}"
    a, a_oracle, a_name = random_mask(test, f, depth - 1)
    b, b_oracle, b_name = random_mask(test, f, depth - 1)
    if kind == "both":
        return f.both(a, b), a_oracle & b_oracle, f"({a_name} and {b_name})"
    return f.either(a, b), a_oracle | b_oracle, f"({a_name} or {b_name})"


def case(test, dtype, depth):
    heads, dim = 2, 8 * test.size(1, 12)
    offset = test.pick(None, None, test.size(-40, 40))
    f = attnc_ir.Function("masked", dtype)
    q = f.input("q", ("B", heads, "Sq", dim))
    k, v = (f.input(name, ("B", 1, "Sk", dim)) for name in "kv")
    mask, mask_oracle, name = random_mask(test, f, depth)
    f.output("first", f.attention(q, k, v, mask=mask, q_offset=offset))
    f.output("second", f.attention(q, v, k, mask=mask, q_offset=offset))

    def runs():
        for batch, queries, keys in ((1, test.size(1, 200), test.size(1, 200)), (2, 67, 131), (1, 131, 67)):
            i = {"q": test.normal((batch, heads, queries, dim), dtype), "k": test.normal((batch, 1, keys, dim), dtype),
                 "v": test.normal((batch, 1, keys, dim), dtype)}
            yield i, {"first": oracle.attention(i["q"], i["k"], i["v"], mask=mask_oracle, q_offset=offset),
                      "second": oracle.attention(i["q"], i["v"], i["k"], mask=mask_oracle, q_offset=offset)}

    test.case(f"{dtype} {name} D {dim} offset {offset}", attnc_ir.module([f]), runs(), dtype=dtype)


test = Differential()
for n in range(test.count(8, 100)):
    case(test, test.pick("f32", "f32", "f32", "bf16"), depth=n % 3)
test.finish()
