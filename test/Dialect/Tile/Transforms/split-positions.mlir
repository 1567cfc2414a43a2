// RUN: attnc-opt %s --tile-split-positions | FileCheck %s

!positions = tensor<64x128xi32>
!values = tensor<64x128xf32>
!out = !tile.buf<64x128xi1, global>
!scores = !tile.buf<64x128xf32, global>

// Columns stay on one side of a comparison, rows go to the other.
// CHECK-LABEL: tile.kernel @columns_first
// CHECK-DAG: %[[FIRST:.*]] = tile.splat
// CHECK-DAG: %[[ROWS:.*]] = tile.iota 0
// CHECK: %[[COLUMNS:.*]] = tile.iota 1 : tensor<64x128xi32>
// CHECK: %[[LIMIT:.*]] = arith.subi %[[ROWS]], %[[FIRST]]
// CHECK: %[[M:.*]] = arith.cmpi sle, %[[COLUMNS]], %[[LIMIT]]
// CHECK: tile.store %[[M]]
tile.kernel @columns_first(%out: !out {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c7 = arith.constant 7 : i32
  %first = tile.splat %c7 : i32 -> !positions
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %j = arith.addi %first, %columns : !positions
  %m = arith.cmpi sle, %j, %i : !positions
  tile.store %m, %out[%c0, %c0] : tensor<64x128xi1>, !out
}

// Columns on the right change sides, and the comparison its direction.
// CHECK-LABEL: tile.kernel @columns_last
// CHECK-DAG: %[[FIRST:.*]] = tile.splat
// CHECK-DAG: %[[ROWS:.*]] = tile.iota 0
// CHECK: %[[COLUMNS:.*]] = tile.iota 1 : tensor<64x128xi32>
// CHECK: %[[LIMIT:.*]] = arith.subi %[[ROWS]], %[[FIRST]]
// CHECK: arith.cmpi sgt, %[[COLUMNS]], %[[LIMIT]]
tile.kernel @columns_last(%out: !out {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c7 = arith.constant 7 : i32
  %first = tile.splat %c7 : i32 -> !positions
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %j = arith.addi %first, %columns : !positions
  %m = arith.cmpi slt, %i, %j : !positions
  tile.store %m, %out[%c0, %c0] : tensor<64x128xi1>, !out
}

// So do columns that are subtracted: a window of 16 keys. An equality stays one.
// CHECK-LABEL: tile.kernel @columns_subtracted
// CHECK-DAG: %[[WINDOW:.*]] = tile.splat
// CHECK-DAG: %[[ROWS:.*]] = tile.iota 0
// CHECK: %[[COLUMNS:.*]] = tile.iota 1 : tensor<64x128xi32>
// CHECK: %[[LIMIT:.*]] = arith.subi %[[ROWS]], %[[WINDOW]]
// CHECK: arith.cmpi sge, %[[COLUMNS]], %[[LIMIT]]
// CHECK: %[[AGAIN:.*]] = tile.iota 1 : tensor<64x128xi32>
// CHECK: %[[EQUAL:.*]] = arith.subi %[[ROWS]], %[[WINDOW]]
// CHECK: arith.cmpi eq, %[[AGAIN]], %[[EQUAL]]
tile.kernel @columns_subtracted(%out: !out {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : i32
  %window = tile.splat %c16 : i32 -> !positions
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %distance = arith.subi %i, %columns : !positions
  %m = arith.cmpi sle, %distance, %window : !positions
  tile.store %m, %out[%c0, %c0] : tensor<64x128xi1>, !out
  %e = arith.cmpi eq, %distance, %window : !positions
  tile.store %e, %out[%c0, %c0] : tensor<64x128xi1>, !out
}

// What turns round and what does not.
// CHECK-LABEL: tile.kernel @predicates
// CHECK: arith.cmpi sgt
// CHECK: arith.cmpi sge
// CHECK: arith.cmpi slt
// CHECK: arith.cmpi sle
// CHECK: arith.cmpi eq
// CHECK: arith.cmpi ne
tile.kernel @predicates(%out: !out {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %less = arith.cmpi slt, %i, %columns : !positions
  %at_most = arith.cmpi sle, %i, %columns : !positions
  %more = arith.cmpi sgt, %i, %columns : !positions
  %at_least = arith.cmpi sge, %i, %columns : !positions
  %same = arith.cmpi eq, %i, %columns : !positions
  %other = arith.cmpi ne, %i, %columns : !positions
}

// A difference of positions is converted as rows and columns apart.
// CHECK-LABEL: tile.kernel @conversion
// CHECK: %[[I:.*]] = tile.iota 0
// CHECK: %[[ROWS:.*]] = arith.sitofp %[[I]]
// CHECK: %[[J:.*]] = tile.iota 1
// CHECK: %[[COLUMNS:.*]] = arith.sitofp %[[J]]
// CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[ROWS]], %[[COLUMNS]]
// CHECK: tile.store %[[DIFFERENCE]]
tile.kernel @conversion(%out: !scores {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %distance = arith.subi %i, %columns : !positions
  %d = arith.sitofp %distance : !positions to !values
  tile.store %d, %out[%c0, %c0] : !values, !scores
}

// Its product with a slope is one multiplication for each element and one for each row; of columns that are
// subtracted the slope is negative.
// CHECK-LABEL: tile.kernel @slope
// CHECK: %[[SLOPE:.*]] = tile.splat %{{.*}} : f32
// CHECK: %[[ROWS:.*]] = arith.sitofp
// CHECK: %[[COLUMNS:.*]] = arith.sitofp
// CHECK: %[[BASE:.*]] = arith.mulf %[[ROWS]], %[[SLOPE]]
// CHECK: %[[DOWN:.*]] = arith.negf %[[SLOPE]]
// CHECK: math.fma %[[COLUMNS]], %[[DOWN]], %[[BASE]]
// CHECK: %[[ROWS:.*]] = arith.sitofp
// CHECK: %[[COLUMNS:.*]] = arith.sitofp
// CHECK: %[[BASE:.*]] = arith.mulf %[[ROWS]], %[[SLOPE]]
// CHECK: math.fma %[[COLUMNS]], %[[SLOPE]], %[[BASE]]
tile.kernel @slope(%out: !scores {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %half = arith.constant 0.5 : f32
  %slope = tile.splat %half : f32 -> !values
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %distance = arith.subi %i, %columns : !positions
  %d = arith.sitofp %distance : !positions to !values
  %bias = arith.mulf %slope, %d : !values
  tile.store %bias, %out[%c0, %c0] : !values, !scores
  %sum = arith.addi %i, %columns : !positions
  %s = arith.sitofp %sum : !positions to !values
  %bias1 = arith.mulf %s, %slope : !values
  tile.store %bias1, %out[%c0, %c0] : !values, !scores
}

// What is split, what has no columns, two times columns, and a comparison without sign stay as they are.
// CHECK-LABEL: tile.kernel @left_alone
// CHECK: %[[COLUMNS:.*]] = tile.iota 1
// CHECK: %[[ROWS:.*]] = tile.iota 0
// CHECK: %[[J:.*]] = arith.addi %[[COLUMNS]], %[[ROWS]]
// CHECK: %[[TWICE:.*]] = arith.addi %[[J]], %[[COLUMNS]]
// CHECK-NEXT: arith.cmpi slt, %[[COLUMNS]], %[[ROWS]]
// CHECK-NEXT: arith.cmpi slt, %[[ROWS]], %[[ROWS]]
// CHECK-NOT: arith.subi
// CHECK: arith.cmpi slt, %[[TWICE]], %[[ROWS]]
// CHECK-NEXT: arith.cmpi ult, %[[J]], %[[ROWS]]
// CHECK-NEXT: arith.sitofp %[[TWICE]]
tile.kernel @left_alone(%out: !out {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %j = arith.addi %columns, %i : !positions
  %twice = arith.addi %j, %columns : !positions
  %split = arith.cmpi slt, %columns, %i : !positions
  %rows = arith.cmpi slt, %i, %i : !positions
  %both = arith.cmpi slt, %twice, %i : !positions
  %unsigned = arith.cmpi ult, %j, %i : !positions
  %converted = arith.sitofp %twice : !positions to !values
}

// A kernel of scalar code has no registers to save.
// CHECK-LABEL: tile.kernel @no_warpgroups
// CHECK: %[[J:.*]] = arith.addi
// CHECK-NEXT: arith.cmpi sle, %[[J]]
tile.kernel @no_warpgroups(%out: !out {tile.access = "write"}) attributes {target = "sm_90a"} {
  %columns = tile.iota 1 : !positions
  %i = tile.iota 0 : !positions
  %j = arith.addi %i, %columns : !positions
  %m = arith.cmpi sle, %j, %i : !positions
}
