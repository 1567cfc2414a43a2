// RUN: attnc-opt %s --attnc-verify-stage=stage=tile --split-input-file --verify-diagnostics

tile.program @legal(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %0 = arith.constant 0 : index
}

// -----

// expected-error @below {{expected only ops of builtin, tile, scf, arith, math at the end of the stage tile, got 'func.func'}}
func.func @illegal(%x: tensor<4xf32>) {
  return
}
