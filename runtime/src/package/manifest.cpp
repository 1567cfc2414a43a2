//===- manifest.cpp - What a package says of itself -----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/manifest.h"

#include "failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace attnc_rt;

static constexpr int64_t format_major = 1;
static constexpr int64_t format_minor = 2;

static std::pair<int64_t, int64_t> parse_format(object_reader &reader) {
  std::string where = reader.path("format");
  const json &format = reader.array("format");
  if (format.size() != 2)
    fail_at(where, "expected [major, minor], got an array of " +
                       std::to_string(format.size()));
  return {as_integer(format[0], where), as_integer(format[1], where)};
}

void attnc_rt::check_format(const json &value) {
  object_reader reader(value, "manifest");
  auto [major, minor] = parse_format(reader);
  if (major != format_major || minor > format_minor)
    fail(ATTNC_RT_UNSUPPORTED,
         "package format: expected %ld.0 to %ld.%ld, got %ld.%ld", format_major,
         format_major, format_minor, major, minor);
}

static constexpr const char cpu_target_name[] = "cpu";

static cpu_target parse_cpu_target(object_reader &reader,
                                   const tensor_table &tensors) {
  cpu_target result;
  result.arch = reader.name("arch");
  result.cpu = reader.name("cpu");
  for (const json &feature : reader.array("features"))
    result.features.push_back(as_name(feature, reader.path("features")));
  result.blob = parse_kernel_blob(reader, tensors);
  result.kernel_abi = reader.integer("kernel_abi");
  reader.finish();
  return result;
}

static void parse_target(const json &value, const tensor_table &tensors,
                         const std::string &where, manifest &result) {
  object_reader reader(value, where);
  const std::string &name = reader.name("name");
  bool is_cpu = name == cpu_target_name;
  bool knows_gpus = result.minor >= 2;
  if (!is_cpu && !(knows_gpus && name == gpu_target_name))
    fail_at(reader.path("name"),
            "unknown target " + in_quotes(name) + ", expected 'cpu'" +
                (knows_gpus ? " or " + in_quotes(gpu_target_name) : ""));
  if (is_cpu ? result.cpu.has_value() : result.gpu.has_value())
    fail_at(where, "a second target " + in_quotes(name));
  if (is_cpu)
    result.cpu = parse_cpu_target(reader, tensors);
  else
    result.gpu = parse_gpu_target(reader, tensors);
}

/// Every kernel blob belongs to one target.
static void check_blobs(const manifest &result, const tensor_table &tensors,
                        const std::string &where) {
  std::vector<bool> is_used(tensors.tensors().size());
  if (result.gpu)
    for (const gpu_kernel &kernel : result.gpu->kernels)
      is_used[kernel.blob] = true;
  if (result.cpu && is_used[result.cpu->blob])
    fail_at(where, "two targets have the blob " +
                       in_quotes(tensors[result.cpu->blob].name));
  if (result.cpu)
    is_used[result.cpu->blob] = true;
  for (size_t i = 0; i < is_used.size(); ++i)
    if (tensors[i].kind == tensor_kind::kernels && !is_used[i])
      fail_at(where, "no target has the blob " + in_quotes(tensors[i].name));
}

std::vector<std::string> manifest::target_names() const {
  std::vector<std::string> names;
  if (cpu)
    names.push_back(cpu_target_name);
  if (gpu)
    names.push_back(gpu->name);
  return names;
}

static std::vector<std::string> parse_hashes(const json &value,
                                             const tensor_table &tensors,
                                             const std::string &where) {
  std::vector<std::string> result(tensors.tensors().size());
  for (const auto &[name, hash] : as_object(value, where).items()) {
    auto tensor = tensors.find(name);
    if (!tensor || tensors[*tensor].kind == tensor_kind::padding ||
        tensors[*tensor].kind == tensor_kind::header_hash)
      fail_at(where, in_quotes(name) + " is no kernel blob and no weight");
    const std::string &digits = as_string(hash, where);
    if (digits.size() != 64 ||
        digits.find_first_not_of("0123456789abcdef") != std::string::npos)
      fail_at(where, in_quotes(name) +
                         ": expected 64 lower-case hex digits, got " +
                         in_quotes(digits));
    result[*tensor] = digits;
  }
  for (size_t i = 0; i < result.size(); ++i)
    if (result[i].empty() && (tensors[i].kind == tensor_kind::weight ||
                              tensors[i].kind == tensor_kind::kernels))
      fail_at(where, "lacks the hash of " + in_quotes(tensors[i].name));
  return result;
}

/// Reads the layout and returns the shape in which it stores `shape`.
static std::vector<int64_t> parse_layout(const json &value,
                                         const std::string &where,
                                         const std::vector<int64_t> &shape,
                                         std::string &text) {
  object_reader reader(value, where);
  const std::string &kind = reader.name("kind");
  if (kind == "plain") {
    reader.finish();
    text = "plain";
    return shape;
  }
  if (kind != "panels")
    fail_at(where, "unknown layout " + in_quotes(kind));
  int64_t width = reader.integer("width");
  int64_t depth = reader.integer("depth");
  bool transposed = as_bool(reader["transposed"], reader.path("transposed"));
  reader.finish();
  if (width == 0 || depth == 0)
    fail_at(where, "expected a width and a depth of at least 1, got " +
                       std::to_string(width) + " and " + std::to_string(depth));
  if (shape.size() != 2)
    fail_at(where, "expected a matrix, got a tensor of rank " +
                       std::to_string(shape.size()));
  auto ceildiv = [](int64_t a, int64_t b) { return a / b + (a % b != 0); };
  text = "panels " + std::to_string(width) + " x " + std::to_string(depth) +
         (transposed ? ", transposed" : "");
  std::vector<int64_t> stored = {ceildiv(shape[transposed ? 0 : 1], width),
                                 ceildiv(shape[transposed ? 1 : 0], depth),
                                 width};
  if (depth != 1)
    stored.push_back(depth);
  return stored;
}

static std::vector<int64_t> parse_sizes(const json &value, size_t rank,
                                        const std::string &where) {
  if (as_array(value, where).size() != rank)
    fail_at(where, "expected " + std::to_string(rank) + " sizes, got " +
                       std::to_string(value.size()));
  std::vector<int64_t> sizes;
  for (const json &size : value)
    sizes.push_back(as_integer(size, where));
  return sizes;
}

/// Reads padding and slice: a box inside the padded source.
static void parse_slice(object_reader &reader, weight_source &result) {
  const size_t rank = result.shape.size();
  result.pad.assign(rank, 0);
  result.slice_offset.assign(rank, 0);
  if (const json *pad = reader.find("pad"))
    result.pad = parse_sizes(*pad, rank, reader.path("pad"));
  std::vector<int64_t> padded = result.shape;
  for (size_t i = 0; i < rank; ++i)
    if (__builtin_add_overflow(padded[i], result.pad[i], &padded[i]))
      fail_at(reader.path("pad"), "the padded size overflows");
  result.slice_size = padded;
  const json *slice = reader.find("slice");
  if (!slice)
    return;
  object_reader box(*slice, reader.path("slice"));
  result.slice_offset = parse_sizes(box["offset"], rank, box.path("offset"));
  result.slice_size = parse_sizes(box["size"], rank, box.path("size"));
  box.finish();
  for (size_t i = 0; i < rank; ++i)
    if (result.slice_offset[i] > padded[i] ||
        result.slice_size[i] > padded[i] - result.slice_offset[i])
      fail_at(reader.path("slice"),
              "dimension " + std::to_string(i) + ": expected " +
                  std::to_string(result.slice_size[i]) + " elements at " +
                  std::to_string(result.slice_offset[i]) + " to lie inside " +
                  std::to_string(padded[i]));
}

static weight_source parse_weight(const std::string &name, const json &value,
                                  const tensor_table &tensors, int64_t minor,
                                  const std::string &where) {
  auto tensor = tensors.find(name);
  if (!tensor || tensors[*tensor].kind != tensor_kind::weight)
    fail_at(where, in_quotes(name) + " is no weight");
  object_reader reader(value, where + "." + name);
  weight_source result{*tensor, reader.name("source"), {}, {}, {}, {}, {}, {}};
  const std::string &dtype = reader.name("dtype");
  auto type = parse_element_type(dtype);
  if (!type)
    fail_at(reader.path("dtype"), "unknown dtype " + in_quotes(dtype));
  result.dtype = *type;
  for (const json &size : reader.array("shape"))
    result.shape.push_back(as_integer(size, reader.path("shape")));
  if (minor >= 1) {
    parse_slice(reader, result);
  } else {
    result.pad = result.slice_offset =
        std::vector<int64_t>(result.shape.size());
    result.slice_size = result.shape;
  }
  std::vector<int64_t> stored =
      parse_layout(reader["layout"], reader.path("layout"), result.slice_size,
                   result.layout);
  reader.finish();
  if (stored != tensors[*tensor].shape)
    fail_at(where + "." + name, "the stored shape: expected " +
                                    json(stored).dump() + ", got " +
                                    json(tensors[*tensor].shape).dump());
  return result;
}

const weight_source &manifest::weight(size_t tensor) const {
  return *std::find_if(
      weights.begin(), weights.end(),
      [&](const weight_source &each) { return each.tensor == tensor; });
}

manifest attnc_rt::parse_manifest(const json &value,
                                  const tensor_table &tensors) {
  object_reader reader(value, "manifest");
  manifest result;
  std::tie(result.major, result.minor) = parse_format(reader);
  result.producer = reader.name("producer");
  if (result.minor >= 1)
    if (const json *grid = reader.find("grid"))
      result.grid = parse_grid(*grid, reader.path("grid"));

  const json &targets = reader.array("targets");
  for (size_t i = 0; i < targets.size(); ++i)
    parse_target(targets[i], tensors, element_of(reader.path("targets"), i),
                 result);
  check_blobs(result, tensors, reader.path("targets"));

  result.hashes =
      parse_hashes(reader["sha256"], tensors, reader.path("sha256"));
  const std::string where = reader.path("weights");
  for (const auto &[name, weight] : as_object(reader["weights"], where).items())
    result.weights.push_back(
        parse_weight(name, weight, tensors, result.minor, where));
  reader.finish();
  auto is_weight = [](const stored_tensor &tensor) {
    return tensor.kind == tensor_kind::weight;
  };
  auto num_weights = std::count_if(tensors.tensors().begin(),
                                   tensors.tensors().end(), is_weight);
  if (result.weights.size() != static_cast<size_t>(num_weights))
    fail_at(where, "expected an entry for each of " +
                       std::to_string(num_weights) + " weight tensors, got " +
                       std::to_string(result.weights.size()));
  return result;
}
