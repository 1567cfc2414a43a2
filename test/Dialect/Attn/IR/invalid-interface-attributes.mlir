// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// attn.name

// expected-error @below {{argument 0: expected attn.name to be an identifier, got "a b"}}
func.func private @name(tensor<4xf32> {attn.name = "a b"})

// -----

// expected-error @below {{argument 0: expected attn.name to be an identifier, got "0x"}}
func.func private @name_digit(tensor<4xf32> {attn.name = "0x"})

// -----

// expected-error @below {{argument 0: expected attn.name to be an identifier, got 1 : i64}}
func.func private @name_kind(tensor<4xf32> {attn.name = 1})

// -----

// expected-error @below {{argument 0: expected a distinct attn.name, got "x", which is also the name of argument 1}}
func.func private @same_name(tensor<4xf32> {attn.name = "x"}, tensor<4xf32> {attn.name = "x"})

// -----

// expected-error @below {{argument 0: expected a distinct attn.name, got "arg1", which is also the name of argument 1}}
func.func private @default_name(tensor<4xf32> {attn.name = "arg1"}, tensor<4xf32>)

// -----

// expected-error @below {{result 0: expected a distinct attn.name, got "arg0", which is also the name of argument 0}}
func.func private @result_name(tensor<4xf32>) -> (tensor<4xf32> {attn.name = "arg0"})

// -----

// attn.dims

// expected-error @below {{argument 0: expected attn.dims to hold an identifier for each '?' of 'tensor<?x4xf32>' and "" for each other dimension, got ["B"]}}
func.func private @dims_count(tensor<?x4xf32> {attn.dims = ["B"]})

// -----

// expected-error @below {{argument 0: expected attn.dims to hold an identifier}}
func.func private @dims_unnamed(tensor<?x4xf32> {attn.dims = ["", ""]})

// -----

// expected-error @below {{argument 0: expected attn.dims to hold an identifier}}
func.func private @dims_of_static(tensor<?x4xf32> {attn.dims = ["B", "D"]})

// -----

// expected-error @below {{argument 0: expected attn.dims to hold an identifier}}
func.func private @dims_of_scalar(f32 {attn.dims = []})

// -----

// expected-error @below {{result 0: expected attn.dims to hold an identifier}}
func.func private @dims_of_result() -> (tensor<?xf32> {attn.dims = "B"})

// -----

// attn.weight and attn.pad

// expected-error @below {{argument 0: expected attn.weight to be a name, got ""}}
func.func private @weight_name(tensor<4xf32> {attn.weight = ""})

// -----

// expected-error @below {{argument 0: expected a static shape for the weight "w", got 'tensor<?xf32>'}}
func.func private @weight_shape(tensor<?xf32> {attn.weight = "w"})

// -----

// expected-error @below {{argument 0: expected attn.pad to hold a count for each dimension of 'tensor<4x8xf32>', at most its size, got [0]}}
func.func private @pad_count(tensor<4x8xf32> {attn.pad = [0]})

// -----

// expected-error @below {{argument 0: expected attn.pad to hold a count}}
func.func private @pad_negative(tensor<4xf32> {attn.pad = [-1]})

// -----

// expected-error @below {{argument 0: expected attn.pad to hold a count}}
func.func private @pad_too_large(tensor<4xf32> {attn.pad = [5]})

// -----

// expected-error @below {{argument 0: expected attn.pad to hold a count}}
func.func private @pad_kind(tensor<4xf32> {attn.pad = [1 : i128]})

// -----

// attn.alias

// expected-error @below {{result 0: expected attn.alias to be the index of one of 1 arguments, got 1 : i64}}
func.func private @alias_index(tensor<4xf32>) -> (tensor<4xf32> {attn.alias = 1})

// -----

// expected-error @below {{result 0: expected attn.alias to be the index of one of 1 arguments, got -1 : i64}}
func.func private @alias_negative(tensor<4xf32>) -> (tensor<4xf32> {attn.alias = -1})

// -----

// expected-error @below {{result 0: expected attn.alias to be the index of one of 1 arguments, got "x"}}
func.func private @alias_kind(tensor<4xf32>) -> (tensor<4xf32> {attn.alias = "x"})

// -----

// expected-error @below {{result 0: expected the type of the aliased argument 0, 'tensor<4xf32>', got 'tensor<5xf32>'}}
func.func private @alias_type(tensor<4xf32>) -> (tensor<5xf32> {attn.alias = 0})

// -----

// expected-error @below {{result 1: expected to be the only alias of argument 0, got result 0 too}}
func.func private @alias_twice(tensor<4xf32>) -> (tensor<4xf32> {attn.alias = 0}, tensor<4xf32> {attn.alias = 0})

// -----

// Attributes in the wrong place.

// expected-error @below {{argument 0: expected attn.name, attn.dims, attn.weight, attn.pad, attn.sharding, attn.slice or attn.constant, got attn.alias}}
func.func private @alias_of_argument(tensor<4xf32> {attn.alias = 0})

// -----

// expected-error @below {{argument 0: expected attn.name, attn.dims, attn.weight, attn.pad, attn.sharding, attn.slice or attn.constant, got attn.bound}}
func.func private @bound_without_weight(tensor<4xf32> {attn.bound})

// -----

// expected-error @below {{result 0: expected attn.name, attn.dims, attn.alias, attn.sharding or attn.slice, got attn.weight}}
func.func private @weight_of_result() -> (tensor<4xf32> {attn.weight = "w"})

// -----

// expected-error @below {{expected no attribute "attn.dim_ranges" here}}
func.func private @ranges_of_function() attributes {attn.dim_ranges = {}}

// -----

// expected-error @below {{expected no attribute "attn.dim_range" here}}
module attributes {attn.dim_range = {}} {
}

// -----

// attn.dim_ranges

// expected-error @below {{expected attn.dim_ranges to be a dictionary, got []}}
module attributes {attn.dim_ranges = []} {
}

// -----

// expected-error @below {{expected an identifier in attn.dim_ranges, got "a b"}}
module attributes {attn.dim_ranges = {"a b" = [1, 2, 1]}} {
}

// -----

// expected-error @below {{expected attn.dim_ranges of "S" to be [minimum, maximum, multiple], got [1, 2]}}
module attributes {attn.dim_ranges = {S = [1, 2]}} {
}

// -----

// expected-error @below {{expected attn.dim_ranges of "S" to be [minimum, maximum, multiple], got [1, 2, 1 : i32]}}
module attributes {attn.dim_ranges = {S = [1, 2, 1 : i32]}} {
}

// -----

// expected-error @below {{expected 0 <= minimum <= maximum, both divisible by a positive multiple, in attn.dim_ranges of "S", got [-1, 2, 1]}}
module attributes {attn.dim_ranges = {S = [-1, 2, 1]}} {
}

// -----

// expected-error @below {{expected 0 <= minimum <= maximum}}
module attributes {attn.dim_ranges = {S = [3, 2, 1]}} {
}

// -----

// expected-error @below {{expected 0 <= minimum <= maximum}}
module attributes {attn.dim_ranges = {S = [1, 2, 0]}} {
}

// -----

// expected-error @below {{expected 0 <= minimum <= maximum}}
module attributes {attn.dim_ranges = {S = [1, 8, 4]}} {
}

// -----

// expected-error @below {{expected 0 <= minimum <= maximum}}
module attributes {attn.dim_ranges = {S = [4, 9, 4]}} {
}
