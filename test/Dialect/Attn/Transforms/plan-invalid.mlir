// RUN: attnc-opt %s --attn-plan=cpu=x86-64-v4 --split-input-file --verify-diagnostics
// RUN: not attnc-opt %s --attn-plan=cpu=z80 --split-input-file 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not attnc-opt %s --attn-plan=cpu=x86-64-v2 --split-input-file 2>&1 | FileCheck %s --check-prefix=OLD

// UNKNOWN: error: unknown cpu 'z80'; known are native, x86-64-v3, x86-64-v4,
// OLD: error: cpu 'x86-64-v2' has no avx2, which attnc's kernels need

// A space that the target does not have for a buffer.
func.func @hidden(%x: tensor<?x64xf32>, %w: tensor<64x128xf32>) {
  // expected-error @below {{expected hidden to be placed in global on the cpu target, got cache}}
  %0 = attn.linear %x, %w {place = #attn.place<hidden = cache>} : (tensor<?x64xf32>, tensor<64x128xf32>) -> tensor<?x128xf32>
  return
}

// -----

func.func @linear_input(%x: tensor<?x64xf32>, %w: tensor<64x128xf32>) {
  // expected-error @below {{expected input to be placed in global or cache on the cpu target, got register}}
  %0 = attn.linear %x, %w {place = #attn.place<input = register>} : (tensor<?x64xf32>, tensor<64x128xf32>) -> tensor<?x128xf32>
  return
}

// -----

func.func @linear_weight(%x: tensor<?x64xf32>, %w: tensor<64x128xf32>) {
  // expected-error @below {{expected weight to be placed in global or cache on the cpu target, got register}}
  %0 = attn.linear %x, %w {place = #attn.place<weight = register>} : (tensor<?x64xf32>, tensor<64x128xf32>) -> tensor<?x128xf32>
  return
}

// -----

func.func @linear_accumulator(%x: tensor<?x64xf32>, %w: tensor<64x128xf32>) {
  // expected-error @below {{expected accumulator to be placed in cache or register on the cpu target, got global}}
  %0 = attn.linear %x, %w {place = #attn.place<accumulator = global>} : (tensor<?x64xf32>, tensor<64x128xf32>) -> tensor<?x128xf32>
  return
}

// -----

func.func @key(%q: tensor<?x4x?x64xf32>) {
  // expected-error @below {{expected key to be placed in cache on the cpu target, got global}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<key = global>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @query(%q: tensor<?x4x?x64xf32>) {
  // expected-error @below {{expected query to be placed in global or cache on the cpu target, got register}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<query = register>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @value(%q: tensor<?x4x?x64xbf16>) {
  // expected-error @below {{expected value to be placed in cache or global on the cpu target, got register}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<value = register>}
    : (tensor<?x4x?x64xbf16>, tensor<?x4x?x64xbf16>, tensor<?x4x?x64xbf16>) -> tensor<?x4x?x64xbf16>
  return
}

// -----

func.func @scores(%q: tensor<?x4x?x64xf32>) {
  // expected-error @below {{expected scores to be placed in cache or register on the cpu target, got global}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<scores = global>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @weights(%q: tensor<?x4x?x64xf32>) {
  // expected-error @below {{expected weights to be placed in cache or register on the cpu target, got global}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<weights = global>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @output(%q: tensor<?x4x?x64xf32>) {
  // expected-error @below {{expected output to be placed in cache or register on the cpu target, got global}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<output = global>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

// One row of 64 scores and 512 outputs takes 36 registers of 16 f32.
func.func @registers(%q: tensor<?x4x?x512xf32>) {
  // expected-error @below {{expected one row of the tiles placed in registers to fit the registers, needed 36 vector registers, available 32}}
  %0 = attn.attention %q, %q, %q {place = #attn.place<scores = register, output = register>}
    : (tensor<?x4x?x512xf32>, tensor<?x4x?x512xf32>, tensor<?x4x?x512xf32>) -> tensor<?x4x?x512xf32>
  return
}

// -----

func.func @cache(%q: tensor<?x4x?x4096xf32>) {
  // expected-error @below {{expected the tiles of a block to fit the cache, needed 2114048 bytes, available 1048576}}
  %0 = attn.attention %q, %q, %q
    : (tensor<?x4x?x4096xf32>, tensor<?x4x?x4096xf32>, tensor<?x4x?x4096xf32>) -> tensor<?x4x?x4096xf32>
  return
}

// -----

// A size whose bytes do not fit 64 bits is refused as any other.
func.func @huge(%q: tensor<?x1x?x9223372036854775807xf32>) {
  // expected-error @below {{expected the tiles of a block to fit the cache, needed 18446744073709551615 bytes, available 1048576}}
  %0 = attn.attention %q, %q, %q
    : (tensor<?x1x?x9223372036854775807xf32>, tensor<?x1x?x9223372036854775807xf32>, tensor<?x1x?x9223372036854775807xf32>)
    -> tensor<?x1x?x9223372036854775807xf32>
  return
}

// -----

// Tiles of the input and of both weights beside the accumulators.
func.func @linear_cache(%x: tensor<?x2048xf32>, %w: tensor<2048x512xf32>) {
  // expected-error @below {{expected the tiles of a block to fit the cache, needed 2686976 bytes, available 1048576}}
  %0 = attn.linear %x, %w up %w {place = #attn.place<input = cache, weight = cache>}
    : (tensor<?x2048xf32>, tensor<2048x512xf32>, tensor<2048x512xf32>) -> tensor<?x512xf32>
  return
}

// -----

// A region's op that has no form on tiles is named.
func.func @score(%q: tensor<?x4x?x64xf32>) {
  %0 = attn.attention %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{'math.powf' in a mask or score region is not built yet for the cpu target}}
    %t = math.powf %s, %s : f32
    attn.yield %t : f32
  } : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

// Math ops are approximated in f32 only.
func.func @score_type(%q: tensor<?x4x?x64xf32>) {
  %0 = attn.attention %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %w = arith.extf %s : f32 to f64
    // expected-error @below {{'math.tanh' in a mask or score region is not built yet for the cpu target}}
    %t = math.tanh %w : f64
    %n = arith.truncf %t : f64 to f32
    attn.yield %n : f32
  } : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @nested(%q: tensor<?x4x?x64xf32>) {
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{'scf.execute_region' in a mask or score region is not built yet for the cpu target}}
    %v = scf.execute_region -> i1 {
      %c = arith.cmpi ule, %j, %i : index
      scf.yield %c : i1
    }
    attn.yield %v : i1
  }
  %0 = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return
}

// -----

// A table of distances needs a gather.
func.func @gather(%q: tensor<?x4x?x64xf32>, %t: tensor<4x?xf32>) {
  %0 = attn.attention %q, %q, %q captures(%t) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %table: tensor<4x?xf32>):
    %d = arith.subi %j, %i : index
    // expected-error @below {{'tensor.extract' from other than a capture at [.., i + c, j + c], [.., i + c] or [.., j + c] is not built yet for the cpu target}}
    %x = tensor.extract %table[%h, %d] : tensor<4x?xf32>
    %y = arith.addf %s, %x : f32
    attn.yield %y : f32
  } : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<4x?xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

// Columns are read along the last dimension.
func.func @transposed_bias(%q: tensor<?x4x?x64xf32>, %t: tensor<?x?xf32>) {
  %0 = attn.attention %q, %q, %q captures(%t) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %bias: tensor<?x?xf32>):
    // expected-error @below {{'tensor.extract' from other than a capture at [.., i + c, j + c], [.., i + c] or [.., j + c] is not built yet for the cpu target}}
    %x = tensor.extract %bias[%j, %i] : tensor<?x?xf32>
    %y = arith.addf %s, %x : f32
    attn.yield %y : f32
  } : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x?xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @scalar_capture(%q: tensor<?x4x?x64xf32>, %n: index) {
  // expected-error @below {{expected scalar captures to be constants, got a value of 'index'}}
  %m = attn.mask.custom(%n) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %stride: index):
    %v = arith.cmpi ult, %j, %stride : index
    attn.yield %v : i1
  } : index
  %0 = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @mask_argument(%q: tensor<?x4x?x64xf32>, %m: !attn.mask) {
  // expected-error @below {{expected a mask made by a mask op, got an argument}}
  %0 = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @kv_append(%c: tensor<2x4x128x16xf32>, %t: tensor<2x4x?x16xf32>, %pos: tensor<2xi32>) {
  // expected-error @below {{'attn.kv_append' is not built yet for the cpu target}}
  %0 = attn.kv_append %c, %t at %pos : (tensor<2x4x128x16xf32>, tensor<2x4x?x16xf32>, tensor<2xi32>) -> tensor<2x4x128x16xf32>
  return
}

// -----

func.func @other_dialect(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'arith.addf' is not built yet for the cpu target}}
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{expected a function with one block, got 2}}
func.func @two_blocks() {
  cf.br ^bb1
^bb1:
  return
}

// -----

// expected-error @below {{expected a function with one block, got 0}}
func.func private @declaration()

// -----

func.func @tensor_mask(%q: tensor<?x4x?x64xf32>, %t: tensor<?x?xi1>) {
  // expected-error @below {{expected no 'attn.mask.tensor': attn-fuse-masks turns it into mask ops}}
  %m = attn.mask.tensor %t : tensor<?x?xi1>
  %0 = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @score_bias(%q: tensor<?x4x?x64xf32>, %t: tensor<?x?xf32>) {
  // expected-error @below {{expected no score_bias on 'attn.attention': attn-fuse-masks turns it into a score region}}
  %0 = attn.attention %q, %q, %q score_bias %t
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x?xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @size_of_no_dimension(%q: tensor<?x4x?x64xf32>, %t: tensor<?xf32>) {
  %m = attn.mask.custom(%t) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %c: tensor<?xf32>):
    // expected-error @below {{'tensor.dim' in a mask or score region is not built yet for the cpu target}}
    %n = tensor.dim %c, %h : tensor<?xf32>
    %v = arith.cmpi slt, %j, %n : index
    attn.yield %v : i1
  } : tensor<?xf32>
  %0 = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return
}

// -----

func.func @positions(%q: tensor<2x2x3x8xf32>, %pos: tensor<2xi32>) -> tensor<2x2x3x8xf32> {
  // expected-error @below {{'attn.attention' at positions is not built yet for any target}}
  %o = attn.attention %q, %q, %q at %pos : (tensor<2x2x3x8xf32>, tensor<2x2x3x8xf32>, tensor<2x2x3x8xf32>, tensor<2xi32>) -> tensor<2x2x3x8xf32>
  return %o : tensor<2x2x3x8xf32>
}
