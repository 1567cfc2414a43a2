# RUN: %python %s
"""Masks and their combinations, shared by two attentions, against the oracle, with and without the optimising passes.

Windows are narrower and wider than tiles and sequences; offsets leave rows without keys at either end; lengths, prefixes
and documents are random for each sequence, and differ from run to run of one package.
"""

import numpy as np
from differential import Differential

import attnc_ir
import attnc_oracle as oracle


class Masks:
    """Random masks of one function: as IR, as the oracle's, with the inputs that they read and their names."""

    def __init__(self, test, function):
        self.test, self.f = test, function
        self.inputs = {}  # name -> f(B, Sq, Sk), the array of one run

    def tensor(self, shape, make):
        """An i32 input; returns the value and a function from a run's inputs to its array."""
        name = f"m{len(self.inputs)}"
        self.inputs[name] = make
        return self.f.input(name, shape, dtype="i32"), lambda inputs: inputs[name]

    def random(self, depth):
        """A mask of 2^depth parts: (IR, inputs → oracle's mask, name)."""
        if depth == 0:
            return getattr(self, self.test.pick("causal", "window", "symmetric", "prefix", "lengths", "document",
                                                "packed", "blocks", "dilated", "heads"))()
        a, a_oracle, a_name = self.random(depth - 1)
        b, b_oracle, b_name = self.random(depth - 1)
        if self.test.pick(True, False):
            return self.f.both(a, b), lambda i: a_oracle(i) & b_oracle(i), f"({a_name} and {b_name})"
        return self.f.either(a, b), lambda i: a_oracle(i) | b_oracle(i), f"({a_name} or {b_name})"

    # Mask ops.

    def causal(self):
        return self.f.causal(), lambda _: oracle.causal(), "causal"

    def window(self):
        left = self.test.size(0, 90)
        return self.f.window(left), lambda _: oracle.window(left), f"window {left}"

    def symmetric(self):
        left, right = self.test.size(0, 70), self.test.size(0, 70)
        return self.f.window(left, right), lambda _: oracle.window(left, right), f"window {left} {right}"

    def prefix(self):
        ends, of = self.tensor(("B",), lambda B, Sq, Sk: self.test.integers(-3, Sk + 5, B))
        return self.f.prefix(ends), lambda i: oracle.prefix(of(i)), "prefix"

    def lengths(self):
        ends, of = self.tensor(("B",), lambda B, Sq, Sk: self.test.integers(0, Sk, B))
        return self.f.lengths(ends), lambda i: oracle.lengths(of(i)), "lengths"

    def document(self, ordered=False):
        """Ids in any order; the next one sorts them, as packing does."""
        def ids(length):
            def make(B, Sq, Sk):
                values = self.test.integers(-2, 3, (B, {"Sq": Sq, "Sk": Sk}[length]))
                return np.sort(values, axis=1) if ordered else values
            return make
        queries, queries_of = self.tensor(("B", "Sq"), ids("Sq"))
        keys, keys_of = self.tensor(("B", "Sk"), ids("Sk"))
        return (self.f.document(queries, keys), lambda i: oracle.document(queries_of(i), keys_of(i)),
                "packed documents" if ordered else "documents")

    def packed(self):
        return self.document(ordered=True)

    # Custom regions.

    def blocks(self):
        """Blocks on the diagonal, of a size for each sequence: divisions by a value from memory."""
        size, of = self.tensor(("B",), lambda B, Sq, Sk: self.test.integers(1, 80, B))
        mask = self.f.custom([size], """
            %size = tensor.extract %c0[%b] : tensor<?xi32>
            %d = arith.index_cast %size : i32 to index
            %x = arith.divui %i, %d : index
            %y = arith.divui %j, %d : index
            %visible = arith.cmpi eq, %x, %y : index
            attn.yield %visible : i1""")
        return mask, lambda inputs: oracle.custom(
            lambda b, h, i, j: i // of(inputs)[b] == j // of(inputs)[b]), "blocks"

    def dilated(self):
        """Every third key near the row, and far below all of them: remainders, selections, constants from outside."""
        near = self.f.constant(self.test.size(0, 100), "index")
        n = near.value
        mask = self.f.custom([near], """
            %three = arith.constant 3 : index
            %zero = arith.constant 0 : index
            %distance = arith.subi %i, %j : index
            %r = arith.remsi %distance, %three : index
            %third = arith.cmpi eq, %r, %zero : index
            %far = arith.cmpi sgt, %distance, %c0 : index
            %visible = arith.ori %third, %far : i1
            attn.yield %visible : i1""")
        return mask, lambda _: oracle.custom(lambda b, h, i, j: ((i - j) % 3 == 0) | (i - j > n)), f"dilated {n}"

    def heads(self):
        """A row vector, a column vector and the head: nothing of it is known before it is read."""
        rows, rows_of = self.tensor(("B", "Sq"), lambda B, Sq, Sk: self.test.integers(0, Sk, (B, Sq)))
        keys, keys_of = self.tensor(("Sk",), lambda B, Sq, Sk: self.test.integers(0, 3, Sk))
        mask = self.f.custom([rows, keys], """
            %end = tensor.extract %c0[%b, %i] : tensor<?x?xi32>
            %key = tensor.extract %c1[%j] : tensor<?xi32>
            %head = arith.index_cast %h : index to i32
            %position = arith.index_cast %j : index to i32
            %before = arith.cmpi slt, %position, %end : i32
            %mine = arith.cmpi ne, %key, %head : i32
            %visible = arith.andi %before, %mine : i1
            attn.yield %visible : i1""")
        return mask, lambda inputs: oracle.custom(
            lambda b, h, i, j: (j < rows_of(inputs)[b, i]) & (keys_of(inputs)[j] != h)), "heads"


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
