//===- StageOutput.cpp - What stages make, as files -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StageOutput.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace attnc;

InFlightDiagnostic StageOutput::emitError() const {
  return mlir::emitError(UnknownLoc::get(&context));
}

LogicalResult StageOutput::makeDumpFolder() {
  if (options.dumpDir.empty())
    return success();
  if (std::error_code code = llvm::sys::fs::create_directories(options.dumpDir))
    return emitError() << "cannot make the folder " << options.dumpDir << ": "
                       << code.message();
  return success();
}

/// A stage's number in the flow of a target: the position in the table of
/// stages less those of other targets.
static int getNumber(Stage stage, StringRef target) {
  return llvm::count_if(stages(), [&](const StageInfo &info) {
    return info.stage <= stage && hasStage(target, info.stage);
  });
}

std::string StageOutput::getDumpPath(Stage stage, StringRef target,
                                     StringRef kernel,
                                     StringRef extension) const {
  std::string name =
      llvm::formatv("{0:02}-{1}", getNumber(stage, target), stageName(stage));
  // One target's files need no word that tells them from others.
  if (!target.empty() && options.targets.size() > 1)
    name += "." + target.str();
  if (!kernel.empty())
    name += "." + kernel.str();
  SmallString<128> path(options.dumpDir);
  llvm::sys::path::append(path, name + "." + extension);
  return path.str().str();
}

LogicalResult
StageOutput::writeFile(StringRef path,
                       llvm::function_ref<void(raw_ostream &)> print) {
  // Through a temporary file: a failure leaves what was there.
  llvm::Error failed = llvm::writeToOutput(path, [&](raw_ostream &os) {
    print(os);
    return llvm::Error::success();
  });
  if (!failed)
    return success();
  return emitError() << "cannot write " << path << ": "
                     << llvm::toString(std::move(failed));
}

LogicalResult StageOutput::add(Stage stage, StringRef target, StringRef kernel,
                               StringRef extension,
                               llvm::function_ref<void(raw_ostream &)> print) {
  if (!options.dumpDir.empty() &&
      failed(writeFile(getDumpPath(stage, target, kernel, extension), print)))
    return failure();
  if (options.emit != stage)
    return success();
  Part &part = parts.emplace_back();
  part.title = (kernel.empty() ? target : kernel).str();
  llvm::raw_string_ostream os(part.bytes);
  print(os);
  return success();
}

LogicalResult StageOutput::addIr(Stage stage, StringRef target,
                                 ModuleOp module) {
  return add(stage, target, /*kernel=*/"", "mlir",
             [&](raw_ostream &os) { os << module << "\n"; });
}

LogicalResult StageOutput::write() {
  // Cubins cannot be told apart once they are one file.
  if (options.emit == Stage::Cubin && parts.size() != 1) {
    auto diag = emitError() << "expected one kernel to write the cubin of, got "
                            << parts.size();
    if (parts.empty())
      return diag;
    diag << ": ";
    llvm::interleaveComma(parts, diag,
                          [&](const Part &part) { diag << part.title; });
    return diag << "; --dump-dir writes each";
  }
  StringRef path = options.output.empty() ? "-" : StringRef(options.output);
  return writeFile(path, [&](raw_ostream &os) {
    if (parts.size() == 1) {
      os << parts.front().bytes;
      return;
    }
    llvm::interleave(
        parts,
        [&](const Part &part) { os << "// " << part.title << "\n" << part.bytes; },
        [&] { os << "\n// -----\n\n"; });
  });
}
