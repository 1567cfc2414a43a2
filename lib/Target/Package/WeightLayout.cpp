//===- WeightLayout.cpp - How a package stores a weight -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightLayout.h"
#include "Vocabulary.h"
#include "llvm/Support/FormatVariadic.h"

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

/// The number of the slice of `rank` in a dimension, and how many there are.
static std::pair<int64_t, int64_t>
getSlice(attn::DimSplit split, ArrayRef<int64_t> grid, int64_t rank) {
  if (split.isWhole())
    return {0, 1};
  for (int64_t size : llvm::reverse(grid.drop_front(split.axis + 1)))
    rank /= size;
  int64_t ranks = grid[split.axis];
  return {rank % ranks / split.group, ranks / split.group};
}

/// Reads how ranks divide a weight. A slice's name tells which it is, such as
/// "wq@*,1of2".
static LogicalResult parseSlice(StoredWeight &weight, unsigned arg,
                                int64_t rank) {
  tile::ProgramOp program = weight.program;
  if (auto pad = program.getArgAttrOfType<ArrayAttr>(arg, attn::kPadAttr))
    for (auto count : pad.getAsRange<IntegerAttr>())
      weight.pad.push_back(count.getInt());
  weight.constant =
      program.getArgAttrOfType<DenseElementsAttr>(arg, attn::kConstantAttr);
  weight.slice =
      program.getArgAttrOfType<attn::SliceAttr>(arg, attn::kSliceAttr);
  if (!weight.slice)
    return success();
  weight.pad.assign(weight.slice.getPad().begin(), weight.slice.getPad().end());
  auto ranks = program->getAttrOfType<tile::RanksAttr>(tile::kRanksAttr);
  std::string tag;
  bool isDivided = false;
  for (attn::DimSplit split : weight.slice.getDims()) {
    if (!split.isWhole() &&
        (!ranks ||
         split.axis >= static_cast<int64_t>(ranks.getShape().size()) ||
         ranks.getShape()[split.axis] % split.group))
      return program.emitError("expected attn.slice of argument ")
             << arg << " to divide the ranks of tile.ranks, got "
             << weight.slice;
    auto [index, count] =
        getSlice(split, ranks ? ranks.getShape() : ArrayRef<int64_t>(), rank);
    weight.indices.push_back(index);
    weight.counts.push_back(count);
    isDivided |= count > 1;
    tag += tag.empty() ? "@" : ",";
    tag += count == 1 ? "*" : llvm::formatv("{0}of{1}", index, count).str();
  }
  if (isDivided)
    weight.name += tag;
  return success();
}

FailureOr<StoredWeight> StoredWeight::get(tile::ProgramOp program, unsigned arg,
                                          int64_t rank) {
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
  Type element = weight.type.getElementType();
  bool isCondition =
      element.isInteger(1) && program.getArgAttr(arg, attn::kConstantAttr);
  if (!isWeightType(element) && !isCondition)
    return program.emitError("expected the weight ")
           << source << " to hold f32, bf16, f16 or i32, got "
           << weight.type.getElementType();
  weight.source = weight.name = source.str();
  if (failed(parseSlice(weight, arg, rank)))
    return failure();
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

SmallVector<int64_t> StoredWeight::getSize(const WeightTensor &tensor) const {
  SmallVector<int64_t> size(ArrayRef<int64_t>(tensor.shape));
  for (auto [dim, count] : llvm::enumerate(pad))
    size[dim] += count;
  for (auto [dim, count] : llvm::enumerate(counts))
    size[dim] /= count;
  return size;
}

SmallVector<int64_t> StoredWeight::getOffset(const WeightTensor &tensor) const {
  SmallVector<int64_t> offset = getSize(tensor);
  for (auto [dim, size] : llvm::enumerate(offset))
    size *= slice ? indices[dim] : 0;
  return offset;
}

LogicalResult StoredWeight::verify(const WeightTensor *tensor,
                                   StringRef path) const {
  auto error = [&]() -> InFlightDiagnostic {
    tile::ProgramOp op = program;
    return std::move(op.emitError("expected the weight \"") << source << "\" ");
  };
  if (!tensor)
    return error() << "in '" << path << "', which lacks it";
  StringRef dtype = getStoredDtypeName(type.getElementType());
  // What the file should have: the whole without its padding.
  SmallVector<int64_t> whole(slice ? slice.getShape()
                                   : ArrayRef<int64_t>(tensor->shape));
  if (slice)
    for (auto [size, count] : llvm::zip(whole, pad))
      size -= count;
  if ((slice && ArrayRef(whole) != ArrayRef(tensor->shape)) ||
      (!pad.empty() && pad.size() != tensor->shape.size()))
    return error() << "to be " << describeTensor(dtype, whole) << ", got "
                   << describeTensor(tensor->dtype, tensor->shape) << " in '"
                   << path << "'";
  SmallVector<int64_t> stored = getSize(*tensor);
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
  // Slices of equal size one behind the other tile the whole.
  for (size_t dim = 0; dim < counts.size(); ++dim)
    if (slice.getShape()[dim] % counts[dim])
      return error() << "to have slices of equal size, got " << slice;
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

StoredBytes::StoredBytes(const WeightTensor &tensor, const StoredWeight &weight)
    : source(tensor.bytes), panels(weight.panels),
      elementBytes(getDtypeBytes(weight.type.getElementType())),
      shape(ArrayRef<int64_t>(tensor.shape)), offset(weight.getOffset(tensor)),
      size(weight.getSize(tensor)) {
  isBox = !panels &&
          (size != shape || llvm::any_of(offset, [](int64_t n) { return n; }));
  if (isBox || panels)
    chunk.resize(kChunkBytes);
  if (!panels)
    return;
  auto clip = [&](int64_t dim) {
    return std::clamp<int64_t>(shape[dim] - offset[dim], 0, size[dim]);
  };
  k = clip(panels->transposed);
  n = clip(!panels->transposed);
  rowLength = shape[1];
  firstElement = offset[0] * rowLength + offset[1];
  numPanels = llvm::divideCeilSigned(size[!panels->transposed], panels->width);
  panelRows = llvm::divideCeilSigned(size[panels->transposed], panels->depth);
}

ArrayRef<char> StoredBytes::nextOfBox() {
  int64_t total = llvm::product_of(size);
  int64_t count = std::min(total - position, kChunkBytes / elementBytes);
  memset(chunk.data(), 0, count * elementBytes); // padding
  for (int64_t done = 0; done < count;) {
    int64_t column = (position + done) % size.back();
    int64_t row = (position + done) / size.back();
    int64_t run = std::min(size.back() - column, count - done);
    // Where the run begins in the source, and what that has of it.
    int64_t from = offset.back() + column, stride = shape.back();
    int64_t inside = std::clamp<int64_t>(shape.back() - from, 0, run);
    for (size_t dim = size.size() - 1; dim-- > 0;) {
      int64_t index = offset[dim] + row % size[dim];
      if (index >= shape[dim])
        inside = 0;
      from += index * stride;
      stride *= shape[dim];
      row /= size[dim];
    }
    if (inside > 0)
      memcpy(chunk.data() + done * elementBytes,
             source.data() + from * elementBytes, inside * elementBytes);
    done += run;
  }
  position += count;
  return ArrayRef(chunk).take_front(count * elementBytes);
}

ArrayRef<char> StoredBytes::next() {
  if (isBox)
    return nextOfBox();
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
    memcpy(&value, source.data() + (firstElement + index) * sizeof(T),
           sizeof(T));
    return value;
  };
  // What a block touches of the source and of the panel stays in the L1 cache.
  constexpr int64_t kBlockRows = 16;
  for (int64_t block = firstRow; block < endRow; block += kBlockRows)
    for (int64_t p = firstPanel; p < endPanel; ++p) {
      int64_t end = std::min(block + kBlockRows, endRow);
      int64_t column = p * width;
      int64_t columns = std::clamp<int64_t>(n - column, 0, width);
      T *to =
          out + ((p - firstPanel) * (endRow - firstRow) + block - firstRow) *
                    width * depth;
      if (transposed) {
        for (int64_t c = 0; c < columns; ++c)
          for (int64_t r = block; r < end; ++r)
            for (int64_t i = r * depth; i < std::min(k, (r + 1) * depth); ++i)
              to[((r - block) * width + c) * depth + i - r * depth] =
                  load((column + c) * rowLength + i);
        continue;
      }
      for (int64_t r = block; r < end; ++r, to += width * depth)
        for (int64_t i = r * depth; i < std::min(k, (r + 1) * depth); ++i) {
          int64_t from = i * rowLength + column;
          if (depth == 1)
            memcpy(to, source.data() + (firstElement + from) * sizeof(T),
                   columns * sizeof(T));
          else
            for (int64_t c = 0; c < columns; ++c)
              to[c * depth + i - r * depth] = load(from + c);
        }
    }
}
