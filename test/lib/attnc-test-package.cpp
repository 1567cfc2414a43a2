//===- attnc-test-package.cpp - Writes packages from tile IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The package writer without the passes in front of it. The kernels' object is
// the word "object", a cubin the name of its kernel. A module that holds modules
// named after targets is a package for these, else one for the CPU; kernels of
// sm_90a are also there as the gpu.modules at the stage llvm. --print reads what was written and shows, an element a
// line, its tensors, the weights' layouts and the plan.
//
//===----------------------------------------------------------------------===//

#include "attnc/Driver/Registration.h"
#include "attnc/Target/Package.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/ToolUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/SourceMgr.h"
#include <csignal>
#include <map>

using namespace mlir;
namespace cl = llvm::cl;
namespace json = llvm::json;

static cl::opt<std::string> input(cl::Positional, cl::Required);
static cl::opt<std::string> output("o", cl::desc("The package to write"));
static cl::opt<std::string> weightsPath("weights", cl::desc("Safetensors"));
static cl::opt<bool> bind("bind", cl::desc("Bind weights and print the IR"));
static cl::opt<bool> print("print", cl::desc("Print what was written"));
static cl::opt<bool> verify("verify-diagnostics");
static cl::opt<bool> split("split-input-file");

static std::map<StringRef, const json::Value *>
sortedMembers(const json::Object &object) {
  std::map<StringRef, const json::Value *> members;
  for (const auto &[key, value] : object)
    members[key] = &value;
  return members;
}

/// One line for each element.
static void printMembers(const json::Object &object, StringRef indent) {
  for (auto [key, value] : sortedMembers(object))
    if (const json::Array *array = value->getAsArray())
      for (const json::Value &element : *array)
        llvm::outs() << indent << key << ' ' << element << '\n';
    else
      llvm::outs() << indent << key << ' ' << *value << '\n';
}

static void printPlan(const json::Value &plan) {
  for (auto [name, entry] :
       sortedMembers(*plan.getAsObject()->getObject("entries"))) {
    llvm::outs() << "entry " << name << '\n';
    printMembers(*entry->getAsObject(), "  ");
  }
}

static LogicalResult printPackage() {
  auto file = llvm::MemoryBuffer::getFile(output);
  if (!file)
    return failure();
  StringRef text = (*file)->getBuffer();
  uint64_t length = llvm::support::endian::read64le(text.data());
  auto header = cantFail(json::parse(text.substr(8, length)));
  json::Object *metadata = header.getAsObject()->getObject("__metadata__");
  auto manifest = cantFail(json::parse(*metadata->getString("attnc.manifest")));
  std::vector<json::Value> plans;
  for (StringRef name : {"attnc.plan", "attnc.plan.sm_90a"})
    if (auto text = metadata->getString(name))
      plans.push_back(cantFail(json::parse(*text)));
  header.getAsObject()->erase("__metadata__");
  printMembers(*header.getAsObject(), "tensor ");
  printMembers(*manifest.getAsObject()->getObject("weights"), "weight ");
  for (const json::Value &target : *manifest.getAsObject()->getArray("targets"))
    if (const json::Array *kernels = target.getAsObject()->getArray("kernels"))
      for (const json::Value &kernel : *kernels)
        llvm::outs() << "kernel " << kernel << '\n';
  llvm::for_each(plans, printPlan);
  return success();
}

static LogicalResult run(MLIRContext *context, llvm::SourceMgr &sources) {
  auto emitError = [&] { return mlir::emitError(UnknownLoc::get(context)); };
  auto module = parseSourceFile<ModuleOp>(sources, context);
  if (!module)
    return failure();
  std::unique_ptr<attnc::WeightFile> weights;
  if (!weightsPath.empty()) {
    auto file = attnc::WeightFile::open(weightsPath, emitError);
    if (failed(file))
      return failure();
    weights = std::move(*file);
  }
  if (bind) {
    if (weights && failed(attnc::bindWeights(*module, *weights)))
      return failure();
    module->print(llvm::outs());
    return success();
  }
  auto cpu = module->lookupSymbol<ModuleOp>("cpu");
  auto hopper = module->lookupSymbol<ModuleOp>("sm_90a");
  if (!cpu && !hopper)
    cpu = *module;
  attnc::PackageContents contents{std::nullopt, std::nullopt, weights.get()};
  auto target = attnc::CpuTarget::get("haswell", emitError);
  if (failed(target))
    return failure();
  llvm::StringRef object = "object";
  if (cpu)
    contents.cpu =
        attnc::CpuCode{cpu, &*target, {object.data(), object.size()}};
  std::vector<attnc::HopperKernel> kernels;
  if (hopper) {
    hopper.walk([&](LLVM::LLVMFuncOp function) {
      StringRef name = function.getName();
      kernels.push_back({function, "", SmallVector<char>(name.begin(), name.end())});
    });
    contents.hopper = attnc::HopperCode{hopper, kernels};
  }
  if (failed(attnc::writePackage(contents, output)))
    return failure();
  return print ? printPackage() : success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // A file that may not grow is an error of the write, not a crash.
  std::signal(SIGXFSZ, SIG_IGN);
  cl::ParseCommandLineOptions(argc, argv, "attnc package tester\n");
  DialectRegistry registry;
  attnc::registerDialects(registry);
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(input);
  if (!file) {
    llvm::errs() << "cannot read " << input << '\n';
    return 1;
  }
  auto process = [&](std::unique_ptr<llvm::MemoryBuffer> chunk,
                     llvm::raw_ostream &) {
    MLIRContext context(registry);
    context.printOpOnDiagnostic(false);
    llvm::SourceMgr sources;
    sources.AddNewSourceBuffer(std::move(chunk), SMLoc());
    if (!verify) {
      SourceMgrDiagnosticHandler handler(sources, &context);
      return run(&context, sources);
    }
    SourceMgrDiagnosticVerifierHandler handler(sources, &context);
    (void)run(&context, sources);
    return handler.verify();
  };
  return failed(splitAndProcessBuffer(std::move(*file), process, llvm::outs(),
                                      split ? "// -----" : ""));
}
