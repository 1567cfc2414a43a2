//===- ScheduledProducts.cpp - Products and stores in flight -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product reads its buffers as late as it may: when a wait needs it done.
//
//===----------------------------------------------------------------------===//

#include "ScheduledRole.h"

using namespace mlir;
using namespace attnc;

LogicalResult ScheduledRole::runMmaAsync(tile::MmaAsyncOp op) {
  if (failed(expectWarpgroup(*op)))
    return failure();
  auto product = std::make_shared<Product>();
  product->op = op;
  auto operand = [&](Value v, TileValue &value,
                     std::list<PendingRead>::iterator &read) -> LogicalResult {
    value = values[v];
    read = block.reads.end();
    if (!isa<tile::BufType>(v.getType()))
      return success();
    if (failed(checkRead(*op, view(v))))
      return failure();
    read = block.reads.insert(block.reads.end(), {view(v), op, role});
    return success();
  };
  if (failed(operand(op.getLhs(), product->lhs, product->lhsRead)) ||
      failed(operand(op.getRhs(), product->rhs, product->rhsRead)))
    return failure();
  if (op.getAcc())
    product->acc = tensor(op.getAcc());
  set(op.getResult(), product);
  inFlight.push_back(std::move(product));
  return success();
}

LogicalResult ScheduledRole::finishProduct(Product &product) {
  auto operand = [&](const TileValue &value,
                     std::list<PendingRead>::iterator read) {
    if (read == block.reads.end())
      return FailureOr<Tensor>(std::get<Tensor>(value));
    block.reads.erase(read);
    return this->read(*product.op, std::get<View>(value));
  };
  FailureOr<Tensor> lhs = operand(product.lhs, product.lhsRead);
  FailureOr<Tensor> rhs = operand(product.rhs, product.rhsRead);
  if (failed(lhs) || failed(rhs))
    return failure();
  product.result = multiply(*lhs, *rhs, product.op.getTransposed(),
                            product.acc ? &*product.acc : nullptr,
                            product.op.getType().getTile().getDimSize(1));
  product.done = true;
  return success();
}

LogicalResult ScheduledRole::runMmaWait(tile::MmaWaitOp op) {
  if (failed(expectWarpgroup(*op)))
    return failure();
  while (static_cast<int64_t>(inFlight.size()) >
         static_cast<int64_t>(op.getGroups())) {
    if (failed(finishProduct(*inFlight.front())))
      return failure();
    inFlight.pop_front();
  }
  Product &product =
      *std::get<std::shared_ptr<Product>>(values[op.getPending()]);
  if (!product.done) {
    InFlightDiagnostic diag = fail(*op);
    diag << "reads a product that is among the " << op.getGroups()
         << " that may be in flight";
    diag.attachNote(product.op.getLoc()) << "this one";
    return diag;
  }
  set(op.getResult(), product.result);
  return success();
}

LogicalResult ScheduledRole::runStoreAsync(tile::StoreAsyncOp op) {
  View from = view(op.getSource());
  if (failed(expectWarpgroup(*op)) || failed(checkRead(*op, from)))
    return failure();
  storeReads.push_back(block.reads.insert(block.reads.end(), {from, op, role}));
  ++storesInFlight;
  launch.tasks->addEvent([this, from, to = view(op.getDestination()),
                          offsets = integers(op.getOffsets())] {
    size_t leading = to.shape.size() - from.shape.size();
    forEachIndex(from.shape, [&](ArrayRef<int64_t> index, int64_t) {
      Sizes target(offsets);
      for (size_t d = 0; d < index.size(); ++d)
        target[leading + d] += index[d];
      if (llvm::any_of(target, [](int64_t i) { return i < 0; }))
        return;
      if (double *p = to.at(target))
        *p = *from.at(index);
    });
    --storesInFlight;
  });
  return success();
}

LogicalResult ScheduledRole::runStoreWait(tile::StoreWaitOp op) {
  if (failed(expectWarpgroup(*op)) ||
      failed(waitFor(*op, "its asynchronous stores",
                     [this] { return storesInFlight == 0; })))
    return failure();
  // Until here none may write, whether or not the tiles have been read.
  for (auto read : storeReads)
    block.reads.erase(read);
  storeReads.clear();
  return success();
}
