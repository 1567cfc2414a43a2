# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Interprets `attn` IR after `attn-decompose-blocks` with the oracle, so that graph passes are tested by numbers.

It reads MLIR's generic form (`--mlir-print-op-generic`), one op a line; score and custom mask regions are not read.
The program of several ranks runs on all of them, in step at its collectives.
"""

import itertools
import re

import numpy as np

import attnc_oracle as oracle

_OP = re.compile(r'(?:(%\w+)(?::\d+)? = )?"([\w.]+)"\((.*?)\)(?: <\{(.*?)\}>)?(?: \{.*?\})?(?: \(\{$| :)')


def interpret(text, entry, inputs):
    """Runs `entry` of a module on {name: array}; returns {name: float64 or int array}."""
    return interpret_ranks(text, entry, inputs, ())[0]


def interpret_ranks(text, entry, inputs, shape, held=None):
    """Runs `entry` on every rank of a grid of this shape, each on its slices; returns a list of {name: array}.

    held: for each rank {name: array} of what it has its own part of, such as caches.
    """
    coordinates = list(itertools.product(*(range(size) for size in shape)))
    held = held or [{}] * len(coordinates)
    ranks = [_execute(text, entry, inputs, place, shape, mine) for place, mine in zip(coordinates, held)]
    results, send = [None] * len(ranks), [None] * len(ranks)
    while None in results:
        requests = []
        for rank, execution in enumerate(ranks):
            try:
                requests.append(execution.send(send[rank]))
            except StopIteration as end:
                results[rank] = end.value
        assert len(requests) in (0, len(ranks)), "ranks differ in their collectives"
        send = [_collective(requests, coordinates, rank) for rank in range(len(requests))] or send
    return results


def _execute(text, entry, inputs, place, shape, held):
    """A generator of one rank: yields (op, operand, properties) at a collective and is sent the result."""
    functions = text.split('"func.func"')[1:]
    body = next(f for f in functions if f'sym_name = "{entry}"' in f.partition("\n")[0])
    signature = body.partition("\n")[0]
    lines = body.splitlines()[1:]
    arguments = re.findall(r"(%\w+):", lines[0])
    attributes = re.search(r"arg_attrs = \[(\{.*?\})\]", signature)[1].split("}, {")
    values = {value: _argument(text, inputs, place, shape, held) for value, text in zip(arguments, attributes)}
    for line in lines:
        match = _OP.match(line.strip())
        if not match:
            continue
        result, op, operands, properties = match[1], match[2], match[3], match[4] or ""
        operands = [values[name] for name in operands.split(", ") if name]
        if op == "func.return":
            return dict(zip(_names(signature, "res_attrs"), operands))
        if op == "attn.split_heads":  # the only op whose operands don't tell its result's shape
            got = oracle.split_heads(operands[0], int(re.search(r"-> tensor<[^x]+x(\d+)x", line)[1]))
        elif op in _COLLECTIVES:
            got = yield op, operands[0], properties
        else:
            got = _OPS[op](_segments(operands, properties), properties)
        first = got[0] if isinstance(got, tuple) else got
        values[result] = first
        if isinstance(got, tuple):
            values |= {f"{result}#{i}": value for i, value in enumerate(got)}
    raise ValueError(f"no func.return in @{entry}")


def _argument(attributes, inputs, place, shape, held):
    """The rank's slice of an input or of a constant."""
    name = re.search(r'attn\.name = "(\w+)"', attributes)
    if name and name[1] in held:
        return held[name[1]]
    constant = re.search(r"attn\.constant = dense<\[?(.*?)\]?> : tensor<(\d+)x", attributes)
    if constant:
        whole = np.resize(np.array([int(n) for n in constant[1].split(",")]), int(constant[2]))
    else:
        whole = inputs[name[1]]
    split = re.search(r"#attn\.slice<\[(.*?)\] of", attributes)
    for dim, entry in enumerate(split[1].split(", ") if split else []):
        if entry != "_":
            axis, _, group = entry.partition(" group ")
            group = int(group or 1)
            whole = np.split(whole, shape[int(axis)] // group, dim)[place[int(axis)] // group]
    return whole


_COLLECTIVES = ("shard.all_reduce", "shard.reduce_scatter", "shard.all_gather")


def _collective(requests, coordinates, rank):
    """The result of a collective on one rank, from every rank's request."""
    op, _, properties = requests[rank]
    assert all(request[0] == op and request[2] == properties for request in requests), "ranks differ"
    axes = [int(axis) for axis in re.search(r"grid_axes = array<i16: (.*?)>", properties)[1].split(",")]
    fixed = [place for axis, place in enumerate(coordinates[rank]) if axis not in axes]
    group = [r for r, place in enumerate(coordinates) if [p for a, p in enumerate(place) if a not in axes] == fixed]
    operands = [requests[r][1] for r in group]
    if op == "shard.all_gather":
        return np.concatenate(operands, _find(r"gather_axis = (\d+)", properties, int))
    total = sum(operands)
    if op == "shard.all_reduce":
        return total
    return np.split(total, len(group), _find(r"scatter_axis = (\d+)", properties, int))[group.index(rank)]


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
    x, input_bias, residual, scale, bias = operands
    for addend in (input_bias, residual):
        x = x if addend is None else x + addend
    return oracle.norm(x, scale, bias, kind=kind, epsilon=float(epsilon)), x


def _epilogue(operands, properties):
    x, up, bias, up_bias, residual = operands
    unit = np.eye(x.shape[-1])
    y = oracle.linear(x, unit, bias=bias, activation=_find(r"#attn\.activation<(\w+)>", properties, str, "none"))
    y = y if up is None else y * oracle.linear(up, unit, bias=up_bias)
    return y if residual is None else y + residual


def _embedding(operands, properties):
    ids, table, *first = operands
    if not first:
        return oracle.embedding(ids, table)
    ids = ids - first[0][0]
    mine = (ids >= 0) & (ids < len(table))
    return np.where(mine[..., None], oracle.embedding(np.where(mine, ids, 0), table), 0.0)


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
    query, key, value, positions, mask, sinks, *_ = operands
    scale, q_offset = _find(r"scale = (\S+) :", properties, float), _find(r"q_offset = (\S+) :", properties, int)
    if positions is not None:
        q_offset, filled = positions, oracle.lengths(positions + query.shape[2])
        mask = filled if mask is None else mask & filled
    return oracle.attention(query, key, value, mask=mask, sinks=sinks, scale=scale, q_offset=q_offset, with_lse=True)


def _window(operands, properties):
    return oracle.window(_find(r"left = (\d+)", properties, int), _find(r"right = (\d+)", properties, int, 0))


_OPS = {
    "attn.norm": _norm,
    "attn.rope": _rope,
    "attn.linear": _linear,
    "attn.attention": _attention,
    "attn.kv_append": lambda operands, properties: oracle.kv_append(*operands),
    "attn.merge_heads": lambda operands, properties: oracle.merge_heads(operands[0]),
    "attn.embedding": _embedding,
    "attn.epilogue": _epilogue,
    "attn.argmax": lambda operands, properties: oracle.argmax(operands[0]),
    "attn.mask.causal": lambda operands, properties: oracle.causal(),
    "attn.mask.window": _window,
    "attn.mask.and": lambda operands, properties: operands[0] & operands[1],
    "attn.mask.or": lambda operands, properties: operands[0] | operands[1],
    "shard.sharding": lambda operands, properties: None,
    "shard.shard": lambda operands, properties: operands[0],
}
