//===- TileInterpreter.cpp - What a tile.kernel means -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileInterpreter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace attnc;

double attnc::roundToElement(double value, Type type) {
  if (!type.isBF16() && !type.isF16())
    return value;
  llvm::APFloat f(value);
  bool inexact;
  f.convert(cast<FloatType>(type).getFloatSemantics(),
            llvm::APFloat::rmNearestTiesToEven, &inexact);
  return f.convertToDouble();
}

namespace {
/// A window: element i0, i1, … lies at base[origin + i], and exists if each
/// origin + i is inside `sizes` and each i is inside every enclosing window.
struct View {
  ReferenceBuffer *buffer = nullptr;
  std::vector<int64_t> origin;  // one for each dimension of the buffer
  std::vector<int64_t> extents; // of the trailing dimensions; what exists
  std::vector<int64_t> shape;   // nominal
  bool exists = true;           // the dropped dimensions
};

/// A scalar is a tensor with one element.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> data;
};

struct Interpreter {
  llvm::DenseMap<Value, Tensor> tensors;
  llvm::DenseMap<Value, View> views;
  std::vector<std::unique_ptr<ReferenceBuffer>> owned;
  std::vector<int64_t> ids, grid;
  int64_t error = 0;
  bool outside = false;

  static Tensor makeTensor(Type type) {
    Tensor t;
    if (auto shaped = dyn_cast<RankedTensorType>(type))
      t.shape.assign(shaped.getShape().begin(), shaped.getShape().end());
    int64_t n = 1;
    for (int64_t size : t.shape)
      n *= size;
    t.data.assign(n, 0.0);
    return t;
  }
  double scalar(Value v) { return tensors[v].data[0]; }

  static View whole(ReferenceBuffer *buffer) {
    View v;
    v.buffer = buffer;
    v.origin.assign(buffer->sizes.size(), 0);
    v.extents = v.shape = buffer->sizes;
    return v;
  }

  View slice(const View &from, ValueRange offsets, ArrayRef<int64_t> shape) {
    View v = from;
    size_t rank = from.extents.size(), dropped = rank - shape.size();
    size_t leading = from.origin.size() - rank;
    v.extents.clear();
    v.shape.assign(shape.begin(), shape.end());
    for (size_t d = 0; d < rank; ++d) {
      int64_t at = scalar(offsets[d]);
      v.origin[leading + d] += at;
      bool inside = at >= 0 && at < from.extents[d];
      if (d < dropped)
        v.exists &= inside;
      else
        v.extents.push_back(
            inside ? std::min(shape[d - dropped], from.extents[d] - at) : 0);
    }
    if (!v.exists)
      for (int64_t &extent : v.extents)
        extent = 0;
    return v;
  }

  /// The element of `v` at `index`, or null where it does not exist.
  static double *at(View &v, ArrayRef<int64_t> index) {
    if (!v.exists)
      return nullptr;
    size_t leading = v.origin.size() - index.size();
    int64_t linear = 0;
    for (size_t d = 0; d < v.origin.size(); ++d) {
      int64_t i = v.origin[d];
      if (d >= leading) {
        if (index[d - leading] >= v.extents[d - leading])
          return nullptr;
        i += index[d - leading];
      }
      linear = linear * v.buffer->sizes[d] + i;
    }
    return &v.buffer->data[linear];
  }

  static void forEach(ArrayRef<int64_t> shape,
                      function_ref<void(ArrayRef<int64_t>, int64_t)> body) {
    std::vector<int64_t> index(shape.size(), 0);
    int64_t n = 1;
    for (int64_t size : shape)
      n *= size;
    for (int64_t i = 0; i < n; ++i) {
      body(index, i);
      for (int64_t d = shape.size() - 1; d >= 0; --d) {
        if (++index[d] < shape[d])
          break;
        index[d] = 0;
      }
    }
  }

  Tensor load(View v) {
    Tensor t;
    t.shape = v.shape;
    forEach(v.shape, [&](ArrayRef<int64_t> index, int64_t) {
      double *p = at(v, index);
      t.data.push_back(p ? *p : 0.0);
    });
    return t;
  }
  void store(const Tensor &t, View v) {
    forEach(v.shape, [&](ArrayRef<int64_t> index, int64_t i) {
      if (double *p = at(v, index))
        *p = t.data[i];
    });
  }

  LogicalResult run(Block &block) {
    for (Operation &op : block) {
      if (op.hasTrait<OpTrait::IsTerminator>())
        return success();
      if (failed(run(op)))
        return op.emitError("the interpreter does not know this op");
      if (outside)
        return success();
    }
    return success();
  }

  void bind(ValueRange to, ValueRange from) {
    std::vector<Tensor> copies;
    for (Value v : from)
      copies.push_back(tensors[v]);
    for (auto [v, t] : llvm::zip(to, copies))
      tensors[v] = t;
  }

  LogicalResult run(Operation &op);
  LogicalResult runTile(Operation &op);
  LogicalResult runElementwise(Operation &op);
  void runMma(tile::MmaOp op);
};
} // namespace

LogicalResult Interpreter::run(Operation &op) {
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    bind(loop.getRegionIterArgs(), loop.getInitArgs());
    int64_t step = scalar(loop.getStep()), to = scalar(loop.getUpperBound());
    for (int64_t i = scalar(loop.getLowerBound()); i < to; i += step) {
      tensors[loop.getInductionVar()] = {{}, {double(i)}};
      if (failed(run(*loop.getBody())))
        return failure();
      bind(loop.getRegionIterArgs(),
           loop.getBody()->getTerminator()->getOperands());
    }
    bind(loop.getResults(), loop.getRegionIterArgs());
    return success();
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    Block *block =
        scalar(branch.getCondition()) ? branch.thenBlock() : branch.elseBlock();
    if (!block)
      return success();
    if (failed(run(*block)))
      return failure();
    bind(branch.getResults(), block->getTerminator()->getOperands());
    return success();
  }
  if (isa<tile::TileDialect>(op.getDialect()))
    return runTile(op);
  return runElementwise(op);
}

LogicalResult Interpreter::runTile(Operation &op) {
  auto window = [&](Value buffer, ValueRange offsets, Type value) {
    auto tensor = dyn_cast<RankedTensorType>(value);
    if (offsets.empty())
      return views[buffer];
    return slice(views[buffer], offsets,
                 tensor ? tensor.getShape() : ArrayRef<int64_t>());
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tile::GridOp op) {
        grid.assign(3, 1);
        for (auto [i, size] : llvm::enumerate(op.getSizes()))
          grid[i] = scalar(size);
        for (int i = 0; i < 3; ++i)
          outside |= ids[i] >= grid[i];
        for (auto [i, id] : llvm::enumerate(op.getIds()))
          tensors[id] = {{}, {double(ids[i])}};
        return success();
      })
      .Case([&](tile::DimOp op) {
        View &v = views[op.getSource()];
        tensors[op] = {{}, {double(v.extents[op.getIndex()])}};
        return success();
      })
      .Case([&](tile::AllocOp op) {
        owned.push_back(std::make_unique<ReferenceBuffer>());
        ReferenceBuffer &b = *owned.back();
        int64_t n = 1;
        for (int64_t size : op.getType().getShape()) {
          b.sizes.push_back(size);
          n *= size;
        }
        b.data.assign(n, std::nan(""));
        views[op.getResult()] = whole(&b);
        return success();
      })
      .Case([&](tile::SliceOp op) {
        View v = slice(views[op.getSource()], op.getOffsets(),
                       op.getType().getShape());
        views[op.getResult()] = v;
        return success();
      })
      .Case([&](tile::LoadOp op) {
        Tensor t = load(window(op.getSource(), op.getOffsets(), op.getType()));
        tensors[op.getResult()] = t;
        return success();
      })
      .Case([&](tile::StoreOp op) {
        store(tensors[op.getValue()],
              window(op.getDestination(), op.getOffsets(),
                     op.getValue().getType()));
        return success();
      })
      .Case([&](tile::CopyOp op) {
        View from = views[op.getSource()], to = views[op.getDestination()];
        Type type = op.getDestination().getType().getElementType();
        forEach(from.shape, [&](ArrayRef<int64_t> index, int64_t) {
          std::vector<int64_t> target(index.begin(), index.end());
          if (op.getTransposed())
            std::reverse(target.begin(), target.end());
          double *source = at(from, index);
          if (double *p = at(to, target))
            *p = roundToElement(source ? *source : 0.0, type);
        });
        return success();
      })
      .Case([&](tile::FillOp op) {
        View to = views[op.getDestination()];
        forEach(to.shape, [&](ArrayRef<int64_t> index, int64_t) {
          if (double *p = at(to, index))
            *p = scalar(op.getValue());
        });
        return success();
      })
      .Case([&](tile::MmaOp op) {
        runMma(op);
        return success();
      })
      .Case([&](tile::ReduceOp op) {
        Tensor &from = tensors[op.getSource()];
        Tensor to = makeTensor(op.getResult().getType());
        int64_t columns = from.shape.back();
        for (int64_t i = 0, rows = to.data.size(); i < rows; ++i) {
          double value = from.data[i * columns];
          for (int64_t j = 1; j < columns; ++j) {
            double x = from.data[i * columns + j];
            if (op.getKind() == tile::ReduceKind::Add)
              value += x;
            else if (std::isnan(x) || std::isnan(value))
              value = std::nan("");
            else if (op.getKind() == tile::ReduceKind::Max)
              value = std::max(value, x);
            else
              value = std::min(value, x);
          }
          to.data[i] = value;
        }
        tensors[op.getResult()] = to;
        return success();
      })
      .Case([&](tile::BroadcastOp op) {
        Tensor to = makeTensor(op.getResult().getType());
        Tensor &from = tensors[op.getSource()];
        forEach(to.shape, [&](ArrayRef<int64_t> index, int64_t i) {
          to.data[i] = from.data[index[1 - op.getDim()]];
        });
        tensors[op.getResult()] = to;
        return success();
      })
      .Case([&](tile::SplatOp op) {
        Tensor to = makeTensor(op.getResult().getType());
        for (double &x : to.data)
          x = scalar(op.getSource());
        tensors[op.getResult()] = to;
        return success();
      })
      .Case([&](tile::IotaOp op) {
        Tensor to = makeTensor(op.getResult().getType());
        forEach(to.shape, [&](ArrayRef<int64_t> index, int64_t i) {
          to.data[i] = index[op.getDim()];
        });
        tensors[op.getResult()] = to;
        return success();
      })
      .Case([&](tile::ErrorOp op) {
        if (scalar(op.getCondition()))
          error = op.getCode();
        return success();
      })
      .Default([](Operation *) { return failure(); });
}

void Interpreter::runMma(tile::MmaOp op) {
  auto operand = [&](Value v) {
    return isa<tile::BufType>(v.getType()) ? load(views[v]) : tensors[v];
  };
  Tensor lhs = operand(op.getLhs()), rhs = operand(op.getRhs());
  Tensor acc = operand(op.getAcc());
  int64_t m = lhs.shape[0], k = lhs.shape[1], n = acc.shape[1];
  auto element = [&](int64_t kk, int64_t j) {
    if (rhs.shape.size() == 2)
      return rhs.data[kk * n + j];
    int64_t w = rhs.shape[2], panel = j / w, col = j % w;
    if (rhs.shape.size() == 3)
      return rhs.data[(panel * k + kk) * w + col];
    return rhs.data[((panel * (k / 2) + kk / 2) * w + col) * 2 + kk % 2];
  };
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = op.getOverwrite() ? 0.0 : acc.data[i * n + j];
      for (int64_t kk = 0; kk < k; ++kk)
        sum += lhs.data[i * k + kk] * element(kk, j);
      acc.data[i * n + j] = sum;
    }
  if (op.getResult())
    tensors[op.getResult()] = acc;
  else
    store(acc, views[op.getAcc()]);
}

static bool compare(arith::CmpFPredicate p, double x, double y) {
  bool nan = std::isnan(x) || std::isnan(y);
  switch (p) {
  case arith::CmpFPredicate::OEQ:
    return x == y;
  case arith::CmpFPredicate::OGT:
    return x > y;
  case arith::CmpFPredicate::OGE:
    return x >= y;
  case arith::CmpFPredicate::OLT:
    return x < y;
  case arith::CmpFPredicate::OLE:
    return x <= y;
  case arith::CmpFPredicate::ONE:
    return !nan && x != y;
  case arith::CmpFPredicate::ORD:
    return !nan;
  case arith::CmpFPredicate::UEQ:
    return nan || x == y;
  case arith::CmpFPredicate::UGT:
    return nan || x > y;
  case arith::CmpFPredicate::UGE:
    return nan || x >= y;
  case arith::CmpFPredicate::ULT:
    return nan || x < y;
  case arith::CmpFPredicate::ULE:
    return nan || x <= y;
  case arith::CmpFPredicate::UNE:
    return nan || x != y;
  case arith::CmpFPredicate::UNO:
    return nan;
  case arith::CmpFPredicate::AlwaysTrue:
    return true;
  case arith::CmpFPredicate::AlwaysFalse:
    return false;
  }
  return false;
}

static bool compare(arith::CmpIPredicate p, double x, double y) {
  uint64_t ux = int64_t(x), uy = int64_t(y);
  switch (p) {
  case arith::CmpIPredicate::eq:
    return x == y;
  case arith::CmpIPredicate::ne:
    return x != y;
  case arith::CmpIPredicate::slt:
    return x < y;
  case arith::CmpIPredicate::sle:
    return x <= y;
  case arith::CmpIPredicate::sgt:
    return x > y;
  case arith::CmpIPredicate::sge:
    return x >= y;
  case arith::CmpIPredicate::ult:
    return ux < uy;
  case arith::CmpIPredicate::ule:
    return ux <= uy;
  case arith::CmpIPredicate::ugt:
    return ux > uy;
  case arith::CmpIPredicate::uge:
    return ux >= uy;
  }
  return false;
}

static double attrToDouble(Attribute attr) {
  if (auto f = dyn_cast<FloatAttr>(attr))
    return f.getValueAsDouble();
  auto i = cast<IntegerAttr>(attr);
  if (i.getType().isInteger(1))
    return i.getValue().getZExtValue();
  return i.getValue().getSExtValue();
}

LogicalResult Interpreter::runElementwise(Operation &op) {
  if (op.getNumResults() != 1)
    return failure();
  Type type = op.getResult(0).getType(), element = getElementTypeOrSelf(type);
  Tensor to = makeTensor(type);
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue())) {
      for (auto [i, attr] : llvm::enumerate(dense.getValues<Attribute>()))
        to.data[i] = attrToDouble(attr);
    } else {
      to.data[0] = attrToDouble(constant.getValue());
    }
    tensors[op.getResult(0)] = to;
    return success();
  }
  double nan = std::nan("");
  StringRef name = op.getName().getStringRef();
  for (size_t i = 0; i < to.data.size(); ++i) {
    double v[3] = {0, 0, 0};
    for (auto [j, operand] : llvm::enumerate(op.getOperands())) {
      Tensor &t = tensors[operand];
      v[j] = t.data[t.shape.empty() ? 0 : i];
    }
    double x = v[0], y = v[1], z = v[2], r;
    bool anyNan = std::isnan(x) || std::isnan(y);
    int64_t ix = std::isfinite(x) ? x : 0, iy = std::isfinite(y) ? y : 0;
    if (auto cmp = dyn_cast<arith::CmpFOp>(op))
      r = compare(cmp.getPredicate(), x, y);
    else if (auto cmp = dyn_cast<arith::CmpIOp>(op))
      r = compare(cmp.getPredicate(), x, y);
    else if (name == "arith.addf" || name == "arith.addi")
      r = x + y;
    else if (name == "arith.subf" || name == "arith.subi")
      r = x - y;
    else if (name == "arith.mulf" || name == "arith.muli")
      r = x * y;
    else if (name == "arith.divf")
      r = x / y;
    else if (name == "arith.divsi" || name == "arith.divui")
      r = ix / iy;
    else if (name == "arith.remsi" || name == "arith.remui")
      r = ix % iy;
    else if (name == "arith.ceildivsi" || name == "arith.ceildivui")
      r = std::ceil(x / y);
    else if (name == "arith.floordivsi")
      r = std::floor(x / y);
    else if (name == "arith.minsi" || name == "arith.minui")
      r = std::min(x, y);
    else if (name == "arith.maxsi" || name == "arith.maxui")
      r = std::max(x, y);
    else if (name == "arith.maximumf")
      r = anyNan ? nan : std::max(x, y);
    else if (name == "arith.minimumf")
      r = anyNan ? nan : std::min(x, y);
    else if (name == "arith.maxnumf")
      r = std::fmax(x, y);
    else if (name == "arith.minnumf")
      r = std::fmin(x, y);
    else if (name == "arith.negf")
      r = -x;
    else if (name == "arith.andi")
      r = ix & iy;
    else if (name == "arith.ori")
      r = ix | iy;
    else if (name == "arith.xori")
      r = ix ^ iy;
    else if (name == "arith.select")
      r = x ? y : z;
    else if (name == "arith.extf" || name == "arith.truncf" ||
             name == "arith.sitofp" || name == "arith.uitofp" ||
             name == "arith.index_cast" || name == "arith.extsi" ||
             name == "arith.extui" || name == "arith.trunci")
      r = x;
    else if (name == "arith.fptosi")
      r = std::trunc(x);
    else if (name == "math.exp")
      r = std::exp(x);
    else if (name == "math.exp2")
      r = std::exp2(x);
    else if (name == "math.log")
      r = std::log(x);
    else if (name == "math.log2")
      r = std::log2(x);
    else if (name == "math.erf")
      r = std::erf(x);
    else if (name == "math.tanh")
      r = std::tanh(x);
    else if (name == "math.sin")
      r = std::sin(x);
    else if (name == "math.cos")
      r = std::cos(x);
    else if (name == "math.sqrt")
      r = std::sqrt(x);
    else if (name == "math.rsqrt")
      r = 1 / std::sqrt(x);
    else if (name == "math.absf")
      r = std::fabs(x);
    else if (name == "math.roundeven")
      r = std::nearbyint(x);
    else if (name == "math.fma")
      r = x * y + z;
    else
      return failure();
    to.data[i] = roundToElement(r, element);
  }
  tensors[op.getResult(0)] = to;
  return success();
}

LogicalResult attnc::interpretKernel(tile::KernelOp kernel,
                                     std::vector<ReferenceBuffer> &args,
                                     int64_t &errorWord,
                                     std::vector<int64_t> &grid) {
  grid = {1, 1, 1};
  for (int64_t z = 0; z < grid[2]; ++z)
    for (int64_t y = 0; y < grid[1]; ++y)
      for (int64_t x = 0; x < grid[0]; ++x) {
        Interpreter interpreter;
        interpreter.ids = {x, y, z};
        for (auto [value, buffer] :
             llvm::zip(kernel.getBody().getArguments(), args))
          interpreter.views[value] = Interpreter::whole(&buffer);
        if (failed(interpreter.run(kernel.getBody().front())))
          return failure();
        grid = interpreter.grid;
        if (interpreter.error)
          errorWord = interpreter.error;
      }
  return success();
}
