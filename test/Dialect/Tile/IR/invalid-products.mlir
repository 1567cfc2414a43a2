// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each product or register tile breaks one rule.

func.func @operand_count(%a: !tile.buf<4x4xf32, cache>) {
  // expected-error @below {{expected 3 operands}}
  tile.mma %a, %a : !tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @no_result(%a: !tile.buf<4x4xf32, cache>, %t: tensor<4x4xf32>) {
  // expected-error @below {{expected a result with a tensor accumulator only}}
  "tile.mma"(%a, %a, %t) : (!tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>, tensor<4x4xf32>) -> ()
  return
}

// -----

func.func @result(%a: !tile.buf<4x4xf32, cache>) {
  // expected-error @below {{expected a result with a tensor accumulator only}}
  %0 = "tile.mma"(%a, %a, %a) : (!tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>) -> tensor<4x4xf32>
  return
}

// -----

func.func @result_type(%a: !tile.buf<4x4xf32, cache>, %t: tensor<4x4xf32>) {
  // expected-error @below {{expected a result of type 'tensor<4x4xf32>', got 'tensor<8x4xf32>'}}
  %0 = "tile.mma"(%a, %a, %t) : (!tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return
}

// -----

func.func @rank(%a: !tile.buf<4x4xf32, cache>, %b: !tile.buf<4xf32, cache>) {
  // expected-error @below {{expected lhs and accumulator of rank 2, got '!tile.buf<4xf32, cache>' and '!tile.buf<4x4xf32, cache>'}}
  tile.mma %b, %a, %a : !tile.buf<4xf32, cache>, !tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @accumulator(%a: !tile.buf<4x4xf32, cache>, %c: !tile.buf<4x4xbf16, cache>) {
  // expected-error @below {{expected an f32 accumulator, got '!tile.buf<4x4xbf16, cache>'}}
  tile.mma %a, %a, %c : !tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>, !tile.buf<4x4xbf16, cache>
  return
}

// -----

func.func @elements(%a: !tile.buf<4x4xf32, cache>, %b: !tile.buf<4x4xi8, cache>) {
  // expected-error @below {{expected float elements, got 'i8'}}
  tile.mma %a, %b, %a : !tile.buf<4x4xf32, cache>, !tile.buf<4x4xi8, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @dynamic(%a: !tile.buf<4x4xf32, cache>, %b: !tile.buf<4x?xf32, global>) {
  // expected-error @below {{expected static sizes}}
  tile.mma %a, %b, %a : !tile.buf<4x4xf32, cache>, !tile.buf<4x?xf32, global>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @rhs_rank(%a: !tile.buf<4x4xf32, cache>, %b: !tile.buf<4xf32, cache>) {
  // expected-error @below {{expected rhs [K, N], [N / w, K, w] or bf16 [N / w, K / 2, w, 2], got '!tile.buf<4xf32, cache>'}}
  tile.mma %a, %b, %a : !tile.buf<4x4xf32, cache>, !tile.buf<4xf32, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @pairs_of_f32(%a: !tile.buf<4x4xf32, cache>, %b: !tile.buf<1x2x4x2xf32, cache>) {
  // expected-error @below {{expected rhs [K, N], [N / w, K, w] or bf16 [N / w, K / 2, w, 2], got '!tile.buf<1x2x4x2xf32, cache>'}}
  tile.mma %a, %b, %a : !tile.buf<4x4xf32, cache>, !tile.buf<1x2x4x2xf32, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @triples(%a: !tile.buf<4x6xf32, cache>, %b: !tile.buf<1x2x4x3xbf16, cache>, %c: !tile.buf<4x4xf32, cache>) {
  // expected-error @below {{expected rhs [K, N], [N / w, K, w] or bf16 [N / w, K / 2, w, 2], got '!tile.buf<1x2x4x3xbf16, cache>'}}
  tile.mma %a, %b, %c : !tile.buf<4x6xf32, cache>, !tile.buf<1x2x4x3xbf16, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @rows(%a: !tile.buf<8x4xf32, cache>, %b: !tile.buf<4x4xf32, cache>) {
  // expected-error @below {{expected lhs [M, K], rhs [K, N], accumulator [M, N], got [8, 4], [4, 4], [4, 4]}}
  tile.mma %a, %b, %b : !tile.buf<8x4xf32, cache>, !tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @depth(%a: !tile.buf<4x8xf32, cache>, %b: !tile.buf<2x4x2xf32, cache>, %c: !tile.buf<4x4xf32, cache>) {
  // expected-error @below {{expected lhs [M, K], rhs [K, N], accumulator [M, N], got [4, 8], [4, 4], [4, 4]}}
  tile.mma %a, %b, %c : !tile.buf<4x8xf32, cache>, !tile.buf<2x4x2xf32, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @columns(%a: !tile.buf<4x8xf32, cache>, %b: !tile.buf<2x4x4x2xbf16, cache>, %c: !tile.buf<4x4xf32, cache>) {
  // expected-error @below {{expected lhs [M, K], rhs [K, N], accumulator [M, N], got [4, 8], [8, 8], [4, 4]}}
  tile.mma %a, %b, %c : !tile.buf<4x8xf32, cache>, !tile.buf<2x4x4x2xbf16, cache>, !tile.buf<4x4xf32, cache>
  return
}

// -----

func.func @reduce_rank(%t: tensor<2x4x4xf32>) {
  // expected-error @below {{expected a source of rank 1 or 2, got 'tensor<2x4x4xf32>'}}
  %0 = tile.reduce add %t : tensor<2x4x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// A vector gives a scalar.
func.func @reduce_vector(%t: tensor<4xf32>) {
  // expected-error @below {{expected a result of type 'f32', got 'tensor<4xf32>'}}
  %0 = tile.reduce add %t : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce_result(%t: tensor<4x8xf32>) {
  // expected-error @below {{expected a result of type 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %0 = tile.reduce max %t : tensor<4x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @broadcast_dim(%t: tensor<4xf32>) {
  // expected-error @below {{expected a dimension below 2, got 2}}
  %0 = tile.broadcast %t along 2 : tensor<4xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @broadcast_negative(%t: tensor<4xf32>) {
  // expected-error @below {{expected a dimension below 2, got -1}}
  %0 = tile.broadcast %t along -1 : tensor<4xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @broadcast_source(%t: tensor<4xf32>) {
  // expected-error @below {{expected a source of type 'tensor<8xf32>', got 'tensor<4xf32>'}}
  %0 = tile.broadcast %t along 0 : tensor<4xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @splat(%s: bf16) {
  // expected-error @below {{expected a source of type 'f32', got 'bf16'}}
  %0 = tile.splat %s : bf16 -> tensor<4xf32>
  return
}

// -----

func.func @iota_dim() {
  // expected-error @below {{expected a dimension below 1, got 1}}
  %0 = tile.iota 1 : tensor<4xi32>
  return
}

// -----

func.func @iota_element() {
  // expected-error @below {{expected i32 elements, got 'tensor<4xf32>'}}
  %0 = tile.iota 0 : tensor<4xf32>
  return
}
