//===- cpu_features_test.cpp - Agreement with the compiler ---------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//     cpu_features_test CLANG
//
// The compiler knows this host, too: -march=native must give the same answer
// for each feature. And every feature of the CPUs that packages are compiled
// for must be known here.
//
//===----------------------------------------------------------------------===//

#include "check.h"
#include "cpu/cpu_features.h"
#include "failure.h"

#include <cstring>

using namespace attnc_rt;

/// "+avx2", "-avx512f", …: what the compiler turns on and off for a CPU.
static std::vector<std::string> compiler_features(const std::string &clang,
                                                  const std::string &cpu) {
  FILE *pipe = popen((clang + " --target=x86_64-linux-gnu -march=" + cpu +
                      " -### -c -x c /dev/null 2>&1")
                         .c_str(),
                     "r");
  CHECK(pipe);
  std::vector<std::string> result;
  char word[4096];
  bool is_feature = false;
  while (fscanf(pipe, "%4095s", word) == 1) {
    if (is_feature)
      result.emplace_back(word + 1, strlen(word) - 2); // without the quotes
    is_feature = strcmp(word, "\"-target-feature\"") == 0;
  }
  CHECK(pclose(pipe) == 0);
  return result;
}

static void test_host(const std::string &clang) {
  int num_present = 0;
  for (const std::string &each : compiler_features(clang, "native")) {
    std::optional<bool> has = has_cpu_feature(each.substr(1));
    bool expected = each[0] == '+';
    if (expected ? has != true : has == true)
      fprintf(stderr, "the compiler says %s\n", each.c_str());
    CHECK(expected ? has == true : has != true);
    num_present += expected;
  }
  CHECK(num_present > 10);
}

/// Features of a named CPU, as its kernels would list them.
static void test_known(const std::string &clang, const std::string &cpu) {
  FILE *pipe = popen(("echo 'int x(void) { return 0; }' | " + clang +
                      " --target=x86_64-linux-gnu -march=" + cpu +
                      " -x c - -S -emit-llvm -o - | grep -o "
                      "'\"target-features\"=\"[^\"]*' | tr ',' '\\n' | "
                      "sed 's/.*+//'")
                         .c_str(),
                     "r");
  CHECK(pipe);
  char name[64];
  int num_known = 0;
  for (; fscanf(pipe, "%63s", name) == 1; ++num_known) {
    if (!has_cpu_feature(name))
      fprintf(stderr, "%s has the unknown feature %s\n", cpu.c_str(), name);
    CHECK(has_cpu_feature(name));
  }
  CHECK(pclose(pipe) == 0);
  CHECK(num_known > 5);
}

static void test_missing() {
  // No CPU has both of these; the message names those that are missing.
  std::vector<std::string> wanted = {"sse2", "amx-complex", "clzero"};
  std::string missing;
  for (const std::string &name : wanted)
    if (!*has_cpu_feature(name))
      missing += (missing.empty() ? "" : ", ") + name;
  try {
    check_cpu_features(wanted);
    CHECK(missing.empty());
  } catch (const failure &error) {
    CHECK(error.code == ATTNC_RT_UNSUPPORTED);
    CHECK(error.message ==
          "the kernels need CPU features that this host lacks: " + missing);
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  test_host(argv[1]);
  for (const char *cpu :
       {"x86-64-v2", "x86-64-v3", "x86-64-v4", "skylake-avx512",
        "sapphirerapids", "znver1", "znver2", "znver3", "znver4", "znver5"})
    test_known(argv[1], cpu);
  test_missing();
}
