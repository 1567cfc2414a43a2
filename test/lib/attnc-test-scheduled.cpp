//===- attnc-test-scheduled.cpp - Run GPU kernels on the CPU -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   attnc-test-scheduled K.mlir --arg 0=q.npy --arg 3=2x3x200x128 --out D
//   attnc-test-scheduled P.mlir --arg q=q.npy --size B=2 --out D
//   attnc-test-scheduled K.mlir --program P.mlir --arg q=q.npy --out D
//
// Interprets the one program of a file with its kernels, or the one kernel, at
// any level of the GPU flow; levels without programs take the program of the
// level before. An argument is a .npy file, rounded to the
// argument's type, or a shape full of NaNs; a program's argument that is not
// given, and a kernel's of static sizes, is full of NaNs. What may be written
// goes to D/NAME.npy. A kernel's arguments are named by their numbers.
//
// Exit status 1 with a diagnostic if a kernel deadlocks or does what the levels
// leave undefined.
//
//===----------------------------------------------------------------------===//

#include "NumpyFile.h"
#include "ScheduledProgram.h"
#include "TileEvaluator.h"
#include "attnc/Driver/Registration.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/ToolUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace mlir;
using namespace attnc;
namespace cl = llvm::cl;

static cl::opt<std::string> inputFile(cl::Positional, cl::desc("<input>"),
                                      cl::init("-"));
static cl::opt<std::string> entry("entry",
                                  cl::desc("kernel or program to run"));
static cl::opt<std::string>
    programFile("program", cl::desc("file of the program, if another"));
static cl::list<std::string> arguments("arg",
                                       cl::desc("NAME=X.npy or NAME=2x3"));
static cl::list<std::string> givenSizes("size", cl::desc("NAME=N"));
static cl::opt<std::string> outputs("out", cl::desc("folder for outputs"));
static cl::opt<unsigned> blocks("blocks", cl::init(1),
                                cl::desc("that run at once, at most"));
static cl::opt<unsigned> seed("seed", cl::init(1),
                              cl::desc("of the order of the roles"));
static cl::opt<unsigned> seconds("seconds", cl::init(60),
                                 cl::desc("until a kernel must have ended"));
static cl::opt<bool> verify("verify-diagnostics",
                            cl::desc("run every kernel, expect its errors"));

static llvm::Error refuse(const Twine &why) {
  return llvm::createStringError(why);
}

namespace {
/// What is run: a program or a kernel.
class Entry {
public:
  explicit Entry(FunctionOpInterface function) : function(function) {
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
      auto get = [&, i = i](StringRef name) {
        auto attr = function.getArgAttrOfType<StringAttr>(i, name);
        return attr ? attr.str() : std::string();
      };
      std::string name = get("attn.name");
      bool isKernel = isa<tile::KernelOp>(function);
      Argument &arg = args.emplace_back();
      arg.name = isKernel ? std::to_string(i) : name;
      arg.type = cast<tile::BufType>(type);
      arg.isWritten = isKernel ? get(tile::kAccessAttr) != "read"
                               : get(tile::kRoleAttr) == "output";
      if (auto dims = function.getArgAttrOfType<ArrayAttr>(i, "attn.dims"))
        for (StringAttr dim : dims.getAsRange<StringAttr>())
          arg.dims.push_back(dim.str());
      arg.dims.resize(arg.type.getShape().size());
      if (auto alias = function.getArgAttrOfType<IntegerAttr>(i, "attn.alias"))
        arg.alias = alias.getInt();
    }
  }

  llvm::Error set(StringRef name, StringRef value);
  llvm::Error setSize(StringRef name, int64_t value);
  /// Makes the arguments that were not set.
  llvm::Error complete();
  /// Reports what fails.
  LogicalResult run(const ScheduledOptions &options, ModuleOp kernels);
  llvm::Error write(StringRef folder);

private:
  struct Argument {
    std::string name;
    tile::BufType type;
    bool isWritten;
    std::vector<std::string> dims;
    std::optional<int64_t> alias;
    std::optional<ReferenceBuffer> buffer;
  };
  ReferenceBuffer &bufferOf(Argument &arg) {
    return arg.alias ? *args[*arg.alias].buffer : *arg.buffer;
  }

  FunctionOpInterface function;
  std::vector<Argument> args;
  llvm::StringMap<int64_t> sizes;
};
} // namespace

static llvm::Expected<ReferenceBuffer> makeBuffer(StringRef value,
                                                  Type element) {
  ReferenceBuffer buffer;
  if (value.ends_with(".npy")) {
    llvm::Expected<ReferenceBuffer> read = readNumpy(value);
    if (!read)
      return read.takeError();
    for (double &x : read->data)
      x = element.isF32() ? static_cast<float>(x) : roundToElement(x, element);
    return read;
  }
  SmallVector<StringRef> sizes;
  value.split(sizes, 'x');
  for (StringRef size : sizes)
    if (size.getAsInteger(10, buffer.sizes.emplace_back()) ||
        buffer.sizes.back() < 0)
      return refuse("expected a .npy file or a shape, got '" + value + "'");
  buffer.data.assign(countElements(buffer.sizes), std::nan(""));
  return buffer;
}

llvm::Error Entry::setSize(StringRef name, int64_t value) {
  auto [known, isNew] = sizes.try_emplace(name, value);
  if (isNew || known->second == value)
    return llvm::Error::success();
  return refuse("expected the size " + name + " to be " + Twine(known->second) +
                ", got " + Twine(value));
}

llvm::Error Entry::set(StringRef name, StringRef value) {
  auto arg = llvm::find_if(args, [&](Argument &a) { return a.name == name; });
  if (arg == args.end())
    return refuse("there is no argument '" + name + "'");
  auto buffer = makeBuffer(value, arg->type.getElementType());
  if (!buffer)
    return buffer.takeError();
  ArrayRef<int64_t> shape = arg->type.getShape();
  bool fits = shape.size() == buffer->sizes.size();
  for (size_t d = 0; fits && d < shape.size(); ++d)
    fits = ShapedType::isDynamic(shape[d]) || shape[d] == buffer->sizes[d];
  if (!fits) {
    std::string text;
    llvm::raw_string_ostream(text) << "expected an array for " << arg->type
                                   << ", got '" << value << "' of other sizes";
    return refuse(text);
  }
  for (auto [dim, size] : llvm::zip(arg->dims, buffer->sizes))
    if (!dim.empty())
      if (llvm::Error error = setSize(dim, size))
        return error;
  arg->buffer = std::move(*buffer);
  return llvm::Error::success();
}

llvm::Error Entry::complete() {
  for (Argument &arg : args) {
    if (arg.buffer || arg.alias)
      continue;
    Sizes shape(arg.type.getShape());
    for (auto [dim, size] : llvm::zip(arg.dims, shape))
      if (ShapedType::isDynamic(size)) {
        auto known = sizes.find(dim);
        if (dim.empty() || known == sizes.end())
          return refuse("expected --arg " + arg.name + "=…");
        size = known->second;
      }
    arg.buffer = std::move(*attnc::makeBuffer(shape));
  }
  return llvm::Error::success();
}

LogicalResult Entry::run(const ScheduledOptions &options, ModuleOp kernels) {
  SmallVector<View> views;
  for (Argument &arg : args)
    views.push_back(View::whole(bufferOf(arg)));
  int64_t errorWord = 0;
  auto program = dyn_cast<tile::ProgramOp>(*function);
  if (failed(program ? runScheduledProgram(program, kernels, views, sizes,
                                           options, errorWord)
                     : runScheduledKernel(cast<tile::KernelOp>(*function),
                                          views, options, errorWord)))
    return failure();
  if (errorWord)
    return function.emitError("the error word is ") << errorWord;
  return success();
}

llvm::Error Entry::write(StringRef folder) {
  for (Argument &arg : args)
    if (arg.isWritten)
      if (llvm::Error error =
              writeNumpy((folder + "/" + arg.name + ".npy").str(),
                         bufferOf(arg), arg.type.getElementType()))
        return error;
  return llvm::Error::success();
}

static llvm::Expected<FunctionOpInterface> findEntry(ModuleOp module) {
  SmallVector<FunctionOpInterface> programs, kernels;
  for (auto function : module.getOps<FunctionOpInterface>())
    if (entry.empty() || function.getName() == entry)
      (isa<tile::ProgramOp>(*function) ? programs : kernels)
          .push_back(function);
  // A program runs its kernels.
  auto &found = programs.empty() ? kernels : programs;
  if (found.size() != 1)
    return refuse("expected one program or kernel to run, got " +
                  Twine(found.size()));
  return found.front();
}

static ScheduledOptions options() {
  return {std::max(1u, blocks.getValue()), seed, std::chrono::seconds(seconds)};
}

/// `module` has what is run, `kernels` what it launches.
static llvm::Error run(ModuleOp module, ModuleOp kernels) {
  llvm::Expected<FunctionOpInterface> function = findEntry(module);
  if (!function)
    return function.takeError();
  Entry run(*function);
  for (StringRef size : givenSizes) {
    auto [name, text] = size.split('=');
    int64_t value;
    if (text.getAsInteger(10, value) || value < 0)
      return refuse("expected --size NAME=N, got '" + size + "'");
    if (llvm::Error error = run.setSize(name, value))
      return error;
  }
  for (StringRef argument : arguments) {
    auto [name, value] = argument.split('=');
    if (llvm::Error error = run.set(name, value))
      return error;
  }
  if (llvm::Error error = run.complete())
    return error;
  if (failed(run.run(options(), kernels)))
    return refuse("the run failed");
  return outputs.empty() ? llvm::Error::success() : run.write(outputs);
}

/// Each kernel by itself, its arguments full of NaNs, for its diagnostics.
static int runAndVerify(llvm::SourceMgr &sources, MLIRContext &context) {
  SourceMgrDiagnosticVerifierHandler handler(sources, &context);
  auto module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return failed(handler.verify());
  for (auto kernel : module->getOps<tile::KernelOp>()) {
    Entry run(kernel);
    if (llvm::Error error = run.complete())
      kernel.emitError() << llvm::toString(std::move(error));
    else
      (void)run.run(options(), *module);
  }
  return failed(handler.verify());
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "attnc GPU kernel interpreter\n");
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(inputFile);
  if (!file) {
    llvm::errs() << "cannot read " << inputFile << '\n';
    return 1;
  }
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*file), SMLoc());
  if (verify)
    return runAndVerify(sources, context);
  SourceMgrDiagnosticHandler handler(sources, &context);
  auto module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return 1;
  OwningOpRef<ModuleOp> program;
  if (!programFile.empty()) {
    program = parseSourceFile<ModuleOp>(programFile, sources, &context);
    if (!program)
      return 1;
  }
  if (llvm::Error error = run(program ? *program : *module, *module)) {
    llvm::errs() << "attnc-test-scheduled: " << llvm::toString(std::move(error))
                 << '\n';
    return 1;
  }
  return 0;
}
