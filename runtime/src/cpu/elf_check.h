//===- elf_check.h - What a kernel blob may contain -------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CPU_ELF_CHECK_H
#define ATTNC_RT_CPU_ELF_CHECK_H

#include <cstddef>
#include <span>

namespace attnc_rt {

/// Fails unless `elf`, aligned to 8 bytes, is an x86-64 shared object that
/// loads without effects: it needs no library, runs no code while it is loaded,
/// refers to no symbol outside itself and has no writable code. The dynamic
/// loader relies on more than this looks at: the blob's hash answers for that.
void check_kernel_elf(std::span<const std::byte> elf);

} // namespace attnc_rt

#endif // ATTNC_RT_CPU_ELF_CHECK_H
