// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc-test-package %s -o %t.attnc --weights=%t.safetensors --verify-diagnostics --split-input-file
// RUN: not ls %t.attnc

// What a slice says of the whole must be what the file has.
// expected-error@+1 {{expected the weight "matrix" to be F32 [40, 64], got F32 [40, 48] in '}}
tile.program @p(%w: !tile.buf<40x32xf32, global> {attn.weight = "matrix", tile.role = "weight",
    attn.slice = #attn.slice<[_, 0] of [40, 64]>}) attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
}

// -----

// The file lacks the padding.
// expected-error@+1 {{expected the weight "matrix" to be F32 [40, 46], got F32 [40, 48] in '}}
tile.program @p(%w: !tile.buf<40x24xf32, global> {attn.weight = "matrix", tile.role = "weight",
    attn.slice = #attn.slice<[_, 0] of [40, 48], pad = [0, 2]>}) attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
}

// -----

// Slices that do not tile the whole.
// expected-error@+1 {{expected the weight "matrix" to have slices of equal size, got #attn.slice<[_, 0] of [40, 48]>}}
tile.program @p(%w: !tile.buf<1x40x32xf32, global> {attn.weight = "matrix", tile.role = "weight",
    tile.layout = {width = 32 : i64, depth = 1 : i64, transposed = false},
    attn.slice = #attn.slice<[_, 0] of [40, 48]>}) attributes {tile.ranks = #tile.ranks<"tp", [5]>} {
}

// -----

// expected-error@+1 {{expected the weight "matrix" to be F32 [40, 48], got F32 [40, 24] in '}}
tile.program @p(%w: !tile.buf<40x48xf32, global> {attn.weight = "matrix", tile.role = "weight",
    attn.slice = #attn.slice<[_, 0] of [40, 48]>}) attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
}

// -----

// expected-error@+1 {{expected attn.slice of argument 0 to divide the ranks of tile.ranks, got #attn.slice<[_, 1] of [40, 48]>}}
tile.program @p(%w: !tile.buf<40x24xf32, global> {attn.weight = "matrix", tile.role = "weight",
    attn.slice = #attn.slice<[_, 1] of [40, 48]>}) attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
}

// -----

// expected-error@+1 {{expected attn.slice of argument 0 to divide the ranks of tile.ranks, got #attn.slice<[_, 0 group 3] of [40, 48]>}}
tile.program @p(%w: !tile.buf<40x24xf32, global> {attn.weight = "matrix", tile.role = "weight",
    attn.slice = #attn.slice<[_, 0 group 3] of [40, 48]>}) attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
}

// -----

tile.program @p(%w: !tile.buf<40x48xf32, global> {attn.weight = "matrix", tile.role = "weight"})
    attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
}
// expected-error@+1 {{expected all programs of a package to have the same tile.ranks}}
tile.program @q(%w: !tile.buf<40x48xf32, global> {attn.weight = "matrix", tile.role = "weight"}) {
}

// -----

// expected-error@+1 {{expected one padding and value of the weight "matrix"}}
tile.program @p(%v: !tile.buf<41x48xf32, global> {attn.weight = "matrix", tile.role = "weight", attn.pad = [1, 0]},
                %w: !tile.buf<40x48xf32, global> {attn.weight = "matrix", tile.role = "weight"}) {
}

// -----

tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
  // expected-error@+1 {{expected the destination to be an output or workspace}}
  tile.collective all_reduce %x to %x axes [0] algorithm "default" : !tile.buf<4xf32, global> to !tile.buf<4xf32, global>
}
