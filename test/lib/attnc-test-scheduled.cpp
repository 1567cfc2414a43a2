//===- attnc-test-scheduled.cpp - Run GPU kernels on the CPU -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   attnc-test-scheduled K.mlir --arg 0=q.npy --arg 3=2x3x200x128 --out 3=o.npy
//
// Interprets the one kernel of a file, or --kernel's, at any level of the GPU
// flow. Each argument is a .npy file, rounded to the argument's type, or a
// shape to fill with NaNs. Exit status 1 with a diagnostic if the kernel
// deadlocks or does what the levels leave undefined.
//
//===----------------------------------------------------------------------===//

#include "NumpyFile.h"
#include "ScheduledKernel.h"
#include "attnc/Driver/Registration.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace attnc;
namespace cl = llvm::cl;

static cl::opt<std::string> inputFile(cl::Positional, cl::desc("<input>"),
                                      cl::init("-"));
static cl::opt<std::string> kernelName("kernel", cl::desc("which to run"));
static cl::list<std::string> arguments("arg", cl::desc("N=X.npy or N=2x3"));
static cl::list<std::string> outputs("out", cl::desc("N=Y.npy"));
static cl::opt<unsigned> blocks("blocks", cl::init(1),
                                cl::desc("that run at once, at most"));
static cl::opt<unsigned> seed("seed", cl::init(1),
                              cl::desc("of the order of the roles"));
static cl::opt<unsigned> seconds("seconds", cl::init(60),
                                 cl::desc("until the kernel must have ended"));

static llvm::Error refuse(const Twine &why) {
  return llvm::createStringError(why);
}

static llvm::Expected<tile::KernelOp> findKernel(ModuleOp module) {
  SmallVector<tile::KernelOp> found;
  for (tile::KernelOp kernel : module.getOps<tile::KernelOp>())
    if (kernelName.empty() || kernel.getSymName() == kernelName)
      found.push_back(kernel);
  if (found.size() != 1)
    return refuse("expected one kernel to run, got " + Twine(found.size()));
  return found.front();
}

static llvm::Expected<std::pair<unsigned, StringRef>>
parseNumbered(StringRef option, tile::KernelOp kernel) {
  auto [number, value] = option.split('=');
  unsigned index;
  if (number.getAsInteger(10, index) || index >= kernel.getNumArguments())
    return refuse("expected the number of one of " +
                  Twine(kernel.getNumArguments()) + " arguments, got '" +
                  option + "'");
  return std::make_pair(index, value);
}

static llvm::Expected<ReferenceBuffer> makeArgument(StringRef value,
                                                    tile::BufType type) {
  ReferenceBuffer buffer;
  if (value.ends_with(".npy")) {
    llvm::Expected<ReferenceBuffer> read = readNumpy(value);
    if (!read)
      return read.takeError();
    buffer = std::move(*read);
    for (double &x : buffer.data)
      x = type.getElementType().isF32()
              ? static_cast<float>(x)
              : roundToElement(x, type.getElementType());
  } else {
    SmallVector<StringRef> sizes;
    value.split(sizes, 'x');
    for (StringRef size : sizes)
      if (size.getAsInteger(10, buffer.sizes.emplace_back()) ||
          buffer.sizes.back() < 0)
        return refuse("expected a .npy file or a shape, got '" + value + "'");
    buffer.data.assign(countElements(buffer.sizes), std::nan(""));
  }
  ArrayRef<int64_t> shape = type.getShape();
  bool fits = shape.size() == buffer.sizes.size();
  for (size_t d = 0; fits && d < shape.size(); ++d)
    fits = ShapedType::isDynamic(shape[d]) || shape[d] == buffer.sizes[d];
  if (fits)
    return buffer;
  std::string text;
  llvm::raw_string_ostream(text) << "expected an array for " << type
                                 << ", got '" << value << "' of other sizes";
  return refuse(text);
}

static llvm::Error run(ModuleOp module) {
  llvm::Expected<tile::KernelOp> found = findKernel(module);
  if (!found)
    return found.takeError();
  tile::KernelOp kernel = *found;
  std::vector<std::optional<ReferenceBuffer>> given(kernel.getNumArguments());
  for (StringRef option : arguments) {
    auto numbered = parseNumbered(option, kernel);
    if (!numbered)
      return numbered.takeError();
    auto [index, value] = *numbered;
    auto buffer = makeArgument(
        value, cast<tile::BufType>(kernel.getArgumentTypes()[index]));
    if (!buffer)
      return buffer.takeError();
    given[index] = std::move(*buffer);
  }
  std::vector<ReferenceBuffer> buffers;
  for (auto [index, buffer] : llvm::enumerate(given)) {
    if (!buffer)
      return refuse("expected --arg " + Twine(index) + "=…");
    buffers.push_back(std::move(*buffer));
  }
  ScheduledOptions options{std::max(1u, blocks.getValue()), seed,
                           std::chrono::seconds(seconds)};
  int64_t error = 0;
  if (failed(runScheduledKernel(kernel, buffers, options, error)))
    return refuse("the kernel failed");
  if (error)
    return refuse("the kernel set the error word to " + Twine(error));
  for (StringRef option : outputs) {
    auto numbered = parseNumbered(option, kernel);
    if (!numbered)
      return numbered.takeError();
    auto [index, path] = *numbered;
    auto type = cast<tile::BufType>(kernel.getArgumentTypes()[index]);
    if (llvm::Error failed =
            writeNumpy(path, buffers[index], type.getElementType()))
      return failed;
  }
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "attnc GPU kernel interpreter\n");
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(inputFile, sources, ParserConfig(&context));
  if (!module)
    return 1;
  if (llvm::Error error = run(*module)) {
    llvm::errs() << "attnc-test-scheduled: " << llvm::toString(std::move(error))
                 << '\n';
    return 1;
  }
  return 0;
}
