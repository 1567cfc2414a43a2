//===- NumpyFile.cpp - Reads and writes .npy files -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NumpyFile.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace attnc;
using namespace llvm::support::endian;

static constexpr StringLiteral kMagic = "\x93NUMPY";
/// Magic, version, and the header's length in two bytes.
static constexpr size_t kPreamble = 10;

static double decodeHalf(const char *p) {
  llvm::APFloat f(llvm::APFloat::IEEEhalf(), llvm::APInt(16, read16le(p)));
  return f.convertToFloat();
}
static double decodeFloat(const char *p) {
  return llvm::bit_cast<float>(read32le(p));
}
static double decodeDouble(const char *p) {
  return llvm::bit_cast<double>(read64le(p));
}
static double decodeByte(const char *p) { return static_cast<signed char>(*p); }
static double decodeInt(const char *p) {
  return static_cast<int32_t>(read32le(p));
}
static double decodeLong(const char *p) {
  return static_cast<double>(static_cast<int64_t>(read64le(p)));
}

namespace {
struct Encoding {
  StringLiteral name;
  size_t bytes;
  double (*decode)(const char *);
};
constexpr Encoding kEncodings[] = {
    {"<f2", 2, decodeHalf}, {"<f4", 4, decodeFloat}, {"<f8", 8, decodeDouble},
    {"|i1", 1, decodeByte}, {"|b1", 1, decodeByte},  {"<i4", 4, decodeInt},
    {"<i8", 8, decodeLong}};
} // namespace

llvm::Expected<ReferenceBuffer> attnc::readNumpy(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return llvm::createStringError(file.getError(), "cannot read " + path);
  auto refuse = [&](const Twine &why) {
    return llvm::createStringError(path + ": " + why);
  };
  StringRef text = (*file)->getBuffer();
  if (!text.starts_with(kMagic) || text.size() < kPreamble || text[6] != 1)
    return refuse("expected a .npy file of version 1");
  size_t length = read16le(text.data() + 8);
  StringRef header = text.substr(kPreamble, length);
  StringRef data = text.substr(std::min(text.size(), kPreamble + length));
  StringRef descr = header.split("'descr': '").second.split('\'').first;
  if (!header.contains("'fortran_order': False"))
    return refuse("expected C order");
  const Encoding *encoding = llvm::find_if(
      kEncodings, [&](const Encoding &e) { return e.name == descr; });
  if (encoding == std::end(kEncodings))
    return refuse("the type '" + descr + "' is not known");
  ReferenceBuffer buffer;
  SmallVector<StringRef> sizes;
  header.split("'shape': (")
      .second.split(')')
      .first.split(sizes, ',', -1,
                   /*KeepEmpty=*/false);
  for (StringRef size : sizes)
    if (!size.trim().empty() &&
        size.trim().getAsInteger(10, buffer.sizes.emplace_back()))
      return refuse("expected a shape");
  size_t count = countElements(buffer.sizes);
  if (data.size() != count * encoding->bytes)
    return refuse("expected " + Twine(count * encoding->bytes) +
                  " bytes of data, got " + Twine(data.size()));
  for (size_t i = 0; i < count; ++i)
    buffer.data.push_back(encoding->decode(data.data() + i * encoding->bytes));
  return buffer;
}

llvm::Error attnc::writeNumpy(StringRef path, const ReferenceBuffer &buffer,
                              Type type) {
  bool isByte = type.isInteger(1) || type.isInteger(8);
  bool isInteger = type.isIntOrIndex();
  std::string header;
  llvm::raw_string_ostream h(header);
  h << "{'descr': '"
    << (isByte      ? "|i1"
        : isInteger ? "<i4"
                    : "<f4")
    << "', 'fortran_order': False, 'shape': (";
  for (int64_t size : buffer.sizes)
    h << size << ", ";
  h << "), }\n";
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (error)
    return llvm::createStringError(error, "cannot write " + path);
  llvm::support::endian::Writer writer(out, llvm::endianness::little);
  out << kMagic << '\1' << '\0';
  writer.write<uint16_t>(header.size());
  out << header;
  for (double x : buffer.data)
    if (isByte)
      writer.write<int8_t>(static_cast<int8_t>(x));
    else if (isInteger)
      writer.write<int32_t>(std::isnan(x) ? INT32_MIN
                                          : static_cast<int32_t>(x));
    else
      writer.write<float>(static_cast<float>(x));
  out.close();
  if (out.has_error()) {
    std::error_code code = out.error();
    out.clear_error();
    return llvm::createStringError(code, "cannot write " + path);
  }
  return llvm::Error::success();
}
