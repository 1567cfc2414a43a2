# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An attention to compile, its inputs, and what comes out in float64."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attention_forms import MASKS, SCORES, At

#: What `attnc --disable-pass` may leave out of an attention kernel.
OPTIONAL_PASSES = ["tile-promote-registers", "tile-pipeline-loads", "tile-overlap-products", "tile-specialize-warps",
                   "tile-schedule-work", "tile-balance-work", "tile-overlap-work", "tile-alternate-warpgroups",
                   "attn-classify-tiles"]


@dataclass(frozen=True)
class Case:
    """o, lse = attention(q, k, v). A package is named after its case."""
    name: str
    mask: str = "causal"        #: of attention_forms.MASKS
    score: str = "plain"        #: of attention_forms.SCORES
    heads: int = 4
    kv_heads: int = 2
    dim: int = 128
    value_dim: int = 0          #: 0: as dim
    dtype: str = "bf16"
    sizes: tuple = ()           #: (B, Sq, Sk); with () they stay open
    disable: str = ""           #: passes to leave out, by commas
    attributes: dict = field(default_factory=dict)  #: of attn.attention
    about: dict = field(default_factory=dict)       #: whatever its user wants to know

    @property
    def values(self):
        return self.value_dim or self.dim

    def shapes(self, sizes):
        batch, queries, keys = sizes
        return {"q": (batch, self.heads, queries, self.dim), "k": (batch, self.kv_heads, keys, self.dim),
                "v": (batch, self.kv_heads, keys, self.values)}

    def output_shapes(self, sizes):
        batch, queries, _ = sizes
        return {"o": (batch, self.heads, queries, self.values), "lse": (batch, self.heads, queries)}

    def extra_tensors(self, sizes):
        """{name: (shape, dtype)} of the inputs behind q, k and v."""
        return MASKS[self.mask].tensors(sizes) | SCORES[self.score].tensors(sizes)

    def extra_values(self, random, sizes):
        return MASKS[self.mask].values(random, sizes) | SCORES[self.score].values(random, sizes)

    def text(self, ir):
        """The module; `ir` is attnc_ir."""
        sizes = tuple(self.sizes) or ("B", "Sq", "Sk")
        f = ir.Function("attention", self.dtype)
        q, k, v = (f.input(name, shape) for name, shape in self.shapes(sizes).items())
        ins = {name: f.input(name, shape, dtype=dtype) for name, (shape, dtype) in self.extra_tensors(sizes).items()}
        mask = MASKS[self.mask].build(f, sizes, ins)
        o, lse = f.attention(q, k, v, mask=mask, lse=True, **SCORES[self.score].build(f, sizes, ins),
                             **self.attributes)
        f.output("o", o)
        f.output("lse", lse)
        return ir.module([f])


#: The list of a folder's packages.
LIST = "cases.json"


def read_cases(folder):
    """[(Case, row of the list)]; a row has `seconds`, what attnc took, or `error`, what it said."""
    names = Case.__dataclass_fields__
    rows = json.loads((Path(folder) / LIST).read_text())
    return [(Case(**{name: row[name] for name in names} | {"sizes": tuple(row["sizes"])}), row) for row in rows]


def reference_rows(case, inputs, b, h, begin, end):
    """o [rows, Dv] and lse [rows] of query rows begin … end of a head, in float64.

    inputs: arrays of NumPy or tensors of torch, by name.
    """
    kv_head = h * case.kv_heads // case.heads
    query = _double(inputs["q"][b, h, begin:end])
    key, value = (_double(inputs[name][b, kv_head]) for name in "kv")
    keys, offset = key.shape[0], case.attributes.get("q_offset", inputs["k"].shape[2] - inputs["q"].shape[2])
    i, j = _range(query, begin, end)[:, None], _range(query, 0, keys)[None, :]
    at = At(b, h, i, i + offset, j, inputs)
    s = query @ key.T * case.attributes.get("scale", case.dim**-0.5)
    s = SCORES[case.score].value(s, at)
    return softmax_product(_where(MASKS[case.mask].visible(at), s), value)


def softmax_product(s, value):
    """softmax(s) · value and the natural log-sum-exp; a row of −inf gives 0 and −inf."""
    top = s.amax(1, keepdim=True) if hasattr(s, "amax") else s.max(axis=1, keepdims=True)
    unseen = top == -np.inf
    top[unseen] = 0
    if isinstance(s, np.ndarray):
        p = np.exp(s - top)
        with np.errstate(divide="ignore"):
            lse = top + np.log(p.sum(axis=1, keepdims=True))
        total = p.sum(axis=1, keepdims=True)
    else:
        p = (s - top).exp()
        total = p.sum(1, keepdim=True)
        lse = top + total.log()
    total[unseen] = 1
    return p @ value / total, lse[:, 0]


def _double(x):
    return x.double() if hasattr(x, "double") else x.astype(np.float64)


def _range(like, begin, end):
    if isinstance(like, np.ndarray):
        return np.arange(begin, end)
    import torch
    return torch.arange(begin, end, device=like.device)


def _where(visible, s):
    """s where it is visible, else −inf. A number stands for all scores."""
    if isinstance(s, np.ndarray):
        return np.where(visible, s, -np.inf)
    return s.masked_fill(~visible.expand(s.shape), -np.inf)
