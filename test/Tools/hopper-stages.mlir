// The stages of --target=sm_90a of two kernels, without ptxas. Where stages have a file for each kernel, a line names it.
// RUN: attnc %s --target=sm_90a --emit=scheduled | FileCheck %s --check-prefix=SCHEDULED
// RUN: attnc %s --target=cpu,sm_90a --emit=scheduled | FileCheck %s --check-prefix=SCHEDULED
// RUN: attnc %s --target=sm_90a --emit=llvm | FileCheck %s --check-prefix=LLVM
// RUN: attnc %s --target=cpu,sm_90a --emit=llvm | FileCheck %s --check-prefix=BOTH
// RUN: env CUDA_PATH=%t.none attnc %s --target=sm_90a --emit=ptx | FileCheck %s --check-prefix=PTX
// RUN: not attnc %s -o %t.attnc --target=cpu --disable-pass=tile-overlap-work 2>&1 | FileCheck %s --check-prefix=PASS
// RUN: attnc %s --target=cpu,sm_90a --emit=vector --disable-pass=tile-overlap-work > /dev/null

// SCHEDULED-NOT: tile.program
// SCHEDULED: tile.kernel @attention_0({{.*}}target = "sm_90a"
// SCHEDULED: tile.roles
// SCHEDULED: tile.kernel @attention_1({{.*}}target = "sm_90a"
// SCHEDULED: tile.roles

// LLVM: gpu.module @attention_0_module
// LLVM: llvm.func @attention_0(
// LLVM: gpu.module @attention_1_module

// BOTH: {{^}}// cpu
// BOTH: llvm.func @attention_0(
// BOTH: // -----
// BOTH: {{^}}// sm_90a
// BOTH: gpu.module @attention_0_module

// PTX: {{^}}// attention_0
// PTX: .target sm_90a
// PTX: .entry attention_0(
// PTX: // -----
// PTX: {{^}}// attention_1
// PTX: .entry attention_1(

// PASS: error: expected one of the passes that can be left out (attn-fuse-collectives, attn-classify-tiles, int-range-optimizations, tile-promote-registers), got 'tile-overlap-work'

// The assembler is missed where it is needed, and no package is left behind.
// RUN: env CUDA_PATH=%t.none not attnc %s --target=sm_90a --emit=cubin 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: rm -rf %t.dump
// RUN: env CUDA_PATH=%t.none not attnc %s --target=cpu,sm_90a -o %t.attnc --dump-dir=%t.dump 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not ls %t.attnc
// RUN: ls %t.dump | FileCheck %s --check-prefix=DUMP

// MISSING: error: cannot assemble attention_0: expected ptxas of CUDA 13 in CUDA_PATH or CUDA_HOME
// DUMP: 05-llvm.sm_90a.mlir
// DUMP: 06-ptx.sm_90a.attention_0.ptx
// DUMP-NEXT: 06-ptx.sm_90a.attention_1.ptx
// DUMP-NOT: cubin

!q = tensor<?x4x?x64xbf16>
func.func @f(%q: !q {attn.dims = ["B", "", "Sq", ""]}, %k: !q {attn.dims = ["B", "", "Sk", ""]}) -> (!q, !q) {
  %causal = attn.mask.causal
  %0 = attn.attention %q, %k, %k mask %causal : (!q, !q, !q, !attn.mask) -> !q
  %1 = attn.attention %q, %k, %k : (!q, !q, !q) -> !q
  return %0, %1 : !q, !q
}
