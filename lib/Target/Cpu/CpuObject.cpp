//===- CpuObject.cpp - Kernels in the llvm dialect to machine code -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each kernel is an LLVM module and an object of its own: they compile in
// parallel, and the bytes do not depend on the number of cores.
//
//===----------------------------------------------------------------------===//

#include "KernelTable.h"
#include "LinkObjects.h"
#include "attnc/Target/Cpu.h"
#include "attnc_rt/kernel_abi.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace attnc;

static std::unique_ptr<llvm::TargetMachine>
createMachine(const CpuTarget &target) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  llvm::Triple triple(CpuTarget::kTriple);
  std::string message;
  const llvm::Target *x86 = llvm::TargetRegistry::lookupTarget(triple, message);
  // CpuTarget::get has looked it up before.
  assert(x86 && "no x86-64 target");
  return std::unique_ptr<llvm::TargetMachine>(
      x86->createTargetMachine(triple, target.name, target.llvmFeatures,
                               llvm::TargetOptions(), llvm::Reloc::PIC_));
}

static void prepareModule(llvm::Module &module, llvm::TargetMachine &machine) {
  module.setModuleIdentifier("attnc");
  module.setSourceFileName("attnc");
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
}

/// The module of one kernel, with its function of the ABI.
static FailureOr<std::unique_ptr<llvm::Module>>
translateKernel(LLVM::LLVMFuncOp func, const KernelEntry &entry,
                const CpuTarget &target, llvm::TargetMachine &machine,
                llvm::LLVMContext &context) {
  OwningOpRef<ModuleOp> alone(ModuleOp::create(func.getLoc()));
  LLVM::LLVMFuncOp body = func.clone();
  body.setSymName(kBodySymbol); // no name means anything to LLVM
  alone->push_back(body);
  std::unique_ptr<llvm::Module> module =
      translateModuleToLLVMIR(*alone, context, "attnc");
  if (!module)
    return failure();
  prepareModule(*module, machine);
  buildKernelWrapper(*module, entry);
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.name);
    function.addFnAttr("target-features", target.llvmFeatures);
    function.addFnAttr("prefer-vector-width",
                       std::to_string(target.vectorBits));
    // Without this, loops that fill or copy become calls of the C library.
    function.addFnAttr("no-builtins");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return module;
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O1)
      .run(module, modules);
}

static SmallVector<char> generateCode(llvm::Module &module,
                                      llvm::TargetMachine &machine,
                                      llvm::CodeGenFileType type) {
  SmallVector<char> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager codegen;
  // Fails only for a file type that the target does not know.
  machine.addPassesToEmitFile(codegen, stream, nullptr, type);
  codegen.run(module);
  return bytes;
}

/// The kernels of `module` with their table entries.
static FailureOr<
    std::pair<SmallVector<LLVM::LLVMFuncOp>, SmallVector<KernelEntry>>>
collectKernels(ModuleOp module) {
  SmallVector<LLVM::LLVMFuncOp> funcs;
  SmallVector<KernelEntry> entries;
  for (auto func : module.getOps<LLVM::LLVMFuncOp>()) {
    if (!func->hasAttr(kParamsAttr))
      continue;
    FailureOr<KernelEntry> entry = KernelEntry::get(func);
    if (failed(entry))
      return failure();
    funcs.push_back(func);
    entries.push_back(std::move(*entry));
  }
  return std::make_pair(std::move(funcs), std::move(entries));
}

FailureOr<std::string>
attnc::emitCpuText(ModuleOp module, const CpuTarget &target, CpuText kind) {
  auto kernels = collectKernels(module);
  if (failed(kernels))
    return failure();
  std::string text;
  llvm::raw_string_ostream stream(text);
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target);
  for (auto [func, entry] : llvm::zip(kernels->first, kernels->second)) {
    llvm::LLVMContext context;
    auto code = translateKernel(func, entry, target, *machine, context);
    if (failed(code))
      return failure();
    optimize(**code, *machine);
    if (kind == CpuText::LlvmIr)
      stream << **code;
    else
      stream << generateCode(**code, *machine,
                             llvm::CodeGenFileType::AssemblyFile);
  }
  return text;
}

FailureOr<SmallVector<char>> attnc::emitCpuObject(ModuleOp module,
                                                  const CpuTarget &target) {
  auto kernels = collectKernels(module);
  if (failed(kernels))
    return failure();
  auto &[funcs, entries] = *kernels;
  // The last object holds the table.
  size_t count = funcs.size();
  SmallVector<SmallVector<char>> objects(count + 1);
  auto compile = [&, &funcs = funcs, &entries = entries](size_t i) {
    std::unique_ptr<llvm::TargetMachine> machine = createMachine(target);
    llvm::LLVMContext context;
    if (i == count) {
      llvm::Module table("attnc", context);
      prepareModule(table, *machine);
      buildKernelTable(table, entries);
      objects[i] =
          generateCode(table, *machine, llvm::CodeGenFileType::ObjectFile);
      return success();
    }
    auto code =
        translateKernel(funcs[i], entries[i], target, *machine, context);
    if (failed(code))
      return failure();
    optimize(**code, *machine);
    objects[i] =
        generateCode(**code, *machine, llvm::CodeGenFileType::ObjectFile);
    llvm::Expected<std::string> missing = findUndefinedSymbol(objects[i]);
    if (!missing)
      return LogicalResult(emitError(funcs[i].getLoc())
                           << llvm::toString(missing.takeError()));
    if (!missing->empty())
      return LogicalResult(
          emitError(funcs[i].getLoc(), "kernel '")
          << entries[i].name << "' needs '" << *missing
          << "' from a library: an op in it has no code for the CPU target");
    return success();
  };
  if (failed(
          failableParallelForEachN(module.getContext(), 0, count + 1, compile)))
    return failure();
  llvm::Expected<SmallVector<char>> shared =
      linkObjects(objects, ATTNC_KERNEL_TABLE_SYMBOL);
  if (!shared)
    return emitError(module.getLoc()) << llvm::toString(shared.takeError());
  return std::move(*shared);
}
