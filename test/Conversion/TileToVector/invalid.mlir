// RUN: attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v3 --split-input-file --verify-diagnostics

tile.kernel @f64_product(%a: !tile.buf<4x4xf64, global> {tile.access = "read"},
                         %c: !tile.buf<4x4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  // expected-error @below {{the CPU target multiplies f32, bf16 and f16, got 'f64'}}
  tile.mma %a, %a, %c : !tile.buf<4x4xf64, global>, !tile.buf<4x4xf64, global>, !tile.buf<4x4xf32, global>
}

// -----

tile.kernel @narrow_panels(%a: !tile.buf<4x4xf32, global> {tile.access = "read"},
                           %b: !tile.buf<4x4x3xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %z = arith.constant dense<0.0> : tensor<4x12xf32>
  // expected-error @below {{expected panels of a multiple of 8 columns for an accumulator in registers, got 3}}
  %t = tile.mma %a, %b, %z : !tile.buf<4x4xf32, global>, !tile.buf<4x4x3xf32, global>, tensor<4x12xf32>
}

// -----

tile.kernel @missing_panels(%a: !tile.buf<4x4xf32, global> {tile.access = "read"},
                            %b: !tile.buf<?x4x8xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %z = arith.constant dense<0.0> : tensor<4x16xf32>
  %s = tile.slice %b[%c0, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x4x8xf32, global> to !tile.buf<2x4x8xf32, global>
  // expected-error @below {{expected all panels of rhs to exist for an accumulator in registers}}
  %t = tile.mma %a, %s, %z : !tile.buf<4x4xf32, global>, !tile.buf<2x4x8xf32, global>, tensor<4x16xf32>
}

// -----

tile.kernel @half_pairs(%a: !tile.buf<4x4xbf16, global> {tile.access = "read"},
                        %b: !tile.buf<2x2x8x?xbf16, global> {tile.access = "read"},
                        %c: !tile.buf<4x16xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %s = tile.slice %b[%c0, %c0, %c0, %c0] {in_bounds = array<i1: true, true, true, false>} : !tile.buf<2x2x8x?xbf16, global> to !tile.buf<2x2x8x2xbf16, global>
  // expected-error @below {{expected rhs to hold whole pairs}}
  tile.mma %a, %s, %c : !tile.buf<4x4xbf16, global>, !tile.buf<2x2x8x2xbf16, global>, !tile.buf<4x16xf32, global>
}

// -----

tile.kernel @dynamic_copy(%a: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  // expected-error @below {{the CPU target copies static sizes only}}
  tile.copy %a to %a : !tile.buf<?xf32, global> to !tile.buf<?xf32, global>
}

// -----

tile.kernel @dynamic_fill(%a: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %f = arith.constant 1.0 : f32
  %x = tile.grid %c1
  // expected-error @below {{the CPU target fills static sizes only}}
  tile.fill %f, %a : f32, !tile.buf<?xf32, global>
}

// -----

tile.kernel @carried_buffer(%a: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  // expected-error @below {{the CPU target cannot carry '!tile.buf<4xf32, global>' through control flow}}
  %b = scf.for %i = %c0 to %c1 step %c1 iter_args(%it = %a) -> (!tile.buf<4xf32, global>) {
    scf.yield %it : !tile.buf<4xf32, global>
  }
}

// -----

tile.kernel @unknown(%a: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = arith.constant dense<1.0> : tensor<4xf32>
  // expected-error @below {{cannot be lowered for the CPU target}}
  %v = tensor.extract %t[%c1] : tensor<4xf32>
}

// -----

tile.kernel @rank0(%a: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  // expected-error @below {{the CPU target has no values of 'tensor<f32>'}}
  %t = tile.load %a[%c1] : !tile.buf<4xf32, global> -> tensor<f32>
}

// -----

tile.kernel @rank3(%a: !tile.buf<4x4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = tile.load %a[%c0, %c0] : !tile.buf<4x4xf32, global> -> tensor<4x4xf32>
  // expected-error @below {{the CPU target broadcasts to rank 2 only, got 'tensor<2x4x4xf32>'}}
  %u = tile.broadcast %t along 0 : tensor<4x4xf32> -> tensor<2x4x4xf32>
}

// -----

// expected-error @below {{the CPU target has no values of '!tile.buf<4xi4, global>'}}
tile.kernel @narrow_integers(%a: !tile.buf<4xi4, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
}

// -----

tile.kernel @dynamic_tensor(%a: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  // expected-error @below {{the CPU target has no values of 'tensor<?xf32>'}}
  %t = tensor.empty(%c1) : tensor<?xf32>
}
