//===- elf_check.cpp - What a kernel blob may contain ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cpu/elf_check.h"

#include "failure.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <iterator>
#include <map>

using namespace attnc_rt;

namespace {
class elf_checker {
public:
  explicit elf_checker(std::span<const std::byte> elf) : elf(elf) {}
  void check();

private:
  void check_file_header();
  void check_segments();
  void check_dynamic_tags();
  void check_relocations(int64_t table, int64_t table_size);

  /// `count` items of type T at a file offset.
  template <typename T>
  std::span<const T> items(uint64_t offset, uint64_t count, const char *what);
  /// `count` items at a virtual address.
  template <typename T>
  std::span<const T> loaded(uint64_t address, uint64_t count, const char *what);

  std::span<const std::byte> elf;
  std::span<const Elf64_Phdr> segments;
  const Elf64_Phdr *dynamic = nullptr;
  std::map<int64_t, uint64_t> tags;
};
} // namespace

[[noreturn]] static void refuse(const std::string &message) {
  fail(ATTNC_RT_BAD_PACKAGE, "kernel blob: %s", message.c_str());
}

template <typename T>
std::span<const T> elf_checker::items(uint64_t offset, uint64_t count,
                                      const char *what) {
  if (offset % alignof(T) != 0 || offset > elf.size() ||
      count > (elf.size() - offset) / sizeof(T))
    refuse(std::string(what) + ": outside of the blob");
  return {reinterpret_cast<const T *>(elf.data() + offset), count};
}

template <typename T>
std::span<const T> elf_checker::loaded(uint64_t address, uint64_t count,
                                       const char *what) {
  for (const Elf64_Phdr &segment : segments)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr <= segment.p_filesz &&
        count <= (segment.p_filesz - (address - segment.p_vaddr)) / sizeof(T))
      return items<T>(segment.p_offset + (address - segment.p_vaddr), count,
                      what);
  refuse(std::string(what) + ": outside of its segments");
}

void elf_checker::check_file_header() {
  const Elf64_Ehdr &header = items<Elf64_Ehdr>(0, 1, "file header")[0];
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    refuse("expected an ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64 ||
      header.e_type != ET_DYN)
    refuse("expected an x86-64 shared object");
  if (header.e_phentsize != sizeof(Elf64_Phdr))
    refuse("expected program headers of 56 bytes, got " +
           std::to_string(header.e_phentsize));
  segments =
      items<Elf64_Phdr>(header.e_phoff, header.e_phnum, "program headers");
}

void elf_checker::check_segments() {
  constexpr uint64_t max_image_bytes = uint64_t(1) << 32;
  for (const Elf64_Phdr &segment : segments) {
    switch (segment.p_type) {
    case PT_LOAD:
      items<std::byte>(segment.p_offset, segment.p_filesz, "segments");
      if (segment.p_filesz > segment.p_memsz ||
          segment.p_memsz > max_image_bytes ||
          segment.p_vaddr > max_image_bytes)
        refuse("a segment is larger than 4 GiB or smaller than its contents");
      if ((segment.p_flags & PF_W) && (segment.p_flags & PF_X))
        refuse("a segment is both writable and executable");
      break;
    case PT_DYNAMIC:
      dynamic = &segment;
      break;
    case PT_GNU_STACK:
      if (segment.p_flags & PF_X)
        refuse("it asks for an executable stack");
      break;
    case PT_INTERP:
    case PT_TLS:
      refuse("it has an interpreter or thread-local storage");
    }
  }
  if (!dynamic)
    refuse("it has no dynamic section");
}

void elf_checker::check_dynamic_tags() {
  struct tag_row {
    int64_t tag;
    const char *reason; // why a blob may not have it; null if it may
  };
  static constexpr tag_row rows[] = {
      {DT_NEEDED, "it needs a library"},
      {DT_INIT, "it has a constructor"},
      {DT_INIT_ARRAY, "it has a constructor"},
      {DT_PREINIT_ARRAY, "it has a constructor"},
      {DT_FINI, "it has a destructor"},
      {DT_FINI_ARRAY, "it has a destructor"},
      {DT_TEXTREL, "its code needs relocation"},
      {DT_HASH, nullptr},
      {DT_GNU_HASH, nullptr},
      {DT_STRTAB, nullptr},
      {DT_SYMTAB, nullptr},
      {DT_STRSZ, nullptr},
      {DT_SYMENT, nullptr},
      {DT_RELA, nullptr},
      {DT_RELASZ, nullptr},
      {DT_RELAENT, nullptr},
      {DT_RELACOUNT, nullptr},
      {DT_RELR, nullptr},
      {DT_RELRSZ, nullptr},
      {DT_RELRENT, nullptr},
      {DT_JMPREL, nullptr},
      {DT_PLTREL, nullptr},
      {DT_PLTRELSZ, nullptr},
      {DT_PLTGOT, nullptr},
      {DT_SONAME, nullptr},
      {DT_FLAGS, nullptr},
      {DT_FLAGS_1, nullptr},
      {DT_SYMBOLIC, nullptr},
      {DT_BIND_NOW, nullptr},
  };
  for (const Elf64_Dyn &item : loaded<Elf64_Dyn>(
           dynamic->p_vaddr, dynamic->p_filesz / sizeof(Elf64_Dyn),
           "dynamic section")) {
    if (item.d_tag == DT_NULL)
      break;
    const auto *row = std::find_if(
        std::begin(rows), std::end(rows),
        [&](const tag_row &each) { return each.tag == item.d_tag; });
    if (row == std::end(rows))
      refuse("unexpected dynamic tag " + std::to_string(item.d_tag));
    if (row->reason)
      refuse(row->reason);
    tags[item.d_tag] = item.d_un.d_val;
  }
}

void elf_checker::check_relocations(int64_t table, int64_t table_size) {
  if (!tags.count(table))
    return;
  for (const Elf64_Rela &each : loaded<Elf64_Rela>(
           tags[table], tags[table_size] / sizeof(Elf64_Rela), "relocations")) {
    uint64_t type = ELF64_R_TYPE(each.r_info);
    if (type == R_X86_64_RELATIVE)
      continue;
    if (type != R_X86_64_64 && type != R_X86_64_GLOB_DAT &&
        type != R_X86_64_JUMP_SLOT)
      refuse("unexpected relocation type " + std::to_string(type));
    uint64_t address =
        tags[DT_SYMTAB] + ELF64_R_SYM(each.r_info) * sizeof(Elf64_Sym);
    const Elf64_Sym &symbol = loaded<Elf64_Sym>(address, 1, "symbols")[0];
    if (symbol.st_shndx == SHN_UNDEF) {
      auto names = loaded<char>(tags[DT_STRTAB], tags[DT_STRSZ], "names");
      size_t start = std::min<size_t>(symbol.st_name, names.size());
      size_t length = strnlen(names.data() + start, names.size() - start);
      refuse("it refers to the undefined symbol " +
             in_quotes({names.data() + start, length}));
    }
    if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
      refuse("it has a symbol that is resolved by running code");
  }
}

void elf_checker::check() {
  check_file_header();
  check_segments();
  check_dynamic_tags();
  check_relocations(DT_RELA, DT_RELASZ);
  check_relocations(DT_JMPREL, DT_PLTRELSZ);
}

void attnc_rt::check_kernel_elf(std::span<const std::byte> elf) {
  elf_checker(elf).check();
}
