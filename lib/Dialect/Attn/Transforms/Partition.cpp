//===- Partition.cpp - Give values the shapes of one rank -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "llvm/ADT/STLExtras.h"

namespace attnc::attn {
#define GEN_PASS_DEF_PARTITIONPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

namespace {
/// Partitions one function.
class Partitioning {
public:
  Partitioning(func::FuncOp func, shard::GridOp grid)
      : func(func), grid(grid), ranks(grid.getShape()) {}

  LogicalResult run();

private:
  /// Checks that the grid can divide everything as it says.
  LogicalResult verify();
  void partitionArguments();
  void partitionResults();
  /// Gives a lookup in a slice of a table the number of the slice's first row.
  void partitionEmbedding(EmbeddingOp op);
  SliceAttr sliceOf(RankedTensorType whole, ShardingAttr sharding,
                    ArrayRef<int64_t> pad) {
    return SliceAttr::get(func.getContext(), sharding.getDims(),
                          whole.getShape(), pad);
  }

  func::FuncOp func;
  shard::GridOp grid;
  ArrayRef<int64_t> ranks;
  /// The first rows of each table that ranks divide.
  llvm::DenseMap<Value, Value> firstRows;
};
} // namespace

void Partitioning::partitionEmbedding(EmbeddingOp op) {
  auto table = dyn_cast<BlockArgument>(op.getTable());
  auto sharding = table ? func.getArgAttrOfType<ShardingAttr>(
                              table.getArgNumber(), kShardingAttr)
                        : ShardingAttr();
  if (!sharding || sharding.getDims()[0].isWhole())
    return;
  Builder builder(func);
  int64_t vocabulary = cast<RankedTensorType>(table.getType()).getDimSize(0);
  int64_t slices = sharding.getNumSlices(0, ranks);
  Value &first = firstRows[table];
  if (!first) {
    SmallVector<int32_t> rows;
    for (int64_t slice = 0; slice < slices; ++slice)
      rows.push_back(slice * (vocabulary / slices));
    auto whole = RankedTensorType::get(slices, builder.getI32Type());
    auto local = RankedTensorType::get(1, builder.getI32Type());
    auto name =
        func.getArgAttrOfType<StringAttr>(table.getArgNumber(), kWeightAttr);
    std::string weight =
        (name ? name.str() : "arg" + std::to_string(table.getArgNumber())) +
        ".first_row";
    ShardingAttr split =
        ShardingAttr::get(func.getContext(), sharding.getDims()[0], {});
    NamedAttrList attrs;
    attrs.set(kWeightAttr, builder.getStringAttr(weight));
    attrs.set(kBoundAttr, builder.getUnitAttr());
    attrs.set(kConstantAttr,
              DenseElementsAttr::get(whole, ArrayRef<int32_t>(rows)));
    attrs.set(kSliceAttr, sliceOf(whole, split, {}));
    unsigned index = func.getNumArguments();
    (void)func.insertArgument(
        index, local, attrs.getDictionary(func.getContext()), table.getLoc());
    first = func.getArgument(index);
  }
  // Padding is no part of the vocabulary.
  if (auto pad =
          func.getArgAttrOfType<ArrayAttr>(table.getArgNumber(), kPadAttr))
    vocabulary -= cast<IntegerAttr>(pad[0]).getInt();
  op.getFirstMutable().assign(first);
  op.setVocabulary(vocabulary);
}

void Partitioning::partitionArguments() {
  for (BlockArgument arg : func.getArguments()) {
    unsigned index = arg.getArgNumber();
    auto sharding = func.getArgAttrOfType<ShardingAttr>(index, kShardingAttr);
    if (!sharding)
      continue;
    auto whole = cast<RankedTensorType>(arg.getType());
    SmallVector<int64_t> pad;
    if (auto attr = func.getArgAttrOfType<ArrayAttr>(index, kPadAttr))
      for (auto count : attr.getAsRange<IntegerAttr>())
        pad.push_back(count.getInt());
    arg.setType(sharding.getLocalType(whole, ranks));
    func.removeArgAttr(index, kShardingAttr);
    func.removeArgAttr(index, kPadAttr);
    func.setArgAttr(index, kSliceAttr, sliceOf(whole, sharding, pad));
  }
}

void Partitioning::partitionResults() {
  for (Operation &op : func.getBody().front()) {
    auto shardings = op.getAttrOfType<ArrayAttr>(kShardingsAttr);
    if (!shardings)
      continue;
    op.removeAttr(kShardingsAttr);
    for (auto [result, sharding] :
         llvm::zip(op.getResults(), shardings.getAsRange<ShardingAttr>()))
      result.setType(sharding.getLocalType(
          cast<RankedTensorType>(result.getType()), ranks));
  }
  for (unsigned index = 0; index < func.getNumResults(); ++index) {
    auto sharding =
        func.getResultAttrOfType<ShardingAttr>(index, kShardingAttr);
    if (!sharding)
      continue;
    auto whole = cast<RankedTensorType>(func.getResultTypes()[index]);
    func.removeResultAttr(index,
                          StringAttr::get(func.getContext(), kShardingAttr));
    func.setResultAttr(index, kSliceAttr, sliceOf(whole, sharding, {}));
  }
  Block &body = func.getBody().front();
  func.setFunctionType(
      FunctionType::get(func.getContext(), body.getArgumentTypes(),
                        body.getTerminator()->getOperandTypes()));
}

LogicalResult Partitioning::verify() {
  auto fits = [&](Operation *op, ShardingAttr sharding, Type type) {
    return !sharding || succeeded(verifyFits(
                            op, sharding, cast<RankedTensorType>(type), grid));
  };
  for (BlockArgument arg : func.getArguments())
    if (!fits(func,
              func.getArgAttrOfType<ShardingAttr>(arg.getArgNumber(),
                                                  kShardingAttr),
              arg.getType()))
      return failure();
  for (auto [index, type] : llvm::enumerate(func.getResultTypes()))
    if (!fits(func,
              func.getResultAttrOfType<ShardingAttr>(index, kShardingAttr),
              type))
      return failure();
  for (Operation &op : func.getBody().front())
    if (auto shardings = op.getAttrOfType<ArrayAttr>(kShardingsAttr))
      for (auto [sharding, type] :
           llvm::zip(shardings.getAsRange<ShardingAttr>(), op.getResultTypes()))
        if (!fits(&op, sharding, type))
          return failure();
  return success();
}

LogicalResult Partitioning::run() {
  if (failed(verify()))
    return failure();
  for (auto op : llvm::to_vector(func.getBody().front().getOps<EmbeddingOp>()))
    partitionEmbedding(op);
  partitionArguments();
  partitionResults();
  return success();
}

namespace {
struct PartitionPass : attn::impl::PartitionPassBase<PartitionPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<shard::GridOp> ranks = findRanks(module);
    if (failed(ranks))
      return signalPassFailure();
    if (*ranks)
      for (auto func : module.getOps<func::FuncOp>())
        if (!func.isDeclaration() && failed(Partitioning(func, *ranks).run()))
          return signalPassFailure();
    // One rank has nothing to address.
    for (auto grid : llvm::make_early_inc_range(module.getOps<shard::GridOp>()))
      if (llvm::all_of(grid.getShape(), [](int64_t size) { return size == 1; }))
        grid.erase();
  }
};
} // namespace
