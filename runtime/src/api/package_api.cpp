//===- package_api.cpp - The package behind its handle --------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "api/package_api.h"

#include "api/status.h"
#include "session/binding.h"
#include "threads/thread_pool.h"

#include <algorithm>

using namespace attnc_rt;

const attnc_rt_tensor *
attnc_rt_package::show(const entry &owner,
                       const std::vector<signature_tensor> &signature) {
  std::vector<attnc_rt_tensor> shown;
  for (const signature_tensor &tensor : signature) {
    std::vector<attnc_rt_dim> shape;
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      const expression &size = tensor.shape[i];
      const dim_split &split = tensor.split[i];
      auto symbol = size.lone_symbol();
      shape.push_back(
          {texts.emplace_back(size.text(owner.symbols)).c_str(),
           size.constant().value_or(-1),
           symbol ? static_cast<int32_t>(*symbol) : -1,
           static_cast<int32_t>(split.num_slices(contents->info().grid)),
           static_cast<int32_t>(split.axis),
           static_cast<int32_t>(split.group)});
    }
    dims.push_back(std::move(shape));
    shown.push_back({tensor.name.c_str(), to_dlpack(tensor.dtype),
                     static_cast<int32_t>(tensor.shape.size()),
                     dims.back().data()});
  }
  signatures.push_back(std::move(shown));
  return signatures.back().data();
}

attnc_rt_package::attnc_rt_package(const char *path)
    : contents(std::make_shared<const package>(path)) {
  for (const entry &each : contents->entries()) {
    std::vector<attnc_rt_symbol> shown;
    for (const symbol &size : each.symbols)
      shown.push_back({size.name.c_str(), size.min, size.max, size.multiple});
    symbols.push_back(std::move(shown));
    entries.push_back({each.name.c_str(), each.symbols.size(),
                       symbols.back().data(), each.inputs.size(),
                       show(each, each.inputs), each.outputs.size(),
                       show(each, each.outputs)});
  }
}

const char *attnc_rt_package::describe() const {
  std::call_once(is_described,
                 [&] { description = attnc_rt::describe(*contents); });
  return description.c_str();
}

attnc_rt_status *attnc_rt_package_open(const char *path,
                                       attnc_rt_package **result) {
  return guarded([&] {
    require(path, "path");
    require(result, "package");
    *result = new attnc_rt_package(path);
  });
}

void attnc_rt_package_close(attnc_rt_package *package) { delete package; }

attnc_rt_status *attnc_rt_package_verify(const attnc_rt_package *package,
                                         int32_t num_threads) {
  return guarded([&] {
    require(package, "package");
    thread_pool pool(checked_num_threads(num_threads));
    package->contents->verify(pool);
  });
}

attnc_rt_status *attnc_rt_package_describe(const attnc_rt_package *package,
                                           const char **text) {
  return guarded([&] {
    require(package, "package");
    require(text, "text");
    *text = package->describe();
  });
}

size_t attnc_rt_package_num_entries(const attnc_rt_package *package) {
  return package->entries.size();
}

const attnc_rt_entry *attnc_rt_package_entry(const attnc_rt_package *package,
                                             size_t index) {
  return index < package->entries.size() ? &package->entries[index] : nullptr;
}

attnc_rt_grid attnc_rt_package_grid(const attnc_rt_package *package) {
  const rank_grid &grid = package->contents->info().grid;
  return {grid.name.c_str(), static_cast<int32_t>(grid.shape.size()),
          grid.shape.data(), static_cast<int32_t>(grid.num_ranks())};
}

int32_t attnc_rt_package_slice(const attnc_rt_package *package,
                               const attnc_rt_dim *dim, int32_t rank) {
  dim_split split{dim->axis, dim->group};
  return static_cast<int32_t>(
      split.slice_of(package->contents->info().grid, rank));
}

static std::string entry_names(const std::vector<entry> &entries) {
  std::string names;
  for (const entry &each : entries)
    names += (names.empty() ? "" : ", ") + in_quotes(each.name);
  return names;
}

static size_t find_entry(const std::vector<entry> &entries, const char *name) {
  if (!name && entries.size() == 1)
    return 0;
  for (size_t i = 0; name && i < entries.size(); ++i)
    if (entries[i].name == name)
      return i;
  fail(ATTNC_RT_INVALID_ARGUMENT, "entry: expected one of %s, got %s",
       entry_names(entries).c_str(), name ? in_quotes(name).c_str() : "none");
}

attnc_rt_status *attnc_rt_package_find_entry(const attnc_rt_package *package,
                                             const char *name, size_t *index) {
  return guarded([&] {
    require(package, "package");
    require(index, "index");
    *index = find_entry(package->contents->entries(), name);
  });
}

const entry &attnc_rt::checked_entry(const attnc_rt_package *package,
                                     size_t index) {
  require(package, "package");
  const std::vector<entry> &entries = package->contents->entries();
  if (index >= entries.size())
    fail(ATTNC_RT_INVALID_ARGUMENT, "entry: expected 0 ... %zu, got %zu",
         entries.size() - 1, index);
  return entries[index];
}

attnc_rt_status *attnc_rt_package_bind(const attnc_rt_package *package,
                                       size_t index, const DLTensor *inputs,
                                       size_t num_inputs, int64_t *symbols) {
  return guarded([&] {
    const entry &source = checked_entry(package, index);
    check_count(source, "inputs", source.inputs.size(), num_inputs);
    std::vector<int64_t> values = bind_symbols(source, {inputs, num_inputs});
    std::copy(values.begin(), values.end(), symbols);
  });
}

attnc_rt_status *attnc_rt_package_shapes(const attnc_rt_package *package,
                                         size_t index, const int64_t *symbols,
                                         size_t num_symbols, int64_t *shapes) {
  return guarded([&] {
    const entry &source = checked_entry(package, index);
    check_count(source, "symbols", source.symbols.size(), num_symbols);
    std::span values(symbols, num_symbols);
    check_symbols(source, values);
    std::vector<int64_t> sizes;
    for (const auto *signature : {&source.inputs, &source.outputs})
      for (const signature_tensor &tensor : *signature) {
        std::vector<int64_t> shape = bind_shape(source, tensor, values);
        sizes.insert(sizes.end(), shape.begin(), shape.end());
      }
    std::copy(sizes.begin(), sizes.end(), shapes);
  });
}
