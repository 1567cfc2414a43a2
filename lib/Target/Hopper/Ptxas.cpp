//===- Ptxas.cpp - The assembler of PTX and its report -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Ptxas.h"
#include "attnc/Target/Hopper.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <csignal>
#include <thread>

using namespace llvm;
using namespace attnc;

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

PtxasReport attnc::parsePtxasReport(StringRef text) {
  PtxasReport report;
  auto number = [](StringRef line, StringRef pattern, int64_t &value) {
    SmallVector<StringRef> groups;
    if (Regex(pattern).match(line, &groups))
      groups[1].getAsInteger(10, value);
  };
  Regex advisory("C75[0-9][0-9]");
  for (StringRef line : split(text, '\n')) {
    number(line, "Used ([0-9]+) registers", report.registers);
    number(line, "([0-9]+) bytes spill stores", report.spillStores);
    number(line, "([0-9]+) bytes spill loads", report.spillLoads);
    if (advisory.match(line))
      report.advisories.push_back(line.trim().str());
  }
  return report;
}

/// The bin folders of NVIDIA's wheels in the active virtual environment.
static void addWheelFolders(SmallVectorImpl<std::string> &folders) {
  std::optional<std::string> env = sys::Process::GetEnv("VIRTUAL_ENV");
  if (!env)
    return;
  SmallString<128> lib(*env);
  sys::path::append(lib, "lib");
  std::error_code error;
  for (sys::fs::directory_iterator it(lib, error), end; it != end && !error;
       it.increment(error))
    for (StringRef wheel : {"cu13", "cuda_nvcc"}) {
      SmallString<128> path(it->path());
      sys::path::append(path, "site-packages", "nvidia", wheel, "bin");
      folders.push_back(path.str().str());
    }
}

Expected<std::string> attnc::findPtxas() {
  SmallVector<std::string> folders;
  for (const char *name : {"CUDA_PATH", "CUDA_HOME"})
    if (std::optional<std::string> root = sys::Process::GetEnv(name))
      folders.push_back(*root + "/bin");
  // A toolkit that is named is the one to use.
  if (folders.empty()) {
    std::string path = sys::Process::GetEnv("PATH").value_or("");
    for (StringRef folder : split(path, ':'))
      folders.push_back(folder.str());
    folders.push_back("/usr/local/cuda/bin");
    addWheelFolders(folders);
  }
  SmallVector<StringRef> paths(folders.begin(), folders.end());
  if (ErrorOr<std::string> path = sys::findProgramByName("ptxas", paths))
    return *path;
  return fail("expected ptxas of CUDA 13 in CUDA_PATH or CUDA_HOME, or, if "
              "these are not set, in PATH, /usr/local/cuda or the active "
              "virtual environment: install the CUDA toolkit, or run 'pip "
              "install nvidia-cuda-nvcc'; PTX needs none");
}

/// Waits for a process, and kills it at the deadline. sys::ExecuteAndWait sets
/// an alarm for that, which threads would take from each other.
static sys::ProcessInfo waitFor(const sys::ProcessInfo &child,
                                std::chrono::seconds limit,
                                std::string &message) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    sys::ProcessInfo done = sys::Wait(child, /*SecondsToWait=*/0, &message);
    if (done.Pid != 0)
      return done;
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(child.Pid, SIGKILL);
      done = sys::Wait(child, std::nullopt, &message);
      message = "killed after " + std::to_string(limit.count()) + " seconds. ";
      return done;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Expected<Cubin> attnc::assemblePtx(StringRef program, StringRef ptx) {
  SmallString<128> dir;
  if (std::error_code error = sys::fs::createUniqueDirectory("attnc-ptx", dir))
    return fail("cannot make a temporary directory: " + error.message());
  scope_exit cleanUp([&] { sys::fs::remove_directories(dir); });
  std::string input = (dir + "/kernel.ptx").str(),
              output = (dir + "/kernel.cubin").str(),
              log = (dir + "/log").str();
  {
    std::error_code error;
    raw_fd_ostream stream(input, error);
    stream << ptx;
    stream.close();
    if (error || (error = stream.error())) {
      stream.clear_error();
      return fail("cannot write " + input + ": " + error.message());
    }
  }
  std::string arch = ("-arch=" + hopper::kTargetName).str(), message;
  StringRef args[] = {program, "-O3", arch, "-v", input, "-o", output};
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log),
                                          StringRef(log)};
  bool failed = false;
  sys::ProcessInfo child =
      sys::ExecuteNoWait(program, args, std::nullopt, redirects,
                         /*MemoryLimit=*/0, &message, &failed);
  if (failed)
    return fail("cannot run " + program + ": " + message);
  int status = waitFor(child, std::chrono::seconds(300), message).ReturnCode;
  ErrorOr<std::unique_ptr<MemoryBuffer>> text = MemoryBuffer::getFile(log);
  StringRef said = text ? (*text)->getBuffer() : StringRef();
  if (status != 0)
    return fail(program + " failed with status " + Twine(status) + ": " +
                message + said.trim());
  ErrorOr<std::unique_ptr<MemoryBuffer>> bytes = MemoryBuffer::getFile(output);
  if (!bytes)
    return fail("cannot read " + output + ": " + bytes.getError().message());
  Cubin cubin;
  cubin.bytes.assign((*bytes)->getBufferStart(), (*bytes)->getBufferEnd());
  cubin.report = parsePtxasReport(said);
  return cubin;
}
