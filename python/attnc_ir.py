# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes modules of the `attn` dialect as text.

    f = Function("block", dtype="f32")
    x = f.input("x", ("B", "S", 256))
    w = f.input("w", (256, 512), weight="layers.0.w")
    y = f.linear(x, w, activation="silu")
    f.output("y", y)
    text = module([f], dim_ranges={"S": (1, 4096, 1)})

A shape is a tuple of ints and names; a name is a dynamic dimension, and the same name is the same size. A `Value` is
an SSA name with its type. Nothing is checked here: the compiler does.
"""

from dataclasses import dataclass

_INDENT = "  "


@dataclass(frozen=True)
class Value:
    name: str          #: "%x"
    shape: tuple       #: None for a mask or a scalar
    dtype: str         #: "f32", "bf16", "i32", …; "" for a mask
    value: object = None  #: of a scalar constant

    @property
    def type(self):
        if self.shape is None:
            return self.dtype or "!attn.mask"
        dims = "".join(f"{'?' if isinstance(d, str) else d}x" for d in self.shape)
        return f"tensor<{dims}{self.dtype}>"


def norm(kind="rms", epsilon=1.0e-5):
    return f"#attn.norm<{kind}, {_float(epsilon)}>"


def rope(theta=1.0e4, style="half"):
    return f"#attn.rope<theta = {_float(theta)}{', interleaved' if style == 'interleaved' else ''}>"


def place(**spaces):
    return "#attn.place<" + ", ".join(f"{buffer} = {space}" for buffer, space in spaces.items()) + ">"


def module(functions, dim_ranges=None, grids=None):
    """The text of a module. dim_ranges: {name: (minimum, maximum, divisor)}; grids: {name: shape} of ranks."""
    ranges = ", ".join(f"{name} = [{', '.join(map(str, r))}]" for name, r in (dim_ranges or {}).items())
    attributes = f" attributes {{attn.dim_ranges = {{{ranges}}}}}" if ranges else ""
    lines = [f"{_INDENT}shard.grid @{name}(shape = {'x'.join(map(str, shape))})\n"
             for name, shape in (grids or {}).items()]
    return f"module{attributes} {{\n" + "".join(lines) + "\n".join(f.text() for f in functions) + "}\n"


class Function:
    """One entry. Methods append an op and return its result; keywords are the op's operands and attributes."""

    def __init__(self, name, dtype="f32"):
        self.name, self.dtype = name, dtype
        self._arguments, self._outputs, self._body = {}, [], []
        self._values = 0

    # Interface.

    def input(self, name, shape, *, dtype=None, weight=None, pad=None):
        """An argument, dots in its name as underscores; with `weight`, `--weights` binds it under that name.

        pad: the trailing elements of each dimension that are padding.
        """
        value = Value("%" + name.replace(".", "_"), tuple(shape), dtype or self.dtype)
        attributes = f'attn.name = "{value.name[1:]}"' + _dims(value)
        if weight is not None:
            attributes += f', attn.weight = "{weight}"'
        if pad is not None:
            attributes += f', attn.pad = [{", ".join(map(str, pad))}]'
        self._arguments[value.name] = f"{value.name}: {value.type} {{{attributes}}}"
        return value

    def shard(self, value, *axes, grid="tp", for_users=True):
        """`value`, dimension i of it divided by axis axes[i] of the grid, or whole where that is None.

        for_users: it is taken so; else it is made so.
        """
        name = self._fresh(None).name
        split = ", ".join("[]" if axis is None else f"[{axis}]" for axis in axes)
        self._body.append(f"{name} = shard.sharding @{grid} split_axes = [{split}] : !shard.sharding")
        result = self._fresh(value.shape, value.dtype)
        users = " annotate_for_users" if for_users else ""
        self._body.append(f"{result.name} = shard.shard {value.name} to {name}{users} : {value.type}")
        return result

    def output(self, name, value, alias=None):
        """A result; `alias`: the argument whose memory it is."""
        index = None if alias is None else list(self._arguments).index(alias.name)
        self._outputs.append((name, value, "" if alias is None else f", attn.alias = {index} : i64"))

    def text(self):
        arguments = (",\n" + 2 * _INDENT).join(self._arguments.values())
        results = ", ".join(f'{v.type} {{attn.name = "{n}"{_dims(v)}{alias}}}' for n, v, alias in self._outputs)
        names = ", ".join(v.name for _, v, _ in self._outputs)
        types = ", ".join(v.type for _, v, _ in self._outputs)
        body = "".join(f"{2 * _INDENT}{line}\n" for line in self._body + [f"return {names} : {types}"])
        return f"{_INDENT}func.func @{self.name}({arguments})\n{2 * _INDENT}-> ({results}) {{\n{body}{_INDENT}}}\n"

    def constant(self, value, dtype):
        """A scalar, as a capture of a mask or score region."""
        result = Value(self._fresh(None).name, None, dtype, value)
        self._body.append(f"{result.name} = arith.constant {value} : {dtype}")
        return result

    # Any op.

    def op(self, text, operands, shapes, attributes=None, dtype=None, dtypes=()):
        """Appends `text {attributes} : (types of operands) -> types`; returns the result, or a tuple of them.

        operands  every operand, in the order of the op's definition; None for an absent one.
        shapes    the shape of each result; None for a mask.
        dtypes    the type of each, else `dtype` or the function's.
        """
        dtypes = dtypes or [dtype] * len(shapes)
        results = [self._fresh(shape, t) for shape, t in zip(shapes, dtypes)]
        names = ", ".join(r.name for r in results)
        types = ", ".join(o.type for o in operands if o is not None)
        to = ", ".join(r.type for r in results)
        to = to if len(results) == 1 else f"({to})"
        self._body.append(f"{names} = {text}{_attributes(attributes)} : ({types}) -> {to}")
        return results[0] if len(results) == 1 else tuple(results)

    def source(self, text):
        """Appends IR as it is written; see `value` for its results."""
        self._body += text.strip("\n").splitlines()

    @staticmethod
    def value(name, shape, dtype):
        """A value that `source` defines under this name."""
        return Value(name, tuple(shape), dtype)

    def _fresh(self, shape, dtype=None):
        self._values += 1
        if shape is None:
            return Value(f"%{self._values - 1}", None, "")
        return Value(f"%{self._values - 1}", tuple(shape), dtype or self.dtype)

    # Blocks.

    def mha(self, x, wq, wk, wv, wo, *, bq=None, bk=None, bv=None, bo=None, norm_scale=None, norm_bias=None,
            context=None, cache=None, mask=None, score_bias=None, **attributes):
        """`attn.mha`; cache = (keys, values, positions). attributes: heads, kv_heads, head_dim, rope, norm, …"""
        keys, values, positions = cache or (None, None, None)
        text = (f"attn.mha {_names(x, wq, wk, wv, wo)}" + _group("bq", bq) + _group("bk", bk) + _group("bv", bv)
                + _group("bo", bo) + _group("norm", norm_scale, norm_bias) + _word("context", context))
        if cache:
            text += f" kv({keys.name}, {values.name} at {positions.name})"
        text += _word("mask", mask) + _word("score_bias", score_bias)
        operands = [x, wq, wk, wv, wo, bq, bk, bv, bo, norm_scale, norm_bias, context, keys, values, positions, mask,
                    score_bias]
        shapes = [x.shape[:-1] + (wo.shape[1],)] + ([keys.shape, values.shape] if cache else [])
        return self.op(text, operands, shapes, attributes)

    def mlp(self, x, *weights, gate_bias=None, up_bias=None, down_bias=None, norm_scale=None, norm_bias=None,
            activation, **attributes):
        """`attn.mlp`; weights = ([gate,] up, down); activation: "silu_gate", "gelu", …"""
        text = (f"attn.mlp {_names(x, *weights)}" + _group("bg", gate_bias) + _group("bu", up_bias)
                + _group("bd", down_bias) + _group("norm", norm_scale, norm_bias))
        operands = [x, *weights, gate_bias, up_bias, down_bias, norm_scale, norm_bias]
        attributes = {"activation": f"#attn.mlp_activation<{activation}>", **attributes}
        return self.op(text, operands, [x.shape], attributes)

    # Smaller ops.

    def linear(self, x, weight, *, up_weight=None, bias=None, up_bias=None, residual=None, activation=None,
               transposed=False, **attributes):
        text = (f"attn.linear {_names(x, weight)}" + _word("up", up_weight) + _word("bias", bias)
                + _word("up_bias", up_bias) + _word("residual", residual))
        if activation is not None:
            attributes["activation"] = f"#attn.activation<{activation}>"
        columns = weight.shape[0 if transposed else 1]
        return self.op(text, [x, weight, up_weight, bias, up_bias, residual], [x.shape[:-1] + (columns,)],
                       {**attributes, "transposed": transposed})

    def normalise(self, x, norm, *, scale=None, bias=None):
        text = f"attn.norm {x.name}" + _word("scale", scale) + _word("bias", bias)
        return self.op(text, [x, scale, bias], [x.shape], {"norm": norm})

    def rotate(self, x, rope, *, positions=None):
        return self.op(f"attn.rope {x.name}" + _word("at", positions), [x, positions], [x.shape], {"rope": rope})

    def attention(self, query, key, value, *, mask=None, sinks=None, score=None, score_bias=None, lse=False,
                  **attributes):
        """`attn.attention`; score = (captures, body): see `custom`, with %s : f32 before the places."""
        text = f"attn.attention {_names(query, key, value)}" + _word("mask", mask) + _word("sinks", sinks)
        captures = []
        if score is not None:
            captures, body = score
        text += _group("captures", *captures) + _word("score_bias", score_bias)
        if score is not None:
            text += " score " + _region("%s: f32, ", captures, body)
        shapes = [query.shape[:3] + (value.shape[3],)] + [query.shape[:3]] * lse
        operands = [query, key, value, mask, sinks, *captures, score_bias]
        return self.op(text, operands, shapes, attributes, dtypes=[self.dtype, "f32"])

    def split_heads(self, x, heads):
        batch, length, features = x.shape
        return self._view("split_heads", x, (batch, heads, length, features // heads))

    def merge_heads(self, x):
        batch, heads, length, dim = x.shape
        return self._view("merge_heads", x, (batch, length, heads * dim))

    def _view(self, name, x, shape):
        result = self._fresh(shape, x.dtype)
        self._body.append(f"{result.name} = attn.{name} {x.name} : {x.type} to {result.type}")
        return result

    def embedding(self, ids, table):
        return self.op(f"attn.embedding {_names(ids, table)}", [ids, table], [ids.shape + table.shape[1:]])

    def drop_padding(self, x, features):
        """The first `features` of the last dimension."""
        return self.op(f"attn.drop_padding {x.name}", [x], [x.shape[:-1] + (features,)])

    def argmax(self, x):
        return self.op(f"attn.argmax {x.name}", [x], [x.shape[:-1]], dtype="i32")

    # Masks.

    def causal(self):
        return self._mask("causal")

    def window(self, left, right=None):
        return self._mask(f"window {left}" + ("" if right is None else f", {right}"))

    def prefix(self, ends):
        return self._mask(f"prefix {ends.name} : {ends.type}")

    def lengths(self, ends):
        return self._mask(f"lengths {ends.name} : {ends.type}")

    def document(self, queries, keys):
        return self._mask(f"document {_names(queries, keys)} : {queries.type}, {keys.type}")

    def custom(self, captures, body):
        """`body`: lines of IR over %b, %h, %i, %j : index and the captures as %c0, %c1, …, that end in `attn.yield`."""
        types = " : " + ", ".join(c.type for c in captures) if captures else ""
        return self._mask("custom" + _group("", *captures).strip() + " " + _region("", captures, body) + types)

    def mask_tensor(self, tensor):
        return self._mask(f"tensor {tensor.name} : {tensor.type}")

    def both(self, a, b):
        return self._mask(f"and {_names(a, b)}")

    def either(self, a, b):
        return self._mask(f"or {_names(a, b)}")

    def _mask(self, text):
        result = self._fresh(None)
        self._body.append(f"{result.name} = attn.mask.{text}")
        return result


def _region(first, captures, body):
    places = ", ".join(f"%{p}: index" for p in "bhij")
    arguments = "".join(f", %c{n}: {c.type}" for n, c in enumerate(captures))
    return f"{{\n^bb0({first}{places}{arguments}):\n{body.strip()}\n}}"


def _names(*values):
    return ", ".join(v.name for v in values)


def _word(word, value):
    return "" if value is None else f" {word} {value.name}"


def _group(word, *values):
    present = [v for v in values if v is not None]
    return f" {word}({_names(*present)})" if present else ""


def _attributes(attributes):
    """{…} of a dict: True is a unit attribute, False and None are absent, numbers are i64 and f64."""
    parts = []
    for name, value in (attributes or {}).items():
        if value is None or value is False:
            continue
        if value is True:
            parts.append(name)
        elif isinstance(value, int):
            parts.append(f"{name} = {value} : {'si64' if name == 'q_offset' else 'i64'}")
        elif isinstance(value, float):
            parts.append(f"{name} = {_float(value)} : f64")
        else:
            parts.append(f"{name} = {value}")
    return " {" + ", ".join(parts) + "}" if parts else ""


def _float(x):
    """Shortest text that reads back as the same double, with the point that MLIR wants."""
    text = repr(float(x))
    return text if "." in text else text.replace("e", ".0e")


def _dims(value):
    if not any(isinstance(d, str) for d in value.shape):
        return ""
    return ", attn.dims = [" + ", ".join(f'"{d if isinstance(d, str) else ""}"' for d in value.shape) + "]"
