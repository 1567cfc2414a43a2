//===- Manifest.cpp - What a package says of itself -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Manifest.h"
#include "attnc_rt/kernel_abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir;
using namespace attnc;
namespace json = llvm::json;

/// The least minor version whose readers know all that the package has: what an
/// older one can read stays so.
static int64_t getMinorVersion(const PackageContents &contents,
                               const Plans &plans) {
  if (contents.hopper)
    return 2;
  bool isPadded = llvm::any_of(plans.weights, [](const auto &entry) {
    return llvm::any_of(entry.second.pad, [](int64_t n) { return n; });
  });
  return plans.ranks || isPadded ? 1 : 0;
}

static json::Object writeWeights(ArrayRef<Blob> blobs) {
  json::Object weights;
  for (const Blob &blob : blobs) {
    if (!blob.weight)
      continue;
    json::Object layout{{"kind", "plain"}};
    if (auto panels = blob.weight->panels)
      layout = json::Object{{"kind", "panels"},
                            {"width", panels->width},
                            {"depth", panels->depth},
                            {"transposed", panels->transposed}};
    json::Object description{{"source", blob.weight->source},
                             {"dtype", blob.dtype},
                             {"shape", json::Array(blob.source->shape)},
                             {"layout", std::move(layout)}};
    if (llvm::any_of(blob.weight->pad, [](int64_t count) { return count; }))
      description["pad"] = json::Array(blob.weight->pad);
    if (llvm::any_of(blob.weight->counts, [](int64_t n) { return n > 1; }))
      description["slice"] = json::Object{
          {"offset", json::Array(blob.weight->getOffset(*blob.source))},
          {"size", json::Array(blob.weight->getSize(*blob.source))}};
    weights[blob.name] = std::move(description);
  }
  return weights;
}

json::Object attnc::buildManifest(const PackageContents &contents,
                                  const Plans &plans,
                                  const json::Array &hopperKernels,
                                  ArrayRef<Blob> blobs) {
  json::Array targets;
  if (contents.cpu)
    targets.push_back(json::Object{
        {"name", CpuTarget::kTargetName},
        {"arch", "x86_64"},
        {"cpu", contents.cpu->target->name},
        {"features", json::Array(contents.cpu->target->features)},
        {"blob", kCpuKernelsName},
        {"kernel_abi", ATTNC_KERNEL_ABI_VERSION}});
  if (contents.hopper)
    targets.push_back(json::Object{{"name", hopper::kTargetName},
                                   {"kernels", json::Array(hopperKernels)}});
  json::Object digests;
  for (const Blob &blob : blobs)
    digests[blob.name] = llvm::toHex(blob.digest, /*LowerCase=*/true);
  json::Object manifest{
      {"format", json::Array{1, getMinorVersion(contents, plans)}},
      {"producer", "attnc " ATTNC_VERSION " (LLVM " LLVM_VERSION_STRING ")"},
      {"targets", std::move(targets)},
      {"sha256", std::move(digests)},
      {"weights", writeWeights(blobs)}};
  if (plans.ranks)
    manifest["grid"] =
        json::Object{{"name", plans.ranks.getName()},
                     {"shape", json::Array(plans.ranks.getShape())}};
  return manifest;
}
