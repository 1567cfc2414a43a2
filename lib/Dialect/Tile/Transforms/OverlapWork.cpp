//===- OverlapWork.cpp - The next work before this one's end -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

namespace attnc::tile {
#define GEN_PASS_DEF_OVERLAPWORKPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {
class WorkOverlapper {
public:
  WorkOverlapper(RolesOp roles) : roles(roles), b(roles.getContext()) {}
  /// False, with nothing changed, if the consumers have another form.
  bool run();

private:
  bool match();
  /// The first product of a work, in flight.
  struct Head {
    Value number, keyNumber, pending;
    SmallVector<Value> tags;
  };
  Head issueHead();
  void rebuildConsumers();
  void endProducer();

  RolesOp roles;
  OpBuilder b;
  Location loc = roles.getLoc();
  scf::WhileOp loop;
  /// Of the loop: the wait for a work, and the parts of its first product.
  WaitOp workWait;
  StageOfOp stage;
  SliceOp slice;
  WaitOp keyWait;
  NextUseOp keyUse;
  MmaAsyncOp product;
  MmaWaitOp productWait;
  /// The last product of a work and its wait.
  MmaAsyncOp lastProduct;
  MmaWaitOp lastWait;
  ReleaseOp workRelease;
};
} // namespace

bool WorkOverlapper::match() {
  auto loops = roles.getConsumers().front().getOps<scf::WhileOp>();
  if (loops.empty())
    return false;
  loop = *loops.begin();
  auto waits = loop.getBeforeBody()->getOps<WaitOp>();
  if (waits.empty())
    return false;
  workWait = *waits.begin();
  Block *body = loop.getAfterBody();
  for (auto op : body->getOps<MmaAsyncOp>()) {
    if (!product)
      product = op;
    lastProduct = op;
  }
  if (!product || product == lastProduct || product.getAcc() ||
      !product.getResult().hasOneUse() ||
      !lastProduct.getResult().hasOneUse())
    return false;
  productWait = dyn_cast<MmaWaitOp>(*product->user_begin());
  lastWait = dyn_cast<MmaWaitOp>(*lastProduct->user_begin());
  slice = product.getLhs().getDefiningOp<SliceOp>();
  keyWait = product.getRhs().getDefiningOp<WaitOp>();
  if (!productWait || !lastWait || !slice || !keyWait ||
      productWait->getBlock() != body || lastWait->getBlock() != body ||
      slice->getBlock() != body || keyWait->getBlock() != body)
    return false;
  stage = slice.getSource().getDefiningOp<StageOfOp>();
  keyUse = keyWait.getNumber().getDefiningOp<NextUseOp>();
  if (!stage || stage.getRing() != workWait.getRing() || !keyUse)
    return false;
  for (auto release : body->getOps<ReleaseOp>())
    if (release.getRing() == stage.getRing())
      workRelease = release;
  if (!workRelease || !lastProduct->isBeforeInBlock(lastWait))
    return false;
  // The queries are given back when the last product is issued.
  for (Value operand : workRelease->getOperands())
    if (Operation *def = operand.getDefiningOp();
        def && def->getBlock() == body && !def->isBeforeInBlock(lastProduct))
      return false;
  // What follows the last product may issue none of its own.
  for (Operation *op = lastProduct->getNextNode(); op; op = op->getNextNode())
    if (op->walk([](MmaAsyncOp) { return WalkResult::interrupt(); })
            .wasInterrupted())
      return false;
  return true;
}

WorkOverlapper::Head WorkOverlapper::issueHead() {
  Head head;
  Value ring = stage.getRing();
  head.number = NextUseOp::create(b, loc, b.getIndexType(), ring);
  auto wait = WaitOp::create(b, loc, workWait->getResultTypes(), ring,
                             head.number);
  head.tags.assign(wait.getTags().begin(), wait.getTags().end());
  // The offsets of the rows of a warpgroup are the same for each work.
  Value tile = SliceOp::create(b, loc, slice.getType(), wait.getStage(),
                               slice.getOffsets(), slice.getInBoundsAttr());
  Value keys = keyWait.getRing();
  head.keyNumber = NextUseOp::create(b, loc, b.getIndexType(), keys);
  auto key = WaitOp::create(b, loc, keyWait->getResultTypes(), keys,
                            head.keyNumber);
  head.pending =
      MmaAsyncOp::create(b, loc, product.getResult().getType(), tile,
                         key.getStage(), Value(), product.getTransposed());
  return head;
}

void WorkOverlapper::rebuildConsumers() {
  Type tile = productWait.getResult().getType();
  auto complete = [&](const Head &head) -> Value {
    return MmaWaitOp::create(b, loc, tile, head.pending, /*groups=*/0);
  };
  // What the slice of the queries needs must stand before the loop.
  Block *body = loop.getAfterBody();
  for (Value offset : slice.getOffsets())
    if (Operation *def = offset.getDefiningOp();
        def && def->getBlock() == body)
      def->moveBefore(loop);
  b.setInsertionPoint(loop);
  Head first = issueHead();
  SmallVector<Value> inits = {first.number};
  llvm::append_range(inits, first.tags);
  inits.push_back(first.keyNumber);
  inits.push_back(complete(first));
  SmallVector<Type> types = llvm::map_to_vector(
      inits, [](Value init) { return init.getType(); });
  SmallVector<Location> locs(types.size(), loc);
  auto flat = scf::WhileOp::create(b, loc, types, inits);

  Block *to = b.createBlock(&flat.getBefore(), {}, types, locs);
  IRMapping mapping;
  unsigned numPassed = first.tags.size() + 1;
  mapping.map(body->getArguments(), to->getArguments().take_front(numPassed));
  Value scores = to->getArguments().back();
  mapping.map(keyUse.getNumber(), to->getArgument(numPassed));
  mapping.map(productWait.getResult(), scores);
  llvm::SmallDenseSet<Operation *> inHead = {keyUse, keyWait, product,
                                             productWait, workRelease};
  Head next;
  for (Operation &op : body->without_terminator()) {
    if (inHead.contains(&op))
      continue;
    Operation *clone = b.clone(op, mapping);
    if (&op == lastProduct) {
      // The queries have been read by all products but this one.
      b.clone(*workRelease, mapping);
      next = issueHead();
    } else if (&op == lastWait) {
      cast<MmaWaitOp>(clone).setGroups(1);
    }
  }
  Value nextScores = complete(next);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value more = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                     next.tags.front(), zero);
  SmallVector<Value> passed = {next.number};
  llvm::append_range(passed, next.tags);
  passed.push_back(next.keyNumber);
  passed.push_back(nextScores);
  scf::ConditionOp::create(b, loc, more, passed);
  Block *after = b.createBlock(&flat.getAfter(), {}, types, locs);
  scf::YieldOp::create(b, loc, after->getArguments());
  loop.erase();
}

/// Consumers issue the product of a work before they know that there is none:
/// it reads whatever the stages hold.
void WorkOverlapper::endProducer() {
  Block &producer = roles.getProducer().front();
  auto works = *producer.getOps<scf::WhileOp>().begin();
  b.setInsertionPointAfter(works);
  Value keys = keyWait.getRing();
  Value number = NextUseOp::create(b, loc, b.getIndexType(), keys);
  AcquireOp::create(b, loc, cast<RingType>(keys.getType()).getStage(), keys,
                    number);
  CommitOp::create(b, loc, keys, number, ValueRange());
}

bool WorkOverlapper::run() {
  if (!match())
    return false;
  Value ring = stage.getRing();
  auto type = cast<RingType>(ring.getType());
  ring.setType(RingType::get(b.getContext(), /*stages=*/2, type.getStage(),
                             type.getTags()));
  endProducer();
  rebuildConsumers();
  return true;
}

namespace {
struct OverlapWork : attnc::tile::impl::OverlapWorkPassBase<OverlapWork> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    auto stages = kernel->getAttrOfType<IntegerAttr>(kQueryStagesAttr);
    auto roles = kernel.getBody().front().getOps<RolesOp>();
    if (roles.empty() || !stages || stages.getInt() < 2)
      return;
    if (!WorkOverlapper(*roles.begin()).run())
      remark::missed(kernel.getLoc(), remark::RemarkOpts::name("overlap-work")
                                          .category("tile-overlap-work"))
          << "each work begins when the last is done: expected a first product "
             "of a slice of the work's tile by a loaded one, and a last product, "
             "in no loop, that does not read the work's tile";
  }
};
} // namespace
