// Slices of random weights for random grids, plain and packed, padded and shared by ranks, against a slow cut.
// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/check_slices.py %t
