//===- PlanOverrides.cpp - Tile sizes that a person pins -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanOverrides.h"
#include "attnc/Target/Hopper.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace attnc::attn;

FailureOr<PlanOverrides>
PlanOverrides::read(StringRef path,
                    function_ref<InFlightDiagnostic()> emitError) {
  PlanOverrides result;
  if (path.empty())
    return result;
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return emitError() << "cannot read '" << path
                       << "': " << file.getError().message();
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse((*file)->getBuffer());
  if (!json)
    return emitError() << "expected JSON in '" << path << "', got "
                       << llvm::toString(json.takeError());
  llvm::json::Object *kinds = json->getAsObject();
  if (!kinds)
    return emitError() << "expected an object in '" << path << "'";
  for (auto &[kind, value] : *kinds) {
    auto [op, target] = StringRef(kind).split('@');
    StringRef name = op.split(' ').first;
    bool isHopper = target == hopper::kTargetName && name == "attention";
    llvm::json::Object *sizes = value.getAsObject();
    if (!sizes ||
        !llvm::is_contained(
            {"linear", "attention", "norm", "rope", "embedding"}, name) ||
        (!target.empty() && !isHopper))
      return emitError() << "expected '" << path
                         << "' to map linear, attention, norm, rope, "
                            "embedding or attention@"
                         << hopper::kTargetName << " to an object, got \""
                         << kind.str() << "\"";
    for (auto &[member, size] : *sizes) {
      std::optional<int64_t> number = size.getAsInteger();
      constexpr int64_t limit = 1 << 20;
      SmallVector<StringRef> members = {"m", "n", "k", "strip"};
      if (isHopper)
        members = {"n", "warpgroups", "stages", "query_stages", "turns"};
      bool isFlag = member.str() == "turns";
      if (!llvm::is_contained(members, member.str()) || !number ||
          *number < (isFlag ? 0 : 1) || *number > (isFlag ? 1 : limit))
        return emitError() << "expected " << llvm::join(members, ", ")
                           << " from 1 to " << limit
                           << (isHopper ? ", turns 0 or 1," : "") << " in \"" << kind.str()
                           << "\" of '" << path << "', got \""
                           << member.str() << "\"";
      result.overrides[kind.str()][member.str()] = *number;
    }
  }
  return result;
}

PlanAttr PlanOverrides::apply(Operation *op, PlanAttr plan) const {
  std::string kind = op->getName().stripDialect().str();
  auto shape = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  std::string specific = kind;
  if (auto linear = dyn_cast<LinearOp>(op))
    specific += " " + std::to_string(shape(linear.getInput()).back()) + "x" +
                std::to_string(shape(linear.getOutput()).back());
  if (auto attention = dyn_cast<AttentionOp>(op))
    specific += " " + std::to_string(shape(attention.getQuery()).back());
  std::string suffix =
      plan.getWarpgroups() ? "@" + hopper::kTargetName.str() : "";
  auto found = overrides.find(specific + suffix);
  if (found == overrides.end())
    found = overrides.find(kind + suffix);
  if (found == overrides.end())
    return plan;
  auto pinned = [&](StringRef member, int64_t planned) {
    auto size = found->second.find(member);
    return size == found->second.end() ? planned : size->second;
  };
  int64_t strip = pinned("strip", plan.getStrip());
  int64_t warpgroups = pinned("warpgroups", plan.getWarpgroups());
  int64_t blockM = warpgroups ? warpgroups * strip
                              : pinned("m", plan.getBlockM());
  return PlanAttr::get(plan.getContext(), blockM, pinned("n", plan.getBlockN()),
                       pinned("k", plan.getBlockK()), strip, plan.getPanel(),
                       plan.getDepth(), warpgroups,
                       pinned("stages", plan.getStages()),
                       pinned("query_stages", plan.getQueryStages()),
      pinned("turns", plan.getTurns()));
}
