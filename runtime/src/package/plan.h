//===- plan.h - What a package runs -----------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parsed plan. Every index in it is valid and every name is resolved; what
// depends on the values of symbols is checked in session/binding.h.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_PLAN_H
#define ATTNC_RT_PACKAGE_PLAN_H

#include "package/expression.h"
#include "package/manifest.h"

#include <variant>

namespace attnc_rt {

struct signature_tensor {
  std::string name;
  element_type dtype;
  std::vector<expression> shape; // of one rank's slice
  size_t buffer;
  std::vector<dim_split> split; // of each dimension
};

enum class buffer_kind : uint8_t { input, output, weight, workspace };

struct buffer_decl {
  buffer_kind kind;
  expression bytes;
  /// Of a weight: indices in the tensor table, one for each rank or one for
  /// all.
  std::vector<size_t> tensors;

  size_t tensor(int rank) const {
    return tensors.size() == 1 ? tensors[0]
                               : tensors[static_cast<size_t>(rank)];
  }
};

/// A byte position in a buffer.
struct location {
  size_t buffer;
  expression offset;
};

/// A strided window of a buffer; the innermost stride is 1.
struct view_decl {
  location at;
  element_type dtype;
  std::vector<expression> sizes;
  std::vector<expression> strides;
};

struct launch_step {
  std::string kernel;
  std::vector<expression> grid; // x, y, z
  std::vector<view_decl> args;
  /// GPUs: may begin before the step before it ends, and waits for that itself.
  bool dependent = false;
};

struct memset_step {
  location to;
  expression bytes;
  uint8_t value;
};

struct copy_step {
  location from;
  location to;
  expression bytes;
};

enum class collective_kind : uint8_t { all_reduce, reduce_scatter, all_gather };

/// Exchanges a buffer among the ranks that differ on `axes` only.
struct collective_step {
  collective_kind kind;
  element_type dtype;
  location from;
  location to;
  std::vector<expression> sizes; // of the source
  size_t dim;                    // that is scattered or gathered
  uint32_t axes;                 // bit i: axis i
  int64_t num_ranks;             // that take part
  std::string algorithm;
};

using step = std::variant<launch_step, memset_step, copy_step, collective_step>;

struct entry {
  std::string name;
  std::vector<symbol> symbols;
  std::vector<signature_tensor> inputs;
  std::vector<signature_tensor> outputs;
  std::vector<buffer_decl> buffers;
  std::vector<step> steps;
};

/// The entries in the order of their names. `target` is what the plan's
/// launches must be for; `where` begins the messages.
std::vector<entry> parse_plan(const json &value, const tensor_table &tensors,
                              const manifest &manifest,
                              const std::string &target,
                              const std::string &where);

const char *name(buffer_kind kind);
const char *name(collective_kind kind);

/// A step may change what these buffers hold.
inline bool is_writable(buffer_kind kind) {
  return kind == buffer_kind::output || kind == buffer_kind::workspace;
}

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_PLAN_H
