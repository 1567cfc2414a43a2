//===- WeightLayout.cpp - How a package stores a weight -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightLayout.h"
#include "Vocabulary.h"
#include "attnc/Dialect/Attn/IR/Attn.h"

using namespace mlir;
using namespace attnc;

static FailureOr<PanelLayout> parsePanels(tile::ProgramOp program, unsigned arg,
                                          Attribute attr) {
  auto layout = dyn_cast<DictionaryAttr>(attr);
  auto getNumber = [&](StringRef name, int64_t max) -> int64_t {
    auto number = layout.getAs<IntegerAttr>(name);
    bool isValid = number && number.getValue().isStrictlyPositive() &&
                   number.getValue().sle(max);
    return isValid ? number.getInt() : 0;
  };
  if (layout && layout.size() == 3) {
    PanelLayout panels{getNumber("width", PanelLayout::kMaxWidth),
                       getNumber("depth", PanelLayout::kMaxDepth), false};
    auto transposed = layout.getAs<BoolAttr>("transposed");
    if (panels.width && panels.depth && transposed) {
      panels.transposed = transposed.getValue();
      return panels;
    }
  }
  return program.emitError("expected tile.layout of argument ")
         << arg << " to be a width of 1 to " << PanelLayout::kMaxWidth
         << ", a depth of 1 to " << PanelLayout::kMaxDepth
         << " and a flag transposed, got " << attr;
}

FailureOr<StoredWeight> StoredWeight::get(tile::ProgramOp program,
                                          unsigned arg) {
  StoredWeight weight;
  weight.program = program;
  weight.type = cast<tile::BufType>(program.getArgumentTypes()[arg]);
  auto source = program.getArgAttrOfType<StringAttr>(arg, attn::kWeightAttr);
  if (!source || !isName(source) || source.getValue().starts_with("attnc."))
    return program.emitError("expected attn.weight of argument ")
           << arg
           << " to be a name in UTF-8 without control characters that does "
              "not start with \"attnc.\", got "
           << source;
  if (!isWeightType(weight.type.getElementType()))
    return program.emitError("expected the weight ")
           << source << " to hold f32, bf16, f16 or i32, got "
           << weight.type.getElementType();
  weight.source = weight.name = source.str();
  if (Attribute attr = program.getArgAttr(arg, tile::kLayoutAttr)) {
    FailureOr<PanelLayout> panels = parsePanels(program, arg, attr);
    if (failed(panels))
      return failure();
    weight.panels = *panels;
    weight.name += "@panels" + std::to_string(panels->width);
    if (panels->depth != 1)
      weight.name += "x" + std::to_string(panels->depth);
    if (panels->transposed)
      weight.name += "t";
  }
  return weight;
}

LogicalResult StoredWeight::verify(const WeightTensor *tensor,
                                   StringRef path) const {
  auto error = [&]() -> InFlightDiagnostic {
    tile::ProgramOp op = program;
    return std::move(op.emitError("expected the weight \"") << source << "\" ");
  };
  if (!tensor)
    return error() << "in '" << path << "', which lacks it";
  StringRef dtype = getDtypeName(type.getElementType());
  std::vector<int64_t> stored = tensor->shape;
  if (panels && stored.size() != 2)
    return error() << "to be a matrix of " << dtype << ", got "
                   << describeTensor(tensor->dtype, tensor->shape) << " in '"
                   << path << "'";
  if (panels) {
    int64_t k = stored[panels->transposed], n = stored[!panels->transposed];
    stored = {llvm::divideCeilSigned(n, panels->width),
              llvm::divideCeilSigned(k, panels->depth), panels->width};
    if (panels->depth != 1)
      stored.push_back(panels->depth);
  }
  if (dtype == tensor->dtype && type.getShape() == ArrayRef(stored))
    return success();
  return error() << "to be " << describeTensor(dtype, type.getShape())
                 << (panels ? " in panels" : "") << ", got "
                 << describeTensor(tensor->dtype, stored) << " in '" << path
                 << "'";
}

//===----------------------------------------------------------------------===//
// StoredBytes
//===----------------------------------------------------------------------===//

StoredBytes::StoredBytes(const WeightTensor &tensor,
                         std::optional<PanelLayout> layout,
                         int64_t elementBytes)
    : source(tensor.bytes), panels(layout), elementBytes(elementBytes) {
  if (!panels)
    return;
  k = tensor.shape[panels->transposed];
  n = tensor.shape[!panels->transposed];
  numPanels = llvm::divideCeilSigned(n, panels->width);
  panelRows = llvm::divideCeilSigned(k, panels->depth);
  chunk.resize(kChunkBytes);
}

ArrayRef<char> StoredBytes::next() {
  if (!panels) {
    ArrayRef<char> bytes = source.take_front(kChunkBytes);
    source = source.drop_front(bytes.size());
    return bytes;
  }
  if (panel == numPanels)
    return {};
  // Whole panels, so that what is read of a source row is long; parts of one
  // where it is larger than a chunk.
  int64_t rowBytes = panels->width * panels->depth * elementBytes;
  int64_t maxRows = kChunkBytes / rowBytes;
  int64_t begin = row, firstPanel = panel;
  row = std::min(panelRows, begin + maxRows);
  int64_t endPanel =
      panel + std::clamp<int64_t>(maxRows / panelRows, 1, numPanels - panel);
  int64_t rows = (endPanel - firstPanel) * (row - begin);
  if (elementBytes == 4)
    pack<uint32_t>(firstPanel, endPanel, begin, row);
  else
    pack<uint16_t>(firstPanel, endPanel, begin, row);
  if (row == panelRows) {
    row = 0;
    panel = endPanel;
  }
  return ArrayRef(chunk).take_front(rows * rowBytes);
}

template <typename T>
void StoredBytes::pack(int64_t firstPanel, int64_t endPanel, int64_t firstRow,
                       int64_t endRow) {
  const auto [width, depth, transposed] = *panels;
  T *out = reinterpret_cast<T *>(chunk.data());
  if (endPanel * width > n || endRow * depth > k)
    llvm::fill(chunk, 0);
  // The file aligns nothing.
  auto load = [&](int64_t index) {
    T value;
    memcpy(&value, source.data() + index * sizeof(T), sizeof(T));
    return value;
  };
  // What a block touches of the source and of the panel stays in the L1 cache.
  constexpr int64_t kBlockRows = 16;
  for (int64_t begin = firstRow; begin < endRow; begin += kBlockRows)
    for (int64_t p = firstPanel; p < endPanel; ++p) {
      int64_t end = std::min(begin + kBlockRows, endRow);
      int64_t column = p * width, columns = std::min(width, n - column);
      T *to =
          out + ((p - firstPanel) * (endRow - firstRow) + begin - firstRow) *
                    width * depth;
      if (transposed) {
        for (int64_t c = 0; c < columns; ++c)
          for (int64_t r = begin; r < end; ++r)
            for (int64_t i = r * depth; i < std::min(k, (r + 1) * depth); ++i)
              to[((r - begin) * width + c) * depth + i - r * depth] =
                  load((column + c) * k + i);
        continue;
      }
      for (int64_t r = begin; r < end; ++r, to += width * depth)
        for (int64_t i = r * depth; i < std::min(k, (r + 1) * depth); ++i) {
          int64_t from = i * n + column;
          if (depth == 1)
            memcpy(to, source.data() + from * sizeof(T), columns * sizeof(T));
          else
            for (int64_t c = 0; c < columns; ++c)
              to[c * depth + i - r * depth] = load(from + c);
        }
    }
}
