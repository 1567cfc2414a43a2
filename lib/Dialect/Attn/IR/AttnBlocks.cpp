//===- AttnBlocks.cpp - Verifiers of the block ops -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandRelations.h"

using namespace mlir;
using namespace attnc::attn;

/// Checks a block's norm against the attribute that asks for it.
static LogicalResult verifyBlockNorm(Operation *op, NormAttr norm,
                                     NormPosition position, NamedValue scale,
                                     NamedValue bias, int64_t features) {
  if (!norm && scale)
    return op->emitOpError("expected the attribute norm beside norm_scale");
  if (!norm && position == NormPosition::Post)
    return op->emitOpError("expected the attribute norm beside norm_position");
  if (bias && !scale)
    return op->emitOpError("expected norm_scale beside norm_bias");
  if (failed(verifyShape(op, scale, features, "[hidden]")))
    return failure();
  return verifyShape(op, bias, features, "[hidden]");
}

//===----------------------------------------------------------------------===//
// MhaOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyWeights(MhaOp op) {
  NamedValue input{"input", op.getInput()};
  NamedValue context{"context", op.getContextInput()};
  NamedValue queryWeight{"query_weight", op.getQueryWeight()};
  int64_t hidden = input.dim(-1);
  int64_t contextHidden = context ? context.dim(-1) : hidden;
  int64_t queryWidth = sizeProduct(op.getHeads(), op.getHeadDim());
  int64_t keyWidth = sizeProduct(op.getKvHeads(), op.getHeadDim());

  struct Weight {
    NamedValue weight, bias;
    int64_t rows, columns;
    StringRef meaning, biasMeaning;
  } weights[] = {
      {queryWeight,
       {"query_bias", op.getQueryBias()},
       hidden,
       queryWidth,
       "[hidden, heads * head_dim]",
       "[heads * head_dim]"},
      {{"key_weight", op.getKeyWeight()},
       {"key_bias", op.getKeyBias()},
       contextHidden,
       keyWidth,
       "[hidden, kv_heads * head_dim]",
       "[kv_heads * head_dim]"},
      {{"value_weight", op.getValueWeight()},
       {"value_bias", op.getValueBias()},
       contextHidden,
       keyWidth,
       "[hidden, kv_heads * head_dim]",
       "[kv_heads * head_dim]"},
      {{"output_weight", op.getOutputWeight()},
       {"output_bias", op.getOutputBias()},
       queryWidth,
       hidden,
       "[heads * head_dim, hidden]",
       "[hidden]"},
  };
  for (const Weight &w : weights)
    if (failed(verifyShape(op, w.weight, {w.rows, w.columns}, w.meaning)) ||
        failed(verifyStaticDims(op, w.weight, 2)) ||
        failed(verifySameElementType(op, w.weight, queryWeight)) ||
        failed(verifyShape(op, w.bias, w.columns, w.biasMeaning)))
      return failure();
  return success();
}

/// The caches, their positions and the results that carry them on.
static LogicalResult verifyCache(MhaOp op) {
  NamedValue input{"input", op.getInput()};
  NamedValue keyCache{"key_cache", op.getKeyCache()};
  NamedValue valueCache{"value_cache", op.getValueCache()};
  NamedValue positions{"positions", op.getPositions()};
  if (failed(verifyTogether(op, valueCache, keyCache)) ||
      failed(verifyTogether(op, positions, keyCache)))
    return failure();
  unsigned numResults = keyCache ? 3 : 1;
  if (op->getNumResults() != numResults)
    return op.emitOpError("expected ")
           << (keyCache ? "3 results with" : "1 result without")
           << " a cache, got " << op->getNumResults();
  if (!keyCache)
    return success();
  if (op.getContextInput())
    return op.emitOpError("expected no context beside a cache");

  int64_t batch = input.dim(0);
  int64_t shape[] = {batch, static_cast<int64_t>(op.getKvHeads()),
                     keyCache.dim(2), static_cast<int64_t>(op.getHeadDim())};
  constexpr StringRef meaning = "[batch, kv_heads, capacity, head_dim]";
  if (failed(verifyShape(op, keyCache, shape, meaning)) ||
      failed(verifyShape(op, valueCache, shape, meaning)) ||
      failed(verifyHeadSizes(op, keyCache)) ||
      failed(verifyHeadSizes(op, valueCache)) ||
      failed(verifySameElementType(op, keyCache, input)) ||
      failed(verifySameElementType(op, valueCache, input)) ||
      failed(verifyShape(op, positions, batch, "[batch]")) ||
      failed(verifyLastUse(op, keyCache)) ||
      failed(verifyLastUse(op, valueCache)))
    return failure();
  if (op.getNewKeyCache().getType() != keyCache.type() ||
      op.getNewValueCache().getType() != valueCache.type())
    return op.emitOpError("expected the results to have the types of the "
                          "caches, ")
           << keyCache.type() << " and " << valueCache.type() << ", got "
           << op.getNewKeyCache().getType() << " and "
           << op.getNewValueCache().getType();
  return success();
}

LogicalResult MhaOp::verify() {
  NamedValue input{"input", getInput()};
  NamedValue context{"context", getContextInput()};
  NamedValue output{"output", getOutput()};
  for (NamedValue value : {input, context})
    if (value && value.type().getRank() != 3)
      return emitOpError("expected ")
             << value.name << " to be [batch, length, hidden], got "
             << value.type();
  if (getHeads() % getKvHeads())
    return emitOpError("expected kv_heads to divide heads, got ")
           << getKvHeads() << " and " << getHeads();
  if (getRope() && getHeadDim() % 2)
    return emitOpError("expected an even head_dim for rope, got ")
           << getHeadDim();
  if (failed(verifyStaticDims(*this, input, 1)) ||
      failed(verifyStaticDims(*this, context, 1)) ||
      failed(verifySameElementType(*this, context, input)) ||
      failed(verifyWeights(*this)) || failed(verifyCache(*this)) ||
      failed(verifyBlockNorm(*this, getNormAttr(), getNormPosition(),
                             {"norm_scale", getNormScale()},
                             {"norm_bias", getNormBias()}, input.dim(-1))) ||
      failed(verifyShape(*this, output, input.type().getShape(),
                         "the shape of input")) ||
      failed(verifyStaticDims(*this, output, 1)) ||
      failed(verifySameElementType(*this, output, input)) ||
      failed(verifyScale(*this, getScale())) ||
      failed(verifyPlace(*this, getPlaceAttr(), kAttentionBuffers)))
    return failure();

  int64_t batch = input.dim(0), length = input.dim(1);
  if (context && failed(verifyShape(*this, context, {batch, kAnySize, kAnySize},
                                    "[batch, length, hidden]")))
    return failure();
  int64_t keyLength = context ? context.dim(1)
                      : getKeyCache()
                          ? NamedValue{"key_cache", getKeyCache()}.dim(2)
                          : length;
  int64_t scores[] = {batch, static_cast<int64_t>(getHeads()), length,
                      keyLength};
  return failure(
      failed(verifyBroadcast(*this, {"score_bias", getScoreBias()}, scores)) ||
      failed(verifyMaskOperands(*this, getMask(), scores)));
}

//===----------------------------------------------------------------------===//
// MlpOp
//===----------------------------------------------------------------------===//

Activation MlpOp::getUngatedActivation() {
  switch (getActivation()) {
  case MlpActivation::Gelu:
  case MlpActivation::GeluGate:
    return Activation::Gelu;
  case MlpActivation::GeluTanh:
  case MlpActivation::GeluTanhGate:
    return Activation::GeluTanh;
  case MlpActivation::Relu:
  case MlpActivation::ReluGate:
    return Activation::Relu;
  case MlpActivation::Silu:
  case MlpActivation::SiluGate:
    return Activation::Silu;
  }
  llvm_unreachable("every activation is listed");
}

LogicalResult MlpOp::verify() {
  NamedValue input{"input", getInput()};
  NamedValue output{"output", getOutput()};
  size_t numWeights = isGated() ? 3 : 2;
  if (getWeights().size() != numWeights)
    return emitOpError("expected ")
           << numWeights << " weights for the activation "
           << stringifyMlpActivation(getActivation()) << ", got "
           << getWeights().size();
  if (getGateBias() && !isGated())
    return emitOpError("expected no gate_bias for the activation ")
           << stringifyMlpActivation(getActivation());

  NamedValue gate{"gate_weight", getGateWeight()};
  NamedValue up{"up_weight", getUpWeight()};
  NamedValue down{"down_weight", getDownWeight()};
  int64_t hidden = input.dim(-1), ffn = up.dim(1);
  for (NamedValue weight : {up, gate})
    if (failed(verifyShape(*this, weight, {hidden, ffn}, "[hidden, ffn]")) ||
        failed(verifyStaticDims(*this, weight, 2)) ||
        failed(verifySameElementType(*this, weight, up)))
      return failure();
  if (failed(verifyStaticDims(*this, input, 1)) ||
      failed(verifyShape(*this, down, {ffn, hidden}, "[ffn, hidden]")) ||
      failed(verifyStaticDims(*this, down, 2)) ||
      failed(verifySameElementType(*this, down, up)) ||
      failed(verifyShape(*this, {"gate_bias", getGateBias()}, ffn, "[ffn]")) ||
      failed(verifyShape(*this, {"up_bias", getUpBias()}, ffn, "[ffn]")) ||
      failed(verifyShape(*this, {"down_bias", getDownBias()}, hidden,
                         "[hidden]")) ||
      failed(verifyBlockNorm(*this, getNormAttr(), getNormPosition(),
                             {"norm_scale", getNormScale()},
                             {"norm_bias", getNormBias()}, hidden)) ||
      failed(verifyShape(*this, output, input.type().getShape(),
                         "the shape of input")) ||
      failed(verifyStaticDims(*this, output, 1)) ||
      failed(verifySameElementType(*this, output, input)))
    return failure();
  return verifyPlace(*this, getPlaceAttr(), kLinearBuffers);
}
