// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected each grid axis once, got 0 twice}}
func.func private @axis_twice(tensor<?x64xf32> {attn.sharding = #attn.sharding<[0, 0]>})

// -----

// expected-error @below {{expected grid axes of at least 0, got -2}}
func.func private @negative_axis(tensor<?x64xf32> {attn.sharding = #attn.sharding<[-2, _]>})

// -----

// expected-error @below {{expected groups of at least 1, got 0}}
func.func private @group(tensor<?x64xf32> {attn.sharding = #attn.sharding<[0 group 0, _]>})

// -----

// expected-error @below {{expected a split for each of 1 dimensions, got 2}}
func.func private @slice_rank(tensor<?x64xf32> {attn.slice = #attn.slice<[0, _] of [64]>})

// -----

// expected-error @below {{expected positive sizes, got 0}}
func.func private @slice_size(tensor<?x64xf32> {attn.slice = #attn.slice<[0, _] of [0, 64]>})

// -----

// expected-error @below {{expected a pad for each of 2 dimensions, got 1}}
func.func private @pad_rank(tensor<?x64xf32> {attn.slice = #attn.slice<[0, _] of [64, 64], pad = [1]>})

// -----

// expected-error @below {{expected a pad of at most the size 64, got 65}}
func.func private @pad_size(tensor<?x64xf32> {attn.slice = #attn.slice<[0, _] of [64, 64], pad = [65, 0]>})

// -----

// expected-error @below {{argument 0: expected attn.sharding to split each dimension of 'tensor<?x64xf32>', got #attn.sharding<[_]>}}
func.func private @sharding_rank(tensor<?x64xf32> {attn.sharding = #attn.sharding<[_]>})

// -----

// expected-error @below {{argument 0: expected attn.sharding to split each dimension}}
func.func private @partial_argument(tensor<?x64xf32> {attn.sharding = #attn.sharding<[_, _], partial = [0]>})

// -----

// A slice of 100 columns has no 32 of them on each rank.
// expected-error @below {{argument 0: expected attn.slice to say what 'tensor<64x32xf32>' is a slice of, got #attn.slice<[_, 0] of [64, 100]>}}
func.func private @slice_fits(tensor<64x32xf32> {attn.slice = #attn.slice<[_, 0] of [64, 100]>})

// -----

// expected-error @below {{argument 0: expected attn.slice to say what 'tensor<64x32xf32>' is a slice of}}
func.func private @slice_whole(tensor<64x32xf32> {attn.slice = #attn.slice<[_, _] of [64, 64]>})

// -----

// expected-error @below {{argument 0: expected attn.constant to be the value of a whole weight, got dense<0> : tensor<3xi32>}}
func.func private @constant(tensor<1xi32> {attn.weight = "w", attn.constant = dense<0> : tensor<3xi32>})

// -----

func.func @shardings(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected attn.shardings to hold a sharding for each result, got []}}
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>, attn.shardings = []} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}

// -----

func.func @algorithm(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected attn.algorithm to be a name on a collective of the shard dialect, got "ring"}}
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>, attn.algorithm = "ring"} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}

// -----

func.func @reshard_type(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected one rank and element type, got 'tensor<?x64xf32>' and 'tensor<64xf32>'}}
  %0 = attn.reshard %x from <[_, 0]> to <[_, _]> : tensor<?x64xf32> to tensor<64xf32>
  return
}

// -----

func.func @reshard_rank(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected shardings of 2 dimensions, got #attn.sharding<[_]>}}
  %0 = attn.reshard %x from <[_, 0]> to <[_]> : tensor<?x64xf32> to tensor<?x64xf32>
  return
}

// -----

func.func @reshard_partial(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected to reach a value that is not partial, got #attn.sharding<[_, _], partial = [0]>}}
  %0 = attn.reshard %x from <[_, 0]> to <[_, _], partial = [0]> : tensor<?x64xf32> to tensor<?x64xf32>
  return
}

// -----

func.func @epilogue_up_bias(%x: tensor<?x64xf32>, %b: tensor<64xf32>) {
  // expected-error @below {{expected up beside up_bias}}
  %0 = attn.epilogue %x up_bias %b : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return
}

// -----

func.func @epilogue_bias(%x: tensor<?x64xf32>, %b: tensor<32xf32>) {
  // expected-error @below {{expected bias to be [N] = [64], got [32]}}
  %0 = attn.epilogue %x bias %b : (tensor<?x64xf32>, tensor<32xf32>) -> tensor<?x64xf32>
  return
}

// -----

func.func @epilogue_residual(%x: tensor<?x64xf32>, %r: tensor<?x64xbf16>) {
  // expected-error @below {{expected residual to have the element type of input, 'f32', got 'bf16'}}
  %0 = attn.epilogue %x residual %r : (tensor<?x64xf32>, tensor<?x64xbf16>) -> tensor<?x64xf32>
  return
}

// -----

func.func @norm_sum(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected a second result beside input_bias or residual}}
  %0 = attn.norm %x residual %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}

// -----

func.func @norm_no_sum(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected input_bias or residual beside the second result}}
  %0:2 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>)
  return
}

// -----

func.func @embedding_first(%ids: tensor<?x?xi32>, %t: tensor<8x64xf32>, %f: tensor<1xi32>) {
  // expected-error @below {{expected vocabulary beside first}}
  %0 = attn.embedding %ids, %t first %f : (tensor<?x?xi32>, tensor<8x64xf32>, tensor<1xi32>) -> tensor<?x?x64xf32>
  return
}

// -----

func.func @embedding_vocabulary(%ids: tensor<?x?xi32>, %t: tensor<8x64xf32>) {
  // expected-error @below {{expected first beside vocabulary}}
  %0 = attn.embedding %ids, %t {vocabulary = 64 : i64} : (tensor<?x?xi32>, tensor<8x64xf32>) -> tensor<?x?x64xf32>
  return
}

// -----

func.func @drop_padding_more(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected at most the 64 features of input, got 66}}
  %0 = attn.drop_padding %x : (tensor<?x64xf32>) -> tensor<?x66xf32>
  return
}

// -----

func.func @drop_padding_tokens(%x: tensor<8x64xf32>) {
  // expected-error @below {{expected output to be the tokens of input and its own features = [8, 62], got [4, 62]}}
  %0 = attn.drop_padding %x : (tensor<8x64xf32>) -> tensor<4x62xf32>
  return
}

// -----

func.func @drop_padding_type(%x: tensor<8x64xf32>) {
  // expected-error @below {{expected output to have the element type of input}}
  %0 = attn.drop_padding %x : (tensor<8x64xf32>) -> tensor<8x62xbf16>
  return
}

// -----

func.func @drop_padding_dynamic(%x: tensor<8x64xf32>) {
  // expected-error @below {{static}}
  %0 = attn.drop_padding %x : (tensor<8x64xf32>) -> tensor<8x?xf32>
  return
}
