# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the reader refuses in a package with GPU kernels. No driver is loaded:
the path of the library leads nowhere."""

import unittest

from gpu_case import GpuCase


class PackageTest(GpuCase):
    def setUp(self):
        super().setUp()
        self.set_environment(ATTNC_RT_CUDA_LIBRARY="/no/libcuda.so.1")

    def refuse(self, message, change, gpu_only=True):
        with self.subTest(message):
            self.run_error(message, self.write_changed(change, gpu_only),
                           "--inspect")

    def refuse_kernel(self, message, index=0, **members):
        def change(package):
            for name, value in members.items():
                package.kernels[index][name] = value
        self.refuse("manifest.targets[0].kernels" + message, change)

    def test_targets(self):
        targets = lambda package: package.manifest["targets"]
        where = "manifest.targets"
        self.refuse(f"{where}[0].name: unknown target 'sm_100a', expected "
                    "'cpu' or 'sm_90a'",
                    lambda package: targets(package)[0].update(name="sm_100a"))
        self.refuse(f"{where}[0].name: unknown target 'sm_90a', expected 'cpu'",
                    lambda package: package.manifest.update(format=[1, 1]))
        self.refuse(f"{where}[1]: a second target 'sm_90a'",
                    lambda package: targets(package).append(
                        targets(package)[0]))
        self.refuse(f"{where}[0]: unknown member 'x'",
                    lambda package: targets(package)[0].update(x=1))
        self.refuse(f"{where}: no target has the blob "
                    "'attnc.kernels.sm_90a.append'",
                    lambda package: package.kernels.pop(2))
        self.refuse(f"{where}: two targets have the blob "
                    "'attnc.kernels.sm_90a.gather'",
                    lambda package: targets(package)[0].update(
                        blob="attnc.kernels.sm_90a.gather"), gpu_only=False)

    def test_kernels(self):
        self.refuse_kernel("[0]: unknown member 'cluster'", cluster=[2, 1, 1])
        self.refuse_kernel("[1].name: a second kernel 'gather'", 1,
                           name="gather")
        self.refuse_kernel("[1].blob: a second kernel in "
                           "'attnc.kernels.sm_90a.gather'", 1,
                           blob="attnc.kernels.sm_90a.gather")
        self.refuse_kernel("[0].blob: 'x' is no kernel blob", blob="x")
        self.refuse_kernel("[0].blob: 'table' is no kernel blob", blob="table")
        self.refuse_kernel("[0].threads: expected 1 ... 1024, got 0", threads=0)
        self.refuse_kernel("[0].threads: expected 1 ... 1024, got 1025",
                           threads=1025)
        self.refuse_kernel("[0].shared_bytes: expected at most 2^31 - 1, got "
                           "2147483648", shared_bytes=2**31)
        self.refuse_kernel("[0].persistent: expected true or false, got 1",
                           persistent=1)

    def test_arguments(self):
        def refuse(message, **members):
            self.refuse("manifest.targets[0].kernels[0].arguments[0]" + message,
                        lambda package: package.kernels[0]["arguments"][0]
                        .update(members))
        refuse(".dtype: unknown dtype 'F64'", dtype="F64")
        refuse(".dtype: unknown dtype 'U8'", dtype="U8")
        refuse(".access: expected read, write or read_write, got 'rw'",
               access="rw")
        refuse(".sizes: expected a rank of 1 ... 6, got 0", sizes=[])
        refuse(".sizes: expected a rank of 1 ... 6, got 7", sizes=[1] * 7)
        refuse(".sizes: expected an integer in 0 ... 2^63 - 1, got -1",
               sizes=[-1])
        refuse(": unknown member 'x'", x=1)

    def test_params(self):
        def refuse(message, index, kernel=0, **members):
            self.refuse(f"manifest.targets[0].kernels[{kernel}].params"
                        f"[{index}]" + message,
                        lambda package: package.kernels[kernel]["params"]
                        [index].update(members))
        refuse(".kind: unknown kind 'scalar'", 0, kind="scalar")
        refuse(".argument: expected an argument below 3, got 3", 0, argument=3)
        refuse(".dim: expected a dimension below 2, got 2", 4, dim=2)
        refuse(": unknown member 'dim'", 0, dim=0)
        refuse(": unknown member 'argument'", 2, 3, argument=0)
        refuse(": lacks the member 'box'", 0, kind="tensor_map")
        where = ".box: "
        refuse(where + "expected 3 or 4 sizes and at most 5 for a view of rank "
               "3, got 2", 0, 3, box=[64, 8])
        refuse(where + "expected 3 or 4 sizes and at most 5 for a view of rank "
               "3, got 5", 0, 3, box=[64, 8, 1, 1, 1])
        refuse(where + "expected 1 ... 256, got 0", 0, 3, box=[64, 0, 1, 1])
        refuse(where + "expected 1 ... 256, got 257", 0, 3,
               box=[64, 257, 1, 1])
        refuse(where + "expected rows of 128 bytes, 64 elements, got 32", 0, 3,
               box=[32, 8, 1, 1])

    def test_box_of_a_vector(self):
        def change(package):
            package.kernels[0]["params"][0] = {
                "kind": "tensor_map", "argument": 0, "box": [32, 1]}
        self.refuse("params[0].box: expected 1 size for a view of rank 1, got "
                    "2", change)

    def test_plans(self):
        def no_plan(package):
            package.plan, package.gpu_plan = package.gpu_plan, None
        self.refuse("header: __metadata__: lacks the member "
                    "'attnc.plan.sm_90a'", no_plan)
        def two_plans(package):
            package.plan = package.gpu_plan
        self.refuse("header: __metadata__: unknown member 'attnc.plan'",
                    two_plans)
        def no_cpu_plan(package):
            package.plan = None
        self.refuse("header: __metadata__: lacks the member 'attnc.plan'",
                    no_cpu_plan, gpu_only=False)

    def test_launches(self):
        def refuse(message, plan="gpu_plan", gpu_only=False, **members):
            self.refuse(message, lambda package: getattr(package, plan)
                        ["entries"]["block"]["steps"][1].update(members),
                        gpu_only)
        where = ".entries.block.steps[1]"
        refuse(f"plan.sm_90a{where}.target: expected 'sm_90a', got 'cpu'",
               target="cpu")
        refuse(f"plan{where}.target: expected 'cpu', got 'sm_90a'", "plan",
               target="sm_90a")
        refuse(f"plan.sm_90a{where}.target: unknown target 'cpu'",
               gpu_only=True, target="cpu")
        refuse(f"plan{where}: unknown member 'dependent'", "plan",
               dependent=True)
        refuse(f"plan.sm_90a{where}.dependent: expected true or false, got 1",
               dependent=1)

    def test_kernels_of_launches(self):
        where = "entry 'block', step 1 (kernel 'gather')"
        def refuse(message, change):
            self.refuse(message, lambda package: change(
                package.gpu_plan["entries"]["block"]["steps"][1]))
        refuse("entry 'block', step 1 (kernel 'x'): the target 'sm_90a' has no "
               "such kernel", lambda step: step.update(kernel="x"))
        refuse(f"{where}: expected 3 arguments, got 2",
               lambda step: step["args"].pop())
        refuse(f"{where}, argument 0: expected dtype I32, got F32",
               lambda step: step["args"][0].update(dtype="F32"))
        refuse(f"{where}, argument 0: expected rank 1, got 2",
               lambda step: step["args"][0].update(sizes=[1, "B"],
                                                   strides=["B", 1]))
        refuse(f"{where}, argument 2: the kernel writes it: expected an output "
               "or workspace buffer, got kind weight",
               lambda step: step["args"][2].update(buffer=2))

    def test_signatures(self):
        """Both plans have the same entries, symbols, inputs and outputs."""
        def refuse(message, change):
            self.refuse("plan.sm_90a.entries" + message, lambda package: change(
                package.gpu_plan["entries"]), gpu_only=False)
        first = "expected what the first plan has: "
        refuse(f": {first}entry 'types', got no more",
               lambda entries: entries.pop("types"))
        refuse(f": {first}entry 'append', got entry 'another'",
               lambda entries: entries.update(another=entries.pop("append")))
        refuse(f".block: {first}symbol 'B' in 1 ... 64, a multiple of 1, got "
               "symbol 'B' in 1 ... 65, a multiple of 1",
               lambda entries: entries["block"]["symbols"][0].update(max=65))
        refuse(f".block: {first}input 'x' F32 [B, S, 8], got input 'x' F32 "
               "[B, S, 16]", lambda entries: entries["block"]["inputs"][0]
               .update(shape=["B", "S", 16]))
        refuse(f".block: {first}output 'y' F32 [B, S, 8], got output 'z' F32 "
               "[B, S, 8]", lambda entries: entries["block"]["outputs"][0]
               .update(name="z"))


if __name__ == "__main__":
    unittest.main()
