//===- ConvertTileToNVVM.cpp - Scheduled kernels to NVVM -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "attnc/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace attnc {
#define GEN_PASS_DEF_CONVERTTILETONVVMPASS
#include "attnc/Conversion/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

namespace {
struct ConvertTileToNVVM
    : attnc::impl::ConvertTileToNVVMPassBase<ConvertTileToNVVM> {
  void runOnOperation() override {
    OpBuilder builder(&getContext());
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (kernel.getTarget() != hopper::kTargetName)
        continue;
      if (failed(convert(builder, kernel)))
        return signalPassFailure();
    }
  }

private:
  /// Functions that have no fast form.
  LogicalResult expandPolynomials(LLVM::LLVMFuncOp function) {
    WalkResult found = function.walk([](Operation *op) {
      return isa<math::ErfOp, math::Log1pOp>(op) ? WalkResult::interrupt()
                                                 : WalkResult::advance();
    });
    if (!found.wasInterrupted())
      return success();
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained({math::ErfOp::getOperationName(),
                                 math::Log1pOp::getOperationName(),
                                 math::LogOp::getOperationName()},
                                name);
    });
    return applyPatternsGreedily(function, std::move(patterns));
  }

  /// A module of one function, in the kernel's place.
  LogicalResult convert(OpBuilder &b, tile::KernelOp kernel) {
    Location loc = kernel.getLoc();
    b.setInsertionPoint(kernel);
    auto target = NVVM::NVVMTargetAttr::get(
        &getContext(), /*optLevel=*/3, hopper::kTriple, hopper::kTargetName,
        hopper::kFeatures, /*flags=*/nullptr, /*link=*/nullptr);
    auto module = gpu::GPUModuleOp::create(
        b, loc, (kernel.getName() + "_module").str(), b.getArrayAttr(target));
    b.setInsertionPointToStart(module.getBody());
    auto bytes = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
    auto shared = LLVM::GlobalOp::create(
        b, loc, bytes, /*isConstant=*/false, LLVM::Linkage::External, "shared",
        Attribute(), hopper::kTileAlignment,
        static_cast<unsigned>(NVVM::NVVMMemorySpace::Shared));
    FailureOr<LLVM::LLVMFuncOp> function =
        HopperEmitter(b).emit(kernel, shared);
    if (failed(function) || failed(expandPolynomials(*function)))
      return failure();
    kernel.erase();
    return success();
  }
};
} // namespace
