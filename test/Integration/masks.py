# RUN: %python %s
"""Masks and their combinations, shared by two attentions, against the oracle, with and without the optimising passes.

Windows are narrower and wider than tiles and sequences; offsets leave rows without keys at either end; lengths, prefixes
and documents are random for each sequence, and differ from run to run of one package.
"""

from differential import Differential
from random_masks import Masks

import attnc_ir
import attnc_oracle as oracle


DISABLED = ("attn-classify-tiles", "tile-promote-registers", "attn-classify-tiles,tile-promote-registers")


def case(test, dtype, kind, disabled=None, place=None):
    """`kind`: the name of a mask, or the depth of a random combination."""
    heads, dim = 2, 8 * test.size(1, 12)
    offset = test.pick(None, None, test.size(-40, 40))
    f = attnc_ir.Function("masked", dtype)
    q = f.input("q", ("B", heads, "Sq", dim))
    k, v = (f.input(name, ("B", 1, "Sk", dim)) for name in "kv")
    masks = Masks(test, f)
    mask, mask_oracle, name = getattr(masks, kind)() if isinstance(kind, str) else masks.random(kind)
    attributes = {"place": place} if place else {}
    o, lse = f.attention(q, k, v, mask=mask, q_offset=offset, lse=True, **attributes)
    f.output("first", o)
    f.output("statistics", lse)
    f.output("second", f.attention(q, v, k, mask=mask, q_offset=offset))

    def runs():
        shapes = (1, test.size(1, 200), test.size(1, 200)), (2, 67, 131), (1, 131, 67), (3, 1, 150)
        for batch, queries, keys in shapes:
            i = {"q": test.normal((batch, heads, queries, dim), dtype), "k": test.normal((batch, 1, keys, dim), dtype),
                 "v": test.normal((batch, 1, keys, dim), dtype)}
            i |= {name: make(batch, queries, keys) for name, make in masks.inputs.items()}
            want = mask_oracle(i)
            first, statistics = oracle.attention(i["q"], i["k"], i["v"], mask=want, q_offset=offset, with_lse=True)
            yield i, {"first": first, "statistics": statistics,
                      "second": oracle.attention(i["q"], i["v"], i["k"], mask=want, q_offset=offset)}

    label = f"{dtype} {name} D {dim} offset {offset}"
    label += f" without {disabled}" if disabled else ""
    test.case(label + " in registers" * bool(place), attnc_ir.module([f]), runs(), dtype=dtype,
              flags=[f"--disable-pass={disabled}"] if disabled else ())


test = Differential()
for kind in ("prefix", "lengths", "document", "packed", "blocks", "dilated", "heads"):
    case(test, "f32", kind)
for n in range(test.count(4, 100)):
    case(test, test.pick("f32", "f32", "f32", "bf16"), n % 3)
for n in range(test.count(3, 60)):
    case(test, "f32", 1 + n % 2, disabled=DISABLED[n % 3])
for n in range(test.count(1, 20)):
    case(test, "f32", 1, place=attnc_ir.place(scores="register", weights="register", output="register"))
test.finish()
