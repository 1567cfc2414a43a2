#!/usr/bin/env bash
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs every test that needs no GPU: the whole of check-attnc with warnings as
# errors and assertions on, then the runtime's tests (built alone) and the
# compiler's own tests under AddressSanitizer and UBSan.
#
#   bash scripts/check.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

step "installing what is missing"
bash scripts/install-deps.sh

step "building, warnings are errors"
cmake --preset ci
cmake --build --preset ci

step "check-attnc"
cmake --build --preset ci --target check-attnc

step "the runtime alone, sanitized"
cmake -S runtime -B build-sanitize/runtime-alone -G Ninja \
  -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 \
  -DATTNC_WERROR=ON -DATTNC_RT_SANITIZE=ON
cmake --build build-sanitize/runtime-alone
cmake --build build-sanitize/runtime-alone --target check-attnc-rt

# libMLIR and libLLVM are not instrumented: containers and arenas that both
# sides touch would be reported wrongly, and so would memory that LLVM keeps.
# The numeric tests run code that is not instrumented: once is enough.
step "the compiler's tests, sanitized"
cmake --preset sanitize
cmake --build --preset sanitize
ASAN_OPTIONS=detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0 \
  LIT_FILTER_OUT='Integration/' \
  cmake --build --preset sanitize --target check-attnc

step "all checks passed"
