//===- Passes.td - Checks between levels -------------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_PIPELINES_PASSES_TD
#define ATTNC_PIPELINES_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyStagePass : Pass<"attnc-verify-stage", "::mlir::ModuleOp"> {
  let summary = "Check that only a stage's dialects are left";
  let description = [{
    Each pipeline ends with this. An op of another dialect is a bug of a pass of the stage: the error names the op
    and the dialects expected.
  }];
  let options = [
    Option<"stage", "stage", "std::string", "", "word of attnc --emit=">,
    Option<"target", "target", "std::string", "\"cpu\"", "word of attnc --target=">];
}

#endif // ATTNC_PIPELINES_PASSES_TD
