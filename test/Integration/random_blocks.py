# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random `attn.mha` and `attn.mlp` blocks: as IR, with inputs, and with what the oracle makes of them."""

from dataclasses import dataclass, field

from differential import BOUNDS

import attnc_ir
import attnc_oracle as oracle

POSITION = "#attn.norm_position<post>"


@dataclass
class Block:
    """A block on x [B, S, hidden] in function `f`, and its oracle."""
    test: object
    dtype: str
    hidden: int
    name: str = "block"
    shapes: dict = field(default_factory=dict)   #: name of a weight → shape
    options: dict = field(default_factory=dict)  #: attributes for the IR
    norm: tuple = None                           #: (kind, epsilon, has scale, has bias, position)
    prefix: str = ""                             #: of the arguments' names, where a function has two blocks

    def input(self, f, name, *shape):
        self.shapes[name] = shape
        return f.input(self.prefix + name, shape, weight=f"{self.name}.{name}")

    def norm_operands(self, f):
        """Keywords for the builder."""
        if self.norm is None:
            return {}
        kind, epsilon, scale, bias, position = self.norm
        keywords = {"norm": attnc_ir.norm(kind, epsilon)}
        if scale:
            keywords["norm_scale"] = self.input(f, "norm_scale", self.hidden)
        if bias:
            keywords["norm_bias"] = self.input(f, "norm_bias", self.hidden)
        if position == "post":
            keywords["norm_position"] = POSITION
        return keywords

    def weights(self):
        """Fresh values for every weight."""
        return {name: self.test.weight(shape, self.dtype) if len(shape) == 2
                else self.test.normal(shape, self.dtype, 0.5) for name, shape in self.shapes.items()}

    def oracle_norm(self, w):
        if self.norm is None:
            return None
        kind, epsilon, _, _, position = self.norm
        return oracle.Norm(kind, epsilon, w.get("norm_scale"), w.get("norm_bias"), position)

    def x(self, batch, length):
        return self.test.normal((batch, length, self.hidden), self.dtype)


class Mha(Block):
    """heads, kv_heads, dim: head counts and head dim; rope: (theta, style) or None; masked: causal or full."""

    def __init__(self, test, dtype, hidden, heads, kv_heads, dim, *, rope=None, masked=True, biased=False, context=None,
                 residual=True, norm=None, name="mha", prefix="", **options):
        super().__init__(test, dtype, hidden, name, {}, options, norm, prefix)
        self.heads, self.kv_heads, self.dim = heads, kv_heads, dim
        self.rope, self.masked, self.biased, self.context, self.residual = rope, masked, biased, context, residual

    def build(self, f, x, context=None):
        query, kv, source = self.heads * self.dim, self.kv_heads * self.dim, self.context or self.hidden
        shapes = {"wq": (self.hidden, query), "wk": (source, kv), "wv": (source, kv), "wo": (query, self.hidden)}
        w = [self.input(f, name, *shape) for name, shape in shapes.items()]
        if self.biased:
            biases = {name: self.input(f, name, size)
                      for name, size in {"bq": query, "bk": kv, "bv": kv, "bo": self.hidden}.items()}
        else:
            biases = {}
        rope = None if self.rope is None else attnc_ir.rope(*self.rope)
        mask = f.causal() if self.masked else None
        return f.mha(x, *w, **biases, **self.norm_operands(f), context=context, mask=mask, heads=self.heads,
                     kv_heads=self.kv_heads, head_dim=self.dim, rope=rope, residual=self.residual, **self.options)

    def expected(self, x, w, context=None):
        return oracle.mha(x, w["wq"], w["wk"], w["wv"], w["wo"], heads=self.heads, kv_heads=self.kv_heads,
                          bq=w.get("bq"), bk=w.get("bk"), bv=w.get("bv"), bo=w.get("bo"), norm=self.oracle_norm(w),
                          rope=None if self.rope is None else oracle.Rope(*self.rope),
                          mask=oracle.causal() if self.masked else None, context=context, residual=self.residual,
                          scale=self.options.get("scale"))


class Mlp(Block):
    def __init__(self, test, dtype, hidden, ffn, activation, *, biased=False, residual=True, norm=None, name="mlp",
                 prefix="", **options):
        super().__init__(test, dtype, hidden, name, {}, options, norm, prefix)
        self.ffn, self.activation, self.biased, self.residual = ffn, activation, biased, residual

    def build(self, f, x):
        gated = self.activation.endswith("_gate")
        names = ["gate", "up", "down"] if gated else ["up", "down"]
        w = [self.input(f, n, *((self.ffn, self.hidden) if n == "down" else (self.hidden, self.ffn))) for n in names]
        biases = {}
        if self.biased:
            biases = {n + "_bias": self.input(f, n + "_bias", self.hidden if n == "down" else self.ffn) for n in names}
        return f.mlp(x, *w, **biases, **self.norm_operands(f), activation=self.activation, residual=self.residual,
                     **self.options)

    def expected(self, x, w):
        matrices = [w[n] for n in ("gate", "up", "down") if n in w]
        return oracle.mlp(x, *matrices, activation=self.activation, gate_bias=w.get("gate_bias"),
                          up_bias=w.get("up_bias"), down_bias=w.get("down_bias"), norm=self.oracle_norm(w),
                          residual=self.residual)


def program(block, function="block"):
    """A module with the block alone, as the entry `function`: x [B, S, hidden] to y."""
    f = attnc_ir.Function(function, block.dtype)
    f.output("y", block.build(f, f.input("x", ("B", "S", block.hidden))))
    return attnc_ir.module([f])


def runs(block, sizes):
    """(inputs, wants) of a block for each (B, S), with weights as inputs."""
    for batch, length in sizes:
        x, w = block.x(batch, length), block.weights()
        yield {"x": x, **w}, {"y": block.expected(x, w)}


def bound(block):
    """A block in bf16 rounds up to four times in a row, one op once; few elements don't average that out."""
    return BOUNDS[block.dtype] * (2 if block.dtype == "bf16" else 1)


def random_norm(test):
    return test.pick(None, ("rms", 1e-5, True, False, "pre"), ("layer", 1e-5, True, True, "pre"),
                     ("rms", 1e-6, False, False, "pre"), ("layer", 1e-5, True, True, "post"))


def plain_mha(test, dtype="f32", **options):
    """The usual decoder's attention: GQA, RoPE, causal, RMS norm, residual."""
    return Mha(test, dtype, 96, 6, 2, 32, rope=(1e4, "half"), norm=("rms", 1e-5, True, False, "pre"), **options)


def plain_mlp(test, dtype="f32", **options):
    """The usual decoder's MLP: SiLU gate, RMS norm, residual."""
    return Mlp(test, dtype, 96, 200, "silu_gate", norm=("rms", 1e-5, True, False, "pre"), **options)
