//===- PackageWriter.cpp - The package file -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The low-level calls need none of libcrypto's providers and configuration
// files. LLVM's own SHA-256 does not use the CPU's instructions for it.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "HopperKernelTable.h"
#include "Manifest.h"
#include "Vocabulary.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/ThreadPool.h"
#include <deque>
#include <openssl/sha.h>
#include <unistd.h>

using namespace mlir;
using namespace attnc;
namespace json = llvm::json;
namespace fs = llvm::sys::fs;

static constexpr uint64_t kLengthBytes = 8;
static constexpr uint64_t kDataAlign = 4096, kBlobAlign = 64;
static constexpr uint64_t kMaxHeaderBytes = 100'000'000;

namespace {
/// Lays the blobs out, then writes them and the header that describes them.
class PackageWriter {
public:
  PackageWriter(const PackageContents &contents, Plans &plans)
      : contents(contents), plans(plans) {}

  LogicalResult collectBlobs();
  LogicalResult write(StringRef path);

private:
  void layOut();
  void writeBlobs(int fd, uint64_t dataBegin);
  /// The header, padded. Its length does not depend on the digests.
  std::string buildHeader() const;
  std::error_code writeFile(int fd, uint64_t headerBytes);

  /// The tensor that a weight is made of, null if there is none.
  const WeightTensor *findSource(const StoredWeight &weight);
  void addCode(std::string name, ArrayRef<char> code);

  const PackageContents &contents;
  Plans &plans;
  json::Array hopperKernels; // the manifest's table
  std::vector<Blob> blobs;
  /// Constants of the program as the tensors of a file.
  std::deque<WeightTensor> constants;
  std::deque<std::vector<char>> constantBytes;
  /// Where a gap begins and ends.
  std::vector<std::pair<uint64_t, uint64_t>> pads;
  uint64_t hashOffset = 0;
};
} // namespace

static std::error_code writeAt(int fd, ArrayRef<char> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t written = llvm::sys::RetryAfterSignal(-1, pwrite, fd, bytes.data(),
                                                  bytes.size(), offset);
    if (written < 0)
      return std::error_code(errno, std::generic_category());
    bytes = bytes.drop_front(written);
    offset += written;
  }
  return {};
}

const WeightTensor *PackageWriter::findSource(const StoredWeight &weight) {
  if (!weight.constant)
    return contents.weights ? contents.weights->lookup(weight.source) : nullptr;
  ArrayRef<char> raw = weight.constant.getRawData();
  ShapedType type = weight.constant.getType();
  std::vector<char> &bytes = constantBytes.emplace_back();
  int64_t copies = weight.constant.isSplat() ? type.getNumElements() : 1;
  if (type.getElementType().isInteger(1))
    llvm::append_range(bytes, weight.constant.getValues<bool>());
  else
    for (int64_t i = 0; i < copies; ++i)
      bytes.insert(bytes.end(), raw.begin(), raw.end());
  constants.push_back({getStoredDtypeName(type.getElementType()).str(),
                       type.getShape().vec(), bytes});
  return &constants.back();
}

void PackageWriter::addCode(std::string name, ArrayRef<char> code) {
  auto size = static_cast<int64_t>(code.size());
  blobs.push_back({std::move(name), "U8", {size}, code.size(), code});
}

LogicalResult PackageWriter::collectBlobs() {
  if (contents.cpu)
    addCode(kCpuKernelsName.str(), contents.cpu->object);
  if (contents.hopper) {
    FailureOr<json::Array> table = writeHopperKernelTable(*contents.hopper);
    if (failed(table))
      return failure();
    hopperKernels = std::move(*table);
    for (const HopperKernel &kernel : contents.hopper->kernels)
      addCode(getCubinName(kernel), kernel.cubin);
  }
  for (const auto &[name, weight] : plans.weights) {
    tile::ProgramOp program = weight.program;
    if (!contents.weights && !weight.constant)
      return program.emitError("expected a weights file for the weight \"")
             << weight.source << "\", got none";
    const WeightTensor *source = findSource(weight);
    if (failed(weight.verify(source, weight.constant
                                         ? "attn.constant"
                                         : contents.weights->getPath())))
      return failure();
    Type elementType = weight.type.getElementType();
    uint64_t bytes = getDtypeBytes(elementType);
    for (int64_t size : weight.type.getShape())
      bytes *= size; // the plan holds this number: it does not overflow
    blobs.push_back({name,
                     getStoredDtypeName(elementType),
                     SmallVector<int64_t>(weight.type.getShape()),
                     bytes,
                     {},
                     &weight,
                     source});
  }
  layOut();
  return success();
}

void PackageWriter::layOut() {
  uint64_t end = 0;
  auto align = [&] {
    uint64_t begin = llvm::alignTo(end, kBlobAlign);
    if (begin != end)
      pads.emplace_back(end, begin);
    return begin;
  };
  for (Blob &blob : blobs) {
    blob.offset = align();
    end = blob.offset + blob.size;
  }
  hashOffset = align();
}

std::string PackageWriter::buildHeader() const {
  json::Object header;
  auto add = [&](std::string name, StringRef dtype, ArrayRef<int64_t> shape,
                 uint64_t begin, uint64_t end) {
    header[std::move(name)] =
        json::Object{{"dtype", dtype},
                     {"shape", json::Array(shape)},
                     {"data_offsets", json::Array{begin, end}}};
  };
  for (const Blob &blob : blobs)
    add(blob.name, blob.dtype, blob.shape, blob.offset,
        blob.offset + blob.size);
  for (auto [index, pad] : llvm::enumerate(pads))
    add(("attnc.pad." + Twine(index)).str(), "U8",
        {static_cast<int64_t>(pad.second - pad.first)}, pad.first, pad.second);
  add("attnc.sha256", "U8", {SHA256_DIGEST_LENGTH}, hashOffset,
      hashOffset + SHA256_DIGEST_LENGTH);

  auto text = [](json::Object object) {
    std::string result;
    llvm::raw_string_ostream(result) << json::Value(std::move(object));
    return result;
  };
  json::Object metadata{
      {"attnc.manifest",
       text(buildManifest(contents, plans, hopperKernels, blobs))}};
  if (plans.cpu)
    metadata["attnc.plan"] = text(*plans.cpu);
  if (plans.hopper)
    metadata[("attnc.plan." + hopper::kTargetName).str()] = text(*plans.hopper);
  header["__metadata__"] = std::move(metadata);
  std::string result = text(std::move(header));
  result.resize(llvm::alignTo(kLengthBytes + result.size(), kDataAlign) -
                    kLengthBytes,
                ' ');
  return result;
}

void PackageWriter::writeBlobs(int fd, uint64_t dataBegin) {
  // The largest first, so that no thread ends with one alone.
  std::vector<Blob *> order;
  for (Blob &blob : blobs)
    order.push_back(&blob);
  llvm::sort(order, [](Blob *a, Blob *b) {
    return std::tuple(b->size, a->offset) < std::tuple(a->size, b->offset);
  });
  // Packs, hashes and writes a chunk while it is in the cache. A full disk is
  // an error of the write; through a mapped file it would be a signal.
  auto writeBlob = [&](Blob *blob) {
    StoredBytes bytes = blob->read();
    SHA256_CTX sha;
    SHA256_Init(&sha);
    uint64_t offset = dataBegin + blob->offset;
    for (ArrayRef<char> chunk = bytes.next(); !chunk.empty();
         chunk = bytes.next()) {
      SHA256_Update(&sha, chunk.data(), chunk.size());
      if ((blob->error = writeAt(fd, chunk, offset)))
        return;
      offset += chunk.size();
    }
    SHA256_Final(blob->digest.data(), &sha);
  };
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency());
  for (Blob *blob : order)
    pool.async(writeBlob, blob);
  pool.wait();
}

std::error_code PackageWriter::writeFile(int fd, uint64_t headerBytes) {
  uint64_t dataBegin = kLengthBytes + headerBytes;
  writeBlobs(fd, dataBegin);
  for (const Blob &blob : blobs)
    if (blob.error)
      return blob.error;
  const std::string header = buildHeader();
  char length[kLengthBytes];
  llvm::support::endian::write64le(length, header.size());
  Digest digest;
  SHA256_CTX sha;
  SHA256_Init(&sha);
  SHA256_Update(&sha, header.data(), header.size());
  SHA256_Final(digest.data(), &sha);
  ArrayRef<char> hash(reinterpret_cast<const char *>(digest.data()),
                      digest.size());
  // Gaps need no write: what lies between writes is zero.
  if (std::error_code error = writeAt(fd, length, 0))
    return error;
  if (std::error_code error = writeAt(fd, header, kLengthBytes))
    return error;
  return writeAt(fd, hash, dataBegin + hashOffset);
}

LogicalResult PackageWriter::write(StringRef path) {
  ModuleOp module =
      contents.cpu ? contents.cpu->programs : contents.hopper->programs;
  auto emitError = [&](const Twine &reason) {
    return mlir::emitError(UnknownLoc::get(module.getContext()))
           << "cannot write '" << path << "': " << reason;
  };
  // With placeholders for the digests, for its length.
  uint64_t headerBytes = buildHeader().size();
  if (headerBytes > kMaxHeaderBytes)
    return emitError("expected a header of at most " + Twine(kMaxHeaderBytes) +
                     " bytes, got " + Twine(headerBytes));
  // Renaming onto a device would replace it.
  fs::file_status status;
  if (!fs::status(path, status) && !fs::is_regular_file(status))
    return emitError("expected a regular file");

  // Not fs::TempFile: it would replace every '%' of the path.
  std::string temporary =
      (path + "." + Twine(llvm::sys::Process::getProcessId()) + ".tmp").str();
  int fd;
  if (std::error_code error =
          fs::openFileForWrite(temporary, fd, fs::CD_CreateNew))
    return emitError(error.message());
  llvm::sys::RemoveFileOnSignal(temporary);
  std::error_code error = writeFile(fd, headerBytes);
  std::error_code closeError =
      llvm::sys::Process::SafelyCloseFileDescriptor(fd);
  if (!error)
    error = closeError;
  if (!error)
    error = fs::rename(temporary, path);
  if (error)
    fs::remove(temporary);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  if (error)
    return emitError(error.message());
  return success();
}

LogicalResult attnc::writePackage(const PackageContents &contents,
                                  StringRef path) {
  FailureOr<Plans> plans = exportPlans(contents);
  if (failed(plans))
    return failure();
  PackageWriter writer(contents, *plans);
  if (failed(writer.collectBlobs()))
    return failure();
  return writer.write(path);
}
