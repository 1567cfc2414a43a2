//===- run_block.c - Runs an entry of a package -------------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//     run_block PKG.attnc ENTRY SIZE
//
// Gives every symbol of the entry the value SIZE, fills the inputs with a
// pattern (integers with zeros), runs the entry once and prints a checksum of
// each F32 output.
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/attnc_rt.h"

#include <stdio.h>
#include <stdlib.h>

/* Ends the program if a call failed. */
static void check(attnc_rt_status *status) {
  if (!status)
    return;
  fprintf(stderr, "run_block: error: %s\n", attnc_rt_status_message(status));
  attnc_rt_status_free(status);
  exit(1);
}

static void *allocate(size_t bytes) {
  void *memory = calloc(bytes ? bytes : 1, 1);
  if (!memory) {
    fprintf(stderr, "run_block: error: out of memory\n");
    exit(1);
  }
  return memory;
}

static size_t count(const DLTensor *tensor) {
  size_t result = 1;
  for (int d = 0; d < tensor->ndim; ++d)
    result *= (size_t)tensor->shape[d];
  return result;
}

static int is_f32(const DLTensor *tensor) {
  return tensor->dtype.code == kDLFloat && tensor->dtype.bits == 32;
}

/* Makes zeroed tensors for a signature; moves *shape behind their shapes. */
static DLTensor *make_tensors(const attnc_rt_tensor *signature, size_t number,
                              int64_t **shape) {
  DLTensor *tensors = allocate(number * sizeof(DLTensor));
  for (size_t i = 0; i < number; ++i) {
    tensors[i].device.device_type = kDLCPU;
    tensors[i].dtype = signature[i].dtype;
    tensors[i].ndim = signature[i].rank;
    tensors[i].shape = *shape;
    *shape += signature[i].rank;
    tensors[i].data =
        allocate(count(&tensors[i]) * (tensors[i].dtype.bits / 8));
  }
  return tensors;
}

static void free_tensors(DLTensor *tensors, size_t number) {
  for (size_t i = 0; i < number; ++i)
    free(tensors[i].data);
  free(tensors);
}

static void fill(DLTensor *tensor) {
  float *data = tensor->data;
  for (size_t i = 0; is_f32(tensor) && i < count(tensor); ++i)
    data[i] = (float)(i % 7) - 3;
}

static void print_checksum(const char *name, const DLTensor *tensor) {
  const float *data = tensor->data;
  double sum = 0;
  for (size_t i = 0; i < count(tensor); ++i)
    sum += data[i] * (double)(i % 5 + 1);
  printf("%s: %.6g\n", name, sum);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: run_block PKG.attnc ENTRY SIZE\n");
    return 1;
  }
  attnc_rt_package *package;
  check(attnc_rt_package_open(argv[1], &package));
  size_t index;
  check(attnc_rt_package_find_entry(package, argv[2], &index));
  const attnc_rt_entry *entry = attnc_rt_package_entry(package, index);

  int64_t *symbols = allocate(entry->num_symbols * sizeof(int64_t));
  for (size_t i = 0; i < entry->num_symbols; ++i)
    symbols[i] = atoll(argv[3]);
  size_t num_dims = 0;
  for (size_t i = 0; i < entry->num_inputs; ++i)
    num_dims += (size_t)entry->inputs[i].rank;
  for (size_t i = 0; i < entry->num_outputs; ++i)
    num_dims += (size_t)entry->outputs[i].rank;
  int64_t *shapes = allocate(num_dims * sizeof(int64_t));
  check(attnc_rt_package_shapes(package, index, symbols, entry->num_symbols,
                                shapes));
  int64_t *next = shapes;
  DLTensor *inputs = make_tensors(entry->inputs, entry->num_inputs, &next);
  DLTensor *outputs = make_tensors(entry->outputs, entry->num_outputs, &next);
  for (size_t i = 0; i < entry->num_inputs; ++i)
    fill(&inputs[i]);

  attnc_rt_session *session;
  check(attnc_rt_session_create(package, index, NULL, &session));
  check(attnc_rt_session_run(session, inputs, entry->num_inputs, outputs,
                             entry->num_outputs));
  for (size_t i = 0; i < entry->num_outputs; ++i)
    if (is_f32(&outputs[i]))
      print_checksum(entry->outputs[i].name, &outputs[i]);

  attnc_rt_session_destroy(session);
  free_tensors(inputs, entry->num_inputs);
  free_tensors(outputs, entry->num_outputs);
  attnc_rt_package_close(package); /* the entry was the package's */
  free(shapes);
  free(symbols);
  return 0;
}
