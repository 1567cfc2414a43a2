// Every check of the reader of weight files, and random damage.
// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/check_weight_files.py %t
