// RUN: attnc-opt %s --tile-issue-async --tile-overlap-products --remarks-filter=tile-overlap-products \
// RUN:   --split-input-file --verify-diagnostics -o %t
// RUN: FileCheck %s < %t

// Steps that end with a product of a tile in shared memory: there are no weights to keep.
// CHECK-LABEL: tile.kernel @cache_operand
// CHECK: scf.for
// CHECK: tile.mma_wait {{.*}} but 0
// CHECK-NOT: but 1
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
// expected-remark @below {{expected loops whose steps end with a product of a tile in registers}}
tile.kernel @cache_operand(%key: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = scf.for %j = %c0 to %c512 step %c64 iter_args(%old = %zero) -> (tensor<64x64xf32>) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %new = tile.mma %k, %k, %old {transposed} : !tile, !tile, tensor<64x64xf32>
    scf.yield %new : tensor<64x64xf32>
  }
  tile.store %sum, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// No step before the loop, whose output the first of the loop would issue.
// CHECK-LABEL: tile.kernel @no_first_step
// CHECK: scf.for
// CHECK: tile.mma_wait {{.*}} but 0
// CHECK: tile.mma_wait {{.*}} but 0
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @no_first_step(%key: !io {tile.access = "read"}, %value: !io {tile.access = "read"},
                           %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = scf.for %j = %c0 to %c512 step %c64 iter_args(%old = %zero) -> (tensor<64x64xf32>) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %k, %k, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
    %w = arith.truncf %s : tensor<64x64xf32> to tensor<64x64xbf16>
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
    scf.yield %new : tensor<64x64xf32>
  }
  tile.store %sum, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// Three products a step are not scores and an output.
// CHECK-LABEL: tile.kernel @three_products
// CHECK-NOT: but 1
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @three_products(%key: !io {tile.access = "read"}, %value: !io {tile.access = "read"},
                            %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %w0 = arith.constant dense<0.0> : tensor<64x64xbf16>
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
  %sum = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (tensor<64x64xf32>) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %k, %k, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
    %s1 = tile.mma %k, %k, %s {transposed} : !tile, !tile, tensor<64x64xf32>
    %w = arith.truncf %s1 : tensor<64x64xf32> to tensor<64x64xbf16>
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
    scf.yield %new : tensor<64x64xf32>
  }
  tile.store %sum, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// The output of the step before comes from values of another buffer: the loop could not load them.
// CHECK-LABEL: tile.kernel @other_values
// CHECK: scf.for
// CHECK-NOT: but 1
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @other_values(%key: !io {tile.access = "read"}, %value: !io {tile.access = "read"},
                            %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %w0 = arith.constant dense<0.0> : tensor<64x64xbf16>
  %v0_window = tile.slice %key[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
  %sum = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (tensor<64x64xf32>) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %k, %k, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
    %w = arith.truncf %s : tensor<64x64xf32> to tensor<64x64xbf16>
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
    scf.yield %new : tensor<64x64xf32>
  }
  tile.store %sum, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// The left operand is not of the step.
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @invariant(%key: !io {tile.access = "read"}, %value: !io {tile.access = "read"},
                            %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %w0 = arith.constant dense<0.0> : tensor<64x64xbf16>
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
  %sum = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (tensor<64x64xf32>) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %k, %k, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w0, %v, %old : tensor<64x64xbf16>, !tile, tensor<64x64xf32>
    scf.yield %new : tensor<64x64xf32>
  }
  tile.store %sum, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// The last step's output is scaled before the scores.
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @one_loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                      %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : !scores
  %two = arith.constant dense<2.0> : !scores
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %p0 = math.exp2 %s0 : !scores
  %w0 = arith.truncf %p0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (!scores) {
    %scaled = arith.mulf %old, %two : !scores
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %p = math.exp2 %s : !scores
    %w = arith.truncf %p : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %scaled : !weights, !tile, !scores
    scf.yield %new : !scores
  }
  tile.store %o, %out[%x, %c0] : !scores, !tile.buf<?x64xf32, global>
}

// -----

// The last step's output is used in a choice.
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @one_loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                      %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %p0 = math.exp2 %s0 : !scores
  %w0 = arith.truncf %p0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (!scores) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %p = math.exp2 %s : !scores
    %some = arith.cmpi eq, %j, %c64 : index
    %scaled = scf.if %some -> (!scores) {
      %r = arith.mulf %old, %p : !scores
      scf.yield %r : !scores
    } else {
      scf.yield %old : !scores
    }
    %w = arith.truncf %p : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %scaled : !weights, !tile, !scores
    scf.yield %new : !scores
  }
  tile.store %o, %out[%x, %c0] : !scores, !tile.buf<?x64xf32, global>
}

// -----

// The step's output leaves at once.
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>
// expected-remark @below {{each product is waited for before the next}}
tile.kernel @one_loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                      %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %p0 = math.exp2 %s0 : !scores
  %w0 = arith.truncf %p0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (!scores) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %p = math.exp2 %s : !scores
    %scaled = arith.mulf %old, %p : !scores
    %w = arith.truncf %p : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %scaled : !weights, !tile, !scores
    tile.store %new, %out[%j, %c0] : !scores, !tile.buf<?x64xf32, global>
    scf.yield %new : !scores
  }
  tile.store %o, %out[%x, %c0] : !scores, !tile.buf<?x64xf32, global>
}
