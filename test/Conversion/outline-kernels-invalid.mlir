// RUN: attnc-opt %s --attn-outline-kernels --split-input-file --verify-diagnostics

// expected-error @below {{expected a function with one block, got 0}}
func.func private @declaration(tensor<4xf32>)

// -----

// expected-error @below {{expected a function with one block, got 2}}
func.func @two_blocks(%x: tensor<4x4xf32>) {
  cf.br ^bb1
^bb1:
  return
}

// -----

// A bound weight that nothing uses is no input.
// expected-error @below {{expected a function with inputs or results}}
func.func @nothing(%w: tensor<4x4xf32> {attn.weight = "w", attn.bound}) {
  return
}

// -----

// expected-error @below {{expected a function that ends with func.return}}
func.func @terminator(%x: tensor<4x4xf32>) {
  llvm.unreachable
}

// -----

// expected-error @below {{expected argument 1 to be a ranked tensor, got '!attn.mask'}}
func.func @argument(%x: tensor<4x4xf32>, %m: !attn.mask) {
  return
}

// -----

// expected-error @below {{argument 0: expected positive sizes, got 0}}
func.func @empty_argument(%x: tensor<0x4xf32>) {
  return
}

// -----

// expected-error @below {{argument 0: expected a rank of 1 to 6, got 0}}
func.func @scalar_argument(%x: tensor<f32>) {
  return
}

// -----

// expected-error @below {{argument 0: expected an integer or float element, got 'index'}}
func.func @index_argument(%x: tensor<4xindex>) {
  return
}

// -----

// expected-error @below {{argument 0: expected static sizes whose bytes fit 63 bits}}
func.func @huge_argument(%x: tensor<4294967296x4294967296xf32>) {
  return
}

// -----

func.func @empty_result(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}) {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  // expected-error @below {{expected positive sizes, got 0}}
  %1 = tensor.cast %0 : tensor<?x64xf32> to tensor<0x64xf32>
  return
}

// -----

// expected-error @below {{expected attn.dims on argument 0, whose type 'tensor<?x64xf32>' has dynamic sizes}}
func.func @dims(%x: tensor<?x64xf32>) {
  return
}

// -----

// expected-error @below {{attn.alias on result 0 is not built yet for the cpu target}}
func.func @alias(%x: tensor<4x4xf32>) -> (tensor<4x4xf32> {attn.alias = 0 : i64}) {
  return %x : tensor<4x4xf32>
}

// -----

// expected-error @below {{expected result 0 to be a ranked tensor, got '!attn.mask'}}
func.func @result(%x: tensor<4x4xf32>) -> !attn.mask {
  %m = attn.mask.causal
  return %m : !attn.mask
}

// -----

func.func @other_dialect(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'arith.addf' is not built yet for the cpu target}}
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// An op without results is not dropped.
func.func @no_results(%x: tensor<4x4xf32>) {
  // expected-error @below {{'scf.execute_region' is not built yet for the cpu target}}
  scf.execute_region {
    scf.yield
  }
  return
}

// -----

func.func @block_op(%c: tensor<2x4x128x16xf32>, %t: tensor<2x4x1x16xf32>, %p: tensor<2xi32>) -> tensor<2x4x128x16xf32> {
  // expected-error @below {{'attn.kv_append' is not built yet for the cpu target}}
  %0 = attn.kv_append %c, %t at %p : (tensor<2x4x128x16xf32>, tensor<2x4x1x16xf32>, tensor<2xi32>) -> tensor<2x4x128x16xf32>
  return %0 : tensor<2x4x128x16xf32>
}

// -----

// A static size may not become dynamic: nothing says its name.
func.func @dynamic_heads(%x: tensor<2x8x64xf32>) -> tensor<2x8x64xf32> {
  // expected-error @below {{expected the same sizes to be dynamic, got 'tensor<2x8x64xf32>' and 'tensor<?x4x?x16xf32>'}}
  %0 = attn.split_heads %x : tensor<2x8x64xf32> to tensor<?x4x?x16xf32>
  %1 = attn.merge_heads %0 : tensor<?x4x?x16xf32> to tensor<2x8x64xf32>
  return %1 : tensor<2x8x64xf32>
}

// -----

// As many dynamic sizes as the query has, but others.
func.func @dynamic_result(%q: tensor<2x4x?x64xf32> {attn.dims = ["", "", "S", ""]}) -> tensor<?x4x8x64xf32> {
  // expected-error @below {{expected a result with the dynamic sizes of the first operand, 'tensor<2x4x?x64xf32>', got 'tensor<?x4x8x64xf32>'}}
  %0 = attn.attention %q, %q, %q : (tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>) -> tensor<?x4x8x64xf32>
  return %0 : tensor<?x4x8x64xf32>
}

// -----

func.func @merge_of_argument(%x: tensor<2x4x8x16xf32>) -> tensor<2x8x64xf32> {
  // expected-error @below {{merging heads of an argument moves data, which is not built yet for the cpu target}}
  %0 = attn.merge_heads %x : tensor<2x4x8x16xf32> to tensor<2x8x64xf32>
  return %0 : tensor<2x8x64xf32>
}

// -----

func.func @returned_view(%x: tensor<2x8x64xf32>) -> tensor<2x4x8x16xf32> {
  %0 = attn.split_heads %x : tensor<2x8x64xf32> to tensor<2x4x8x16xf32>
  // expected-error @below {{returning a view of heads moves data, which is not built yet for the cpu target}}
  return %0 : tensor<2x4x8x16xf32>
}

// -----

// The sizes of a result follow from the arguments.
func.func @result_dims(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}) -> (tensor<?x64xf32> {attn.dims = ["T", ""]}) {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  // expected-error @below {{expected result 0 to have attn.dims ["S", ""], got ["T", ""]}}
  return %0 : tensor<?x64xf32>
}

// -----

func.func @collapse(%q: tensor<1x2x3x8xf32>, %t: tensor<2x3x3xf32>) -> tensor<1x2x3x8xf32> {
  // expected-error @below {{'tensor.collapse_shape' of more than sizes of 1 is not built yet for the cpu target}}
  %v = tensor.collapse_shape %t [[0, 1], [2]] : tensor<2x3x3xf32> into tensor<6x3xf32>
  %o = attn.attention %q, %q, %q captures(%v) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %c: tensor<6x3xf32>):
    attn.yield %s : f32
  } : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<6x3xf32>) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

func.func @collapse_heads(%x: tensor<1x3x16xf32>) -> tensor<1x2x3x8xf32> {
  %q = attn.split_heads %x : tensor<1x3x16xf32> to tensor<1x2x3x8xf32>
  // expected-error @below {{expected the memory of an argument or of a kernel's result in its own order, got a view of heads}}
  %v = tensor.collapse_shape %q [[0, 1], [2], [3]] : tensor<1x2x3x8xf32> into tensor<2x3x8xf32>
  %o = attn.attention %q, %q, %q captures(%v) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %c: tensor<2x3x8xf32>):
    attn.yield %s : f32
  } : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<2x3x8xf32>) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}
