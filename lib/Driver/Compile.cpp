//===- Compile.cpp - From a source file to a package -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Driver/Compile.h"
#include "CheckOptions.h"
#include "StageOutput.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Target/Package.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace attnc;

static LogicalResult printUnlocated(Diagnostic &diagnostic) {
  if (!isa<UnknownLoc>(diagnostic.getLocation()) ||
      diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return failure();
  llvm::errs() << "attnc: error: " << diagnostic << "\n";
  return success();
}

namespace {

/// One target's way from the stage `sharded` to code.
class TargetCompilation {
public:
  /// All but the target's name outlive this.
  TargetCompilation(StringRef target, ModuleOp sharded,
                    const CompileOptions &options, StageOutput &output)
      : pipeline(options), options(options), output(output),
        module(sharded.clone()) {
    pipeline.target = target.str();
  }

  LogicalResult run();
  /// What a package gets, after a run to the end.
  void addTo(PackageContents &contents);

private:
  /// Runs the pipeline that ends at `stage`, then writes the IR.
  LogicalResult advance(Stage stage,
                        llvm::function_ref<void(OpPassManager &)> build);
  LogicalResult compileForCpu();
  LogicalResult compileForHopper();
  /// Hopper kernels to files, one each.
  LogicalResult add(Stage stage, StringRef extension,
                    llvm::function_ref<StringRef(const HopperKernel &)> code);
  bool isDone(Stage stage) const { return options.emit <= stage; }

  PipelineOptions pipeline;
  const CompileOptions &options;
  StageOutput &output;
  OwningOpRef<ModuleOp> module;
  /// The module at the stage `tile`: code generation consumes the kernels,
  /// whose grids the package's plan needs beside the programs.
  OwningOpRef<ModuleOp> programs;
  std::optional<CpuTarget> cpu;
  SmallVector<char> cpuObject;
  std::vector<HopperKernel> hopperKernels;
};

class Compilation {
public:
  Compilation(MLIRContext &context, const CompileOptions &options)
      : context(context), options(options),
        sourceMgr(std::make_shared<llvm::SourceMgr>()),
        handler(*sourceMgr, &context), unlocated(&context, printUnlocated),
        output(context, options) {}

  LogicalResult run();

private:
  LogicalResult parse();
  LogicalResult shard();
  LogicalResult compileTargets();
  InFlightDiagnostic error() { return emitError(UnknownLoc::get(&context)); }

  MLIRContext &context;
  const CompileOptions &options;
  std::shared_ptr<llvm::SourceMgr> sourceMgr;
  /// Prints diagnostics with the source line they are about.
  SourceMgrDiagnosticHandler handler;
  /// Prints those that are about no line of the source.
  ScopedDiagnosticHandler unlocated;
  StageOutput output;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<WeightFile> weights;
};

} // namespace

static LogicalResult runPipeline(ModuleOp module, const CompileOptions &options,
                                 llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(module.getContext());
  if (failed(options.configure(pm)))
    return failure();
  build(pm);
  return pm.run(module);
}

//===----------------------------------------------------------------------===//
// One target
//===----------------------------------------------------------------------===//

LogicalResult
TargetCompilation::advance(Stage stage,
                           llvm::function_ref<void(OpPassManager &)> build) {
  if (failed(runPipeline(*module, options, build)))
    return failure();
  return output.addIr(stage, pipeline.target, *module);
}

LogicalResult TargetCompilation::add(
    Stage stage, StringRef extension,
    llvm::function_ref<StringRef(const HopperKernel &)> code) {
  for (const HopperKernel &kernel : hopperKernels)
    if (failed(output.add(stage, pipeline.target, kernel.getName(), extension,
                          [&](raw_ostream &os) { os << code(kernel); })))
      return failure();
  return success();
}

LogicalResult TargetCompilation::compileForCpu() {
  if (failed(advance(Stage::Vector, [&](OpPassManager &pm) {
        buildVectorPipeline(pm, pipeline);
      })))
    return failure();
  if (isDone(Stage::Vector))
    return success();
  if (failed(advance(Stage::Llvm, [&](OpPassManager &pm) {
        buildLlvmPipeline(pm, *cpu);
      })))
    return failure();
  if (isDone(Stage::Llvm))
    return success();
  FailureOr<SmallVector<char>> object = emitCpuObject(*module, *cpu);
  if (failed(object))
    return failure();
  cpuObject = std::move(*object);
  return output.add(Stage::Object, pipeline.target, /*kernel=*/"", "so",
                    [&](raw_ostream &os) {
                      os.write(cpuObject.data(), cpuObject.size());
                    });
}

LogicalResult TargetCompilation::compileForHopper() {
  if (failed(advance(Stage::Scheduled, [&](OpPassManager &pm) {
        buildScheduledPipeline(pm, pipeline);
      })))
    return failure();
  if (isDone(Stage::Scheduled))
    return success();
  if (failed(advance(Stage::Llvm, [&](OpPassManager &pm) {
        buildNvvmPipeline(pm, pipeline);
      })))
    return failure();
  if (isDone(Stage::Llvm))
    return success();
  FailureOr<std::vector<HopperKernel>> kernels = emitHopperPtx(*module);
  if (failed(kernels))
    return failure();
  hopperKernels = std::move(*kernels);
  if (failed(add(Stage::Ptx, "ptx", [](const HopperKernel &kernel) {
        return StringRef(kernel.ptx);
      })))
    return failure();
  if (isDone(Stage::Ptx))
    return success();
  if (failed(emitHopperCubins(hopperKernels)))
    return failure();
  return add(Stage::Cubin, "cubin", [](const HopperKernel &kernel) {
    return kernel.getCubin();
  });
}

LogicalResult TargetCompilation::run() {
  bool isCpu = pipeline.target == CpuTarget::kTargetName;
  if (isCpu) {
    FailureOr<CpuTarget> target = CpuTarget::get(pipeline.cpu, [&] {
      return emitError(UnknownLoc::get(module->getContext()));
    });
    if (failed(target))
      return failure();
    cpu = std::move(*target);
  }
  if (failed(advance(Stage::Tile, [&](OpPassManager &pm) {
        buildTilePipeline(pm, pipeline);
      })))
    return failure();
  if (isDone(Stage::Tile))
    return success();
  programs = module->clone();
  for (auto program :
       llvm::make_early_inc_range(module->getOps<tile::ProgramOp>()))
    program.erase();
  return isCpu ? compileForCpu() : compileForHopper();
}

void TargetCompilation::addTo(PackageContents &contents) {
  if (cpu)
    contents.cpu = CpuCode{*programs, &*cpu, cpuObject};
  else
    contents.hopper = HopperCode{*programs, hopperKernels};
}

//===----------------------------------------------------------------------===//
// The source and the package
//===----------------------------------------------------------------------===//

LogicalResult Compilation::parse() {
  std::string message;
  auto file = openInputFile(options.input, &message);
  if (!file)
    return error() << message;
  sourceMgr->AddNewSourceBuffer(std::move(file), SMLoc());
  module = parseSourceFile<ModuleOp>(sourceMgr, ParserConfig(&context));
  if (!module)
    return failure();
  if (module->getOps<FunctionOpInterface>().empty())
    return module->emitError("expected at least one function");
  if (options.weights.empty())
    return success();
  FailureOr<std::unique_ptr<WeightFile>> opened =
      WeightFile::open(options.weights, [&] { return error(); });
  if (failed(opened) || failed(bindWeights(*module, **opened)))
    return failure();
  weights = std::move(*opened);
  return success();
}

LogicalResult Compilation::shard() {
  if (failed(runPipeline(*module, options, [&](OpPassManager &pm) {
        buildShardedPipeline(pm, options);
      })))
    return failure();
  return output.addIr(Stage::Sharded, /*target=*/"", *module);
}

LogicalResult Compilation::compileTargets() {
  // In the package's order, whatever the command line's: the same targets give
  // the same bytes. They must live until the package is written.
  std::vector<std::unique_ptr<TargetCompilation>> compilations;
  for (StringRef target : targetNames()) {
    if (!llvm::is_contained(options.targets, target) ||
        !hasStage(target, options.emit))
      continue;
    compilations.push_back(std::make_unique<TargetCompilation>(
        target, *module, options, output));
    if (failed(compilations.back()->run()))
      return failure();
  }
  if (options.emit != Stage::Package)
    return output.write();
  PackageContents contents{std::nullopt, std::nullopt, weights.get()};
  for (auto &compilation : compilations)
    compilation->addTo(contents);
  return writePackage(contents, options.output);
}

LogicalResult Compilation::run() {
  if (failed(checkOptions(options, [&] { return error(); })) ||
      failed(parse()) || failed(output.makeDumpFolder()) ||
      failed(output.addIr(Stage::Attn, /*target=*/"", *module)))
    return failure();
  if (options.emit == Stage::Attn)
    return output.write();
  if (failed(shard()))
    return failure();
  if (options.emit == Stage::Sharded)
    return output.write();
  return compileTargets();
}

LogicalResult attnc::compile(MLIRContext &context,
                             const CompileOptions &options) {
  return Compilation(context, options).run();
}
