//===- attnc.cpp - The compiler driver -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Driver/Compile.h"
#include "attnc/Driver/Registration.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Remark/RemarkStreamer.h"
#include "mlir/Support/Timing.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include <csignal>

using namespace mlir;
namespace cl = llvm::cl;

/// The value of `--remarks` without a file.
static constexpr llvm::StringLiteral kStandardError = "-";

namespace {
struct Flags {
  cl::OptionCategory category{"attnc options"};
  cl::opt<std::string> input{cl::Positional, cl::desc("IN.mlir"),
                             cl::init("-"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("write to FILE"),
                              cl::value_desc("FILE"), cl::cat(category)};
  cl::list<std::string> targets{
      "target", cl::desc("targets to compile for (default cpu)"),
      cl::CommaSeparated, cl::value_desc("NAME,…"), cl::cat(category)};
  cl::opt<std::string> cpu{
      "mcpu", cl::desc("CPU to compile for, by LLVM's name (default native)"),
      cl::init("native"), cl::cat(category)};
  cl::list<std::string> grids{
      "grid", cl::desc("size of a grid; one that is not named has size 1"),
      cl::value_desc("NAME=4|NAME=2x4"), cl::cat(category)};
  cl::opt<std::string> weights{
      "weights", cl::desc("bind the weights of a safetensors file"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> emit{"emit", cl::desc("stage to stop at and write"),
                            cl::value_desc("STAGE"), cl::init("package"),
                            cl::cat(category)};
  cl::opt<std::string> dumpDir{"dump-dir",
                               cl::desc("write every stage to this folder"),
                               cl::value_desc("DIR"), cl::cat(category)};
  cl::list<std::string> disabled{"disable-pass",
                                 cl::desc("leave out optimising passes"),
                                 cl::CommaSeparated, cl::value_desc("PASS,…"),
                                 cl::cat(category)};
  cl::opt<std::string> plan{"plan",
                            cl::desc("pin the tile sizes of a JSON file"),
                            cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> remarks{
      "remarks", cl::ValueOptional,
      cl::desc("print the compiler's decisions, or write them as YAML"),
      cl::value_desc("FILE"), cl::cat(category)};
};
} // namespace

/// Remarks go to a file as YAML, or to standard error as diagnostics.
static LogicalResult enableRemarks(MLIRContext &context, StringRef file) {
  remark::RemarkCategories categories;
  categories.passed = categories.missed = categories.analysis =
      categories.failed = ".*";
  if (file != kStandardError)
    return remark::enableOptimizationRemarksWithLLVMStreamer(
        context, file, llvm::remarks::Format::YAML,
        std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
  return remark::enableOptimizationRemarks(
      context, /*streamer=*/nullptr,
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
      /*printAsEmitRemarks=*/true);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // A file that may not grow is an error of the write, not a crash.
  std::signal(SIGXFSZ, SIG_IGN);
  Flags flags;
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  cl::HideUnrelatedOptions(flags.category);
  cl::SetVersionPrinter([](raw_ostream &os) {
    os << "attnc " ATTNC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
  });
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (!cl::ParseCommandLineOptions(
          argc, argv, "attnc: compiles attention and MLP blocks ahead of time\n",
          &stream)) {
    StringRef text(message);
    text.consume_front("attnc: ");
    llvm::errs() << "attnc: error: " << text;
    return 1;
  }

  DialectRegistry registry;
  attnc::registerDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  context.loadAllAvailableDialects();

  DefaultTimingManager timing;
  applyDefaultTimingManagerCLOptions(timing);
  TimingScope root = timing.getRootScope();

  attnc::CompileOptions options;
  options.input = flags.input;
  options.output = flags.output;
  options.cpu = flags.cpu;
  options.grids = flags.grids;
  options.weights = flags.weights;
  options.dumpDir = flags.dumpDir;
  options.planOverrides = flags.plan;
  options.disabledPasses = flags.disabled;
  if (!flags.targets.empty())
    options.targets = flags.targets;
  auto configure = [&](PassManager &pm) {
    pm.enableTiming(root);
    return applyPassManagerCLOptions(pm);
  };
  options.configure = configure;

  std::optional<attnc::Stage> stage = attnc::stageFromName(flags.emit);
  if (!stage) {
    llvm::errs() << "attnc: error: expected --emit to be one of ";
    llvm::interleaveComma(attnc::stages(), llvm::errs(),
                          [](const attnc::StageInfo &info) {
                            llvm::errs() << info.name;
                          });
    llvm::errs() << ", got '" << flags.emit << "'\n";
    return 1;
  }
  options.emit = *stage;
  if (flags.remarks.getNumOccurrences() &&
      failed(enableRemarks(context, flags.remarks.empty()
                                        ? StringRef(kStandardError)
                                        : StringRef(flags.remarks))))
    return 1;
  return failed(attnc::compile(context, options));
}
