# How attnc's targets are built: flags, the dylib rule, tblgen, precompiled headers.
#
# attnc links libMLIR.so and libLLVM.so and nothing else of LLVM: a static
# archive beside the dylib would give two copies of every TypeID.

set(LLVM_EXTERNAL_LIT "${LLVM_TOOLS_BINARY_DIR}/lit")
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
set(MLIR_LINK_MLIR_DYLIB ON)
set(LLVM_RUNTIME_OUTPUT_INTDIR "${CMAKE_BINARY_DIR}/bin")
set(LLVM_LIBRARY_OUTPUT_INTDIR "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# Flags that only the compiler's own code gets; the runtime has its own.
add_library(attnc_flags INTERFACE)
separate_arguments(_llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(attnc_flags INTERFACE
  ATTNC_VERSION="${PROJECT_VERSION}"
  ATTNC_LLVM_BIN="${LLVM_TOOLS_BINARY_DIR}")
target_compile_options(attnc_flags INTERFACE ${_llvm_definitions}
  -fno-exceptions -fvisibility-inlines-hidden -Wall -Wextra
  -Wno-unused-parameter)
target_include_directories(attnc_flags INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/include"
  "${PROJECT_SOURCE_DIR}/runtime/include")
target_include_directories(attnc_flags SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
if(ATTNC_WERROR)
  target_compile_options(attnc_flags INTERFACE -Werror)
endif()
if(ATTNC_ASSERTS)
  target_compile_options(attnc_flags INTERFACE -UNDEBUG)
endif()
if(ATTNC_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,function
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# One precompiled header for all libraries of the compiler.
add_library(attnc_pch OBJECT "${CMAKE_CURRENT_LIST_DIR}/pch.cpp")
target_link_libraries(attnc_pch PRIVATE attnc_flags)
target_precompile_headers(attnc_pch PRIVATE "${CMAKE_CURRENT_LIST_DIR}/pch.h")
set_target_properties(attnc_pch PROPERTIES POSITION_INDEPENDENT_CODE ON)

# attnc_add_library(name sources… [DEPENDS tblgen-targets…] [LINK libraries…])
function(attnc_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PUBLIC attnc_flags ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM attnc_pch)
  add_dependencies(${name} attnc_headers ${ARG_DEPENDS})
endfunction()

# attnc_add_tool(name sources… LINK libraries…)
function(attnc_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE attnc_flags ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} attnc_headers)
endfunction()

# attnc_tablegen(td-file output arguments…): one generated file, for all.
function(attnc_tablegen td output)
  set(LLVM_TARGET_DEFINITIONS ${td})
  mlir_tablegen(${output} ${ARGN} EXTRA_INCLUDES
    "${PROJECT_SOURCE_DIR}/include" ${MLIR_INCLUDE_DIRS})
  set(TABLEGEN_OUTPUT ${TABLEGEN_OUTPUT} PARENT_SCOPE)
endfunction()
