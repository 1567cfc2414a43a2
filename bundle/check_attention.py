# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs packages of attention_package.py on a GPU and compares with float64.

    python3 check_attention.py [--runtime=FOLDER] [--packages=FOLDER]

FOLDER of the runtime holds attnc-run and libattnc_rt.so. Needs NumPy; with torch
also tests sessions on device tensors, streams and graphs. Prints a line for each
case; exit status 0 if all pass.
"""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_ERROR = 5e-3  # relative Frobenius error of bf16 results
MAX_LSE_ERROR = 1e-4

# B, H, Lq, Lk: lengths that nothing divides, less than a block, one row, more
# work than the GPU holds at once. Causal kernels take equal lengths.
SIZES = [(1, 1, 1, 1), (2, 3, 1000, 1000), (1, 2, 129, 129), (3, 5, 77, 77),
         (1, 16, 2176, 2176), (5, 16, 523, 523), (1, 1, 7001, 7001)]
UNEQUAL_SIZES = [(2, 3, 1, 777), (1, 4, 300, 63), (2, 2, 65, 1029)]


class Checker:
    def __init__(self, random):
        self.random = random
        self.num_failed = 0

    def report(self, what, is_right, details):
        self.num_failed += not is_right
        print(f"{'pass' if is_right else 'FAIL'}  {what}: {details}",
              flush=True)

    def compare(self, what, got, expected):
        """Both (O, LSE) as NumPy arrays."""
        if any(np.isnan(each).any() for each in got):
            return self.report(what, False, "NaN where a value is expected")
        error = (np.linalg.norm(got[0] - expected[0]) /
                 np.linalg.norm(expected[0]))
        lse_error = np.abs(got[1] - expected[1]).max()
        self.report(what, error <= MAX_ERROR and lse_error <= MAX_LSE_ERROR,
                    f"relative error {error:.2e} (at most {MAX_ERROR}), "
                    f"LSE {lse_error:.1e} (at most {MAX_LSE_ERROR})")

    def inputs(self, sizes, width):
        """Q, K and V, normal and rounded to bf16, as float32."""
        batch, heads, rows, keys = sizes
        values = [self.random.standard_normal((batch, heads, length, width),
                                              dtype=np.float32)
                  for length in (rows, keys, keys)]
        return [round_to_bf16(each) for each in values]


def round_to_bf16(values):
    bits = values.view(np.uint32)
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return bits.astype(np.uint32).view(np.float32)


def attention(query, key, value, is_causal):
    """O and the natural LSE in float64."""
    query, key, value = (each.astype(np.float64)
                         for each in (query, key, value))
    output = np.empty(query.shape)
    lse = np.empty(query.shape[:3])
    for index in np.ndindex(query.shape[:2]):
        scores = query[index] @ key[index].T / np.sqrt(query.shape[3])
        if is_causal:
            scores[np.triu_indices_from(scores, 1)] = -np.inf
        top = scores.max(axis=1, keepdims=True)
        weights = np.exp(scores - top)
        total = weights.sum(axis=1, keepdims=True)
        output[index] = weights @ value[index] / total
        lse[index] = (top + np.log(total))[:, 0]
    return output, lse


def run_tool(runtime, package, inputs, *options):
    """O and LSE that attnc-run writes; its outputs are poisoned first."""
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.join(runtime, "attnc-run"), package,
                   "--device=cuda:0", "--poison", *options]
        for name, value in zip(("query", "key", "value"), inputs):
            path = os.path.join(folder, name + ".npy")
            np.save(path, value)
            command.append(f"--input={name}={path}")
        outputs = [os.path.join(folder, name + ".npy")
                   for name in ("output", "lse")]
        command += [f"--output=output={outputs[0]}",
                    f"--output=lse={outputs[1]}"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stderr.strip() or
                               f"exit status {result.returncode}")
        return [np.load(path).astype(np.float64) for path in outputs]


def check_tool(checker, runtime, package, name, width, is_causal):
    for sizes in SIZES + ([] if is_causal else UNEQUAL_SIZES):
        inputs = checker.inputs(sizes, width)
        what = f"attnc-run {name} B,H,Lq,Lk = {sizes}"
        try:
            got = run_tool(runtime, package, inputs)
        except RuntimeError as error:
            checker.report(what, False, error)
            continue
        checker.compare(what, got, attention(*inputs, is_causal))


def check_bench(checker, runtime, package, name):
    result = subprocess.run(
        [os.path.join(runtime, "attnc-run"), package, "--device=cuda:0",
         "--bench=0.3", "--set-size=B=4", "--set-size=H=16",
         "--set-size=Lq=4096", "--set-size=Lk=4096"],
        capture_output=True, text=True)
    print(result.stdout, end="")
    found = re.search(r"on the device: replays \d+, median ([\d.]+) us",
                      result.stdout)
    checker.report(f"attnc-run --bench {name}", found is not None,
                   result.stderr.strip() or "prints the device's times")


def check_session(checker, runtime, package, name, width, is_causal):
    import torch

    from runtime_library import AttncError, Library, Session, tensors
    session = Session(Library(os.path.join(runtime, "libattnc_rt.so")), package)
    sizes = (3, 7, 1000, 1000)
    host = checker.inputs(sizes, width)
    expected = attention(*host, is_causal)
    inputs = [torch.from_numpy(each).to("cuda", torch.bfloat16)
              for each in host]
    output = torch.empty_like(inputs[0])
    lse = torch.empty(output.shape[:3], device="cuda")

    def poison():
        output.fill_(float("nan"))
        lse.fill_(float("nan"))
        torch.cuda.synchronize()

    def result():
        return [each.double().cpu().numpy() for each in (output, lse)]

    poison()
    session.run(inputs, [output, lse])
    checker.compare(f"session {name}, device tensors", result(), expected)
    first = output.clone()

    poison()
    stream = torch.cuda.Stream()
    session.enqueue(inputs, [output, lse], stream.cuda_stream)
    stream.synchronize()
    checker.compare(f"session {name}, caller's stream", result(), expected)

    poison()
    session.enqueue(inputs, [output, lse],
                    torch.cuda.current_stream().cuda_stream)
    session.synchronize()
    checker.compare(f"session {name}, default stream", result(), expected)

    poison()
    session.capture(inputs, [output, lse])
    session.replay()
    checker.compare(f"session {name}, replay", result(), expected)

    poison()
    session.enqueue_replay(stream.cuda_stream)
    stream.synchronize()
    checker.compare(f"session {name}, replay on a stream", result(), expected)

    # A graph of the caller's own.
    poison()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        session.enqueue(inputs, [output, lse],
                        torch.cuda.current_stream().cuda_stream)
    graph.replay()
    torch.cuda.synchronize()
    checker.compare(f"session {name}, caller's graph", result(), expected)

    equal = 0
    for _ in range(100):
        poison()
        session.run(inputs, [output, lse])
        equal += bool(torch.equal(output.view(torch.int16),
                                  first.view(torch.int16)))
    checker.report(f"session {name}, 100 runs", equal == 100,
                   f"{equal} bitwise equal")

    host_tensors = [each.cpu() for each in inputs]
    on_host = [torch.full(output.shape, float("nan"), dtype=torch.bfloat16),
               torch.full(lse.shape, float("nan"))]
    session.run(host_tensors, on_host)
    checker.compare(f"session {name}, host tensors",
                    [each.double().numpy() for each in on_host], expected)
    try:
        session.enqueue(host_tensors, on_host, stream.cuda_stream)
        refused = "no error"
    except AttncError as error:
        refused = str(error)
    checker.report(f"session {name}, host tensors on a stream",
                   "expected memory of cuda:0" in refused, refused)
    fake = tensors(host_tensors)
    try:
        for each in fake:
            each.device.type = 2
        out = tensors([output, lse])
        session.library.call("session_run", session.handle, fake, 3, out, 2)
        refused = "no error"
    except AttncError as error:
        refused = str(error)
    checker.report(f"session {name}, host memory as the GPU's",
                   "got memory of the host" in refused, refused)

    session.capture(inputs, [output, lse])
    session.time_replays(10)
    times = sorted(session.time_replays(50))
    print(f"      {name} B,H,Lq,Lk = {sizes}: median {times[25] / 1e3:.1f} us, "
          f"min {times[0] / 1e3:.1f} us on the device")
    begin = time.perf_counter()
    for _ in range(1000):
        session.enqueue(inputs, [output, lse], stream.cuda_stream)
    passed = time.perf_counter() - begin
    stream.synchronize()
    print(f"      {name}: {passed * 1e3:.2f} us of the host for a run that is "
          "put on a stream, ctypes included")
    session.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runtime", default=HERE)
    parser.add_argument("--packages", default=HERE)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    checker = Checker(np.random.default_rng(options.seed))
    packages = sorted(glob.glob(os.path.join(options.packages,
                                             "attention-*.attnc")))
    if not packages:
        sys.exit(f"expected packages in {options.packages}, got none")
    try:
        import torch
        has_torch = torch.cuda.is_available()
    except ImportError:
        has_torch = False
    for package in packages:
        name = os.path.basename(package)[len("attention-"):-len(".attnc")]
        width = int(re.match(r"d(\d+)", name).group(1))
        is_causal = "causal" in name
        check_tool(checker, options.runtime, package, name, width, is_causal)
        check_bench(checker, options.runtime, package, name)
        if has_torch:
            try:
                check_session(checker, options.runtime, package, name, width,
                              is_causal)
            except Exception as error:
                checker.report(f"session {name}", False, repr(error))
    if not has_torch:
        print("no torch with a GPU: sessions on device tensors are not tested")
    print(f"{checker.num_failed} failed" if checker.num_failed else "all pass")
    return checker.num_failed != 0


if __name__ == "__main__":
    sys.exit(main())
