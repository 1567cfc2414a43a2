// Weights of every layout, dtype and awkward size, against a slow packing.
// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/check_packed_weights.py %t
