# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Masks and scores of attention, each as IR and as what it means.

    form.tensors(sizes)          {name: (shape, dtype)} of the inputs that it reads
    form.values(random, sizes)   their arrays for one run, with sizes (B, Sq, Sk)
    mask.build(f, sizes, ins)    the mask in an attnc_ir.Function; None where every key is visible
    mask.visible(at)             a bool for every score
    score.build(f, sizes, ins)   keywords of attnc_ir.Function.attention
    score.value(s, at)           the new scores

What forms mean is written in operators that NumPy and torch share, so that one text is the oracle on either and
FlexAttention's mask_mod and score_mod. The compiler's bindings come in through `f`: a GPU machine needs none.
"""

from collections import namedtuple

import numpy as np

#: Where scores stand: batch, head, query row, its position among the keys, key, and {name: input of a form}. The
#: places are numbers or arrays that broadcast.
At = namedtuple("At", "b h i position j data")


class Form:
    def tensors(self, sizes):
        return {}

    def values(self, random, sizes):
        return {}


# Masks.

class Full(Form):
    def build(self, f, sizes, ins):
        return None

    def visible(self, at):
        return at.j >= 0


class Causal(Form):
    def build(self, f, sizes, ins):
        return f.causal()

    def visible(self, at):
        return at.j <= at.position


class Window(Form):
    def __init__(self, left, right=0):
        self.left, self.right = left, right

    def build(self, f, sizes, ins):
        return f.window(self.left, self.right)

    def visible(self, at):
        return (at.position - self.left <= at.j) & (at.j <= at.position + self.right)


class Ends(Form):
    """`attn.mask.prefix` or `lengths`: the keys before ends[b], which `make(random, sizes)` chooses."""

    def __init__(self, name, make):
        self.name, self.make = name, make

    def tensors(self, sizes):
        return {self.name: (sizes[:1], "i32")}

    def values(self, random, sizes):
        return {self.name: np.asarray(self.make(random, sizes), np.int32)}

    def build(self, f, sizes, ins):
        return getattr(f, self.name)(ins[self.name])

    def visible(self, at):
        return at.j < at.data[self.name][at.b]


class Document(Form):
    """`make(random, shape)` chooses the ids of [B, length]; with equal lengths keys have those of the queries."""

    def __init__(self, make):
        self.make = make

    def tensors(self, sizes):
        batch, queries, keys = sizes
        return {"query_document": ((batch, queries), "i32"), "key_document": ((batch, keys), "i32")}

    def values(self, random, sizes):
        batch, queries, keys = sizes
        ids = np.asarray(self.make(random, (batch, max(queries, keys))), np.int32)
        return {"query_document": ids[:, :queries].copy(), "key_document": ids[:, :keys].copy()}

    def build(self, f, sizes, ins):
        return f.document(ins["query_document"], ins["key_document"])

    def visible(self, at):
        return at.data["query_document"][at.b, at.i] == at.data["key_document"][at.b, at.j]


class Custom(Form):
    """A region of the user's. inputs: {name: (sizes → shape, (random, shape, sizes) → i32 array)}."""

    def __init__(self, body, visible, **inputs):
        self.body, self._visible, self.inputs = body, visible, inputs

    def tensors(self, sizes):
        return {name: (shape(sizes), "i32") for name, (shape, _) in self.inputs.items()}

    def values(self, random, sizes):
        return {name: np.asarray(make(random, shape(sizes), sizes), np.int32)
                for name, (shape, make) in self.inputs.items()}

    def build(self, f, sizes, ins):
        return f.custom([ins[name] for name in self.inputs], self.body)

    def visible(self, at):
        return self._visible(at)


class TensorMask(Form):
    """A bool for each score, in memory."""

    def tensors(self, sizes):
        batch, queries, keys = sizes
        return {"seen": ((batch, 1, queries, keys), "i1")}

    def values(self, random, sizes):
        batch, queries, keys = sizes
        return {"seen": random.random((batch, 1, queries, keys)) < 0.4}

    def build(self, f, sizes, ins):
        return f.mask_tensor(ins["seen"])

    def visible(self, at):
        return at.data["seen"][at.b, 0, at.i, at.j]


class Pair(Form):
    def __init__(self, first, second):
        self.parts = first, second

    def tensors(self, sizes):
        return {name: type_ for part in self.parts for name, type_ in part.tensors(sizes).items()}

    def values(self, random, sizes):
        return {name: value for part in self.parts for name, value in part.values(random, sizes).items()}


class Both(Pair):
    def build(self, f, sizes, ins):
        return f.both(*(part.build(f, sizes, ins) for part in self.parts))

    def visible(self, at):
        return self.parts[0].visible(at) & self.parts[1].visible(at)


class Either(Pair):
    def build(self, f, sizes, ins):
        return f.either(*(part.build(f, sizes, ins) for part in self.parts))

    def visible(self, at):
        return self.parts[0].visible(at) | self.parts[1].visible(at)


def dilated(near, step):
    """Causal, near keys and every step-th before: no tile below the diagonal is empty, few are full."""
    return Custom(f"""
        %near = arith.constant {near} : index
        %step = arith.constant {step} : index
        %zero = arith.constant 0 : index
        %distance = arith.subi %i, %j : index
        %is_near = arith.cmpi slt, %distance, %near : index
        %rest = arith.remui %j, %step : index
        %is_step = arith.cmpi eq, %rest, %zero : index
        %either = arith.ori %is_near, %is_step : i1
        %past = arith.cmpi sge, %distance, %zero : index
        %visible = arith.andi %either, %past : i1
        attn.yield %visible : i1""",
        lambda at: ((at.i - at.j < near) | (at.j % step == 0)) & (at.i >= at.j))


def strided_blocks(size, step):
    """Causal, every step-th block of keys before the row's own: whole tiles are empty."""
    return Custom(f"""
        %size = arith.constant {size} : index
        %step = arith.constant {step} : index
        %zero = arith.constant 0 : index
        %row_block = arith.divui %i, %size : index
        %key_block = arith.divui %j, %size : index
        %apart = arith.subi %row_block, %key_block : index
        %rest = arith.remsi %apart, %step : index
        %is_step = arith.cmpi eq, %rest, %zero : index
        %past = arith.cmpi sge, %i, %j : index
        %visible = arith.andi %is_step, %past : i1
        attn.yield %visible : i1""",
        lambda at: ((at.i // size - at.j // size) % step == 0) & (at.i >= at.j))


def packed_ids(random, shape):
    """Ids of documents one behind the other, of random lengths."""
    return np.cumsum(random.random(shape) < 0.015, axis=1)


MASKS = {
    "full": Full(),
    "causal": Causal(),
    "window_1023": Window(1023),
    "window_100": Window(100),
    "window_3": Window(3),
    "band": Window(100, 30),
    "prefix": Ends("prefix", lambda random, sizes: random.integers(-3, sizes[2] + 5, sizes[0])),
    "lengths": Ends("lengths", lambda random, sizes: random.integers(0, sizes[2] + 1, sizes[0])),
    "prefix_lm": Either(Ends("prefix", lambda random, sizes: random.integers(-3, sizes[2] + 5, sizes[0])), Causal()),
    "prefix_lm_4096": Either(Ends("prefix", lambda random, sizes: np.full(sizes[0], 4096)), Causal()),
    "padded_causal": Both(Ends("lengths", lambda random, sizes: random.integers(1, sizes[2] + 1, sizes[0])), Causal()),
    "documents": Document(lambda random, shape: random.integers(-2, 3, shape)),
    "packed": Both(Document(packed_ids), Causal()),
    "window_of_packed": Both(Document(packed_ids), Window(90, 40)),
    "tensor": TensorMask(),
    "dilated": dilated(512, 7),
    "dilated_small": dilated(90, 7),
    "strided_blocks": strided_blocks(512, 4),
    "strided_blocks_small": strided_blocks(100, 3),
    # Blocks on the diagonal, of a size for each sequence.
    "blocks": Custom("""
        %size = tensor.extract %c0[%b] : tensor<?xi32>
        %d = arith.index_cast %size : i32 to index
        %x = arith.divui %i, %d : index
        %y = arith.divui %j, %d : index
        %visible = arith.cmpi eq, %x, %y : index
        attn.yield %visible : i1""",
        lambda at: at.i // at.data["block_size"][at.b] == at.j // at.data["block_size"][at.b],
        block_size=(lambda sizes: sizes[:1], lambda random, shape, sizes: random.integers(1, 300, shape))),
    # The keys before an end of each row's, but those of the head's own class.
    "rows_and_classes": Custom("""
        %end = tensor.extract %c0[%b, %i] : tensor<?x?xi32>
        %key = tensor.extract %c1[%j] : tensor<?xi32>
        %head = arith.index_cast %h : index to i32
        %position = arith.index_cast %j : index to i32
        %before = arith.cmpi slt, %position, %end : i32
        %other = arith.cmpi ne, %key, %head : i32
        %visible = arith.andi %before, %other : i1
        attn.yield %visible : i1""",
        lambda at: (at.j < at.data["ends"][at.b, at.i]) & (at.data["key_class"][at.j] != at.h),
        ends=(lambda sizes: sizes[:2], lambda random, shape, sizes: random.integers(0, sizes[2] + 1, shape)),
        key_class=(lambda sizes: sizes[2:], lambda random, shape, sizes: random.integers(0, 4, shape))),
    # Another stride in each head.
    "heads": Custom("""
        %two = arith.constant 2 : index
        %zero = arith.constant 0 : index
        %step = arith.addi %h, %two : index
        %rest = arith.remui %j, %step : index
        %first = arith.cmpi eq, %rest, %zero : index
        %past = arith.cmpi sge, %i, %j : index
        %visible = arith.andi %first, %past : i1
        attn.yield %visible : i1""", lambda at: (at.j % (at.h + 2) == 0) & (at.i >= at.j)),
}


# Scores.

class Plain(Form):
    def build(self, f, sizes, ins):
        return {}

    def value(self, s, at):
        return s


class SoftCap(Form):
    def __init__(self, cap):
        self.cap = cap

    def build(self, f, sizes, ins):
        return {"score": ([], f"""
            %cap = arith.constant {float(self.cap)} : f32
            %x = arith.divf %s, %cap : f32
            %t = math.tanh %x : f32
            %result = arith.mulf %t, %cap : f32
            attn.yield %result : f32""")}

    def value(self, s, at):
        return self.cap * _of("tanh", s / self.cap)


class Alibi(Form):
    """Slopes 2^(step · (h + 1)) (Press et al., 2022)."""

    def __init__(self, step):
        self.step = step

    def build(self, f, sizes, ins):
        return {"score": ([], f"""
            %one = arith.constant 1 : index
            %number = arith.addi %h, %one : index
            %n = arith.index_cast %number : index to i32
            %x = arith.sitofp %n : i32 to f32
            %step = arith.constant {float(self.step)} : f32
            %power = arith.mulf %x, %step : f32
            %slope = math.exp2 %power : f32
            %distance = arith.subi %j, %i : index
            %d = arith.index_cast %distance : index to i32
            %y = arith.sitofp %d : i32 to f32
            %bias = arith.mulf %slope, %y : f32
            %result = arith.addf %s, %bias : f32
            attn.yield %result : f32""")}

    def value(self, s, at):
        return s + _of("exp2", self.step * (at.h + 1)) * (at.j - at.i)


class Table(Form):
    """`score_bias`, a tensor that broadcasts. shape: (sizes, heads) → shape, with 1 where it holds for all."""

    def __init__(self, shape, dtype="f32", hidden=0.0):
        self.shape, self.dtype, self.hidden = shape, dtype, hidden

    def tensors(self, sizes):
        return {"bias": (self.shape(sizes), self.dtype)}

    def values(self, random, sizes):
        values = random.standard_normal(self.shape(sizes), dtype=np.float32)
        if self.hidden:
            values = np.where(random.random(values.shape) < self.hidden, np.float32(-np.inf), values)
        return {"bias": values}

    def build(self, f, sizes, ins):
        return {"score_bias": ins["bias"]}

    def value(self, s, at):
        shape = at.data["bias"].shape
        places = (at.b, at.h, at.i, at.j)[4 - len(shape):]
        return s + at.data["bias"][tuple(0 if size == 1 else place for size, place in zip(shape, places))]


class NextQuery(Form):
    """A row vector read one further; behind the edge it reads zeros."""

    def tensors(self, sizes):
        return {"bias": (sizes[:2], "f32")}

    def values(self, random, sizes):
        return {"bias": random.standard_normal(sizes[:2], dtype=np.float32)}

    def build(self, f, sizes, ins):
        return {"score": ([ins["bias"]], f"""
            %one = arith.constant 1 : index
            %next = arith.addi %i, %one : index
            %x = tensor.extract %c0[%b, %next] : {ins["bias"].type}
            %result = arith.addf %s, %x : f32
            attn.yield %result : f32""")}

    def value(self, s, at):
        rows = at.data["bias"].shape[1]
        return s + at.data["bias"][at.b, (at.i + 1) % rows] * (at.i + 1 < rows)


SCORES = {
    "plain": Plain(),
    "soft_cap": SoftCap(50.0),
    "soft_cap_5": SoftCap(5.0),
    "alibi": Alibi(-0.5),
    "table": Table(lambda sizes: (sizes[0], 4, *sizes[1:]), hidden=0.2),
    "narrow_table": Table(lambda sizes: sizes[1:], "bf16"),
    "head_table": Table(lambda sizes: (4, *sizes[1:])),
    "key_bias": Table(lambda sizes: (sizes[0], 1, 1, sizes[2])),
    "next_query": NextQuery(),
}


def _of(function, x):
    """NumPy's or torch's elementwise function."""
    return getattr(x, function)() if hasattr(x, function) else getattr(np, function)(x)
