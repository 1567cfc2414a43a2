//===- PropagateSharding.cpp - From annotations to every value -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingRules.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Shard/IR/ShardDialect.h"
#include "llvm/ADT/MapVector.h"

namespace attnc::attn {
#define GEN_PASS_DEF_PROPAGATESHARDINGPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

namespace {
/// Propagates within one function.
class Propagation {
public:
  Propagation(func::FuncOp func, shard::GridOp grid)
      : func(func), grid(grid), rules(func, grid) {}

  LogicalResult run();

private:
  /// Erases annotations of arguments; the first of each argument says how it is
  /// divided.
  LogicalResult readArguments();
  /// One axis divides the heads of query, key and value.
  LogicalResult readHeads(AttentionOp op);
  /// Sizes of one name are divided alike.
  LogicalResult readNames();
  void writeShardings();

  func::FuncOp func;
  shard::GridOp grid;
  ShardingRules rules;
  struct Annotation {
    ShardingAttr sharding;
    Location loc;
  };
  llvm::MapVector<BlockArgument, Annotation> arguments;
  /// Arguments that only their names divide.
  llvm::DenseSet<Value> namedOnly;
};
} // namespace

LogicalResult Propagation::readArguments() {
  for (BlockArgument arg : func.getArguments()) {
    SmallVector<Value> worklist = {arg};
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
        auto annotation = dyn_cast<shard::ShardOp>(user);
        if (!annotation || annotation.getSrc() != value)
          continue;
        ShardingAttr sharding = readAnnotation(annotation, grid);
        auto [it, inserted] =
            arguments.insert({arg, Annotation{sharding, annotation.getLoc()}});
        if (!inserted && it->second.sharding != sharding) {
          InFlightDiagnostic diag =
              annotation.emitOpError("expected one sharding of argument ")
              << arg.getArgNumber() << ", got " << sharding << " and "
              << it->second.sharding;
          diag.attachNote(it->second.loc) << "it is annotated here too";
          return diag;
        }
        annotation.replaceAllUsesWith(value);
        annotation.erase();
        worklist.push_back(value);
      }
    }
  }
  return success();
}

LogicalResult Propagation::readHeads(AttentionOp op) {
  struct Source {
    StringRef name;
    BlockArgument arg;
    int64_t dim, numHeads;
    bool areKvHeads;
  };
  SmallVector<Source> sources;
  // Heads that are inputs take what the attention needs, unless annotated.
  auto addInput = [&](StringRef name, Value source, int64_t numHeads,
                      bool areKvHeads) {
    auto input = dyn_cast<BlockArgument>(source);
    int64_t rank = cast<RankedTensorType>(source.getType()).getRank();
    if (input && arguments.contains(input))
      sources.push_back(
          {name, input, rank == 4 ? 1 : rank - 1, numHeads, areKvHeads});
  };
  auto add = [&](StringRef name, Value heads, bool areKvHeads) {
    Value source = findHeadsSource(heads);
    int64_t numHeads = cast<RankedTensorType>(heads.getType()).getDimSize(1);
    if (auto layer = source.getDefiningOp<LinearOp>()) {
      if (auto weight = dyn_cast<BlockArgument>(layer.getWeight()))
        sources.push_back({name, weight, layer.getTransposed() ? 0 : 1,
                           numHeads, areKvHeads});
      return;
    }
    addInput(name, source, numHeads, areKvHeads);
  };
  add("query", op.getQuery(), /*areKvHeads=*/false);
  add("key", op.getKey(), /*areKvHeads=*/true);
  add("value", op.getValue(), /*areKvHeads=*/true);
  for (auto [name, heads] : {std::pair("key cache", op.getKey()),
                             std::pair("value cache", op.getValue())})
    for (Value cache : findCaches(heads))
      addInput(name, cache, heads.getType().getDimSize(1), true);

  std::optional<int64_t> axis;
  const Source *chosen = nullptr;
  for (const Source &source : sources) {
    auto it = arguments.find(source.arg);
    if (it == arguments.end())
      continue;
    DimSplit split = it->second.sharding.getDims()[source.dim];
    if (split.isWhole())
      continue;
    if (axis && *axis != split.axis) {
      InFlightDiagnostic diag =
          op.emitOpError("expected one axis to divide the heads of query, key "
                         "and value, got ")
          << *axis << " and " << split.axis;
      for (const Source *side : {chosen, &source})
        diag.attachNote(arguments.find(side->arg)->second.loc)
            << side->name << " is divided here";
      return diag;
    }
    axis = split.axis;
    chosen = &source;
  }
  if (!axis)
    return success();
  Location because = arguments.find(chosen->arg)->second.loc;
  for (const Source &source : sources) {
    std::optional<DimSplit> split = splitHeads(
        source.numHeads, *axis, grid.getShape()[*axis], source.areKvHeads);
    if (!split) {
      InFlightDiagnostic diag = op.emitOpError("expected the ")
                                << source.numHeads << " heads of "
                                << source.name << " to be divisible by the "
                                << grid.getShape()[*axis] << " ranks of axis "
                                << *axis;
      if (source.areKvHeads)
        diag << " or to divide them";
      diag.attachNote(because) << "the heads are divided here";
      return diag;
    }
    ShardingAttr whole = ShardingAttr::getWhole(op.getContext(), 2);
    auto it =
        arguments
            .insert({source.arg,
                     Annotation{whole.withDim(source.dim, *split), because}})
            .first;
    ShardingAttr &sharding = it->second.sharding;
    if (sharding.getDims()[source.dim].isWhole()) {
      InFlightDiagnostic diag = op.emitOpError("expected the heads of ")
                                << source.name << " to be divided as those of "
                                << chosen->name << ", got " << sharding;
      diag.attachNote(it->second.loc) << source.name << " is divided here";
      diag.attachNote(because) << chosen->name << " is divided here";
      return diag;
    }
    sharding = sharding.withDim(source.dim, *split);
  }
  return success();
}

LogicalResult Propagation::readNames() {
  struct Named {
    DimSplit split;
    BlockArgument arg;
  };
  llvm::StringMap<Named> names;
  llvm::DenseSet<Value> annotated;
  auto forEachName = [&](BlockArgument arg, auto callback) {
    auto dims = func.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), kDimsAttr);
    if (dims)
      for (auto [dim, name] : llvm::enumerate(dims.getAsRange<StringAttr>()))
        if (!name.empty())
          callback(dim, name.getValue());
  };
  for (auto &[arg, annotation] : arguments) {
    annotated.insert(arg);
    forEachName(arg, [&, arg = arg, sharding = annotation.sharding](
                         int64_t dim, StringRef name) {
      if (!sharding.getDims()[dim].isWhole())
        names.try_emplace(name, Named{sharding.getDims()[dim], arg});
    });
  }
  for (BlockArgument arg : func.getArguments()) {
    SmallVector<std::pair<int64_t, Named>> splits;
    forEachName(arg, [&](int64_t dim, StringRef name) {
      if (auto it = names.find(name); it != names.end())
        splits.push_back({dim, it->second});
    });
    for (auto &[dim, named] : splits) {
      Annotation first = arguments.find(named.arg)->second;
      int64_t rank = cast<RankedTensorType>(arg.getType()).getRank();
      auto [it, inserted] = arguments.insert(
          {arg, Annotation{ShardingAttr::getWhole(arg.getContext(), rank),
                           first.loc}});
      if (inserted)
        namedOnly.insert(arg);
      ShardingAttr &sharding = it->second.sharding;
      if (!annotated.contains(arg))
        sharding = sharding.withDim(dim, named.split);
      if (sharding.getDims()[dim] == named.split)
        continue;
      InFlightDiagnostic diag =
          mlir::emitError(it->second.loc)
          << "expected dimension " << dim << " of argument "
          << arg.getArgNumber()
          << " to be divided as that of its name of argument "
          << named.arg.getArgNumber() << ", got " << sharding << " and "
          << first.sharding;
      diag.attachNote(first.loc) << "the other is divided here";
      return diag;
    }
  }
  return success();
}

void Propagation::writeShardings() {
  for (BlockArgument arg : func.getArguments())
    if (isa<RankedTensorType>(arg.getType()))
      if (ShardingAttr sharding = rules.get(arg); !sharding.isWhole())
        func.setArgAttr(arg.getArgNumber(), kShardingAttr, sharding);
  for (Operation &op : func.getBody().front()) {
    SmallVector<Attribute> shardings;
    bool isWhole = true;
    for (Value result : op.getResults()) {
      if (!isa<RankedTensorType>(result.getType()))
        break;
      shardings.push_back(rules.get(result));
      isWhole &= rules.get(result).isWhole();
    }
    if (!isWhole)
      op.setAttr(kShardingsAttr, ArrayAttr::get(op.getContext(), shardings));
  }
}

LogicalResult Propagation::run() {
  if (!func.getBody().hasOneBlock())
    return func.emitError("expected a function with one block, got ")
           << func.getBody().getBlocks().size();
  Block &body = func.getBody().front();
  if (failed(readArguments()))
    return failure();
  for (auto op : body.getOps<AttentionOp>())
    if (failed(readHeads(op)))
      return failure();
  if (failed(readNames()))
    return failure();
  for (auto &[arg, annotation] : arguments)
    if (failed(rules.setArgument(arg, annotation.sharding, annotation.loc,
                                 /*isOpen=*/namedOnly.contains(arg))))
      return failure();
  for (Operation &op : llvm::make_early_inc_range(body))
    if (failed(rules.apply(&op)))
      return failure();
  writeShardings();
  return success();
}

namespace {
struct PropagateShardingPass
    : attn::impl::PropagateShardingPassBase<PropagateShardingPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<shard::GridOp> ranks = findRanks(module);
    if (failed(ranks) || failed(verifyAnnotationForm(module)))
      return signalPassFailure();
    shard::GridOp grid = *ranks;
    // What is about a grid of one rank says nothing.
    module.walk([&](shard::ShardOp op) {
      auto sharding = op.getSharding().getDefiningOp<shard::ShardingOp>();
      if (grid && sharding.getGrid() == grid.getSymName())
        return;
      op.replaceAllUsesWith(op.getSrc());
      op.erase();
    });
    if (grid)
      for (auto func : module.getOps<func::FuncOp>())
        if (!func.isDeclaration() && failed(Propagation(func, grid).run()))
          return signalPassFailure();
    module.walk([](shard::ShardingOp op) { op.erase(); });
  }
};
} // namespace
