// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Prints the f32 FMA rate of one core in GFLOP/s: independent accumulators in registers, nothing loaded or stored.
//
//   clang-22 -O3 -march=native fma_peak.c -o fma_peak && ./fma_peak 0.2        (seconds)

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 64
#define ACCUMULATORS 24 // of 32 registers; latency × ports is 8 to 10
#else
#define WIDTH 32
#define ACCUMULATORS 12 // of 16 registers
#endif
#define STEPS 100000

typedef float vector __attribute__((vector_size(WIDTH)));

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  double duration = argc > 1 ? atof(argv[1]) : 0.2;
  vector sum[ACCUMULATORS], factor, addend;
  for (int i = 0; i < WIDTH / 4; ++i) {
    factor[i] = 0.999f;
    addend[i] = 0.001f;
  }
  for (int j = 0; j < ACCUMULATORS; ++j)
    sum[j] = addend * (float)j;
  // Keeps the compiler from knowing the values.
  __asm__ volatile("" : "+x"(factor), "+x"(addend));

  double best = 0, start = seconds(), now = start;
  while (now - start < duration) {
    double before = now;
    for (int step = 0; step < STEPS; ++step) {
#pragma clang loop unroll(full)
      for (int j = 0; j < ACCUMULATORS; ++j)
        sum[j] = __builtin_elementwise_fma(sum[j], factor, addend);
    }
    for (int j = 0; j < ACCUMULATORS; ++j)
      __asm__ volatile("" : "+v"(sum[j]));
    now = seconds();
    double flops = 2.0 * STEPS * ACCUMULATORS * (WIDTH / 4);
    double rate = flops / (now - before) * 1e-9;
    best = rate > best ? rate : best;
  }
  printf("%.2f\n", best);
  return 0;
}
