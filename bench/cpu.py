#!/usr/bin/env python3
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures attnc on this CPU and writes bench/results/cpu.json.

Compile times stand beside their bounds. Kernels run on one thread beside numpy with OpenBLAS and beside the FMA rate
that `fma_peak.c` reaches; bursts of all three take turns. A burst counts with its best run, each number is the median
over the rounds. On a busy machine the numbers mean little: the row `machine` has the load average.

    .venv/bin/python bench/cpu.py [--rounds=9] [--seconds=0.3] [--only=linear,attention,compile,start]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHOSEN_BY_USERS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
if any(name in os.environ for name in CHOSEN_BY_USERS) or os.environ.get("OPENBLAS_NUM_THREADS") != "1":
    # OpenBLAS reads these while numpy is imported: start again with its own choice of kernel, on one thread.
    rest = {name: value for name, value in os.environ.items() if name not in CHOSEN_BY_USERS}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**rest, "OPENBLAS_NUM_THREADS": "1"})

import numpy as np  # noqa: E402
import threadpoolctl  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "examples" / "smollm2")]

import attnc_commands  # noqa: E402
import attnc_ir  # noqa: E402
import attnc_safetensors  # noqa: E402


class Burst:
    """Work that is repeated for `seconds`; `rate` returns GFLOP/s of one burst."""

    def __init__(self, flops, seconds):
        self.flops, self.seconds = flops, seconds


class Package(Burst):
    def __init__(self, flops, seconds, package, sizes):
        super().__init__(flops, seconds)
        self.command = [attnc_commands.find("attnc-run"), str(package), "--threads=1", f"--bench={seconds}"]
        self.command += [f"--set-size={name}={size}" for name, size in sizes.items()]

    def rate(self):
        """The best run of a burst; attnc-run prints `runs N, median T us, min T us, p90 T us`."""
        text = subprocess.run(self.command, check=True, capture_output=True, text=True).stdout
        return self.flops / float(text.split(" min ")[1].split(" us")[0]) * 1e-3


class Numpy(Burst):
    def __init__(self, flops, seconds, work):
        super().__init__(flops, seconds)
        self.work = work

    def rate(self):
        self.work()
        times, start = [], time.perf_counter()
        while len(times) < 3 or time.perf_counter() - start < self.seconds:
            before = time.perf_counter()
            self.work()
            times.append(time.perf_counter() - before)
        return self.flops / min(times) * 1e-9


class Peak(Burst):
    def __init__(self, seconds, directory):
        super().__init__(0, seconds)
        self.binary = directory / "fma_peak"
        subprocess.run(["clang-22", "-O3", "-march=native", Path(__file__).with_name("fma_peak.c"), "-o", self.binary],
                       check=True)

    def rate(self):
        return float(subprocess.run([self.binary, str(self.seconds)], check=True, capture_output=True).stdout)


def kernel_rows(case, ours, numpy_peer, peer_name, peak, rounds):
    """Takes turns; rows of ours beside numpy and beside the FMA peak."""
    rates = {"ours": [], "numpy": [], "peak": []}
    for _ in range(rounds):
        for name, burst in zip(rates, (ours, numpy_peer, peak)):
            rates[name].append(burst.rate())
    median = {name: statistics.median(values) for name, values in rates.items()}
    return [row(case, "GFLOP/s", median["ours"], median["numpy"], peer_name),
            row(case, "GFLOP/s", median["ours"], median["peak"], "FMA peak, measured in turns")]


def row(case, metric, ours, peer, peer_name, less_is_better=False):
    ratio = peer / ours if less_is_better else ours / peer
    print(f"{case}: {ours:.4g} {metric}, {peer_name} {peer:.4g}, ratio {ratio:.3f}", flush=True)
    return {"case": case, "metric": metric, "ours": round(ours, 5), "peer": round(peer, 5), "peer_name": peer_name,
            "ratio": round(ratio, 4)}


# Kernels.

def linear_rows(options, directory, peak):
    tokens, depth, width = 512, 576, 1536
    f = attnc_ir.Function("linear")
    f.output("y", f.linear(f.input("x", ("T", depth)), f.input("w", (depth, width), weight="w")))
    rng = np.random.default_rng(0)
    w = rng.uniform(-1, 1, (depth, width)).astype(np.float32)
    package = compiled(directory, "linear", attnc_ir.module([f]), {"w": w})
    x, y = rng.uniform(-1, 1, (tokens, depth)).astype(np.float32), np.empty((tokens, width), np.float32)
    flops = 2 * tokens * depth * width
    return kernel_rows(f"linear f32 {tokens}x{depth}x{width}, 1 thread",
                       Package(flops, options.seconds, package, {"T": tokens}),
                       Numpy(flops, options.seconds, lambda: np.matmul(x, w, out=y)), blas_name(), peak, options.rounds)


def attention_rows(options, directory, peak, dim):
    heads, length = 8, 1024
    f = attnc_ir.Function("attention")
    q, k, v = (f.input(name, ("B", heads, "S", dim)) for name in "qkv")
    f.output("o", f.attention(q, k, v))
    package = compiled(directory, f"attention{dim}", attnc_ir.module([f]))
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(-1, 1, (heads, length, dim)).astype(np.float32) for _ in range(3)]
    flops = 4 * heads * length * length * dim
    return kernel_rows(f"attention f32 B1 H{heads} S{length} D{dim}, 1 thread",
                       Package(flops, options.seconds, package, {"B": 1, "S": length}),
                       Numpy(flops, options.seconds, numpy_attention(*arrays)), f"{blas_name()}, rows by 256", peak,
                       options.rounds)


def numpy_attention(q, k, v, rows=256):
    """Attention with BLAS products and f32 numpy in between, in blocks of rows that stay in the cache."""
    heads, length, dim = q.shape
    scale, o = np.float32(dim ** -0.5), np.empty_like(q)
    scores = np.empty((rows, length), np.float32)

    def work():
        for h in range(heads):
            keys = k[h].T
            for start in range(0, length, rows):
                block = slice(start, start + rows)
                np.matmul(q[h, block] * scale, keys, out=scores)
                np.subtract(scores, scores.max(axis=1, keepdims=True), out=scores)
                np.exp(scores, out=scores)
                np.matmul(scores, v[h], out=o[h, block])
                o[h, block] /= scores.sum(axis=1, keepdims=True)
    return work


def compiled(directory, name, text, weights=None):
    source, package, file = (directory / f"{name}{ending}" for ending in (".mlir", ".attnc", ".safetensors"))
    source.write_text(text)
    if weights:
        attnc_safetensors.write(file, weights)
    attnc_commands.compile_package(source, package, weights=file if weights else None)
    return package


# Compile times.

def seconds_of(repeats, *command):
    """The median time of a command, after one run that fills the file cache."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        attnc_commands.call(*command)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def compile_rows(options, directory):
    package = directory / "compiled.attnc"
    block = seconds_of(5, "attnc", ROOT / "examples" / "01-block.mlir", "-o", package)
    rows = [row("attnc examples/01-block.mlir to a package", "s", block, 1.0, "bound", less_is_better=True)]

    import checkpoint
    import model
    reader = checkpoint.open_checkpoint(checkpoint.default_path())
    config = checkpoint.read_config(reader)
    weights, source = ROOT / "build" / "smollm2.safetensors", directory / "smollm2.mlir"
    if not weights.exists():
        weights = directory / "smollm2.safetensors"
        checkpoint.import_weights(reader, config, weights, "f32")
    source.write_text(model.to_mlir(config))
    full = seconds_of(3, "attnc", source, "-o", package, f"--weights={weights}")
    case = f"SmolLM2-135M, {config.layers} layers with f32 weights to a package"
    return rows + [row(case, "s", full, 5.0, "bound", less_is_better=True)]


def start_rows(options, directory):
    empty = directory / "empty.mlir"
    empty.write_text("module {}\n")
    ours = 1e3 * seconds_of(15, "attnc-opt", empty, "-o", os.devnull)
    rows = [row("attnc-opt of an empty module", "ms", ours, 50.0, "bound", less_is_better=True)]
    upstream = "/usr/lib/llvm-22/bin/mlir-opt"
    if os.path.exists(upstream):
        peer = 1e3 * seconds_of(15, upstream, empty, "-o", os.devnull)
        rows.append(row("attnc-opt of an empty module", "ms", ours, peer, "mlir-opt 22", less_is_better=True))
    return rows


# The machine.

def blas_name():
    blas = next(p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas")
    return f"numpy {np.__version__}, OpenBLAS {blas['version']} {blas['architecture']} kernels"


def machine():
    cpu = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines())
    cpu = {name.strip(): value.strip() for name, value in cpu.items()}
    native = subprocess.run(["clang-22", "-march=native", "-###", "-c", "-x", "c", "/dev/null"], capture_output=True,
                            text=True).stderr.split('"-target-cpu" "')[1].split('"')[0]
    vectors = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f in cpu.get("flags", "").split()]
    return {"machine": {"cpu": f"{cpu.get('model name', 'unknown')} ({native})", "vectors": vectors,
                        "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2), "date": time.strftime("%Y-%m-%d"), "blas": blas_name()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="bursts of each kind")
    parser.add_argument("--seconds", type=float, default=0.3, help="length of a burst")
    parser.add_argument("--only", default="start,compile,linear,attention", help="which groups to measure")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results" / "cpu.json")
    options = parser.parse_args()
    groups = options.only.split(",")

    rows = [machine()]
    if os.getloadavg()[0] > 0.5:
        print(f"warning: expected an idle machine, got a load of {os.getloadavg()[0]:.1f}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="attnc-bench-") as name:
        directory = Path(name)
        # Compile times may use every core; kernels and their peers use one.
        for group, measure in (("start", start_rows), ("compile", compile_rows)):
            if group in groups:
                rows += measure(options, directory)
        peak = Peak(options.seconds, directory)
        if "linear" in groups:
            rows += linear_rows(options, directory, peak)
        if "attention" in groups:
            for dim in (64, 128):
                rows += attention_rows(options, directory, peak, dim)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print(f"wrote {options.output}")


if __name__ == "__main__":
    try:
        main()
    except attnc_commands.CommandFailed as error:
        sys.exit(f"error: {error}")
