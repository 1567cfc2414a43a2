# RUN: %python %s
"""The generated Hopper kernels of `attn.attention`, interpreted: output and log-sum-exp against the float64 oracle.

`attnc --target=sm_90a` writes programs and kernels at the stage `scheduled`; the interpreter runs them with every role,
barrier and asynchronous copy, each time in another order, and fails on a deadlock and on what the level leaves
undefined. Lengths divide nothing; blocks take one work, several or all of them.
ATTNC_SLOW=1 draws more masks, scores, sizes, plans and sets of passes that are left out.
"""

import json
import re
import time

import numpy as np
from differential import BOUNDS, Differential
from random_masks import KINDS, Masks
from scheduled_kernel import compile_program, run_scheduled_program
from score_forms import FORMS

import attnc_ir
import attnc_oracle as oracle

#: As lib/Pipelines/Stages.cpp has them.
OPTIONAL = ("attn-classify-tiles", "tile-promote-registers", "tile-pipeline-loads", "tile-overlap-products",
            "tile-specialize-warps", "tile-schedule-work", "tile-balance-work", "tile-overlap-work",
            "tile-alternate-warpgroups")
REFUSED = re.compile("error: (expected the tiles of a block to fit, .*)")


def label_of(form):
    """The options of a case that are not what they mostly are."""
    parts = [f"{key} {value.__name__ if callable(value) else value}" for key, value in form.items() if value not in
             (None, (), False)]
    return ", ".join(parts) or "full"


def case(test, lengths=None, may_refuse=False, *, dtype="bf16", heads=2, kv_heads=1, dim=128, value_dim=None, mask=None,
         score=None, sinks=False, lse=True, offset=None, scale=None, size=1.0, place=None, plan=None, without=(),
         static=False):
    """One kernel, run on each (B, Sq, Sk) of `lengths`, two of them at random unless given.

    mask     the name of a kind, or the depth of a random combination.
    size     of the queries and keys: large ones saturate the softmax.
    plan     tile sizes to pin, as `--plan` takes them.
    without  passes to leave out.
    may_refuse  the tiles may be too large: the error that says so is a result.
    """
    shown = dict(dtype=dtype if dtype != "bf16" else None, heads=f"{heads}/{kv_heads}",
                 dim=dim if value_dim is None else f"{dim}/{value_dim}", mask=mask, score=score, sinks=sinks,
                 no_lse=not lse, offset=offset, scale=scale, size=size if size != 1 else None, place=place, plan=plan,
                 without=without, static=static)
    lengths = lengths or [(test.size(1, 2), test.size(1, 300), test.size(1, 400)) for _ in range(2)]
    value_dim = value_dim or dim
    B, Sq, Sk = lengths[0] if static else ("B", "Sq", "Sk")
    f = attnc_ir.Function("attention", dtype)
    q = f.input("q", (B, heads, Sq, dim))
    k, v = f.input("k", (B, kv_heads, Sk, dim)), f.input("v", (B, kv_heads, Sk, value_dim))
    masks = Masks(test, f, reach=250)
    mask_ir, mask_oracle, name = None, lambda _: None, None
    if mask is not None:
        mask_ir, mask_oracle, name = getattr(masks, mask)() if isinstance(mask, str) else masks.random(mask)
        shown["mask"] = name
    score_ir, extra, score_oracle = score(test, f, heads) if score else (None, {}, lambda _: None)
    s = f.input("sinks", (heads,)) if sinks else None
    attributes = {"place": attnc_ir.place(**place) if place else None}
    result = f.attention(q, k, v, mask=mask_ir, score=score_ir, sinks=s, lse=lse, q_offset=offset, scale=scale,
                         **attributes)
    f.output("o", result[0] if lse else result)
    if lse:
        f.output("lse", result[1])
    label, text = label_of(shown), attnc_ir.module([f])

    flags = [f"--disable-pass={','.join(without)}"] * bool(without)
    if plan:
        file = test.directory / "plan.json"
        file.write_text(json.dumps({"attention@sm_90a": plan}))
        flags.append(f"--plan={file}")
    start, errors = time.perf_counter(), []
    try:
        program = compile_program(test.directory, text, *flags)
        for batch, queries, keys in lengths:
            inputs = {"q": test.normal((batch, heads, queries, dim), dtype, size),
                      "k": test.normal((batch, kv_heads, keys, dim), dtype, size),
                      "v": test.normal((batch, kv_heads, keys, value_dim), dtype)}
            inputs |= {name: make(batch, queries, keys) for name, make in (masks.inputs | extra).items()}
            inputs |= {"sinks": test.normal((heads,), dtype, 3)} if sinks else {}
            blocks, order = test.pick(1, 2, 5, 132), int(test.rng.integers(1 << 31))
            got = run_scheduled_program(program, inputs, blocks=blocks, seed=order, seconds=300)
            want, want_lse = oracle.attention(inputs["q"], inputs["k"], inputs["v"], mask=mask_oracle(inputs),
                                              score=score_oracle(inputs), sinks=inputs.get("sinks"), q_offset=offset,
                                              scale=scale, with_lse=True)
            at = f"{label}, B {batch} Sq {queries} Sk {keys}, {blocks} blocks, order {order}"
            errors.append(test.compare(f"{at}: output", got["o"], want, BOUNDS[dtype]))
            if lse:
                test.compare(f"{at}: log-sum-exp", got["lse"], want_lse, 1e-5)
    except test.command_errors as failure:
        refused = REFUSED.search(getattr(failure, "stderr", ""))
        if not (may_refuse and refused):
            return test.fail(label, str(failure), text)
        test.checks += 1
        return print(f"{label}: {refused[1]}")
    print(f"{label}: error at most {max(errors):.1e}, {time.perf_counter() - start:.2f} s")


def nan_case(test):
    """A NaN in one query makes its row NaN and leaves the others alone."""
    f = attnc_ir.Function("attention", "bf16")
    q, k, v = (f.input(name, ("B", 2, "S", 64)) for name in "qkv")
    f.output("o", f.attention(q, k, v, mask=f.causal()))
    program = compile_program(test.directory, attnc_ir.module([f]))
    inputs = {name: test.normal((1, 2, 203, 64), "bf16") for name in "qkv"}
    inputs["q"][0, 1, 170, 3] = np.nan
    test.compare("NaN", run_scheduled_program(program, inputs)["o"],
                 oracle.attention(*inputs.values(), mask=oracle.causal()), BOUNDS["bf16"])


def masks_and_scores(test):
    for kind in KINDS:
        case(test, mask=kind)
    # Fewer keys than queries, so that rows at the top see none; offsets that leave rows without keys at either end.
    case(test, [(2, 300, 131)], mask="causal")
    case(test, [(1, 260, 300)], mask="window", offset=-40)
    case(test, [(1, 70, 200)], mask="symmetric", offset=350)
    for depth in (1, 1, 2):
        case(test, mask=depth, heads=3, kv_heads=3)
    for form in FORMS:
        case(test, score=form, mask=test.pick(None, "causal"), heads=4, kv_heads=2, sinks=bool(test.pick(True, False)))


def shapes(test):
    case(test, [(1, 1, 1), (1, 1, 333), (1, 333, 1)])
    case(test, [(1, 128, 128), (2, 256, 384)], mask="causal")
    for dim in (64, 256, 40, 72, 96):
        case(test, dim=dim, mask=test.pick(None, "causal"))
    case(test, dim=96, value_dim=64, mask="causal")
    case(test, dim=8, value_dim=200)
    case(test, dtype="f16", mask="causal")
    case(test, dtype="f16", dim=64)
    case(test, heads=6, kv_heads=2, dim=64, mask="causal")
    case(test, heads=4, kv_heads=4, lse=False, sinks=True)
    case(test, mask="causal", lse=False, dim=64)
    case(test, [(1, 400, 400)], dim=64, heads=4, static=True, mask="causal")
    case(test, scale=0.25, mask="causal")
    case(test, scale=-0.1)
    case(test, size=6.0, mask="causal")
    nan_case(test)


def ablations(test):
    """Every placement, and every optional pass left out; pairs of passes at random."""
    case(test, place={"scores": "cache"}, mask="causal")
    case(test, place={"weights": "cache"}, dim=64)
    case(test, place={"output": "cache"}, mask="causal", sinks=True)
    case(test, place={"scores": "cache", "weights": "cache", "output": "cache"}, dim=64, mask="causal")
    for name in OPTIONAL:
        case(test, without=(name,), mask="causal")
    case(test, without=("tile-specialize-warps", "tile-promote-registers"), dim=64, mask="document")
    case(test, without=OPTIONAL, mask="causal")


def random_case(test):
    """Anything with anything."""
    dim = 8 * test.size(1, 32)
    kv_heads = test.size(1, 2)
    optional = [name for name in OPTIONAL if test.rng.random() < test.pick(0, 0.2, 0.5)]
    plan = {"n": 16 * test.size(1, 10), "stages": test.size(1, 4), "warpgroups": test.size(1, 3),
            "query_stages": test.size(1, 2)}
    plan = {name: size for name, size in plan.items() if test.rng.random() < 0.4}
    place = {name: test.pick("cache", "register") for name in ("scores", "weights", "output")
             if test.rng.random() < 0.15 and "tile-promote-registers" not in optional}
    case(test, may_refuse=True, dtype=test.pick("bf16", "f16"), heads=kv_heads * test.size(1, 3), kv_heads=kv_heads,
         dim=dim, value_dim=test.pick(None, 8 * test.size(1, 32)), mask=test.pick(None, "causal", 0, 1, 2),
         score=test.pick(None, None, *FORMS), sinks=bool(test.pick(False, True)), lse=bool(test.pick(False, True)),
         offset=test.pick(None, None, test.size(-100, 100)), place=place, plan=plan, without=tuple(optional))


test = Differential()
masks_and_scores(test)
shapes(test)
ablations(test)
for _ in range(test.count(6, 60)):
    pair = tuple(str(name) for name in test.rng.choice(OPTIONAL, 2, replace=False))
    case(test, without=pair, mask=test.pick("causal", "window", None, 1), dim=test.pick(64, 128))
for _ in range(test.count(8, 300)):
    random_case(test)
test.finish()
