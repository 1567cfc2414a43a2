// RUN: attnc-opt %s --attn-fuse-masks --split-input-file --verify-diagnostics

func.func @reduction(%q: tensor<1x2x3x8xf32>, %t: tensor<3x3x4xi32>) -> tensor<1x2x3x8xf32> {
  %e = tensor.empty() : tensor<3x3xi32>
  // expected-error @below {{'linalg.generic' reduces, which needs a kernel of its own, in what makes a mask or a score bias}}
  %sum = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%t : tensor<3x3x4xi32>) outs(%e : tensor<3x3xi32>) {
  ^bb0(%x: i32, %y: i32):
    %z = arith.addi %x, %y : i32
    linalg.yield %z : i32
  } -> tensor<3x3xi32>
  %zero = arith.constant dense<0> : tensor<3x3xi32>
  %v = arith.cmpi ne, %sum, %zero : tensor<3x3xi32>
  %m = attn.mask.tensor %v : tensor<3x3xi1>
  // expected-note @below {{the attention that it is for}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, !attn.mask) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

func.func @pad(%q: tensor<1x2x3x8xf32>, %t: tensor<3x2xf32>) -> tensor<1x2x3x8xf32> {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{'tensor.pad' cannot be fused in what makes a mask or a score bias}}
  %p = tensor.pad %t low[0, 0] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<3x2xf32> to tensor<3x3xf32>
  // expected-note @below {{the attention that it is for}}
  %o = attn.attention %q, %q, %q score_bias %p
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<3x3xf32>) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

func.func @unwritten(%q: tensor<1x2x3x8xf32>) -> tensor<1x2x3x8xf32> {
  // expected-error @below {{'tensor.empty' is read before it is written}}
  %e = tensor.empty() : tensor<3x3xf32>
  // expected-note @below {{the attention that it is for}}
  %o = attn.attention %q, %q, %q score_bias %e
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<3x3xf32>) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

func.func @branch(%q: tensor<1x2x3x8xf32>) -> tensor<1x2x3x8xf32> {
  %t = tensor.generate {
  ^bb0(%i: index, %j: index):
    %less = arith.cmpi slt, %i, %j : index
    // expected-error @below {{'scf.if' cannot be fused in what makes a mask or a score bias}}
    %v = scf.if %less -> i1 {
      scf.yield %less : i1
    } else {
      %true = arith.constant true
      scf.yield %true : i1
    }
    tensor.yield %v : i1
  } : tensor<3x3xi1>
  %m = attn.mask.tensor %t : tensor<3x3xi1>
  // expected-note @below {{the attention that it is for}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, !attn.mask) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

// expected-error @below {{'func.func' passes a scalar that is no constant in what makes a mask or a score bias}}
func.func @scalar(%q: tensor<1x2x3x8xf32>, %x: f32) -> tensor<1x2x3x8xf32> {
  %t = tensor.splat %x : tensor<3x3xf32>
  // expected-note @below {{the attention that it is for}}
  %o = attn.attention %q, %q, %q score_bias %t
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<3x3xf32>) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

func.func @wide_constant(%q: tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32> {
  // expected-error @below {{expected the elements of a constant that kernels read to be f32, bf16, f16, i1 or fit i32, got 'tensor<2x2xi64>'}}
  %t = arith.constant dense<[[1, 2], [3, 5000000000]]> : tensor<2x2xi64>
  %zero = arith.constant dense<0> : tensor<2x2xi64>
  %v = arith.cmpi ne, %t, %zero : tensor<2x2xi64>
  %m = attn.mask.tensor %v : tensor<2x2xi1>
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, !attn.mask) -> tensor<1x2x2x8xf32>
  return %o : tensor<1x2x2x8xf32>
}

// -----

func.func @resource(%q: tensor<1x2x2x8xf32>) -> tensor<1x2x2x8xf32> {
  // expected-error @below {{'arith.constant' has a value that is no dense array}}
  %t = arith.constant dense_resource<bias> : tensor<2x2xf32>
  // expected-note @below {{the attention that it is for}}
  %o = attn.attention %q, %q, %q score_bias %t
    : (tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<2x2xf32>) -> tensor<1x2x2x8xf32>
  return %o : tensor<1x2x2x8xf32>
}

// -----

// A size of 1 that only a run knows is no broadcast, and a name that differs is another size.
func.func @other_length(%q: tensor<?x2x?x8xf32> {attn.dims = ["B", "", "S", ""]}, %t: tensor<?x?xf32> {attn.dims = ["T", "S"]})
    -> tensor<?x2x?x8xf32> {
  // expected-error @below {{'attn.attention' op expected dimension 0 of score_bias to be the query length, "S", got "T"}}
  %o = attn.attention %q, %q, %q score_bias %t
    : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x?xf32>) -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}

// -----

func.func @static_length(%q: tensor<?x2x?x8xf32> {attn.dims = ["B", "", "S", ""]}) -> tensor<?x2x?x8xf32> {
  %t = arith.constant dense<true> : tensor<5x5xi1>
  %m = attn.mask.tensor %t : tensor<5x5xi1>
  // expected-error @below {{'attn.attention' op expected dimension 0 of mask to be the query length, "S", got 5}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, !attn.mask) -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}

// -----

// Tensor-level ops that make anything else are refused here, not by a later pass that does not know them.
func.func @other_use(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{'linalg.fill' that makes other than a mask or a score bias is not built yet}}
  %f = linalg.fill ins(%zero : f32) outs(%x : tensor<4x8xf32>) -> tensor<4x8xf32>
  // expected-note @below {{it is used here}}
  %y = attn.linear %f, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @kept_view(%x: tensor<4x8x1xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{'tensor.collapse_shape' that makes other than a mask or a score bias is not built yet}}
  %y = tensor.collapse_shape %x [[0], [1, 2]] : tensor<4x8x1xf32> into tensor<4x8xf32>
  // expected-note @below {{it is used here}}
  return %y : tensor<4x8xf32>
}
