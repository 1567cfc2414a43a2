// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each buffer type breaks one rule.

// expected-error @below {{expected global, cache or register, got 'shared'}}
func.func private @space(!tile.buf<4xf32, shared>)

// -----

// expected-error @below {{expected a rank of 1 to 6, got 0}}
func.func private @rank_zero(!tile.buf<f32, global>)

// -----

// expected-error @below {{expected a rank of 1 to 6, got 7}}
func.func private @rank_seven(!tile.buf<1x1x1x1x1x1x1xf32, global>)

// -----

// expected-error @below {{expected an integer or float element, got 'index'}}
func.func private @element(!tile.buf<4xindex, global>)

// -----

// expected-error @below {{expected static sizes in the cache space, got '?'}}
func.func private @dynamic_cache(!tile.buf<?xf32, cache>)

// -----

// expected-error @below {{expected static sizes in the register space, got '?'}}
func.func private @dynamic_register(!tile.buf<?xf32, register>)

// -----

// expected-error @below {{expected positive sizes, got 0}}
func.func private @empty(!tile.buf<0x4xf32, global>)

// -----

// expected-error @below {{expected static sizes whose bytes fit 63 bits}}
func.func private @overflow(!tile.buf<4294967296x?x4294967296xi8, global>)
