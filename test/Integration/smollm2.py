# REQUIRES: slow
# RUN: %python %s
"""examples/smollm2: all logits of a prompt against the oracle, in f32 and bf16 and on three ranks, and the token that it
must predict."""

import subprocess
import sys
import tempfile

from differential import ROOT

PROMPT, NEXT = "The capital of France is", "' Paris'"

for dtype, ranks in (("f32", 1), ("f32", 3), ("bf16", 1)):
    with tempfile.TemporaryDirectory(prefix="attnc-smollm2-") as directory:
        done = subprocess.run([sys.executable, ROOT / "examples/smollm2/run.py", PROMPT, "--check", f"--dtype={dtype}",
                               f"--ranks={ranks}", f"--build={directory}"], capture_output=True, text=True)
    print(done.stdout + done.stderr)
    likeliest = next((line for line in done.stdout.splitlines() if "logit " in line), "")
    if done.returncode != 0 or NEXT not in likeliest:
        sys.exit(f"FAIL {dtype} on {ranks} ranks: expected status 0 and {NEXT} as the likeliest token")
