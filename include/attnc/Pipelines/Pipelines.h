//===- Pipelines.h - From one level to the next -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_PIPELINES_PIPELINES_H
#define ATTNC_PIPELINES_PIPELINES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace attnc {
struct CpuTarget;

/// The words of `attnc --target=`, in the order in which a package has them.
llvm::ArrayRef<llvm::StringLiteral> targetNames();

/// A level that `attnc --emit=` can stop at, in the order of the flow.
enum class Stage {
  Attn,
  Sharded,
  Tile,
  Scheduled,
  Vector,
  Llvm,
  Ptx,
  Cubin,
  Object,
  Package
};

/// The word of `--emit=`, and what the level is.
struct StageInfo {
  Stage stage;
  llvm::StringLiteral name;
  llvm::StringLiteral meaning;
  /// The target that alone has it; empty for all.
  llvm::StringLiteral target;
};
llvm::ArrayRef<StageInfo> stages();
std::optional<Stage> stageFromName(llvm::StringRef name);
llvm::StringRef stageName(Stage stage);
bool hasStage(llvm::StringRef target, Stage stage);

/// The dialects that may occur at the end of a stage of IR.
llvm::ArrayRef<llvm::StringLiteral> legalDialects(Stage stage,
                                                  llvm::StringRef target);

/// For one target: from the stage `tile` on each has a module of its own.
struct PipelineOptions {
  /// One of targetNames().
  std::string target = "cpu";
  /// LLVM's name of the CPU, or "native".
  std::string cpu = "native";
  /// NAME=4 or NAME=2x4; a grid that is not named has size 1.
  std::vector<std::string> grids;
  /// Path of a JSON file of tile sizes to pin; empty for none.
  std::string planOverrides;
  /// Passes to leave out, by name.
  std::vector<std::string> disabledPasses;
};

/// The passes that only make a target's code faster, which may be left out.
llvm::ArrayRef<llvm::StringLiteral> optionalPasses(llvm::StringRef target);

// Each takes IR of the level before and ends with a check of the level's
// legal dialects.
void buildShardedPipeline(mlir::OpPassManager &pm,
                          const PipelineOptions &options);
void buildTilePipeline(mlir::OpPassManager &pm, const PipelineOptions &options);

// The CPU.
void buildVectorPipeline(mlir::OpPassManager &pm,
                         const PipelineOptions &options);
void buildLlvmPipeline(mlir::OpPassManager &pm, const CpuTarget &target);

// Hopper. The second ends at the stage `llvm`.
void buildScheduledPipeline(mlir::OpPassManager &pm,
                            const PipelineOptions &options);
void buildNvvmPipeline(mlir::OpPassManager &pm, const PipelineOptions &options);

/// Registers the pipelines as `--attnc-STAGE-pipeline`.
void registerPipelines();

} // namespace attnc

#endif // ATTNC_PIPELINES_PIPELINES_H
