//===- attnc-test-package.cpp - Writes a package from tile IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The package writer without the passes in front of it: the kernels' object is
// any file. With --bind it binds weights instead and prints the module.
//
//===----------------------------------------------------------------------===//

#include "attnc/Driver/Registration.h"
#include "attnc/Target/Package.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::opt<std::string> input(cl::Positional, cl::Required);
static cl::opt<std::string> output("o", cl::desc("The package to write"));
static cl::opt<std::string> object("object", cl::desc("The kernels' object"));
static cl::opt<std::string> weightsPath("weights", cl::desc("Safetensors"));
static cl::opt<bool> bind("bind", cl::desc("Bind weights and print"));

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "attnc package tester\n");
  DialectRegistry registry;
  attnc::registerDialects(registry);
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  auto emitError = [&] { return mlir::emitError(UnknownLoc::get(&context)); };

  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(input, sources, &context);
  if (!module)
    return 1;
  std::unique_ptr<attnc::WeightFile> weights;
  if (!weightsPath.empty()) {
    auto file = attnc::WeightFile::open(weightsPath, emitError);
    if (failed(file))
      return 1;
    weights = std::move(*file);
  }
  if (bind) {
    if (weights && failed(attnc::bindWeights(*module, *weights)))
      return 1;
    module->print(llvm::outs());
    return 0;
  }
  auto target = attnc::CpuTarget::get("haswell", emitError);
  if (failed(target))
    return 1;
  std::unique_ptr<llvm::MemoryBuffer> code;
  if (!object.empty()) {
    auto file = llvm::MemoryBuffer::getFile(object);
    if (!file) {
      emitError() << "cannot read '" << object << "'";
      return 1;
    }
    code = std::move(*file);
  }
  llvm::StringRef bytes = code ? code->getBuffer() : "";
  return failed(attnc::writePackage(
      {*module, *target, {bytes.data(), bytes.size()}, weights.get()}, output));
}
