# RUN: %python %s
"""Models divided among ranks give what the oracle says, with at most twice the error of one rank.

Ranks are threads of one attnc-run; a few cases run as processes.
"""

import dataclasses
import os
import shutil
import subprocess

import numpy as np
from differential import ROOT, SLOW, Differential

import attnc_commands
import attnc_ir
import attnc_oracle as oracle
import attnc_safetensors

#: The rounding of one f32: the error of one rank may be smaller by luck.
FLOOR = 2.0 ** -23
NORM = ("rms", 1e-5)


@dataclasses.dataclass
class Model:
    """Embedding, attention, MLP and LM head on ids [B, S]; each may be left out but for the blocks."""
    tp: int
    data: int              #: ranks of the data axis; 1: the grid has one axis
    heads: int
    kv_heads: int
    dim: int
    hidden: int
    ffn: int
    ffn_pad: int           #: declared padding of the MLP, which is no part of ffn
    vocabulary: int        #: 0: no embedding and no LM head
    vocabulary_pad: int    #: of the table
    logits: int            #: columns of the LM head
    length: int            #: 0: dynamic. Tokens of a lookup are divided only where it is static
    sequence_parallel: bool
    biased: bool
    residual: bool
    gated: bool
    dtype: str = "f32"

    @property
    def ranks(self):
        return self.tp * self.data

    @property
    def grid(self):
        return f"tp={self.tp}" + (f"x{self.data}" if self.data > 1 else "")

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
            shapes |= {"table": (self.vocabulary, hidden), "head": (hidden, self.logits)}
        return shapes

    #: How a grid of tensor ranks divides weights; what is missing follows.
    SPLITS = {"wq": (None, 0), "wk": (None, 0), "wv": (None, 0), "wo": (0, None), "up": (None, 0), "gate": (None, 0),
              "down": (0, None), "table": (0, None), "head": (None, 0)}
    #: The padded dimension.
    PADS = {"up": 1, "gate": 1, "down": 0, "bu": 0, "bg": 0, "table": 0}

    def text(self, ranks=True):
        f = attnc_ir.Function("model", self.dtype)
        weights = {}
        for name, shape in self.shapes().items():
            pad = None
            if name in self.PADS:
                count = self.vocabulary_pad if name == "table" else self.ffn_pad
                pad = [count if d == self.PADS[name] else 0 for d in range(len(shape))]
                shape = tuple(n + p for n, p in zip(shape, pad))
            weights[name] = f.input(name, shape, weight=name, pad=pad if pad and any(pad) else None)
            if name in self.SPLITS:
                weights[name] = f.shard(weights[name], *self.SPLITS[name])
        tokens = (1 if self.data > 1 else None, 0 if self.sequence_parallel else None)
        if self.vocabulary:
            ids = f.input("x", ("B", self.length or "S"), dtype="i32")
            if self.data > 1:
                ids = f.shard(ids, 1, for_users=False)
            x = f.embedding(ids, weights["table"])
            if self.sequence_parallel:
                x = f.shard(x, *tokens, for_users=False)
        else:
            x = f.input("x", ("B", self.length or "S", self.hidden))
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
        f.output("y", f.linear(y, w("head")) if self.vocabulary else y)
        return attnc_ir.module([f], grids={"tp": (2, 2) if self.data > 1 else (2,)})

    def expected(self, x, w):
        get = w.get
        h = oracle.embedding(x, w["table"]) if self.vocabulary else x
        h = oracle.mha(h, w["wq"], w["wk"], w["wv"], w["wo"], heads=self.heads, kv_heads=self.kv_heads, bq=get("bq"),
                       bk=get("bk"), bv=get("bv"), bo=get("bo"), norm=oracle.Norm(*NORM, w["n1"]),
                       rope=oracle.Rope(1e4, "half"), mask=oracle.causal(), residual=self.residual)
        matrices = [w[n] for n in ("gate", "up", "down") if n in w]
        y = oracle.mlp(h, *matrices, activation="silu_gate" if self.gated else "gelu", gate_bias=get("bg"),
                       up_bias=get("bu"), down_bias=get("bd"), norm=oracle.Norm(*NORM, w["n2"]), residual=self.residual)
        return y @ w["head"].astype(np.float64) if self.vocabulary else y

    def permuted(self, w, order):
        """The weights of another numbering of the tensor ranks, which computes the same."""
        def blocks(array, axis):
            return np.concatenate([np.split(array, self.tp, axis)[r] for r in order], axis)
        result = dict(w)
        columns, rows = [], []
        if self.kv_heads % self.tp == 0 or self.kv_heads == 1:  # else neighbours share KV heads
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


def random_model(test, tp=None, **fixed):
    tp = tp or test.pick(1, 2, 3, 4, 8)
    data = test.pick(1, 1, 2) if tp <= 4 else 1
    heads = tp * test.pick(1, 2)
    kv_heads = test.pick(*[n for n in range(1, heads + 1) if heads % n == 0 and (n % tp == 0 or tp % n == 0)])
    padded = bool(test.pick(False, False, True)) and tp > 1
    vocabulary = test.pick(0, tp * test.size(3, 40))
    sequence_parallel = bool(test.pick(False, True))
    length = tp * test.size(1, 16) if sequence_parallel and vocabulary else 0
    options = dict(tp=tp, data=data, heads=heads, kv_heads=kv_heads, dim=test.pick(16, 32), hidden=8 * test.size(3, 12),
                   ffn=tp * test.size(5, 60) - padded, ffn_pad=int(padded), vocabulary=vocabulary,
                   vocabulary_pad=0, logits=tp * test.size(1, 40), length=length, sequence_parallel=sequence_parallel,
                   biased=bool(test.pick(False, True)), residual=sequence_parallel or bool(test.pick(True, False)),
                   gated=bool(test.pick(False, True)))
    if vocabulary and padded:
        options |= dict(vocabulary=vocabulary - 1, vocabulary_pad=1)
    return Model(**(options | fixed))


class Case:
    """One model with its weights, in a file or as inputs, on `ranks` and on one rank."""

    def __init__(self, test, model, bound=True):
        self.test, self.model = test, model
        self.w = {name: test.weight(shape) if len(shape) == 2 else test.normal(shape, scale=0.5)
                  for name, shape in model.shapes().items()}
        self.bound = bound or model.ffn_pad or model.vocabulary_pad  # a file lacks the padding
        batch, length = model.data * test.size(1, 3), test.size(1, 24)
        length = model.length or length * (model.tp if model.sequence_parallel else 1)
        if model.vocabulary:
            self.x = test.rng.integers(0, model.vocabulary, (batch, length), dtype=np.int32)
        else:
            self.x = test.normal((batch, length, model.hidden))
        self.label = ", ".join(f"{k} {v}" for k, v in dataclasses.asdict(model).items()) + f" on {self.x.shape}"

    def package(self, grid, weights=None):
        path = None
        if self.bound:
            path = self.test.directory / "weights.safetensors"
            attnc_safetensors.write(path, weights or self.w)
        return self.test.compile(self.model.text(), f"--grid={grid}", weights=path)

    def run(self, package, ranks, *flags, weights=None):
        inputs = {"x": self.x} | ({} if self.bound else weights or self.w)
        return self.test.run(package, inputs, ["y"], f"--ranks={ranks}", *flags)["y"]

    def check(self, backend="threads", permute=False):
        test, model = self.test, self.model
        print(self.label)
        try:
            one = self.package("tp=1x1" if model.data > 1 else "tp=1")
            if "all_" in attnc_commands.call("attnc-run", one, "--inspect"):
                test.fail(self.label, "expected no collective on one rank")
            want = model.expected(self.x, self.w)
            alone = oracle.relative_error(self.run(one, 1), want)
            many = self.package(model.grid)
            got = self.run(many, model.ranks, f"--backend={backend}") if model.ranks > 1 else self.run(many, 1)
            error = test.compare(self.label, got, want, max(2 * alone, FLOOR))
            print(f"  one rank {alone:.2e}, {model.grid} {error:.2e}")
            if permute and model.ranks > 1:
                w = model.permuted(self.w, test.rng.permutation(model.tp))
                again = self.run(self.package(model.grid, w), model.ranks, f"--backend={backend}", weights=w)
                test.compare(f"permuted ranks, {self.label}", again, want, max(2 * alone, FLOOR))
        except test.command_errors as failure:
            test.fail(self.label, str(failure), model.text())


def repeated_addends(test):
    """Bias and residual at tp = 3 are added once, not three times: with weights of zero only they are left."""
    model = random_model(test, tp=3, data=1, sequence_parallel=False, biased=True, residual=True, gated=False,
                         vocabulary=0, vocabulary_pad=0, length=0, ffn=30, ffn_pad=0)
    case = Case(test, model)
    case.w |= {"wo": np.zeros_like(case.w["wo"]), "down": np.zeros_like(case.w["down"])}
    got = case.run(case.package("tp=3"), 3, "--backend=threads")
    test.compare("bias and residual at tp = 3", got, case.x + case.w["bo"] + case.w["bd"], 1e-6)


def mpi(test, count):
    """Ranks that mpirun has started."""
    if shutil.which("mpirun") is None:
        return print("no mpirun: not tested")
    for _ in range(count):
        model = random_model(test, tp=test.pick(2, 3), data=1)
        case = Case(test, model)
        package = case.package(model.grid)
        np.save(test.directory / "x.npy", case.x)
        output = test.directory / "y.npy"
        command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", str(model.ranks),
                   attnc_commands.find("attnc-run"), package, "--input", f"x={test.directory / 'x.npy'}", "--output",
                   f"y={output}", "--poison"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            test.fail(f"mpirun, {case.label}", done.stderr)
            continue
        got = np.load(output)
        test.compare(f"mpirun, {case.label}", got, model.expected(case.x, case.w), 1e-5)
        test.equal(f"mpirun and threads, {case.label}", got, case.run(package, model.ranks, "--backend=threads"))


test = Differential()
for index in range(test.count(20, 2000)):
    Case(test, random_model(test), bound=index % 4 != 3).check(permute=index % 5 == 0)
for ranks in (2, 4):
    Case(test, random_model(test, tp=ranks, data=1)).check(backend="processes")
repeated_addends(test)
if SLOW:
    mpi(test, 30)
test.finish()
