//===- FuseMasks.cpp - Fold what makes masks and biases -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each tensor becomes the yielded value of a scratch attn.mask.custom
// (ElementInliner), which is simplified. Of a bias the −inf are split off as a
// predicate (AdditiveMasks). Predicates, and those of the user's custom masks,
// become mask ops (MaskTerms); what is left of a bias goes into the score
// region.
//
//===----------------------------------------------------------------------===//

#include "AdditiveMasks.h"
#include "ElementInliner.h"
#include "MaskTerms.h"
#include "StoredConstants.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace attnc::attn {
#define GEN_PASS_DEF_FUSEMASKSPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

namespace {

/// Folds the mask and the bias of one attention.
class MaskFusion {
public:
  MaskFusion(AttentionOp op, StoredConstants &constants,
             const FrozenRewritePatternSet &simplifications)
      : op(op), constants(constants), simplifications(simplifications),
        builder(op) {}
  ~MaskFusion() {
    for (MaskCustomOp each : scratch)
      each.erase();
  }

  LogicalResult run();

private:
  /// Reads the parts of `mask` that are no named mask ops.
  LogicalResult readMask(Value mask);
  LogicalResult readBias();
  /// The element of `tensor` as the simplified result of a scratch region.
  FailureOr<ScoreValue> inlineElement(Value tensor, StringRef name);
  LogicalResult verifySizes(Value tensor, StringRef name);
  /// `mask` with the parts that were read replaced; null where it shows all.
  Value rebuildMask(Value mask);
  void addToScore(ScoreValue bias);
  /// Says what masks and biases that are in memory cost.
  void remarkReads();

  AttentionOp op;
  StoredConstants &constants;
  const FrozenRewritePatternSet &simplifications;
  OpBuilder builder;
  SmallVector<MaskCustomOp> scratch;
  /// In the order of the walk; the last may be the bias's.
  std::vector<MaskTerm> terms;
  llvm::DenseMap<Value, unsigned> termOf;
  llvm::DenseMap<Value, Value> rebuilt;
  llvm::DenseSet<Value> visited;
  std::optional<ScoreValue> bias;
  bool hasBiasMask = false, hasUserOffset = false;
};

} // namespace

LogicalResult MaskFusion::verifySizes(Value tensor, StringRef name) {
  constexpr StringRef meanings[] = {"batch", "heads", "query length",
                                    "key length"};
  TensorSize sizes[] = {
      getTensorSize(op.getQuery(), 0), getTensorSize(op.getQuery(), 1),
      getTensorSize(op.getQuery(), 2), getTensorSize(op.getKey(), 2)};
  auto type = cast<RankedTensorType>(tensor.getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    unsigned of = 4 - type.getRank() + dim;
    TensorSize size = getTensorSize(tensor, dim), want = sizes[of];
    // What neither a number nor a name says is left to the run.
    bool isTold =
        (size.isKnown() || size.name) && (want.isKnown() || want.name);
    if (type.getDimSize(dim) == 1 || size == want || !isTold)
      continue;
    auto print = [](InFlightDiagnostic &diag, const TensorSize &size) {
      if (size.isKnown())
        diag << size.known;
      else
        diag << size.name;
    };
    InFlightDiagnostic diag = op.emitOpError("expected dimension ")
                              << dim << " of " << name << " to be the "
                              << meanings[of] << ", ";
    print(diag, want);
    diag << ", got ";
    print(diag, size);
    return diag;
  }
  return success();
}

FailureOr<ScoreValue> MaskFusion::inlineElement(Value tensor, StringRef name) {
  if (failed(verifySizes(tensor, name)))
    return failure();
  Location loc = tensor.getLoc();
  auto into = MaskCustomOp::create(builder, loc, builder.getType<MaskType>(),
                                   ValueRange());
  scratch.push_back(into);
  OpBuilder inner(builder.getContext());
  Type index = builder.getIndexType();
  inner.createBlock(&into.getBody(), {}, {index, index, index, index},
                    {loc, loc, loc, loc});
  auto store = [&](arith::ConstantOp constant) {
    return constants.store(constant);
  };
  Value element = ElementInliner(into, op, store).emitAtScore(tensor);
  if (!element)
    return failure();
  inner.setInsertionPointToEnd(&into.getBody().front());
  auto yield = YieldOp::create(inner, loc, element);
  (void)applyPatternsGreedily(into.getBody(), simplifications);
  return ScoreValue{into, yield.getOperand(0)};
}

LogicalResult MaskFusion::readMask(Value mask) {
  Operation *def = mask.getDefiningOp();
  if (!def || !visited.insert(mask).second)
    return success();
  hasUserOffset |= isa<MaskCausalOp, MaskWindowOp>(def);
  if (isa<MaskAndOp, MaskOrOp>(def))
    return failure(failed(readMask(def->getOperand(0))) ||
                   failed(readMask(def->getOperand(1))));
  ScoreValue predicate;
  if (auto custom = dyn_cast<MaskCustomOp>(def)) {
    predicate = {custom, custom.getBody().front().back().getOperand(0)};
  } else if (auto tensor = dyn_cast<MaskTensorOp>(def)) {
    FailureOr<ScoreValue> element = inlineElement(tensor.getTensor(), "mask");
    if (failed(element))
      return failure();
    predicate = *element;
  } else {
    return success();
  }
  termOf[mask] = terms.size();
  terms.push_back(MaskTerm::read(predicate));
  return success();
}

LogicalResult MaskFusion::readBias() {
  Value tensor = op.getScoreBias();
  if (!tensor)
    return success();
  FailureOr<ScoreValue> element = inlineElement(tensor, "score_bias");
  if (failed(element))
    return failure();
  OpBuilder inner(element->source.getBody().front().getTerminator());
  AdditiveParts parts = splitAdditiveMask(inner, element->value);
  if (parts.finite) {
    Value finite = parts.finite;
    Type f32 = builder.getF32Type();
    if (finite.getType().getIntOrFloatBitWidth() < 32)
      finite = arith::ExtFOp::create(inner, finite.getLoc(), f32, finite);
    else if (finite.getType() != f32)
      finite = arith::TruncFOp::create(inner, finite.getLoc(), f32, finite);
    bias = ScoreValue{element->source, finite};
  }
  if (parts.visible) {
    hasBiasMask = true;
    terms.push_back(MaskTerm::read({element->source, parts.visible}));
  }
  return success();
}

Value MaskFusion::rebuildMask(Value mask) {
  auto it = rebuilt.find(mask);
  if (it != rebuilt.end())
    return it->second;
  Value result = mask;
  Operation *def = mask.getDefiningOp();
  auto term = termOf.find(mask);
  if (term != termOf.end()) {
    // A user's region in which nothing was found stays.
    const MaskTerm &read = terms[term->second];
    if (!isa<MaskCustomOp>(def) || read.kind != MaskTerm::Custom)
      result = emitMask(builder, op, read);
  } else if (isa_and_nonnull<MaskAndOp, MaskOrOp>(def)) {
    Value lhs = rebuildMask(def->getOperand(0));
    Value rhs = rebuildMask(def->getOperand(1));
    bool isAnd = isa<MaskAndOp>(def);
    if (!lhs || !rhs)
      result = !isAnd ? Value() : lhs ? lhs : rhs;
    else if (lhs == def->getOperand(0) && rhs == def->getOperand(1))
      result = mask;
    else if (isAnd)
      result = MaskAndOp::create(builder, def->getLoc(), lhs, rhs);
    else
      result = MaskOrOp::create(builder, def->getLoc(), lhs, rhs);
  }
  return rebuilt[mask] = result;
}

void MaskFusion::addToScore(ScoreValue added) {
  Location loc = op.getScoreBias().getLoc();
  OpBuilder inner(builder.getContext());
  Region &region = op.getScore();
  if (region.empty()) {
    Type index = builder.getIndexType();
    inner.createBlock(&region, {},
                      {builder.getF32Type(), index, index, index, index},
                      {loc, loc, loc, loc, loc});
    YieldOp::create(inner, loc, region.getArgument(0));
  }
  Operation *yield = region.front().getTerminator();
  inner.setInsertionPoint(yield);
  SmallVector<Value> places(region.getArguments().slice(1, 4));
  SliceCloner cloner(inner, region, places, op.getCapturesMutable());
  Value sum = arith::AddFOp::create(inner, loc, yield->getOperand(0),
                                    cloner.clone(added));
  yield->setOperand(0, sum);
}

/// What of a score region, or of a mask's, depends on `root`.
static llvm::DenseSet<Value> findDependent(Region &region, Value root) {
  llvm::DenseSet<Value> dependent{root};
  for (Operation &op : region.front())
    if (llvm::any_of(op.getOperands(),
                     [&](Value v) { return dependent.contains(v); }))
      dependent.insert(op.result_begin(), op.result_end());
  return dependent;
}

/// `firstPlace`: the number of the argument b.
static void remarkReads(AttentionOp op, StringRef what, Region &region,
                        unsigned firstPlace) {
  auto rows = findDependent(region, region.getArgument(firstPlace + 2));
  auto columns = findDependent(region, region.getArgument(firstPlace + 3));
  for (auto read : region.getOps<tensor::ExtractOp>()) {
    auto dependsOn = [&](const llvm::DenseSet<Value> &places) {
      return llvm::any_of(read.getIndices(),
                          [&](Value v) { return places.contains(v); });
    };
    bool isByRow = dependsOn(rows), isByColumn = dependsOn(columns);
    uint64_t bytes =
        llvm::divideCeil(getElementTypeOrSelf(read.getTensor().getType())
                             .getIntOrFloatBitWidth(),
                         8);
    std::string text;
    llvm::raw_string_ostream os(text);
    os << what << " is read from " << read.getTensor().getType() << ": "
       << bytes << " bytes for each "
       << (isByRow && isByColumn ? "score"
           : isByRow             ? "query row of a tile"
           : isByColumn          ? "key of a tile"
                                 : "tile");
    remark::missed(
        op.getLoc(),
        remark::RemarkOpts::name("fuse-mask").category("attn-fuse-masks"))
        << text;
  }
}

void MaskFusion::remarkReads() {
  llvm::SetVector<Value> masks;
  if (op.getMask())
    masks.insert(op.getMask());
  for (size_t i = 0; i < masks.size(); ++i) {
    Operation *def = masks[i].getDefiningOp();
    if (!def || visited.contains(masks[i]))
      continue; // as the user wrote it
    if (auto custom = dyn_cast<MaskCustomOp>(def))
      ::remarkReads(op, "a mask", custom.getBody(), /*firstPlace=*/0);
    for (Value operand : def->getOperands())
      if (isa<MaskType>(operand.getType()))
        masks.insert(operand);
  }
  if (bias)
    ::remarkReads(op, "a score bias", op.getScore(), /*firstPlace=*/1);
}

LogicalResult MaskFusion::run() {
  if ((op.getMask() && failed(readMask(op.getMask()))) || failed(readBias()))
    return failure();
  if (!hasUserOffset)
    if (std::optional<int64_t> offset = chooseQueryOffset(op, terms))
      op.setQOffset(*offset);
  Value mask = op.getMask() ? rebuildMask(op.getMask()) : Value();
  if (hasBiasMask)
    if (Value other = emitMask(builder, op, terms.back()))
      mask = mask ? Value(MaskAndOp::create(builder, op.getLoc(), mask, other))
                  : other;
  if (bias)
    addToScore(*bias);
  op.getScoreBiasMutable().clear();
  if (mask)
    op.getMaskMutable().assign(mask);
  else
    op.getMaskMutable().clear();
  remarkReads();
  return success();
}

//===----------------------------------------------------------------------===//
// What is left
//===----------------------------------------------------------------------===//

/// Whether it is for tensors that front ends compute masks and biases with.
static bool isTensorLevel(Operation *op) {
  return isa_and_nonnull<linalg::LinalgDialect, tensor::TensorDialect,
                         arith::ArithDialect, math::MathDialect>(
      op->getDialect());
}

/// Whether it only gives captures of masks and score regions another shape.
static bool isCaptureView(Operation *op) {
  return isa<tensor::CollapseShapeOp>(op) &&
         llvm::all_of(op->getUsers(), [&](Operation *user) {
           if (auto attention = dyn_cast<AttentionOp>(user))
             return llvm::is_contained(attention.getCaptures(),
                                       op->getResult(0));
           return isa<MaskCustomOp, MaskLengthsOp, MaskPrefixOp,
                      MaskDocumentOp>(user);
         });
}

static LogicalResult refuseOtherTensorOps(Block &body) {
  for (Operation &op : body) {
    if (!isa_and_nonnull<linalg::LinalgDialect, tensor::TensorDialect>(
            op.getDialect()) ||
        isCaptureView(&op))
      continue;
    InFlightDiagnostic diag =
        op.emitError("'") << op.getName()
                          << "' that makes other than a mask or a score bias "
                             "is not built yet";
    if (!op.use_empty())
      diag.attachNote(op.user_begin()->getLoc()) << "it is used here";
    return diag;
  }
  return success();
}

namespace {
struct FuseMasksPass : attn::impl::FuseMasksPassBase<FuseMasksPass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet patterns(context);
    for (RegisteredOperationName op : context->getRegisteredOperationsByDialect(
             arith::ArithDialect::getDialectNamespace()))
      op.getCanonicalizationPatterns(patterns, context);
    simplifications = std::move(patterns);
    return success();
  }

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isDeclaration())
      return;
    StoredConstants constants(func);
    WalkResult result = func.walk([&](AttentionOp op) {
      return WalkResult(MaskFusion(op, constants, simplifications).run());
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (Block &body : func.getBody()) {
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
        if ((isTensorLevel(&op) ||
             llvm::all_of(op.getResultTypes(), llvm::IsaPred<MaskType>)) &&
            isOpTriviallyDead(&op))
          op.erase();
      if (failed(refuseOtherTensorOps(body)))
        return signalPassFailure();
    }
  }

  FrozenRewritePatternSet simplifications;
};
} // namespace
