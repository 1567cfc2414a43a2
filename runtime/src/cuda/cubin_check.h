//===- cubin_check.h - What a GPU kernel's blob may be ----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_CUBIN_CHECK_H
#define ATTNC_RT_CUDA_CUBIN_CHECK_H

#include <cstddef>
#include <span>
#include <string>

namespace attnc_rt::cuda {

/// Fails unless the bytes are an ELF file for GPUs all of whose parts lie
/// inside them: the driver is told where the file begins, not where it ends.
/// `name` is the blob's, for messages.
void check_cubin(std::span<const std::byte> elf, const std::string &name);

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_CUBIN_CHECK_H
