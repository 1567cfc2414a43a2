//===- DecomposeBlocks.cpp - Turn blocks into smaller ops -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attnc::attn {
#define GEN_PASS_DEF_DECOMPOSEBLOCKSPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

/// The type of `like`, [tokens…, features], with other features.
static RankedTensorType withFeatures(Value like, int64_t features) {
  auto type = cast<RankedTensorType>(like.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = features;
  return RankedTensorType::get(shape, type.getElementType());
}

namespace {
/// Builds the smaller ops of one block.
struct BlockBuilder {
  ImplicitLocOpBuilder b;

  Value linear(Type type, Value input, Value weight, Value bias,
               Value residual = {}, PlaceAttr place = {}) {
    return LinearOp::create(b, type, input, weight, /*up_weight=*/Value(), bias,
                            /*up_bias=*/Value(), residual, Activation::None,
                            /*transposed=*/false, place, PlanAttr());
  }

  /// The block's norm, where it stands at `position`; else `input` itself.
  template <typename BlockOp>
  Value norm(BlockOp op, NormPosition position, Value input) {
    if (!op.getNorm() || op.getNormPosition() != position)
      return input;
    return NormOp::create(b, input.getType(), input, op.getNormScale(),
                          op.getNormBias(), op.getNormAttr(), PlanAttr())
        .getOutput();
  }

  /// input · weight + bias as [batch, heads, length, head dim].
  Value heads(Value input, Value weight, Value bias, int64_t numHeads,
              int64_t headDim, RopeAttr rope = {}, Value positions = {}) {
    RankedTensorType flat = withFeatures(input, numHeads * headDim);
    int64_t shape[] = {flat.getDimSize(0), numHeads, flat.getDimSize(1),
                       headDim};
    Value split = SplitHeadsOp::create(
        b, RankedTensorType::get(shape, flat.getElementType()),
        linear(flat, input, weight, bias));
    if (!rope)
      return split;
    return RopeOp::create(b, split.getType(), split, positions, rope,
                          PlanAttr());
  }
};
} // namespace

static SmallVector<Value> decompose(MhaOp op, BlockBuilder block) {
  int64_t heads = op.getHeads(), kvHeads = op.getKvHeads(),
          headDim = op.getHeadDim();
  Value input = op.getInput();
  Value normed = block.norm(op, NormPosition::Pre, input);
  Value context = op.getContextInput() ? op.getContextInput() : normed;
  RopeAttr rope = op.getRopeAttr();
  Value positions = op.getPositions();
  Value query = block.heads(normed, op.getQueryWeight(), op.getQueryBias(),
                            heads, headDim, rope, positions);
  Value key = block.heads(context, op.getKeyWeight(), op.getKeyBias(), kvHeads,
                          headDim, rope, positions);
  Value value = block.heads(context, op.getValueWeight(), op.getValueBias(),
                            kvHeads, headDim);
  SmallVector<Value> results(1);
  for (auto [cache, tokens] : {std::pair(op.getKeyCache(), &key),
                               std::pair(op.getValueCache(), &value)})
    if (cache) {
      *tokens = KvAppendOp::create(block.b, cache.getType(), cache, *tokens,
                                   positions);
      results.push_back(*tokens);
    }
  auto attention = AttentionOp::create(
      block.b, query.getType(), /*lse=*/Type(), query, key, value, positions,
      op.getMask(), /*sinks=*/Value(), /*captures=*/ValueRange(),
      op.getScoreBias(),
      /*block_list=*/Value(), op.getScaleAttr(), /*q_offset=*/IntegerAttr(),
      op.getPlaceAttr(), PlanAttr());
  Value merged = MergeHeadsOp::create(
      block.b, withFeatures(input, heads * headDim), attention.getOutput());
  Value output =
      block.linear(op.getOutput().getType(), merged, op.getOutputWeight(),
                   op.getOutputBias(), op.getResidual() ? input : Value());
  results.front() = block.norm(op, NormPosition::Post, output);
  return results;
}

/// `place` without the buffer between the layers, which the first one writes.
static PlaceAttr dropHidden(PlaceAttr place) {
  if (!place)
    return place;
  auto kept = llvm::to_vector(
      llvm::make_filter_range(place.getPlacements(), [](const Placement &p) {
        return p.buffer != "hidden";
      }));
  return kept.empty() ? PlaceAttr() : PlaceAttr::get(place.getContext(), kept);
}

static SmallVector<Value> decompose(MlpOp op, BlockBuilder block) {
  Value input = op.getInput(), up = op.getUpWeight(), upBias = op.getUpBias();
  Value weight = up, bias = upBias;
  if (op.isGated())
    weight = op.getGateWeight(), bias = op.getGateBias();
  else
    up = upBias = Value();
  Value normed = block.norm(op, NormPosition::Pre, input);
  int64_t ffn = cast<RankedTensorType>(weight.getType()).getDimSize(1);
  Value hidden = LinearOp::create(
      block.b, withFeatures(input, ffn), normed, weight, up, bias, upBias,
      /*residual=*/Value(), op.getUngatedActivation(), /*transposed=*/false,
      op.getPlaceAttr(), PlanAttr());
  Value output = block.linear(
      op.getOutput().getType(), hidden, op.getDownWeight(), op.getDownBias(),
      op.getResidual() ? input : Value(), dropHidden(op.getPlaceAttr()));
  return {block.norm(op, NormPosition::Post, output)};
}

namespace {
struct DecomposeBlocksPass
    : attn::impl::DecomposeBlocksPassBase<DecomposeBlocksPass> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      BlockBuilder block{ImplicitLocOpBuilder(op->getLoc(), op)};
      SmallVector<Value> results;
      if (auto mlp = dyn_cast<MlpOp>(op))
        results = decompose(mlp, block);
      else if (auto mha = dyn_cast<MhaOp>(op))
        results = decompose(mha, block);
      else
        return;
      op->replaceAllUsesWith(results);
      op->erase();
    });
  }
};
} // namespace
