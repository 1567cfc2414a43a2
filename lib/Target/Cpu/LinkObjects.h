//===- LinkObjects.h - Objects to a shared object -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_CPU_LINKOBJECTS_H
#define ATTNC_LIB_TARGET_CPU_LINKOBJECTS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

namespace attnc {

/// The first symbol that `object` (a relocatable ELF file) needs and does not
/// define; empty if there is none.
llvm::Expected<std::string> findUndefinedSymbol(llvm::ArrayRef<char> object);

/// Links ELF objects with ld.lld and checks what came out: nothing needed,
/// nothing run when loaded, only `exported` seen from outside.
llvm::Expected<llvm::SmallVector<char>>
linkObjects(llvm::ArrayRef<llvm::SmallVector<char>> objects,
            llvm::StringRef exported);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_CPU_LINKOBJECTS_H
