//===- EntryExport.cpp - A program as an entry of a plan -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EntryExport.h"
#include "ProgramViews.h"
#include "Vocabulary.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc_rt/kernel_abi.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;
namespace json = llvm::json;

/// The range of a size that `attn.dim_ranges` does not give.
static constexpr int64_t kDefaultMin = 1, kDefaultMax = INT32_MAX;

namespace {
/// Exports one program for one target.
class EntryExporter {
public:
  EntryExporter(tile::ProgramOp program, const LaunchedKernels &kernels,
                Plans &plans)
      : program(program), kernels(kernels), plans(plans), views(program) {}

  FailureOr<json::Object> run();

private:
  void declareSymbols(unsigned arg);
  LogicalResult addArgument(unsigned arg);
  LogicalResult addSignature(unsigned arg, const View &view, json::Array &list);
  LogicalResult addWeight(unsigned arg, json::Object &buffer);
  FailureOr<std::string> addStoredWeight(unsigned arg, int64_t rank);

  LogicalResult add(Operation *op);
  LogicalResult addLaunch(tile::LaunchOp launch);
  LogicalResult addMemset(tile::MemsetOp memset);
  LogicalResult addCopy(tile::CopyOp copy);
  LogicalResult addCollective(tile::CollectiveOp collective);

  FailureOr<json::Array> getGrid(tile::LaunchOp launch, tile::KernelOp kernel);
  /// Writes an expression; what no plan can hold is an error at `op`, found
  /// at the end of run().
  json::Value write(const SizeExpression &size, Operation *op);
  json::Array write(const Sizes &sizes, Operation *op);
  json::Object writePlace(const View &view, Operation *op);

  tile::ProgramOp program;
  const LaunchedKernels &kernels;
  Plans &plans;
  ProgramViews views;
  llvm::StringSet<> names; // of inputs and outputs
  bool hasInvalidSize = false;
  json::Array symbols, inputs, outputs, buffers, steps;
};
} // namespace

//===----------------------------------------------------------------------===//
// Expressions and places
//===----------------------------------------------------------------------===//

json::Value EntryExporter::write(const SizeExpression &size, Operation *op) {
  if (const char *error = size.getError()) {
    if (!hasInvalidSize)
      op->emitError("a size of '") << op->getName() << "' " << error;
    hasInvalidSize = true;
    return 0;
  }
  return size.getJson();
}

json::Array EntryExporter::write(const Sizes &sizes, Operation *op) {
  json::Array array;
  for (const SizeExpression &size : sizes)
    array.push_back(write(size, op));
  return array;
}

json::Object EntryExporter::writePlace(const View &view, Operation *op) {
  return json::Object{{"buffer", view.buffer},
                      {"offset", write(view.offset, op)}};
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Adds the named sizes of an input.
void EntryExporter::declareSymbols(unsigned arg) {
  auto dims = program.getArgAttrOfType<ArrayAttr>(arg, attn::kDimsAttr);
  if (!dims)
    return;
  auto ranges =
      program->getParentOfType<ModuleOp>()->getAttrOfType<DictionaryAttr>(
          attn::kDimRangesAttr);
  for (auto name : dims.getAsRange<StringAttr>()) {
    if (name.empty() || views.isDeclared(name))
      continue;
    views.declareSymbol(name);
    int64_t range[] = {kDefaultMin, kDefaultMax, 1};
    if (auto given = ranges ? ranges.getAs<ArrayAttr>(name) : ArrayAttr())
      for (auto [to, from] : llvm::zip(range, given.getAsRange<IntegerAttr>()))
        to = from.getInt();
    symbols.push_back(json::Object{{"name", name.getValue()},
                                   {"min", range[0]},
                                   {"max", range[1]},
                                   {"multiple", range[2]}});
  }
}

/// How ranks divide the argument; nothing where each has the whole.
static std::optional<json::Array> writeSplit(attn::SliceAttr slice) {
  if (!slice || llvm::all_of(slice.getDims(), [](attn::DimSplit split) {
        return split.isWhole();
      }))
    return std::nullopt;
  json::Array array;
  for (attn::DimSplit split : slice.getDims())
    if (split.isWhole())
      array.push_back(nullptr);
    else
      array.push_back(
          json::Object{{"axis", split.axis}, {"group", split.group}});
  return array;
}

LogicalResult EntryExporter::addSignature(unsigned arg, const View &view,
                                          json::Array &list) {
  auto name = program.getArgAttrOfType<StringAttr>(arg, attn::kNameAttr);
  if (!name)
    name = program.getArgAttrOfType<StringAttr>(arg, attn::kWeightAttr);
  if (!name || !isName(name) || !names.insert(name).second)
    return program.emitError("expected argument ")
           << arg << " to have a name of its own, got " << name;
  if (view.elementType.isSignlessInteger(8))
    return program.emitError("expected argument ")
           << arg << " to hold f32, bf16, f16, i32 or i1, got "
           << view.elementType;
  json::Object tensor{{"name", name.getValue()},
                      {"dtype", getDtypeName(view.elementType)},
                      {"shape", write(view.sizes, program)},
                      {"buffer", view.buffer}};
  if (auto split = writeSplit(
          program.getArgAttrOfType<attn::SliceAttr>(arg, attn::kSliceAttr)))
    tensor["split"] = std::move(*split);
  list.push_back(std::move(tensor));
  return success();
}

LogicalResult EntryExporter::addWeight(unsigned arg, json::Object &buffer) {
  auto split = writeSplit(
      program.getArgAttrOfType<attn::SliceAttr>(arg, attn::kSliceAttr));
  int64_t numRanks =
      split && plans.ranks ? llvm::product_of(plans.ranks.getShape()) : 1;
  json::Array tensors;
  for (int64_t rank = 0; rank < numRanks; ++rank) {
    FailureOr<std::string> name = addStoredWeight(arg, rank);
    if (failed(name))
      return failure();
    tensors.push_back(std::move(*name));
  }
  if (!split) {
    buffer["tensor"] = std::move(tensors[0]);
    return success();
  }
  buffer["tensors"] = std::move(tensors);
  buffer["split"] = std::move(*split);
  return success();
}

FailureOr<std::string> EntryExporter::addStoredWeight(unsigned arg,
                                                      int64_t rank) {
  FailureOr<StoredWeight> weight = StoredWeight::get(program, arg, rank);
  if (failed(weight))
    return failure();
  auto [other, inserted] = plans.weights.try_emplace(weight->name, *weight);
  const StoredWeight &first = other->second;
  if (first.source != weight->source)
    return program.emitError("expected one weight to be stored as \"")
           << weight->name << "\", got \"" << first.source << "\" and \""
           << weight->source << "\"";
  if (first.pad != weight->pad || first.constant != weight->constant)
    return program.emitError("expected one padding and value of the weight \"")
           << weight->source << "\"";
  if (first.type == weight->type)
    return weight->name;
  return program.emitError("expected one type of the weight \"")
         << weight->name << "\", got " << first.type << " and " << weight->type;
}

LogicalResult EntryExporter::addArgument(unsigned arg) {
  if (failed(views.addArgument(arg)))
    return failure();
  if (program.getArgAttr(arg, attn::kAliasAttr))
    return program.emitError("attn.alias of argument ")
           << arg << " is not part of the package format yet";
  auto role = program.getArgAttrOfType<StringAttr>(arg, tile::kRoleAttr);
  const View &view = views.get(program.getBody().getArgument(arg));
  json::Object buffer{{"kind", role.getValue()},
                      {"bytes", write(view.getBytes(), program)}};
  LogicalResult result =
      role == "weight"
          ? addWeight(arg, buffer)
          : addSignature(arg, view, role == "input" ? inputs : outputs);
  buffers.push_back(std::move(buffer));
  return result;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

FailureOr<json::Array> EntryExporter::getGrid(tile::LaunchOp launch,
                                              tile::KernelOp kernel) {
  Block &body = kernel.getBody().front();
  auto grids = body.getOps<tile::GridOp>();
  auto schedulers = body.getOps<tile::SchedulerOp>();
  if (grids.empty() && schedulers.empty())
    return kernel.emitError("expected a tile.grid; run convert-attn-to-tile "
                            "first");
  SizeEvaluator sizes;
  for (auto [param, operand] :
       llvm::zip(kernel.getBody().getArguments(), launch.getOperands()))
    sizes.setSizes(param, views.get(operand).sizes);
  Sizes grid;
  for (Value size : grids.empty() ? (*schedulers.begin()).getSizes()
                                  : (*grids.begin()).getSizes()) {
    FailureOr<SizeExpression> value = sizes.get(size);
    if (failed(value))
      return failure();
    grid.push_back(std::move(*value));
  }
  // A scheduler numbers its work.
  if (grids.empty())
    grid = {std::accumulate(grid.begin(), grid.end(), SizeExpression(1),
                            std::multiplies<>())};
  grid.resize(tile::GridOp::kMaxRank, 1);
  if (int64_t points = kernels.pointsOfBlock.lookup(launch.getKernel()))
    grid[0] =
        SizeExpression::get(SizeExpression::Op::CeilDiv, grid[0], points);
  return write(grid, launch);
}

LogicalResult EntryExporter::addLaunch(tile::LaunchOp launch) {
  auto kernel = kernels.symbols.lookup<tile::KernelOp>(launch.getKernel());
  if (!isName(launch.getKernel()))
    return kernel.emitError("expected a name in UTF-8 without control "
                            "characters, got ")
           << kernel.getSymNameAttr();
  if (kernel.getTarget() != kernels.target)
    return kernel.emitError("expected a kernel for the target ")
           << kernels.target << ", got " << kernel.getTargetAttr();
  json::Array args;
  for (auto [i, operand] : llvm::enumerate(launch.getOperands())) {
    const View &view = views.get(operand);
    auto access = kernel.getArgAttrOfType<StringAttr>(i, tile::kAccessAttr);
    if (access != "read" && !view.isWritable) {
      auto diag = launch.emitError("expected operand ")
                  << i
                  << ", which the kernel writes, to be an output or workspace";
      diag.attachNote(kernel.getLoc()) << "the kernel is here";
      return diag;
    }
    json::Object arg = writePlace(view, launch);
    arg["dtype"] = getDtypeName(view.elementType);
    arg["sizes"] = write(view.sizes, launch);
    arg["strides"] = write(view.strides, launch);
    args.push_back(std::move(arg));
  }
  FailureOr<json::Array> grid = getGrid(launch, kernel);
  if (failed(grid))
    return failure();
  steps.push_back(json::Object{{"op", "launch"},
                               {"target", kernel.getTarget()},
                               {"kernel", launch.getKernel()},
                               {"grid", std::move(*grid)},
                               {"args", std::move(args)}});
  return success();
}

LogicalResult EntryExporter::addMemset(tile::MemsetOp memset) {
  const View &to = views.get(memset.getDestination());
  if (!to.isWritable || !to.isContiguous())
    return memset.emitError("expected an output or workspace, row-major "
                            "without gaps");
  json::Object step = writePlace(to, memset);
  step["op"] = "memset";
  step["bytes"] = write(to.getBytes(), memset);
  step["value"] = static_cast<uint8_t>(memset.getValue());
  steps.push_back(std::move(step));
  return success();
}

LogicalResult EntryExporter::addCopy(tile::CopyOp copy) {
  const View &from = views.get(copy.getSource());
  const View &to = views.get(copy.getDestination());
  if (copy.getTransposed() || from.elementType != to.elementType ||
      from.sizes != to.sizes)
    return copy.emitError("expected source and destination of one type and "
                          "one size in a program");
  if (!from.isContiguous() || !to.isContiguous())
    return copy.emitError("expected buffers that are row-major without gaps");
  if (!to.isWritable)
    return copy.emitError("expected the destination to be an output or "
                          "workspace");
  steps.push_back(json::Object{{"op", "copy"},
                               {"from", writePlace(from, copy)},
                               {"to", writePlace(to, copy)},
                               {"bytes", write(from.getBytes(), copy)}});
  return success();
}

LogicalResult EntryExporter::addCollective(tile::CollectiveOp collective) {
  const View &from = views.get(collective.getSource());
  const View &to = views.get(collective.getDestination());
  if (!from.isContiguous() || !to.isContiguous())
    return collective.emitError("expected buffers that are row-major without "
                                "gaps");
  if (!to.isWritable)
    return collective.emitError("expected the destination to be an output or "
                                "workspace");
  SmallVector<int64_t> axes(collective.getAxes());
  llvm::sort(axes);
  steps.push_back(json::Object{
      {"op", "collective"},
      {"kind", tile::stringifyCollectiveKind(collective.getKind())},
      {"dtype", getDtypeName(from.elementType)},
      {"from", writePlace(from, collective)},
      {"to", writePlace(to, collective)},
      {"sizes", write(from.sizes, collective)},
      {"dim", collective.getDim()},
      {"axes", json::Array(axes)},
      {"algorithm", collective.getAlgorithm()}});
  return success();
}

LogicalResult EntryExporter::add(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](tile::ArenaOp op) { return views.add(op); })
      .Case([&](tile::ViewOp op) { return views.add(op); })
      .Case([&](tile::LaunchOp op) { return addLaunch(op); })
      .Case([&](tile::MemsetOp op) { return addMemset(op); })
      .Case([&](tile::CopyOp op) { return addCopy(op); })
      .Case([&](tile::CollectiveOp op) { return addCollective(op); })
      .Case([](tile::AllocOp op) {
        return op.emitError("expected tile.arena; run tile-plan-arena first");
      })
      .Default([](Operation *op) -> LogicalResult {
        // Sizes are evaluated where a step uses them.
        if (isa<tile::SizeOp, tile::DimOp>(op) ||
            (isa<arith::ArithDialect>(op->getDialect()) &&
             llvm::none_of(op->getResultTypes(), llvm::IsaPred<tile::BufType>)))
          return success();
        return op->emitError("'")
               << op->getName() << "' is no step of a program";
      });
}

FailureOr<json::Object> EntryExporter::run() {
  if (!isName(program.getSymName()))
    return program.emitError("expected a name in UTF-8 without control "
                             "characters, got ")
           << program.getSymNameAttr();
  for (unsigned i = 0, e = program.getNumArguments(); i < e; ++i)
    if (program.getArgAttrOfType<StringAttr>(i, tile::kRoleAttr) == "input")
      declareSymbols(i);
  for (unsigned i = 0, e = program.getNumArguments(); i < e; ++i)
    if (failed(addArgument(i)))
      return failure();
  for (Operation &op : program.getBody().front())
    if (failed(add(&op)))
      return failure();
  if (!program.getBody().front().getOps<tile::ArenaOp>().empty())
    buffers.push_back(
        json::Object{{"kind", "workspace"},
                     {"bytes", write(views.getWorkspaceBytes(), program)}});
  if (hasInvalidSize)
    return failure();
  return json::Object{{"symbols", std::move(symbols)},
                      {"inputs", std::move(inputs)},
                      {"outputs", std::move(outputs)},
                      {"buffers", std::move(buffers)},
                      {"steps", std::move(steps)}};
}

FailureOr<json::Object> attnc::exportEntry(tile::ProgramOp program,
                                           const LaunchedKernels &kernels,
                                           Plans &plans) {
  return EntryExporter(program, kernels, plans).run();
}
