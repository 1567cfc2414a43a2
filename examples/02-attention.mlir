// Causal attention at head dim 128, as the documents follow it from here to a Hopper kernel:
//
//   attnc examples/02-attention.mlir --target=cpu,sm_90a -o attention.attnc
//   attnc examples/02-attention.mlir --target=sm_90a --emit=scheduled
//
// Batch and lengths stay open. Query row i is the key position i + Sk - Sq.
func.func @attention(
    %q: tensor<?x16x?x128xbf16> {attn.name = "q", attn.dims = ["B", "", "Sq", ""]},
    %k: tensor<?x16x?x128xbf16> {attn.name = "k", attn.dims = ["B", "", "Sk", ""]},
    %v: tensor<?x16x?x128xbf16> {attn.name = "v", attn.dims = ["B", "", "Sk", ""]})
    -> (tensor<?x16x?x128xbf16> {attn.name = "o"}, tensor<?x16x?xf32> {attn.name = "lse"}) {
  %causal = attn.mask.causal
  %o, %lse = attn.attention %q, %k, %v mask %causal
    : (tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>, !attn.mask)
    -> (tensor<?x16x?x128xbf16>, tensor<?x16x?xf32>)
  return %o, %lse : tensor<?x16x?x128xbf16>, tensor<?x16x?xf32>
}
