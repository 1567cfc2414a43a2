//===- EmitMaskTerms.cpp - Mask ops for what was found -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskTerms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attnc::attn;

//===----------------------------------------------------------------------===//
// Offsets of rows
//===----------------------------------------------------------------------===//

std::optional<Diagonal> attnc::attn::getQueryOffset(AttentionOp attention) {
  if (attention.getPositions())
    return std::nullopt;
  Diagonal offset;
  if (std::optional<int64_t> given = attention.getQOffset()) {
    offset.constant = *given;
    return offset;
  }
  offset.add(getTensorSize(attention.getKey(), 2), 1);
  offset.add(getTensorSize(attention.getQuery(), 2), -1);
  return offset;
}

/// lhs − rhs, where it is a number that a window can have.
static std::optional<int64_t> getDistance(const Diagonal &lhs,
                                          const Diagonal &rhs) {
  Diagonal distance = lhs.plus(rhs, -1);
  if (!distance.sizes.empty() || distance.constant < 0 ||
      distance.constant > kMaxPosition)
    return std::nullopt;
  return distance.constant;
}

/// Whether causal or window says it, for rows counted from `offset`.
static bool hasMaskOp(const MaskTerm &band, const Diagonal &offset) {
  return (!band.low || getDistance(offset, *band.low)) &&
         (!band.high || getDistance(*band.high, offset));
}

std::optional<int64_t>
attnc::attn::chooseQueryOffset(AttentionOp attention,
                               ArrayRef<MaskTerm> terms) {
  std::optional<Diagonal> given = getQueryOffset(attention);
  if (!given)
    return std::nullopt;
  SmallVector<const MaskTerm *> bands;
  for (const MaskTerm &term : terms)
    term.forEachBand([&](const MaskTerm &band) { bands.push_back(&band); });
  auto haveOps = [&](const Diagonal &offset) {
    return llvm::all_of(
        bands, [&](const MaskTerm *band) { return hasMaskOp(*band, offset); });
  };
  if (haveOps(*given))
    return std::nullopt;
  // The lowest upper side, or the highest lower one.
  std::optional<int64_t> low, high;
  for (const MaskTerm *band : bands) {
    if (band->high && band->high->sizes.empty())
      high = std::min(high.value_or(kMaxPosition), band->high->constant);
    if (band->low && band->low->sizes.empty())
      low = std::max(low.value_or(-kMaxPosition), band->low->constant);
  }
  Diagonal chosen;
  chosen.constant = high ? *high : low.value_or(0);
  if (std::abs(chosen.constant) > kMaxPosition || !haveOps(chosen))
    return std::nullopt;
  return chosen.constant;
}

//===----------------------------------------------------------------------===//
// Mask ops
//===----------------------------------------------------------------------===//

static Value emitBand(OpBuilder &builder, AttentionOp attention,
                      const MaskTerm &band) {
  Location loc = band.getLoc();
  std::optional<Diagonal> offset = getQueryOffset(attention);
  if (!offset || !hasMaskOp(band, *offset))
    return {};
  int64_t left = band.low ? *getDistance(*offset, *band.low) : kMaxPosition;
  int64_t right = band.high ? *getDistance(*band.high, *offset) : kMaxPosition;
  if (!band.low && right == 0)
    return MaskCausalOp::create(builder, loc);
  return MaskWindowOp::create(builder, loc, left, right);
}

/// Whether the types agree with those of the attention, whose shape of
/// [batch, length] is `shape`.
static bool fits(Value tensor, ArrayRef<int64_t> shape) {
  auto sizes = cast<RankedTensorType>(tensor.getType()).getShape();
  return llvm::all_of(llvm::zip(sizes, shape), [](auto pair) {
    auto [size, want] = pair;
    return size == want || ShapedType::isDynamic(size) ||
           ShapedType::isDynamic(want);
  });
}

static Value emitCustom(OpBuilder &builder, const MaskTerm &term) {
  MaskCustomOp source = term.source;
  Location loc = source.getLoc();
  auto mask = MaskCustomOp::create(builder, loc, builder.getType<MaskType>(),
                                   ValueRange());
  OpBuilder inner(builder.getContext());
  Type index = builder.getIndexType();
  inner.createBlock(&mask.getBody(), {}, {index, index, index, index},
                    {loc, loc, loc, loc});
  SmallVector<Value> places(mask.getBody().getArguments());
  SliceCloner cloner(inner, mask.getBody(), places, mask.getCapturesMutable());
  Value visible;
  for (auto [value, isNegated] : term.predicates) {
    Value part = cloner.clone({source, value});
    if (isNegated)
      part = arith::XOrIOp::create(
          inner, loc, part, arith::ConstantIntOp::create(inner, loc, true, 1));
    if (!visible)
      visible = part;
    else if (term.isAnyOf)
      visible = arith::OrIOp::create(inner, loc, visible, part);
    else
      visible = arith::AndIOp::create(inner, loc, visible, part);
  }
  YieldOp::create(inner, loc, visible);
  return mask;
}

Value attnc::attn::emitMask(OpBuilder &builder, AttentionOp attention,
                            const MaskTerm &term, bool isInOr) {
  auto query = cast<RankedTensorType>(attention.getQuery().getType());
  auto key = cast<RankedTensorType>(attention.getKey().getType());
  int64_t batch = query.getDimSize(0);
  switch (term.kind) {
  case MaskTerm::All:
    return {};
  case MaskTerm::Band:
    if (Value mask = emitBand(builder, attention, term))
      return mask;
    break;
  case MaskTerm::Lengths:
    if (!fits(term.tensors[0], batch))
      break;
    if (isInOr)
      return MaskPrefixOp::create(builder, term.getLoc(), term.tensors[0]);
    return MaskLengthsOp::create(builder, term.getLoc(), term.tensors[0]);
  case MaskTerm::Document:
    if (!fits(term.tensors[0], {batch, query.getDimSize(2)}) ||
        !fits(term.tensors[1], {batch, key.getDimSize(2)}))
      break;
    return MaskDocumentOp::create(builder, term.getLoc(), term.tensors[0],
                                  term.tensors[1]);
  case MaskTerm::Custom:
    break;
  case MaskTerm::And:
  case MaskTerm::Or: {
    bool isOr = term.kind == MaskTerm::Or;
    Value mask;
    for (const MaskTerm &part : term.parts) {
      Value next = emitMask(builder, attention, part, isOr);
      if (!mask)
        mask = next;
      else if (isOr)
        mask = MaskOrOp::create(builder, next.getLoc(), mask, next);
      else
        mask = MaskAndOp::create(builder, next.getLoc(), mask, next);
    }
    return mask;
  }
  }
  return emitCustom(builder, term);
}
