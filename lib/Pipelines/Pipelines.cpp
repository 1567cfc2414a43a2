//===- Pipelines.cpp - The order of the passes -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Pipelines/Pipelines.h"
#include "attnc/Conversion/Passes.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Pipelines/Passes.h"
#include "attnc/Target/Cpu.h"
#include "attnc/Target/Hopper.h"
#include "attnc/Target/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace attnc;

namespace {
/// Adds passes but for those that are switched off.
class StageBuilder {
public:
  StageBuilder(OpPassManager &pm, const PipelineOptions &options)
      : pm(pm), options(options) {}

  template <typename OpT = void> void add(std::unique_ptr<Pass> pass) {
    if (llvm::is_contained(options.disabledPasses, pass->getArgument()))
      return;
    if constexpr (std::is_void_v<OpT>)
      pm.addPass(std::move(pass));
    else
      pm.addNestedPass<OpT>(std::move(pass));
  }
  void cleanUp() {
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
  }
  void verify(Stage stage) {
    pm.addPass(createVerifyStagePass({stageName(stage).str(), options.target}));
  }

private:
  OpPassManager &pm;
  const PipelineOptions &options;
};
} // namespace

void attnc::buildShardedPipeline(OpPassManager &pm,
                                 const PipelineOptions &options) {
  StageBuilder builder(pm, options);
  builder.add<func::FuncOp>(attn::createDecomposeBlocksPass());
  // Divisibility is a question of the compiled sizes.
  attn::SetGridsPassOptions grids;
  grids.grids.assign(options.grids.begin(), options.grids.end());
  builder.add(attn::createSetGridsPass(grids));
  builder.add(attn::createVerifyShardingPass());
  // Shapes follow from a sharding of every value, collectives from where it
  // changes; both need all of it.
  builder.add(attn::createPropagateShardingPass());
  builder.add(attn::createPartitionPass());
  builder.add(attn::createInsertCollectivesPass());
  // Equal collectives are one, so that each has all its users.
  builder.cleanUp();
  builder.add<func::FuncOp>(attn::createFuseCollectivesPass());
  // Behind the partition: the masks are those of one rank's heads.
  builder.add<func::FuncOp>(attn::createFuseMasksPass());
  builder.cleanUp();
  builder.verify(Stage::Sharded);
}

void attnc::buildTilePipeline(OpPassManager &pm,
                              const PipelineOptions &options) {
  StageBuilder builder(pm, options);
  // Tiles are smaller where nothing will move to registers.
  bool registers = !llvm::is_contained(options.disabledPasses,
                                       "tile-promote-registers");
  builder.add<func::FuncOp>(attn::createPlanPass(
      {options.target, options.cpu, options.planOverrides, registers}));
  // Packing follows the plan's panels; bounds follow its tiles. A tensor map
  // reads plain rows.
  if (options.target == CpuTarget::kTargetName)
    builder.add<func::FuncOp>(attn::createPackWeightsPass());
  builder.add<func::FuncOp>(attn::createClassifyTilesPass());
  if (options.target == hopper::kTargetName)
    builder.add<func::FuncOp>(attn::createMapBlocksPass());
  builder.cleanUp();
  builder.add(createOutlineKernelsPass({options.target}));
  builder.add<tile::KernelOp>(createConvertAttnToTilePass());
  builder.cleanUp();
  // Decides the class of blocks of scores that are alike in all runs.
  builder.add<tile::KernelOp>(arith::createIntRangeOptimizationsPass());
  builder.cleanUp();
  builder.add<tile::KernelOp>(tile::createPromoteRegistersPass());
  // Offsets come last: a buffer that nothing uses has none.
  builder.add<tile::ProgramOp>(tile::createPlanArenaPass());
  builder.cleanUp();
  builder.verify(Stage::Tile);
}

void attnc::buildVectorPipeline(OpPassManager &pm,
                                const PipelineOptions &options) {
  StageBuilder builder(pm, options);
  builder.add(createConvertTileToVectorPass({options.cpu}));
  builder.cleanUp();
  builder.verify(Stage::Vector);
}

void attnc::buildLlvmPipeline(OpPassManager &pm, const CpuTarget &target) {
  buildVectorToLlvmPipeline(pm, target);
  pm.addPass(createVerifyStagePass(
      {stageName(Stage::Llvm).str(), CpuTarget::kTargetName.str()}));
}

void attnc::buildScheduledPipeline(OpPassManager &pm,
                                   const PipelineOptions &options) {
  StageBuilder builder(pm, options);
  // Positions become constants of registers before a schedule repeats them.
  builder.add<tile::KernelOp>(tile::createSplitPositionsPass());
  builder.cleanUp();
  builder.add<tile::KernelOp>(tile::createDeferRowTermsPass());
  builder.add<tile::KernelOp>(tile::createIssueAsyncPass());
  builder.add<tile::KernelOp>(tile::createPipelineLoadsPass());
  // Steps overlap within a warpgroup before roles are told apart: the producer
  // loads in the order in which consumers come to read.
  builder.add<tile::KernelOp>(tile::createOverlapProductsPass());
  builder.cleanUp();
  builder.add<tile::KernelOp>(tile::createSpecializeWarpsPass());
  builder.cleanUp();
  // Only a producer can hand out work, and only work that follows on other work
  // can begin early.
  builder.add<tile::KernelOp>(tile::createScheduleWorkPass());
  builder.add<tile::KernelOp>(tile::createBalanceWorkPass());
  builder.add<tile::KernelOp>(tile::createOverlapWorkPass());
  builder.add<tile::KernelOp>(tile::createAlternateWarpgroupsPass());
  builder.add<tile::KernelOp>(tile::createNumberStagesPass());
  builder.cleanUp();
  // Layouts follow from what the schedule reads and multiplies.
  builder.add<tile::KernelOp>(tile::createAssignLayoutsPass());
  builder.cleanUp();
  builder.add<tile::KernelOp>(tile::createPlanSharedMemoryPass());
  builder.add<tile::KernelOp>(tile::createVerifyAsyncPass());
  builder.verify(Stage::Scheduled);
}

void attnc::buildNvvmPipeline(OpPassManager &pm,
                              const PipelineOptions &options) {
  StageBuilder builder(pm, options);
  builder.add(createConvertTileToNVVMPass());
  buildNvvmToLlvmPipeline(pm);
  builder.verify(Stage::Llvm);
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

namespace {
/// The options of PipelineOptions, as attnc-opt takes them.
struct TextualOptions : PassPipelineOptions<TextualOptions> {
  Option<std::string> target{
      *this, "target", llvm::cl::desc("target to compile for: cpu or sm_90a"),
      llvm::cl::init("cpu")};
  Option<std::string> cpu{*this, "cpu",
                          llvm::cl::desc("CPU to compile for, by LLVM's name"),
                          llvm::cl::init("native")};
  ListOption<std::string> grids{
      *this, "grids", llvm::cl::desc("sizes of grids as NAME=4 or NAME=2x4")};
  ListOption<std::string> disable{*this, "disable",
                                  llvm::cl::desc("passes to leave out")};

  PipelineOptions get() const {
    PipelineOptions options;
    options.target = target;
    options.cpu = cpu;
    options.grids.assign(grids.begin(), grids.end());
    options.disabledPasses.assign(disable.begin(), disable.end());
    return options;
  }
  /// For a pipeline of one target alone.
  PipelineOptions getFor(StringRef target) const {
    PipelineOptions options = get();
    options.target = target.str();
    return options;
  }
};
} // namespace

void attnc::registerPipelines() {
  PassPipelineRegistration<TextualOptions>(
      "attnc-sharded-pipeline", "From stage attn to stage sharded",
      [](OpPassManager &pm, const TextualOptions &options) {
        buildShardedPipeline(pm, options.get());
      });
  PassPipelineRegistration<TextualOptions>(
      "attnc-tile-pipeline", "From stage sharded to stage tile",
      [](OpPassManager &pm, const TextualOptions &options) {
        buildTilePipeline(pm, options.get());
      });
  PassPipelineRegistration<TextualOptions>(
      "attnc-vector-pipeline", "From stage tile to stage vector",
      [](OpPassManager &pm, const TextualOptions &options) {
        buildVectorPipeline(pm, options.get());
      });
  PassPipelineRegistration<TextualOptions>(
      "attnc-scheduled-pipeline",
      "From stage tile to stage scheduled, Hopper kernels",
      [](OpPassManager &pm, const TextualOptions &options) {
        buildScheduledPipeline(pm, options.getFor(hopper::kTargetName));
      });
  PassPipelineRegistration<TextualOptions>(
      "attnc-nvvm-pipeline", "From stage scheduled to stage llvm, Hopper kernels",
      [](OpPassManager &pm, const TextualOptions &options) {
        buildNvvmPipeline(pm, options.getFor(hopper::kTargetName));
      });
}
