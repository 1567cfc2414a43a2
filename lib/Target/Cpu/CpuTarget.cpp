//===- CpuTarget.cpp - Facts of x86-64 cores -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Target/Cpu.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace mlir;
using namespace attnc;

/// Cores named in the message about an unknown one.
static constexpr llvm::StringLiteral kExamples =
    "native, x86-64-v3, x86-64-v4, haswell, skylake-avx512, sapphirerapids, "
    "znver3, znver4, znver5";

/// True for the features that the code of a kernel may use; the others are the
/// system's or only tune.
static bool isComputeFeature(StringRef name) {
  for (StringRef prefix : {"avx", "sse", "ssse", "fma", "f16c", "bmi", "lzcnt",
                           "popcnt", "movbe", "gfni"})
    if (name.starts_with(prefix))
      return !name.starts_with("sse4a") && name != "fma4";
  return false;
}

/// The host's features as LLVM's feature string, in a fixed order.
static std::string getHostFeatureString() {
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  std::vector<std::string> parts;
  for (const auto &feature : host)
    parts.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(parts);
  return llvm::join(parts, ",");
}

FailureOr<CpuTarget>
CpuTarget::get(StringRef mcpu, function_ref<InFlightDiagnostic()> emitError) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  llvm::Triple triple(kTriple);
  std::string message;
  const llvm::Target *x86 = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!x86)
    return emitError() << "this LLVM cannot make x86-64 code: " << message;

  CpuTarget target;
  target.name = mcpu.str();
  if (mcpu == "native") {
    if (!llvm::Triple(llvm::sys::getProcessTriple()).isX86_64())
      return emitError() << "cpu 'native' is not an x86-64 core; name one of "
                         << kExamples;
    target.name = llvm::sys::getHostCPUName().str();
    target.llvmFeatures = getHostFeatureString();
  }
  SmallVector<StringRef> known;
  llvm::X86::fillValidCPUArchList(known, /*Only64Bit=*/true);
  if (!llvm::is_contained(known, target.name))
    return emitError() << "unknown cpu '" << target.name << "'; known are "
                       << kExamples << " and the other x86-64 names of LLVM";

  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      x86->createMCSubtargetInfo(triple, target.name, target.llvmFeatures));
  auto has = [&](StringRef feature) {
    return subtarget->checkFeatures(("+" + feature).str());
  };
  for (StringRef needed : {"avx2", "fma"})
    if (!has(needed))
      return emitError() << "cpu '" << target.name << "' has no " << needed
                         << ", which attnc's kernels need";
  for (const llvm::SubtargetFeatureKV &feature :
       subtarget->getEnabledProcessorFeatures())
    if (isComputeFeature(feature.Key))
      target.features.push_back(feature.Key);
  llvm::sort(target.features);

  bool avx512 =
      has("avx512f") && has("avx512vl") && has("avx512bw") && has("avx512dq");
  target.vectorBits = avx512 ? 512 : 256;
  target.numVectorRegisters = avx512 ? 32 : 16;
  target.lanes = target.vectorBits / 32;
  target.microRows = avx512 ? 8 : 4;
  target.microVectors = 2;
  target.hasAvx512Bf16 = avx512 && has("avx512bf16");
  // Sizes of a core's own caches; a core that is not listed has at least these.
  std::tie(target.l1Bytes, target.l2Bytes) =
      llvm::StringSwitch<std::pair<int64_t, int64_t>>(target.name)
          .Cases({"znver4", "skylake-avx512", "cascadelake", "cooperlake"},
                 {32 << 10, 1 << 20})
          .Case("znver5", {48 << 10, 1 << 20})
          .Cases({"sapphirerapids", "emeraldrapids", "graniterapids"},
                 {48 << 10, 2 << 20})
          .Case("icelake-server", {48 << 10, 1280 << 10})
          .Default({32 << 10, avx512 ? 1 << 20 : 512 << 10});
  return target;
}
