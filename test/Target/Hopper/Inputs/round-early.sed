# Rounds P before the wait for the product that reads the last P.
/%ph = arith/d
/%pa = tile/d
s/^ *%o2 = tile.mma_wait/%ph = arith.truncf %p1 : tensor<64x128xf32, #acc> to tensor<64x128xbf16, #acc>\
%pa = tile.convert_layout %ph : tensor<64x128xbf16, #acc> -> tensor<64x128xbf16, #a_frag>\
&/
