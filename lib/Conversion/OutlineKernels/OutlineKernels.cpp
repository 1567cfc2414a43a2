//===- OutlineKernels.cpp - Functions to programs of launches -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"
#include "attnc/Conversion/Passes.h"
#include "mlir/IR/Remarks.h"

namespace attnc {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "attnc/Conversion/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;
using tile::BufType;

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
             << index << " is not built yet for the " << kernels.target
             << " target";
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

SmallVector<Value> ProgramBuilder::resultSizes(Operation &op) {
  auto sizeOf = [&](Value value, int64_t dim) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
    return memories.lookup(value)
        .sizes[llvm::count_if(shape.take_front(dim), ShapedType::isDynamic)];
  };
  auto isDynamic = [](Value value, int64_t dim) {
    return cast<RankedTensorType>(value.getType()).isDynamicDim(dim);
  };
  SmallVector<Value> sizes = memories.lookup(op.getOperand(0)).sizes;
  if (auto classes = dyn_cast<attn::BlockClassesOp>(op)) {
    sizes.clear();
    auto addBlocks = [&](Value value, int64_t block) {
      if (isDynamic(value, 2))
        sizes.push_back(arith::CeilDivUIOp::create(
            builder, op.getLoc(), sizeOf(value, 2), constant(block)));
    };
    if (isDynamic(classes.getQuery(), 0))
      sizes.push_back(sizeOf(classes.getQuery(), 0));
    addBlocks(classes.getQuery(), classes.getPlan().getBlockM());
    addBlocks(classes.getKey(), classes.getPlan().getBlockN());
  } else if (isa<attn::BlockCountsOp>(op) && isDynamic(op.getOperand(0), 3)) {
    sizes.pop_back();
  } else if (isa<attn::BlockListOp>(op) && isDynamic(op.getOperand(0), 3)) {
    sizes.back() =
        arith::AddIOp::create(builder, op.getLoc(), sizes.back(),
                              constant(attn::kBlockListHeader));
  }
  return sizes;
}

LogicalResult ProgramBuilder::launch(Operation &op) {
  bool rowwise = isa<attn::LinearOp, attn::NormOp, attn::EpilogueOp,
                     attn::DropPaddingOp, attn::ArgmaxOp>(op);
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
    bool hasOwnSizes = isa<attn::BlockClassesOp, attn::BlockCountsOp, attn::BlockListOp>(op);
    bool same = hasOwnSizes ||
                type.getNumDynamicDims() == first.getNumDynamicDims();
    for (auto [size, wanted] : llvm::zip(type.getShape(), first.getShape()))
      same &= hasOwnSizes ||
              ShapedType::isDynamic(size) == ShapedType::isDynamic(wanted);
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
          attn::EmbeddingOp, attn::EpilogueOp, attn::DropPaddingOp,
          attn::PackWeightOp, attn::ArgmaxOp, attn::BlockClassesOp,
          attn::BlockCountsOp, attn::BlockListOp>(op))
    return launch(op);
  return op.emitError("'") << op.getName() << "' is not built yet for the "
                           << kernels.target << " target";
}

/// Says that no argument has the size of a dimension of a result, and how to
/// write it instead.
static LogicalResult refuseResultSize(func::ReturnOp ret, unsigned result,
                                      unsigned dim, Value size) {
  Operation *op = size.getDefiningOp();
  bool isScattered = isa<arith::DivUIOp>(op);
  InFlightDiagnostic diag = ret.emitError("expected dimension ")
                            << dim << " of result " << result
                            << " to be the size of an argument, got ";
  APInt ranks;
  if (op->getNumOperands() == 2 &&
      matchPattern(op->getOperand(1), m_ConstantInt(&ranks)))
    if (auto part = op->getOperand(0).getDefiningOp<tile::SizeOp>())
      diag << "\"" << part.getSymbol() << "\" " << (isScattered ? "/ " : "· ")
           << ranks.getSExtValue() << ": ";
  diag << "tokens "
       << (isScattered ? "scattered among ranks" : "gathered from ranks");
  diag.attachNote() << (isScattered ? "annotate the result as whole, [[]], to "
                                      "gather it"
                                    : "give each rank whole tokens, or return "
                                      "them before they are gathered");
  return diag;
}

LogicalResult ProgramBuilder::finish(func::ReturnOp ret) {
  unsigned first = program.getNumArguments() - ret.getNumOperands();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    BlockArgument output = program.getBody().getArgument(first + index);
    const Memory memory = memories.lookup(value);
    if (memory.buf != output) {
      if (memory.tokenMajor)
        return ret.emitError("returning a view of heads moves data, which is "
                             "not built yet for the ")
               << kernels.target << " target";
      tile::CopyOp::create(builder, ret.getLoc(), memory.buf, output);
    }
    // The sizes of results follow from those of the arguments.
    SmallVector<Attribute> names;
    unsigned next = 0;
    for (auto [dim, size] :
         llvm::enumerate(cast<BufType>(output.getType()).getShape())) {
      StringRef name;
      if (ShapedType::isDynamic(size)) {
        Value bound = memory.sizes[next++];
        auto op = bound.getDefiningOp<tile::SizeOp>();
        if (!op)
          return refuseResultSize(ret, index, dim, bound);
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
  using OutlineKernelsPassBase::OutlineKernelsPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    KernelTable kernels(module, target);
    auto grids = module.getOps<shard::GridOp>();
    shard::GridOp grid = grids.empty() ? shard::GridOp() : *grids.begin();
    if (grid &&
        !llvm::all_of(grid.getShape(), [](int64_t n) { return n > 0; })) {
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
