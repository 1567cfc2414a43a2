// A weight needs a file of weights.
// RUN: not attnc-test-package %s -o %t.attnc 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected a weights file for the weight "vector", got none

// A package is whole or not there: nothing is left of one that fails.
// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: rm -rf %t && mkdir -p %t
// RUN: not attnc-test-package %s -o %t/absent/a.attnc --weights=%t.safetensors 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: cannot write '{{.*}}a.attnc': No such file or directory
// RUN: not attnc-test-package %s -o %t --weights=%t.safetensors 2>&1 | FileCheck %s --check-prefix=IRREGULAR
// RUN: not attnc-test-package %s -o /dev/null --weights=%t.safetensors 2>&1 | FileCheck %s --check-prefix=IRREGULAR
// IRREGULAR: error: cannot write '{{.*}}': expected a regular file
// RUN: not bash -c "ulimit -f 1; attnc-test-package %s -o %t/a.attnc --weights=%t.safetensors" 2>&1 | FileCheck %s --check-prefix=FULL
// FULL-NOT: Stack dump
// FULL: error: cannot write '{{.*}}a.attnc': File too large
// RUN: ls %t | count 0

// What was there is replaced.
// RUN: echo old > %t/a.attnc
// RUN: attnc-test-package %s -o %t/a.attnc --weights=%t.safetensors --print | FileCheck %s
// CHECK: tensor vector
// RUN: ls %t | count 1

// Any name is a name.
// RUN: mkdir "%t/50%%"
// RUN: attnc-test-package %s -o "%t/50%%/a%%%.attnc" --weights=%t.safetensors
// RUN: ls "%t/50%%" | count 1
tile.program @p(%w: !tile.buf<48xbf16, global> {attn.weight = "vector", tile.role = "weight"}) {
}
