//===- CheckOptions.cpp - Command lines that make no sense -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckOptions.h"
#include "attnc/Target/Cpu.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace attnc;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

static LogicalResult checkTargets(const CompileOptions &options,
                                  EmitError emitError) {
  if (options.targets.empty())
    return emitError() << "expected at least one of the targets "
                       << targetNames() << ", got none";
  llvm::StringSet<> seen;
  for (StringRef target : options.targets) {
    if (!llvm::is_contained(targetNames(), target))
      return emitError() << "expected --target to name some of "
                         << targetNames() << ", got '" << target << "'";
    if (!seen.insert(target).second)
      return emitError() << "expected --target to name each of "
                         << targetNames() << " at most once, got '" << target
                         << "' twice";
  }
  if (!seen.contains(CpuTarget::kTargetName))
    return success();
  return CpuTarget::get(options.cpu, emitError);
}

static LogicalResult checkStage(const CompileOptions &options,
                                EmitError emitError) {
  bool reached = llvm::any_of(options.targets, [&](StringRef target) {
    return hasStage(target, options.emit);
  });
  if (!reached) {
    auto diag = emitError() << "expected --target to name "
                            << stages()[static_cast<size_t>(options.emit)].target
                            << ", which alone has the stage "
                            << stageName(options.emit) << ", got ";
    llvm::interleaveComma(options.targets, diag);
    return diag;
  }
  if (options.emit == Stage::Package &&
      (options.output.empty() || options.output == "-"))
    return emitError() << "expected -o with the path of the package";
  return success();
}

static LogicalResult checkPasses(const CompileOptions &options,
                                 EmitError emitError) {
  llvm::SetVector<StringRef> optional;
  for (StringRef target : options.targets)
    optional.insert_range(optionalPasses(target));
  for (StringRef name : options.disabledPasses)
    if (!optional.contains(name)) {
      auto diag = emitError()
                  << "expected one of the passes that can be left out (";
      llvm::interleaveComma(optional, diag);
      return diag << "), got '" << name << "'";
    }
  return success();
}

LogicalResult attnc::checkOptions(const CompileOptions &options,
                                  EmitError emitError) {
  return failure(failed(checkTargets(options, emitError)) ||
                 failed(checkStage(options, emitError)) ||
                 failed(checkPasses(options, emitError)));
}
