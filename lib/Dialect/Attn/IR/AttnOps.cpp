//===- AttnOps.cpp - Verifiers of the smaller ops -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandRelations.h"

using namespace mlir;
using namespace attnc::attn;

#define GET_OP_CLASSES
#include "attnc/Dialect/Attn/IR/AttnOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Linear layers and norms
//===----------------------------------------------------------------------===//

/// Checks a weight of `depth` rows and `width` columns, packed or not.
static LogicalResult verifyLinearWeight(LinearOp op, NamedValue weight,
                                        int64_t depth, int64_t width) {
  ArrayRef<int64_t> shape = weight.type().getShape();
  if (shape.size() == 2)
    return op.getTransposed()
               ? verifyShape(op, weight, {width, depth}, "[N, K]")
               : verifyShape(op, weight, {depth, width}, "[K, N]");
  if (op.getTransposed())
    return op.emitOpError("expected no transposed with a packed weight");
  auto matrix =
      RankedTensorType::get({depth, width}, weight.type().getElementType());
  RankedTensorType packed = PackWeightOp::getPackedType(
      matrix, shape[2], shape.size() == 4 ? shape[3] : 1,
      /*transposed=*/false);
  return verifyShape(op, weight, packed.getShape(), "packed [K, N]");
}

LogicalResult LinearOp::verify() {
  NamedValue input{"input", getInput()};
  NamedValue weight{"weight", getWeight()};
  NamedValue upWeight{"up_weight", getUpWeight()};
  NamedValue residual{"residual", getResidual()};
  NamedValue output{"output", getOutput()};
  NamedValue upBias{"up_bias", getUpBias()};
  if (upBias && !upWeight)
    return emitOpError("expected up_weight beside up_bias");
  if (failed(verifyStaticDims(*this, input, 1)) ||
      failed(verifyStaticDims(*this, weight, weight.type().getRank())) ||
      failed(verifyStaticDims(*this, output, 1)))
    return failure();

  int64_t width = output.dim(-1);
  SmallVector<int64_t> outputShape(input.type().getShape());
  outputShape.back() = width;
  if (failed(verifyLinearWeight(*this, weight, input.dim(-1), width)) ||
      failed(verifyShape(*this, upWeight, weight.type().getShape(),
                         "the shape of weight")) ||
      failed(verifyStaticDims(*this, upWeight, weight.type().getRank())) ||
      failed(verifySameElementType(*this, upWeight, weight)) ||
      failed(verifyShape(*this, {"bias", getBias()}, width, "[N]")) ||
      failed(verifyShape(*this, upBias, width, "[N]")) ||
      failed(verifyShape(*this, residual, outputShape, "[tokens, N]")) ||
      failed(verifySameElementType(*this, residual, input)) ||
      failed(verifyShape(*this, output, outputShape, "[tokens, N]")) ||
      failed(verifySameElementType(*this, output, input)))
    return failure();
  return verifyPlace(*this, getPlaceAttr(), kLinearBuffers);
}

RankedTensorType PackWeightOp::getPackedType(RankedTensorType weight,
                                             int64_t width, int64_t depth,
                                             bool transposed) {
  int64_t rows = weight.getDimSize(transposed ? 1 : 0);
  int64_t columns = weight.getDimSize(transposed ? 0 : 1);
  SmallVector<int64_t> shape = {llvm::divideCeilSigned(columns, width),
                                llvm::divideCeilSigned(rows, depth), width};
  if (depth > 1)
    shape.push_back(depth);
  return RankedTensorType::get(shape, weight.getElementType());
}

LogicalResult PackWeightOp::verify() {
  // Beyond these no micro-kernel reads, and sizes could overflow.
  if (getWidth() > 1024 || getDepth() > 2)
    return emitOpError("expected a width of at most 1024 and a depth of at "
                       "most 2, got ")
           << getWidth() << " and " << getDepth();
  NamedValue weight{"weight", getWeight()};
  if (failed(verifyStaticDims(*this, weight, 2)))
    return failure();
  RankedTensorType want =
      getPackedType(weight.type(), getWidth(), getDepth(), getTransposed());
  if (getType() != want)
    return emitOpError("expected a result of type ")
           << want << ", got " << getType();
  return success();
}

LogicalResult NormOp::verify() {
  NamedValue input{"input", getInput()};
  int64_t features = input.dim(-1);
  NamedValue inputBias{"input_bias", getInputBias()};
  NamedValue residual{"residual", getResidual()};
  NamedValue sum{"sum", getSum()};
  ArrayRef<int64_t> shape = input.type().getShape();
  if (failed(verifyStaticDims(*this, input, 1)) ||
      failed(verifyShape(*this, inputBias, features, "[features]")) ||
      failed(verifyShape(*this, residual, shape, "the shape of input")) ||
      failed(verifySameElementType(*this, residual, input)) ||
      failed(verifyShape(*this, sum, shape, "the shape of input")) ||
      failed(verifySameElementType(*this, sum, input)) ||
      failed(verifyShape(*this, {"scale", getScale()}, features, "[features]")))
    return failure();
  if (static_cast<bool>(sum) != (inputBias || residual))
    return emitOpError("expected ")
           << (sum ? "input_bias or residual beside the second result"
                   : "a second result beside input_bias or residual");
  return verifyShape(*this, {"bias", getBias()}, features, "[features]");
}

LogicalResult EpilogueOp::verify() {
  NamedValue input{"input", getInput()};
  NamedValue up{"up", getUp()};
  NamedValue residual{"residual", getResidual()};
  ArrayRef<int64_t> shape = input.type().getShape();
  if (getUpBias() && !up)
    return emitOpError("expected up beside up_bias");
  if (failed(verifyStaticDims(*this, input, 1)) ||
      failed(verifyShape(*this, up, shape, "the shape of input")) ||
      failed(verifySameElementType(*this, up, input)) ||
      failed(verifyShape(*this, residual, shape, "the shape of input")) ||
      failed(verifySameElementType(*this, residual, input)) ||
      failed(verifyShape(*this, {"bias", getBias()}, input.dim(-1), "[N]")))
    return failure();
  return verifyShape(*this, {"up_bias", getUpBias()}, input.dim(-1), "[N]");
}

LogicalResult DropPaddingOp::verify() {
  NamedValue input{"input", getInput()};
  NamedValue output{"output", getOutput()};
  if (failed(verifyStaticDims(*this, input, 1)) ||
      failed(verifyStaticDims(*this, output, 1)))
    return failure();
  SmallVector<int64_t> shape(input.type().getShape());
  shape.back() = output.dim(-1);
  if (failed(verifyShape(*this, output, shape,
                         "the tokens of input and its own features")) ||
      failed(verifySameElementType(*this, output, input)))
    return failure();
  if (output.dim(-1) > input.dim(-1))
    return emitOpError("expected at most the ")
           << input.dim(-1) << " features of input, got " << output.dim(-1);
  return success();
}

//===----------------------------------------------------------------------===//
// Heads and caches
//===----------------------------------------------------------------------===//

LogicalResult RopeOp::verify() {
  NamedValue input{"input", getInput()};
  if (failed(verifyHeadSizes(*this, input)) ||
      failed(verifyShape(*this, {"positions", getPositions()}, input.dim(0),
                         "[batch]")))
    return failure();
  if (input.dim(3) % 2)
    return emitOpError("expected an even head dim, got ") << input.dim(3);
  return success();
}

/// `heads` is [B, H, S, D] and `merged` is [B, S, H · D].
static LogicalResult verifyHeadView(Operation *op, NamedValue heads,
                                    NamedValue merged) {
  int64_t features = sizeProduct(heads.dim(1), heads.dim(3));
  if (failed(verifyHeadSizes(op, heads)) ||
      failed(verifyShape(op, merged, {heads.dim(0), heads.dim(2), features},
                         "[batch, length, heads * head dim]")) ||
      failed(verifyStaticDims(op, merged, 1)))
    return failure();
  return verifySameElementType(op, merged, heads);
}

LogicalResult SplitHeadsOp::verify() {
  return verifyHeadView(*this, {"output", getOutput()}, {"input", getInput()});
}

LogicalResult MergeHeadsOp::verify() {
  return verifyHeadView(*this, {"input", getInput()}, {"output", getOutput()});
}

LogicalResult KvAppendOp::verify() {
  NamedValue cache{"cache", getCache()};
  NamedValue tokens{"tokens", getTokens()};
  int64_t capacity = cache.dim(2), length = tokens.dim(2);
  if (failed(verifyHeadSizes(*this, cache)) ||
      failed(verifyHeadSizes(*this, tokens)) ||
      failed(verifyShape(*this, tokens,
                         {cache.dim(0), cache.dim(1), kAnySize, cache.dim(3)},
                         "[batch, kv heads, length, head dim]")) ||
      failed(verifySameElementType(*this, tokens, cache)) ||
      failed(verifyShape(*this, {"positions", getPositions()}, cache.dim(0),
                         "[batch]")) ||
      failed(verifyLastUse(*this, cache)))
    return failure();
  if (capacity != kAnySize && length != kAnySize && length > capacity)
    return emitOpError("expected at most as many tokens as the capacity ")
           << capacity << ", got " << length;
  return success();
}

//===----------------------------------------------------------------------===//
// AttentionOp
//===----------------------------------------------------------------------===//

double AttentionOp::getSoftmaxScale() {
  if (std::optional<APFloat> scale = getScale())
    return scale->convertToDouble();
  return 1.0 / std::sqrt(NamedValue{"query", getQuery()}.dim(3));
}

LogicalResult AttentionOp::verify() {
  NamedValue query{"query", getQuery()};
  NamedValue key{"key", getKey()};
  NamedValue value{"value", getValue()};
  NamedValue output{"output", getOutput()};
  int64_t batch = query.dim(0), heads = query.dim(1), kvHeads = key.dim(1);
  int64_t queryLength = query.dim(2), keyLength = key.dim(2);
  if (failed(verifyHeadSizes(*this, query)) ||
      failed(verifyHeadSizes(*this, key)) ||
      failed(verifyHeadSizes(*this, value)) ||
      failed(verifyShape(*this, key, {batch, kAnySize, kAnySize, query.dim(3)},
                         "[batch, kv heads, key length, head dim]")) ||
      failed(verifyShape(*this, value, {batch, kvHeads, keyLength, kAnySize},
                         "[batch, kv heads, key length, value head dim]")) ||
      failed(verifySameElementType(*this, value, key)) ||
      failed(verifyShape(*this, output,
                         {batch, heads, queryLength, value.dim(3)},
                         "[batch, heads, query length, value head dim]")) ||
      failed(verifyHeadSizes(*this, output)) ||
      failed(verifySameElementType(*this, output, query)) ||
      failed(verifyShape(*this, {"lse", getLse()}, {batch, heads, queryLength},
                         "[batch, heads, query length]")) ||
      failed(verifyShape(*this, {"positions", getPositions()}, batch,
                         "[batch]")) ||
      failed(verifyShape(*this, {"sinks", getSinks()}, heads, "[heads]")) ||
      failed(verifyScale(*this, getScale())) ||
      failed(verifyPlace(*this, getPlaceAttr(), kAttentionBuffers)) ||
      failed(verifyCaptures(*this, getCaptures())) ||
      failed(verifyBroadcast(*this, {"score_bias", getScoreBias()},
                             {batch, heads, queryLength, keyLength})) ||
      failed(verifyMaskOperands(*this, getMask(),
                                {batch, heads, queryLength, keyLength})))
    return failure();
  if (heads % kvHeads)
    return emitOpError("expected the heads of key to divide those of query, "
                       "got ")
           << kvHeads << " and " << heads;
  if (std::optional<int64_t> offset = getQOffset();
      offset && (*offset < -kMaxPosition || *offset > kMaxPosition))
    return emitOpError("expected q_offset of at most ")
           << kMaxPosition << " either way, got " << *offset;
  if (getQOffset() && getPositions())
    return emitOpError("expected no q_offset beside positions, got ")
           << *getQOffset();
  if (!getCaptures().empty() && getScore().empty())
    return emitOpError("expected a score region beside captures");
  if (!getBounds().empty() && !getMask())
    return emitOpError("expected a mask beside the bounds region");
  return success();
}

LogicalResult AttentionOp::verifyRegions() {
  Builder builder(getContext());
  Type f32 = builder.getF32Type(), index = builder.getIndexType();
  SmallVector<Type> indices(4, index);
  SmallVector<Type> arguments{f32};
  llvm::append_range(arguments, indices);
  llvm::append_range(arguments, getCaptures().getTypes());
  if (!getScore().empty() &&
      failed(verifyRegionSignature(*this, "score", getScore(), arguments, f32)))
    return failure();
  if (getBounds().empty())
    return success();
  arguments.assign(kNumBoundsIndices, index);
  for (Value operand : getMaskOperands(getMask()))
    arguments.push_back(operand.getType());
  return verifyRegionSignature(*this, "bounds", getBounds(), arguments,
                               indices);
}

//===----------------------------------------------------------------------===//
// Tokens in, tokens out
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::verify() {
  NamedValue ids{"ids", getIds()};
  NamedValue table{"table", getTable()};
  NamedValue output{"output", getOutput()};
  if (failed(verifyStaticDims(*this, table, 2)) ||
      failed(verifyShape(*this, output, {ids.dim(0), ids.dim(1), table.dim(1)},
                         "[batch, length, features]")) ||
      failed(verifyStaticDims(*this, output, 1)) ||
      failed(verifyShape(*this, {"first", getFirst()}, 1, "[1]")))
    return failure();
  if (static_cast<bool>(getFirst()) != getVocabulary().has_value())
    return emitOpError("expected ")
           << (getFirst() ? "vocabulary beside first"
                          : "first beside vocabulary");
  return verifySameElementType(*this, output, table);
}

LogicalResult ArgmaxOp::verify() {
  NamedValue input{"input", getInput()};
  if (failed(verifyStaticDims(*this, input, 1)))
    return failure();
  return verifyShape(*this, {"output", getOutput()},
                     input.type().getShape().drop_back(),
                     "the shape of input without its last dimension");
}
