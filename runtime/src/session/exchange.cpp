//===- exchange.cpp - One collective step of a run ------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/exchange.h"

using namespace attnc_rt;

/// Copies [rows, columns] blocks of `bytes` as [columns, rows].
static void transpose_blocks(device &on, const void *from, void *to,
                             int64_t rows, int64_t columns, int64_t bytes) {
  auto *source = static_cast<const std::byte *>(from);
  auto *target = static_cast<std::byte *>(to);
  // As few copies as possible, each of as many blocks.
  if (rows <= columns)
    for (int64_t row = 0; row < rows; ++row)
      on.copy_rows(target + row * bytes, rows * bytes,
                   source + row * columns * bytes, bytes, bytes, columns);
  else
    for (int64_t column = 0; column < columns; ++column)
      on.copy_rows(target + column * rows * bytes, bytes,
                   source + column * bytes, columns * bytes, bytes, rows);
}

void attnc_rt::exchange(communicator &group, device &on,
                        const bound_collective &step, const void *from,
                        void *to, void *scratch) {
  const collective_step &what = *step.source;
  int64_t count = step.outer * step.inner;
  int64_t block = step.inner * size_of(what.dtype);
  bool is_direct = step.scratch_bytes == 0;
  void *stream = on.stream();
  switch (what.kind) {
  case collective_kind::all_reduce:
    group.all_reduce(from, to, count, what.dtype, stream);
    break;
  case collective_kind::reduce_scatter:
    if (!is_direct)
      transpose_blocks(on, from, scratch, step.outer, what.num_ranks, block);
    group.reduce_scatter(is_direct ? from : scratch, to, count, what.dtype,
                         stream);
    break;
  case collective_kind::all_gather:
    group.all_gather(from, is_direct ? to : scratch, count, what.dtype, stream);
    if (!is_direct)
      transpose_blocks(on, scratch, to, what.num_ranks, step.outer, block);
  }
}
