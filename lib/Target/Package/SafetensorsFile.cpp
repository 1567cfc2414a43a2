//===- SafetensorsFile.cpp - Strict reading of a weights file -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: https://github.com/huggingface/safetensors, "Format".
//
//===----------------------------------------------------------------------===//

#include "attnc/Target/Package.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;
namespace json = llvm::json;

static constexpr uint64_t kLengthBytes = 8;
/// What the format's reference reader accepts.
static constexpr uint64_t kMaxHeaderBytes = 100'000'000;
/// No file needs more than 3; LLVM's JSON parser recurses.
static constexpr int kMaxJsonDepth = 8;

/// Bits of an element, 0 for an unknown dtype.
static int64_t getDtypeBits(StringRef dtype) {
  return llvm::StringSwitch<int64_t>(dtype)
      .Case("F4", 4)
      .Cases({"F6_E2M3", "F6_E3M2"}, 6)
      .Cases({"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"}, 8)
      .Cases({"I16", "U16", "F16", "BF16"}, 16)
      .Cases({"I32", "U32", "F32"}, 32)
      .Cases({"I64", "U64", "F64", "C64"}, 64)
      .Default(0);
}

/// What the JSON parser does not tell: how deep the text nests, and how many
/// keys it has, equal ones counted.
static std::pair<int, size_t> scanJson(StringRef text) {
  int depth = 0, maxDepth = 0;
  size_t keys = 0;
  bool isString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (isString) {
      i += c == '\\';
      isString = c != '"';
    } else if (c == '"') {
      isString = true;
    } else if (c == '{' || c == '[') {
      maxDepth = std::max(maxDepth, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    } else {
      keys += c == ':';
    }
  }
  return {maxDepth, keys};
}

static size_t countKeys(const json::Value &value) {
  size_t count = 0;
  if (const json::Object *object = value.getAsObject())
    for (const auto &[key, member] : *object)
      count += 1 + countKeys(member);
  else if (const json::Array *array = value.getAsArray())
    for (const json::Value &element : *array)
      count += countKeys(element);
  return count;
}

/// Reads a list of numbers in 0 … 2^63 - 1.
static std::optional<std::vector<int64_t>> getSizes(const json::Object &object,
                                                    StringRef key) {
  const json::Array *array = object.getArray(key);
  if (!array)
    return std::nullopt;
  std::vector<int64_t> sizes;
  for (const json::Value &element : *array) {
    std::optional<int64_t> size = element.getAsInteger();
    if (!size || *size < 0)
      return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

/// Reads one entry of the header; what is wrong with it goes to `error`.
static std::optional<WeightTensor>
parseTensor(const json::Value &value, ArrayRef<char> data, std::string &error) {
  const json::Object *object = value.getAsObject();
  std::optional<StringRef> dtype;
  std::optional<std::vector<int64_t>> shape, offsets;
  if (object && object->size() == 3) {
    dtype = object->getString("dtype");
    shape = getSizes(*object, "shape");
    offsets = getSizes(*object, "data_offsets");
  }
  if (!dtype || !shape || !offsets || offsets->size() != 2) {
    error = "expected {\"dtype\": string, \"shape\": sizes, \"data_offsets\": "
            "[begin, end]}";
    return std::nullopt;
  }
  int64_t bits = getDtypeBits(*dtype);
  if (!bits) {
    error = ("unknown dtype " + *dtype).str();
    return std::nullopt;
  }
  for (int64_t size : *shape)
    if (llvm::MulOverflow(bits, size, bits)) {
      error = "its size overflows 64 bits";
      return std::nullopt;
    }
  int64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (begin > end || end > static_cast<int64_t>(data.size())) {
    error = ("expected data_offsets in 0 to " + Twine(data.size()) + ", got " +
             Twine(begin) + " to " + Twine(end))
                .str();
    return std::nullopt;
  }
  if (bits % 8 || bits / 8 != end - begin) {
    error = ("expected " + Twine(bits / 8) + " bytes for its shape, got " +
             Twine(end - begin))
                .str();
    return std::nullopt;
  }
  return WeightTensor{dtype->str(), std::move(*shape),
                      data.slice(begin, end - begin)};
}

FailureOr<std::unique_ptr<WeightFile>>
WeightFile::open(StringRef path, function_ref<InFlightDiagnostic()> emitError) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return emitError() << "cannot read '" << path
                       << "': " << file.getError().message();
  std::unique_ptr<WeightFile> result(new WeightFile(std::move(*file)));
  if (failed(result->parse(
          [&] { return std::move(emitError() << "'" << path << "': "); })))
    return failure();
  return result;
}

LogicalResult WeightFile::parse(function_ref<InFlightDiagnostic()> emitError) {
  StringRef text = file->getBuffer();
  if (text.size() < kLengthBytes)
    return emitError() << "expected a safetensors file, got " << text.size()
                       << " bytes";
  uint64_t length = llvm::support::endian::read64le(text.data());
  text = text.drop_front(kLengthBytes);
  if (length > std::min<uint64_t>(kMaxHeaderBytes, text.size()))
    return emitError() << "expected a header of at most "
                       << std::min<uint64_t>(kMaxHeaderBytes, text.size())
                       << " bytes, got " << length;
  ArrayRef<char> data(text.data() + length, text.size() - length);
  text = text.take_front(length);

  auto [depth, numKeys] = scanJson(text);
  if (depth > kMaxJsonDepth)
    return emitError() << "expected a header nested at most " << kMaxJsonDepth
                       << " deep, got " << depth;
  llvm::Expected<json::Value> header = json::parse(text);
  if (!header)
    return emitError() << "expected a header in JSON: "
                       << llvm::toString(header.takeError());
  const json::Object *object = header->getAsObject();
  if (!object)
    return emitError() << "expected the header to be a JSON object";
  if (countKeys(*header) != numKeys)
    return emitError() << "duplicate keys in the header";

  std::vector<std::pair<ArrayRef<char>, StringRef>> ranges;
  for (const auto &[key, value] : *object) {
    StringRef name = key;
    if (name == "__metadata__")
      continue;
    std::string error;
    std::optional<WeightTensor> tensor = parseTensor(value, data, error);
    if (!tensor)
      return emitError() << "tensor \"" << name << "\": " << error;
    ranges.emplace_back(tensor->bytes, name);
    tensors.try_emplace(name, std::move(*tensor));
  }
  llvm::sort(ranges, [](const auto &a, const auto &b) {
    return std::tuple(a.first.begin(), a.first.end(), a.second) <
           std::tuple(b.first.begin(), b.first.end(), b.second);
  });
  const char *end = data.begin();
  for (const auto &[bytes, name] : ranges) {
    if (bytes.begin() != end)
      return emitError() << "tensor \"" << name << "\": expected data from "
                         << end - data.begin()
                         << ", where the one before ends, got "
                         << bytes.begin() - data.begin();
    end = bytes.end();
  }
  if (end != data.end())
    return emitError() << "expected data to the end of the file, "
                       << data.size() << ", got " << end - data.begin();
  return success();
}

const WeightTensor *WeightFile::lookup(StringRef name) const {
  auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}
