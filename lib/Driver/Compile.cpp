//===- Compile.cpp - From a source file to a package -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Driver/Compile.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Target/Cpu.h"
#include "attnc/Target/Package.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
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

class Compilation {
public:
  Compilation(MLIRContext &context, const CompileOptions &options)
      : context(context), options(options),
        sourceMgr(std::make_shared<llvm::SourceMgr>()),
        handler(*sourceMgr, &context), unlocated(&context, printUnlocated) {}

  LogicalResult run();

private:
  LogicalResult checkOptions();
  LogicalResult parse();
  /// Runs the pipeline that ends at `stage`, then dumps and emits it.
  LogicalResult advance(Stage stage,
                        llvm::function_ref<void(OpPassManager &)> build);
  /// Writes what a stage made to the dump folder, and to the output where the
  /// stage was asked for.
  LogicalResult record(Stage stage, StringRef extension,
                       llvm::function_ref<void(raw_ostream &)> print);
  LogicalResult write(StringRef path,
                      llvm::function_ref<void(raw_ostream &)> print);
  LogicalResult finish(const CpuTarget &target);
  bool isDone(Stage stage) const { return options.emit <= stage; }
  InFlightDiagnostic error() {
    return emitError(UnknownLoc::get(&context));
  }

  MLIRContext &context;
  const CompileOptions &options;
  std::shared_ptr<llvm::SourceMgr> sourceMgr;
  /// Prints diagnostics with the source line they are about.
  SourceMgrDiagnosticHandler handler;
  /// Prints those that are about no line of the source.
  ScopedDiagnosticHandler unlocated;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<WeightFile> weights;
};

} // namespace

LogicalResult Compilation::checkOptions() {
  for (StringRef target : options.targets)
    if (target != "cpu")
      return error() << "expected the target cpu, got '" << target
                     << "', which is not built yet or unknown";
  for (StringRef name : options.disabledPasses)
    if (!llvm::is_contained(optionalPasses(options.target), name)) {
      auto diag = error() << "expected one of the passes that can be left out (";
      llvm::interleaveComma(optionalPasses(options.target), diag);
      return diag << "), got '" << name << "'";
    }
  if (options.emit == Stage::Package &&
      (options.output.empty() || options.output == "-"))
    return error() << "expected -o with the path of the package";
  return success();
}

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
  return success();
}

LogicalResult Compilation::write(StringRef path,
                                 llvm::function_ref<void(raw_ostream &)> print) {
  // Through a temporary file: a failure leaves what was there.
  llvm::Error failed = llvm::writeToOutput(path, [&](raw_ostream &os) {
    print(os);
    return llvm::Error::success();
  });
  if (!failed)
    return success();
  return error() << "cannot write " << path << ": "
                 << llvm::toString(std::move(failed));
}

LogicalResult
Compilation::record(Stage stage, StringRef extension,
                    llvm::function_ref<void(raw_ostream &)> print) {
  if (!options.dumpDir.empty()) {
    SmallString<128> path(options.dumpDir);
    int number = llvm::count_if(stages(), [&](const StageInfo &info) {
      return info.stage <= stage && hasStage(options.target, info.stage);
    });
    llvm::sys::path::append(path, llvm::formatv("{0:02}-{1}.{2}", number,
                                                stageName(stage), extension)
                                      .str());
    if (failed(write(path, print)))
      return failure();
  }
  if (options.emit != stage)
    return success();
  return write(options.output.empty() ? "-" : options.output, print);
}

LogicalResult
Compilation::advance(Stage stage,
                     llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(&context);
  if (failed(options.configure(pm)))
    return failure();
  build(pm);
  if (failed(pm.run(*module)))
    return failure();
  return record(stage, "mlir", [&](raw_ostream &os) { os << *module << "\n"; });
}

LogicalResult Compilation::finish(const CpuTarget &target) {
  // The package needs the programs, whose kernels code generation consumes.
  OwningOpRef<ModuleOp> programs = module->clone();
  for (auto program :
       llvm::make_early_inc_range(module->getOps<tile::ProgramOp>()))
    program.erase();
  if (failed(advance(Stage::Vector, [&](OpPassManager &pm) {
        buildVectorPipeline(pm, options);
      })))
    return failure();
  if (isDone(Stage::Vector))
    return success();
  if (failed(advance(Stage::Llvm, [&](OpPassManager &pm) {
        buildLlvmPipeline(pm, target);
      })))
    return failure();
  if (isDone(Stage::Llvm))
    return success();
  FailureOr<SmallVector<char>> object = emitCpuObject(*module, target);
  if (failed(object) ||
      failed(record(Stage::Object, "so", [&](raw_ostream &os) {
        os.write(object->data(), object->size());
      })))
    return failure();
  if (isDone(Stage::Object))
    return success();
  return writePackage({*programs, target, *object, weights.get()},
                      options.output);
}

LogicalResult Compilation::run() {
  if (failed(checkOptions()) || failed(parse()))
    return failure();
  if (!options.dumpDir.empty())
    if (std::error_code code =
            llvm::sys::fs::create_directories(options.dumpDir))
      return error() << "cannot make the folder " << options.dumpDir << ": "
                     << code.message();
  if (!options.weights.empty()) {
    FailureOr<std::unique_ptr<WeightFile>> file =
        WeightFile::open(options.weights, [&] { return error(); });
    if (failed(file) || failed(bindWeights(*module, **file)))
      return failure();
    weights = std::move(*file);
  }
  FailureOr<CpuTarget> target =
      CpuTarget::get(options.cpu, [&] { return error(); });
  if (failed(target))
    return failure();
  auto print = [&](raw_ostream &os) { os << *module << "\n"; };
  if (failed(record(Stage::Attn, "mlir", print)))
    return failure();
  if (isDone(Stage::Attn))
    return success();
  if (failed(advance(Stage::Sharded, [&](OpPassManager &pm) {
        buildShardedPipeline(pm, options);
      })))
    return failure();
  if (isDone(Stage::Sharded))
    return success();
  if (failed(advance(Stage::Tile, [&](OpPassManager &pm) {
        buildTilePipeline(pm, options);
      })))
    return failure();
  if (isDone(Stage::Tile))
    return success();
  return finish(*target);
}

LogicalResult attnc::compile(MLIRContext &context,
                             const CompileOptions &options) {
  return Compilation(context, options).run();
}
