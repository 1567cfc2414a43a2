// The causal kernel at head dimension 128, scheduled by hand: what the passes before
// arrive at. A producer thread loads tiles of keys and values into rings; two
// warpgroups take turns to issue products, so that one computes its softmax while the
// other's products run. Work is handed out longest first.

// RUN: attnc-opt %s --tile-plan-shared-memory --tile-verify-async --convert-tile-to-nvvm \
// RUN:   | FileCheck %s

// One module a kernel; shared memory is sized by the launch.
// CHECK-LABEL: gpu.module @attention_d128_causal_module
// CHECK-SAME: #nvvm.target<{{.*}}chip = "sm_90a", features = "+ptx90">
// CHECK: llvm.mlir.global external @shared() {addr_space = 3 : i32, alignment = 1024 : i64}

// Tensor maps come by value; two 32 KB stages each of Q, K and V, and 32 KB of O.
// CHECK: llvm.func @attention_d128_causal(
// CHECK-SAME: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}
// CHECK-SAME: attnc.launch = {persistent, shared_bytes = 229504 : i64, threads = 384 : i64}
// CHECK-SAME: {argument = 1 : i64, box = array<i64: 64, 128, 2, 1, 1>, kind = "tensor_map"}
// CHECK-SAME: nvvm.maxntid = array<i32: 384>, nvvm.minctasm = 1 : i32
// CHECK-SAME: "denormal-fp-math-f32", "preserve-sign,preserve-sign"

// A full and an empty barrier for each of the six stages.
// CHECK-COUNT-12: nvvm.mbarrier.init
// CHECK: nvvm.fence.mbarrier.init

// The producer gives its registers to the consumers; one thread runs.
// CHECK: nvvm.setmaxregister decrease 24
// CHECK: nvvm.elect.sync
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} {isCTAOnly = true}
// CHECK: nvvm.mbarrier.arrive.expect_tx

// The main loop: QK(j) before PV(j-1), both in flight over the turn of the other.
// CHECK: nvvm.setmaxregister increase 240
// CHECK: scf.for
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.barrier id
// CHECK: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}}, no, 1, 1, 0, 0;
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}}, yes, 1, 1, 1;
// CHECK: nvvm.barrier.arrive id
// CHECK: wgmma.wait_group.sync.aligned 1;
// CHECK: mbarrier.arrive.shared::cta.b64
// CHECK: math.exp2 %{{.*}} : vector<64xf32>
// CHECK: wgmma.wait_group.sync.aligned 0;
// CHECK: nvvm.convert.f32x2.to.bf16x2
// CHECK: scf.yield

// The epilogue: through shared memory, past the edge nothing is written.
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK-COUNT-8: nvvm.stmatrix
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta

!io = !tile.buf<?x?x?x128xbf16, global>
!tile = !tile.buf<128x128xbf16, cache, 128>
!half = !tile.buf<64x128xbf16, cache, 128>
!tiles = !tile.ring<2, !tile.buf<128x128xbf16, cache, 128>>
!queries = !tile.ring<2, !tile.buf<128x128xbf16, cache, 128>, tags = 3>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
#row = #tile.layout<row>
#partial = #tile.layout<partial>

tile.kernel @attention_d128_causal(
    %query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
    %value: !io {tile.access = "read"}, %output: !io {tile.access = "write"},
    %lse: !tile.buf<?x?x?xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %none = arith.constant -1 : index
  %batch = tile.dim %query, 0 : !io
  %heads = tile.dim %query, 1 : !io
  %rows = tile.dim %query, 2 : !io
  %keys = tile.dim %key, 2 : !io
  %blocks = arith.ceildivui %rows, %c128 : index
  // Heads whose keys and values fit in 32 MB of the L2 cache are visited together.
  %bytes_per_key = arith.constant 512 : index
  %cache = arith.constant 33554432 : index
  %bytes = arith.muli %keys, %bytes_per_key : index
  %fit = arith.divui %cache, %bytes : index
  %group = arith.maxui %fit, %c1 : index
  %work = tile.scheduler %blocks, %heads, %batch group %group dynamic : !tile.scheduler<3>
  %qs = tile.ring : !queries
  %ks = tile.ring : !tiles
  %vs = tile.ring : !tiles
  %os = tile.alloc : !tile.buf<2x64x128xbf16, cache, 128>
  %turn = tile.barrier : !tile.barrier<2 x 256>

  tile.roles producer registers 24 {
    %first = tile.take_work %work : !tile.scheduler<3>
    %end:3 = scf.while (%w = %first, %n = %c0, %t = %c0) : (index, index, index) -> (index, index, index) {
      %exists, %x, %y, %z = tile.work_ids %work[%w] : !tile.scheduler<3> -> index, index, index
      scf.condition(%exists) %w, %n, %t : index, index, index
    } do {
    ^bb0(%w: index, %n: index, %t: index):
      %next = tile.take_work %work after %w : !tile.scheduler<3>
      %unused, %id, %h, %b = tile.work_ids %work[%w] : !tile.scheduler<3> -> index, index, index
      // The longest work first.
      %from_end = arith.subi %blocks, %id : index
      %block_id = arith.subi %from_end, %c1 : index
      %first_row = arith.muli %block_id, %c128 : index
      %end_row = arith.addi %first_row, %c128 : index
      %end_key = arith.minui %end_row, %keys : index
      %count = arith.ceildivui %end_key, %c128 : index
      %last = arith.subi %count, %c1 : index
      %last_key = arith.muli %last, %c128 : index
      %k0 = tile.acquire %ks[%n] : !tiles
      tile.load_async %key[%b, %h, %last_key, %c0] to %k0 : !io to !tile
      tile.commit %ks[%n] : !tiles
      %q0 = tile.acquire %qs[%t] : !queries
      tile.load_async %query[%b, %h, %first_row, %c0] to %q0 : !io to !tile
      tile.commit %qs[%t] tags(%first_row, %h, %b) : !queries
      scf.for %i = %c1 to %count step %c1 {
        %nk = arith.addi %n, %i : index
        %nv = arith.subi %nk, %c1 : index
        %block = arith.subi %last, %i : index
        %row = arith.muli %block, %c128 : index
        %row_after = arith.addi %row, %c128 : index
        %k = tile.acquire %ks[%nk] : !tiles
        tile.load_async %key[%b, %h, %row, %c0] to %k : !io to !tile
        tile.commit %ks[%nk] : !tiles
        %v = tile.acquire %vs[%nv] : !tiles
        tile.load_async %value[%b, %h, %row_after, %c0] to %v : !io to !tile
        tile.commit %vs[%nv] : !tiles
      }
      %n1 = arith.addi %n, %count : index
      %nl = arith.subi %n1, %c1 : index
      %vl = tile.acquire %vs[%nl] : !tiles
      tile.load_async %value[%b, %h, %c0, %c0] to %vl : !io to !tile
      tile.commit %vs[%nl] : !tiles
      %t1 = arith.addi %t, %c1 : index
      scf.yield %next, %n1, %t1 : index, index, index
    }
    // Consumers issue the next product before they know that there is none.
    %k_end = tile.acquire %ks[%end#1] : !tiles
    tile.commit %ks[%end#1] : !tiles
    %q_end = tile.acquire %qs[%end#2] : !queries
    tile.commit %qs[%end#2] tags(%none, %none, %none) : !queries
    tile.finish_work %work : !tile.scheduler<3>
  } consumers(%wg) 2 registers 240 {
    %zero = arith.constant dense<0.0> : tensor<64x128xf32, #acc>
    %hidden = arith.constant dense<0xFF800000> : tensor<64x128xf32, #acc>
    %scale_row = arith.constant dense<0.12751743> : tensor<64xf32, #row>
    %scale = arith.constant dense<0.12751743> : tensor<64x128xf32, #acc>
    %one_row = arith.constant dense<1.0> : tensor<64xf32, #row>
    %ln2 = arith.constant dense<0.69314718> : tensor<64xf32, #row>
    %columns = tile.iota 1 : tensor<64x128xi32, #acc>
    %lines = tile.iota 0 : tensor<64xi32, #row>
    %wg_row = arith.muli %wg, %c64 : index
    %other = arith.subi %c1, %wg : index
    %is_last = arith.cmpi eq, %wg, %c1 : index
    scf.if %is_last {
      tile.arrive %turn[%c0] : !tile.barrier<2 x 256>
    }

    %q_first, %tags:3 = tile.wait %qs[%c0] tags(index, index, index) : !queries
    %qw_first = tile.slice %q_first[%wg_row, %c0] : !tile to !half
    %k_first = tile.wait %ks[%c0] : !tiles
    %s_first = tile.mma_async %qw_first, %k_first transposed : !half, !tile -> tensor<64x128xf32, #acc>
    %s_0 = tile.mma_wait %s_first but 0 : !tile.pending<tensor<64x128xf32, #acc>>
    %end:6 = scf.while (%first_row = %tags#0, %h = %tags#1, %b = %tags#2, %n = %c0, %t = %c0, %s = %s_0)
        : (index, index, index, index, index, tensor<64x128xf32, #acc>) -> (index, index, index, index, index, tensor<64x128xf32, #acc>) {
      %end_row = arith.addi %first_row, %c128 : index
      %end_key = arith.minui %end_row, %keys : index
      %count = arith.ceildivui %end_key, %c128 : index
      tile.release %ks[%n] after %s : !tiles, tensor<64x128xf32, #acc>
      // The first block is the only one with hidden elements.
      %my_row = arith.addi %first_row, %wg_row : index
      %last = arith.subi %count, %c1 : index
      %last_key = arith.muli %last, %c128 : index
      %ahead = arith.subi %my_row, %last_key : index
      %ahead_i32 = arith.index_cast %ahead : index to i32
      %first_line = tile.splat %ahead_i32 : i32 -> tensor<64xi32, #row>
      %limit_row = arith.addi %lines, %first_line : tensor<64xi32, #row>
      %limit = tile.broadcast %limit_row along 1 : tensor<64xi32, #row> -> tensor<64x128xi32, #acc>
      %visible = arith.cmpi sle, %columns, %limit : tensor<64x128xi32, #acc>
      %masked = arith.select %visible, %s, %hidden : tensor<64x128xi1, #acc>, tensor<64x128xf32, #acc>
      %m_0 = tile.reduce max %masked : tensor<64x128xf32, #acc> -> tensor<64xf32, #row>
      %ms_0 = arith.mulf %m_0, %scale_row : tensor<64xf32, #row>
      %neg_0 = arith.negf %ms_0 : tensor<64xf32, #row>
      %shift_0 = tile.broadcast %neg_0 along 1 : tensor<64xf32, #row> -> tensor<64x128xf32, #acc>
      %e_0 = math.fma %masked, %scale, %shift_0 : tensor<64x128xf32, #acc>
      %p_0 = math.exp2 %e_0 : tensor<64x128xf32, #acc>
      %l_0 = tile.reduce add %p_0 : tensor<64x128xf32, #acc> -> tensor<64x4xf32, #partial>
      %ph_0 = arith.truncf %p_0 : tensor<64x128xf32, #acc> to tensor<64x128xbf16, #acc>
      %pa_0 = tile.convert_layout %ph_0 : tensor<64x128xbf16, #acc> -> tensor<64x128xbf16, #a_frag>

      %q = tile.stage %qs[%t] : !queries
      %qw = tile.slice %q[%wg_row, %c0] : !tile to !half
      %r:4 = scf.for %i = %c1 to %count step %c1
          iter_args(%o = %zero, %p = %pa_0, %m = %m_0, %l = %l_0)
          -> (tensor<64x128xf32, #acc>, tensor<64x128xbf16, #a_frag>, tensor<64xf32, #row>, tensor<64x4xf32, #partial>) {
        %nk = arith.addi %n, %i : index
        %nv = arith.subi %nk, %c1 : index
        %k = tile.wait %ks[%nk] : !tiles
        tile.sync %turn[%wg] : !tile.barrier<2 x 256>
        %s1 = tile.mma_async %qw, %k transposed : !half, !tile -> tensor<64x128xf32, #acc>
        %v = tile.wait %vs[%nv] : !tiles
        %o1 = tile.mma_async %p, %v into %o : tensor<64x128xbf16, #a_frag>, !tile -> tensor<64x128xf32, #acc>
        tile.arrive %turn[%other] : !tile.barrier<2 x 256>
        %s2 = tile.mma_wait %s1 but 1 : !tile.pending<tensor<64x128xf32, #acc>>
        tile.release %ks[%nk] after %s2 : !tiles, tensor<64x128xf32, #acc>
        %m1 = tile.reduce max %s2 : tensor<64x128xf32, #acc> -> tensor<64xf32, #row>
        %m2 = arith.maximumf %m1, %m : tensor<64xf32, #row>
        %ms = arith.mulf %m2, %scale_row : tensor<64xf32, #row>
        %neg = arith.negf %ms : tensor<64xf32, #row>
        %d = math.fma %m, %scale_row, %neg : tensor<64xf32, #row>
        %fix = math.exp2 %d : tensor<64xf32, #row>
        %shift = tile.broadcast %neg along 1 : tensor<64xf32, #row> -> tensor<64x128xf32, #acc>
        %e = math.fma %s2, %scale, %shift : tensor<64x128xf32, #acc>
        %p1 = math.exp2 %e : tensor<64x128xf32, #acc>
        %l1 = tile.reduce add %p1 : tensor<64x128xf32, #acc> -> tensor<64x4xf32, #partial>
        %fixl = tile.broadcast %fix along 1 : tensor<64xf32, #row> -> tensor<64x4xf32, #partial>
        %l2 = math.fma %l, %fixl, %l1 : tensor<64x4xf32, #partial>
        %o2 = tile.mma_wait %o1 but 0 : !tile.pending<tensor<64x128xf32, #acc>>
        tile.release %vs[%nv] after %o2 : !tiles, tensor<64x128xf32, #acc>
        %fixo = tile.broadcast %fix along 1 : tensor<64xf32, #row> -> tensor<64x128xf32, #acc>
        %o3 = arith.mulf %o2, %fixo : tensor<64x128xf32, #acc>
        %ph = arith.truncf %p1 : tensor<64x128xf32, #acc> to tensor<64x128xbf16, #acc>
        %pa = tile.convert_layout %ph : tensor<64x128xbf16, #acc> -> tensor<64x128xbf16, #a_frag>
        scf.yield %o3, %pa, %m2, %l2 : tensor<64x128xf32, #acc>, tensor<64x128xbf16, #a_frag>, tensor<64xf32, #row>, tensor<64x4xf32, #partial>
      }

      // The last product, and the first of the next work before this epilogue.
      %n1 = arith.addi %n, %count : index
      %nl = arith.subi %n1, %c1 : index
      %t1 = arith.addi %t, %c1 : index
      %vl = tile.wait %vs[%nl] : !tiles
      tile.release %qs[%t] after %r#1 : !queries, tensor<64x128xbf16, #a_frag>
      %ol = tile.mma_async %r#1, %vl into %r#0 : tensor<64x128xbf16, #a_frag>, !tile -> tensor<64x128xf32, #acc>
      %q_next, %next:3 = tile.wait %qs[%t1] tags(index, index, index) : !queries
      %qw_next = tile.slice %q_next[%wg_row, %c0] : !tile to !half
      %k_next = tile.wait %ks[%n1] : !tiles
      %s_next = tile.mma_async %qw_next, %k_next transposed : !half, !tile -> tensor<64x128xf32, #acc>

      %sum = tile.reduce add %r#3 : tensor<64x4xf32, #partial> -> tensor<64xf32, #row>
      %inverse = arith.divf %one_row, %sum : tensor<64xf32, #row>
      %of = tile.mma_wait %ol but 1 : !tile.pending<tensor<64x128xf32, #acc>>
      tile.release %vs[%nl] after %of : !tiles, tensor<64x128xf32, #acc>
      %factor = tile.broadcast %inverse along 1 : tensor<64xf32, #row> -> tensor<64x128xf32, #acc>
      %on = arith.mulf %of, %factor : tensor<64x128xf32, #acc>
      %oh = arith.truncf %on : tensor<64x128xf32, #acc> to tensor<64x128xbf16, #acc>
      %log = math.log2 %sum : tensor<64xf32, #row>
      %total = math.fma %r#2, %scale_row, %log : tensor<64xf32, #row>
      %natural = arith.mulf %total, %ln2 : tensor<64xf32, #row>
      tile.store %natural, %lse[%b, %h, %my_row] {in_bounds = array<i1: true, true, false>}
          : tensor<64xf32, #row>, !tile.buf<?x?x?xf32, global>
      %slab = tile.slice %os[%wg, %c0, %c0] : !tile.buf<2x64x128xbf16, cache, 128> to !half
      tile.store_wait
      tile.store %oh, %slab[] : tensor<64x128xbf16, #acc>, !half
      tile.store_async %slab to %output[%b, %h, %my_row, %c0] : !half to !io
      %s_end = tile.mma_wait %s_next but 0 : !tile.pending<tensor<64x128xf32, #acc>>
      %more = arith.cmpi sge, %next#0, %c0 : index
      scf.condition(%more) %next#0, %next#1, %next#2, %n1, %t1, %s_end : index, index, index, index, index, tensor<64x128xf32, #acc>
    } do {
    ^bb0(%first_row: index, %h: index, %b: index, %n: index, %t: index, %s: tensor<64x128xf32, #acc>):
      scf.yield %first_row, %h, %b, %n, %t, %s : index, index, index, index, index, tensor<64x128xf32, #acc>
    }
  }
}
