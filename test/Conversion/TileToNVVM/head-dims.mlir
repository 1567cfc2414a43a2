// Head dimensions that are no multiple of 64: a copy for each panel, whose last one is
// filled up with zeros.

// RUN: attnc-opt %s --split-input-file --tile-assign-layouts --tile-plan-shared-memory --tile-verify-async --convert-tile-to-nvvm | FileCheck %s
// RUN: attnc-opt %s --split-input-file --attnc-scheduled-pipeline --attnc-nvvm-pipeline --hopper-assemble-kernels=format=ptx -o /dev/null

#acc = #tile.layout<acc>
!io = !tile.buf<?x?x72xf16, global>
!ring = !tile.ring<1, !tile.buf<64x72xf16, cache, 128>>
!tile = !tile.buf<64x72xf16, cache, 128>

// Two panels of 64 rows make 16 KB; the box has the dimensions of the view.
// CHECK-LABEL: llvm.func @dim72
// CHECK-SAME: shared_bytes = 65584
// CHECK-SAME: {argument = 0 : i64, box = array<i64: 64, 64, 1>, kind = "tensor_map"}
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} box[%{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: %[[BYTES:.*]] = arith.constant 16384 : i32
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %[[BYTES]]

// A depth of 72 is five steps, the last half zeros; the values' 72 columns are exact.
// CHECK-COUNT-5: wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {{[^;]*}}, 1, 1, 0, 0;
// CHECK-NOT: m64n64k16
// CHECK-COUNT-4: wgmma.mma_async.sync.aligned.m64n72k16.f32.f16.f16 {{[^;]*}}, 1, 1, 1;
// CHECK-NOT: m64n72k16

// The last 8 columns are stored with two matrices, and a copy for each panel writes no
// column behind the end.
// CHECK-COUNT-4: nvvm.stmatrix %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}} {
// CHECK: nvvm.stmatrix %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}} {
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor.global.shared.cta
tile.kernel @dim72(
    %query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
    %value: !io {tile.access = "read"}, %output: !io {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  %os = tile.alloc : !tile
  %qf = tile.acquire %qs[%c0] : !ring
  tile.load_async %query[%c0, %c0, %c0] to %qf : !io to !tile
  tile.commit %qs[%c0] : !ring
  %kf = tile.acquire %ks[%c0] : !ring
  tile.load_async %key[%c0, %c0, %c0] to %kf : !io to !tile
  tile.commit %ks[%c0] : !ring
  %vf = tile.acquire %vs[%c0] : !ring
  tile.load_async %value[%c0, %c0, %c0] to %vf : !io to !tile
  tile.commit %vs[%c0] : !ring
  %q = tile.wait %qs[%c0] : !ring
  %k = tile.wait %ks[%c0] : !ring
  %v = tile.wait %vs[%c0] : !ring
  %s0 = tile.mma_async %q, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
  %s = tile.mma_wait %s0 but 0 : !tile.pending<tensor<64x64xf32, #acc>>
  %p = arith.truncf %s : tensor<64x64xf32, #acc> to tensor<64x64xf16, #acc>
  %pa = tile.convert_layout %p : tensor<64x64xf16, #acc> -> tensor<64x64xf16, #tile.layout<a_frag>>
  %o0 = tile.mma_async %pa, %v : tensor<64x64xf16, #tile.layout<a_frag>>, !tile -> tensor<64x72xf32, #acc>
  %o = tile.mma_wait %o0 but 0 : !tile.pending<tensor<64x72xf32, #acc>>
  %oh = arith.truncf %o : tensor<64x72xf32, #acc> to tensor<64x72xf16, #acc>
  tile.store %oh, %os[] : tensor<64x72xf16, #acc>, !tile
  tile.store_async %os to %output[%c0, %c0, %c0] : !tile to !io
}

// -----

// A tile of 128 columns for rows of 80: what is behind them is zeros.
// CHECK-LABEL: llvm.func @padded
// CHECK-SAME: box = array<i64: 64, 32, 1>
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global
!padded = !tile.ring<2, !tile.buf<32x128xbf16, cache, 128>>
tile.kernel @padded(%value: !tile.buf<?x?x80xbf16, global> {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %vs = tile.ring : !padded
  %v = tile.acquire %vs[%c0] : !padded
  tile.load_async %value[%c0, %c0, %c0] to %v : !tile.buf<?x?x80xbf16, global> to !tile.buf<32x128xbf16, cache, 128>
  tile.commit %vs[%c0] : !padded
}
