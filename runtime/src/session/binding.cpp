//===- binding.cpp - A plan with values for its symbols -------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/binding.h"

#include "failure.h"
#include "threads/thread_pool.h"

#include <algorithm>

using namespace attnc_rt;

namespace {
/// Binds one entry; `where` follows along for messages.
class binder {
public:
  binder(const entry &source, std::span<const int64_t> symbols)
      : source(source), symbols(symbols) {}

  bound_plan bind(std::span<const device_kernel *const> kernels);
  int64_t evaluate(const expression &value, const std::string &what) const;
  std::string symbols_text() const;

  std::string where;

private:
  std::vector<std::vector<int64_t>>
  bind_signature(const std::vector<signature_tensor> &signature) const;
  bound_launch bind_launch(const launch_step &launch,
                           const device_kernel &kernel);
  bound_collective bind_collective(const collective_step &step) const;
  void bind_view(const view_decl &view, const attnc_kernel_param &param);
  bound_location bind_range(const location &at, int64_t bytes,
                            const std::string &what) const;

  const entry &source;
  std::span<const int64_t> symbols;
  bound_plan result;
};
} // namespace

std::string binder::symbols_text() const {
  std::string text;
  for (size_t i = 0; i < symbols.size(); ++i)
    text += (i ? ", " : " with ") + source.symbols[i].name + " = " +
            std::to_string(symbols[i]);
  return text;
}

int64_t binder::evaluate(const expression &value,
                         const std::string &what) const {
  auto [result, error] = value.evaluate(symbols);
  if (error)
    fail_at(where, what + " " + value.text(source.symbols) + " " + error +
                       symbols_text());
  return result;
}

std::vector<std::vector<int64_t>>
binder::bind_signature(const std::vector<signature_tensor> &signature) const {
  std::vector<std::vector<int64_t>> shapes;
  for (const signature_tensor &tensor : signature) {
    shapes.push_back(bind_shape(source, tensor, symbols));
    int64_t bytes = size_of(tensor.dtype);
    for (int64_t size : shapes.back())
      bytes *= size;
    if (bytes != result.buffer_bytes[tensor.buffer])
      fail_at(where, in_quotes(tensor.name) + " has " + std::to_string(bytes) +
                         " bytes, and its buffer has " +
                         std::to_string(result.buffer_bytes[tensor.buffer]) +
                         symbols_text());
  }
  return shapes;
}

bound_location binder::bind_range(const location &at, int64_t bytes,
                                  const std::string &what) const {
  int64_t offset = evaluate(at.offset, what + ": offset");
  int64_t end;
  if (__builtin_add_overflow(offset, bytes, &end) ||
      end > result.buffer_bytes[at.buffer])
    fail_at(where, what + " of " + std::to_string(bytes) + " bytes at " +
                       std::to_string(offset) + " passes the end of buffer " +
                       std::to_string(at.buffer) + " at " +
                       std::to_string(result.buffer_bytes[at.buffer]) +
                       symbols_text());
  return {at.buffer, offset};
}

void binder::bind_view(const view_decl &view, const attnc_kernel_param &param) {
  attnc_view bound = {};
  int64_t offset = evaluate(view.at.offset, "offset");
  int64_t element = size_of(view.dtype);
  if (offset % element != 0)
    fail_at(where, "offset: expected a multiple of " + std::to_string(element) +
                       ", got " + std::to_string(offset) + symbols_text());

  // The last element's number, counted from the offset.
  int64_t last = 0;
  bool overflows = false, is_empty = false;
  for (size_t i = 0; i < view.sizes.size(); ++i) {
    int64_t size = evaluate(view.sizes[i], "size");
    int64_t stride = evaluate(view.strides[i], "stride");
    if (param.sizes[i] >= 0 && size != param.sizes[i])
      fail_at(where, "size " + std::to_string(i) + ": expected " +
                         std::to_string(param.sizes[i]) + ", got " +
                         std::to_string(size) + symbols_text());
    bound.sizes[i] = size;
    bound.strides[i] = stride;
    is_empty |= size == 0;
    int64_t span;
    overflows |= __builtin_mul_overflow(size - 1, stride, &span) ||
                 __builtin_add_overflow(last, span, &last);
  }
  int64_t available = result.buffer_bytes[view.at.buffer] - offset;
  if (available < 0 ||
      (!is_empty && (overflows || last >= available / element)))
    fail_at(where, "the view passes the end of buffer " +
                       std::to_string(view.at.buffer) + " of " +
                       std::to_string(result.buffer_bytes[view.at.buffer]) +
                       " bytes" + symbols_text());
  result.views.push_back(bound);
  result.view_places.push_back({view.at.buffer, offset});
}

bound_launch binder::bind_launch(const launch_step &launch,
                                 const device_kernel &kernel) {
  bound_launch bound{&kernel, {}, result.views.size()};
  int64_t blocks = 1;
  bool overflows = false;
  for (size_t i = 0; i < 3; ++i) {
    bound.grid[i] = evaluate(launch.grid[i], "grid");
    overflows |= __builtin_mul_overflow(blocks, bound.grid[i], &blocks);
  }
  if (overflows || blocks > thread_pool::max_items)
    fail_at(where, "expected a grid of at most 2^31 - 1 blocks, got " +
                       std::to_string(bound.grid[0]) + " x " +
                       std::to_string(bound.grid[1]) + " x " +
                       std::to_string(bound.grid[2]) + symbols_text());
  const std::string step_where = where;
  for (size_t i = 0; i < launch.args.size(); ++i) {
    where = step_where + ", argument " + std::to_string(i);
    bind_view(launch.args[i], kernel.arguments[i]);
  }
  return bound;
}

bound_collective binder::bind_collective(const collective_step &step) const {
  bound_collective bound{&step, {}, {}, 1, 1, 0};
  bool overflows = false;
  for (size_t i = 0; i < step.sizes.size(); ++i) {
    int64_t size = evaluate(step.sizes[i], "size");
    if (i == step.dim && step.kind == collective_kind::reduce_scatter) {
      if (size % step.num_ranks != 0)
        fail_at(where, "size " + std::to_string(i) +
                           ": expected a multiple of " +
                           std::to_string(step.num_ranks) + " ranks, got " +
                           std::to_string(size) + symbols_text());
      size /= step.num_ranks;
    }
    int64_t &part = i < step.dim ? bound.outer : bound.inner;
    overflows |= __builtin_mul_overflow(part, size, &part);
  }
  int64_t bytes = size_of(step.dtype), all_bytes;
  overflows |= __builtin_mul_overflow(bytes, bound.outer, &bytes) ||
               __builtin_mul_overflow(bytes, bound.inner, &bytes) ||
               __builtin_mul_overflow(bytes, step.num_ranks, &all_bytes);
  if (overflows)
    fail_at(where, "the size in bytes overflows" + symbols_text());
  bool scatters = step.kind == collective_kind::reduce_scatter;
  bool gathers = step.kind == collective_kind::all_gather;
  int64_t from_bytes = scatters ? all_bytes : bytes;
  int64_t to_bytes = gathers ? all_bytes : bytes;
  bound.from = bind_range(step.from, from_bytes, "the source");
  bound.to = bind_range(step.to, to_bytes, "the destination");
  for (const bound_location &at : {bound.from, bound.to})
    if (at.offset % size_of(step.dtype) != 0)
      fail_at(where, "offset: expected a multiple of " +
                         std::to_string(size_of(step.dtype)) + ", got " +
                         std::to_string(at.offset) + symbols_text());
  bool is_in_place =
      !scatters && !gathers && bound.from.offset == bound.to.offset;
  if (bound.from.buffer == bound.to.buffer && !is_in_place &&
      bound.from.offset < bound.to.offset + to_bytes &&
      bound.to.offset < bound.from.offset + from_bytes)
    fail_at(where, "source and destination overlap" + symbols_text());
  if ((scatters || gathers) && bound.outer > 1)
    bound.scratch_bytes = all_bytes;
  return bound;
}

bound_plan binder::bind(std::span<const device_kernel *const> kernels) {
  where = "entry " + in_quotes(source.name);
  for (size_t i = 0; i < source.buffers.size(); ++i)
    result.buffer_bytes.push_back(evaluate(
        source.buffers[i].bytes, "buffer " + std::to_string(i) + ": size"));
  result.input_shapes = bind_signature(source.inputs);
  result.output_shapes = bind_signature(source.outputs);
  for (size_t i = 0; i < source.steps.size(); ++i) {
    where = step_text(source, i);
    const step &each = source.steps[i];
    if (auto *launch = std::get_if<launch_step>(&each)) {
      result.steps.push_back(bind_launch(*launch, *kernels[i]));
    } else if (auto *memset = std::get_if<memset_step>(&each)) {
      int64_t bytes = evaluate(memset->bytes, "size");
      result.steps.push_back(bound_memset{
          bind_range(memset->to, bytes, "the memset"), bytes, memset->value});
    } else if (auto *collective = std::get_if<collective_step>(&each)) {
      bound_collective bound = bind_collective(*collective);
      result.scratch_bytes =
          std::max(result.scratch_bytes, bound.scratch_bytes);
      result.steps.push_back(bound);
    } else {
      const auto &copy = std::get<copy_step>(each);
      int64_t bytes = evaluate(copy.bytes, "size");
      result.steps.push_back(bound_copy{
          bind_range(copy.from, bytes, "the copy's source"),
          bind_range(copy.to, bytes, "the copy's destination"), bytes});
    }
  }
  return std::move(result);
}

bound_plan attnc_rt::bind_plan(const entry &source,
                               std::span<const int64_t> symbols,
                               std::span<const device_kernel *const> kernels) {
  return binder(source, symbols).bind(kernels);
}

std::vector<int64_t> attnc_rt::bind_shape(const entry &source,
                                          const signature_tensor &tensor,
                                          std::span<const int64_t> symbols) {
  binder evaluator(source, symbols);
  evaluator.where = "entry " + in_quotes(source.name);
  std::vector<int64_t> shape;
  int64_t bytes = size_of(tensor.dtype);
  for (const expression &size : tensor.shape) {
    shape.push_back(
        evaluator.evaluate(size, in_quotes(tensor.name) + ": dimension"));
    if (__builtin_mul_overflow(bytes, shape.back(), &bytes))
      fail_at(evaluator.where, in_quotes(tensor.name) +
                                   ": the size in bytes overflows" +
                                   evaluator.symbols_text());
  }
  return shape;
}
