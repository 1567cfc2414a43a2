# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cuts random weights for the ranks of random grids and compares each rank's tensor with a slow cut of its own."""

import itertools
import json
import math
import os
import random
import subprocess
import sys

import safetensors_file

GRIDS = [(2,), (3,), (8,), (2, 2), (2, 4), (3, 2)]


def ceildiv(a, b):
    return -(-a // b)


def coordinates(rank, grid):
    """The digits of the rank, the last axis fastest."""
    digits = []
    for size in reversed(grid):
        digits.insert(0, rank % size)
        rank //= size
    return digits


def random_case(rng, grid):
    """(whole shape, pad, split of each dimension, panels)."""
    axes = rng.sample(range(len(grid)), len(grid))
    rank = rng.choice([1, 2, 2, 2, 3])
    whole, pad, split = [], [], []
    for _ in range(rank):
        axis = axes.pop() if axes and rng.random() < 0.7 else None
        group = 1 if axis is None else rng.choice([g for g in range(1, grid[axis] + 1) if grid[axis] % g == 0])
        slices = 1 if axis is None else grid[axis] // group
        size = slices * rng.randint(1, 40)
        split.append((axis, group))
        whole.append(size)
        pad.append(rng.randint(0, min(3 if rng.random() < 0.5 else 0, size - 1)))
    panels = (rng.choice([3, 16, 32]), rng.choice([1, 2]), rng.random() < 0.5) if rank == 2 else None
    if rng.random() < 0.3:
        panels = None
    if rng.random() < 0.1:  # a rank's slice is more than one chunk
        whole[-1] *= 5000 // whole[-1] + 1
    return whole, pad, split, panels


def cut(case, elements, grid, rank):
    """The shape and elements of the rank's slice; None is padding."""
    whole, pad, split, _ = case
    at, offset, size = coordinates(rank, grid), [], []
    for n, (axis, group) in zip(whole, split):
        slices = 1 if axis is None else grid[axis] // group
        size.append(n // slices)
        offset.append(0 if axis is None else at[axis] // group * (n // slices))
    source = [n - p for n, p in zip(whole, pad)]
    result = []
    for index in itertools.product(*map(range, size)):
        position, inside = 0, True
        for i, o, s in zip(index, offset, source):
            inside &= i + o < s
            position = position * s + i + o
        result.append(elements[position] if inside else None)
    return size, result


def pack(size, elements, width, depth, transposed):
    k, n = reversed(size) if transposed else size
    result = [None] * (ceildiv(n, width) * ceildiv(k, depth) * width * depth)
    for i in range(k):
        for j in range(n):
            to = ((j // width * ceildiv(k, depth) + i // depth) * width + j % width) * depth + i % depth
            result[to] = elements[j * k + i if transposed else i * n + j]
    stored = [ceildiv(n, width), ceildiv(k, depth), width]
    return stored + [depth] * (depth != 1), result


def attribute(case):
    whole, pad, split, _ = case
    dims = ", ".join("_" if axis is None else f"{axis} group {group}" for axis, group in split)
    return f"#attn.slice<[{dims}] of {whole}, pad = {pad}>"


def check(directory, rng, grid):
    ranks, weights, arguments, expected = math.prod(grid), {}, [], []
    for index in range(6):
        case = random_case(rng, grid)
        dtype = rng.choice(["F32", "BF16", "F16", "I32"])
        bytes_of = safetensors_file.BYTES[dtype]
        source = [n - p for n, p in zip(case[0], case[1])]
        contents = rng.randbytes(math.prod(source) * bytes_of)
        elements = [contents[i:i + bytes_of] for i in range(0, len(contents), bytes_of)]
        weights[f"w{index}"] = (dtype, source, contents)
        slices = []
        for rank in range(ranks):
            form, local = cut(case, elements, grid, rank)
            if case[3]:
                form, local = pack(form, local, *case[3])
            slices.append((dtype, form, b"".join(e or bytes(bytes_of) for e in local)))
        layout = ""
        if case[3]:
            width, depth, transposed = case[3]
            layout = (f", tile.layout = {{width = {width} : i64, depth = {depth} : i64, "
                      f"transposed = {str(transposed).lower()}}}")
        element = "i32" if dtype == "I32" else dtype.lower()
        arguments.append(f"%a{index}: !tile.buf<{'x'.join(map(str, form))}x{element}, global> "
                         f'{{attn.weight = "w{index}", tile.role = "weight", attn.slice = {attribute(case)}{layout}}}')
        expected.append(slices)
    name = ", ".join(map(str, grid))
    paths = [os.path.join(directory, name) for name in ("in.mlir", "w.safetensors", "a.attnc")]
    with open(paths[0], "w") as file:
        file.write("tile.program @p({}) attributes {{tile.ranks = #tile.ranks<\"g\", [{}]>}} {{}}\n".format(
            ",\n".join(arguments), name))
    with open(paths[1], "wb") as file:
        file.write(safetensors_file.dump(weights))
    subprocess.run(["attnc-test-package", paths[0], "--weights=" + paths[1], "-o", paths[2]], check=True)
    metadata, tensors, _ = safetensors_file.load(paths[2])
    manifest, plan = json.loads(metadata["attnc.manifest"]), json.loads(metadata["attnc.plan"])
    assert manifest["format"] == [1, 1] and manifest["grid"] == {"name": "g", "shape": list(grid)}
    used = set()
    for buffer, slices in zip(plan["entries"]["p"]["buffers"], expected):
        names = buffer.get("tensors") or [buffer["tensor"]] * ranks
        for rank, (name, contents) in enumerate(zip(names, slices)):
            assert tensors[name] == contents, (name, rank)
            used.add(name)
        # What ranks have in common is stored once.
        assert len(set(names)) >= len(set(contents for _, _, contents in slices))
    stored = {name for name in tensors if not name.startswith("attnc.")}
    assert stored == used, stored ^ used


seed = int(os.environ.get("ATTNC_SEED") or random.randrange(2**32))
print("seed", seed)
for grid in GRIDS:
    check(sys.argv[1], random.Random(seed), grid)
