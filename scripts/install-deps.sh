#!/usr/bin/env bash
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs what building and testing attnc needs on Debian 12, where it is missing: the packages below with apt, and
# requirements.txt into .venv. Run it as often as you like; it does nothing when nothing is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools clang-22 lld-22 libclang-rt-22-dev zlib1g-dev libzstd-dev
  nlohmann-json3-dev libssl-dev libdlpack-dev libopenmpi-dev openmpi-bin
  ninja-build cmake ccache clang-format-22
  python3 python3-venv
)

fail() {
  echo "error: $*" >&2
  exit 1
}

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  echo "missing: ${missing[*]}"
  local sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "expected root or sudo to install packages"
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -qq
  for package in "${missing[@]}"; do
    if ! apt-cache show "$package" >/dev/null 2>&1; then
      fail "apt has no package $package: attnc needs LLVM and MLIR 22.1 (Debian 12 has it in its" \
        "security updates); add that suite to the apt sources and run this again"
    fi
  done
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# The copy of requirements.txt in .venv tells what was installed.
install_python() {
  cmp -s requirements.txt .venv/requirements.txt && [[ -x .venv/bin/python ]] && return 0
  [[ -x .venv/bin/python ]] || python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
  cp requirements.txt .venv/requirements.txt
}

command -v dpkg-query >/dev/null || fail "expected a Debian system; elsewhere install by other means: ${packages[*]}"
install_packages
install_python
echo "ready: .venv/bin/python, clang++-22"
