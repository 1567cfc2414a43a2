// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc-test-package %s -o %t.attnc --weights=%t.safetensors --verify-diagnostics --split-input-file
// RUN: not ls %t.attnc

// expected-error@+1 {{expected the weight "absent" in '}}
tile.program @p(%w: !tile.buf<4xf32, global> {attn.weight = "absent", tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected the weight "matrix" to be F32 [40, 64], got F32 [40, 48] in '}}
tile.program @p(%w: !tile.buf<40x64xf32, global> {attn.weight = "matrix", tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected the weight "vector" to be F16 [48], got BF16 [48] in '}}
tile.program @p(%w: !tile.buf<48xf16, global> {attn.weight = "vector", tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected the weight "matrix" to be F32 [3, 40, 32] in panels, got F32 [2, 40, 32] in '}}
tile.program @p(%w: !tile.buf<3x40x32xf32, global> {attn.weight = "matrix",
    tile.layout = {width = 32 : i64, depth = 1 : i64, transposed = false}, tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected the weight "vector" to be a matrix of BF16, got BF16 [48] in '}}
tile.program @p(%w: !tile.buf<2x1x32xbf16, global> {attn.weight = "vector",
    tile.layout = {width = 32 : i64, depth = 1 : i64, transposed = false}, tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected tile.layout of argument 0 to be a width of 1 to 1024, a depth of 1 to 16 and a flag transposed, got}}
tile.program @p(%w: !tile.buf<2x40x32xf32, global> {attn.weight = "matrix",
    tile.layout = {width = 0 : i64, depth = 1 : i64, transposed = false}, tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected tile.layout of argument 0 to be}}
tile.program @p(%w: !tile.buf<2x40x32xf32, global> {attn.weight = "matrix", tile.layout = 3 : i64, tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected the weight "double" to hold f32, bf16, f16 or i32, got 'i8'}}
tile.program @p(%w: !tile.buf<2xi8, global> {attn.weight = "double", tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected attn.weight of argument 0 to be a name in UTF-8 without control characters that does not start with "attnc.", got "attnc.sha256"}}
tile.program @p(%w: !tile.buf<2xf32, global> {attn.weight = "attnc.sha256", tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected attn.weight of argument 0 to be a name}}
tile.program @p(%w: !tile.buf<2xf32, global> {tile.role = "weight"}) {
}

// -----

// A plain weight whose name is that of another's panels.
// expected-error@+1 {{expected one weight to be stored as "matrix@panels32", got "matrix" and "matrix@panels32"}}
tile.program @p(%w: !tile.buf<2x40x32xf32, global> {attn.weight = "matrix",
      tile.layout = {width = 32 : i64, depth = 1 : i64, transposed = false}, tile.role = "weight"},
    %v: !tile.buf<2x40x32xf32, global> {attn.weight = "matrix@panels32", tile.role = "weight"}) {
}

// -----

tile.program @p(%w: !tile.buf<40x48xf32, global> {attn.weight = "matrix", tile.role = "weight"}) {
}
// expected-error@+1 {{expected one type of the weight "matrix", got '!tile.buf<40x48xf32, global>' and '!tile.buf<40x48xbf16, global>'}}
tile.program @q(%w: !tile.buf<40x48xbf16, global> {attn.weight = "matrix", tile.role = "weight"}) {
}
