# RUN: %python %s
"""The sharded program computes what the unsharded one does: a language model with random sizes, biases, residuals, norms
and annotations, run on every rank of random grids by the interpreter in float64. Ranks agree on what is not divided."""

import numpy as np
from differential import Differential
from graph_interpreter import interpret, interpret_ranks

import attnc_commands

BOUND = 1e-11


def model(test, ranks, data):
    """(text, inputs, what it is) of an embedding, attention, an MLP, a norm and a head."""
    kv_heads = int(test.pick(*(n for n in range(1, 2 * ranks + 1) if n % ranks == 0 or ranks % n == 0)))
    # Query heads are divisible by the ranks, and by the KV heads.
    heads = int(np.lcm(ranks, kv_heads)) * test.pick(1, 2)
    dim, hidden, ffn = 2 * test.size(1, 4), test.size(1, 12), ranks * test.size(1, 5)
    vocabulary, batch, length = ranks * test.size(1, 9), data * test.size(1, 2), ranks * test.size(1, 4)
    biased, residual, gated, tokens = (bool(test.pick(False, True)) for _ in range(4))
    position = test.pick("pre", "post")
    kind = test.pick("rms", "layer")
    shapes = {"table": (vocabulary, hidden), "wq": (hidden, heads * dim), "wk": (hidden, kv_heads * dim),
              "wv": (hidden, kv_heads * dim), "wo": (heads * dim, hidden), "gate": (hidden, ffn), "up": (hidden, ffn),
              "down": (ffn, hidden), "head": (hidden, vocabulary), "scale": (hidden,), "bq": (heads * dim,),
              "bk": (kv_heads * dim,), "bv": (kv_heads * dim,), "bo": (hidden,), "bg": (ffn,), "bu": (ffn,), "bd": (hidden,)}
    types = {name: f"tensor<{'x'.join(map(str, shape))}xf32>" for name, shape in shapes.items()}
    types |= {"ids": f"tensor<{batch}x{length}xi32>"}
    x, logits = f"tensor<{batch}x{length}x{hidden}xf32>", f"tensor<{batch}x{length}x{vocabulary}xf32>"
    split = {"table": "rows", "wq": "columns", "wo": "rows", "gate": "columns", "up": "columns", "down": "rows",
             "head": "columns"}
    split |= {"wk": "columns"} if test.pick(False, True) else {}
    split |= {"ids": "batch"} if data > 1 else {}
    value = {name: f"%s_{name}" if name in split else f"%{name}" for name in types}

    def op(name, names, words, attributes, result):
        operands = ", ".join(types.get(n, x) for n in names)
        return f"{name} {words} {{{attributes}}} : ({operands}) -> {result}"

    norm = f"norm = #attn.norm<{kind}, 1.0e-5>, norm_position = #attn.norm_position<{position}>"
    norm += ", residual" * residual
    qkvo, mlp = ["wq", "wk", "wv", "wo"], ["gate"] * gated + ["up", "down"]
    biases = [f"b{n}" for n in "qkvo"] if biased else []
    mha_words = f"%x0, {', '.join(value[n] for n in qkvo)} " + " ".join(f"{b}(%{b})" for b in biases)
    mlp_biases = (["bg"] * gated + ["bu", "bd"]) if biased else []
    mlp_words = f"%x1, {', '.join(value[n] for n in mlp)} " + " ".join(f"{b}(%{b})" for b in mlp_biases)
    body = [f"%s_{n} = shard.shard %{n} to %{kind_} annotate_for_users : {types[n]}" for n, kind_ in split.items()]
    body += [f"%e = {op('attn.embedding', ['ids', 'table'], value['ids'] + ', ' + value['table'], '', x)}",
             f"%x0 = shard.shard %e to %tokens : {x}" if tokens else f"%x0 = shard.shard %e to %whole : {x}",
             "%x1 = " + op("attn.mha", ["x"] + qkvo + biases + ["scale"], mha_words + " norm(%scale) mask %m",
                           f"heads = {heads} : i64, kv_heads = {kv_heads} : i64, head_dim = {dim} : i64, "
                           f"rope = #attn.rope<theta = 1.0e4>, {norm}", x).replace(") ->", ", !attn.mask) ->"),
             "%x2 = " + op("attn.mlp", ["x"] + mlp + mlp_biases + ["scale"], mlp_words + " norm(%scale)",
                           f"activation = #attn.mlp_activation<silu{'_gate' * gated}>, {norm}", x),
             "%x3 = " + op("attn.norm", ["x", "scale"], "%x2 scale %scale", f"norm = #attn.norm<{kind}, 1.0e-5>", x),
             "%y = " + op("attn.linear", ["x", "head"], f"%x3, {value['head']}", "", logits)]
    arguments = ", ".join(f'%{n}: {t} {{attn.name = "{n}"}}' for n, t in types.items())
    batch_axis = "[1]" if data > 1 else "[]"
    text = f"""module {{
  shard.grid @g(shape = 1x1)
  func.func @model({arguments}) -> ({logits} {{attn.name = "y"}}) {{
    %rows = shard.sharding @g split_axes = [[0]] : !shard.sharding
    %columns = shard.sharding @g split_axes = [[], [0]] : !shard.sharding
    %batch = shard.sharding @g split_axes = [[1]] : !shard.sharding
    %tokens = shard.sharding @g split_axes = [{batch_axis}, [0]] : !shard.sharding
    %whole = shard.sharding @g split_axes = [{batch_axis}] : !shard.sharding
    %m = attn.mask.causal
    """ + "\n    ".join(body) + f"\n    return %y : {logits}\n  }}\n}}\n"
    inputs = {name: test.rng.standard_normal(shape) for name, shape in shapes.items()}
    inputs["ids"] = test.rng.integers(0, vocabulary, (batch, length))
    label = (f"{ranks}x{data}: {heads}/{kv_heads} heads of {dim}, {hidden}, {ffn}, {vocabulary}, {position} {kind}"
             + " biases" * biased + " residual" * residual + " gate" * gated + " tokens" * tokens)
    return text, inputs, label, tokens, residual


def case(test, ranks, data):
    text, inputs, label, tokens, residual = model(test, ranks, data)
    source = test.directory / "model.mlir"
    source.write_text(text)
    try:
        whole, graph = (attnc_commands.call("attnc-opt", source, f"--attnc-sharded-pipeline=grids=g={grid}",
                                            "--mlir-print-op-generic") for grid in ("1x1", f"{ranks}x{data}"))
    except test.command_errors as error:
        return test.fail(label, str(error), text)
    want = interpret(whole, "model", inputs)["y"]
    got = [result["y"] for result in interpret_ranks(graph, "model", inputs, (ranks, data))]
    # Features are whole; tokens and sequences are the rank's. Rank r is (r // data, r % data).
    for rank, y in enumerate(got):
        mine = np.split(want, data, 0)[rank % data]
        test.compare(f"{label}, rank {rank}", y, mine, BOUND)
    # An embedding, two blocks and the head, whose logits are gathered. Divided tokens are gathered before each product,
    # and without a residual to say so a block's sum is not divided again.
    reduces, scatters, gathers = (graph.count(f'"shard.{n}"') for n in ("all_reduce", "reduce_scatter", "all_gather"))
    expected = (0, 0, 0) if ranks == 1 else (3, 0, 1) if not tokens else (0, 3, 4) if residual else (2, 1, 2)
    test.checks += 1
    if (reduces, scatters, gathers) != expected or "shard." in whole:
        test.fail(label, f"expected {expected} collectives, got {reduces, scatters, gathers}", text)


test = Differential()
for _ in range(test.count(2, 60)):
    for ranks in (1, 2, 3, 4, 8):
        case(test, ranks, 1)
        case(test, ranks, int(test.pick(1, 2, 3)))
test.finish()
