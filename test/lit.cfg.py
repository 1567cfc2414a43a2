"""How the tests run: .mlir files through the tools, .py files as programs."""

import ctypes
import glob
import os
import re
import shutil
import subprocess

import lit.formats

config.name = "attnc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "lib", "lit.cfg.py"]
config.test_source_root = os.path.join(config.attnc_source_dir, "test")
config.test_exec_root = os.path.join(config.attnc_binary_dir, "test")

binaries = os.path.join(config.attnc_binary_dir, "bin")
config.environment["PATH"] = os.pathsep.join(
    [binaries, config.llvm_tools_dir, config.environment.get("PATH", "")]
)
# The programs in Python find the tools here.
config.environment["ATTNC_BIN_DIR"] = binaries
for name in ("ATTNC_SLOW", "ATTNC_SEED", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%python", config.attnc_python))
config.substitutions.append(("%examples", os.path.join(config.attnc_source_dir, "examples")))
config.substitutions.append(("%cc", "clang-22"))
config.substitutions.append(("%build", config.attnc_binary_dir))
# On a GPU machine another Python may have torch.
config.substitutions.append(("%gpu_python", os.environ.get("ATTNC_GPU_PYTHON", config.attnc_python)))

# Text inputs that must not depend on the host's CPU name this one.
config.substitutions.append(("%cpu", "x86-64-v4"))
if config.attnc_sanitize:
    config.available_features.add("sanitize")

# Counts of instructions are pinned for one version of NVIDIA's assembler. The tools come
# from PATH, the toolkit's usual place, or wheels in the tests' Python.
wheels = os.path.join(os.path.dirname(os.path.dirname(config.attnc_python)), "lib/python*/site-packages")
folders = [os.environ.get("PATH", ""), "/usr/local/cuda/bin"]
for pattern in ("nvidia/cu13/bin", "nvidia/cuda_nvcc/bin", "triton/backends/nvidia/bin"):
    folders += glob.glob(os.path.join(wheels, pattern))
ptxas = shutil.which("ptxas", path=os.pathsep.join(folders))
if ptxas:
    config.available_features.add("ptxas")
    said = subprocess.run([ptxas, "--version"], capture_output=True, text=True).stdout
    release = re.search(r"release (\d+\.\d+)", said)
    config.available_features.add("ptxas-" + (release.group(1) if release else "unknown"))
    config.environment["PATH"] += os.pathsep + os.path.dirname(ptxas)
if shutil.which("compute-sanitizer", path=os.pathsep.join(folders)):
    config.available_features.add("compute-sanitizer")
nvdisasm = os.environ.get("ATTNC_NVDISASM") or shutil.which("nvdisasm", path=os.pathsep.join(folders))
if nvdisasm:
    config.available_features.add("nvdisasm")
    config.substitutions.append(("%nvdisasm", nvdisasm))


def load(name):
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def has_hopper():
    """Whether the first GPU runs sm_90a code."""
    driver, major = load("libcuda.so.1"), ctypes.c_int()
    compute_capability_major = 75
    return bool(
        driver
        and driver.cuInit(0) == 0
        and driver.cuDeviceGetAttribute(ctypes.byref(major), compute_capability_major, 0) == 0
        and major.value == 9
    )


if has_hopper():
    config.available_features.add("gpu")
if load(os.environ.get("ATTNC_RT_NCCL_LIB", "libnccl.so.2")):
    config.available_features.add("nccl")
