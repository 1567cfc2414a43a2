#!/usr/bin/env bash
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs check-attnc with the full counts and writes test/slow.log, which is committed: a section for each part, with its
# seed (ATTNC_SEED=N makes the same run again), counts, worst errors and seconds. A part that is not run keeps its section.
#
#   bash scripts/check-slow.sh [BUILD (build)] [PART…]        or: cmake --build build --target check-attnc-slow
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${1:-build}
shift || true

# What a part has of the tests in build/test, as one expression. The runtime's tests are ctest's.
declare -A tests=(
  [ranks]='Integration/(ranks|sharded_graph|sharded_cache|graph_level|behind_collectives|smollm2)\.py'
  [blocks]='Integration/(linear|norm|mlp|mha|rope|lookup|placement|weights)\.py'
  [attention]='Integration/(attention|masks|tensor_masks|hopper_attention)\.py'
  [mutants]='Integration/(ir_mutants|hopper_ir_mutants|sharded_mutants|package_mutants)\.py'
)
parts=(ranks runtime blocks attention mutants rest)
for part in "$@"; do
  [[ " ${parts[*]} " == *" $part "* ]] || { echo "error: expected parts of: ${parts[*]}; got $part" >&2; exit 1; }
done
(($#)) && parts=("$@")

export ATTNC_SLOW=1 ATTNC_SEED=${ATTNC_SEED:-$((RANDOM << 15 | RANDOM))}
cmake --build "$build"
lit="$(llvm-config-22 --bindir)/lit"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

status=0
for part in "${parts[@]}"; do
  echo "== $part"
  file="$results/$part" begin=$SECONDS
  case $part in
    runtime) ctest --test-dir "$build" --output-junit "$file" --test-output-size-passed 1000000 || status=1 ;;
    rest)
      others=$(IFS='|'; echo "${tests[*]}")
      LIT_FILTER_OUT="$others" python3 "$lit" -v --output "$file" "$build/test" || status=1 ;;
    *) LIT_FILTER=${tests[$part]} python3 "$lit" -v --output "$file" "$build/test" || status=1 ;;
  esac
  python3 scripts/slow_log.py test/slow.log "$part" "$file" \
    "$((SECONDS - begin)) s, $(date -u +%Y-%m-%d), commit $commit, $(nproc) × $(sed -n 's/^model name\s*: //p;T;q' \
      /proc/cpuinfo), load $(cut -d ' ' -f 2 /proc/loadavg), ATTNC_SEED=$ATTNC_SEED"
done
exit "$status"
