# RUN: %python %s
"""Decoding among ranks: a prompt and steps behind it, in caches of which each rank holds its own part from run to run. The
sharded blocks, run by the interpreter in float64, give what the oracle gives for the whole sequence at once."""

import dataclasses

import numpy as np
from differential import Differential
from graph_interpreter import interpret_ranks

import attnc_commands
import attnc_ir
import attnc_oracle as oracle

BOUND = 1e-11
NORM, ROPE = ("rms", 1e-5), (1e4, "half")
LAYERS = 2


@dataclasses.dataclass
class Decoder:
    """Two blocks with caches. `pad`: heads, query and KV alike, that are declared padding."""
    heads: int
    kv_heads: int
    dim: int
    hidden: int
    ffn: int
    pad: int
    biased: bool
    annotated: str  #: "queries" or "caches": what divides the heads
    mask: str       #: "causal" or "window"
    tokens: bool    #: the tokens are divided too (sequence parallel)

    def shapes(self):
        """Name → shape, and the dimension that has padded heads, without the padding."""
        query, kv, hidden = self.heads * self.dim, self.kv_heads * self.dim, self.hidden
        shapes = {"wq": (hidden, query), "wk": (hidden, kv), "wv": (hidden, kv), "wo": (query, hidden), "n": (hidden,),
                  "up": (hidden, self.ffn), "down": (self.ffn, hidden)}
        return shapes | ({"bq": (query,), "bk": (kv,), "bv": (kv,), "bo": (hidden,)} if self.biased else {})

    HEADS_DIM = {"wq": 1, "wk": 1, "wv": 1, "wo": 0, "bq": 0, "bk": 0, "bv": 0}

    def padding(self, name):
        return [self.pad * self.dim if d == self.HEADS_DIM.get(name) else 0 for d in range(len(self.shapes()[name]))]

    def text(self, capacity):
        f = attnc_ir.Function("decode")
        x, positions = f.input("x", ("B", "S", self.hidden)), f.input("pos", ("B",), dtype="i32")
        x = f.shard(x, 1, 0 if self.tokens else None, for_users=False)
        caches = []
        for layer in range(LAYERS):
            w = {}
            for name, shape in self.shapes().items():
                pad = self.padding(name)
                shape = tuple(n + p for n, p in zip(shape, pad))
                w[name] = f.input(f"l{layer}_{name}", shape, pad=pad if any(pad) else None)
            kv = [f.input(f"l{layer}_{n}", ("B", self.kv_heads + self.pad, capacity, self.dim)) for n in ("keys", "values")]
            if self.annotated == "queries":
                w["wq"], used = f.shard(w["wq"], None, 0), kv
            else:
                used = [f.shard(kv[0], 1, 0), kv[1]]
            w["up"] = f.shard(w["up"], None, 0)
            mask = f.causal() if self.mask == "causal" else f.window(2)
            biases = {n: w[n] for n in ("bq", "bk", "bv", "bo") if n in w}
            x, *new = f.mha(x, w["wq"], w["wk"], w["wv"], w["wo"], **biases, cache=(*used, positions), norm_scale=w["n"],
                            norm=attnc_ir.norm(*NORM), mask=mask, heads=self.heads + self.pad,
                            kv_heads=self.kv_heads + self.pad, head_dim=self.dim, rope=attnc_ir.rope(*ROPE), residual=True)
            x = f.mlp(x, w["up"], w["down"], activation="gelu", residual=True)
            caches += zip(new, kv)
        f.output("y", x)
        for cache, argument in caches:
            f.output("new_" + argument.name[1:], cache, alias=argument)
        return attnc_ir.module([f], grids={"tp": (1, 1)})

    def expected(self, x, layers):
        """All of the sequence at once, and each layer's keys and values."""
        mask, caches = oracle.causal() if self.mask == "causal" else oracle.window(2), []
        for w in layers:
            h = oracle.Norm(*NORM, w["n"])(x)
            keys, values = (oracle.split_heads(oracle.linear(h, w["w" + n], bias=w.get("b" + n)), self.kv_heads) for n in "kv")
            caches += [oracle.rope(keys, theta=ROPE[0], style=ROPE[1]), values]
            x = oracle.mha(x, w["wq"], w["wk"], w["wv"], w["wo"], heads=self.heads, kv_heads=self.kv_heads,
                           **{n: w[n] for n in ("bq", "bk", "bv", "bo") if n in w}, norm=oracle.Norm(*NORM, w["n"]),
                           rope=oracle.Rope(*ROPE), mask=mask, residual=True)
            x = oracle.mlp(x, w["up"], w["down"], activation="gelu", residual=True)
        return x, caches


def random_decoder(test, ranks):
    kv_heads = int(test.pick(*(n for n in range(1, 2 * ranks + 1) if n % ranks == 0 or ranks % n == 0)))
    heads, pad = int(np.lcm(ranks, kv_heads)) * test.pick(1, 2), 0
    # Five heads of three ranks are six, of which one is padding.
    if kv_heads > ranks > 1 and test.pick(False, True):
        pad, heads = test.size(1, ranks - 1), kv_heads
        heads, kv_heads = heads - pad, kv_heads - pad
    return Decoder(heads, kv_heads, 2 * test.size(1, 3), test.size(1, 12), ranks * test.size(1, 4), pad,
                   bool(test.pick(False, True)), test.pick("queries", "caches"), test.pick("causal", "causal", "window"),
                   bool(test.pick(False, False, True)))


def check(test, ranks, data):
    decoder = random_decoder(test, ranks)
    batch, lengths = data * test.size(1, 2), [test.size(1, 5)] + [test.pick(1, 1, 2) for _ in range(4)]
    if decoder.tokens:
        lengths = [ranks * n for n in lengths]
    capacity = sum(lengths) + test.pick(0, 3)
    label = f"{ranks}x{data}: {decoder}, batch {batch}, lengths {lengths} of {capacity}"
    source, text = test.directory / "decode.mlir", decoder.text(capacity)
    source.write_text(text)
    try:
        graph = attnc_commands.call("attnc-opt", source, f"--attnc-sharded-pipeline=grids=tp={ranks}x{data}",
                                    "--mlir-print-op-generic")
    except test.command_errors as error:
        return test.fail(label, str(error), text)
    # Each block has a sum; divided tokens are gathered before each block.
    sums = 2 * LAYERS if ranks > 1 else 0
    expected = (0, sums, sums) if decoder.tokens else (sums, 0, 0)
    got = tuple(graph.count(f'"shard.{kind}"') for kind in ("all_reduce", "reduce_scatter", "all_gather"))
    test.checks += 1
    if got != expected:
        test.fail(label, f"expected {expected} collectives, got {got}", text)

    layers = [{n: test.rng.standard_normal(shape) for n, shape in decoder.shapes().items()} for _ in range(LAYERS)]
    inputs = {f"l{i}_{n}": np.pad(a, [(0, p) for p in decoder.padding(n)]) for i, w in enumerate(layers)
              for n, a in w.items()}
    x = test.rng.standard_normal((batch, sum(lengths), decoder.hidden))
    want, caches = decoder.expected(x, layers)
    heads = decoder.kv_heads + decoder.pad
    slices = max(heads // ranks, 1)
    # What no run has written is poison.
    names = [f"l{i}_{n}" for i in range(LAYERS) for n in ("keys", "values")]
    held = [{n: np.full((batch // data, slices, capacity, decoder.dim), np.nan) for n in names}
            for _ in range(ranks * data)]
    start = 0
    for length in lengths:
        end = start + length
        inputs |= {"x": x[:, start:end], "pos": np.full(batch, start)}
        results = interpret_ranks(graph, "decode", inputs, (ranks, data), held)
        held = [{n: result["new_" + n] for n in names} for result in results]
        for rank, result in enumerate(results):
            mine = np.split(want[:, start:end], data, 0)[rank % data]
            mine = np.split(mine, ranks, 1)[rank // data] if decoder.tokens else mine
            test.compare(f"{label}, rank {rank}, tokens {start} … {end}", result["y"], mine, BOUND)
        start = end
    # Each rank holds the KV heads of its query heads, and all that was appended.
    for rank, mine in enumerate(held):
        first = rank // data * heads // ranks
        for name, whole in zip(names, caches):
            real = max(min(decoder.kv_heads - first, slices), 0)
            part = np.split(whole, data, 0)[rank % data][:, first:first + real]
            test.compare(f"{label}, rank {rank}, {name}", mine[name][:, :real, :start], part, BOUND)
            test.equal(f"{label}, rank {rank}, {name} behind the end", mine[name][:, :, start:],
                       np.full_like(mine[name][:, :, start:], np.nan))


def own_positions(test, ranks):
    """Sequences of one batch that stand at different positions, as after prompts of different lengths."""
    decoder = dataclasses.replace(random_decoder(test, ranks), pad=0, mask="causal", annotated="queries", tokens=False)
    decoder.heads = decoder.kv_heads = ranks
    ends, steps, capacity = [3, 1, 5], 3, 9
    source = test.directory / "positions.mlir"
    source.write_text(decoder.text(capacity))
    graph = attnc_commands.call("attnc-opt", source, f"--attnc-sharded-pipeline=grids=tp={ranks}x1", "--mlir-print-op-generic")
    layers = [{n: test.rng.standard_normal(shape) for n, shape in decoder.shapes().items()} for _ in range(LAYERS)]
    sequences = [test.rng.standard_normal((1, end + steps, decoder.hidden)) for end in ends]
    wants, inputs = [], {f"l{i}_{n}": a for i, w in enumerate(layers) for n, a in w.items()}
    inputs |= {f"l{i}_{n}": np.full((len(ends), ranks, capacity, decoder.dim), np.nan) for i in range(LAYERS)
               for n in ("keys", "values")}
    for b, (sequence, end) in enumerate(zip(sequences, ends)):
        want, caches = decoder.expected(sequence, layers)
        wants.append(want[:, end:])
        for i, cache in enumerate(caches):
            inputs[f"l{i // 2}_{('keys', 'values')[i % 2]}"][b, :, :end] = cache[0, :, :end]
    inputs["x"] = np.concatenate([s[:, end:] for s, end in zip(sequences, ends)])
    inputs["pos"] = np.array(ends)
    for rank, result in enumerate(interpret_ranks(graph, "decode", inputs, (ranks, 1))):
        test.compare(f"positions {ends} on rank {rank} of {ranks}", result["y"], np.concatenate(wants), BOUND)


test = Differential()
for _ in range(test.count(2, 40)):
    for ranks in (1, 2, 3, 4, 8):
        check(test, ranks, 1)
        check(test, ranks, int(test.pick(1, 2, 3)))
for ranks in (1, 2, 3, 4):
    own_positions(test, ranks)
test.finish()
