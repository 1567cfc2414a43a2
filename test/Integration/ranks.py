# RUN: %python %s
"""Models divided among ranks give what the oracle says, with at most twice the error of one rank.

Compiling is what takes the time, so each model is compiled once for each of several grids, on inputs of its own. Ranks
are threads of one attnc-run; a few cases run as processes.
"""

import collections
import dataclasses
import itertools
import shutil
import subprocess
import time

import numpy as np
from differential import Differential

import attnc_commands
import attnc_ir
import attnc_oracle as oracle
import attnc_safetensors

#: The rounding of one f32: the error of one rank may be smaller by luck.
FLOOR = 2.0 ** -23
#: Ratios of two small errors scatter: where one draw of inputs says more than twice, this many decide.
DRAWS = 16
NORM = ("rms", 1e-5)


@dataclasses.dataclass
class Model:
    """Embedding, attention, MLP and LM head on ids [B, S], or the blocks alone; for any grid that divides it."""
    heads: int
    kv_heads: int
    dim: int
    hidden: int
    ffn: int               #: without the declared padding, as the other sizes
    ffn_pad: int
    vocabulary: int        #: 0: no embedding and no LM head
    vocabulary_pad: int
    logits: int            #: columns of the LM head; 0: the head is the table
    logits_pad: int
    two_axes: bool         #: the grid's second axis divides the batch
    sequence_parallel: bool
    biased: bool
    residual: bool
    gated: bool
    dtype: str = "f32"

    def is_divided_by(self, tp):
        sizes = (self.heads, self.ffn + self.ffn_pad, self.vocabulary + self.vocabulary_pad, self.logits + self.logits_pad)
        return all(n % tp == 0 for n in sizes) and (self.kv_heads % tp == 0 or tp % self.kv_heads == 0)

    def shapes(self):
        """Name → shape of every weight, as in a file."""
        query, kv, hidden, ffn = self.heads * self.dim, self.kv_heads * self.dim, self.hidden, self.ffn
        shapes = {"wq": (hidden, query), "wk": (hidden, kv), "wv": (hidden, kv), "wo": (query, hidden), "n1": (hidden,),
                  "up": (hidden, ffn), "down": (ffn, hidden), "n2": (hidden,)}
        if self.gated:
            shapes["gate"] = (hidden, ffn)
        if self.biased:
            shapes |= {"bq": (query,), "bk": (kv,), "bv": (kv,), "bo": (hidden,), "bu": (ffn,), "bd": (hidden,)}
            if self.gated:
                shapes["bg"] = (ffn,)
        if self.vocabulary:
            shapes["table"] = (self.vocabulary, hidden)
        if self.logits:
            shapes["head"] = (hidden, self.logits)
        return shapes

    #: How a grid of tensor ranks divides weights; what is missing follows.
    SPLITS = {"wq": (None, 0), "wk": (None, 0), "wv": (None, 0), "wo": (0, None), "up": (None, 0), "gate": (None, 0),
              "down": (0, None), "table": (0, None), "head": (None, 0)}

    def padding(self, name):
        """The declared padding of each dimension of a weight."""
        dim, count = {"up": (1, self.ffn_pad), "gate": (1, self.ffn_pad), "down": (0, self.ffn_pad),
                      "bu": (0, self.ffn_pad), "bg": (0, self.ffn_pad), "table": (0, self.vocabulary_pad),
                      "head": (1, self.logits_pad)}.get(name, (0, 0))
        return [count if d == dim else 0 for d in range(len(self.shapes()[name]))]

    def text(self):
        f = attnc_ir.Function("model", self.dtype)
        weights = {}
        for name, shape in self.shapes().items():
            pad = self.padding(name)
            shape = tuple(n + p for n, p in zip(shape, pad))
            weights[name] = f.input(name, shape, weight=name, pad=pad if any(pad) else None)
            if name in self.SPLITS:
                weights[name] = f.shard(weights[name], *self.SPLITS[name])
        tokens = (1 if self.two_axes else None, 0 if self.sequence_parallel else None)
        if self.vocabulary:
            ids = f.input("x", ("B", "S"), dtype="i32")
            if self.two_axes:
                ids = f.shard(ids, 1, for_users=False)
            x = f.embedding(ids, weights["table"])
            if self.sequence_parallel:
                x = f.shard(x, *tokens, for_users=False)
        else:
            x = f.input("x", ("B", "S", self.hidden))
            if any(axis is not None for axis in tokens):
                x = f.shard(x, *tokens, for_users=False)
        w = weights.get
        norm = attnc_ir.norm(*NORM)
        h = f.mha(x, w("wq"), w("wk"), w("wv"), w("wo"), bq=w("bq"), bk=w("bk"), bv=w("bv"), bo=w("bo"),
                  norm_scale=w("n1"), norm=norm, mask=f.causal(), heads=self.heads, kv_heads=self.kv_heads,
                  head_dim=self.dim, rope=attnc_ir.rope(1e4, "half"), residual=self.residual)
        names = ("gate", "up", "down") if self.gated else ("up", "down")
        y = f.mlp(h, *map(w, names), gate_bias=w("bg"), up_bias=w("bu"), down_bias=w("bd"), norm_scale=w("n2"),
                  norm=norm, activation="silu_gate" if self.gated else "gelu", residual=self.residual)
        if self.vocabulary:
            y = f.linear(y, w("head") or w("table"), transposed=not self.logits)
            pad = self.logits_pad if self.logits else self.vocabulary_pad
            if pad:
                y = f.drop_padding(y, self.logits or self.vocabulary)
        f.output("y", y)
        return attnc_ir.module([f], grids={"tp": (2, 2) if self.two_axes else (2,)})

    def expected(self, x, w):
        get = w.get
        h = oracle.embedding(x, w["table"]) if self.vocabulary else x
        h = oracle.mha(h, w["wq"], w["wk"], w["wv"], w["wo"], heads=self.heads, kv_heads=self.kv_heads, bq=get("bq"),
                       bk=get("bk"), bv=get("bv"), bo=get("bo"), norm=oracle.Norm(*NORM, w["n1"]),
                       rope=oracle.Rope(1e4, "half"), mask=oracle.causal(), residual=self.residual)
        matrices = [w[n] for n in ("gate", "up", "down") if n in w]
        y = oracle.mlp(h, *matrices, activation="silu_gate" if self.gated else "gelu", gate_bias=get("bg"),
                       up_bias=get("bu"), down_bias=get("bd"), norm=oracle.Norm(*NORM, w["n2"]), residual=self.residual)
        if not self.vocabulary:
            return y
        return y @ (w["head"] if self.logits else w["table"].T).astype(np.float64)

    def permuted(self, w, order):
        """The weights of another numbering of the tensor ranks, which computes the same."""
        def blocks(array, axis):
            return np.concatenate([np.split(array, len(order), axis)[r] for r in order], axis)
        result = dict(w)
        columns, rows = [], []
        if self.kv_heads % len(order) == 0 or self.kv_heads == 1:  # else neighbours share KV heads
            columns += ["wq", "bq"] + (["wk", "wv", "bk", "bv"] if self.kv_heads > 1 else [])
            rows += ["wo"]
        if not self.ffn_pad:
            columns += ["up", "gate", "bu", "bg"]
            rows += ["down"]
        for name in columns:
            if name in w:
                result[name] = blocks(w[name], w[name].ndim - 1)
        for name in rows:
            result[name] = blocks(w[name], 0)
        return result


def random_model(test, tp, **fixed):
    """A model that `tp` ranks divide, and maybe others."""
    heads = tp * test.pick(1, 2)
    kv_heads = test.pick(*[n for n in range(1, heads + 1) if heads % n == 0 and (n % tp == 0 or tp % n == 0)])
    padded = bool(test.pick(False, False, True)) and tp > 1
    pad = test.size(1, tp - 1) if padded else 0
    vocabulary = test.pick(0, tp * test.size(3, 40))
    logits = vocabulary and test.pick(0, tp * test.size(2, 40))
    options = dict(heads=heads, kv_heads=kv_heads, dim=test.pick(16, 32), hidden=8 * test.size(3, 12),
                   ffn=tp * test.size(5, 40) - pad, ffn_pad=pad, vocabulary=vocabulary and vocabulary - pad,
                   vocabulary_pad=vocabulary and pad, logits=logits and logits - pad, logits_pad=logits and pad,
                   two_axes=bool(test.pick(False, False, True)), sequence_parallel=bool(test.pick(False, True)),
                   biased=bool(test.pick(False, True)), residual=bool(test.pick(True, False)),
                   gated=bool(test.pick(False, True)))
    options |= fixed
    options["residual"] |= options["sequence_parallel"]
    return Model(**options)


class Case:
    """One model with its weights, in a file or as inputs, compiled for one rank and for any grid."""

    def __init__(self, test, model, bound=True):
        self.test, self.model, self.bound = test, model, bound
        self.w = {name: test.weight(shape, model.dtype) if len(shape) == 2 else test.normal(shape, model.dtype, 0.5)
                  for name, shape in model.shapes().items()}
        self.one = self.package(1, 1)

    def package(self, tp, data=1):
        path = None
        if self.bound:
            path = self.test.directory / "weights.safetensors"
            attnc_safetensors.write(path, self.w, self.model.dtype)
        grid = f"tp={tp}x{data}" if self.model.two_axes else f"tp={tp}"
        return self.test.compile(self.model.text(), f"--grid={grid}", weights=path)

    def random_input(self, tp, data):
        batch, length = data * self.test.size(1, 3), self.test.size(1, 24)
        length *= tp if self.model.sequence_parallel else 1
        if self.model.vocabulary:
            return self.test.rng.integers(0, self.model.vocabulary, (batch, length), dtype=np.int32)
        return self.test.normal((batch, length, self.model.hidden), self.model.dtype)

    def run(self, package, x, ranks=1, backend="threads", weights=None):
        inputs = {"x": x}
        if not self.bound:  # inputs have the padding, which a file lacks
            inputs |= {name: np.pad(array, [(0, n) for n in self.model.padding(name)])
                       for name, array in (weights or self.w).items()}
        flags = [f"--backend={backend}"] if ranks > 1 else []
        return self.test.run(package, inputs, ["y"], f"--ranks={ranks}", *flags)["y"]

    def check(self, tp, data=1, backend="threads"):
        """Compares a grid with one rank; returns the ratio of their errors, 0 for one rank."""
        test, ranks = self.test, tp * data
        x = self.random_input(tp, data)
        label = f"tp {tp}, data {data}: {self.model} on {x.shape}"
        package = self.one if ranks == 1 else self.package(tp, data)
        if ranks == 1:
            inspected = attnc_commands.call("attnc-run", package, "--inspect")
            if any(kind in inspected for kind in ("all_reduce", "all_gather", "reduce_scatter")):
                test.fail(label, "expected no collective on one rank")
        if ranks == 1:
            test.compare(label, self.run(package, x), self.model.expected(x, self.w), 1e-5)
            return 0.0

        def inputs():
            yield x
            while True:
                yield self.random_input(tp, data)

        ratio = self.judge(label, inputs(), lambda x: self.run(package, x, ranks, backend))
        if not self.bound and tp > 1:
            weights = self.model.permuted(self.w, test.rng.permutation(tp))
            self.judge(f"permuted ranks, {label}", inputs(), lambda x: self.run(package, x, ranks, backend, weights))
        return ratio

    def judge(self, label, inputs, run):
        """Checks that `run` has at most twice the error of one rank; returns the ratio."""
        def errors(x):
            want = self.model.expected(x, self.w)
            return [oracle.relative_error(y, want) for y in (self.run(self.one, x), run(x))]

        alone, error = errors(next(inputs))
        if not error <= max(2 * alone, FLOOR):
            drawn = [(alone, error)] + [errors(next(inputs)) for _ in range(DRAWS - 1)]
            alone, error = np.sqrt(np.mean(np.square(drawn), axis=0))
            print(f"{label}: {drawn[0][1] / drawn[0][0]:.2f} times the error of one rank, of {DRAWS} draws "
                  f"{error / alone:.2f} times")
        self.test.checks += 1
        if not error <= max(2 * alone, FLOOR):
            self.test.fail(label, f"expected at most twice the error of one rank, {alone:.3e}, got {error:.3e}")
        return error / max(alone, FLOOR / 2)


def properties(test, count):
    """Random configurations: a few grids of each model, one of them of one rank."""
    counts, worst, start = collections.Counter(), 0.0, time.perf_counter()
    for index in itertools.count():
        model = random_model(test, test.pick(2, 3, 4, 6, 8, 12, 24))
        grids = [(1, 1)] + [(tp, data) for tp in (1, 2, 3, 4, 8) if model.is_divided_by(tp)
                            for data in ((1, 2) if model.two_axes and tp < 8 else (1,)) if tp * data > 1]
        done = sum(counts.values())
        if done >= count:
            break
        try:
            case = Case(test, model, bound=index % 3 != 0)
            for tp, data in grids[:count - done]:
                worst = max(worst, case.check(tp, data))
                counts[tp * data] += 1
        except test.command_errors as failure:
            test.fail(str(model), str(failure), model.text())
            counts[0] += 1
    print(f"{sum(counts.values())} configurations of {index} models in {time.perf_counter() - start:.0f} s; ranks: "
          + ", ".join(f"{n} × {counts[n]}" for n in sorted(counts))
          + f"; error at most {worst:.2f} times that of one rank")


def sums_of_bf16(test, count):
    """Ranks exchange bf16, which is summed in f32 and rounded once more than on one rank."""
    worst = 0.0
    for _ in range(count):
        tp = test.pick(2, 3, 4)
        model = random_model(test, tp, dtype="bf16")
        worst = max(worst, Case(test, model).check(tp, 2 if model.two_axes else 1))
    print(f"{count} configurations in bf16: error at most {worst:.2f} times that of one rank")


def repeated_addends(test):
    """Bias and residual at tp = 3 are added once, not three times: with weights of zero only they are left."""
    model = random_model(test, 3, two_axes=False, sequence_parallel=False, biased=True, residual=True, gated=False,
                         vocabulary=0, vocabulary_pad=0, logits=0, logits_pad=0)
    case = Case(test, model, bound=False)
    weights = case.w | {"wo": np.zeros_like(case.w["wo"]), "down": np.zeros_like(case.w["down"])}
    x = case.random_input(3, 1)
    got = case.run(case.package(3), x, 3, weights=weights)
    test.compare("bias and residual at tp = 3", got, x + case.w["bo"] + case.w["bd"], 1e-6)


def indivisible_tokens(test):
    """A number of tokens that the ranks do not divide is an error of the run."""
    model = random_model(test, 2, two_axes=False, sequence_parallel=True, vocabulary=10, vocabulary_pad=0, logits=8,
                         logits_pad=0)
    case = Case(test, model)
    package = case.package(2)
    test.checks += 1
    try:
        case.run(package, np.zeros((1, 5), np.int32), 2)
    except test.command_errors as failure:
        if "expected a multiple of 2 ranks, got 5" in failure.stderr:
            return
        return test.fail("5 tokens of 2 ranks", str(failure))
    test.fail("5 tokens of 2 ranks", "expected an error")


def returned_tokens(test):
    """Tokens that ranks divide behind a lookup come back whole: a hidden state, and the likeliest token of each."""
    ranks, vocabulary, hidden, ffn = test.pick(2, 3), 12, 16, 24
    w = {"table": test.normal((vocabulary, hidden)), "up": test.weight((hidden, ffn)), "down": test.weight((ffn, hidden))}
    f = attnc_ir.Function("tokens")
    table = f.shard(f.input("table", w["table"].shape), 0)
    up, down = f.shard(f.input("up", w["up"].shape), None, 0), f.input("down", w["down"].shape)
    x = f.shard(f.embedding(f.input("x", ("B", "S"), dtype="i32"), table), None, 0, for_users=False)
    y = f.mlp(x, up, down, activation="gelu", residual=True)
    f.output("y", y)
    f.output("token", f.argmax(y))
    package = test.compile(attnc_ir.module([f], grids={"tp": (2,)}), f"--grid=tp={ranks}")
    ids = test.rng.integers(0, vocabulary, (2, ranks * test.size(1, 5)), dtype=np.int32)
    want = oracle.mlp(oracle.embedding(ids, w["table"]), w["up"], w["down"], activation="gelu", residual=True)
    got = test.run(package, {"x": ids, **w}, ["y", "token"], f"--ranks={ranks}", "--backend=threads")
    test.compare(f"tokens of {ids.shape} from {ranks} ranks", got["y"], want, 1e-5)
    test.equal("their largest features", got["token"], np.argmax(got["y"], -1).astype(np.int32))


def mpi(test, count):
    """Ranks that mpirun has started."""
    if shutil.which("mpirun") is None:
        return print("no mpirun: not tested")
    for _ in range(count):
        tp = test.pick(2, 3)
        case = Case(test, random_model(test, tp, two_axes=False))
        package, x = case.package(tp), case.random_input(tp, 1)
        label = f"mpirun, tp {tp}: {case.model} on {x.shape}"
        np.save(test.directory / "x.npy", x)
        output = test.directory / "y.npy"
        command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", str(tp), attnc_commands.find("attnc-run"),
                   package, "--input", f"x={test.directory / 'x.npy'}", "--output", f"y={output}", "--poison"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            test.fail(label, done.stderr)
            continue
        got = np.load(output)
        test.compare(label, got, case.model.expected(x, case.w), 1e-5)
        test.equal(f"{label} and threads", got, case.run(package, x, tp))


test = Differential()
properties(test, test.count(100, 2000))
for ranks in (2, 4):
    Case(test, random_model(test, ranks, two_axes=False)).check(ranks, backend="processes")
sums_of_bf16(test, test.count(4, 60))
repeated_addends(test)
indivisible_tokens(test)
returned_tokens(test)
mpi(test, test.count(2, 30))
test.finish()
