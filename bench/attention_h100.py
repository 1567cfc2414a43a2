#!/usr/bin/env python3
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention on an H100 beside cuDNN and FlexAttention: bench/results/attention_h100.json.

    attention_h100.py prepare FOLDER     compiles a package for each case; needs attnc and ptxas, no GPU
    attention_h100.py run FOLDER [--only=forward,masks,ablation]
                                         measures on the GPU; needs torch and what FOLDER holds

All competitors of a case take turns in one process: bursts of back-to-back calls between events, a rest after each, the
median of the rounds but the first. attnc's launches are replays of a captured graph on torch's stream. The SM clock and the
reasons for throttling are polled meanwhile. An output that is not within 5e-3 of float64 is not timed. FlashAttention-3 is not run:
its figures are those of the live peer times a ratio measured before (attention_h100_cases.py).
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test" / "Gpu"), str(HERE.parent / "python")]

import attention_h100_cases as cases  # noqa: E402

ALL = {"forward": cases.forward_cases, "masks": cases.mask_cases, "ablation": cases.ablation_cases}
MAX_ERROR = 5e-3
BURST_SECONDS, REST_SECONDS, ROUNDS = 6e-3, 0.02, 7


def prepare(folder):
    import attnc_commands

    folder.mkdir(parents=True, exist_ok=True)

    def build(case):
        source = folder / f"{case.name}.mlir"
        source.write_text(case.ir())
        options = [f"--disable-pass={case.disable}"] if case.disable else []
        try:
            attnc_commands.call("attnc", source, "--target=sm_90a", *options, "-o", folder / f"{case.name}.attnc")
        except attnc_commands.CommandFailed as failure:
            # Without a pass tiles may not fit any more: that error is the row.
            if not case.disable:
                raise
            (folder / f"{case.name}.error").write_text(failure.stderr.splitlines()[0].partition("error: ")[2])
            print(case.name, "is refused", flush=True)
        source.unlink()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, make in ALL.items():
            print(name, sum(1 for _ in pool.map(build, make())), "packages", flush=True)
    library = Path(attnc_commands.find("attnc")).parent.parent / "lib" / "libattnc_rt.so"
    for file in (library, HERE / "attention_h100_cases.py", Path(__file__),
                 HERE.parent / "test" / "Gpu" / "runtime_library.py"):
        shutil.copy(file, folder)


class Clock:
    """Polls the SM clock; `summary` tells of what came since the last."""

    def __init__(self):
        query = "--query-gpu=clocks.sm,clocks_event_reasons.active"
        self.process = subprocess.Popen(["nvidia-smi", query, "--format=csv,noheader,nounits", "-lms", "50"],
                                        stdout=subprocess.PIPE, text=True)
        self.samples = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            clock, reasons = line.split(",")
            self.samples.append((int(clock), int(reasons.strip(), 16)))

    def summary(self):
        samples, self.samples = self.samples, []
        if not samples:
            return None
        clocks = [clock for clock, _ in samples]
        # Anything but idle and the application's own clocks.
        throttled = sum(1 for _, reasons in samples if reasons & ~0x3) / len(samples)
        return {"median_mhz": statistics.median(clocks), "min_mhz": min(clocks), "throttled": round(throttled, 2)}


class Bench:
    def __init__(self, folder):
        import torch
        from runtime_library import Library

        self.torch, self.folder = torch, folder.resolve()
        self.library = Library(str(self.folder / "libattnc_rt.so"))
        self.clock, self.rows, self.clocks = Clock(), [], []
        properties = torch.cuda.get_device_properties(0)
        self.machine = {"gpu": properties.name, "multiprocessors": properties.multi_processor_count,
                        "torch": torch.__version__, "cudnn": torch.backends.cudnn.version()}

    def inputs(self, case):
        def random(heads):
            return self.torch.randn(case.batch, heads, case.length, case.dim, device="cuda").bfloat16()
        return random(case.heads), random(case.kv_heads), random(case.kv_heads)

    def extras(self, case):
        make = {"prefix": lambda: [4096], "document": lambda: [cases.documents()]}.get(case.kind)
        return [self.torch.tensor(make(), dtype=self.torch.int32, device="cuda")] if make else []

    def error(self, case, q, k, v, out):
        """Of three heads and three bands of 64 rows, against float64."""
        torch = self.torch
        top = bottom = 0.0
        for batch, head in ((0, 0), (case.batch // 2, case.heads // 2), (case.batch - 1, case.heads - 1)):
            kv = head * case.kv_heads // case.heads
            keys, values = k[batch, kv].double(), v[batch, kv].double()
            for first in (0, case.length // 2 - 32, case.length - 64):
                i = torch.arange(first, first + 64, device="cuda")[:, None]
                j = torch.arange(case.length, device="cuda")[None]
                s = q[batch, head, first:first + 64].double() @ keys.T * case.dim**-0.5
                if case.kind == "softcap":
                    s = 50 * torch.tanh(s / 50)
                if case.kind == "alibi":
                    s = s + 2.0 ** (-(head + 1) / 2) * (j - i)
                seen = {"full": i >= 0, "window": (j <= i) & (j > i - 1024), "prefix": (j <= i) | (j < 4096),
                        "dilated": (j <= i) & ((i - j < 512) | (j // 256 % 8 == 0))}.get(case.kind, j <= i)
                if case.kind == "document":
                    ids = torch.tensor(cases.documents(), device="cuda")
                    seen = seen & (ids[i] == ids[j])
                want = torch.softmax(s.masked_fill(~seen, -math.inf), -1) @ values
                top += float((out[batch, head, first:first + 64].double() - want).square().sum())
                bottom += float(want.square().sum())
        return math.sqrt(top / bottom) if bottom else math.nan

    def ours(self, case, q, k, v):
        from runtime_library import Session
        torch = self.torch
        session = Session(self.library, str(self.folder / f"{case.name}.attnc"))
        out = torch.full((case.batch, case.heads, case.length, case.dim), math.nan, dtype=torch.bfloat16, device="cuda")
        inputs = [q, k, v, *self.extras(case)]
        session.capture(inputs, [out])

        def run():
            session.enqueue_replay(torch.cuda.current_stream().cuda_stream)
        run.keep = session, inputs, out
        return run, out

    def cudnn(self, case, q, k, v):
        import torch.nn.functional as functional
        from torch.nn.attention import SDPBackend, sdpa_kernel

        def run():
            with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
                return functional.scaled_dot_product_attention(
                    q, k, v, is_causal=case.kind != "full", enable_gqa=case.heads != case.kv_heads)
        return run

    def flex(self, case, q, k, v):
        torch = self.torch
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention
        ids = torch.tensor(cases.documents(), device="cuda") if case.kind == "document" else None

        def mask(b, h, i, j):
            past = j <= i
            if case.kind == "window":
                return past & (i - j < 1024)
            if case.kind == "prefix":
                return past | (j < 4096)
            if case.kind == "document":
                return past & (ids[i] == ids[j])
            if case.kind == "dilated":
                return past & ((i - j < 512) | (j // 256 % 8 == 0))
            return past

        score = None
        if case.kind == "softcap":
            from torch._inductor.lowering import make_pointwise, register_lowering
            from torch._inductor.virtualized import ops
            from functools import partial

            @torch.library.custom_op("attnc_bench::tanh", mutates_args=())
            def tanh(x: torch.Tensor) -> torch.Tensor:
                return torch.tanh(x)

            @tanh.register_fake
            def _(x):
                return torch.tanh(x)

            approximate = partial(ops.inline_asm_elementwise, asm="tanh.approx.f32 $0, $1;")
            register_lowering(torch.ops.attnc_bench.tanh)(make_pointwise(lambda x: approximate(x)))
            torch.library.register_vmap("attnc_bench::tanh", lambda info, dims, x: (torch.ops.attnc_bench.tanh(x), dims[0]))

            def score(s, b, h, i, j):
                return 50 * torch.ops.attnc_bench.tanh(s / 50)
        if case.kind == "alibi":
            def score(s, b, h, i, j):
                return s + torch.exp2(-0.5 * (h + 1)) * (j - i)
        blocks = torch.compile(create_block_mask)(mask, 1, 1, case.length, case.length, device="cuda")
        compiled = torch.compile(flex_attention, dynamic=False)
        return lambda: compiled(q, k, v, score_mod=score, block_mask=blocks)

    def times(self, runs, flops):
        """Milliseconds of each, in turns."""
        torch = self.torch
        results = {name: [] for name in runs}
        for round_number in range(ROUNDS):
            for name, run in runs.items():
                run()
                run()
                count = max(2, int(BURST_SECONDS * 550e12 / flops))
                first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                torch.cuda.synchronize()
                run()
                first.record()
                for _ in range(count):
                    run()
                last.record()
                torch.cuda.synchronize()
                if round_number:
                    results[name].append(first.elapsed_time(last) / count)
                time.sleep(REST_SECONDS)
        return {name: statistics.median(values) for name, values in results.items()}

    def measure(self, case, peers):
        q, k, v = self.inputs(case)
        run, out = self.ours(case, q, k, v)
        run()
        self.torch.cuda.synchronize()
        error = self.error(case, q, k, v, out)
        if not error <= MAX_ERROR:
            print(f"{case.name}: error {error:.1e}, not timed", flush=True)
            self.add(case.name, "error", error, None, None)
            return None
        runs = {"ours": run}
        for name in peers:
            try:
                runs[name] = getattr(self, name)(case, q, k, v)
                runs[name]()
            except Exception as failure:  # a peer that refuses the case is told of
                print(f"{case.name}: {name}: {str(failure)[:200]}", flush=True)
                del runs[name]
        self.clock.summary()
        times = self.times(runs, case.flops)
        self.clocks.append({"case": case.name, **(self.clock.summary() or {})})
        run.keep[0].close()
        line = "  ".join(f"{name} {case.flops / t / 1e9:6.1f} TFLOP/s {1e3 * t:7.1f} us" for name, t in times.items())
        print(f"{case.name:28s} error {error:.1e}  {line}", flush=True)
        return times

    def add(self, case, metric, ours, peer, name, bigger_is_better=False):
        ratio = None if not peer else (ours / peer if bigger_is_better else peer / ours)
        self.rows.append({"case": case, "metric": metric, "ours": ours, "peer": peer, "peer_name": name, "ratio": ratio})

    def forward(self):
        best, live = [], []
        for case in cases.forward_cases():
            times = self.measure(case, ["cudnn"])
            if not times or "cudnn" not in times:
                continue
            rate = {name: case.flops / t / 1e9 for name, t in times.items()}
            fa3 = rate["cudnn"] * cases.FA3_TO_CUDNN[case.dim, case.kind][cases.LENGTHS.index(case.length)]
            self.add(case.name, "TFLOP/s", rate["ours"], rate["cudnn"], "cuDNN", True)
            self.add(case.name, "TFLOP/s", rate["ours"], fa3, "FlashAttention-3 (cuDNN × ratio)", True)
            live.append(rate["ours"] / rate["cudnn"])
            best.append(rate["ours"] / max(rate["cudnn"], fa3))
        for name, ratios in (("cuDNN", live), ("the better of cuDNN and FlashAttention-3", best)):
            if ratios:
                mean = math.exp(statistics.fmean(map(math.log, ratios)))
                self.add("forward, geometric mean", "ratio", mean, 1.0, name, True)
                self.add("forward, worst point", "ratio", min(ratios), 1.0, name, True)
                print(f"forward against {name}: geometric mean {mean:.3f}, worst {min(ratios):.3f}", flush=True)

    def masks(self):
        for case in cases.mask_cases():
            times = self.measure(case, ["flex"])
            if not times:
                continue
            ours, flex = 1e3 * times["ours"], 1e3 * times.get("flex", math.nan)
            self.add(case.name, "us", ours, None if math.isnan(flex) else flex, "FlexAttention, compiled")
            if case.kind in cases.FA3_TO_FLEX and not math.isnan(flex):
                fa3 = flex * cases.FA3_TO_FLEX[case.kind]
                self.add(case.name, "us", ours, fa3, "FlashAttention-3 (FlexAttention × ratio)")
                print(f"{case.name}: FlashAttention-3 {fa3:.0f} us, ours {ours:.0f}", flush=True)

    def ablation(self):
        whole = {}
        for case in cases.forward_cases():
            if case.dim == 128 and case.heads == 16 and case.kind == "causal" and case.length in (1024, 4096, 16384):
                times = self.measure(case, [])
                whole[case.length] = case.flops / times["ours"] / 1e9 if times else None
        for case in cases.ablation_cases():
            refused = self.folder / f"{case.name}.error"
            if refused.exists():
                print(case.name, "refused:", refused.read_text(), flush=True)
                self.add(case.name, "refused: " + refused.read_text(), None, None, None)
                continue
            times = self.measure(case, [])
            if times:
                self.add(case.name, "TFLOP/s", case.flops / times["ours"] / 1e9, whole[case.length], "all passes", True)

    def write(self):
        machine = {"machine": {**self.machine, "clocks": self.clocks}}
        (self.folder / "attention_h100.json").write_text(json.dumps([machine, *self.rows], indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("prepare", "run"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default=",".join(ALL))
    arguments = parser.parse_args()
    if arguments.stage == "prepare":
        return prepare(arguments.folder)
    bench = Bench(arguments.folder)
    for name in arguments.only.split(","):
        getattr(bench, name)()
        bench.write()
    bench.clock.process.kill()


if __name__ == "__main__":
    main()
