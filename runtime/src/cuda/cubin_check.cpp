//===- cubin_check.cpp - What a GPU kernel's blob may be ------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/cubin_check.h"

#include "failure.h"
#include "package/json_reader.h"

#include <cstring>
#include <elf.h>

using namespace attnc_rt;

void cuda::check_cubin(std::span<const std::byte> elf,
                       const std::string &name) {
  const std::string where = "kernel blob " + in_quotes(name);
  auto check_inside = [&](uint64_t offset, uint64_t count, uint64_t size,
                          const std::string &what) {
    if (offset > elf.size() || count > (elf.size() - offset) / size)
      fail_at(where, what + ": outside of the blob");
  };
  // Copied: nothing says that a table is aligned.
  auto item = [&]<typename T>(T &to, uint64_t offset, uint64_t index) {
    memcpy(&to, elf.data() + offset + index * sizeof(T), sizeof(T));
  };
  check_inside(0, 1, sizeof(Elf64_Ehdr), "file header");
  Elf64_Ehdr header;
  item(header, 0, 0);
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_CUDA)
    fail_at(where, "expected a cubin");
  if ((header.e_phnum != 0 && header.e_phentsize != sizeof(Elf64_Phdr)) ||
      (header.e_shnum != 0 && header.e_shentsize != sizeof(Elf64_Shdr)))
    fail_at(where, "expected headers of 56 and 64 bytes, got " +
                       std::to_string(header.e_phentsize) + " and " +
                       std::to_string(header.e_shentsize));
  check_inside(header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr),
               "program headers");
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    item(segment, header.e_phoff, i);
    check_inside(segment.p_offset, segment.p_filesz, 1,
                 "segment " + std::to_string(i));
  }
  check_inside(header.e_shoff, header.e_shnum, sizeof(Elf64_Shdr),
               "section headers");
  for (uint64_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    item(section, header.e_shoff, i);
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL)
      check_inside(section.sh_offset, section.sh_size, 1,
                   "section " + std::to_string(i));
  }
}
