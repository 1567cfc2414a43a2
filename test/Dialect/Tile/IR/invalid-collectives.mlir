// RUN: attnc-opt %s --split-input-file --verify-diagnostics

tile.program @no_ranks(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) {
  // expected-error @below {{expected tile.ranks on the program}}
  tile.collective all_reduce %a to %a axes [0] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @no_axis(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected at least one axis}}
  tile.collective all_reduce %a to %a axes [] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @axis(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected distinct axes below 2, got [2]}}
  tile.collective all_reduce %a to %a axes [2] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @axis_twice(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected distinct axes below 2, got [0, 0]}}
  tile.collective all_reduce %a to %a axes [0, 0] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @in_place(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected another destination than the source for all_gather}}
  tile.collective all_gather %a to %a axes [0] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @dim(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected dim below 2, got 2}}
  tile.collective all_reduce %a to %a axes [0] dim 2 algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @integers(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected float elements to sum, got '!tile.buf<8xi32, global>'}}
  tile.collective all_reduce %i to %i axes [0] algorithm "default" : !tile.buf<8xi32, global> to !tile.buf<8xi32, global>
}

// -----

tile.program @indivisible(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected dimension 0 to be divisible by 4 ranks, got 6}}
  tile.collective reduce_scatter %a to %b axes [1] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @gathered_type(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  // expected-error @below {{expected a destination of type '!tile.buf<12x64xf32, global>', got '!tile.buf<6x64xf32, global>'}}
  tile.collective all_gather %a to %b axes [0] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

tile.program @view(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}, %b: !tile.buf<6x64xf32, global> {tile.role = "output"},
    %i: !tile.buf<8xi32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  %v = tile.view %a strides [64, 1] : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
  // expected-error @below {{expected contiguous buffers, got a tile.view}}
  tile.collective all_reduce %v to %v axes [0] algorithm "default" : !tile.buf<6x64xf32, global> to !tile.buf<6x64xf32, global>
}

// -----

// expected-error @below {{expected tile.ranks to be a #tile.ranks, got 2 : i64}}
tile.program @ranks(%a: !tile.buf<6x64xf32, global> {tile.role = "output"}) attributes {tile.ranks = 2 : i64} {
}

// -----

// expected-error @below {{expected axes of at least one rank, got 0}}
tile.program @empty_axis() attributes {tile.ranks = #tile.ranks<"g", [0]>} {
}

// -----

// expected-error @below {{expected a name and a size of at least one axis}}
tile.program @no_name() attributes {tile.ranks = #tile.ranks<"", [2]>} {
}
