// PTX needs no ptxas. What a launch must pass goes with the kernel.

// The kernels are scheduled by hand: from there to the llvm dialect.
// DEFINE: %{lower} = --tile-assign-layouts --tile-plan-shared-memory --tile-verify-async --attnc-nvvm-pipeline
// RUN: attnc-opt %S/../../Conversion/TileToNVVM/attention-d128-full.mlir %{lower} \
// RUN:   --hopper-assemble-kernels=format=ptx | FileCheck %s

// CHECK: gpu.binary @attention_d128_full {attnc.launch = {persistent, shared_bytes = 229504 : i64, threads = 384 : i64}
// CHECK-SAME: assembly = "
// CHECK-SAME: .target sm_90a
// CHECK-SAME: .maxntid 384
// CHECK-SAME: ex2.approx.ftz.f32
