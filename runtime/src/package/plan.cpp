//===- plan.cpp - What a package runs -------------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/plan.h"

#include "failure.h"
#include "package/weight_slices.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace attnc_rt;

static constexpr const char *buffer_kinds[] = {"input", "output", "weight",
                                               "workspace"};

static constexpr const char *collective_kinds[] = {
    "all_reduce", "reduce_scatter", "all_gather"};

const char *attnc_rt::name(collective_kind kind) {
  return collective_kinds[static_cast<size_t>(kind)];
}

const char *attnc_rt::name(buffer_kind kind) {
  return buffer_kinds[static_cast<size_t>(kind)];
}

namespace {
/// Parses one entry.
class entry_parser {
public:
  entry_parser(const std::string &name, const tensor_table &tensors,
               const manifest &manifest, const std::string &target)
      : tensors(tensors), manifest(manifest), target(target) {
    result.name = name;
  }

  entry parse(const json &value, const std::string &where);

private:
  void parse_symbols(const json &value, const std::string &where);
  void parse_buffers(const json &value, const std::string &where);
  std::vector<signature_tensor> parse_signature(const json &value,
                                                buffer_kind kind,
                                                const std::string &where);
  void check_symbols_are_bound(const std::string &where) const;

  step parse_step(const json &value, const std::string &where) const;
  launch_step parse_launch(object_reader &reader) const;
  collective_step parse_collective(object_reader &reader) const;
  view_decl parse_view(const json &value, const std::string &where) const;
  location parse_location(object_reader &reader) const;
  location parse_location(const json &value, const std::string &where) const;
  void check_writable(const location &to, const std::string &where) const;

  expression parse_expression(const json &value,
                              const std::string &where) const {
    return expression(value, result.symbols, where);
  }
  std::vector<expression> parse_expressions(const json &array,
                                            const std::string &where) const;

  const tensor_table &tensors;
  const attnc_rt::manifest &manifest;
  const std::string &target; // of all launches
  entry result;
  std::set<std::string> names; // of inputs and outputs
};
} // namespace

static void check_is_identifier(const std::string &name,
                                const std::string &where) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  auto is_letter_or_digit = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  };
  if (!is_letter(name[0]) ||
      !std::all_of(name.begin(), name.end(), is_letter_or_digit))
    fail_at(where, "expected an identifier, got " + in_quotes(name));
}

void entry_parser::parse_symbols(const json &value, const std::string &where) {
  for (size_t i = 0; i < value.size(); ++i) {
    object_reader reader(value[i], element_of(where, i));
    symbol next;
    next.name = reader.name("name");
    check_is_identifier(next.name, reader.path("name"));
    next.min = reader.integer("min");
    next.max = reader.integer("max");
    next.multiple = reader.integer("multiple");
    reader.finish();
    if (next.min > next.max)
      fail_at(reader.path("min"), "expected at most the maximum " +
                                      std::to_string(next.max) + ", got " +
                                      std::to_string(next.min));
    if (next.multiple == 0)
      fail_at(reader.path("multiple"), "expected at least 1, got 0");
    for (const symbol &earlier : result.symbols)
      if (earlier.name == next.name)
        fail_at(reader.path("name"), "a second symbol " + in_quotes(next.name));
    result.symbols.push_back(std::move(next));
  }
}

std::vector<expression>
entry_parser::parse_expressions(const json &array,
                                const std::string &where) const {
  std::vector<expression> expressions;
  for (size_t i = 0; i < array.size(); ++i)
    expressions.push_back(parse_expression(array[i], element_of(where, i)));
  return expressions;
}

void entry_parser::parse_buffers(const json &value, const std::string &where) {
  for (size_t i = 0; i < value.size(); ++i) {
    object_reader reader(value[i], element_of(where, i));
    const std::string &kind = reader.name("kind");
    const auto *found =
        std::find(std::begin(buffer_kinds), std::end(buffer_kinds), kind);
    if (found == std::end(buffer_kinds))
      fail_at(reader.path("kind"), "unknown buffer kind " + in_quotes(kind));
    buffer_decl next{static_cast<buffer_kind>(found - std::begin(buffer_kinds)),
                     parse_expression(reader["bytes"], reader.path("bytes")),
                     {}};
    if (next.kind == buffer_kind::weight) {
      next.tensors = parse_weight_tensors(reader, tensors, manifest);
      for (size_t tensor : next.tensors) {
        auto bytes =
            static_cast<int64_t>(tensors[tensor].end - tensors[tensor].begin);
        if (next.bytes.constant() != bytes)
          fail_at(reader.path("bytes"), "expected " + std::to_string(bytes) +
                                            ", got " +
                                            next.bytes.text(result.symbols));
      }
    }
    reader.finish();
    result.buffers.push_back(std::move(next));
  }
}

std::vector<signature_tensor>
entry_parser::parse_signature(const json &value, buffer_kind kind,
                              const std::string &where) {
  std::vector<signature_tensor> signature;
  std::set<size_t> buffers;
  for (size_t i = 0; i < value.size(); ++i) {
    object_reader reader(value[i], element_of(where, i));
    const std::string &name = reader.name("name");
    if (!names.insert(name).second)
      fail_at(reader.path("name"),
              "a second input or output " + in_quotes(name));
    const std::string &dtype = reader.name("dtype");
    auto type = parse_element_type(dtype);
    if (!type || *type == element_type::i8 || *type == element_type::u8)
      fail_at(reader.path("dtype"),
              "expected F32, BF16, F16, I32 or I1, got " + in_quotes(dtype));
    std::vector<expression> shape =
        parse_expressions(reader.array("shape"), reader.path("shape"));
    size_t buffer = static_cast<size_t>(reader.integer("buffer"));
    std::vector<dim_split> split(shape.size());
    if (!manifest.grid.shape.empty())
      if (const json *given = reader.find("split"))
        split = parse_split(*given, shape.size(), manifest.grid,
                            reader.path("split"));
    reader.finish();
    if (buffer >= result.buffers.size() || result.buffers[buffer].kind != kind)
      fail_at(reader.path("buffer"), "buffer " + std::to_string(buffer) +
                                         " is no " + attnc_rt::name(kind));
    if (!buffers.insert(buffer).second)
      fail_at(reader.path("buffer"),
              "a second tensor in buffer " + std::to_string(buffer));
    signature.push_back(
        {name, *type, std::move(shape), buffer, std::move(split)});
  }
  auto is_of_kind = [&](const buffer_decl &decl) { return decl.kind == kind; };
  auto expected =
      std::count_if(result.buffers.begin(), result.buffers.end(), is_of_kind);
  if (signature.size() != static_cast<size_t>(expected))
    fail_at(where, "expected a tensor for each of " + std::to_string(expected) +
                       " buffers, got " + std::to_string(signature.size()));
  return signature;
}

void entry_parser::check_symbols_are_bound(const std::string &where) const {
  std::vector<bool> is_bound(result.symbols.size());
  for (const signature_tensor &input : result.inputs)
    for (const expression &size : input.shape)
      if (auto symbol = size.lone_symbol())
        is_bound[*symbol] = true;
  for (size_t i = 0; i < is_bound.size(); ++i)
    if (!is_bound[i])
      fail_at(element_of(where, i), "symbol " +
                                        in_quotes(result.symbols[i].name) +
                                        " is no dimension of an input");
}

location entry_parser::parse_location(object_reader &reader) const {
  size_t buffer = static_cast<size_t>(reader.integer("buffer"));
  if (buffer >= result.buffers.size())
    fail_at(reader.path("buffer"), "expected a buffer below " +
                                       std::to_string(result.buffers.size()) +
                                       ", got " + std::to_string(buffer));
  return {buffer, parse_expression(reader["offset"], reader.path("offset"))};
}

location entry_parser::parse_location(const json &value,
                                      const std::string &where) const {
  object_reader reader(value, where);
  location at = parse_location(reader);
  reader.finish();
  return at;
}

void entry_parser::check_writable(const location &to,
                                  const std::string &where) const {
  buffer_kind kind = result.buffers[to.buffer].kind;
  if (!is_writable(kind))
    fail_at(where, "writes buffer " + std::to_string(to.buffer) + ", an " +
                       "output or workspace buffer expected, got kind " +
                       attnc_rt::name(kind));
}

view_decl entry_parser::parse_view(const json &value,
                                   const std::string &where) const {
  object_reader reader(value, where);
  location at = parse_location(reader);
  const std::string &dtype = reader.name("dtype");
  auto type = parse_element_type(dtype);
  if (!type || *type == element_type::u8)
    fail_at(reader.path("dtype"), "unknown dtype " + in_quotes(dtype));
  const json &sizes = reader.array("sizes");
  const json &strides = reader.array("strides");
  reader.finish();
  if (sizes.empty() || sizes.size() > ATTNC_KERNEL_MAX_RANK)
    fail_at(reader.path("sizes"),
            "expected a rank of 1 ... 6, got " + std::to_string(sizes.size()));
  if (strides.size() != sizes.size())
    fail_at(reader.path("strides"), "expected " + std::to_string(sizes.size()) +
                                        " strides, got " +
                                        std::to_string(strides.size()));
  view_decl view{std::move(at), *type,
                 parse_expressions(sizes, reader.path("sizes")),
                 parse_expressions(strides, reader.path("strides"))};
  if (view.strides.back().constant() != 1)
    fail_at(reader.path("strides"),
            "the innermost stride: expected 1, got " +
                view.strides.back().text(result.symbols));
  return view;
}

launch_step entry_parser::parse_launch(object_reader &reader) const {
  const std::string &its_target = reader.name("target");
  std::vector<std::string> known = manifest.target_names();
  if (std::find(known.begin(), known.end(), its_target) == known.end())
    fail_at(reader.path("target"), "unknown target " + in_quotes(its_target));
  if (its_target != target)
    fail_at(reader.path("target"),
            "expected " + in_quotes(target) + ", got " + in_quotes(its_target));
  launch_step launch{reader.name("kernel"), {}, {}};
  if (manifest.gpu && target == manifest.gpu->name)
    if (const json *dependent = reader.find("dependent"))
      launch.dependent = as_bool(*dependent, reader.path("dependent"));
  const json &grid = reader.array("grid");
  if (grid.size() != 3)
    fail_at(reader.path("grid"),
            "expected 3 sizes, got " + std::to_string(grid.size()));
  launch.grid = parse_expressions(grid, reader.path("grid"));
  const json &args = reader.array("args");
  for (size_t i = 0; i < args.size(); ++i)
    launch.args.push_back(
        parse_view(args[i], element_of(reader.path("args"), i)));
  return launch;
}

collective_step entry_parser::parse_collective(object_reader &reader) const {
  const std::string &name = reader.name("kind");
  const auto *kind =
      std::find(std::begin(collective_kinds), std::end(collective_kinds), name);
  if (kind == std::end(collective_kinds))
    fail_at(reader.path("kind"), "unknown collective " + in_quotes(name));
  const std::string &dtype = reader.name("dtype");
  auto type = parse_element_type(dtype);
  if (type != element_type::f32 && type != element_type::bf16 &&
      type != element_type::f16 && type != element_type::i32)
    fail_at(reader.path("dtype"),
            "expected F32, BF16, F16 or I32, got " + in_quotes(dtype));
  collective_step step{
      static_cast<collective_kind>(kind - std::begin(collective_kinds)),
      *type,
      parse_location(reader["from"], reader.path("from")),
      parse_location(reader["to"], reader.path("to")),
      parse_expressions(reader.array("sizes"), reader.path("sizes")),
      static_cast<size_t>(reader.integer("dim")),
      0,
      1,
      reader.name("algorithm")};
  check_writable(step.to, reader.path("to"));
  if (step.dim >= step.sizes.size())
    fail_at(reader.path("dim"), "expected a dimension below " +
                                    std::to_string(step.sizes.size()) +
                                    ", got " + std::to_string(step.dim));
  const std::vector<int64_t> &grid = manifest.grid.shape;
  const std::string where = reader.path("axes");
  for (const json &value : reader.array("axes")) {
    auto axis = static_cast<size_t>(as_integer(value, where));
    if (axis >= grid.size())
      fail_at(where, "expected an axis below " + std::to_string(grid.size()) +
                         ", got " + std::to_string(axis));
    if (step.axes >> axis != 0)
      fail_at(where, "expected axes in ascending order, got " +
                         std::to_string(axis) + " too late");
    step.axes |= 1U << axis;
    step.num_ranks *= grid[axis];
  }
  if (step.axes == 0)
    fail_at(where, "expected an axis, got none");
  if (step.algorithm != "default")
    fail_at(reader.path("algorithm"),
            "unknown algorithm " + in_quotes(step.algorithm));
  return step;
}

step entry_parser::parse_step(const json &value,
                              const std::string &where) const {
  object_reader reader(value, where);
  const std::string &op = reader.name("op");
  if (op == "launch") {
    launch_step launch = parse_launch(reader);
    reader.finish();
    return launch;
  }
  if (op == "memset") {
    location to = parse_location(reader);
    expression bytes = parse_expression(reader["bytes"], reader.path("bytes"));
    int64_t byte = reader.integer("value");
    reader.finish();
    check_writable(to, where);
    if (byte > UINT8_MAX)
      fail_at(reader.path("value"),
              "expected 0 ... 255, got " + std::to_string(byte));
    return memset_step{std::move(to), std::move(bytes),
                       static_cast<uint8_t>(byte)};
  }
  if (op == "copy") {
    copy_step copy{parse_location(reader["from"], reader.path("from")),
                   parse_location(reader["to"], reader.path("to")),
                   parse_expression(reader["bytes"], reader.path("bytes"))};
    reader.finish();
    check_writable(copy.to, where);
    return copy;
  }
  if (op == "collective" && !manifest.grid.shape.empty()) {
    collective_step collective = parse_collective(reader);
    reader.finish();
    return collective;
  }
  fail_at(where, "unknown step " + in_quotes(op));
}

entry entry_parser::parse(const json &value, const std::string &where) {
  object_reader reader(value, where);
  parse_symbols(reader.array("symbols"), reader.path("symbols"));
  parse_buffers(reader.array("buffers"), reader.path("buffers"));
  result.inputs = parse_signature(reader.array("inputs"), buffer_kind::input,
                                  reader.path("inputs"));
  result.outputs = parse_signature(reader.array("outputs"), buffer_kind::output,
                                   reader.path("outputs"));
  check_symbols_are_bound(reader.path("symbols"));
  const json &steps = reader.array("steps");
  for (size_t i = 0; i < steps.size(); ++i)
    result.steps.push_back(
        parse_step(steps[i], element_of(reader.path("steps"), i)));
  reader.finish();
  return std::move(result);
}

std::vector<entry> attnc_rt::parse_plan(const json &value,
                                        const tensor_table &tensors,
                                        const manifest &manifest,
                                        const std::string &target,
                                        const std::string &plan_where) {
  object_reader reader(value, plan_where);
  std::vector<entry> entries;
  const std::string where = reader.path("entries");
  for (const auto &[name, each] : as_object(reader["entries"], where).items()) {
    check_name(name, where);
    entries.push_back(entry_parser(name, tensors, manifest, target)
                          .parse(each, where + "." + name));
  }
  reader.finish();
  if (entries.empty())
    fail_at(where, "expected an entry, got none");
  return entries;
}
