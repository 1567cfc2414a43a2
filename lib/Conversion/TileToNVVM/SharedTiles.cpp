//===- SharedTiles.cpp - Addresses and descriptors of cache tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A swizzled tile of R rows is a row of panels, each R rows of 128 bytes:
// element (r, c) is in panel c / 64, in 16-byte piece (c mod 64 / 8) xor (r mod
// 8) of row r. A window of rows starts at a multiple of 8, so its pieces are
// permuted as in the whole tile.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

Value HopperEmitter::sharedAddress(int64_t offset) {
  return add(shared, i32(offset));
}

Value HopperEmitter::sharedPointer(Value address) {
  auto type = LLVM::LLVMPointerType::get(
      b.getContext(), static_cast<unsigned>(NVVM::NVVMMemorySpace::Shared));
  return LLVM::IntToPtrOp::create(b, loc, type, address);
}

/// Between what threads and the asynchronous units do to shared memory.
void HopperEmitter::fenceAsyncProxy() {
  NVVM::FenceProxyOp::create(
      b, loc, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

FailureOr<SharedTile> HopperEmitter::swizzledTile(Operation *user,
                                                  Value buffer) {
  auto type = cast<tile::BufType>(buffer.getType());
  auto found = tiles.find(buffer);
  if (found == tiles.end() || type.getSwizzle() != hopper::kSwizzleBytes) {
    user->emitError("expected a cache tile with a swizzle of ")
        << hopper::kSwizzleBytes << " bytes, got " << type;
    return failure();
  }
  return found->second;
}

LogicalResult HopperEmitter::emitAlloc(tile::AllocOp op) {
  tile::BufType type = op.getType();
  auto offset = op->getAttrOfType<IntegerAttr>(tile::kOffsetAttr);
  ArrayRef<int64_t> shape = type.getShape();
  bool isSwizzled = type.getSwizzle() == hopper::kSwizzleBytes;
  if (!offset || isScalar || (type.getSwizzle() != 0 && !isSwizzled) ||
      (isSwizzled && shape.size() < 2))
    return op.emitError("expected a planned cache tile without a swizzle or "
                        "with one of ")
           << hopper::kSwizzleBytes << " bytes, got " << type;
  Value address = sharedAddress(offset.getInt());
  if (auto bytes = op->getAttrOfType<IntegerAttr>(tile::kWarpgroupBytesAttr))
    address = add(address, mul(warpgroupNumber(), i32(bytes.getInt())));
  // What was there before may still be read by other threads.
  if (op->hasAttr(tile::kSharesBytesAttr))
    syncWarpgroup();
  tiles[op] = {address, llvm::to_vector(shape), type.getElementType(),
               isSwizzled ? shape[shape.size() - 2] : 0, op};
  return success();
}

LogicalResult HopperEmitter::emitSlice(tile::SliceOp op) {
  tile::BufType source = op.getSource().getType();
  if (source.getSpace() == tile::Space::Global) {
    emitWindow(op);
    return success();
  }
  auto found = tiles.find(op.getSource());
  if (found == tiles.end())
    return op.emitError("expected a window of a cache tile, got ") << source;
  SharedTile tile = found->second;
  ArrayRef<int64_t> shape = op.getType().getShape();
  size_t rank = tile.shape.size();
  size_t dropped = rank - shape.size();
  int64_t bits = tile.element.getIntOrFloatBitWidth();
  SmallVector<int64_t> steps(rank);
  if (source.getSwizzle() == 0) {
    // Only whole tiles of registers have a place of their own.
    ArrayRef<int64_t> kept = ArrayRef(tile.shape).drop_front(dropped);
    if (kept != shape || dropped == 0)
      return op.emitError("expected a whole tile of several, got ")
             << op.getType() << " of " << source;
    steps[dropped - 1] = hopper::threadTileBytes(shape, bits);
    for (size_t dim = dropped - 1; dim-- > 0;)
      steps[dim] = steps[dim + 1] * tile.shape[dim + 1];
  } else {
    int64_t panelColumns = hopper::kSwizzleBytes * 8 / bits;
    if (!matchPattern(op.getOffsets().back(), m_Zero()) ||
        (shape.back() != tile.shape.back() && shape.back() % panelColumns != 0))
      return op.emitError("expected all columns of a swizzled tile, or the "
                          "first of them in multiples of ")
             << panelColumns;
    if (shape.size() < 2 || shape[shape.size() - 2] % hopper::kSwizzleRows != 0)
      return op.emitError("expected a multiple of ")
             << hopper::kSwizzleRows << " rows of a swizzled tile, got "
             << op.getType();
    // Rows step by one row of a panel, leading dimensions by whole tiles.
    steps[rank - 2] = hopper::kSwizzleBytes;
    int64_t step =
        hopper::swizzledBytes(tile.panelRows, tile.shape.back(), bits);
    for (size_t dim = rank - 2; dim-- > 0;) {
      steps[dim] = step;
      step *= tile.shape[dim];
    }
  }
  Value address = tile.address;
  for (size_t dim = rank; dim-- > 0;)
    if (steps[dim] != 0)
      address =
          add(address, mul(lookup(op.getOffsets()[dim]), i32(steps[dim])));
  tiles[op] = {address, llvm::to_vector(shape), tile.element, tile.panelRows,
               tile.root};
  return success();
}

Value HopperEmitter::descriptor(const SharedTile &tile, hopper::Major major) {
  Type i64 = b.getI64Type();
  Value start = arith::ExtUIOp::create(
      b, loc, i64, shiftRight(tile.address, hopper::kDescriptorAddressShift));
  Value fixed = arith::ConstantIntOp::create(
      b, loc, i64, hopper::matrixDescriptor(major, tile.panelRows));
  return arith::OrIOp::create(b, loc, start, fixed);
}

/// Whether tensor cores read a part of `root`.
static bool isProductOperand(Operation *root) {
  SmallVector<Operation *> readers = {root};
  while (!readers.empty())
    for (Operation *user : readers.pop_back_val()->getUsers()) {
      if (isa<tile::MmaAsyncOp>(user))
        return true;
      if (isa<tile::SliceOp, tile::WaitOp, tile::StageOfOp>(user))
        readers.push_back(user);
    }
  return false;
}

/// stmatrix stores four 8×8 matrices of 16-bit elements: here two of 8 rows
/// side by side, and the two below. Lane l gives the address of one row of 16
/// bytes: row l mod 16 of the warp's, in the left or right matrix. Where 8
/// columns are left it stores two, and lanes from 16 on give nothing.
LogicalResult HopperEmitter::storeFragment(tile::StoreOp op,
                                           const SharedTile &tile) {
  constexpr int64_t matrixRows = 8, registers = 4, lanesAcross = 16;
  auto tensor = dyn_cast<RankedTensorType>(op.getValue().getType());
  if (!tensor || tile::getLayout(tensor) != tile::Layout::Accumulator ||
      !isInPairs(tensor))
    return op.emitError("expected a 16-bit tile of layout acc to a swizzled "
                        "tile, got ")
           << op.getValue().getType();
  if (failed(convertType(op, tensor)))
    return failure();
  SmallVector<Value> packed = unpack(lookup(op.getValue()));
  // Products that read what was there before are waited for by each warp.
  if (isProductOperand(tile.root))
    syncWarpgroup();
  int64_t warpRows = hopper::kMmaRows / hopper::kWarpgroupWarps;
  Value row = add(mul(bitAnd(warp, hopper::kWarpgroupWarps - 1), i32(warpRows)),
                  bitAnd(lane, lanesAcross - 1));
  Value rowAddress = add(tile.address, mul(row, i32(hopper::kSwizzleBytes)));
  Value side = shiftRight(lane, llvm::Log2_64(lanesAcross));
  Value permuted = shiftLeft(bitXor(side, bitAnd(lane, matrixRows - 1)),
                             llvm::Log2_64(hopper::kSwizzlePieceBytes));
  int64_t piecesPerPanel = hopper::kSwizzleBytes / hopper::kSwizzlePieceBytes;
  int64_t count = packed.size();
  for (int64_t i = 0; i < count; i += registers) {
    // Registers i … i+3 are pieces 2j and 2j + 1 of the row.
    int64_t piece = i / 2;
    int64_t panel =
        piece / piecesPerPanel * tile.panelRows * hopper::kSwizzleBytes;
    Value inPanel = bitXor(
        permuted, i32(piece % piecesPerPanel * hopper::kSwizzlePieceBytes));
    Value address = add(add(rowAddress, i32(panel)), inPanel);
    NVVM::StMatrixOp::create(
        b, loc, sharedPointer(address),
        ValueRange(packed).slice(i, std::min(registers, count - i)),
        NVVM::MMALayout::row,
        NVVM::LdStMatrixShapeAttr::get(b.getContext(), matrixRows, matrixRows),
        NVVM::LdStMatrixEltType::B16);
  }
  return success();
}
