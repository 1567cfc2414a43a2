// Functions as the instructions of the special function unit, in PTX.

// RUN: attnc-opt %s --split-input-file --attnc-scheduled-pipeline --attnc-nvvm-pipeline --hopper-assemble-kernels='format=ptx dump-dir=%t' -o /dev/null
// RUN: FileCheck %s --check-prefix=FAST --input-file=%t/fast.ptx
// RUN: FileCheck %s --check-prefix=TURNS --input-file=%t/turns.ptx
// RUN: FileCheck %s --check-prefix=EXACT --input-file=%t/exact.ptx
// RUN: FileCheck %s --check-prefix=POLY --input-file=%t/polynomial.ptx

// FAST: ex2.approx.ftz.f32
// FAST: mul.{{.*}}ftz.f32 {{.*}}, 0f3FB8AA3B;
// FAST: ex2.approx.ftz.f32
// FAST: lg2.approx.ftz.f32
// FAST: lg2.approx.ftz.f32
// FAST: mul.{{.*}}ftz.f32 {{.*}}, 0f3F317218;
// FAST: tanh.approx.f32
// FAST: sqrt.approx.ftz.f32
// FAST: rsqrt.approx.ftz.f32
// FAST: rcp.approx.ftz.f32
tile.kernel @fast(%out: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "sm_90a"} {
  %size = tile.dim %out, 0 : !tile.buf<?xf32, global>
  %x = tile.grid %size
  %v = tile.load %out[%x] : !tile.buf<?xf32, global> -> f32
  %0 = math.exp2 %v : f32
  %1 = math.exp %0 : f32
  %2 = math.log2 %1 : f32
  %3 = math.log %2 : f32
  %4 = math.tanh %3 : f32
  %5 = math.sqrt %4 : f32
  %6 = math.rsqrt %5 : f32
  %7 = arith.divf %v, %6 : f32
  tile.store %7, %out[%x] : f32, !tile.buf<?xf32, global>
}

// -----

// Whole turns are taken off before the instruction, which is exact near zero only.
// TURNS: cvt.rni.ftz.f32.f32
// TURNS-COUNT-3: fma.rn.ftz.f32
// TURNS: sin.approx.ftz.f32
// TURNS: cvt.rni.ftz.f32.f32
// TURNS: cos.approx.ftz.f32
tile.kernel @turns(%out: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "sm_90a"} {
  %size = tile.dim %out, 0 : !tile.buf<?xf32, global>
  %x = tile.grid %size
  %v = tile.load %out[%x] : !tile.buf<?xf32, global> -> f32
  %0 = math.sin %v : f32
  %1 = math.cos %0 : f32
  tile.store %1, %out[%x] : f32, !tile.buf<?xf32, global>
}

// -----

// EXACT-DAG: cvt.rmi.ftz.f32.f32
// EXACT-DAG: cvt.rpi.ftz.f32.f32
// EXACT-DAG: cvt.rni.ftz.f32.f32
// EXACT: fma.rn.ftz.f32
// EXACT: and.b32 %{{.*}}, 2147483647
tile.kernel @exact(%out: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "sm_90a"} {
  %size = tile.dim %out, 0 : !tile.buf<?xf32, global>
  %x = tile.grid %size
  %v = tile.load %out[%x] : !tile.buf<?xf32, global> -> f32
  %0 = math.floor %v : f32
  %1 = math.ceil %v : f32
  %2 = math.roundeven %v : f32
  %3 = math.fma %0, %1, %2 : f32
  %4 = math.absf %3 : f32
  tile.store %4, %out[%x] : f32, !tile.buf<?xf32, global>
}

// -----

// No instruction: no call either.
// POLY-NOT: call
// POLY: fma.rn.ftz.f32
// POLY-NOT: call
// POLY: ret;
tile.kernel @polynomial(%out: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "sm_90a"} {
  %size = tile.dim %out, 0 : !tile.buf<?xf32, global>
  %x = tile.grid %size
  %v = tile.load %out[%x] : !tile.buf<?xf32, global> -> f32
  %0 = math.erf %v : f32
  %1 = math.log1p %0 : f32
  tile.store %1, %out[%x] : f32, !tile.buf<?xf32, global>
}
