//===- ScheduledProgram.cpp - Runs a tile.program -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScheduledProgram.h"
#include "TileEvaluator.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;

namespace {
class ProgramRun : public TileEvaluator {
public:
  ProgramRun(ModuleOp kernels, const llvm::StringMap<int64_t> &sizes,
             const ScheduledOptions &options)
      : TileEvaluator(Precision::Element), kernels(kernels), sizes(sizes),
        options(options) {}

protected:
  LogicalResult runScheduled(Operation &op) override;
  ReferenceBuffer &allocate(tile::AllocOp op) override {
    return workspace(op.getType(), op.getSizes());
  }

private:
  ReferenceBuffer &workspace(tile::BufType type, ValueRange dynamicSizes);
  LogicalResult runLaunch(tile::LaunchOp op);
  LogicalResult runMemset(tile::MemsetOp op);
  void runView(tile::ViewOp op);
  /// `shape` with its dynamic entries from `values`.
  Sizes complete(ArrayRef<int64_t> shape, ValueRange values);

  ModuleOp kernels;
  const llvm::StringMap<int64_t> &sizes;
  const ScheduledOptions &options;
  std::vector<std::unique_ptr<ReferenceBuffer>> buffers;
};
} // namespace

Sizes ProgramRun::complete(ArrayRef<int64_t> shape, ValueRange values) {
  Sizes all(shape);
  auto next = values.begin();
  for (int64_t &size : all)
    if (ShapedType::isDynamic(size))
      size = scalar(*next++);
  return all;
}

ReferenceBuffer &ProgramRun::workspace(tile::BufType type,
                                       ValueRange dynamicSizes) {
  buffers.push_back(makeBuffer(complete(type.getShape(), dynamicSizes)));
  return *buffers.back();
}

void ProgramRun::runView(tile::ViewOp op) {
  View v = view(op.getSource());
  v.shape = complete(op.getType().getShape(), op.getSizes());
  v.extents = v.shape;
  v.strides = complete(op.getStaticStrides(), op.getStrides());
  set(op, v);
}

LogicalResult ProgramRun::runMemset(tile::MemsetOp op) {
  // Bytes of zeros, or of ones: a NaN or a negative one.
  Type type = op.getDestination().getType().getElementType();
  uint8_t byte = op.getValue();
  if (byte != 0 && byte != 0xff)
    return fail(*op) << "the interpreter does not know a memset of "
                     << static_cast<unsigned>(byte);
  double value = byte == 0 ? 0.0 : isa<FloatType>(type) ? std::nan("") : -1.0;
  const View &to = view(op.getDestination());
  forEachIndex(to.shape, [&](ArrayRef<int64_t> index, int64_t) {
    *to.at(index) = value;
  });
  return success();
}

LogicalResult ProgramRun::runLaunch(tile::LaunchOp op) {
  auto kernel = kernels.lookupSymbol<tile::KernelOp>(op.getKernelAttr());
  if (!kernel || kernel.getNumArguments() != op.getOperands().size())
    return fail(*op) << "expected a kernel of this name with "
                     << op.getOperands().size() << " arguments";
  SmallVector<View> arguments =
      llvm::map_to_vector(op.getOperands(), [&](Value v) { return view(v); });
  return runScheduledKernel(kernel, arguments, options, error);
}

LogicalResult ProgramRun::runScheduled(Operation &op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tile::SizeOp op) -> LogicalResult {
        auto size = sizes.find(op.getSymbol());
        if (size == sizes.end())
          return fail(*op) << "expected a value of the size " << op.getSymbol();
        setScalar(op, size->second);
        return success();
      })
      .Case([&](tile::ArenaOp op) {
        set(op.getResult(),
            View::whole(workspace(op.getType(), op.getSizes())));
        return success();
      })
      .Case([&](tile::ViewOp op) {
        runView(op);
        return success();
      })
      .Case([&](tile::LaunchOp op) { return runLaunch(op); })
      .Case([&](tile::MemsetOp op) { return runMemset(op); })
      .Default([&](Operation *op) { return TileEvaluator::runScheduled(*op); });
}

LogicalResult attnc::runScheduledProgram(tile::ProgramOp program,
                                         ModuleOp kernels,
                                         ArrayRef<View> arguments,
                                         const llvm::StringMap<int64_t> &sizes,
                                         const ScheduledOptions &options,
                                         int64_t &errorWord) {
  if (auto ranks = program->getAttrOfType<tile::RanksAttr>(tile::kRanksAttr);
      ranks && countElements(ranks.getShape()) != 1)
    return program.emitError("expected a program of one rank");
  ProgramRun run(kernels, sizes, options);
  run.bindArguments(program.getBody(), arguments);
  if (failed(run.run(program.getBody().front())))
    return failure();
  if (run.error)
    errorWord = run.error;
  return success();
}
