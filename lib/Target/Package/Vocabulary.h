//===- Vocabulary.h - The words of the package format -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_VOCABULARY_H
#define ATTNC_LIB_TARGET_PACKAGE_VOCABULARY_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

namespace attnc {

/// The package's name of an element type, empty if it has none.
inline llvm::StringRef getDtypeName(mlir::Type type) {
  if (type.isF32())
    return "F32";
  if (type.isBF16())
    return "BF16";
  if (type.isF16())
    return "F16";
  if (type.isSignlessInteger(32))
    return "I32";
  if (type.isSignlessInteger(8))
    return "I8";
  return type.isSignlessInteger(1) ? "I1" : "";
}

/// The dtype of a tensor of these elements in a file: conditions are bytes.
inline llvm::StringRef getStoredDtypeName(mlir::Type type) {
  return type.isSignlessInteger(1) ? "U8" : getDtypeName(type);
}

/// Whether `--weights` binds weights of this element type. A constant may hold
/// conditions too.
inline bool isWeightType(mlir::Type type) {
  return type.isF32() || type.isBF16() || type.isF16() ||
         type.isSignlessInteger(32);
}

/// Bytes of an element; an i1 takes one.
inline int64_t getDtypeBytes(mlir::Type type) {
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

/// Whether the reader accepts `name` as the name of anything.
inline bool isName(llvm::StringRef name) {
  auto isControl = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return !name.empty() && llvm::json::isUTF8(name) &&
         llvm::none_of(name, isControl);
}

/// "F32 [576, 64]", for messages.
inline std::string describeTensor(llvm::StringRef dtype,
                                  llvm::ArrayRef<int64_t> shape) {
  std::string sizes = llvm::join(
      llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }),
      ", ");
  return (dtype + " [" + sizes + "]").str();
}

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_VOCABULARY_H
