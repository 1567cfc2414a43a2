//===- ConvertTileToVector.cpp - CPU kernels to vectors -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "attnc/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/Threading.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace attnc {
#define GEN_PASS_DEF_CONVERTTILETOVECTORPASS
#include "attnc/Conversion/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

namespace {
struct ConvertTileToVectorPass
    : attnc::impl::ConvertTileToVectorPassBase<ConvertTileToVectorPass> {
  using ConvertTileToVectorPassBase::ConvertTileToVectorPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<CpuTarget> target =
        CpuTarget::get(cpu, [&] { return module.emitError(); });
    if (failed(target))
      return signalPassFailure();

    SmallVector<func::FuncOp> funcs;
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
      if (kernel.getTarget() != "cpu")
        continue;
      OpBuilder builder(kernel);
      FailureOr<func::FuncOp> func =
          KernelEmitter(builder, *target).emit(kernel);
      if (failed(func))
        return signalPassFailure();
      kernel.erase();
      funcs.push_back(*func);
    }

    RewritePatternSet patterns(&getContext());
    populateMathApproximationPatterns(patterns);
    FrozenRewritePatternSet frozen(std::move(patterns));
    if (failed(failableParallelForEach(
            &getContext(), funcs, [&](func::FuncOp func) {
              if (failed(applyPatternsGreedily(func, frozen)))
                return failure();
              sinkToUses(func.getBody());
              return success();
            })))
      signalPassFailure();
  }
};
} // namespace
