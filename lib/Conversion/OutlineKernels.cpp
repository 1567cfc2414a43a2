//===- OutlineKernels.cpp - Functions to programs of launches -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Conversion/Passes.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringMap.h"

namespace attnc {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "attnc/Conversion/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;
using tile::BufType;

namespace {

BufType globalBuf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return BufType::get(type.getContext(), tensor.getShape(),
                      tensor.getElementType(), tile::Space::Global);
}

/// The memory of one tensor value of the source function.
struct Memory {
  /// Has the shape of the tensor.
  Value buf;
  /// The dynamic sizes, in order.
  SmallVector<Value> sizes;
  /// Where a heads value [B, H, S, D] lies as [B, S, H · D]: that buffer.
  Value tokenMajor;
};

/// The kernels of a module; equal bodies are one kernel.
class KernelTable {
public:
  explicit KernelTable(ModuleOp module)
      : module(module), builder(OpBuilder::atBlockEnd(module.getBody())) {}

  /// The kernel that computes `op` on operands and results of the types given.
  tile::KernelOp get(Operation *op, TypeRange operandTypes,
                     TypeRange resultTypes);

private:
  ModuleOp module;
  OpBuilder builder;
  llvm::StringMap<tile::KernelOp> kernels;
  llvm::StringMap<unsigned> counts;
};

} // namespace

/// Clones what defines `value`, mask ops and scalars, but for what is mapped.
static void cloneDefinition(OpBuilder &builder, Value value,
                            IRMapping &mapping) {
  if (mapping.contains(value))
    return;
  for (Value operand : value.getDefiningOp()->getOperands())
    cloneDefinition(builder, operand, mapping);
  builder.clone(*value.getDefiningOp(), mapping);
}

tile::KernelOp KernelTable::get(Operation *op, TypeRange operandTypes,
                                TypeRange resultTypes) {
  Location loc = op->getLoc();
  SmallVector<Type> argTypes;
  SmallVector<Attribute> argAttrs;
  auto addArg = [&](Type tensor, StringRef access) {
    argTypes.push_back(globalBuf(tensor));
    argAttrs.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        tile::kAccessAttr, builder.getStringAttr(access))));
  };
  for (Type type : operandTypes)
    addArg(type, "read");
  for (Type type : resultTypes)
    addArg(type, "write");

  auto kernel = tile::KernelOp::create(
      builder, loc, "kernel", builder.getFunctionType(argTypes, {}), "cpu",
      builder.getArrayAttr(argAttrs), /*res_attrs=*/nullptr);
  Block &body = kernel.getBody().emplaceBlock();
  body.addArguments(argTypes, SmallVector<Location>(argTypes.size(), loc));

  OpBuilder inner = OpBuilder::atBlockEnd(&body);
  IRMapping mapping;
  unsigned next = 0;
  auto load = [&](Value operand) {
    Value tensor = tile::LoadOp::create(inner, loc, operandTypes[next],
                                        body.getArgument(next), ValueRange(),
                                        DenseBoolArrayAttr());
    ++next;
    // An operand used twice is loaded twice; the mapping keeps the last.
    mapping.map(operand, tensor);
  };
  for (Value operand : op->getOperands()) {
    if (isa<RankedTensorType>(operand.getType())) {
      load(operand);
      continue;
    }
    if (isa<attn::MaskType>(operand.getType()))
      for (Value tensor : attn::getMaskOperands(operand))
        if (isa<RankedTensorType>(tensor.getType()))
          load(tensor);
    cloneDefinition(inner, operand, mapping);
  }
  Operation *clone = inner.clone(*op, mapping);
  for (auto [result, type] : llvm::zip(clone->getResults(), resultTypes)) {
    result.setType(type);
    tile::StoreOp::create(inner, loc, result, body.getArgument(next++),
                          ValueRange(), DenseBoolArrayAttr());
  }

  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags().useLocalScope());
  auto [entry, inserted] = kernels.try_emplace(text, kernel);
  if (!inserted) {
    kernel.erase();
    return entry->second;
  }
  StringRef mnemonic = op->getName().stripDialect();
  std::string name;
  do // a function may have this name already
    name = (mnemonic + "_" + Twine(counts[mnemonic]++)).str();
  while (module.lookupSymbol(name));
  kernel.setSymName(name);
  return kernel;
}

namespace {

/// Turns one function into a program.
class ProgramBuilder {
public:
  ProgramBuilder(func::FuncOp func, shard::GridOp grid, KernelTable &kernels)
      : func(func), grid(grid), kernels(kernels), builder(func) {}

  LogicalResult build();

private:
  /// Whether every tensor of the function can be a buffer.
  LogicalResult verifyBuffers();
  LogicalResult addArguments();
  LogicalResult convert(Operation &op);
  LogicalResult convertHeadView(Operation &op);
  LogicalResult convertCollapse(tensor::CollapseShapeOp op);
  LogicalResult launch(Operation &op);
  LogicalResult convertCollective(Operation &op);
  LogicalResult finish(func::ReturnOp ret);

  /// The memory for a result of `op`: an output of the program or workspace.
  Memory allocate(Value result, ArrayRef<Value> sizes);
  /// The sizes of the result of `op`, from its first operand's.
  SmallVector<Value> resultSizes(Operation &op);
  Value size(StringRef name);
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, func.getLoc(), value);
  }
  Value product(Value lhs, Value rhs) {
    return arith::MulIOp::create(builder, func.getLoc(), lhs, rhs);
  }
  /// [B, S, F] seen as [B · S, F], and integers [B, S] as [B · S].
  Memory flattenTokens(const Memory &memory);
  /// [B, S, H · D] seen as `heads` [B, H, S, D].
  Memory viewAsHeads(Value tokenMajor, ArrayRef<Value> sizes, Type heads);

  func::FuncOp func;
  /// Null where the program runs on one rank.
  shard::GridOp grid;
  KernelTable &kernels;
  OpBuilder builder;
  tile::ProgramOp program;
  llvm::DenseMap<Value, Memory> memories;
  llvm::DenseMap<Value, BlockArgument> outputs;
  llvm::StringMap<Value> sizes;
};

} // namespace

Value ProgramBuilder::size(StringRef name) {
  Value &value = sizes[name];
  if (!value) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&program.getBody().front());
    value = tile::SizeOp::create(builder, func.getLoc(), name);
  }
  return value;
}

/// Whether `--weights` binds this argument at compile time.
static bool isBound(Value value) {
  auto arg = dyn_cast<BlockArgument>(value);
  auto func = arg ? dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp())
                  : func::FuncOp();
  return func && func.getArgAttr(arg.getArgNumber(), attn::kBoundAttr);
}

LogicalResult ProgramBuilder::verifyBuffers() {
  auto verify = [](Value value, function_ref<InFlightDiagnostic()> error) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return success(!type || succeeded(BufType::verify(
                                error, type.getShape(), type.getElementType(),
                                tile::Space::Global, /*swizzle=*/0)));
  };
  for (BlockArgument arg : func.getArguments())
    if (failed(verify(arg, [&] {
          return func.emitError("argument ") << arg.getArgNumber() << ": ";
        })))
      return failure();
  for (Operation &op : func.getBody().front())
    for (Value result : op.getResults())
      if (failed(verify(result, [&] { return op.emitError(); })))
        return failure();
  return success();
}

LogicalResult ProgramBuilder::addArguments() {
  Location loc = func.getLoc();
  SmallVector<Type> types;
  SmallVector<Attribute> attrs;
  // What each argument of the program is the memory of.
  SmallVector<Value> sources;

  auto add = [&](Value source, RankedTensorType type, NamedAttrList attr,
                 StringRef role) {
    attr.set(tile::kRoleAttr, builder.getStringAttr(role));
    types.push_back(globalBuf(type));
    attrs.push_back(attr.getDictionary(builder.getContext()));
    sources.push_back(source);
  };

  for (BlockArgument arg : func.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    unsigned index = arg.getArgNumber();
    if (!type)
      return func.emitError("expected argument ")
             << index << " to be a ranked tensor, got " << arg.getType();
    NamedAttrList attr(func.getArgAttrDict(index));
    if (!attr.get(attn::kNameAttr) && !attr.get(attn::kWeightAttr))
      attr.set(attn::kNameAttr, builder.getStringAttr("arg" + Twine(index)));
    if (!type.hasStaticShape() && !attr.get(attn::kDimsAttr))
      return func.emitError("expected attn.dims on argument ")
             << index << ", whose type " << type << " has dynamic sizes";
    if (!isBound(arg)) {
      add(arg, type, attr, "input");
      continue;
    }
    // The package names a weight, and may store it in several layouts.
    attr.erase(attn::kBoundAttr);
    attr.erase(attn::kNameAttr);
    bool plain = false;
    for (Operation *user : arg.getUsers()) {
      auto pack = dyn_cast<attn::PackWeightOp>(user);
      plain |= !pack;
      if (!pack)
        continue;
      NamedAttrList packed(attr);
      packed.set(
          tile::kLayoutAttr,
          builder.getDictionaryAttr(
              {builder.getNamedAttr("width", pack.getWidthAttr()),
               builder.getNamedAttr("depth", pack.getDepthAttr()),
               builder.getNamedAttr(
                   "transposed", builder.getBoolAttr(pack.getTransposed()))}));
      add(pack.getResult(), pack.getType(), packed, "weight");
    }
    if (plain)
      add(arg, type, attr, "weight");
  }

  auto ret = dyn_cast<func::ReturnOp>(func.getBody().front().back());
  if (!ret)
    return func.emitError("expected a function that ends with func.return");
  unsigned firstOutput = types.size();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    NamedAttrList attr(func.getResultAttrDict(index));
    if (attr.get(attn::kAliasAttr))
      return func.emitError("attn.alias on result ")
             << index << " is not built yet for the cpu target";
    if (!attr.get(attn::kNameAttr))
      attr.set(attn::kNameAttr, builder.getStringAttr("result" + Twine(index)));
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return func.emitError("expected result ")
             << index << " to be a ranked tensor, got " << value.getType();
    add(value, type, attr, "output");
  }

  if (types.empty())
    return func.emitError("expected a function with inputs or results");
  program = tile::ProgramOp::create(
      builder, loc, func.getSymName(), builder.getFunctionType(types, {}),
      builder.getArrayAttr(attrs), /*res_attrs=*/nullptr);
  if (grid)
    program->setAttr(tile::kRanksAttr,
                     tile::RanksAttr::get(builder.getContext(),
                                          grid.getSymName(), grid.getShape()));
  Block &body = program.getBody().emplaceBlock();
  body.addArguments(types, SmallVector<Location>(types.size(), loc));
  builder.setInsertionPointToEnd(&body);

  for (auto [index, source] : llvm::enumerate(sources)) {
    BlockArgument buffer = body.getArgument(index);
    if (index >= firstOutput) {
      // The op that defines the result writes it; a value returned twice or
      // an argument is copied by finish().
      Value origin = source;
      if (auto reduce = source.getDefiningOp<shard::AllReduceOp>();
          reduce && reduce.getInput().hasOneUse())
        origin = reduce.getInput(); // reduced in place
      if (auto merge = origin.getDefiningOp<attn::MergeHeadsOp>())
        origin = merge.getInput();
      if (origin.getDefiningOp())
        outputs.try_emplace(origin, buffer);
      continue;
    }
    Memory memory{buffer, {}, {}};
    if (auto dims = program.getArgAttrOfType<ArrayAttr>(index, attn::kDimsAttr))
      for (auto name : dims.getAsRange<StringAttr>())
        if (!name.empty())
          memory.sizes.push_back(size(name));
    memories[source] = memory;
  }
  return success();
}

Memory ProgramBuilder::flattenTokens(const Memory &memory) {
  auto type = cast<BufType>(memory.buf.getType());
  ArrayRef<int64_t> shape = type.getShape();
  ArrayRef<int64_t> features =
      shape.take_back(isa<IntegerType>(type.getElementType()) ? 0 : 1);
  shape = shape.drop_back(features.size());
  if (shape.size() != 2)
    return memory;
  unsigned next = 0;
  SmallVector<Value> tokens;
  int64_t staticTokens = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size))
      tokens.push_back(memory.sizes[next++]);
    else
      staticTokens *= size;
  }
  int64_t rows = tokens.empty() ? staticTokens : ShapedType::kDynamic;
  Memory flat;
  if (!tokens.empty()) {
    if (staticTokens != 1)
      tokens.push_back(constant(staticTokens));
    Value count = tokens[0];
    for (Value factor : llvm::drop_begin(tokens))
      count = product(count, factor);
    flat.sizes.push_back(count);
  }
  SmallVector<int64_t> flatShape = {rows}, strides = {1};
  if (!features.empty()) {
    flatShape.push_back(features[0]);
    strides = {features[0], 1};
  }
  auto flatType = BufType::get(type.getContext(), flatShape,
                               type.getElementType(), type.getSpace());
  flat.buf = tile::ViewOp::create(builder, func.getLoc(), flatType, memory.buf,
                                  flat.sizes, ValueRange(), strides);
  return flat;
}

Memory ProgramBuilder::viewAsHeads(Value tokenMajor, ArrayRef<Value> sizes,
                                   Type heads) {
  BufType type = globalBuf(heads);
  int64_t headDim = type.getShape()[3];
  int64_t features = type.getShape()[1] * headDim;
  SmallVector<int64_t> strides = {ShapedType::kDynamic, headDim, features, 1};
  SmallVector<Value> dynamic;
  if (ShapedType::isDynamic(type.getShape()[2]))
    dynamic.push_back(product(sizes.back(), constant(features)));
  else
    strides[0] = type.getShape()[2] * features;
  Value view = tile::ViewOp::create(builder, func.getLoc(), type, tokenMajor,
                                    sizes, dynamic, strides);
  return Memory{view, SmallVector<Value>(sizes), tokenMajor};
}

Memory ProgramBuilder::allocate(Value result, ArrayRef<Value> sizes) {
  auto type = cast<RankedTensorType>(result.getType());
  bool merged =
      llvm::any_of(result.getUsers(), llvm::IsaPred<attn::MergeHeadsOp>);
  if (merged) {
    ArrayRef<int64_t> shape = type.getShape();
    type = RankedTensorType::get({shape[0], shape[2], shape[1] * shape[3]},
                                 type.getElementType());
  }
  auto output = outputs.find(result);
  Value buf;
  if (output != outputs.end() && output->second.getType() == globalBuf(type))
    buf = output->second;
  else
    buf = tile::AllocOp::create(builder, func.getLoc(), globalBuf(type), sizes);
  if (merged)
    return viewAsHeads(buf, sizes, result.getType());
  return Memory{buf, SmallVector<Value>(sizes), {}};
}

LogicalResult ProgramBuilder::convertHeadView(Operation &op) {
  const Memory input = memories.lookup(op.getOperand(0));
  auto from = cast<RankedTensorType>(op.getOperand(0).getType());
  auto to = cast<RankedTensorType>(op.getResult(0).getType());
  if (isa<attn::MergeHeadsOp>(op))
    std::swap(from, to);
  // [B, S, H · D] and [B, H, S, D].
  if (from.isDynamicDim(0) != to.isDynamicDim(0) ||
      from.isDynamicDim(1) != to.isDynamicDim(2))
    return op.emitError("expected the same sizes to be dynamic, got ")
           << op.getOperand(0).getType() << " and "
           << op.getResult(0).getType();
  if (isa<attn::SplitHeadsOp>(op)) {
    memories[op.getResult(0)] =
        viewAsHeads(input.buf, input.sizes, op.getResult(0).getType());
    return success();
  }
  if (!input.tokenMajor)
    return op.emitError("merging heads of an argument moves data, which is "
                        "not built yet for the cpu target");
  memories[op.getResult(0)] = Memory{input.tokenMajor, input.sizes, {}};
  return success();
}

/// Of dimensions that become one, all but one have the size 1.
LogicalResult ProgramBuilder::convertCollapse(tensor::CollapseShapeOp op) {
  const Memory input = memories.lookup(op.getSrc());
  RankedTensorType to = op.getResultType();
  ArrayRef<int64_t> from = op.getSrcType().getShape();
  for (ArrayRef<int64_t> group : op.getReassociationIndices())
    if (llvm::count_if(group, [&](int64_t dim) { return from[dim] != 1; }) > 1)
      return op.emitError("'") << op.getOperationName()
                               << "' of more than sizes of 1 is not built yet "
                                  "for the cpu target";
  if (!input.buf || input.tokenMajor)
    return op.emitError("expected the memory of an argument or of a kernel's "
                        "result in its own order, got a view of heads");
  unsigned next = input.sizes.size();
  SmallVector<int64_t> strides(to.getRank());
  SmallVector<Value> dynamic;
  int64_t number = 1;
  Value factor;
  for (int64_t dim = to.getRank() - 1; dim >= 0; --dim) {
    strides[dim] = factor ? ShapedType::kDynamic : number;
    if (factor)
      dynamic.push_back(number == 1 ? factor
                                    : product(factor, constant(number)));
    if (!to.isDynamicDim(dim))
      number *= to.getDimSize(dim);
    else if (Value size = input.sizes[--next])
      factor = factor ? product(factor, size) : size;
  }
  std::reverse(dynamic.begin(), dynamic.end());
  Value view =
      tile::ViewOp::create(builder, op.getLoc(), globalBuf(to), input.buf,
                           input.sizes, dynamic, strides);
  memories[op.getResult()] = Memory{view, input.sizes, {}};
  return success();
}

SmallVector<Value> ProgramBuilder::resultSizes(Operation &op) {
  return memories.lookup(op.getOperand(0)).sizes;
}

LogicalResult ProgramBuilder::launch(Operation &op) {
  bool rowwise = isa<attn::LinearOp, attn::NormOp, attn::EpilogueOp, attn::ArgmaxOp>(op);
  // Row-wise kernels do not tell sequences apart.
  auto prepare = [&](Value value, bool weight) {
    Memory memory = memories.lookup(value);
    return rowwise && !weight ? flattenTokens(memory) : memory;
  };
  auto isWeight = [&](OpOperand &operand) {
    auto linear = dyn_cast<attn::LinearOp>(op);
    return linear && (&operand == &linear.getWeightMutable() ||
                      llvm::is_contained(
                          llvm::make_pointer_range(linear.getUpWeightMutable()),
                          &operand));
  };
  if (auto attention = dyn_cast<attn::AttentionOp>(op))
    if (failed(attn::verifyMaskIsBuilt(&op, attention.getMask())))
      return failure();
  SmallVector<Value> buffers;
  SmallVector<Type> operandTypes, resultTypes;
  auto add = [&](const Memory &memory, SmallVectorImpl<Type> &types) {
    buffers.push_back(memory.buf);
    auto type = cast<BufType>(memory.buf.getType());
    types.push_back(
        RankedTensorType::get(type.getShape(), type.getElementType()));
  };
  for (OpOperand &operand : op.getOpOperands()) {
    if (isa<attn::MaskType>(operand.get().getType())) {
      // The kernel has the mask ops; what they read comes in as arguments.
      for (Value tensor : attn::getMaskOperands(operand.get()))
        if (isa<RankedTensorType>(tensor.getType()))
          add(memories.lookup(tensor), operandTypes);
      continue;
    }
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue; // a constant, which the kernel has too
    assert(memories.contains(operand.get()) && "refused where it is defined");
    add(prepare(operand.get(), isWeight(operand)), operandTypes);
  }
  SmallVector<Value> sizes = resultSizes(op);
  auto first = cast<RankedTensorType>(op.getOperand(0).getType());
  for (Value result : op.getResults()) {
    // Leading sizes are those of the first operand, the others are static.
    auto type = cast<RankedTensorType>(result.getType());
    bool same = type.getNumDynamicDims() == first.getNumDynamicDims();
    for (auto [size, wanted] : llvm::zip(type.getShape(), first.getShape()))
      same &= ShapedType::isDynamic(size) == ShapedType::isDynamic(wanted);
    if (!same)
      return op.emitError("expected a result with the dynamic sizes of the "
                          "first operand, ")
             << first << ", got " << type;
    memories[result] = allocate(result, sizes);
    add(prepare(result, /*weight=*/false), resultTypes);
  }
  tile::KernelOp kernel = kernels.get(&op, operandTypes, resultTypes);
  tile::LaunchOp::create(builder, op.getLoc(), kernel.getSymName(), buffers);
  return success();
}

/// `size` / `divisor`, where it is a product with that factor.
static Value divideExactly(Value size, int64_t divisor) {
  APInt factor;
  auto product = size.getDefiningOp<arith::MulIOp>();
  if (product && matchPattern(product.getRhs(), m_ConstantInt(&factor)) &&
      factor == divisor)
    return product.getLhs();
  return {};
}

LogicalResult ProgramBuilder::convertCollective(Operation &op) {
  if (op.getAttrOfType<FlatSymbolRefAttr>("grid").getValue() !=
      grid.getSymName())
    return op.emitError("expected collectives on the grid @")
           << grid.getSymName() << ", got "
           << op.getAttrOfType<FlatSymbolRefAttr>("grid");
  auto axes = op.getAttrOfType<DenseI16ArrayAttr>("grid_axes").asArrayRef();
  int64_t numRanks = 1;
  for (int16_t axis : axes)
    numRanks *= grid.getShape()[axis];
  Value operand = op.getOperand(0), result = op.getResult(0);
  if (!memories.contains(operand))
    return op.emitError("expected an operand computed by an attn op, got '")
           << operand.getDefiningOp()->getName() << "'";
  Memory source = memories.lookup(operand);
  if (source.buf.getDefiningOp<tile::ViewOp>())
    return op.emitError("exchanging values divided into heads moves data, "
                        "which is not built yet for the cpu target");

  tile::CollectiveKind kind = tile::CollectiveKind::AllReduce;
  int64_t dim = 0;
  Memory destination;
  if (auto gather = dyn_cast<shard::AllGatherOp>(op)) {
    kind = tile::CollectiveKind::AllGather;
    dim = gather.getGatherAxis().getSExtValue();
  } else if (auto scatter = dyn_cast<shard::ReduceScatterOp>(op)) {
    kind = tile::CollectiveKind::ReduceScatter;
    dim = scatter.getScatterAxis().getSExtValue();
  } else if (operand.hasOneUse() &&
             (source.buf.getDefiningOp<tile::AllocOp>() ||
              outputs.contains(operand))) {
    destination = source;
  }

  if (!destination.buf) {
    SmallVector<Value> sizes = source.sizes;
    auto shape = cast<RankedTensorType>(operand.getType()).getShape();
    if (ShapedType::isDynamic(shape[dim])) {
      int64_t index = llvm::count_if(shape.take_front(dim),
                                     ShapedType::isDynamic);
      if (kind == tile::CollectiveKind::AllGather)
        sizes[index] = product(sizes[index], constant(numRanks));
      else if (kind == tile::CollectiveKind::ReduceScatter)
        sizes[index] = divideExactly(sizes[index], numRanks);
      if (!sizes[index])
        return op.emitError("expected tokens gathered from ")
               << numRanks << " ranks to scatter among as many";
    }
    destination = allocate(result, sizes);
  }
  memories[result] = destination;
  auto algorithm = op.getAttrOfType<StringAttr>(attn::kAlgorithmAttr);
  tile::CollectiveOp::create(
      builder, op.getLoc(), kind, source.buf, destination.buf,
      SmallVector<int64_t>(axes.begin(), axes.end()), dim,
      algorithm ? algorithm.getValue() : "default");
  return success();
}

LogicalResult ProgramBuilder::convert(Operation &op) {
  if (auto ret = dyn_cast<func::ReturnOp>(op))
    return finish(ret);
  if (op.getNumResults() &&
      llvm::all_of(op.getResultTypes(), llvm::IsaPred<attn::MaskType>))
    return success();
  if (isa<arith::ConstantOp>(op) && !isa<ShapedType>(op.getResult(0).getType()))
    return success(); // cloned into the kernels that use it
  if (isa<attn::SplitHeadsOp, attn::MergeHeadsOp>(op))
    return convertHeadView(op);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return convertCollapse(collapse);
  if (isa<shard::AllReduceOp, shard::ReduceScatterOp, shard::AllGatherOp>(op))
    return convertCollective(op);
  if (auto pack = dyn_cast<attn::PackWeightOp>(op)) {
    if (memories.contains(pack.getResult()))
      return success(); // packed at compile time
    remark::missed(op.getLoc(), remark::RemarkOpts::name("pack-weight")
                                    .category("attn-outline-kernels"))
        << "a weight that is not bound by --weights is packed on each run";
  }
  if (isa<attn::LinearOp, attn::NormOp, attn::RopeOp, attn::AttentionOp,
          attn::EmbeddingOp, attn::EpilogueOp, attn::PackWeightOp,
          attn::ArgmaxOp>(op))
    return launch(op);
  return op.emitError("'") << op.getName()
                           << "' is not built yet for the cpu target";
}

LogicalResult ProgramBuilder::finish(func::ReturnOp ret) {
  unsigned first = program.getNumArguments() - ret.getNumOperands();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    BlockArgument output = program.getBody().getArgument(first + index);
    const Memory memory = memories.lookup(value);
    if (memory.buf != output) {
      if (memory.tokenMajor)
        return ret.emitError("returning a view of heads moves data, which is "
                             "not built yet for the cpu target");
      tile::CopyOp::create(builder, ret.getLoc(), memory.buf, output);
    }
    // The sizes of results follow from those of the arguments.
    SmallVector<Attribute> names;
    unsigned next = 0;
    for (int64_t size : cast<BufType>(output.getType()).getShape()) {
      StringRef name;
      if (ShapedType::isDynamic(size)) {
        auto op = memory.sizes[next++].getDefiningOp<tile::SizeOp>();
        if (!op)
          return ret.emitError("expected the sizes of result ")
                 << index << " to be sizes of arguments, got tokens gathered "
                             "from several ranks";
        name = op.getSymbol();
      }
      names.push_back(builder.getStringAttr(name));
    }
    Attribute dims = builder.getArrayAttr(names);
    Attribute want = program.getArgAttr(first + index, attn::kDimsAttr);
    if (want && want != dims)
      return ret.emitError("expected result ")
             << index << " to have attn.dims " << dims << ", got " << want;
    program.setArgAttr(first + index, attn::kDimsAttr, dims);
  }
  return success();
}

LogicalResult ProgramBuilder::build() {
  if (failed(verifyBuffers()) || failed(addArguments()))
    return failure();
  for (Operation &op : func.getBody().front())
    if (failed(convert(op)))
      return failure();
  func.erase();
  return success();
}

namespace {
struct OutlineKernels : attnc::impl::OutlineKernelsPassBase<OutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    KernelTable kernels(module);
    auto grids = module.getOps<shard::GridOp>();
    shard::GridOp grid = grids.empty() ? shard::GridOp() : *grids.begin();
    if (grid && !llvm::all_of(grid.getShape(), [](int64_t n) { return n > 0; })) {
      grid.emitOpError("expected a static size; run attn-set-grids first");
      return signalPassFailure();
    }
    for (auto func :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      if (!func.getBody().hasOneBlock()) {
        func.emitError("expected a function with one block, got ")
            << func.getBody().getBlocks().size();
        return signalPassFailure();
      }
      if (failed(ProgramBuilder(func, grid, kernels).build()))
        return signalPassFailure();
    }
    // Each program says which ranks run it.
    for (shard::GridOp op : llvm::make_early_inc_range(grids))
      op.erase();
  }
};
} // namespace
