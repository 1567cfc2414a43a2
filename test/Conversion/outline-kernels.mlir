// RUN: attnc-opt %s --attn-outline-kernels --split-input-file | FileCheck %s

// A function becomes a program of the same name: inputs, then results, with names and named sizes.
// CHECK-LABEL: tile.program @interface
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x64xf32, global> {attn.dims = ["S", ""], attn.name = "x", tile.role = "input"}
// CHECK-SAME: %[[G:[a-z0-9_]+]]: !tile.buf<64xf32, global> {attn.name = "arg1", tile.role = "input"}
// CHECK-SAME: %[[W:[a-z0-9_]+]]: !tile.buf<64x64xf32, global> {attn.weight = "w", tile.role = "input"}
// CHECK-SAME: %[[Y:[a-z0-9_]+]]: !tile.buf<?x64xf32, global> {attn.dims = ["S", ""], attn.name = "y", tile.role = "output"}
// CHECK: tile.launch @norm_0(%[[X]], %[[G]], %[[Y]])
// CHECK-NOT: func.func
func.func @interface(%x: tensor<?x64xf32> {attn.name = "x", attn.dims = ["S", ""]}, %g: tensor<64xf32>,
                     %unused: tensor<64x64xf32> {attn.weight = "w"}) -> (tensor<?x64xf32> {attn.name = "y"}) {
  %0 = attn.norm %x scale %g {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// The kernel holds the op between loads of whole operands and a store of its result.
// CHECK-LABEL: tile.kernel @norm_0
// CHECK-SAME: !tile.buf<?x64xf32, global> {tile.access = "read"}
// CHECK-SAME: !tile.buf<64xf32, global> {tile.access = "read"}
// CHECK-SAME: !tile.buf<?x64xf32, global> {tile.access = "write"}
// CHECK-SAME: attributes {target = "cpu"}
// CHECK: %[[X:.*]] = tile.load %{{.*}}[] : <?x64xf32, global> -> tensor<?x64xf32>
// CHECK: %[[G:.*]] = tile.load %{{.*}}[] : <64xf32, global> -> tensor<64xf32>
// CHECK: %[[Y:.*]] = attn.norm %[[X]] scale %[[G]]
// CHECK: tile.store %[[Y]], %{{.*}}[]

// -----

// Equal ops share a kernel, in all functions of a module; another attribute makes another.
// CHECK-LABEL: tile.program @shared
// CHECK: tile.launch @norm_0
// CHECK: tile.launch @norm_0
// CHECK: tile.launch @norm_1
// CHECK-LABEL: tile.program @other_function
// CHECK: tile.launch @norm_1
// CHECK-COUNT-2: tile.kernel
// CHECK-NOT: tile.kernel
func.func @shared(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}) -> tensor<?x64xf32> {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %2 = attn.norm %1 {norm = #attn.norm<layer, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %2 : tensor<?x64xf32>
}
func.func @other_function(%x: tensor<?x64xf32> {attn.dims = ["T", ""]}) -> tensor<?x64xf32> {
  %0 = attn.norm %x {norm = #attn.norm<layer, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// A kernel does not take the name of a function.
// CHECK-LABEL: tile.program @norm_0
// CHECK: tile.launch @norm_1
// CHECK: tile.kernel @norm_1
func.func @norm_0(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}) -> tensor<?x64xf32> {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// Row-wise kernels see [B, S, F] as [B · S, F]; between two of them the workspace keeps its shape.
// CHECK-LABEL: tile.program @tokens
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x?x64xf32, global>
// CHECK-DAG: %[[B:.*]] = tile.size "B"
// CHECK-DAG: %[[S:.*]] = tile.size "S"
// CHECK: %[[N:.*]] = arith.muli %[[B]], %[[S]]
// CHECK: %[[XF:.*]] = tile.view %[[X]] sizes(%[[N]]) strides [64, 1] : <?x?x64xf32, global> to <?x64xf32, global>
// CHECK: %[[H:.*]] = tile.alloc(%[[B]], %[[S]]) : <?x?x64xf32, global>
// CHECK: %[[HF:.*]] = tile.view %[[H]]
// CHECK: tile.launch @norm_0(%[[XF]], %[[HF]])
func.func @tokens(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}) -> tensor<?x?x64xf32> {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  return %1 : tensor<?x?x64xf32>
}

// -----

// Static sizes stay static, alone or beside a dynamic one.
// CHECK-LABEL: tile.program @static_tokens
// CHECK: tile.view %{{.*}} strides [64, 1] : <2x8x64xf32, global> to <16x64xf32, global>
// CHECK: %[[C2:.*]] = arith.constant 2 : index
// CHECK: %[[N:.*]] = arith.muli %{{.*}}, %[[C2]]
// CHECK: tile.view %{{.*}} sizes(%[[N]]) strides [64, 1] : <2x?x64xf32, global> to <?x64xf32, global>
func.func @static_tokens(%x: tensor<2x8x64xf32>, %y: tensor<2x?x64xf32> {attn.dims = ["", "S", ""]}) -> (tensor<2x8x64xf32>, tensor<2x?x64xf32>) {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  %1 = attn.norm %y {norm = #attn.norm<rms, 1.0e-5>} : (tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
  return %0, %1 : tensor<2x8x64xf32>, tensor<2x?x64xf32>
}

// -----

// Head views move nothing: the attention reads strided views and writes the result in token order.
// CHECK-LABEL: tile.program @heads
// CHECK-SAME: %[[Q:[a-z0-9_]+]]: !tile.buf<?x?x256xf32, global>
// CHECK-SAME: %[[Y:[a-z0-9_]+]]: !tile.buf<?x?x256xf32, global>
// CHECK: %[[SB:.*]] = arith.muli %{{.*}}, %c256
// CHECK: %[[QH:.*]] = tile.view %[[Q]] sizes(%{{.*}}, %{{.*}}) strides [%[[SB]], 64, 256, 1] : <?x?x256xf32, global> to <?x4x?x64xf32, global>
// CHECK: %[[YH:.*]] = tile.view %[[Y]] {{.*}} to <?x4x?x64xf32, global>
// CHECK-NEXT: tile.launch @attention_0(%[[QH]], %[[QH]], %[[QH]], %[[YH]])
// CHECK-NOT: tile.copy
// CHECK: tile.kernel
func.func @heads(%x: tensor<?x?x256xf32> {attn.dims = ["B", "S", ""]}) -> tensor<?x?x256xf32> {
  %0 = attn.split_heads %x : tensor<?x?x256xf32> to tensor<?x4x?x64xf32>
  %1 = attn.attention %0, %0, %0 : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  %2 = attn.merge_heads %1 : tensor<?x4x?x64xf32> to tensor<?x?x256xf32>
  return %2 : tensor<?x?x256xf32>
}

// -----

// The mask ops come along into the kernel, each use of one on its own.
// CHECK-LABEL: tile.program @mask
// CHECK: tile.kernel @attention_0
// CHECK-DAG: %[[W:.*]] = attn.mask.window 4
// CHECK-DAG: %[[C:.*]] = attn.mask.causal
// CHECK: %[[M:.*]] = attn.mask.and %[[C]], %[[W]]
// CHECK: attn.attention {{.*}} mask %[[M]]
func.func @mask(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}) -> tensor<?x4x?x64xf32> {
  %c = attn.mask.causal
  %w = attn.mask.window 4
  %m = attn.mask.and %c, %w
  %0 = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return %0 : tensor<?x4x?x64xf32>
}

// -----

// A value returned twice is computed once, into the first result, and copied to the second.
// CHECK-LABEL: tile.program @returned_twice
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x64xf32, global>
// CHECK-SAME: %[[Y:[a-z0-9_]+]]: !tile.buf<?x64xf32, global>
// CHECK-SAME: %[[Z:[a-z0-9_]+]]: !tile.buf<?x64xf32, global>
// CHECK: tile.launch @norm_0(%[[X]], %[[Y]])
// CHECK: tile.copy %[[Y]] to %[[Z]]
func.func @returned_twice(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0, %0 : tensor<?x64xf32>, tensor<?x64xf32>
}

// -----

// CHECK-LABEL: tile.program @returned_argument
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x64xf32, global>
// CHECK-SAME: %[[Y:[a-z0-9_]+]]: !tile.buf<?x64xf32, global>
// CHECK-NEXT: tile.size
// CHECK-NEXT: tile.copy %[[X]] to %[[Y]]
// CHECK-NEXT: }
func.func @returned_argument(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}) -> tensor<?x64xf32> {
  return %x : tensor<?x64xf32>
}

// -----

// A bound weight is stored packed, in each layout that is used, and plain where something else uses it.
// CHECK-LABEL: tile.program @bound_weights
// CHECK-DAG: !tile.buf<2x64x32xf32, global> {attn.weight = "w", tile.layout = {depth = 1 : i64, transposed = false, width = 32 : i64}, tile.role = "weight"}
// CHECK-DAG: !tile.buf<4x64x16xf32, global> {attn.weight = "w", tile.layout = {depth = 1 : i64, transposed = true, width = 16 : i64}, tile.role = "weight"}
// CHECK-DAG: !tile.buf<64x64xf32, global> {attn.weight = "w", tile.role = "weight"}
// CHECK-NOT: attn.bound
// CHECK-NOT: pack_weight
func.func @bound_weights(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}, %w: tensor<64x64xf32> {attn.weight = "w", attn.bound},
                         %ids: tensor<?x?xi32> {attn.dims = ["B", "S"]}) -> (tensor<?x64xf32>, tensor<?x?x64xf32>) {
  %p = attn.pack_weight %w {width = 32, depth = 1} : (tensor<64x64xf32>) -> tensor<2x64x32xf32>
  %t = attn.pack_weight %w {width = 16, depth = 1, transposed} : (tensor<64x64xf32>) -> tensor<4x64x16xf32>
  %0 = attn.linear %x, %p : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  %1 = attn.linear %0, %t : (tensor<?x64xf32>, tensor<4x64x16xf32>) -> tensor<?x64xf32>
  %2 = attn.embedding %ids, %w : (tensor<?x?xi32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  return %1, %2 : tensor<?x64xf32>, tensor<?x?x64xf32>
}

// -----

// A weight that is an input is packed by a kernel on each run.
// CHECK-LABEL: tile.program @packed_on_each_run
// CHECK: %[[P:.*]] = tile.alloc : <2x64x32xf32, global>
// CHECK: tile.launch @pack_weight_0(%{{.*}}, %[[P]])
// CHECK: tile.launch @linear_0(%{{.*}}, %[[P]], %{{.*}})
func.func @packed_on_each_run(%x: tensor<?x64xf32> {attn.dims = ["S", ""]}, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %p = attn.pack_weight %w {width = 32, depth = 1} : (tensor<64x64xf32>) -> tensor<2x64x32xf32>
  %0 = attn.linear %x, %p : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// A packed weight has three dimensions as tokens have, and keeps them.
// CHECK-LABEL: tile.program @packed_argument
// CHECK-SAME: %[[W:[a-z0-9_]+]]: !tile.buf<2x64x32xf32, global>
// CHECK: tile.launch @linear_0(%{{.*}}, %[[W]], %[[W]], %{{.*}})
func.func @packed_argument(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}, %w: tensor<2x64x32xf32>) -> tensor<?x?x64xf32> {
  %0 = attn.linear %x, %w up %w : (tensor<?x?x64xf32>, tensor<2x64x32xf32>, tensor<2x64x32xf32>) -> tensor<?x?x64xf32>
  return %0 : tensor<?x?x64xf32>
}

// -----

// The sizes of the log-sum-exp are those of the query.
// CHECK-LABEL: tile.program @lse
// CHECK-SAME: !tile.buf<?x4x?xf32, global> {attn.dims = ["B", "", "S"], attn.name = "result1", tile.role = "output"}
func.func @lse(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}, %k: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "K", ""]})
    -> (tensor<?x4x?x64xf32>, tensor<?x4x?xf32>) {
  %0, %1 = attn.attention %q, %k, %k
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> (tensor<?x4x?x64xf32>, tensor<?x4x?xf32>)
  return %0, %1 : tensor<?x4x?x64xf32>, tensor<?x4x?xf32>
}

// -----

// What a mask and a score region read are arguments of the kernel, each tensor of a mask once; scalars are constants of it.
// CHECK-LABEL: tile.program @mask_operands
// CHECK: tile.launch @attention_0(%arg0, %arg0, %arg0, %arg1, %arg2, %result0)
// CHECK-LABEL: tile.kernel @attention_0
// CHECK-DAG: %[[N:.*]] = tile.load %{{.*}}[] : <?xi32, global> -> tensor<?xi32>
// CHECK-DAG: attn.mask.prefix %[[N]]
// CHECK-DAG: attn.mask.lengths %[[N]]
// CHECK: %[[CAP:.*]] = arith.constant 5.0
// CHECK: attn.attention {{.*}} captures(%{{.*}}, %[[CAP]]) score
func.func @mask_operands(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}, %n: tensor<?xi32> {attn.dims = ["B"]},
                         %t: tensor<?x?xf32> {attn.dims = ["S", "S"]}) -> tensor<?x4x?x64xf32> {
  %cap = arith.constant 5.0 : f32
  %0 = attn.mask.prefix %n : tensor<?xi32>
  %1 = attn.mask.lengths %n : tensor<?xi32>
  %m = attn.mask.and %0, %1
  %o = attn.attention %q, %q, %q mask %m captures(%t, %cap) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %bias: tensor<?x?xf32>, %c: f32):
    %x = tensor.extract %bias[%i, %j] : tensor<?x?xf32>
    %y = arith.mulf %x, %c : f32
    %z = arith.addf %s, %y : f32
    attn.yield %z : f32
  } : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask, tensor<?x?xf32>, f32) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// A capture without its trailing sizes of 1 is a view of the same memory.
// CHECK-LABEL: tile.program @captured_view
// CHECK: %[[V:.*]] = tile.view %[[T:.*]] sizes(%[[B:.*]], %[[S:.*]]) strides [%[[S]], %[[S]], 1] : <?x1x?x1xf32, global> to <?x1x?xf32, global>
// CHECK: tile.launch @attention_0(%{{.*}}, %[[V]], %{{.*}})
func.func @captured_view(%q: tensor<?x2x?x8xf32> {attn.dims = ["B", "", "S", ""]}, %t: tensor<?x1x?x1xf32> {attn.dims = ["B", "", "S", ""]})
    -> tensor<?x2x?x8xf32> {
  %v = tensor.collapse_shape %t [[0], [1], [2, 3]] : tensor<?x1x?x1xf32> into tensor<?x1x?xf32>
  %o = attn.attention %q, %q, %q captures(%v) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %c: tensor<?x1x?xf32>):
    attn.yield %s : f32
  } : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x1x?xf32>) -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}
