// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// CHECK: attn.dim_ranges = {B = [0, 8, 2], S = [1, 32768, 1]}
module attributes {attn.dim_ranges = {B = [0, 8, 2], S = [1, 32768, 1]}} {
  // CHECK-LABEL: func @block
  // CHECK-SAME: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""], attn.name = "x"}
  // CHECK-SAME: tensor<64x126xf32> {attn.bound, attn.pad = [0, 62], attn.weight = "layers.0.up"}
  // CHECK-SAME: -> (tensor<?x?x64xf32> {attn.alias = 0 : i64, attn.dims = ["B", "S", ""], attn.name = "y"})
  func.func @block(%x: tensor<?x?x64xf32> {attn.name = "x", attn.dims = ["B", "S", ""]},
                   %w: tensor<64x126xf32> {attn.weight = "layers.0.up", attn.bound, attn.pad = [0, 62]})
      -> (tensor<?x?x64xf32> {attn.alias = 0, attn.name = "y", attn.dims = ["B", "S", ""]}) {
    return %x : tensor<?x?x64xf32>
  }
}
