//===- Products.cpp - wgmma as inline assembly -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One assembly statement a product: the fence, one instruction for each 16 of
// the depth, the commit. Accumulators are outputs tied to inputs, so that each
// has one register throughout; a wait passes what it waits for through itself,
// so that no use can move above it. (hopper/README.md section 3.)
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attnc;
using hopper::Major;

/// `$first, $first+1, …`
static std::string registerList(int64_t first, int64_t count) {
  std::string text;
  for (int64_t i : llvm::seq(first, first + count))
    text += (i == first ? "$" : ", $") + std::to_string(i);
  return text;
}

/// `outputs` f32 outputs, tied inputs if `tied`, then `registers` and
/// `descriptors`.
static std::string constraints(int64_t outputs, bool tied, int64_t registers,
                               int64_t descriptors) {
  SmallVector<std::string> all(outputs, "=f");
  for (int64_t i = 0; tied && i < outputs; ++i)
    all.push_back(std::to_string(i));
  all.append(registers, "r");
  all.append(descriptors, "l");
  return llvm::join(all, ",");
}

/// A depth that is no multiple of 16 is filled up with the zeros that a copy
/// leaves behind a row's end.
static bool hasZerosBehind(Operation *root) {
  return isa_and_nonnull<tile::RingOp>(root);
}

LogicalResult HopperEmitter::checkProduct(tile::MmaAsyncOp op) {
  int64_t columns = op.getType().getTile().getDimSize(1);
  int64_t depth = cast<ShapedType>(op.getLhs().getType()).getDimSize(1);
  bool isWhole = depth % hopper::kMmaDepth == 0;
  if (!isWhole && depth % hopper::kMmaColumnStep == 0)
    isWhole = op.getTransposed() &&
              hasZerosBehind(tiles.lookup(op.getLhs()).root) &&
              hasZerosBehind(tiles.lookup(op.getRhs()).root);
  if (columns % hopper::kMmaColumnStep != 0 ||
      columns > hopper::kMmaMaxColumns || !isWhole)
    return op.emitError("expected a multiple of ")
           << hopper::kMmaColumnStep << " columns up to "
           << hopper::kMmaMaxColumns << " and of " << hopper::kMmaDepth
           << " depth, got " << columns << " and " << depth;
  return success();
}

LogicalResult HopperEmitter::emitMmaAsync(tile::MmaAsyncOp op) {
  FailureOr<Type> type = convertType(op, op.getType());
  if (failed(type))
    return failure();
  bool leftIsShared = isa<tile::BufType>(op.getLhs().getType());
  FailureOr<SharedTile> left, right = swizzledTile(op, op.getRhs());
  if (leftIsShared)
    left = swizzledTile(op, op.getLhs());
  if (failed(right) || (leftIsShared && failed(left)) ||
      failed(checkProduct(op)))
    return failure();
  int64_t columns = op.getType().getTile().getDimSize(1);
  int64_t depth = cast<ShapedType>(op.getLhs().getType()).getDimSize(1);
  // What threads stored must be visible to the tensor cores.
  if (leftIsShared && isa<tile::AllocOp>(left->root)) {
    fenceAsyncProxy();
    syncWarpgroup();
  }

  bool hasAcc = op.getAcc() != nullptr;
  Major rightMajor = op.getTransposed() ? Major::K : Major::MN;

  int64_t outputs = cast<VectorType>(*type).getNumElements();
  SmallVector<Value> operands;
  if (hasAcc)
    operands = unpack(lookup(op.getAcc()));
  SmallVector<Value> fragment;
  if (!leftIsShared)
    fragment = unpack(lookup(op.getLhs()));
  llvm::append_range(operands, fragment);
  if (leftIsShared)
    operands.push_back(descriptor(*left, Major::K));
  operands.push_back(descriptor(*right, rightMajor));

  // Operand numbers count the tied inputs too.
  int64_t firstFragment = outputs + (hasAcc ? outputs : 0);
  int64_t firstDescriptor = firstFragment + fragment.size();
  StringRef element = right->element.isBF16() ? "bf16" : "f16";
  std::string acc = "{" + registerList(0, outputs) + "}";
  std::string text = "{\n.reg .pred no, yes;\n.reg .b64 da, db;\n"
                     "setp.ne.b32 no, 0, 0;\nsetp.eq.b32 yes, 0, 0;\n"
                     "wgmma.fence.sync.aligned;\n";
  for (int64_t step : llvm::seq(llvm::divideCeil(depth, hopper::kMmaDepth))) {
    // The operand's descriptor, advanced to this step.
    auto advanced = [&](StringRef name, int64_t number, Major major,
                        int64_t panelRows) {
      int64_t offset = hopper::operandOffset(major, panelRows, step) >>
                       hopper::kDescriptorAddressShift;
      if (offset == 0)
        return "$" + std::to_string(number);
      text += llvm::formatv("add.s64 {0}, ${1}, {2};\n", name, number, offset);
      return name.str();
    };
    std::string a =
        leftIsShared
            ? advanced("da", firstDescriptor, Major::K, left->panelRows)
            : "{" + registerList(firstFragment + 4 * step, 4) + "}";
    std::string b = advanced("db", firstDescriptor + leftIsShared, rightMajor,
                             right->panelRows);
    // Scale-d, the signs, then whether shared operands are transposed.
    text += llvm::formatv(
        "wgmma.mma_async.sync.aligned.m{0}n{1}k{2}.f32.{3}.{3} {4}, {5}, {6}, "
        "{7}, 1, 1{8}, {9};\n",
        hopper::kMmaRows, columns, hopper::kMmaDepth, element, acc, a, b,
        hasAcc || step > 0 ? "yes" : "no", leftIsShared ? ", 0" : "",
        rightMajor == Major::MN ? 1 : 0);
  }
  text += "wgmma.commit_group.sync.aligned;\n}";
  SmallVector<Type> results(outputs, b.getF32Type());
  values[op] = pack(assembly(
      text, constraints(outputs, hasAcc, fragment.size(), leftIsShared ? 2 : 1),
      operands, results));
  return success();
}

void HopperEmitter::emitMmaWait(tile::MmaWaitOp op) {
  SmallVector<Value> operands = unpack(lookup(op.getPending()));
  SmallVector<Type> results(operands.size(), b.getF32Type());
  // A left operand in registers lives until its product is done.
  SmallVector<Value> fragment;
  if (auto mma = op.getPending().getDefiningOp<tile::MmaAsyncOp>())
    if (isa<RankedTensorType>(mma.getLhs().getType()))
      fragment = unpack(lookup(mma.getLhs()));
  llvm::append_range(operands, fragment);
  values[op] = pack(assembly(
      llvm::formatv("wgmma.wait_group.sync.aligned {0};", op.getGroups()).str(),
      constraints(results.size(), /*tied=*/true, fragment.size(),
                  /*descriptors=*/0),
      operands, results));
}
