# REQUIRES: slow
# RUN: %python %s
"""examples/smollm2: all logits of a prompt against the oracle, in f32 and bf16, and the token that it must predict."""

import subprocess
import sys
import tempfile

from differential import ROOT

PROMPT, NEXT = "The capital of France is", "' Paris'"

for dtype in ("f32", "bf16"):
    with tempfile.TemporaryDirectory(prefix="attnc-smollm2-") as directory:
        done = subprocess.run([sys.executable, ROOT / "examples/smollm2/run.py", PROMPT, "--check", f"--dtype={dtype}",
                               f"--build={directory}"], capture_output=True, text=True)
    print(done.stdout + done.stderr)
    likeliest = next((line for line in done.stdout.splitlines() if "logit " in line), "")
    if done.returncode != 0 or NEXT not in likeliest:
        sys.exit(f"FAIL {dtype}: expected status 0 and {NEXT} as the likeliest token")
