//===- attnc-test-kernel.cpp - Run CPU kernels against an oracle -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles the CPU kernels of a file, loads the shared object and calls each
// kernel through the ABI on random sizes and data; the float64 interpreter says
// what is right. Views end (or begin) at a page that cannot be touched; what
// is not theirs, outputs and scratch are full of NaNs.
//
// A kernel's attributes guide the choice: `test.max` (largest dynamic size),
// `test.tolerance`; an argument's: `test.dims` (names of its sizes; the same
// name is the same size), `test.range` (of its values).
//
//===----------------------------------------------------------------------===//

#include "TileInterpreter.h"
#include "attnc/Conversion/Passes.h"
#include "attnc/Driver/Registration.h"
#include "attnc/Target/Cpu.h"
#include "attnc_rt/kernel_abi.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cmath>
#include <dlfcn.h>
#include <map>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using namespace attnc;
namespace cl = llvm::cl;

static cl::opt<std::string> inputFile(cl::Positional, cl::desc("<input>"),
                                      cl::init("-"));
static cl::opt<std::string> mcpu("mcpu", cl::init("native"));
static cl::opt<int> trials("trials", cl::init(20), cl::desc("runs a kernel"));
static cl::opt<unsigned> seed("seed", cl::init(1));
static cl::opt<std::string> emit("emit",
                                 cl::desc("print vector, llvm-ir or asm"));
static cl::opt<std::string> output("o", cl::desc("keep the shared object"));
static cl::opt<double> gflop("bench-gflop",
                             cl::desc("time the kernels, this much work each"));
static cl::list<std::string> fixedSizes("size", cl::desc("NAME=N"));

namespace {
constexpr size_t kPage = 4096;

/// Memory between two pages that cannot be touched, full of 0xff.
class Guarded {
public:
  Guarded(size_t bytes, size_t align, bool atEnd) {
    size_t body = (bytes + kPage - 1) / kPage * kPage + kPage;
    mapped = body + 2 * kPage;
    base = static_cast<char *>(
        mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    begin = base + kPage;
    length = body;
    mprotect(begin, body, PROT_READ | PROT_WRITE);
    poison();
    size_t rounded = (bytes + align - 1) / align * align;
    data = atEnd ? begin + body - rounded : begin;
  }
  Guarded(const Guarded &) = delete;
  ~Guarded() { munmap(base, mapped); }
  void poison() { memset(begin, 0xff, length); }
  char *data;

private:
  char *base, *begin;
  size_t mapped, length;
};

/// An argument of a kernel: the view, and the same as doubles.
struct Argument {
  Type type;
  attnc_view view = {};
  std::unique_ptr<Guarded> memory;
  size_t bytes;
  std::vector<char> image; // of the memory before the run

  size_t elementBytes() const {
    return type.isInteger(1) ? 1 : type.getIntOrFloatBitWidth() / 8;
  }
  void *at(int64_t element) {
    return static_cast<char *>(view.data) + element * elementBytes();
  }
  double get(int64_t element) {
    void *p = at(element);
    if (type.isF32())
      return *static_cast<float *>(p);
    if (type.isInteger(32))
      return *static_cast<int32_t *>(p);
    if (type.isInteger(8))
      return *static_cast<int8_t *>(p);
    if (type.isInteger(1))
      return *static_cast<uint8_t *>(p);
    llvm::APFloat f(cast<FloatType>(type).getFloatSemantics(),
                    llvm::APInt(16, *static_cast<uint16_t *>(p)));
    bool inexact;
    f.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven,
              &inexact);
    return f.convertToDouble();
  }
  void set(int64_t element, double value) {
    void *p = at(element);
    if (type.isF32()) {
      *static_cast<float *>(p) = value;
    } else if (type.isInteger(32)) {
      *static_cast<int32_t *>(p) = value;
    } else if (type.isIntOrIndex()) {
      *static_cast<uint8_t *>(p) = int(value);
    } else {
      llvm::APFloat f(value);
      bool inexact;
      f.convert(cast<FloatType>(type).getFloatSemantics(),
                llvm::APFloat::rmNearestTiesToEven, &inexact);
      *static_cast<uint16_t *>(p) = f.bitcastToAPInt().getZExtValue();
    }
  }
};

struct Tester {
  tile::KernelOp kernel;
  const attnc_kernel *entry;
  std::mt19937 random{seed};

  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }

  Argument make(unsigned index, std::map<std::string, int64_t> &names,
                std::vector<int64_t> &sizes, bool atEnd) {
    auto type = cast<tile::BufType>(kernel.getArgumentTypes()[index]);
    auto dims = kernel.getArgAttrOfType<ArrayAttr>(index, "test.dims");
    auto maxAttr = kernel->getAttrOfType<IntegerAttr>("test.max");
    int64_t max = maxAttr ? maxAttr.getInt() : 40;
    Argument arg;
    arg.type = type.getElementType();
    sizes.assign(type.getShape().begin(), type.getShape().end());
    bool empty = false;
    for (auto [dim, size] : llvm::enumerate(sizes)) {
      if (ShapedType::isDynamic(size)) {
        std::string name =
            dims ? cast<StringAttr>(dims[dim]).str() : std::string();
        if (name.empty())
          name = std::to_string(index) + "." + std::to_string(dim);
        if (!names.count(name))
          names[name] = pick(0, 9) ? pick(1, max) : 0;
        size = names[name];
      }
      empty |= size == 0;
      arg.view.sizes[dim] = size;
    }
    int64_t stride = 1, span = 1;
    bool pairs = sizes.size() == 4 && sizes[3] == 2;
    for (int dim = sizes.size() - 1; dim >= 0; --dim) {
      arg.view.strides[dim] = stride;
      span += (sizes[dim] - 1) * stride;
      bool tight = gflop > 0 || (pairs && dim == 3);
      stride =
          stride * std::max<int64_t>(sizes[dim], 1) + (tight ? 0 : pick(0, 3));
    }
    arg.bytes = (empty ? 0 : span) * arg.elementBytes();
    arg.memory =
        std::make_unique<Guarded>(arg.bytes, arg.elementBytes(), atEnd);
    arg.view.data = arg.memory->data;
    return arg;
  }

  template <typename Body>
  static void forEach(const Argument &arg, ArrayRef<int64_t> sizes, Body body) {
    int64_t n = 1;
    for (int64_t size : sizes)
      n *= size;
    for (int64_t i = 0; i < n; ++i) {
      int64_t rest = i, at = 0;
      for (int dim = sizes.size() - 1; dim >= 0; --dim) {
        at += rest % sizes[dim] * arg.view.strides[dim];
        rest /= sizes[dim];
      }
      body(i, at);
    }
  }

  void call(const attnc_kernel_args &args, ArrayRef<int64_t> grid,
            Guarded *scratch, int64_t beyond) {
    for (int64_t z = 0; z < grid[2] + beyond; ++z)
      for (int64_t y = 0; y < grid[1] + beyond; ++y)
        for (int64_t x = 0; x < grid[0] + beyond; ++x) {
          if (scratch)
            scratch->poison();
          entry->fn(&args, x, y, z);
        }
  }

  LogicalResult run(int trial) {
    std::map<std::string, int64_t> names;
    for (const std::string &fixed : fixedSizes) {
      auto [name, value] = StringRef(fixed).split('=');
      names[name.str()] = std::stoll(value.str());
    }
    std::vector<Argument> args;
    std::vector<ReferenceBuffer> reference(kernel.getNumArguments());
    std::vector<attnc_view> views;
    for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
      args.push_back(make(i, names, reference[i].sizes, trial % 2 == 0));
      Argument &arg = args.back();
      double low = arg.type.isInteger() ? 0 : -1, high = 1;
      if (auto range = kernel.getArgAttrOfType<ArrayAttr>(i, "test.range")) {
        low = cast<FloatAttr>(range[0]).getValueAsDouble();
        high = cast<FloatAttr>(range[1]).getValueAsDouble();
      }
      bool poisoned =
          kernel.getArgAttrOfType<StringAttr>(i, tile::kAccessAttr) == "write";
      forEach(arg, reference[i].sizes, [&](int64_t, int64_t at) {
        double value =
            arg.type.isInteger()
                ? double(pick(low, high))
                : std::uniform_real_distribution<double>(low, high)(random);
        if (!poisoned)
          arg.set(at, value);
        reference[i].data.push_back(arg.get(at));
      });
      arg.image.assign(arg.memory->data, arg.memory->data + arg.bytes);
      views.push_back(arg.view);
    }

    uint32_t error = 0;
    Guarded scratch(entry->scratch_bytes, ATTNC_KERNEL_SCRATCH_ALIGN, true);
    attnc_kernel_args call{views.data(), scratch.data, &error};
    if (gflop > 0)
      return bench(call);
    int64_t wantError = 0;
    std::vector<int64_t> grid;
    if (failed(interpretKernel(kernel, reference, wantError, grid)))
      return failure();
    this->call(call, grid, &scratch, 2);

    auto tolerance = kernel->getAttrOfType<FloatAttr>("test.tolerance");
    double allowed = tolerance ? tolerance.getValueAsDouble() : 1e-5;
    auto complain = [&](const Twine &what) {
      InFlightDiagnostic diag = kernel.emitError("trial ")
                                << trial << ": " << what.str();
      for (auto &[name, size] : names)
        diag << " " << name << "=" << size;
      return diag;
    };
    if (error != wantError)
      return complain("error word " + Twine(error) + ", expected " +
                      Twine(wantError));
    for (unsigned i = 0; i < args.size(); ++i) {
      Argument &arg = args[i];
      double scale = 0;
      for (double x : reference[i].data)
        if (std::isfinite(x))
          scale = std::max(scale, std::fabs(x));
      double slack = arg.type.isBF16()  ? 8e-3
                     : arg.type.isF16() ? 1e-3
                                        : allowed;
      int64_t badElement = -1;
      forEach(arg, reference[i].sizes, [&](int64_t n, int64_t at) {
        double want = reference[i].data[n], got = arg.get(at);
        bool same = std::isnan(want) ? std::isnan(got)
                    : std::isinf(want)
                        ? got == want
                        : std::fabs(got - want) <=
                              slack * (std::fabs(want) + 0.1 * scale);
        if (!same && badElement < 0)
          badElement = n;
        // What the kernel may not touch is compared byte by byte.
        memcpy(&arg.image[at * arg.elementBytes()], arg.at(at),
               arg.elementBytes());
      });
      if (badElement >= 0) {
        double got = 0;
        forEach(arg, reference[i].sizes, [&](int64_t n, int64_t at) {
          if (n == badElement)
            got = arg.get(at);
        });
        return complain("argument " + Twine(i) + " element " +
                        Twine(badElement) + ": got " + std::to_string(got) +
                        ", expected " +
                        std::to_string(reference[i].data[badElement]));
      }
      if (arg.bytes && memcmp(arg.image.data(), arg.memory->data, arg.bytes))
        return complain("argument " + Twine(i) +
                        " was written between its rows");
    }
    return success();
  }

  /// The peak of fused multiply-adds of this core, now.
  __attribute__((target("avx512f"))) static double peak512() {
    typedef float V __attribute__((vector_size(64)));
    V acc[16], x = {1.0f}, y = {0.5f};
    for (V &a : acc)
      a = V{};
    auto start = std::chrono::steady_clock::now();
    const int n = 200000;
    for (int i = 0; i < n; ++i) {
#pragma clang loop unroll(full)
      for (int j = 0; j < 16; ++j)
        acc[j] = __builtin_elementwise_fma(x, y, acc[j]);
      asm volatile("" : "+v"(x), "+v"(y));
    }
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    V sum = acc[0];
    for (V &a : acc)
      sum += a;
    asm volatile("" ::"v"(sum));
    return n * 16.0 * 32 / seconds / 1e9;
  }

  LogicalResult bench(const attnc_kernel_args &args) {
    std::vector<int64_t> grid{1, 1, 1};
    if (auto attr = kernel->getAttrOfType<DenseI64ArrayAttr>("test.grid"))
      for (auto [i, size] : llvm::enumerate(attr.asArrayRef()))
        grid[i] = size;
    double best = 0, bestPeak = 0, bestRatio = 0;
    auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < std::chrono::seconds(2)) {
      double peak = peak512();
      auto start = std::chrono::steady_clock::now();
      call(args, grid, nullptr, 0);
      double seconds = std::chrono::duration<double>(
                           std::chrono::steady_clock::now() - start)
                           .count();
      double rate = gflop / seconds;
      best = std::max(best, rate);
      bestPeak = std::max(bestPeak, peak);
      bestRatio = std::max(bestRatio, rate / std::max(peak, peak512()));
    }
    llvm::outs() << kernel.getSymName()
                 << llvm::format(": %.1f GFLOP/s, peak %.1f (%.0f %%)\n", best,
                                 bestPeak, 100 * best / bestPeak);
    return success();
  }
};
} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "attnc kernel tester\n");
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(inputFile, sources, ParserConfig(&context));
  if (!module)
    return 1;
  OwningOpRef<ModuleOp> lowered = module->clone();
  FailureOr<CpuTarget> target =
      CpuTarget::get(mcpu, [&] { return module->emitError(); });
  if (failed(target))
    return 1;
  PassManager pm(&context);
  pm.addPass(createConvertTileToVectorPass({mcpu}));
  if (emit != "vector")
    buildVectorToLlvmPipeline(pm, *target);
  if (failed(pm.run(*lowered)))
    return 1;
  if (emit == "vector") {
    lowered->print(llvm::outs());
    return 0;
  }
  if (!emit.empty()) {
    FailureOr<std::string> text = emitCpuText(
        *lowered, *target, emit == "asm" ? CpuText::Assembly : CpuText::LlvmIr);
    if (failed(text))
      return 1;
    llvm::outs() << *text;
    return 0;
  }
  FailureOr<SmallVector<char>> object = emitCpuObject(*lowered, *target);
  if (failed(object))
    return 1;
  std::string path = output;
  if (path.empty()) {
    int fd = memfd_create("kernels", 0);
    path = "/proc/self/fd/" + std::to_string(fd);
  }
  {
    std::error_code error;
    llvm::raw_fd_ostream stream(path, error);
    stream.write(object->data(), object->size());
  }
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto *table = library ? static_cast<const attnc_kernel_table *>(
                              dlsym(library, ATTNC_KERNEL_TABLE_SYMBOL))
                        : nullptr;
  if (!table) {
    llvm::errs() << "cannot load the kernels: " << dlerror() << "\n";
    return 1;
  }
  int failures = 0;
  for (tile::KernelOp kernel : module->getOps<tile::KernelOp>()) {
    for (uint32_t i = 0; i < table->num_kernels; ++i) {
      if (kernel.getSymName() != table->kernels[i].name)
        continue;
      Tester tester{kernel, &table->kernels[i]};
      int count = gflop > 0 ? 1 : trials.getValue(), trial = 0;
      while (trial < count && succeeded(tester.run(trial)))
        ++trial;
      failures += trial < count;
      if (trial == count && !(gflop > 0))
        llvm::outs() << kernel.getSymName() << " agrees\n";
    }
  }
  return failures != 0;
}
