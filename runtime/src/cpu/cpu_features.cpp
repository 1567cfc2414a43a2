//===- cpu_features.cpp - What this host's CPU can do ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bit positions: Intel 64 and IA-32 Software Developer's Manual, volume 2A,
// CPUID; AMD64 Architecture Programmer's Manual, volume 3, appendix E. Names:
// llvm/TargetParser/X86TargetParser.def. The table has all features that LLVM
// gives x86-64-v2 ... v4, skylake-avx512, sapphirerapids and znver1 ... 5.
//
//===----------------------------------------------------------------------===//

#include "cpu/cpu_features.h"

#include "failure.h"

#include <algorithm>
#include <cpuid.h>
#include <iterator>
#include <sys/syscall.h>
#include <unistd.h>

using namespace attnc_rt;

namespace {
enum reg : uint8_t { eax, ebx, ecx, edx };

/// What the operating system must save for the feature's registers.
enum class os_state : uint8_t { none, xsave, ymm, zmm, tile };

struct feature_row {
  const char *name;
  uint32_t leaf;
  uint32_t subleaf;
  reg where;
  uint8_t bit;
  os_state state = os_state::none;
};
} // namespace

static constexpr feature_row features[] = {
    {"x87", 1, 0, edx, 0},
    {"cx8", 1, 0, edx, 8},
    {"cmov", 1, 0, edx, 15},
    {"mmx", 1, 0, edx, 23},
    {"fxsr", 1, 0, edx, 24},
    {"sse", 1, 0, edx, 25},
    {"sse2", 1, 0, edx, 26},
    {"sse3", 1, 0, ecx, 0},
    {"pclmul", 1, 0, ecx, 1},
    {"ssse3", 1, 0, ecx, 9},
    {"fma", 1, 0, ecx, 12, os_state::ymm},
    {"cx16", 1, 0, ecx, 13},
    {"sse4.1", 1, 0, ecx, 19},
    {"sse4.2", 1, 0, ecx, 20},
    {"crc32", 1, 0, ecx, 20},
    {"movbe", 1, 0, ecx, 22},
    {"popcnt", 1, 0, ecx, 23},
    {"aes", 1, 0, ecx, 25},
    {"xsave", 1, 0, ecx, 26, os_state::xsave},
    {"avx", 1, 0, ecx, 28, os_state::ymm},
    {"f16c", 1, 0, ecx, 29, os_state::ymm},
    {"rdrnd", 1, 0, ecx, 30},
    {"fsgsbase", 7, 0, ebx, 0},
    {"sgx", 7, 0, ebx, 2},
    {"bmi", 7, 0, ebx, 3},
    {"avx2", 7, 0, ebx, 5, os_state::ymm},
    {"bmi2", 7, 0, ebx, 8},
    {"invpcid", 7, 0, ebx, 10},
    {"rtm", 7, 0, ebx, 11},
    {"avx512f", 7, 0, ebx, 16, os_state::zmm},
    {"avx512dq", 7, 0, ebx, 17, os_state::zmm},
    {"rdseed", 7, 0, ebx, 18},
    {"adx", 7, 0, ebx, 19},
    {"avx512ifma", 7, 0, ebx, 21, os_state::zmm},
    {"clflushopt", 7, 0, ebx, 23},
    {"clwb", 7, 0, ebx, 24},
    {"avx512cd", 7, 0, ebx, 28, os_state::zmm},
    {"sha", 7, 0, ebx, 29},
    {"avx512bw", 7, 0, ebx, 30, os_state::zmm},
    {"avx512vl", 7, 0, ebx, 31, os_state::zmm},
    {"avx512vbmi", 7, 0, ecx, 1, os_state::zmm},
    {"pku", 7, 0, ecx, 4}, // the operating system's use of it
    {"waitpkg", 7, 0, ecx, 5},
    {"avx512vbmi2", 7, 0, ecx, 6, os_state::zmm},
    {"shstk", 7, 0, ecx, 7},
    {"gfni", 7, 0, ecx, 8},
    {"vaes", 7, 0, ecx, 9, os_state::ymm},
    {"vpclmulqdq", 7, 0, ecx, 10, os_state::ymm},
    {"avx512vnni", 7, 0, ecx, 11, os_state::zmm},
    {"avx512bitalg", 7, 0, ecx, 12, os_state::zmm},
    {"avx512vpopcntdq", 7, 0, ecx, 14, os_state::zmm},
    {"rdpid", 7, 0, ecx, 22},
    {"cldemote", 7, 0, ecx, 25},
    {"movdiri", 7, 0, ecx, 27},
    {"movdir64b", 7, 0, ecx, 28},
    {"enqcmd", 7, 0, ecx, 29},
    {"uintr", 7, 0, edx, 5},
    {"avx512vp2intersect", 7, 0, edx, 8, os_state::zmm},
    {"serialize", 7, 0, edx, 14},
    {"tsxldtrk", 7, 0, edx, 16},
    {"pconfig", 7, 0, edx, 18},
    {"amx-bf16", 7, 0, edx, 22, os_state::tile},
    {"avx512fp16", 7, 0, edx, 23, os_state::zmm},
    {"amx-tile", 7, 0, edx, 24, os_state::tile},
    {"amx-int8", 7, 0, edx, 25, os_state::tile},
    {"avxvnni", 7, 1, eax, 4, os_state::ymm},
    {"avx512bf16", 7, 1, eax, 5, os_state::zmm},
    {"amx-fp16", 7, 1, eax, 21, os_state::tile},
    {"avxifma", 7, 1, eax, 23, os_state::ymm},
    {"avxvnniint8", 7, 1, edx, 4, os_state::ymm},
    {"avxneconvert", 7, 1, edx, 5, os_state::ymm},
    {"amx-complex", 7, 1, edx, 8, os_state::tile},
    {"avxvnniint16", 7, 1, edx, 10, os_state::ymm},
    {"prefetchi", 7, 1, edx, 14},
    {"xsaveopt", 0xd, 1, eax, 0, os_state::ymm},
    {"xsavec", 0xd, 1, eax, 1, os_state::ymm},
    {"xsaves", 0xd, 1, eax, 3, os_state::ymm},
    {"ptwrite", 0x14, 0, ebx, 4},
    {"sahf", 0x80000001, 0, ecx, 0},
    {"lzcnt", 0x80000001, 0, ecx, 5},
    {"sse4a", 0x80000001, 0, ecx, 6},
    {"prfchw", 0x80000001, 0, ecx, 8},
    {"mwaitx", 0x80000001, 0, ecx, 29},
    {"64bit", 0x80000001, 0, edx, 29},
    {"clzero", 0x80000008, 0, ebx, 0},
    {"rdpru", 0x80000008, 0, ebx, 4},
    {"wbnoinvd", 0x80000008, 0, ebx, 9},
};

static bool has_bit(uint32_t leaf, uint32_t subleaf, reg where, uint8_t bit) {
  uint32_t value[4];
  // A subleaf that the CPU lacks need not read as zero; leaf 7 counts its own.
  if (leaf == 7 && subleaf > 0 &&
      (!__get_cpuid_count(7, 0, &value[0], &value[1], &value[2], &value[3]) ||
       value[0] < subleaf))
    return false;
  return __get_cpuid_count(leaf, subleaf, &value[0], &value[1], &value[2],
                           &value[3]) &&
         (value[where] >> bit & 1);
}

/// The register states that the operating system saves (XCR0).
static uint64_t saved_states() {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

static bool os_saves(os_state state) {
  if (state == os_state::none)
    return true;
  constexpr uint8_t osxsave_bit = 27;
  if (!has_bit(1, 0, ecx, osxsave_bit))
    return false;
  // XMM and YMM; opmask and both halves of ZMM; tile configuration and data.
  constexpr uint64_t ymm = 0x6, zmm = ymm | 0xe0, tile = 0x60000;
  switch (state) {
  case os_state::ymm:
    return (saved_states() & ymm) == ymm;
  case os_state::zmm:
    return (saved_states() & zmm) == zmm;
  case os_state::tile: {
    // Linux gives tile data only to a process that asks (asm/prctl.h).
    constexpr long request_permission = 0x1023, tile_data = 18;
    return (saved_states() & tile) == tile &&
           syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  }
  default:
    return true;
  }
}

std::optional<bool> attnc_rt::has_cpu_feature(const std::string &name) {
  const auto *row =
      std::find_if(std::begin(features), std::end(features),
                   [&](const feature_row &each) { return each.name == name; });
  if (row == std::end(features))
    return std::nullopt;
  return has_bit(row->leaf, row->subleaf, row->where, row->bit) &&
         os_saves(row->state);
}

void attnc_rt::check_cpu_features(const std::vector<std::string> &wanted) {
  std::string missing;
  for (const std::string &name : wanted) {
    std::optional<bool> has = has_cpu_feature(name);
    if (!has)
      fail(ATTNC_RT_UNSUPPORTED,
           "the kernels need the CPU feature %s, which this runtime cannot "
           "check",
           in_quotes(name).c_str());
    if (!*has)
      missing += (missing.empty() ? "" : ", ") + name;
  }
  if (!missing.empty())
    fail(ATTNC_RT_UNSUPPORTED,
         "the kernels need CPU features that this host lacks: %s",
         missing.c_str());
}
