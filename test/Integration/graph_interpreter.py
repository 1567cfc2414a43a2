# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Interprets `attn` IR after `attn-decompose-blocks` with the oracle, so that graph passes are tested by numbers.

It reads MLIR's generic form (`--mlir-print-op-generic`), one op a line; score and custom mask regions are not read.
"""

import re

import numpy as np

import attnc_oracle as oracle

_OP = re.compile(r'(?:(%\w+)(?::\d+)? = )?"([\w.]+)"\((.*?)\)(?: <\{(.*?)\}>)?(?: \(\{$| :)')


def interpret(text, entry, inputs):
    """Runs `entry` of a module on {name: array}; returns {name: float64 or int array}."""
    functions = text.split('"func.func"')[1:]
    body = next(f for f in functions if f'sym_name = "{entry}"' in f.partition("\n")[0])
    arguments, results = (_names(body.partition("\n")[0], key) for key in ("arg_attrs", "res_attrs"))
    lines = body.splitlines()[1:]
    values = {value: inputs[name] for value, name in zip(re.findall(r"(%\w+):", lines[0]), arguments)}
    for line in lines:
        match = _OP.match(line.strip())
        if not match:
            continue
        result, op, operands, properties = match[1], match[2], match[3], match[4] or ""
        operands = [values[name] for name in operands.split(", ") if name]
        if op == "func.return":
            return dict(zip(results, operands))
        if op == "attn.split_heads":  # the only op whose operands don't tell its result's shape
            got = oracle.split_heads(operands[0], int(re.search(r"-> tensor<[^x]+x(\d+)x", line)[1]))
        else:
            got = _OPS[op](_segments(operands, properties), properties)
        first = got[0] if isinstance(got, tuple) else got
        values[result] = first
        if isinstance(got, tuple):
            values |= {f"{result}#{i}": value for i, value in enumerate(got)}
    raise ValueError(f"no func.return in @{entry}")


def _names(signature, key):
    attributes = re.search(key + r" = \[(\{.*?\})\]", signature)
    return re.findall(r'attn\.name = "(\w+)"', attributes[1]) if attributes else []


def _segments(operands, properties):
    """Operands by their place in the op's definition, None for an absent one."""
    sizes = re.search(r"operandSegmentSizes = array<i32: (.*?)>", properties)
    if not sizes:
        return operands
    rest = iter(operands)
    return [next(rest) if int(size) else None for size in sizes[1].split(", ")]


def _find(pattern, properties, convert, default=None):
    match = re.search(pattern, properties)
    return convert(match[1]) if match else default


def _norm(operands, properties):
    kind, epsilon = re.search(r"#attn\.norm<(\w+), (\S+?)>", properties).groups()
    return oracle.norm(*operands, kind=kind, epsilon=float(epsilon))


def _rope(operands, properties):
    theta, style = re.search(r"theta = ([^,>]+)(?:, (\w+))?", properties).groups()
    positions = operands[1] if len(operands) > 1 else None
    return oracle.rope(operands[0], theta=float(theta), style=style or "half", positions=positions)


def _linear(operands, properties):
    x, weight, up_weight, bias, up_bias, residual = operands
    return oracle.linear(x, weight, up_weight=up_weight, bias=bias, up_bias=up_bias, residual=residual,
                         activation=_find(r"#attn\.activation<(\w+)>", properties, str, "none"),
                         transposed="transposed" in properties)


def _attention(operands, properties):
    query, key, value, mask, sinks, _ = operands
    scale, q_offset = _find(r"scale = (\S+) :", properties, float), _find(r"q_offset = (\S+) :", properties, int)
    return oracle.attention(query, key, value, mask=mask, sinks=sinks, scale=scale, q_offset=q_offset, with_lse=True)


def _window(operands, properties):
    return oracle.window(_find(r"left = (\d+)", properties, int), _find(r"right = (\d+)", properties, int, 0))


_OPS = {
    "attn.norm": _norm,
    "attn.rope": _rope,
    "attn.linear": _linear,
    "attn.attention": _attention,
    "attn.merge_heads": lambda operands, properties: oracle.merge_heads(operands[0]),
    "attn.embedding": lambda operands, properties: oracle.embedding(*operands),
    "attn.argmax": lambda operands, properties: oracle.argmax(operands[0]),
    "attn.mask.causal": lambda operands, properties: oracle.causal(),
    "attn.mask.window": _window,
    "attn.mask.and": lambda operands, properties: operands[0] & operands[1],
    "attn.mask.or": lambda operands, properties: operands[0] | operands[1],
    "shard.sharding": lambda operands, properties: None,
    "shard.shard": lambda operands, properties: operands[0],
}
