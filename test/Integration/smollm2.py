# REQUIRES: slow
# RUN: %python %s
"""examples/smollm2: all logits of a prompt against the oracle, in f32 and bf16 and on three ranks, and the token that it
must predict; the prompt in steps with caches, on three ranks that each hold one KV head."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from differential import ROOT
from graph_interpreter import interpret_ranks

import attnc_commands
import attnc_oracle as oracle
import attnc_safetensors

sys.path.insert(0, str(ROOT / "examples/smollm2"))
import checkpoint  # noqa: E402
import model  # noqa: E402

PROMPT, NEXT = "The capital of France is", "' Paris'"


def decode_in_steps(weights, directory, ranks=3, steps=(3, 1, 1), bound=1e-10):
    """No target runs caches yet: the ranks' programs run in the interpreter, in float64."""
    reader = checkpoint.open_checkpoint(checkpoint.default_path())
    config, capacity = checkpoint.read_config(reader), sum(steps) + 1
    source = Path(directory, "decode.mlir")
    source.write_text(model.to_mlir(config, capacity=capacity))
    graph = attnc_commands.call("attnc-opt", source, f"--attnc-sharded-pipeline=grids=tp={ranks}",
                                "--mlir-print-op-generic")
    ids = np.array([checkpoint.read_tokenizer(reader).encode(PROMPT).ids])
    want = model.oracle_logits(config, weights, ids)
    inputs = {name.replace(".", "_"): array for name, array in weights.items()}
    names = [f"layers_{i}_{n}" for i in range(config.layers) for n in ("keys", "values")]
    part = np.full((1, config.kv_heads // ranks, capacity, config.head_dim), np.nan)
    held, start, errors = [dict.fromkeys(names, part)] * ranks, 0, []
    for length in steps:
        inputs |= {"ids": ids[:, start:start + length], "positions": np.array([start])}
        results = interpret_ranks(graph, "decode", inputs, (ranks,), held)
        held = [{n: result["new_" + n] for n in names} for result in results]
        errors += [oracle.relative_error(r["logits"], want[:, start:start + length]) for r in results]
        start += length
    print(f"{ranks} ranks in steps of {steps} tokens: relative error of the logits at most {max(errors):.1e}, "
          f"{graph.count('shard.all_reduce')} all_reduce, a rank's cache {part.shape}")
    if start != ids.shape[1] or not max(errors) <= bound:
        sys.exit(f"FAIL decoding on {ranks} ranks: expected {ids.shape[1]} tokens within {bound:.0e}")


for dtype, ranks in (("f32", 1), ("f32", 3), ("bf16", 1)):
    with tempfile.TemporaryDirectory(prefix="attnc-smollm2-") as directory:
        done = subprocess.run([sys.executable, ROOT / "examples/smollm2/run.py", PROMPT, "--check", f"--dtype={dtype}",
                               f"--ranks={ranks}", f"--build={directory}"], capture_output=True, text=True)
        print(done.stdout + done.stderr)
        likeliest = next((line for line in done.stdout.splitlines() if "logit " in line), "")
        if done.returncode != 0 or NEXT not in likeliest:
            sys.exit(f"FAIL {dtype} on {ranks} ranks: expected status 0 and {NEXT} as the likeliest token")
        if ranks > 1:
            decode_in_steps(attnc_safetensors.read(Path(directory, "smollm2.safetensors")), directory, ranks)
