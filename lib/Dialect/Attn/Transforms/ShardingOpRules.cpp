//===- ShardingOpRules.cpp - The rule of each attn op -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingRules.h"

using namespace mlir;
using namespace attnc::attn;

//===----------------------------------------------------------------------===//
// Linear layers and tables
//===----------------------------------------------------------------------===//

LogicalResult ShardingRules::applyLinear(LinearOp op) {
  builder.setInsertionPoint(op);
  if (cast<RankedTensorType>(op.getWeight().getType()).getRank() != 2)
    return applyWhole(op);
  ShardingAttr input = get(op.getInput());
  int64_t last = input.getDims().size() - 1;
  int64_t rowDim = op.getTransposed() ? 1 : 0, columnDim = 1 - rowDim;

  // A layer whose weights nothing divides takes the rows that its input has.
  ShardingAttr weight = ShardingAttr::getWhole(op.getContext(), 2)
                            .withDim(rowDim, input.getDims()[last]);
  for (Value value : {op.getUpWeight(), op.getWeight()})
    if (value && (known.contains(value) || !isa<BlockArgument>(value)))
      weight = get(value);
  if (failed(require(op, op.getWeight(), "weight", weight, op.getUpWeight())) ||
      failed(
          require(op, op.getUpWeight(), "up_weight", weight, op.getWeight())))
    return failure();
  DimSplit rows = weight.getDims()[rowDim];
  DimSplit columns = weight.getDims()[columnDim];
  if (rows != input.getDims()[last]) {
    InFlightDiagnostic diag =
        op.emitOpError("expected the features of input to be divided as the "
                       "rows of weight, got ")
        << input << " and " << weight;
    noteOrigin(diag, op.getInput(), "input");
    noteOrigin(diag, op.getWeight(), "weight");
    return diag;
  }

  // Each rank computes its columns for all tokens.
  ShardingAttr tokens = input;
  for (int64_t dim = 0; dim < last; ++dim)
    if (!columns.isWhole() && input.getDims()[dim].axis == columns.axis)
      tokens = tokens.withDim(dim, DimSplit());
  FailureOr<Value> gathered = reshard(op, op.getInput(), tokens);
  if (failed(gathered))
    return failure();
  op.getInputMutable().assign(*gathered);

  ShardingAttr product = tokens.withDim(last, columns);
  if (!rows.isWhole())
    return splitLayer(op, product.withPartial(rows.axis));
  set(op.getOutput(), product);
  return failure(failed(requireVector(op, op.getBias(), "bias", columns,
                                      op.getWeight())) ||
                 failed(requireVector(op, op.getUpBias(), "up_bias", columns,
                                      op.getWeight())) ||
                 failed(require(op, op.getResidual(), "residual", product,
                                op.getOutput())));
}

LogicalResult ShardingRules::splitLayer(LinearOp op, ShardingAttr product) {
  ShardingAttr sum = chooseSum(op.getOutput(), op.getResidual(), product);
  DimSplit features = sum.getDims().back();
  auto multiply = [&](Value weight) -> FailureOr<Value> {
    auto layer = LinearOp::create(
        builder, op.getLoc(), op.getType(), op.getInput(), weight,
        /*up_weight=*/Value(), /*bias=*/Value(), /*up_bias=*/Value(),
        /*residual=*/Value(), Activation::None, op.getTransposed(),
        op.getPlaceAttr(), op.getPlanAttr());
    set(layer, product);
    return reshard(op, layer, sum);
  };
  FailureOr<Value> result = multiply(op.getWeight());
  FailureOr<Value> up = Value();
  if (succeeded(result) && op.getUpWeight())
    up = multiply(op.getUpWeight());
  if (failed(result) || failed(up) ||
      failed(requireVector(op, op.getBias(), "bias", features, *result)) ||
      failed(requireVector(op, op.getUpBias(), "up_bias", features, *result)) ||
      failed(require(op, op.getResidual(), "residual", sum, *result)))
    return failure();
  if (*up || op.getBias() || op.getResidual() ||
      op.getActivation() != Activation::None) {
    result =
        EpilogueOp::create(builder, op.getLoc(), op.getType(), *result, *up,
                           op.getBias(), op.getUpBias(), op.getResidual(),
                           op.getActivation(), PlanAttr())
            .getResult();
    set(*result, sum);
  }
  op.replaceAllUsesWith(*result);
  op.erase();
  return success();
}

LogicalResult ShardingRules::applyEmbedding(EmbeddingOp op) {
  ShardingAttr table = get(op.getTable()), ids = get(op.getIds());
  if (failed(requireWholeDims(op, op.getTable(), "table", 1)))
    return failure();
  DimSplit rows = table.getDims()[0];
  DimSplit batch = ids.getDims()[0], length = ids.getDims()[1];
  ShardingAttr result =
      ShardingAttr::get(op.getContext(), {batch, length, DimSplit()}, {});
  set(op.getOutput(), result);
  if (rows.isWhole())
    return success();
  if (op.getFirst())
    return op.emitOpError("expected a whole table, got a slice of one");
  if (rows.axis == batch.axis || rows.axis == length.axis) {
    InFlightDiagnostic diag = op.emitOpError("expected ids and rows of table "
                                             "to be divided by two axes, got ")
                              << ids << " and " << table;
    noteOrigin(diag, op.getIds(), "ids");
    noteOrigin(diag, op.getTable(), "table");
    return diag;
  }
  builder.setInsertionPointAfter(op);
  ShardingAttr sum = chooseSum(op.getOutput(), Value(), result);
  set(op.getOutput(), result.withPartial(rows.axis));
  FailureOr<Value> summed = reshard(op, op.getOutput(), sum);
  if (failed(summed))
    return failure();
  op.getOutput().replaceAllUsesExcept(*summed, summed->getDefiningOp());
  return success();
}

//===----------------------------------------------------------------------===//
// Row-wise ops
//===----------------------------------------------------------------------===//

LogicalResult ShardingRules::applyNorm(NormOp op) {
  ShardingAttr input = get(op.getInput());
  int64_t last = input.getDims().size() - 1;
  for (Value result : op.getResults())
    set(result, input);
  Value because = op.getInput();
  return failure(
      failed(requireWholeDims(op, op.getInput(), "input", last)) ||
      failed(require(op, op.getResidual(), "residual", input, because)) ||
      failed(requireVector(op, op.getInputBias(), "input_bias", DimSplit(),
                           because)) ||
      failed(requireVector(op, op.getScale(), "scale", DimSplit(), because)) ||
      failed(requireVector(op, op.getBias(), "bias", DimSplit(), because)));
}

LogicalResult ShardingRules::applyEpilogue(EpilogueOp op) {
  ShardingAttr input = get(op.getInput());
  DimSplit features = input.getDims().back();
  set(op.getOutput(), input);
  Value because = op.getInput();
  return failure(
      failed(require(op, op.getUp(), "up", input, because)) ||
      failed(require(op, op.getResidual(), "residual", input, because)) ||
      failed(requireVector(op, op.getBias(), "bias", features, because)) ||
      failed(requireVector(op, op.getUpBias(), "up_bias", features, because)));
}

LogicalResult ShardingRules::applyDropPadding(DropPaddingOp op) {
  builder.setInsertionPoint(op);
  // The padding is the last rank's: what is left has no equal slices.
  ShardingAttr input = get(op.getInput());
  int64_t last = input.getDims().size() - 1;
  FailureOr<Value> whole =
      reshard(op, op.getInput(), input.withDim(last, DimSplit()));
  if (failed(whole))
    return failure();
  op.getInputMutable().assign(*whole);
  set(op.getOutput(), get(*whole));
  return success();
}

LogicalResult ShardingRules::applyArgmax(ArgmaxOp op) {
  ShardingAttr input = get(op.getInput());
  int64_t last = input.getDims().size() - 1;
  set(op.getOutput(),
      ShardingAttr::get(op.getContext(), input.getDims().drop_back(), {}));
  return requireWholeDims(op, op.getInput(), "input", last);
}

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

LogicalResult ShardingRules::applySplitHeads(SplitHeadsOp op) {
  ArrayRef<DimSplit> dims = get(op.getInput()).getDims();
  ShardingAttr heads = ShardingAttr::get(
      op.getContext(), {dims[0], dims[2], dims[1], DimSplit()}, {});
  int64_t count = cast<RankedTensorType>(op.getType()).getDimSize(1);
  int64_t slices = heads.getNumSlices(1, grid.getShape());
  if (count % slices) {
    InFlightDiagnostic diag = op.emitOpError("expected ")
                              << count << " heads to be divisible by " << slices
                              << " ranks";
    noteOrigin(diag, op.getInput(), "input");
    return diag;
  }
  set(op.getOutput(), heads);
  return success();
}

LogicalResult ShardingRules::applyMergeHeads(MergeHeadsOp op) {
  ArrayRef<DimSplit> dims = get(op.getInput()).getDims();
  set(op.getOutput(),
      ShardingAttr::get(op.getContext(), {dims[0], dims[2], dims[1]}, {}));
  return requireWholeDims(op, op.getInput(), "input", 3);
}

LogicalResult ShardingRules::applyRope(RopeOp op) {
  ShardingAttr input = get(op.getInput());
  set(op.getOutput(), input);
  // Rows are counted from the start of the sequence.
  return failure(failed(requireWholeDims(op, op.getInput(), "input", {2, 3})) ||
                 failed(requireVector(op, op.getPositions(), "positions",
                                      input.getDims()[0], op.getInput())));
}

LogicalResult ShardingRules::applyKvAppend(KvAppendOp op) {
  // Tokens that nothing divides take what the cache has.
  if (isa<BlockArgument>(op.getTokens()) && !known.contains(op.getTokens()) &&
      failed(require(op, op.getTokens(), "tokens", get(op.getCache()))))
    return failure();
  ShardingAttr tokens = get(op.getTokens());
  set(op.getResult(), tokens);
  return failure(
      failed(requireWholeDims(op, op.getTokens(), "tokens", {2, 3})) ||
      failed(require(op, op.getCache(), "cache", tokens, op.getTokens())) ||
      failed(requireVector(op, op.getPositions(), "positions",
                           tokens.getDims()[0], op.getTokens())));
}

/// Whether a region reads its argument for the batch or the head, which count
/// the rank's own, where these are split.
static bool readsSplitIndex(Block &body, unsigned firstIndex, DimSplit batch,
                            bool isHeadSplit) {
  return (!batch.isWhole() && !body.getArgument(firstIndex).use_empty()) ||
         (isHeadSplit && !body.getArgument(firstIndex + 1).use_empty());
}

/// How a tensor that broadcasts to [B, H, Sq, Sk] follows the scores.
static ShardingAttr broadcastSharding(RankedTensorType type, DimSplit batch,
                                      DimSplit heads) {
  ShardingAttr sharding =
      ShardingAttr::getWhole(type.getContext(), type.getRank());
  for (auto [fromEnd, split] : {std::pair(4, batch), std::pair(3, heads)}) {
    int64_t dim = type.getRank() - fromEnd;
    if (dim >= 0 && type.getDimSize(dim) != 1)
      sharding = sharding.withDim(dim, split);
  }
  return sharding;
}

LogicalResult ShardingRules::applyMask(Value mask, DimSplit batch,
                                       DimSplit heads) {
  Operation *op = mask.getDefiningOp();
  if (!op)
    return success();
  if (auto custom = dyn_cast<MaskCustomOp>(op);
      custom &&
      readsSplitIndex(custom.getBody().front(), 0, batch, !heads.isWhole()))
    return custom.emitOpError("expected a region that does not read the batch "
                              "or the head, which ranks divide");
  for (Value operand : op->getOperands()) {
    if (isa<MaskType>(operand.getType())) {
      if (failed(applyMask(operand, batch, heads)))
        return failure();
      continue;
    }
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type)
      continue;
    ShardingAttr want =
        ShardingAttr::getWhole(op->getContext(), type.getRank());
    if (isa<MaskTensorOp>(op))
      want = broadcastSharding(type, batch, heads);
    else if (!isa<MaskCustomOp>(op))
      want = want.withDim(0, batch);
    if (failed(require(op, operand, "its operand", want)))
      return failure();
  }
  return success();
}

LogicalResult ShardingRules::applyAttention(AttentionOp op) {
  ShardingAttr query = get(op.getQuery());
  DimSplit batch = query.getDims()[0], heads = query.getDims()[1];
  if (failed(requireWholeDims(op, op.getQuery(), "query", {2, 3})))
    return failure();

  // One head axis: a rank has the KV heads that its query heads read.
  ShardingAttr key = query;
  int64_t kvHeads = cast<RankedTensorType>(op.getKey().getType()).getDimSize(1);
  if (!heads.isWhole()) {
    std::optional<DimSplit> split =
        splitHeads(kvHeads, heads.axis, grid.getShape()[heads.axis],
                   /*areKvHeads=*/true);
    if (!split) {
      InFlightDiagnostic diag =
          op.emitOpError("expected the KV heads to divide the ")
          << grid.getShape()[heads.axis] << " ranks of axis " << heads.axis
          << " or to be divisible by them, got " << kvHeads;
      noteOrigin(diag, op.getQuery(), "query");
      return diag;
    }
    key = query.withDim(1, *split);
  }
  if (failed(require(op, op.getKey(), "key", key, op.getQuery())) ||
      failed(require(op, op.getValue(), "value", key, op.getQuery())) ||
      failed(requireVector(op, op.getPositions(), "positions", batch,
                           op.getQuery())) ||
      failed(requireVector(op, op.getSinks(), "sinks", heads, op.getQuery())))
    return failure();
  for (Value capture : op.getCaptures())
    if (auto type = dyn_cast<RankedTensorType>(capture.getType()))
      if (failed(
              require(op, capture, "a capture",
                      ShardingAttr::getWhole(op.getContext(), type.getRank()))))
        return failure();
  if (Value bias = op.getScoreBias())
    if (failed(require(op, bias, "score_bias",
                       broadcastSharding(cast<RankedTensorType>(bias.getType()),
                                         batch, heads),
                       op.getQuery())))
      return failure();
  if (!op.getScore().empty() &&
      readsSplitIndex(op.getScore().front(), 1, batch, !heads.isWhole()))
    return op.emitOpError("expected a score region that does not read the "
                          "batch or the head, which ranks divide");
  set(op.getOutput(), query);
  if (op.getLse())
    set(op.getLse(),
        ShardingAttr::get(op.getContext(), query.getDims().drop_back(), {}));
  return op.getMask() ? applyMask(op.getMask(), batch, heads)
                      : success();
}
