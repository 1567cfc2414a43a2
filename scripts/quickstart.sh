#!/usr/bin/env bash
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs what is missing, builds attnc, compiles a transformer (SmolLM2-135M)
# ahead of time to one package and runs that on the CPU.
#
#   bash scripts/quickstart.sh ["a prompt"]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/install-deps.sh
cmake --preset default
cmake --build --preset default
.venv/bin/python examples/smollm2/run.py "${1:-The capital of France is}"
