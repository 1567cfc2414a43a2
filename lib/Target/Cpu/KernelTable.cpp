//===- KernelTable.cpp - The kernel ABI in LLVM IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTable.h"
#include "attnc/Target/Cpu.h"
#include "attnc_rt/kernel_abi.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Verifier.h"
#include <cstddef>

using namespace mlir;
using namespace attnc;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static std::optional<uint8_t> getDtype(Type type) {
  if (type.isF32())
    return ATTNC_F32;
  if (type.isBF16())
    return ATTNC_BF16;
  if (type.isF16())
    return ATTNC_F16;
  if (type.isInteger(32))
    return ATTNC_I32;
  if (type.isInteger(8))
    return ATTNC_I8;
  if (type.isInteger(1))
    return ATTNC_I1;
  return std::nullopt;
}

FailureOr<KernelEntry> KernelEntry::get(LLVM::LLVMFuncOp func) {
  auto scratch = func->getAttrOfType<IntegerAttr>(kScratchBytesAttr);
  auto params = func->getAttrOfType<ArrayAttr>(kParamsAttr);
  if (!scratch || !params)
    return func.emitError("expected the attributes ")
           << kScratchBytesAttr << " and " << kParamsAttr;
  KernelEntry entry{
      func.getName().str(), {}, static_cast<uint64_t>(scratch.getInt())};
  for (Attribute attr : params) {
    auto dict = dyn_cast<DictionaryAttr>(attr);
    auto access = dict ? dict.getAs<StringAttr>("access") : StringAttr();
    auto dtype = dict ? dict.getAs<TypeAttr>("dtype") : TypeAttr();
    auto sizes =
        dict ? dict.getAs<DenseI64ArrayAttr>("sizes") : DenseI64ArrayAttr();
    if (!access || !dtype || !sizes || sizes.empty() ||
        sizes.size() > ATTNC_KERNEL_MAX_RANK)
      return func.emitError("malformed ") << kParamsAttr;
    std::optional<uint8_t> code = getDtype(dtype.getValue());
    if (!code)
      return func.emitError("the kernel ABI has no parameters of ")
             << dtype.getValue();
    entry.params.push_back({*code,
                            llvm::StringSwitch<uint8_t>(access.getValue())
                                .Case("read", ATTNC_READ)
                                .Case("write", ATTNC_WRITE)
                                .Default(ATTNC_READ_WRITE),
                            llvm::to_vector(sizes.asArrayRef())});
  }
  return entry;
}

//===----------------------------------------------------------------------===//
// The structs of kernel_abi.h
//===----------------------------------------------------------------------===//

namespace {
struct AbiTypes {
  explicit AbiTypes(llvm::LLVMContext &context)
      : ptr(llvm::PointerType::get(context, 0)),
        i8(llvm::Type::getInt8Ty(context)),
        i32(llvm::Type::getInt32Ty(context)),
        i64(llvm::Type::getInt64Ty(context)),
        sizes(llvm::ArrayType::get(i64, ATTNC_KERNEL_MAX_RANK)),
        reserved(llvm::ArrayType::get(i8, 5)),
        view(llvm::StructType::get(ptr, sizes, sizes)),
        args(llvm::StructType::get(ptr, ptr, ptr)),
        param(llvm::StructType::get(i8, i8, i8, reserved, sizes)),
        kernel(llvm::StructType::get(ptr, ptr, ptr, i64, i32, i32)),
        table(llvm::StructType::get(i32, i32, ptr)) {}

  llvm::PointerType *ptr;
  llvm::Type *i8, *i32, *i64;
  llvm::ArrayType *sizes, *reserved;
  llvm::StructType *view, *args, *param, *kernel, *table;
};
} // namespace

// The fields above are in this order.
static_assert(offsetof(attnc_view, data) == 0 &&
              offsetof(attnc_view, sizes) == 8 &&
              offsetof(attnc_view, strides) == 56);
static_assert(offsetof(attnc_kernel_args, views) == 0 &&
              offsetof(attnc_kernel_args, scratch) == 8 &&
              offsetof(attnc_kernel_args, error) == 16);
static_assert(offsetof(attnc_kernel_param, dtype) == 0 &&
              offsetof(attnc_kernel_param, rank) == 1 &&
              offsetof(attnc_kernel_param, access) == 2 &&
              offsetof(attnc_kernel_param, sizes) == 8);
static_assert(offsetof(attnc_kernel, name) == 0 &&
              offsetof(attnc_kernel, fn) == 8 &&
              offsetof(attnc_kernel, params) == 16 &&
              offsetof(attnc_kernel, scratch_bytes) == 24 &&
              offsetof(attnc_kernel, num_params) == 32);
static_assert(offsetof(attnc_kernel_table, abi_version) == 0 &&
              offsetof(attnc_kernel_table, num_kernels) == 4 &&
              offsetof(attnc_kernel_table, kernels) == 8);

static llvm::FunctionType *getKernelType(const AbiTypes &t) {
  return llvm::FunctionType::get(llvm::Type::getVoidTy(t.ptr->getContext()),
                                 {t.ptr, t.i64, t.i64, t.i64}, false);
}

//===----------------------------------------------------------------------===//
// Wrappers
//===----------------------------------------------------------------------===//

void attnc::buildKernelWrapper(llvm::Module &module, const KernelEntry &entry) {
  AbiTypes t(module.getContext());
  assert(module.getDataLayout().getTypeAllocSize(t.view) ==
             sizeof(attnc_view) &&
         module.getDataLayout().getTypeAllocSize(t.args) ==
             sizeof(attnc_kernel_args));
  llvm::Function *body = module.getFunction(kBodySymbol);
  body->setLinkage(llvm::GlobalValue::InternalLinkage);
  body->addFnAttr(llvm::Attribute::AlwaysInline);

  auto *wrapper = llvm::Function::Create(getKernelType(t),
                                         llvm::GlobalValue::ExternalLinkage,
                                         entry.getSymbol(), module);
  wrapper->setVisibility(llvm::GlobalValue::HiddenVisibility);
  llvm::IRBuilder<> b(
      llvm::BasicBlock::Create(module.getContext(), "entry", wrapper));
  auto field = [&](llvm::StructType *type, llvm::Value *base, unsigned i) {
    return b.CreateStructGEP(type, base, i);
  };
  llvm::Value *args = wrapper->getArg(0);
  llvm::Value *views = b.CreateLoad(t.ptr, field(t.args, args, 0));
  llvm::Value *scratch = b.CreateLoad(t.ptr, field(t.args, args, 1));
  llvm::Value *error = b.CreateLoad(t.ptr, field(t.args, args, 2));

  // A memref is two pointers, an offset, sizes and strides.
  SmallVector<llvm::Value *> operands;
  auto addMemref = [&](llvm::Value *data, ArrayRef<llvm::Value *> sizes,
                       ArrayRef<llvm::Value *> strides) {
    operands.append({data, data, b.getInt64(0)});
    llvm::append_range(operands, sizes);
    llvm::append_range(operands, strides);
  };
  for (auto [i, param] : llvm::enumerate(entry.params)) {
    llvm::Value *view = b.CreateConstInBoundsGEP1_64(t.view, views, i);
    auto entryOf = [&](unsigned array, unsigned dim) {
      return b.CreateLoad(t.i64,
                          b.CreateConstInBoundsGEP2_64(
                              t.sizes, field(t.view, view, array), 0, dim));
    };
    SmallVector<llvm::Value *> sizes, strides;
    size_t rank = param.sizes.size();
    for (size_t dim = 0; dim < rank; ++dim) {
      // No negative size may look like a large one.
      sizes.push_back(
          param.sizes[dim] >= 0
              ? static_cast<llvm::Value *>(b.getInt64(param.sizes[dim]))
              : b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, entryOf(1, dim),
                                        b.getInt64(0)));
      strides.push_back(dim + 1 < rank
                            ? static_cast<llvm::Value *>(entryOf(2, dim))
                            : b.getInt64(1));
    }
    addMemref(b.CreateLoad(t.ptr, field(t.view, view, 0)), sizes, strides);
  }
  addMemref(scratch, b.getInt64(entry.scratchBytes), b.getInt64(1));
  addMemref(error, b.getInt64(1), b.getInt64(1));
  for (unsigned i = 1; i <= 3; ++i)
    operands.push_back(wrapper->getArg(i));
  b.CreateCall(body, operands);
  b.CreateRetVoid();
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

void attnc::buildKernelTable(llvm::Module &module,
                             ArrayRef<KernelEntry> entries) {
  AbiTypes t(module.getContext());
  assert(module.getDataLayout().getTypeAllocSize(t.param) ==
             sizeof(attnc_kernel_param) &&
         module.getDataLayout().getTypeAllocSize(t.kernel) ==
             sizeof(attnc_kernel) &&
         module.getDataLayout().getTypeAllocSize(t.table) ==
             sizeof(attnc_kernel_table));
  auto number = [](llvm::Type *type, uint64_t value) {
    return llvm::ConstantInt::get(type, value, /*IsSigned=*/false,
                                  /*ImplicitTrunc=*/true);
  };
  auto global = [&](llvm::Constant *value, const llvm::Twine &name) {
    return new llvm::GlobalVariable(module, value->getType(), true,
                                    llvm::GlobalValue::InternalLinkage, value,
                                    name);
  };
  SmallVector<llvm::Constant *> kernels;
  for (const KernelEntry &entry : entries) {
    SmallVector<llvm::Constant *> params;
    for (const KernelEntry::Param &param : entry.params) {
      SmallVector<llvm::Constant *> sizes;
      for (int64_t size : param.sizes)
        sizes.push_back(number(t.i64, size));
      sizes.resize(ATTNC_KERNEL_MAX_RANK, number(t.i64, 0));
      params.push_back(llvm::ConstantStruct::get(
          t.param, number(t.i8, param.dtype), number(t.i8, param.sizes.size()),
          number(t.i8, param.access),
          llvm::ConstantAggregateZero::get(t.reserved),
          llvm::ConstantArray::get(t.sizes, sizes)));
    }
    auto *fn = llvm::Function::Create(getKernelType(t),
                                      llvm::GlobalValue::ExternalLinkage,
                                      entry.getSymbol(), module);
    fn->setVisibility(llvm::GlobalValue::HiddenVisibility);
    fn->setDSOLocal(true);
    kernels.push_back(llvm::ConstantStruct::get(
        t.kernel,
        global(
            llvm::ConstantDataArray::getString(module.getContext(), entry.name),
            "name"),
        fn,
        global(llvm::ConstantArray::get(
                   llvm::ArrayType::get(t.param, params.size()), params),
               "params"),
        number(t.i64, entry.scratchBytes), number(t.i32, params.size()),
        number(t.i32, 0)));
  }
  llvm::Constant *list =
      global(llvm::ConstantArray::get(
                 llvm::ArrayType::get(t.kernel, kernels.size()), kernels),
             "kernels");
  new llvm::GlobalVariable(module, t.table, true,
                           llvm::GlobalValue::ExternalLinkage,
                           llvm::ConstantStruct::get(
                               t.table, number(t.i32, ATTNC_KERNEL_ABI_VERSION),
                               number(t.i32, entries.size()), list),
                           ATTNC_KERNEL_TABLE_SYMBOL);
}
