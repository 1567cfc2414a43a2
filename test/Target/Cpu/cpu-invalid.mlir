// RUN: not attnc-opt %s --convert-tile-to-vector=cpu=pentium9 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v2 2>&1 | FileCheck %s --check-prefix=OLD

// UNKNOWN: error: unknown cpu 'pentium9'; known are native, x86-64-v3, x86-64-v4
// OLD: error: cpu 'x86-64-v2' has no avx2, which attnc's kernels need
module {}
