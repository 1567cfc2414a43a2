// Head dimension 256: queries, two stages of keys and two of values leave no room for an
// output tile. Each warpgroup stores its output where its queries were, and the stage is
// free once it is copied.

// RUN: attnc-opt %s --tile-plan-shared-memory --tile-verify-async --convert-tile-to-nvvm \
// RUN:   | FileCheck %s

// CHECK: llvm.func @attention_d256_full(
// CHECK-SAME: attnc.launch = {persistent, shared_bytes = 229472 : i64, threads = 384 : i64}
// CHECK: wgmma.mma_async.sync.aligned.m64n80k16
// CHECK: wgmma.mma_async.sync.aligned.m64n256k16

// All warps are done with the queries before the first writes there.
// CHECK: llvm.nvvm.lg2.approx.ftz.f
// CHECK: nvvm.barrier id
// CHECK-COUNT-16: nvvm.stmatrix
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK: nvvm.barrier id
// CHECK: mbarrier.arrive.shared::cta.b64

!io = !tile.buf<?x?x?x256xbf16, global>
!tile = !tile.buf<80x256xbf16, cache, 128>
!queries_tile = !tile.buf<128x256xbf16, cache, 128>
!half = !tile.buf<64x256xbf16, cache, 128>
!tiles = !tile.ring<2, !tile.buf<80x256xbf16, cache, 128>>
!queries = !tile.ring<1, !tile.buf<128x256xbf16, cache, 128>, tags = 3>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
#row = #tile.layout<row>
#partial = #tile.layout<partial>

tile.kernel @attention_d256_full(
    %query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
    %value: !io {tile.access = "read"}, %output: !io {tile.access = "write"},
    %lse: !tile.buf<?x?x?xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c80 = arith.constant 80 : index
  %c128 = arith.constant 128 : index
  %none = arith.constant -1 : index
  %batch = tile.dim %query, 0 : !io
  %heads = tile.dim %query, 1 : !io
  %rows = tile.dim %query, 2 : !io
  %keys = tile.dim %key, 2 : !io
  %blocks = arith.ceildivui %rows, %c128 : index
  %count = arith.ceildivui %keys, %c80 : index
  %last = arith.subi %count, %c1 : index
  %last_key = arith.muli %last, %c80 : index
  %work = tile.scheduler %blocks, %heads, %batch group %c1 : !tile.scheduler<3>
  %qs = tile.ring : !queries
  %ks = tile.ring : !tiles
  %vs = tile.ring : !tiles
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
      %first_row = arith.muli %id, %c128 : index
      %k0 = tile.acquire %ks[%n] : !tiles
      tile.load_async %key[%b, %h, %last_key, %c0] to %k0 : !io to !tile
      tile.commit %ks[%n] : !tiles
      %q0 = tile.acquire %qs[%t] : !queries
      tile.load_async %query[%b, %h, %first_row, %c0] to %q0 : !io to !queries_tile
      tile.commit %qs[%t] tags(%first_row, %h, %b) : !queries
      scf.for %i = %c1 to %count step %c1 {
        %nk = arith.addi %n, %i : index
        %nv = arith.subi %nk, %c1 : index
        %block = arith.subi %last, %i : index
        %row = arith.muli %block, %c80 : index
        %row_after = arith.addi %row, %c80 : index
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
    // Consumers wait for queries before they know that there are none.
    %q_end = tile.acquire %qs[%end#2] : !queries
    tile.commit %qs[%end#2] tags(%none, %none, %none) : !queries
    tile.finish_work %work : !tile.scheduler<3>
  } consumers(%wg) 2 registers 240 {
    %zero = arith.constant dense<0.0> : tensor<64x256xf32, #acc>
    %hidden = arith.constant dense<0xFF800000> : tensor<64x80xf32, #acc>
    %scale_row = arith.constant dense<0.0901684> : tensor<64xf32, #row>
    %scale = arith.constant dense<0.0901684> : tensor<64x80xf32, #acc>
    %one_row = arith.constant dense<1.0> : tensor<64xf32, #row>
    %ln2 = arith.constant dense<0.69314718> : tensor<64xf32, #row>
    %columns = tile.iota 1 : tensor<64x80xi32, #acc>
    %wg_row = arith.muli %wg, %c64 : index
    %other = arith.subi %c1, %wg : index
    %is_last = arith.cmpi eq, %wg, %c1 : index
    scf.if %is_last {
      tile.arrive %turn[%c0] : !tile.barrier<2 x 256>
    }
    %end:5 = scf.while (%n = %c0, %t = %c0) : (index, index) -> (index, index, index, index, index) {
      %q0, %tags:3 = tile.wait %qs[%t] tags(index, index, index) : !queries
      %more = arith.cmpi sge, %tags#0, %c0 : index
      scf.condition(%more) %tags#0, %tags#1, %tags#2, %n, %t : index, index, index, index, index
    } do {
    ^bb0(%first_row: index, %h: index, %b: index, %n: index, %t: index):
      %q = tile.stage %qs[%t] : !queries
      %qw = tile.slice %q[%wg_row, %c0] : !queries_tile to !half
      %k_0 = tile.wait %ks[%n] : !tiles
      %s_first = tile.mma_async %qw, %k_0 transposed : !half, !tile -> tensor<64x80xf32, #acc>
      %s = tile.mma_wait %s_first but 0 : !tile.pending<tensor<64x80xf32, #acc>>
      tile.release %ks[%n] after %s : !tiles, tensor<64x80xf32, #acc>
      // The first block is the only one with hidden elements.
      %my_row = arith.addi %first_row, %wg_row : index
      %ahead = arith.subi %keys, %last_key : index
      %ahead_i32 = arith.index_cast %ahead : index to i32
      %limit = tile.splat %ahead_i32 : i32 -> tensor<64x80xi32, #acc>
      %visible = arith.cmpi slt, %columns, %limit : tensor<64x80xi32, #acc>
      %masked = arith.select %visible, %s, %hidden : tensor<64x80xi1, #acc>, tensor<64x80xf32, #acc>
      %m_0 = tile.reduce max %masked : tensor<64x80xf32, #acc> -> tensor<64xf32, #row>
      %ms_0 = arith.mulf %m_0, %scale_row : tensor<64xf32, #row>
      %neg_0 = arith.negf %ms_0 : tensor<64xf32, #row>
      %shift_0 = tile.broadcast %neg_0 along 1 : tensor<64xf32, #row> -> tensor<64x80xf32, #acc>
      %e_0 = math.fma %masked, %scale, %shift_0 : tensor<64x80xf32, #acc>
      %p_0 = math.exp2 %e_0 : tensor<64x80xf32, #acc>
      %l_0 = tile.reduce add %p_0 : tensor<64x80xf32, #acc> -> tensor<64x4xf32, #partial>
      %ph_0 = arith.truncf %p_0 : tensor<64x80xf32, #acc> to tensor<64x80xbf16, #acc>
      %pa_0 = tile.convert_layout %ph_0 : tensor<64x80xbf16, #acc> -> tensor<64x80xbf16, #a_frag>

      %r:4 = scf.for %i = %c1 to %count step %c1
          iter_args(%o = %zero, %p = %pa_0, %m = %m_0, %l = %l_0)
          -> (tensor<64x256xf32, #acc>, tensor<64x80xbf16, #a_frag>, tensor<64xf32, #row>, tensor<64x4xf32, #partial>) {
        %nk = arith.addi %n, %i : index
        %nv = arith.subi %nk, %c1 : index
        %k = tile.wait %ks[%nk] : !tiles
        tile.sync %turn[%wg] : !tile.barrier<2 x 256>
        %s1 = tile.mma_async %qw, %k transposed : !half, !tile -> tensor<64x80xf32, #acc>
        %v = tile.wait %vs[%nv] : !tiles
        %o1 = tile.mma_async %p, %v into %o : tensor<64x80xbf16, #a_frag>, !tile -> tensor<64x256xf32, #acc>
        tile.arrive %turn[%other] : !tile.barrier<2 x 256>
        %s2 = tile.mma_wait %s1 but 1 : !tile.pending<tensor<64x80xf32, #acc>>
        tile.release %ks[%nk] after %s2 : !tiles, tensor<64x80xf32, #acc>
        %m1 = tile.reduce max %s2 : tensor<64x80xf32, #acc> -> tensor<64xf32, #row>
        %m2 = arith.maximumf %m1, %m : tensor<64xf32, #row>
        %ms = arith.mulf %m2, %scale_row : tensor<64xf32, #row>
        %neg = arith.negf %ms : tensor<64xf32, #row>
        %d = math.fma %m, %scale_row, %neg : tensor<64xf32, #row>
        %fix = math.exp2 %d : tensor<64xf32, #row>
        %shift = tile.broadcast %neg along 1 : tensor<64xf32, #row> -> tensor<64x80xf32, #acc>
        %e = math.fma %s2, %scale, %shift : tensor<64x80xf32, #acc>
        %p1 = math.exp2 %e : tensor<64x80xf32, #acc>
        %l1 = tile.reduce add %p1 : tensor<64x80xf32, #acc> -> tensor<64x4xf32, #partial>
        %fixl = tile.broadcast %fix along 1 : tensor<64xf32, #row> -> tensor<64x4xf32, #partial>
        %l2 = math.fma %l, %fixl, %l1 : tensor<64x4xf32, #partial>
        %o2 = tile.mma_wait %o1 but 0 : !tile.pending<tensor<64x256xf32, #acc>>
        tile.release %vs[%nv] after %o2 : !tiles, tensor<64x256xf32, #acc>
        %fixo = tile.broadcast %fix along 1 : tensor<64xf32, #row> -> tensor<64x256xf32, #acc>
        %o3 = arith.mulf %o2, %fixo : tensor<64x256xf32, #acc>
        %ph = arith.truncf %p1 : tensor<64x80xf32, #acc> to tensor<64x80xbf16, #acc>
        %pa = tile.convert_layout %ph : tensor<64x80xbf16, #acc> -> tensor<64x80xbf16, #a_frag>
        scf.yield %o3, %pa, %m2, %l2 : tensor<64x256xf32, #acc>, tensor<64x80xbf16, #a_frag>, tensor<64xf32, #row>, tensor<64x4xf32, #partial>
      }

      %n1 = arith.addi %n, %count : index
      %nl = arith.subi %n1, %c1 : index
      %t1 = arith.addi %t, %c1 : index
      %vl = tile.wait %vs[%nl] : !tiles
      %ol = tile.mma_async %r#1, %vl into %r#0 : tensor<64x80xbf16, #a_frag>, !tile -> tensor<64x256xf32, #acc>
      %sum = tile.reduce add %r#3 : tensor<64x4xf32, #partial> -> tensor<64xf32, #row>
      %inverse = arith.divf %one_row, %sum : tensor<64xf32, #row>
      %of = tile.mma_wait %ol but 0 : !tile.pending<tensor<64x256xf32, #acc>>
      tile.release %vs[%nl] after %of : !tiles, tensor<64x256xf32, #acc>
      %factor = tile.broadcast %inverse along 1 : tensor<64xf32, #row> -> tensor<64x256xf32, #acc>
      %on = arith.mulf %of, %factor : tensor<64x256xf32, #acc>
      %oh = arith.truncf %on : tensor<64x256xf32, #acc> to tensor<64x256xbf16, #acc>
      %log = math.log2 %sum : tensor<64xf32, #row>
      %total = math.fma %r#2, %scale_row, %log : tensor<64xf32, #row>
      %natural = arith.mulf %total, %ln2 : tensor<64xf32, #row>
      tile.store %natural, %lse[%b, %h, %my_row] {in_bounds = array<i1: true, true, false>}
          : tensor<64xf32, #row>, !tile.buf<?x?x?xf32, global>
      tile.store %oh, %qw[] : tensor<64x256xbf16, #acc>, !half
      tile.store_async %qw to %output[%b, %h, %my_row, %c0] : !half to !io
      tile.store_wait
      tile.release %qs[%t] after %of : !queries, tensor<64x256xf32, #acc>
      scf.yield %n1, %t1 : index, index
    }
  }
}
