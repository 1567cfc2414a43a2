// What a bias adds to all scores of a row goes to the row's maximum and exponents.

// RUN: attnc-opt %s --split-input-file --tile-defer-row-terms | FileCheck %s

// Row i, column j: s · scale + (j · slope − i · slope).
// CHECK-LABEL: tile.kernel @masked
// CHECK: arith.sitofp
// CHECK: %[[COLUMNS:.*]] = arith.sitofp %{{.*}} : tensor<64x32xi32> to tensor<64x32xf32>
// CHECK: %[[I:.*]] = tile.iota 0 : tensor<64xi32>
// CHECK: %[[F:.*]] = arith.sitofp %[[I]] : tensor<64xi32> to tensor<64xf32>
// CHECK: %[[TERM:.*]] = arith.mulf %[[F]], %{{.*}} : tensor<64xf32>
// CHECK: %[[REST:.*]] = arith.mulf %[[COLUMNS]], %{{.*}} : tensor<64x32xf32>
// CHECK: %[[S:.*]] = math.fma %{{.*}}, %{{.*}}, %[[REST]] : tensor<64x32xf32>
// CHECK: %[[SEEN:.*]] = arith.select %{{.*}}, %[[S]], %{{.*}} : tensor<64x32xi1>, tensor<64x32xf32>
// CHECK: %[[TOP:.*]] = tile.reduce max %[[SEEN]]
// CHECK: %[[MAX:.*]] = arith.addf %[[TOP]], %[[TERM]] : tensor<64xf32>
// CHECK: %[[SHIFT:.*]] = arith.mulf %[[MAX]]
// CHECK: %[[OWN:.*]] = math.fma %[[TERM]], %{{.*}}, %[[SHIFT]] : tensor<64xf32>
// CHECK: %[[WIDE:.*]] = tile.broadcast %[[OWN]] along 1
// CHECK: math.fma %[[SEEN]], %{{.*}}, %[[WIDE]]
tile.kernel @masked(%in: !tile.buf<64x32xf32, global> {tile.access = "read"}, %slopes: !tile.buf<1xf32, global> {tile.access = "read"},
                    %out: !tile.buf<64x32xf32, global> {tile.access = "write"}, %top: !tile.buf<64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %x = tile.load %in[%c0, %c0] : !tile.buf<64x32xf32, global> -> tensor<64x32xf32>
  %slope = tile.load %slopes[%c0] : !tile.buf<1xf32, global> -> f32
  %scale = arith.constant dense<0.125> : tensor<64x32xf32>
  %hidden = arith.constant dense<0xFF800000> : tensor<64x32xf32>
  %log2e = arith.constant dense<1.44269502> : tensor<64x32xf32>
  %minus_log2e = arith.constant dense<-1.44269502> : tensor<64xf32>
  %i = tile.iota 0 : tensor<64x32xi32>
  %j = tile.iota 1 : tensor<64x32xi32>
  %rows = arith.sitofp %i : tensor<64x32xi32> to tensor<64x32xf32>
  %columns = arith.sitofp %j : tensor<64x32xi32> to tensor<64x32xf32>
  %factor = tile.splat %slope : f32 -> tensor<64x32xf32>
  %term = arith.mulf %rows, %factor : tensor<64x32xf32>
  %bias = math.fma %columns, %factor, %term : tensor<64x32xf32>
  %s = math.fma %x, %scale, %bias : tensor<64x32xf32>
  %seen = arith.cmpi sle, %j, %i : tensor<64x32xi32>
  %masked = arith.select %seen, %s, %hidden : tensor<64x32xi1>, tensor<64x32xf32>
  %max = tile.reduce max %masked : tensor<64x32xf32> -> tensor<64xf32>
  %shift = arith.mulf %max, %minus_log2e : tensor<64xf32>
  %wide = tile.broadcast %shift along 1 : tensor<64xf32> -> tensor<64x32xf32>
  %exponent = math.fma %masked, %log2e, %wide : tensor<64x32xf32>
  %p = math.exp2 %exponent : tensor<64x32xf32>
  tile.store %p, %out[%c0, %c0] : tensor<64x32xf32>, !tile.buf<64x32xf32, global>
  tile.store %max, %top[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}

// -----

// The scores themselves are stored: they keep their bias.
// CHECK-LABEL: tile.kernel @stored
// CHECK: %[[BIAS:.*]] = math.fma
// CHECK: math.fma %{{.*}}, %{{.*}}, %[[BIAS]]
// CHECK: tile.reduce max
// CHECK-NOT: arith.addf
tile.kernel @stored(%in: !tile.buf<64x32xf32, global> {tile.access = "read"}, %out: !tile.buf<64x32xf32, global> {tile.access = "write"},
                    %top: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %x = tile.load %in[%c0, %c0] : !tile.buf<64x32xf32, global> -> tensor<64x32xf32>
  %slope = arith.constant dense<0.5> : tensor<64x32xf32>
  %i = tile.iota 0 : tensor<64x32xi32>
  %j = tile.iota 1 : tensor<64x32xi32>
  %rows = arith.sitofp %i : tensor<64x32xi32> to tensor<64x32xf32>
  %columns = arith.sitofp %j : tensor<64x32xi32> to tensor<64x32xf32>
  %bias = math.fma %columns, %slope, %rows : tensor<64x32xf32>
  %s = math.fma %x, %slope, %bias : tensor<64x32xf32>
  %max = tile.reduce max %s : tensor<64x32xf32> -> tensor<64xf32>
  tile.store %s, %out[%c0, %c0] : tensor<64x32xf32>, !tile.buf<64x32xf32, global>
  tile.store %max, %top[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}

// -----

// Three warpgroups have no registers for the columns of 160 keys.
// CHECK-LABEL: tile.kernel @no_room
// CHECK: %[[BIAS:.*]] = math.fma
// CHECK: math.fma %{{.*}}, %{{.*}}, %[[BIAS]]
// CHECK-NOT: arith.addf
tile.kernel @no_room(%in: !tile.buf<64x160xf32, global> {tile.access = "read"}, %top: !tile.buf<64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 3 : i64} {
  %c0 = arith.constant 0 : index
  %x = tile.load %in[%c0, %c0] : !tile.buf<64x160xf32, global> -> tensor<64x160xf32>
  %slope = arith.constant dense<0.5> : tensor<64x160xf32>
  %i = tile.iota 0 : tensor<64x160xi32>
  %j = tile.iota 1 : tensor<64x160xi32>
  %rows = arith.sitofp %i : tensor<64x160xi32> to tensor<64x160xf32>
  %columns = arith.sitofp %j : tensor<64x160xi32> to tensor<64x160xf32>
  %bias = math.fma %columns, %slope, %rows : tensor<64x160xf32>
  %s = math.fma %x, %slope, %bias : tensor<64x160xf32>
  %max = tile.reduce max %s : tensor<64x160xf32> -> tensor<64xf32>
  tile.store %max, %top[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}
