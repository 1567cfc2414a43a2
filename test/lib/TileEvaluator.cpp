//===- TileEvaluator.cpp - Runs the ops of a tile.kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEvaluator.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;

std::unique_ptr<ReferenceBuffer> attnc::makeBuffer(ArrayRef<int64_t> sizes) {
  auto buffer = std::make_unique<ReferenceBuffer>();
  buffer->sizes = sizes.vec();
  buffer->data.assign(countElements(sizes), std::nan(""));
  return buffer;
}

void TileEvaluator::bindArguments(Region &body, ArrayRef<View> arguments) {
  for (auto [value, view] : llvm::zip(body.getArguments(), arguments))
    set(value, view);
}

Sizes TileEvaluator::integers(ValueRange range) {
  return llvm::map_to_vector<4>(
      range, [&](Value v) { return static_cast<int64_t>(scalar(v)); });
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

LogicalResult TileEvaluator::run(Block &block) {
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>() || outside)
      return success();
    if (failed(run(op)))
      return failure();
  }
  return success();
}

void TileEvaluator::bind(ValueRange to, ValueRange from) {
  // They may be the same values in another order.
  SmallVector<TileValue> copies =
      llvm::map_to_vector(from, [&](Value v) { return values[v]; });
  for (auto [v, value] : llvm::zip(to, copies))
    set(v, std::move(value));
}

LogicalResult TileEvaluator::runFor(Operation &op) {
  auto loop = cast<scf::ForOp>(op);
  bind(loop.getRegionIterArgs(), loop.getInitArgs());
  int64_t step = scalar(loop.getStep()), to = scalar(loop.getUpperBound());
  if (step <= 0)
    return fail(op) << "expected a positive step, got " << step;
  for (int64_t i = scalar(loop.getLowerBound()); i < to; i += step) {
    setScalar(loop.getInductionVar(), i);
    if (failed(run(*loop.getBody())))
      return failure();
    bind(loop.getRegionIterArgs(), loop.getYieldedValues());
  }
  bind(loop.getResults(), loop.getRegionIterArgs());
  return success();
}

LogicalResult TileEvaluator::runWhile(Operation &op) {
  auto loop = cast<scf::WhileOp>(op);
  bind(loop.getBeforeArguments(), loop.getInits());
  while (true) {
    if (failed(step(op)) || failed(run(*loop.getBeforeBody())))
      return failure();
    scf::ConditionOp condition = loop.getConditionOp();
    if (!scalar(condition.getCondition())) {
      bind(loop.getResults(), condition.getArgs());
      return success();
    }
    bind(loop.getAfterArguments(), condition.getArgs());
    if (failed(run(*loop.getAfterBody())))
      return failure();
    bind(loop.getBeforeArguments(), loop.getYieldOp().getResults());
  }
}

LogicalResult TileEvaluator::runIf(Operation &op) {
  auto branch = cast<scf::IfOp>(op);
  Block *block =
      scalar(branch.getCondition()) ? branch.thenBlock() : branch.elseBlock();
  if (!block)
    return success();
  if (failed(run(*block)))
    return failure();
  bind(branch.getResults(), block->getTerminator()->getOperands());
  return success();
}

LogicalResult TileEvaluator::run(Operation &op) {
  if (failed(step(op)))
    return failure();
  if (isa<scf::ForOp>(op))
    return runFor(op);
  if (isa<scf::WhileOp>(op))
    return runWhile(op);
  if (isa<scf::IfOp>(op))
    return runIf(op);
  if (isa<tile::TileDialect>(op.getDialect()))
    return runTile(op);
  SmallVector<const Tensor *, 3> operands;
  for (Value operand : op.getOperands())
    operands.push_back(&tensor(operand));
  Tensor result;
  if (!evaluateElementwise(op, operands, precision, result))
    return fail(op) << "the interpreter does not know this op";
  set(op.getResult(0), std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

FailureOr<Tensor> TileEvaluator::read(Operation &op, const View &view) {
  if (failed(checkRead(op, view)))
    return failure();
  return loadView(view);
}

LogicalResult TileEvaluator::write(Operation &op, const Tensor &tensor,
                                   const View &view) {
  if (failed(checkWrite(op, view)))
    return failure();
  storeView(tensor, view);
  return success();
}

FailureOr<Tensor> TileEvaluator::readOperand(Operation &op, Value v) {
  if (isa<tile::BufType>(v.getType()))
    return read(op, view(v));
  return tensor(v);
}

FailureOr<View> TileEvaluator::window(Operation &op, Value buffer,
                                      ValueRange offsets,
                                      ArrayRef<int64_t> shape,
                                      std::optional<ArrayRef<bool>> inBounds) {
  View from = view(buffer);
  if (offsets.empty())
    return from;
  Sizes at = integers(offsets);
  if (failed(checkInside(op, from, at, shape, inBounds)))
    return failure();
  return sliceView(from, at, shape);
}

ReferenceBuffer &TileEvaluator::allocate(tile::AllocOp op) {
  owned.push_back(makeBuffer(op.getType().getShape()));
  return *owned.back();
}

LogicalResult TileEvaluator::runCopy(tile::CopyOp op) {
  const View &from = view(op.getSource()), &to = view(op.getDestination());
  if (failed(checkRead(*op, from)) || failed(checkWrite(*op, to)))
    return failure();
  Type type = op.getDestination().getType().getElementType();
  forEachIndex(from.shape, [&](ArrayRef<int64_t> index, int64_t) {
    Sizes target(index);
    if (op.getTransposed())
      std::reverse(target.begin(), target.end());
    double *source = from.at(index);
    if (double *p = to.at(target))
      *p = roundToElement(source ? *source : 0.0, type);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// The ops of tile
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> shapeOf(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? shaped.getShape() : ArrayRef<int64_t>();
}

LogicalResult TileEvaluator::runTile(Operation &op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tile::GridOp op) {
        for (auto [i, size] : llvm::enumerate(op.getSizes()))
          grid[i] = scalar(size);
        for (int i = 0; i < 3; ++i)
          outside |= ids[i] >= grid[i];
        for (auto [i, id] : llvm::enumerate(op.getIds()))
          setScalar(id, ids[i]);
        return success();
      })
      .Case([&](tile::DimOp op) {
        setScalar(op, view(op.getSource()).extents[op.getIndex()]);
        return success();
      })
      .Case([&](tile::AllocOp op) {
        set(op.getResult(), View::whole(allocate(op)));
        return success();
      })
      .Case([&](tile::SliceOp op) -> LogicalResult {
        FailureOr<View> v = window(*op, op.getSource(), op.getOffsets(),
                                   op.getType().getShape(), op.getInBounds());
        if (failed(v))
          return failure();
        set(op.getResult(), *v);
        return success();
      })
      .Case([&](tile::LoadOp op) -> LogicalResult {
        FailureOr<View> v = window(*op, op.getSource(), op.getOffsets(),
                                   shapeOf(op.getType()), op.getInBounds());
        if (failed(v))
          return failure();
        FailureOr<Tensor> t = read(*op, *v);
        if (failed(t))
          return failure();
        set(op.getResult(), std::move(*t));
        return success();
      })
      .Case([&](tile::StoreOp op) -> LogicalResult {
        FailureOr<View> v =
            window(*op, op.getDestination(), op.getOffsets(),
                   shapeOf(op.getValue().getType()), op.getInBounds());
        if (failed(v))
          return failure();
        return write(*op, tensor(op.getValue()), *v);
      })
      .Case([&](tile::CopyOp op) { return runCopy(op); })
      .Case([&](tile::FillOp op) {
        const View &to = view(op.getDestination());
        Tensor t;
        t.shape = to.shape;
        t.data.assign(countElements(t.shape), scalar(op.getValue()));
        return write(*op, t, to);
      })
      .Case([&](tile::MmaOp op) { return runMma(op); })
      .Case([&](tile::ReduceOp op) {
        set(op.getResult(), reduce(op));
        return success();
      })
      .Case([&](tile::BroadcastOp op) {
        Tensor to = Tensor::of(op.getResult().getType());
        const Tensor &from = tensor(op.getSource());
        forEachIndex(to.shape, [&](ArrayRef<int64_t> index, int64_t i) {
          to.data[i] = from.data[index[1 - op.getDim()]];
        });
        set(op.getResult(), std::move(to));
        return success();
      })
      .Case([&](tile::SplatOp op) {
        Tensor to = Tensor::of(op.getResult().getType());
        to.data.assign(to.data.size(), scalar(op.getSource()));
        set(op.getResult(), std::move(to));
        return success();
      })
      .Case([&](tile::IotaOp op) {
        Tensor to = Tensor::of(op.getResult().getType());
        forEachIndex(to.shape, [&](ArrayRef<int64_t> index, int64_t i) {
          to.data[i] = index[op.getDim()];
        });
        set(op.getResult(), std::move(to));
        return success();
      })
      .Case([&](tile::ErrorOp op) {
        if (scalar(op.getCondition()))
          error = op.getCode();
        return success();
      })
      .Default([&](Operation *op) { return runScheduled(*op); });
}

LogicalResult TileEvaluator::runScheduled(Operation &op) {
  return fail(op) << "the interpreter does not know this op";
}

Tensor TileEvaluator::reduce(tile::ReduceOp op) {
  const Tensor &from = tensor(op.getSource());
  Tensor to = Tensor::of(op.getResult().getType());
  int64_t columns = from.shape.back(), rows = from.data.size() / columns;
  int64_t parts = to.data.size() / std::max<int64_t>(rows, 1);
  auto combine = [&](double value, double x) {
    if (op.getKind() == tile::ReduceKind::Add)
      return value + x;
    if (std::isnan(x) || std::isnan(value))
      return std::nan("");
    return op.getKind() == tile::ReduceKind::Max ? std::max(value, x)
                                                 : std::min(value, x);
  };
  double none = op.getKind() == tile::ReduceKind::Add   ? 0
                : op.getKind() == tile::ReduceKind::Max ? -HUGE_VAL
                                                        : HUGE_VAL;
  // Parts of a row: the columns of each of the threads that share it.
  to.data.assign(to.data.size(), parts == 1 ? std::nan("") : none);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double x = from.data[i * columns + j];
      double &value = to.data[i * parts + j / 2 % parts];
      value = j == 0 && parts == 1 ? x : combine(value, x);
    }
  if (precision == Precision::Element &&
      getElementTypeOrSelf(op.getType()).isF32())
    for (double &x : to.data)
      x = static_cast<float>(x);
  return to;
}

Tensor TileEvaluator::multiply(const Tensor &lhs, const Tensor &rhs,
                               bool transposed, const Tensor *acc,
                               int64_t columns) {
  int64_t m = lhs.shape[0], k = lhs.shape[1], n = columns;
  std::vector<double> right(k * n); // [K, N]
  for (int64_t kk = 0; kk < k; ++kk)
    for (int64_t j = 0; j < n; ++j) {
      double &element = right[kk * n + j];
      if (rhs.shape.size() == 2) {
        element = rhs.data[transposed ? j * k + kk : kk * n + j];
        continue;
      }
      int64_t w = rhs.shape[2], panel = j / w, column = j % w;
      element = rhs.data[rhs.shape.size() == 3
                             ? (panel * k + kk) * w + column
                             : ((panel * (k / 2) + kk / 2) * w + column) * 2 +
                                   kk % 2];
    }
  Tensor to;
  to.shape = {m, n};
  if (acc)
    to.data = acc->data;
  else
    to.data.assign(m * n, 0.0);
  for (int64_t i = 0; i < m; ++i) {
    double *__restrict sums = &to.data[i * n];
    for (int64_t kk = 0; kk < k; ++kk) {
      double x = lhs.data[i * k + kk];
      const double *row = &right[kk * n];
      for (int64_t j = 0; j < n; ++j)
        sums[j] += x * row[j];
    }
  }
  if (precision == Precision::Element)
    for (double &x : to.data)
      x = static_cast<float>(x);
  return to;
}

LogicalResult TileEvaluator::runMma(tile::MmaOp op) {
  FailureOr<Tensor> lhs = readOperand(*op, op.getLhs());
  FailureOr<Tensor> rhs = readOperand(*op, op.getRhs());
  if (failed(lhs) || failed(rhs))
    return failure();
  FailureOr<Tensor> acc;
  if (!op.getOverwrite()) {
    acc = readOperand(*op, op.getAcc());
    if (failed(acc))
      return failure();
  }
  int64_t columns = cast<ShapedType>(op.getAcc().getType()).getDimSize(1);
  Tensor to = multiply(*lhs, *rhs, op->hasAttr("transposed"),
                       op.getOverwrite() ? nullptr : &*acc, columns);
  if (!op.getResult())
    return write(*op, to, view(op.getAcc()));
  set(op.getResult(), std::move(to));
  return success();
}
