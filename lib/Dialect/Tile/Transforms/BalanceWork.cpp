//===- BalanceWork.cpp - Hand out uneven work as blocks ask -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductFlow.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace attnc::tile {
#define GEN_PASS_DEF_BALANCEWORKPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

/// Whether `value` is computed from `from` by straight code.
static bool dependsOn(Value value, Value from) {
  llvm::SetVector<Value> seen;
  seen.insert(value);
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] == from)
      return true;
    if (Operation *def = seen[i].getDefiningOp())
      def->walk([&](Operation *op) { seen.insert_range(op->getOperands()); });
  }
  return false;
}

namespace {
struct BalanceWork : attnc::tile::impl::BalanceWorkPassBase<BalanceWork> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    auto schedulers = body.getOps<SchedulerOp>();
    auto roles = body.getOps<RolesOp>();
    if (schedulers.empty() || roles.empty())
      return;
    SchedulerOp scheduler = *schedulers.begin();
    scheduler.setDynamic(true);
    Region &producer = (*roles.begin()).getProducer();
    if (isUneven(producer))
      scheduler.getGroupMutable().assign(heads(scheduler, producer));
  }

private:
  /// Whether the first index of a work says how long it takes.
  bool isUneven(Region &producer) {
    bool uneven = false;
    producer.walk([&](WorkIdsOp ids) {
      producer.walk([&](scf::ForOp loop) {
        uneven |= dependsOn(loop.getLowerBound(), ids.getIds().front()) ||
                  dependsOn(loop.getUpperBound(), ids.getIds().front());
      });
    });
    return uneven;
  }

  /// How many heads to visit together: those whose tiles that loops load fit
  /// the L2 cache, in groups of one size.
  Value heads(SchedulerOp scheduler, Region &producer) {
    llvm::SetVector<Value> sources;
    producer.walk([&](LoadAsyncOp load) {
      if (load->getParentOfType<scf::ForOp>())
        sources.insert(load.getSource());
    });
    OpBuilder b(scheduler);
    Location loc = scheduler.getLoc();
    auto index = [&](int64_t value) {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    Value bytes = index(0), keys = index(0);
    // Query heads of a group share what they read.
    int64_t share = 1;
    for (Value source : sources) {
      auto type = cast<BufType>(source.getType());
      ArrayRef<int64_t> shape = type.getShape();
      Value rows = DimOp::create(b, loc, source, shape.size() - 2);
      keys = rows;
      int64_t rowBytes = shape.back() * type.getElementTypeBitWidth() / 8;
      bytes = arith::AddIOp::create(
          b, loc, bytes, arith::MulIOp::create(b, loc, rows, index(rowBytes)));
      if (scheduler.getSizes().size() < 2 || shape.size() < 3)
        continue;
      std::optional<int64_t> all = getConstantIntValue(scheduler.getSizes()[1]);
      if (all && shape[1] > 0)
        share = std::max<int64_t>(*all / shape[1], 1);
    }
    auto atLeastOne = [&](Value value) -> Value {
      return arith::MaxUIOp::create(b, loc, value, index(1));
    };
    // As many queries more pass through the cache as share the keys.
    int64_t perKey = std::max<int64_t>(hopper::kL2BytesPerKey / share, 1);
    Value budget = arith::MulIOp::create(b, loc, keys, index(perKey));
    budget = arith::MaxUIOp::create(b, loc, budget,
                                    index(hopper::kL2MinWorkingBytes));
    budget = arith::MinUIOp::create(b, loc, budget,
                                    index(hopper::kL2MaxWorkingBytes));
    Value fit =
        atLeastOne(arith::DivUIOp::create(b, loc, budget, atLeastOne(bytes)));
    fit = arith::MulIOp::create(b, loc, fit, index(share));
    Value all = index(1);
    for (Value size : llvm::drop_begin(scheduler.getSizes()))
      all = arith::MulIOp::create(b, loc, all, size);
    Value groups = atLeastOne(arith::CeilDivUIOp::create(b, loc, all, fit));
    return atLeastOne(arith::CeilDivUIOp::create(b, loc, all, groups));
  }
};
} // namespace
