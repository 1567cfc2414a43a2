//===- Hopper.h - The Hopper target: facts, PTX, cubins -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one home of facts about sm_90a, from the PTX ISA manual unless said
// otherwise, and the way from the functions that `convert-tile-to-nvvm` makes
// to PTX and, through ptxas, to cubins.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TARGET_HOPPER_H
#define ATTNC_TARGET_HOPPER_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include <cstdint>
#include <string>

namespace attnc {
namespace hopper {

inline constexpr llvm::StringLiteral kTargetName = "sm_90a";
inline constexpr llvm::StringLiteral kTriple = "nvptx64-nvidia-cuda";
/// What the TMA form of one block needs; CUDA 13.0's ptxas reads it.
inline constexpr llvm::StringLiteral kFeatures = "+ptx90";

//===----------------------------------------------------------------------===//
// Threads and registers
//===----------------------------------------------------------------------===//

inline constexpr int64_t kWarpThreads = 32;
inline constexpr int64_t kWarpgroupWarps = 4;
inline constexpr int64_t kWarpgroupThreads = kWarpThreads * kWarpgroupWarps;
/// Hardware barriers of a block; number 0 is the barrier of all its threads.
inline constexpr int64_t kNamedBarriers = 16;
inline constexpr int64_t kRegistersPerBlock = 65536;
/// Of an H100 SXM, for which waves of blocks are counted.
inline constexpr int64_t kMultiprocessors = 132;
inline constexpr int64_t kMaxThreads = 1024;
/// Threads of a block of a scalar kernel.
inline constexpr int64_t kScalarThreads = 128;
/// setmaxnreg takes multiples of 8 in this range.
inline constexpr int64_t kRegisterStep = 8, kMinRegisters = 24,
                         kMaxRegisters = 256;

/// Registers that a consumer's tiles must leave (measured on kernels at head dims
/// 64 to 256: 28 spill, 32 do not).
inline constexpr int64_t kRegistersBesideTiles = 32;

/// Registers of a thread of each role.
struct RoleRegisters {
  int64_t producer, consumer;
};
/// A producer warpgroup gives what it has to `consumers` others. More than 240
/// won nothing, and a producer beside three needs 32 (measured).
constexpr RoleRegisters roleRegisters(int64_t consumers) {
  constexpr int64_t most = 240;
  int64_t producer = consumers > 2 ? 32 : kMinRegisters;
  int64_t left = (kRegistersPerBlock / kWarpgroupThreads - producer) /
                 consumers / kRegisterStep * kRegisterStep;
  return {producer, left < most ? left : most};
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

/// What one block may use.
inline constexpr int64_t kSharedBytes = 232448;
/// A swizzled tile starts at a multiple of 8 rows of 128 bytes.
inline constexpr int64_t kSwizzleBytes = 128, kSwizzleRows = 8,
                         kTileAlignment = kSwizzleBytes * kSwizzleRows;
/// The pieces of a row that the swizzle permutes.
inline constexpr int64_t kSwizzlePieceBytes = 16;
inline constexpr int64_t kMbarrierBytes = 8;
/// How long a try_wait sleeps before it looks again, in nanoseconds.
inline constexpr int64_t kMbarrierTicks = 10000000;

/// What a stage's tags take: whole 16-byte pieces.
constexpr int64_t tagBytes(int64_t tags) { return (tags * 4 + 15) / 16 * 16; }

/// How much of the 50 MB of L2 the keys and values of works that are visited
/// together should take (measured at head dims 64 to 256 and 512 to 16k keys):
/// 8 KB for each key, within these bounds. Works of short sequences are many,
/// and their queries and outputs pass through the cache as well; those of long
/// ones are few, and are balanced better in larger groups.
inline constexpr int64_t kL2BytesPerKey = 8192,
                         kL2MinWorkingBytes = int64_t(8) << 20,
                         kL2MaxWorkingBytes = int64_t(32) << 20;
/// Panels of 128 bytes that hold the columns of a swizzled tile; the last may
/// have unused columns.
constexpr int64_t panels(int64_t columns, int64_t elementBits) {
  return (columns * elementBits / 8 + kSwizzleBytes - 1) / kSwizzleBytes;
}
constexpr int64_t swizzledBytes(int64_t rows, int64_t columns,
                                int64_t elementBits) {
  return rows * panels(columns, elementBits) * kSwizzleBytes;
}

/// A tile of 64 rows without a swizzle, of which each thread of a warpgroup
/// keeps its own part. A thread has one value for each of two rows of a vector.
inline int64_t threadTileBytes(llvm::ArrayRef<int64_t> shape,
                               int64_t elementBits) {
  int64_t elements =
      shape.size() == 1 ? 2 * kWarpgroupThreads : shape[0] * shape[1];
  return elements * ((elementBits + 7) / 8);
}

//===----------------------------------------------------------------------===//
// Tensor memory accelerator
//===----------------------------------------------------------------------===//

inline constexpr int64_t kTensorMapBytes = 128, kTensorMapAlignment = 64;
inline constexpr int64_t kTensorMapMaxRank = 5, kTensorMapMaxBox = 256;

//===----------------------------------------------------------------------===//
// wgmma
//===----------------------------------------------------------------------===//

/// Rows of a warpgroup's product, and its depth in 16-bit elements.
inline constexpr int64_t kMmaRows = 64, kMmaDepth = 16;
inline constexpr int64_t kMmaColumnStep = 8, kMmaMaxColumns = 256;

/// How a matrix lies in a 128-byte swizzled tile.
enum class Major {
  K, ///< rows are rows (or columns) of the product, columns its depth
  MN ///< transposed
};

/// The fixed bits of a shared memory matrix descriptor of a tile whose panels
/// have `panelRows` rows; the address in units of 16 bytes is added to it.
/// (PTX ISA, "Matrix descriptor format"; hopper/README.md section 3.)
constexpr uint64_t matrixDescriptor(Major major, int64_t panelRows) {
  constexpr uint64_t swizzle128 = uint64_t(1) << 62;
  // The distance to the next panel matters only to a transposed matrix.
  uint64_t leading =
      major == Major::MN ? panelRows * kSwizzleBytes : kSwizzlePieceBytes;
  uint64_t stride = kTileAlignment;
  return (leading >> 4) << 16 | (stride >> 4) << 32 | swizzle128;
}
inline constexpr int64_t kDescriptorAddressShift = 4;

/// Bytes from the start of a tile to the operand of depth step `step`.
constexpr int64_t operandOffset(Major major, int64_t panelRows, int64_t step) {
  constexpr int64_t depthBytes = kMmaDepth * 2;
  if (major == Major::MN)
    return step * kMmaDepth * kSwizzleBytes;
  int64_t stepsPerPanel = kSwizzleBytes / depthBytes;
  return step / stepsPerPanel * panelRows * kSwizzleBytes +
         step % stepsPerPanel * depthBytes;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// What a kernel's launch passes and needs; see TileToNVVM/Parameters.cpp.
inline constexpr llvm::StringLiteral kParamsAttr = "attnc.params";
inline constexpr llvm::StringLiteral kLaunchAttr = "attnc.launch";
/// The plan of a kernel's tiles, for messages; absent where a person wrote
/// them.
inline constexpr llvm::StringLiteral kPlanAttr = "attnc.plan";

} // namespace hopper

/// From what `convert-tile-to-nvvm` makes to the llvm dialect.
void buildNvvmToLlvmPipeline(mlir::OpPassManager &pm);

/// A kernel and the code made of it.
struct HopperKernel {
  /// In a `gpu.module` of its own, which must outlive this.
  mlir::LLVM::LLVMFuncOp function;
  std::string ptx;
  /// Empty before emitHopperCubins.
  llvm::SmallVector<char> cubin;

  llvm::StringRef getName() const {
    return mlir::LLVM::LLVMFuncOp(function).getName();
  }
  llvm::StringRef getCubin() const { return {cubin.data(), cubin.size()}; }
  mlir::gpu::TargetAttrInterface getTarget() const;
};

/// The kernels of the module's `gpu.module` ops, in order, with their PTX. LLVM
/// makes it in process, a kernel a core.
mlir::FailureOr<std::vector<HopperKernel>> emitHopperPtx(mlir::ModuleOp module);

/// Assembles the PTX of the kernels on all cores with ptxas, whose absence is
/// an error that says how to get it. A register spill or an advisory about
/// wgmma (C75xx) is an error too, which names the kernel and its plan: such a
/// kernel is right but slow. What ptxas used is a remark.
llvm::LogicalResult
emitHopperCubins(llvm::MutableArrayRef<HopperKernel> kernels);

} // namespace attnc

#endif // ATTNC_TARGET_HOPPER_H
