//===- describe.cpp - A readable account of a package ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/package.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

using namespace attnc_rt;

namespace {
class description {
public:
  explicit description(const package &source) : source(source) {}
  std::string write();

private:
  void add(const char *format, ...) __attribute__((format(printf, 2, 3)));
  void add_targets();
  void add_gpu_target(const gpu_target &code);
  void add_entry(size_t index);
  void add_signature(const entry &owner, const char *role,
                     const std::vector<signature_tensor> &signature);
  void add_buffer(const entry &owner, size_t index);
  void add_step(const entry &owner, size_t index);
  void add_weights();

  const package &source;
  std::string text;
};
} // namespace

void description::add(const char *format, ...) {
  va_list args;
  va_start(args, format);
  va_list again;
  va_copy(again, args);
  auto length = static_cast<size_t>(vsnprintf(nullptr, 0, format, args));
  va_end(args);
  size_t before = text.size();
  text.resize(before + length + 1);
  vsnprintf(&text[before], length + 1, format, again);
  va_end(again);
  text.pop_back();
}

static std::string bytes_text(uint64_t bytes) {
  static constexpr const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit)
    value /= 1024;
  char result[32];
  snprintf(result, sizeof(result), unit ? "%.1f %s" : "%.0f %s", value,
           units[unit]);
  return result;
}

static std::string shape_text(const std::vector<int64_t> &shape) {
  std::string result;
  for (int64_t size : shape)
    result += (result.empty() ? "" : ", ") + std::to_string(size);
  return "[" + result + "]";
}

static std::string shape_text(const std::vector<expression> &shape,
                              const entry &owner) {
  std::string result;
  for (const expression &size : shape)
    result += (result.empty() ? "" : ", ") + size.text(owner.symbols);
  return "[" + result + "]";
}

/// ", a slice of [1, 2]": how many there are along each dimension.
static std::string split_text(const std::vector<dim_split> &split,
                              const rank_grid &grid) {
  std::vector<int64_t> slices;
  for (const dim_split &each : split)
    slices.push_back(each.num_slices(grid));
  bool is_whole = std::all_of(slices.begin(), slices.end(),
                              [](int64_t count) { return count == 1; });
  return is_whole ? "" : ", a slice of " + shape_text(slices);
}

std::string description::write() {
  const manifest &info = source.info();
  add("package      format %ld.%ld, by %s\n", info.major, info.minor,
      info.producer.c_str());
  add("size         %s, of which the header is %s\n",
      bytes_text(source.file_bytes()).c_str(),
      bytes_text(source.header_bytes()).c_str());
  if (!info.grid.shape.empty())
    add("ranks        %s\n", describe(info.grid).c_str());
  add_targets();
  for (size_t i = 0; i < source.entries().size(); ++i)
    add_entry(i);
  add_weights();
  return std::move(text);
}

void description::add_targets() {
  if (const std::optional<cpu_target> &code = source.info().cpu) {
    add("\ntarget cpu\n");
    add("  code       %s %s, kernel ABI %ld, %s\n", code->arch.c_str(),
        code->cpu.c_str(), code->kernel_abi,
        bytes_text(source.bytes(code->blob).size()).c_str());
    std::string features;
    for (const std::string &feature : code->features)
      features += " " + feature;
    add("  features  %s\n", features.empty() ? " none" : features.c_str());
  }
  if (source.info().gpu)
    add_gpu_target(*source.info().gpu);
}

static std::string param_text(const gpu_param &param) {
  if (param.kind == gpu_param_kind::counter)
    return "counter";
  std::string result = name(param.kind);
  result += " of argument " + std::to_string(param.argument);
  if (param.kind == gpu_param_kind::size ||
      param.kind == gpu_param_kind::stride)
    result += ", dimension " + std::to_string(param.dim);
  std::string box;
  for (uint32_t size : param.box)
    box += (box.empty() ? "" : ", ") + std::to_string(size);
  return box.empty() ? result : result + ", box [" + box + "]";
}

void description::add_gpu_target(const gpu_target &code) {
  add("\ntarget %s\n", code.name.c_str());
  for (const gpu_kernel &kernel : code.kernels) {
    add("  kernel     %s, %s: %ld threads, %ld bytes of shared memory%s\n",
        kernel.name.c_str(),
        bytes_text(source.bytes(kernel.blob).size()).c_str(), kernel.threads,
        kernel.shared_bytes, kernel.persistent ? ", persistent" : "");
    for (size_t i = 0; i < kernel.arguments.size(); ++i) {
      const attnc_kernel_param &argument = kernel.arguments[i];
      static constexpr const char *accesses[] = {"", "read", "write",
                                                 "read_write"};
      std::string sizes;
      for (size_t d = 0; d < argument.rank; ++d)
        sizes +=
            (d ? ", " : "") +
            (argument.sizes[d] < 0 ? "?" : std::to_string(argument.sizes[d]));
      add("    argument %zu %-4s [%s], %s\n", i,
          name(static_cast<element_type>(argument.dtype)), sizes.c_str(),
          accesses[argument.access]);
    }
    for (size_t i = 0; i < kernel.params.size(); ++i)
      add("    param %-3zu %s\n", i, param_text(kernel.params[i]).c_str());
  }
}

void description::add_signature(
    const entry &owner, const char *role,
    const std::vector<signature_tensor> &signature) {
  for (const signature_tensor &each : signature)
    add("  %-8s   %-16s %-4s %s%s\n", role, each.name.c_str(), name(each.dtype),
        shape_text(each.shape, owner).c_str(),
        split_text(each.split, source.info().grid).c_str());
}

void description::add_buffer(const entry &owner, size_t index) {
  const buffer_decl &buffer = owner.buffers[index];
  std::string what;
  for (size_t tensor : buffer.tensors)
    what += " " + source.tensors()[tensor].name;
  add("  buffer %-3zu %-9s %s bytes%s\n", index, name(buffer.kind),
      buffer.bytes.text(owner.symbols).c_str(), what.c_str());
}

void description::add_step(const entry &owner, size_t index) {
  auto place = [&](const location &at) {
    std::string result = "buffer " + std::to_string(at.buffer);
    return at.offset.constant() == 0
               ? result
               : result + " at " + at.offset.text(owner.symbols);
  };
  auto size = [&](const expression &value) {
    return value.text(owner.symbols);
  };
  add("  step %-5zu ", index);
  const step &each = owner.steps[index];
  if (auto *memset = std::get_if<memset_step>(&each)) {
    add("memset %s, %s bytes of %u\n", place(memset->to).c_str(),
        size(memset->bytes).c_str(), memset->value);
  } else if (auto *copy = std::get_if<copy_step>(&each)) {
    add("copy   %s to %s, %s bytes\n", place(copy->from).c_str(),
        place(copy->to).c_str(), size(copy->bytes).c_str());
  } else if (auto *collective = std::get_if<collective_step>(&each)) {
    add("%s of %s %s from %s to %s, %ld ranks\n", name(collective->kind),
        name(collective->dtype), shape_text(collective->sizes, owner).c_str(),
        place(collective->from).c_str(), place(collective->to).c_str(),
        collective->num_ranks);
  } else {
    const auto &launch = std::get<launch_step>(each);
    add("launch %s, grid %s%s\n", launch.kernel.c_str(),
        shape_text(launch.grid, owner).c_str(),
        launch.dependent ? ", dependent" : "");
    for (const view_decl &view : launch.args)
      add("             %-4s %s of %s, strides %s\n", name(view.dtype),
          shape_text(view.sizes, owner).c_str(), place(view.at).c_str(),
          shape_text(view.strides, owner).c_str());
  }
}

void description::add_entry(size_t index) {
  const entry &each = source.entries()[index];
  add("\nentry %s\n", each.name.c_str());
  for (const symbol &size : each.symbols)
    add("  symbol     %s: %ld ... %ld, a multiple of %ld\n", size.name.c_str(),
        size.min, size.max, size.multiple);
  add_signature(each, "input", each.inputs);
  add_signature(each, "output", each.outputs);
  for (const target_plan &plan : source.plans()) {
    if (source.plans().size() > 1)
      add("  on %s\n", plan.target.c_str());
    const entry &its_plan = plan.entries[index];
    for (size_t i = 0; i < its_plan.buffers.size(); ++i)
      add_buffer(its_plan, i);
    for (size_t i = 0; i < its_plan.steps.size(); ++i)
      add_step(its_plan, i);
  }
}

void description::add_weights() {
  uint64_t total = 0;
  for (const weight_source &weight : source.info().weights)
    total += source.bytes(weight.tensor).size();
  add("\nweights      %zu, %s\n", source.info().weights.size(),
      bytes_text(total).c_str());
  for (const weight_source &weight : source.info().weights) {
    const stored_tensor &stored = source.tensors()[weight.tensor];
    add("  %-24s %-4s %s of %s, %s, stored as %s %s, %s\n", stored.name.c_str(),
        name(weight.dtype), shape_text(weight.shape).c_str(),
        weight.source.c_str(), weight.layout.c_str(), name(stored.dtype),
        shape_text(stored.shape).c_str(),
        bytes_text(stored.end - stored.begin).c_str());
  }
}

std::string attnc_rt::describe(const package &source) {
  return description(source).write();
}
