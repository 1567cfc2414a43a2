#!/usr/bin/env bash
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs check-attnc with the full counts, takes the time and writes test/slow.log, which is committed. The numeric tests
# share the seed that the log names: ATTNC_SEED=N makes the same run again.
#
#   bash scripts/check-slow.sh [BUILD (build)]        or: cmake --build build --target check-attnc-slow
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${1:-build}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

export ATTNC_SLOW=1 ATTNC_SEED=${ATTNC_SEED:-$((RANDOM << 15 | RANDOM))}
cmake --build "$build"
{
  echo "check-attnc with the full counts: scripts/check-slow.sh wrote this file."
  echo "commit   $(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
  echo "date     $(date -u +%Y-%m-%d)"
  echo "machine  $(nproc) × $(sed -n 's/^model name\s*: //p;T;q' /proc/cpuinfo)"
  echo "seed     ATTNC_SEED=$ATTNC_SEED"
} | tee "$log"

TIMEFORMAT='%0R s of wall time, %0U s (user) + %0S s (system) of CPU time; load average after it:'
status=0
{
  time LIT_OPTS='--print-result-after=all --no-progress-bar --time-tests' cmake --build "$build" --target check-attnc && passed=0 || passed=$?
  cut -d ' ' -f 1-3 /proc/loadavg
  exit "$passed"
} 2>&1 | tee -a "$log" || status=$?
sed "s|$PWD/||g" "$log" >test/slow.log
exit "$status"
