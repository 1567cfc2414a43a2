// A transformer block, as a user writes it: attention, then an MLP, each with its norm before and its residual after.
// It is whole tensors of one logical device. What follows from it (tiles, memory spaces, kernels, each rank's slice and
// the AllReduces between ranks) is the compiler's to derive.
//
//   attnc 01-block.mlir -o block.attnc                    one device
//   attnc 01-block.mlir -o block.attnc --grid tp=2        two ranks
//   attnc 01-block.mlir --emit=tile                       read any stage
//
// Sizes: hidden 256; 4 query heads of 64 elements share 2 KV heads; MLP 512. Batch B and sequence length S stay
// dynamic: one package serves all of them in the ranges below (minimum, maximum, divisor).
module attributes {attn.dim_ranges = {B = [1, 64, 1], S = [1, 4096, 1]}} {

  // The ranks among which the weights are divided. `--grid tp=N` sets their number; without it there is one.
  shard.grid @tp(shape = 2)

  // `attn.name` is what a caller binds; `attn.dims` names each `?`, and the same name is the same size;
  // `attn.weight` is bound by `attnc --weights=W.safetensors`, else it is an input like any other.
  func.func @block(
      %x: tensor<?x?x256xf32> {attn.name = "x", attn.dims = ["B", "S", ""]},
      %attention_norm: tensor<256xf32> {attn.name = "attention_norm", attn.weight = "layers.0.attention_norm"},
      %wq: tensor<256x256xf32> {attn.name = "wq", attn.weight = "layers.0.wq"},
      %wk: tensor<256x128xf32> {attn.name = "wk", attn.weight = "layers.0.wk"},
      %wv: tensor<256x128xf32> {attn.name = "wv", attn.weight = "layers.0.wv"},
      %wo: tensor<256x256xf32> {attn.name = "wo", attn.weight = "layers.0.wo"},
      %mlp_norm: tensor<256xf32> {attn.name = "mlp_norm", attn.weight = "layers.0.mlp_norm"},
      %gate: tensor<256x512xf32> {attn.name = "gate", attn.weight = "layers.0.gate"},
      %up: tensor<256x512xf32> {attn.name = "up", attn.weight = "layers.0.up"},
      %down: tensor<512x256xf32> {attn.name = "down", attn.weight = "layers.0.down"})
      -> (tensor<?x?x256xf32> {attn.name = "y", attn.dims = ["B", "S", ""]}) {

    // Each rank owns some heads and some columns of the MLP: the first products of a block are divided by columns, the
    // last by rows, so that one AllReduce after each block is all that ranks exchange (Megatron-LM). The number in a
    // list is an axis of the grid, the position in it a dimension of the tensor.
    %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
    %rows = shard.sharding @tp split_axes = [[0], []] : !shard.sharding
    %wq_columns = shard.shard %wq to %columns annotate_for_users : tensor<256x256xf32>
    %wk_columns = shard.shard %wk to %columns annotate_for_users : tensor<256x128xf32>
    %wv_columns = shard.shard %wv to %columns annotate_for_users : tensor<256x128xf32>
    %wo_rows = shard.shard %wo to %rows annotate_for_users : tensor<256x256xf32>
    %gate_columns = shard.shard %gate to %columns annotate_for_users : tensor<256x512xf32>
    %up_columns = shard.shard %up to %columns annotate_for_users : tensor<256x512xf32>
    %down_rows = shard.shard %down to %rows annotate_for_users : tensor<512x256xf32>

    // A mask is a value: layers may share it, and the compiler finds out which tiles of scores it leaves empty.
    %causal = attn.mask.causal

    // Query, key and value tiles come through the cache; scores, softmax weights and the output stay in registers.
    // A placement is obeyed, or refused with the bytes or registers that are missing.
    %h = attn.mha %x, %wq_columns, %wk_columns, %wv_columns, %wo_rows norm(%attention_norm) mask %causal
      {heads = 4 : i64, kv_heads = 2 : i64, head_dim = 64 : i64,
       rope = #attn.rope<theta = 1.0e4>, norm = #attn.norm<rms, 1.0e-5>, residual,
       place = #attn.place<query = cache, key = cache, value = cache,
                           scores = register, weights = register, output = register>}
      : (tensor<?x?x256xf32>, tensor<256x256xf32>, tensor<256x128xf32>, tensor<256x128xf32>, tensor<256x256xf32>,
         tensor<256xf32>, !attn.mask) -> tensor<?x?x256xf32>

    // Both products of the MLP stream their weights from global memory; the hidden values between them go there and
    // come back.
    %y = attn.mlp %h, %gate_columns, %up_columns, %down_rows norm(%mlp_norm)
      {activation = #attn.mlp_activation<silu_gate>, norm = #attn.norm<rms, 1.0e-5>, residual,
       place = #attn.place<input = cache, weight = global, hidden = global, accumulator = register>}
      : (tensor<?x?x256xf32>, tensor<256x512xf32>, tensor<256x512xf32>, tensor<512x256xf32>, tensor<256xf32>)
      -> tensor<?x?x256xf32>

    return %y : tensor<?x?x256xf32>
  }
}
