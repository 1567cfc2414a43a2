// A kernel without any of the optimising passes: two warpgroups run the body together,
// every copy and product is waited for where it is issued, and a block computes one
// point of the grid.

// RUN: attnc-opt %s --tile-assign-layouts --tile-plan-shared-memory --tile-verify-async --convert-tile-to-nvvm \
// RUN:   | FileCheck %s

// 16 KB each of Q, K and V, 16 KB of O; no work to take from anywhere.
// CHECK: llvm.func @attention_synchronous(
// CHECK-SAME: attnc.launch = {shared_bytes = 65584 : i64, threads = 256 : i64}

// Barriers are ready before anything runs; eight warps empty a stage.
// CHECK: scf.if
// CHECK: nvvm.mbarrier.init %{{[0-9]+}}, %c8_i32
// CHECK: nvvm.barrier0
// CHECK: nvvm.read.ptx.sreg.ctaid.x

// One thread fills a stage, all wait until it is full.
// CHECK: %[[ONE:.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : i32
// CHECK: scf.if %[[ONE]] {
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: }
// CHECK: scf.if
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK: }
// CHECK: scf.if
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: }
// CHECK: nvvm.mbarrier.try_wait.parity

// CHECK: scf.for
// CHECK: wgmma.mma_async.sync.aligned.m64n128k16
// CHECK: wgmma.wait_group.sync.aligned 0;
// CHECK: wgmma.mma_async.sync.aligned.m64n64k16
// CHECK: wgmma.wait_group.sync.aligned 0;
// CHECK: scf.yield

// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta
// Shared memory outlives the copies from it.
// CHECK: nvvm.cp.async.bulk.wait_group 0
// CHECK-NEXT: llvm.return

!io = !tile.buf<?x?x?x64xbf16, global>
!tile = !tile.buf<128x64xbf16, cache, 128>
!half = !tile.buf<64x64xbf16, cache, 128>
!tiles = !tile.ring<1, !tile.buf<128x64xbf16, cache, 128>>

tile.kernel @attention_synchronous(
    %query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
    %value: !io {tile.access = "read"}, %output: !io {tile.access = "write"},
    %lse: !tile.buf<?x?x?xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %batch = tile.dim %query, 0 : !io
  %heads = tile.dim %query, 1 : !io
  %rows = tile.dim %query, 2 : !io
  %keys = tile.dim %key, 2 : !io
  %blocks = arith.ceildivui %rows, %c128 : index
  %x, %h, %b = tile.grid %blocks, %heads, %batch
  %qs = tile.ring : !tiles
  %ks = tile.ring : !tiles
  %vs = tile.ring : !tiles
  %os = tile.alloc : !tile.buf<2x64x64xbf16, cache, 128>
  %wg = tile.warpgroup_id

  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %none = arith.constant dense<0xFF800000> : tensor<64xf32>
  %nothing = arith.constant dense<0.0> : tensor<64xf32>
  %hidden = arith.constant dense<0xFF800000> : tensor<64x128xf32>
  %scale = arith.constant dense<0.18033688> : tensor<64x128xf32>
  %one = arith.constant dense<1.0> : tensor<64xf32>
  %ln2 = arith.constant dense<0.69314718> : tensor<64xf32>
  %columns = tile.iota 1 : tensor<64x128xi32>
  %block_row = arith.muli %x, %c128 : index
  %wg_row = arith.muli %wg, %c64 : index
  %row = arith.addi %block_row, %wg_row : index

  %q_free = tile.acquire %qs[%c0] : !tiles
  tile.load_async %query[%b, %h, %block_row, %c0] to %q_free : !io to !tile
  tile.commit %qs[%c0] : !tiles
  %q = tile.wait %qs[%c0] : !tiles
  %qw = tile.slice %q[%wg_row, %c0] : !tile to !half

  %count = arith.ceildivui %keys, %c128 : index
  %r:3 = scf.for %i = %c0 to %count step %c1 iter_args(%o = %zero, %m = %none, %l = %nothing)
      -> (tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>) {
    %first = arith.muli %i, %c128 : index
    %k_free = tile.acquire %ks[%i] : !tiles
    tile.load_async %key[%b, %h, %first, %c0] to %k_free : !io to !tile
    tile.commit %ks[%i] : !tiles
    %k = tile.wait %ks[%i] : !tiles
    %s0 = tile.mma_async %qw, %k transposed : !half, !tile -> tensor<64x128xf32>
    %s = tile.mma_wait %s0 but 0 : !tile.pending<tensor<64x128xf32>>
    tile.release %ks[%i] after %s : !tiles, tensor<64x128xf32>

    %left = arith.subi %keys, %first : index
    %left_i32 = arith.index_cast %left : index to i32
    %limit = tile.splat %left_i32 : i32 -> tensor<64x128xi32>
    %visible = arith.cmpi slt, %columns, %limit : tensor<64x128xi32>
    %scaled = arith.mulf %s, %scale : tensor<64x128xf32>
    %masked = arith.select %visible, %scaled, %hidden : tensor<64x128xi1>, tensor<64x128xf32>
    %m0 = tile.reduce max %masked : tensor<64x128xf32> -> tensor<64xf32>
    %m1 = arith.maximumf %m, %m0 : tensor<64xf32>
    %d = arith.subf %m, %m1 : tensor<64xf32>
    %fix = math.exp2 %d : tensor<64xf32>
    %shift = tile.broadcast %m1 along 1 : tensor<64xf32> -> tensor<64x128xf32>
    %e = arith.subf %masked, %shift : tensor<64x128xf32>
    %p = math.exp2 %e : tensor<64x128xf32>
    %l0 = tile.reduce add %p : tensor<64x128xf32> -> tensor<64xf32>
    %l1 = math.fma %l, %fix, %l0 : tensor<64xf32>
    %fixo = tile.broadcast %fix along 1 : tensor<64xf32> -> tensor<64x64xf32>
    %o0 = arith.mulf %o, %fixo : tensor<64x64xf32>
    %ph = arith.truncf %p : tensor<64x128xf32> to tensor<64x128xbf16>

    %v_free = tile.acquire %vs[%i] : !tiles
    tile.load_async %value[%b, %h, %first, %c0] to %v_free : !io to !tile
    tile.commit %vs[%i] : !tiles
    %v = tile.wait %vs[%i] : !tiles
    %o1 = tile.mma_async %ph, %v into %o0 : tensor<64x128xbf16>, !tile -> tensor<64x64xf32>
    %o2 = tile.mma_wait %o1 but 0 : !tile.pending<tensor<64x64xf32>>
    tile.release %vs[%i] after %o2 : !tiles, tensor<64x64xf32>
    scf.yield %o2, %m1, %l1 : tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>
  }

  %empty = arith.cmpf oeq, %r#2, %nothing : tensor<64xf32>
  %quotient = arith.divf %one, %r#2 : tensor<64xf32>
  %inverse = arith.select %empty, %nothing, %quotient : tensor<64xi1>, tensor<64xf32>
  %factor = tile.broadcast %inverse along 1 : tensor<64xf32> -> tensor<64x64xf32>
  %on = arith.mulf %r#0, %factor : tensor<64x64xf32>
  %oh = arith.truncf %on : tensor<64x64xf32> to tensor<64x64xbf16>
  %log = math.log2 %r#2 : tensor<64xf32>
  %total = arith.addf %r#1, %log : tensor<64xf32>
  %natural = arith.mulf %total, %ln2 : tensor<64xf32>
  tile.store %natural, %lse[%b, %h, %row] {in_bounds = array<i1: true, true, false>}
      : tensor<64xf32>, !tile.buf<?x?x?xf32, global>
  %slab = tile.slice %os[%wg, %c0, %c0] : !tile.buf<2x64x64xbf16, cache, 128> to !half
  tile.store %oh, %slab[] : tensor<64x64xbf16>, !half
  tile.store_async %slab to %output[%b, %h, %row, %c0] : !half to !io
}
