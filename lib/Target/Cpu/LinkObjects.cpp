//===- LinkObjects.cpp - Objects to a shared object -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinkObjects.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

static Expected<std::unique_ptr<object::ObjectFile>>
openElf(ArrayRef<char> bytes) {
  return object::ObjectFile::createELFObjectFile(
      MemoryBufferRef(StringRef(bytes.data(), bytes.size()), "kernels"));
}

Expected<std::string> attnc::findUndefinedSymbol(ArrayRef<char> bytes) {
  Expected<std::unique_ptr<object::ObjectFile>> object = openElf(bytes);
  if (!object)
    return object.takeError();
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    if (!(*flags & object::SymbolRef::SF_Undefined))
      continue;
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (!name->empty())
      return name->str();
  }
  return "";
}

/// What the loader of a package would refuse.
static Error checkSharedObject(ArrayRef<char> bytes, StringRef exported) {
  Expected<std::unique_ptr<object::ObjectFile>> object = openElf(bytes);
  if (!object)
    return object.takeError();
  auto *elf = dyn_cast<object::ELF64LEObjectFile>(object->get());
  if (!elf)
    return fail("ld.lld made no 64-bit ELF file");
  bool found = false;
  for (const object::ELFSymbolRef &symbol : elf->getDynamicSymbolIterators()) {
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (name->empty())
      continue;
    if (*name != exported)
      return fail("the kernels' shared object names '" + *name +
                  "', expected '" + exported + "' alone");
    found = true;
  }
  if (!found)
    return fail("the kernels' shared object lacks '" + exported + "'");
  auto entries = elf->getELFFile().dynamicEntries();
  if (!entries)
    return entries.takeError();
  for (const auto &entry : *entries)
    if (is_contained({ELF::DT_NEEDED, ELF::DT_INIT, ELF::DT_INIT_ARRAY,
                      ELF::DT_FINI, ELF::DT_FINI_ARRAY, ELF::DT_TEXTREL},
                     entry.getTag()))
      return fail("the kernels' shared object has the dynamic entry " +
                  Twine(entry.getTag()) + ", expected none of its kind");
  return Error::success();
}

static Expected<std::string> findLinker() {
  ErrorOr<std::string> path =
      sys::findProgramByName("ld.lld", {ATTNC_LLVM_BIN});
  if (!path)
    path = sys::findProgramByName("ld.lld");
  if (!path)
    return fail("ld.lld was found neither in " ATTNC_LLVM_BIN
                " nor in PATH (Debian: package lld-22)");
  return *path;
}

Expected<SmallVector<char>>
attnc::linkObjects(ArrayRef<SmallVector<char>> objects, StringRef exported) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  SmallString<128> dir;
  if (std::error_code error = sys::fs::createUniqueDirectory("attnc-link", dir))
    return fail("cannot make a temporary directory: " + error.message());
  scope_exit cleanUp([&] { sys::fs::remove_directories(dir); });
  auto inDir = [&](const Twine &name) {
    SmallString<128> path = dir;
    sys::path::append(path, name);
    return path.str().str();
  };
  auto write = [&](StringRef path, StringRef bytes) -> Error {
    std::error_code error;
    raw_fd_ostream stream(path, error);
    if (!error) {
      stream << bytes;
      stream.close();
      error = stream.error();
      stream.clear_error();
    }
    return error ? fail("cannot write " + path + ": " + error.message())
                 : Error::success();
  };

  std::string output = inDir("kernels.so"), log = inDir("log"),
              script = inDir("exports");
  std::vector<std::string> args{*linker,
                                "-shared",
                                "-o",
                                output,
                                "--version-script=" + script,
                                "-z",
                                "noexecstack",
                                "-z",
                                "defs",
                                "--gc-sections",
                                "--hash-style=gnu",
                                "--build-id=none"};
  if (Error error =
          write(script, ("{ global: " + exported + "; local: *; };\n").str()))
    return std::move(error);
  for (size_t i = 0; i < objects.size(); ++i) {
    args.push_back(inDir(Twine(i) + ".o"));
    if (Error error =
            write(args.back(), StringRef(objects[i].data(), objects[i].size())))
      return std::move(error);
  }
  SmallVector<StringRef> argRefs(args.begin(), args.end());
  std::string message;
  int status =
      sys::ExecuteAndWait(*linker, argRefs, std::nullopt,
                          {StringRef(), StringRef(log), StringRef(log)},
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (status) {
    if (auto text = MemoryBuffer::getFile(log))
      message += (*text)->getBuffer();
    return fail(*linker + " failed: " + message);
  }
  ErrorOr<std::unique_ptr<MemoryBuffer>> result = MemoryBuffer::getFile(output);
  if (!result)
    return fail("cannot read " + output + ": " + result.getError().message());
  StringRef bytes = (*result)->getBuffer();
  SmallVector<char> shared(bytes.begin(), bytes.end());
  if (Error error = checkSharedObject(shared, exported))
    return std::move(error);
  return shared;
}
