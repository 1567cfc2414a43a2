//===- kernel.cpp - A kernel that is loaded on a GPU ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/kernel.h"

#include "cuda/cubin_check.h"

using namespace attnc_rt;
using namespace attnc_rt::cuda;

static std::string text_of(const gpu_kernel &declared) {
  return "kernel " + in_quotes(declared.name);
}

kernel::kernel(std::shared_ptr<gpu> gpu_of, const package &source,
               const gpu_kernel &declared)
    : device_kernel{declared.arguments}, declared(declared),
      on(std::move(gpu_of)) {
  load(source);
  try {
    check_params();
    reserve_shared_memory();
  } catch (...) {
    on->functions.module_unload.address(its_module);
    throw;
  }
}

kernel::~kernel() {
  if (its_module && !on->is_lost())
    on->functions.module_unload.address(its_module);
}

void kernel::load(const package &source) {
  const std::string &blob_name = source.tensors()[declared.blob].name;
  std::span<const std::byte> blob = source.bytes(declared.blob);
  // A copy: what is checked is what is loaded.
  std::vector<std::byte> image(blob.begin(), blob.end());
  std::string found = hex(sha256(image));
  const std::string &expected = source.info().hashes[declared.blob];
  if (found != expected)
    fail_at("tensor " + in_quotes(blob_name),
            "its SHA-256 is not the manifest's: expected " + expected +
                ", got " + found);
  check_cubin(image, blob_name);
  const driver &functions = on->functions;
  result got = functions.module_load_data.address(&its_module, image.data());
  if (got != result::success)
    fail(ATTNC_RT_CUDA, "%s: %s", text_of(declared).c_str(),
         functions.error_text(functions.module_load_data.name, got).c_str());
  got = functions.module_get_function.address(&its_code, its_module,
                                              declared.name.c_str());
  if (got == result::success)
    return;
  std::string error =
      functions.error_text(functions.module_get_function.name, got);
  functions.module_unload.address(its_module);
  fail_at(text_of(declared), "the blob " + in_quotes(blob_name) +
                                 " has no such function: " + error);
}

/// The driver copies as many bytes as the code's parameters have.
void kernel::check_params() const {
  const driver &functions = on->functions;
  size_t count = 0, offset = 0, bytes = 0;
  while (functions.function_get_param_info.address(its_code, count, &offset,
                                                   &bytes) == result::success) {
    if (count < declared.params.size() &&
        size_of(declared.params[count].kind) != static_cast<int64_t>(bytes))
      fail_at(text_of(declared),
              "parameter " + std::to_string(count) + ": expected " +
                  std::to_string(bytes) + " bytes, got a " +
                  name(declared.params[count].kind) + " of " +
                  std::to_string(size_of(declared.params[count].kind)));
    ++count;
  }
  if (count != declared.params.size())
    fail_at(text_of(declared), "expected " + std::to_string(count) +
                                   " parameters, got " +
                                   std::to_string(declared.params.size()));
}

int kernel::attribute(function_attribute which) const {
  int value = 0;
  on->functions.call(on->functions.function_get_attribute, &value, which,
                     its_code);
  return value;
}

void kernel::reserve_shared_memory() {
  const driver &functions = on->functions;
  int max_threads = attribute(function_attribute::max_threads_per_block);
  if (declared.threads > max_threads)
    fail_at(text_of(declared),
            "expected at most " + std::to_string(max_threads) +
                " threads, got " + std::to_string(declared.threads));
  int64_t shared = attribute(function_attribute::static_shared_bytes);
  shared += declared.shared_bytes;
  if (shared > on->max_shared_bytes)
    fail(ATTNC_RT_UNSUPPORTED,
         "%s: need %ld bytes of shared memory, cuda:%d (%s) has %d a block",
         text_of(declared).c_str(), shared, on->ordinal, on->name.c_str(),
         on->max_shared_bytes);
  functions.call(functions.function_set_attribute, its_code,
                 function_attribute::max_dynamic_shared_bytes,
                 static_cast<int>(declared.shared_bytes));
  int blocks = 0;
  functions.call(functions.occupancy, &blocks, its_code,
                 static_cast<int>(declared.threads),
                 static_cast<size_t>(declared.shared_bytes));
  if (blocks < 1)
    fail(ATTNC_RT_UNSUPPORTED,
         "%s: expected room for a block of %ld threads and %ld bytes of shared "
         "memory on a multiprocessor of cuda:%d, got none",
         text_of(declared).c_str(), declared.threads, declared.shared_bytes,
         on->ordinal);
  resident_blocks = static_cast<int64_t>(blocks) * on->num_multiprocessors;
}
