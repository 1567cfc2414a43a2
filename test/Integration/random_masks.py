# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every mask op and forms of custom regions, at random, for the tests of both targets."""

import numpy as np

import attnc_oracle as oracle

#: The methods of `Masks` that make one mask without parts.
KINDS = ("causal", "window", "symmetric", "prefix", "lengths", "document", "packed", "blocks", "dilated", "heads")


class Masks:
    """Random masks of one function: as IR, as the oracle's, with the inputs that they read and their names.

    reach  the widest window, block and distance of a custom region: about a tile or two.
    """

    def __init__(self, test, function, reach=90):
        self.test, self.f, self.reach = test, function, reach
        self.inputs = {}  # name -> f(B, Sq, Sk), the array of one run

    def tensor(self, shape, make):
        """An i32 input; returns the value and a function from a run's inputs to its array."""
        name = f"m{len(self.inputs)}"
        self.inputs[name] = make
        return self.f.input(name, shape, dtype="i32"), lambda inputs: inputs[name]

    def random(self, depth):
        """A mask of 2^depth parts: (IR, inputs → oracle's mask, name)."""
        if depth == 0:
            return getattr(self, self.test.pick(*KINDS))()
        a, a_oracle, a_name = self.random(depth - 1)
        b, b_oracle, b_name = self.random(depth - 1)
        if self.test.pick(True, False):
            return self.f.both(a, b), lambda i: a_oracle(i) & b_oracle(i), f"({a_name} and {b_name})"
        return self.f.either(a, b), lambda i: a_oracle(i) | b_oracle(i), f"({a_name} or {b_name})"

    # Mask ops.

    def causal(self):
        return self.f.causal(), lambda _: oracle.causal(), "causal"

    def window(self):
        left = self.test.size(0, self.reach)
        return self.f.window(left), lambda _: oracle.window(left), f"window {left}"

    def symmetric(self):
        left, right = (self.test.size(0, 3 * self.reach // 4) for _ in range(2))
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
        size, of = self.tensor(("B",), lambda B, Sq, Sk: self.test.integers(1, self.reach, B))
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
        near = self.f.constant(self.test.size(0, self.reach), "index")
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
