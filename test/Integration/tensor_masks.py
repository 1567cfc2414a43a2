# RUN: %python %s
"""Masks and biases that are tensors, computed or in memory, against the oracle.

Each form is IR that makes a tensor as front ends do, and what it means in numpy. Lengths divide nothing, differ from run to run of
one package, and leave rows that see no key; types, sizes of 1 and the rest are random.
"""

from dataclasses import dataclass, field

import numpy as np
from differential import Differential

import attnc_ir
import attnc_oracle as oracle

HEADS, DIM = 4, 24

#: (B, Sq, Sk) of the runs of one package.
LENGTHS = [(2, 67, 67), (1, 131, 43), (3, 37, 150), (1, 1, 203)]


@dataclass
class Form:
    """A tensor mask or bias: its value, the inputs that it reads as name → f(B, Sq, Sk), and what it means.

    visible, bias   None or f(inputs) → f(b, h, i, j) on integer arrays.
    """
    value: attnc_ir.Value
    inputs: dict = field(default_factory=dict)
    visible: object = None
    bias: object = None


class Forms:
    """Makes forms in a function with queries %q and keys %k."""

    def __init__(self, test, f):
        self.test, self.f = test, f
        f.source("""
            %two = arith.constant 2 : index
            %zero = arith.constant 0 : index
            %batch = tensor.dim %q, %zero : {q}
            %lq = tensor.dim %q, %two : {q}
            %lk = tensor.dim %k, %two : {k}
            %inf = arith.constant 0xFF800000 : f32
            %none = arith.constant 0.0 : f32""".format(q=f.query.type, k=f.key.type))

    def generate(self, name, shape, sizes, indices, body, dtype="i1"):
        value = self.f.value(f"%{name}", shape, dtype)
        arguments = ", ".join(f"%{i}: index" for i in indices)
        self.f.source(f"""
            %{name} = tensor.generate {sizes} {{
            ^bb0({arguments}):
              {body}
            }} : {value.type}""")
        return value

    def generic(self, name, shape, sizes, maps, inputs, arguments, body, dtype="i1"):
        """linalg.generic: maps of the inputs, then of the output."""
        value = self.f.value(f"%{name}", shape, dtype)
        loops = ", ".join(f"d{n}" for n in range(len(shape)))
        maps = ", ".join(f"affine_map<({loops}) -> ({m})>" for m in maps)
        iterators = ", ".join(['"parallel"'] * len(shape))
        ins = f"ins({', '.join(i.name for i in inputs)} : {', '.join(i.type for i in inputs)})" if inputs else ""
        self.f.source(f"""
            %{name}_empty = tensor.empty({sizes}) : {value.type}
            %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{iterators}]}} {ins}
              outs(%{name}_empty : {value.type}) {{
            ^bb0({arguments}%unused: {dtype}):
              {body}
            }} -> {value.type}""")
        return value

    def ints(self, name, shape, make):
        return self.f.input(name, shape, dtype="i32"), {name: make}

    # Masks that have an op.

    def causal_generate(self):
        mask = self.generate("m", ("Sq", "Sk"), "%lq, %lk", "ij", """
              %v = arith.cmpi sle, %j, %i : index
              tensor.yield %v : i1""")
        return Form(mask, visible=lambda _: lambda b, h, i, j: j <= i)

    def causal_generic(self):
        """Aligned at the last key, in 64-bit positions, additive."""
        bias = self.generic("m", (1, 1, "Sq", "Sk"), "%lq, %lk", ["d0, d1, d2, d3"], [], "", """
              %i = linalg.index 2 : index
              %j = linalg.index 3 : index
              %shift = arith.subi %lk, %lq : index
              %p = arith.addi %i, %shift : index
              %i64 = arith.index_cast %p : index to i64
              %j64 = arith.index_cast %j : index to i64
              %hidden = arith.cmpi sgt, %j64, %i64 : i64
              %x = arith.select %hidden, %inf, %none : f32
              linalg.yield %x : f32""", "f32")
        return Form(bias, bias=lambda run: lambda b, h, i, j: np.where(j > i + run["k"].shape[2] - run["q"].shape[2],
                                                                       -np.inf, 0))

    def band(self):
        left, right = self.test.size(0, 60), self.test.size(0, 60)
        mask = self.generate("m", ("Sq", "Sk"), "%lq, %lk", "ij", f"""
              %left = arith.constant {left} : index
              %right = arith.constant {right} : index
              %d = arith.subi %j, %i : index
              %below = arith.cmpi sle, %d, %right : index
              %e = arith.subi %i, %j : index
              %far = arith.cmpi sgt, %e, %left : index
              %true = arith.constant true
              %near = arith.xori %far, %true : i1
              %v = arith.andi %below, %near : i1
              tensor.yield %v : i1""")
        return Form(mask, visible=lambda _: lambda b, h, i, j: (i - left <= j) & (j <= i + right))

    def strictly_below(self):
        mask = self.generate("m", ("Sq", "Sk"), "%lq, %lk", "ij", """
              %v = arith.cmpi ult, %j, %i : index
              tensor.yield %v : i1""")
        return Form(mask, visible=lambda _: lambda b, h, i, j: j < i)

    def padding(self):
        lengths, inputs = self.ints("n", ("B",), lambda B, Sq, Sk: self.test.integers(0, Sk, B))
        mask = self.generate("m", ("B", 1, 1, "Sk"), "%batch, %lk", "bhij", f"""
              %n_of = tensor.extract {lengths.name}[%b] : {lengths.type}
              %p = arith.index_cast %j : index to i32
              %v = arith.cmpi slt, %p, %n_of : i32
              tensor.yield %v : i1""")
        return Form(mask, inputs, visible=lambda run: lambda b, h, i, j: j < run["n"][b])

    def documents(self):
        ids, inputs = self.ints("ids", ("B", "Sk"), lambda B, Sq, Sk: np.sort(self.test.integers(0, 3, (B, Sk))))
        own, more = self.ints("own", ("B", "Sq"), lambda B, Sq, Sk: np.sort(self.test.integers(0, 3, (B, Sq))))
        flat = self.generic("same", ("B", "Sq", "Sk"), "%batch, %lq, %lk", ["d0, d1", "d0, d2", "d0, d1, d2"],
                            [own, ids], "%x: i32, %y: i32, ", """
              %v = arith.cmpi eq, %y, %x : i32
              linalg.yield %v : i1""")
        mask = self.f.value("%m", ("B", 1, "Sq", "Sk"), "i1")
        self.f.source(f"""
            %m = tensor.expand_shape {flat.name} [[0, 1], [2], [3]] output_shape [%batch, 1, %lq, %lk]
              : {flat.type} into {mask.type}""")
        return Form(mask, inputs | more, visible=lambda run: lambda b, h, i, j: run["own"][b, i] == run["ids"][b, j])

    def documents_by_broadcast(self):
        """The ids broadcast to whole tensors, which are compared; and causal, computed once for all batches."""
        ids, inputs = self.ints("ids", ("B", "Sk"), lambda B, Sq, Sk: self.test.integers(0, 2, (B, Sk)))
        own, more = self.ints("own", ("B", "Sq"), lambda B, Sq, Sk: self.test.integers(0, 2, (B, Sq)))
        self.f.source(f"""
            %e = tensor.empty(%batch, %lq, %lk) : tensor<?x?x?xi32>
            %rows = linalg.broadcast ins({own.name} : {own.type}) outs(%e : tensor<?x?x?xi32>) dimensions = [2]
            %columns = linalg.broadcast ins({ids.name} : {ids.type}) outs(%e : tensor<?x?x?xi32>) dimensions = [1]
            %same = arith.cmpi eq, %rows, %columns : tensor<?x?x?xi32>""")
        causal = self.generate("causal", ("Sq", "Sk"), "%lq, %lk", "ij", """
              %v = arith.cmpi sge, %i, %j : index
              tensor.yield %v : i1""")
        self.f.source(f"""
            %e1 = tensor.empty(%batch, %lq, %lk) : tensor<?x?x?xi1>
            %all = linalg.broadcast ins({causal.name} : {causal.type}) outs(%e1 : tensor<?x?x?xi1>) dimensions = [0]
            %both = arith.andi %same, %all : tensor<?x?x?xi1>
            %m = tensor.expand_shape %both [[0, 1], [2], [3]] output_shape [%batch, 1, %lq, %lk]
              : tensor<?x?x?xi1> into tensor<?x1x?x?xi1>""")
        return Form(self.f.value("%m", ("B", 1, "Sq", "Sk"), "i1"), inputs | more,
                    visible=lambda run: lambda b, h, i, j: (run["own"][b, i] == run["ids"][b, j]) & (j <= i))

    def prefix_lm(self):
        prefix, inputs = self.ints("p", ("B",), lambda B, Sq, Sk: self.test.integers(0, Sk, B))
        mask = self.generate("m", ("B", 1, "Sq", "Sk"), "%batch, %lq, %lk", "bhij", f"""
              %end = tensor.extract {prefix.name}[%b] : {prefix.type}
              %end_index = arith.index_cast %end : i32 to index
              %before = arith.cmpi slt, %j, %end_index : index
              %causal = arith.cmpi sle, %j, %i : index
              %true = arith.constant true
              %v = arith.select %before, %true, %causal : i1
              tensor.yield %v : i1""")
        return Form(mask, inputs, visible=lambda run: lambda b, h, i, j: (j < run["p"][b]) | (j <= i))

    # Masks that nobody special-cased.

    def congruent(self):
        mask = self.generate("m", (HEADS, "Sq", "Sk"), "%lq, %lk", "hij", """
              %seven = arith.constant 7 : index
              %five = arith.constant 5 : index
              %x = arith.muli %i, %seven : index
              %y = arith.addi %x, %j : index
              %r = arith.remui %y, %five : index
              %v = arith.cmpi ne, %r, %h : index
              tensor.yield %v : i1""")
        return Form(mask, visible=lambda _: lambda b, h, i, j: (i * 7 + j) % 5 != h)

    def strided(self):
        """The last keys and every fifth one, causal (Child et al., 2019)."""
        mask = self.generic("m", ("Sq", "Sk"), "%lq, %lk", ["d0, d1"], [], "", """
              %i = linalg.index 0 : index
              %j = linalg.index 1 : index
              %five = arith.constant 5 : i64
              %four = arith.constant 4 : i64
              %near = arith.constant 9 : i64
              %i64 = arith.index_cast %i : index to i64
              %j64 = arith.index_cast %j : index to i64
              %d = arith.subi %i64, %j64 : i64
              %local = arith.cmpi slt, %d, %near : i64
              %r = arith.remsi %j64, %five : i64
              %column = arith.cmpi eq, %r, %four : i64
              %kept = arith.ori %local, %column : i1
              %causal = arith.cmpi sle, %j64, %i64 : i64
              %v = arith.andi %kept, %causal : i1
              linalg.yield %v : i1""")
        return Form(mask, visible=lambda _: lambda b, h, i, j: ((i - j < 9) | (j % 5 == 4)) & (j <= i))

    def from_the_end(self):
        """Sizes in a region that no mask op has."""
        mask = self.generate("m", ("Sq", "Sk"), "%lq, %lk", "ij", """
              %three = arith.constant 3 : index
              %half = arith.divui %lk, %three : index
              %back = arith.subi %lk, %j : index
              %late = arith.cmpi sle, %back, %half : index
              %v = arith.cmpi sge, %i, %j : index
              %w = arith.ori %late, %v : i1
              tensor.yield %w : i1""")
        return Form(mask, visible=lambda run: lambda b, h, i, j: (run["k"].shape[2] - j <= run["k"].shape[2] // 3)
                    | (j <= i))

    # Masks in memory.

    def bool_keys(self):
        seen = self.f.input("seen", ("B", "Sk"), dtype="i1")
        mask = self.f.value("%m", ("B", 1, 1, "Sk"), "i1")
        self.f.source(f"""
            %m = tensor.expand_shape {seen.name} [[0, 1, 2], [3]] output_shape [%batch, 1, 1, %lk]
              : {seen.type} into {mask.type}""")
        make = lambda B, Sq, Sk: np.arange(Sk) < self.test.integers(0, Sk, (B, 1))  # noqa: E731
        return Form(mask, {"seen": make}, visible=lambda run: lambda b, h, i, j: run["seen"][b, j])

    def bool_scores(self):
        shape = self.test.pick(("B", HEADS, "Sq", "Sk"), ("B", 1, "Sq", "Sk"), (HEADS, "Sq", "Sk"), ("Sq", "Sk"),
                               ("B", 1, "Sq", 1), ("Sq", 1), ("Sk",), (HEADS, 1, 1), ("B", 1, 1, 1))
        mask = self.f.input("seen", shape, dtype="i1")
        return Form(mask, {"seen": lambda *sizes: self.test.rng.random(fill(shape, *sizes)) < 0.6},
                    visible=lambda run: lambda b, h, i, j: at_scores(run["seen"], b, h, i, j))

    def selected_bias(self):
        """torch's masked_fill(~mask, −inf) of a bias."""
        seen = self.f.input("seen", ("B", 1, "Sq", "Sk"), dtype="i1")
        table = self.f.input("table", ("B", 1, "Sq", "Sk"), dtype="f32")
        bias = self.f.value("%m", ("B", 1, "Sq", "Sk"), "f32")
        self.f.source(f"""
            %hidden = tensor.splat %inf[%batch, %lq, %lk] : {bias.type}
            %m = arith.select {seen.name}, {table.name}, %hidden : {seen.type}, {bias.type}""")
        inputs = {"seen": lambda B, Sq, Sk: self.test.rng.random((B, 1, Sq, Sk)) < 0.7,
                  "table": lambda B, Sq, Sk: self.test.normal((B, 1, Sq, Sk))}
        return Form(bias, inputs, bias=lambda run: lambda b, h, i, j:
                    np.where(run["seen"][b, 0, i, j], run["table"][b, 0, i, j], -np.inf))

    # Biases.

    def alibi(self):
        """Slopes 2^(−2(h + 1)), causal by addition (Press et al., 2022)."""
        bias = self.generic("m", (HEADS, "Sq", "Sk"), "%lq, %lk", ["d0, d1, d2"], [], "", """
              %h = linalg.index 0 : index
              %i = linalg.index 1 : index
              %j = linalg.index 2 : index
              %h32 = arith.index_cast %h : index to i32
              %x = arith.sitofp %h32 : i32 to f32
              %one = arith.constant 1.0 : f32
              %n = arith.addf %x, %one : f32
              %minus_two = arith.constant -2.0 : f32
              %power = arith.mulf %n, %minus_two : f32
              %slope = math.exp2 %power : f32
              %d = arith.subi %j, %i : index
              %d32 = arith.index_cast %d : index to i32
              %distance = arith.sitofp %d32 : i32 to f32
              %y = arith.mulf %slope, %distance : f32
              %hidden = arith.cmpi sgt, %j, %i : index
              %added = arith.select %hidden, %inf, %none : f32
              %z = arith.addf %y, %added : f32
              linalg.yield %z : f32""", "f32")
        return Form(bias, bias=lambda _: lambda b, h, i, j:
                    np.where(j > i, -np.inf, 2.0 ** (-2 * (h + 1)) * (j - i)))

    def alibi_table(self):
        """Slopes from a constant, and no mask."""
        self.f.source(f"""
            %slopes = arith.constant dense<[0.5, 0.3, 0.7, 0.01]> : tensor<{HEADS}xf32>""")
        bias = self.generic("m", (HEADS, "Sq", "Sk"), "%lq, %lk", ["d0", "d0, d1, d2"],
                            [self.f.value("%slopes", (HEADS,), "f32")], "%slope: f32, ", """
              %i = linalg.index 1 : index
              %j = linalg.index 2 : index
              %d = arith.subi %j, %i : index
              %d32 = arith.index_cast %d : index to i32
              %distance = arith.sitofp %d32 : i32 to f32
              %y = arith.mulf %slope, %distance : f32
              linalg.yield %y : f32""", "f32")
        slopes = np.float32([0.5, 0.3, 0.7, 0.01]).astype(float)
        return Form(bias, bias=lambda _: lambda b, h, i, j: slopes[h] * (j - i))

    def table(self):
        """A bias in memory; some of it −inf."""
        shape = self.test.pick((HEADS, "Sq", "Sk"), ("B", 1, 1, "Sk"), ("B", HEADS, "Sq", "Sk"), ("Sq", "Sk"),
                               ("B", 1, "Sq", 1), (HEADS, 1, 1), (1, 1, "Sk"), (1,))
        dtype = self.test.pick("f32", "bf16", "f16")
        bias = self.f.input("table", shape, dtype=dtype)

        def make(*sizes):
            x = self.test.normal(fill(shape, *sizes), dtype)
            return np.where(self.test.rng.random(x.shape) < 0.2 * ("Sk" in shape), x.dtype.type(-np.inf), x)
        return Form(bias, {"table": make}, bias=lambda run: lambda b, h, i, j: at_scores(run["table"], b, h, i, j))

    def slice_of_table(self):
        """A window of a larger table, transposed twice, in narrow floats."""
        table = self.f.input("table", (HEADS, "Sq", 300), dtype="bf16")
        self.f.source(f"""
            %part = tensor.extract_slice {table.name}[0, 0, 50] [{HEADS}, %lq, %lk] [1, 1, 1]
              : {table.type} to tensor<{HEADS}x?x?xbf16>
            %e = tensor.empty(%lk, %lq) : tensor<{HEADS}x?x?xbf16>
            %t = linalg.transpose ins(%part : tensor<{HEADS}x?x?xbf16>) outs(%e : tensor<{HEADS}x?x?xbf16>)
              permutation = [0, 2, 1]
            %e2 = tensor.empty(%lq, %lk) : tensor<{HEADS}x?x?xbf16>
            %u = linalg.transpose ins(%t : tensor<{HEADS}x?x?xbf16>) outs(%e2 : tensor<{HEADS}x?x?xbf16>)
              permutation = [0, 2, 1]
            %twice = linalg.map {{ arith.addf }} ins(%u, %u : tensor<{HEADS}x?x?xbf16>, tensor<{HEADS}x?x?xbf16>)
              outs(%e2 : tensor<{HEADS}x?x?xbf16>)""")
        return Form(self.f.value("%twice", (HEADS, "Sq", "Sk"), "bf16"),
                    {"table": lambda B, Sq, Sk: self.test.normal((HEADS, Sq, 300), "bf16")},
                    bias=lambda run: lambda b, h, i, j: 2 * run["table"].astype(float)[h, i, j + 50])


def fill(shape, B, Sq, Sk):
    return tuple({"B": B, "Sq": Sq, "Sk": Sk}.get(n, n) for n in shape)


def at_scores(tensor, b, h, i, j):
    """The elements at these places of what broadcasts to all scores."""
    places = (b, h, i, j)[4 - tensor.ndim:]
    return np.asarray(tensor, dtype=tensor.dtype if tensor.dtype == bool else float)[
        tuple(0 if size == 1 else place for size, place in zip(tensor.shape, places))]


def inputs_of(test, dtype, batch, queries, keys):
    return {"q": test.normal((batch, HEADS, queries, DIM), dtype), "k": test.normal((batch, 2, keys, DIM), dtype),
            "values": test.normal((batch, 2, keys, DIM), dtype)}


def want(run, form, mask=None, **attributes):
    if form.visible:
        own = oracle.custom(form.visible(run))
        mask = own & mask if mask else own
    score = form.bias and (lambda s, b, h, i, j: s + form.bias(run)(b, h, i, j))
    o, lse = oracle.attention(run["q"], run["k"], run["values"], mask=mask, score=score, with_lse=True, **attributes)
    return {"o": o, "lse": lse}


def function(name, dtype, batch="B", queries="Sq", keys="Sk"):
    f = attnc_ir.Function(name, dtype)
    f.query = f.input("q", (batch, HEADS, queries, DIM))
    f.key, f.data = (f.input(n, (batch, 2, keys, DIM)) for n in ("k", "values"))
    return f


def finish(f, form, mask=None, **attributes):
    if form.value.dtype == "i1":
        own = f.mask_tensor(form.value)
        mask = f.both(own, mask) if mask else own
    bias = None if form.value.dtype == "i1" else form.value
    o, lse = f.attention(f.query, f.key, f.data, mask=mask, score_bias=bias, lse=True, **attributes)
    f.output("o", o)
    f.output("lse", lse)
    return attnc_ir.module([f])


def case(test, kind, dtype="f32", masked=False, flags=(), **attributes):
    """`masked`: causal by an op of the user's, too."""
    f = function("attention", dtype)
    form = getattr(Forms(test, f), kind)()
    text = finish(f, form, f.causal() if masked else None, **attributes)

    def runs():
        for lengths in LENGTHS:
            run = inputs_of(test, dtype, *lengths)
            run |= {name: make(*lengths) for name, make in form.inputs.items()}
            yield run, want(run, form, oracle.causal() if masked else None, **attributes)

    label = f"{kind} {dtype} {form.value.type}{' and causal' * masked} {attributes or ''} {' '.join(flags)}"
    test.case(label, text, runs(), dtype=dtype, flags=flags)


def constant_case(test, name, values, dtype):
    """A constant tensor with static lengths; `values` [Sq, Sk] or [H, Sq, Sk]."""
    queries, keys = values.shape[-2:]
    f = function("attention", "f32", queries=queries, keys=keys)
    value = f.value("%constant", values.shape, dtype)
    print_one = {"i1": lambda x: "true" if x else "false",
                 "f32": lambda x: "0xFF800000" if np.isneginf(x) else repr(float(np.float32(x)))}[dtype]

    def write(array):
        return "[" + ", ".join(map(write, array)) + "]" if array.ndim else print_one(array)
    f.source(f"%constant = arith.constant dense<{write(values)}> : {value.type}")
    element = lambda _: lambda b, h, i, j: at_scores(values, b, h, i, j)  # noqa: E731
    form = Form(value, visible=element if dtype == "i1" else None, bias=None if dtype == "i1" else element)

    def runs():
        for batch in (1, 2):
            run = inputs_of(test, "f32", batch, queries, keys)
            yield run, want(run, form)
    test.case(f"constant {name} {value.type}", finish(f, form), runs())


def constants(test):
    queries, keys = test.size(5, 70), test.size(5, 70)
    i, j = np.arange(queries)[:, None], np.arange(keys)
    constant_case(test, "causal", np.where(j > i, -np.inf, 0), "f32")
    constant_case(test, "band", (j - i <= 3) & (j - i >= -9), "i1")
    constant_case(test, "any", test.rng.random((queries, keys)) < 0.5, "i1")
    constant_case(test, "any heads", np.where(test.rng.random((HEADS, queries, keys)) < 0.5, -np.inf,
                                              test.normal((HEADS, queries, keys))), "f32")


def block_case(test, dtype="f32"):
    """attn.mha passes both on."""
    hidden = HEADS * DIM
    f = attnc_ir.Function("block", dtype)
    x = f.input("x", ("B", "S", hidden))
    weights = {n: f.input(n, (hidden, hidden)) for n in ("wq", "wk", "wv", "wo")}
    seen, table = f.input("seen", ("B", 1, 1, "S"), dtype="i1"), f.input("table", (HEADS, "S", "S"))
    f.output("y", f.mha(x, *weights.values(), mask=f.both(f.mask_tensor(seen), f.causal()), score_bias=table,
                        heads=HEADS, kv_heads=HEADS, head_dim=DIM))

    def runs():
        for batch, length in ((2, 67), (1, 131)):
            run = {"x": test.normal((batch, length, hidden), dtype)}
            run |= {n: test.weight((hidden, hidden), dtype) for n in weights}
            run |= {"seen": test.rng.random((batch, 1, 1, length)) < 0.7,
                    "table": test.normal((HEADS, length, length), dtype)}
            heads = {n: (run["x"].astype(float) @ run["w" + n]).reshape(batch, length, HEADS, DIM).transpose(0, 2, 1, 3)
                     for n in "qkv"}
            mask = oracle.causal() & oracle.custom(lambda b, h, i, j: run["seen"][b, 0, 0, j])
            o = oracle.attention(heads["q"], heads["k"], heads["v"], mask=mask,
                                 score=lambda s, b, h, i, j: s + run["table"][h, i, j])
            yield run, {"y": o.transpose(0, 2, 1, 3).reshape(batch, length, hidden) @ run["wo"].astype(float)}
    test.case(f"block {dtype}", attnc_ir.module([f]), runs(), dtype=dtype)


MASKS = ["causal_generate", "causal_generic", "band", "strictly_below", "padding", "documents",
         "documents_by_broadcast", "prefix_lm", "congruent", "strided", "from_the_end", "bool_keys", "bool_scores"]
BIASES = ["selected_bias", "alibi", "alibi_table", "table", "slice_of_table"]

if __name__ == "__main__":
    test = Differential()
    for kind in MASKS + BIASES:
        case(test, kind)
    constants(test)
    block_case(test)
    for n in range(test.count(5, 120)):
        case(test, test.pick(*MASKS, *BIASES), test.pick("f32", "bf16", "f16"), masked=bool(test.pick(False, True)),
             **test.pick({}, {}, {"q_offset": test.size(-40, 40)}))
    for n in range(test.count(2, 40)):
        case(test, test.pick(*MASKS, *BIASES), flags=[f"--disable-pass={test.pick('attn-classify-tiles', 'attn-classify-tiles,tile-promote-registers')}"])
    test.finish()
