# RUN: %python %s
"""What a user can get wrong: status 1, a message with what was expected and got, and nothing written."""

import hashlib
import re
import subprocess
from pathlib import Path

import numpy as np
from differential import Differential

import attnc_commands
import attnc_ir
import attnc_safetensors


def good_program():
    f = attnc_ir.Function("main")
    x = f.input("x", ("B", "S", 24))
    w = f.input("w", (24, 40), weight="w")
    r = f.input("r", ("B", "S", 40))
    f.output("y", f.linear(x, w, residual=r))
    return attnc_ir.module([f], {"B": (1, 8, 1), "S": (2, 64, 2)})


class Refusals:
    """Runs commands that must fail."""

    def __init__(self, test):
        self.test, self.directory = test, test.directory
        self.source = self.write("good.mlir", good_program())
        self.package = self.directory / "good.attnc"
        attnc_commands.compile_package(self.source, self.package)

    def write(self, name, content):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def npy(self, name, array):
        path = self.directory / f"{name}.npy"
        np.save(path, array)
        return path

    def refuse(self, label, name, arguments, patterns, output):
        """Runs `name arguments`; expects status 1, every pattern in stderr, and no file `output`."""
        test = self.test
        test.checks += 1
        command = [attnc_commands.find(name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
        if done.returncode != 1:
            test.fail(label, f"expected status 1, got {done.returncode}: {done.stderr.strip()[:500]}")
        for pattern in ["error:|Unknown command line argument", *patterns]:  # the second is LLVM's
            if not re.search(pattern, done.stderr):
                test.fail(label, f"expected a message with /{pattern}/, got: {done.stderr.strip()[:500]!r}")
        if output is not None and Path(output).is_file():
            test.fail(label, f"expected nothing written, got {output}")
            Path(output).unlink()

    def compiling(self, label, *flags, source=None, text=None, output=None, patterns=()):
        if text is not None:
            source = self.write("bad.mlir", text)
        output = self.directory / "refused.attnc" if output is None else output
        self.refuse(label, "attnc", [source or self.source, "-o", output, *flags], patterns, output)

    def running(self, label, *flags, package=None, patterns=(), outputs=None, **changes):
        """`changes`: arrays, or paths, in place of good inputs; None leaves one out."""
        arrays = {"x": np.ones((2, 6, 24), "f4"), "w": np.ones((24, 40), "f4"), "r": np.ones((2, 6, 40), "f4")}
        arrays |= changes
        y = self.directory / "refused.npy"
        arguments = [package or self.package]
        for name, array in arrays.items():
            if array is not None:
                path = self.npy(name, array) if isinstance(array, np.ndarray) else array
                arguments += ["--input", f"{name}={path}"]
        for name, path in (outputs or {"y": y}).items():
            arguments += ["--output", f"{name}={path}"]
        self.refuse(label, "attnc-run", [*arguments, *flags], patterns, y)


def bad_sources(r):
    good = good_program()
    r.compiling("no such file", source=r.directory / "missing.mlir", patterns=["missing.mlir"])
    r.compiling("no IR", text="this is not IR")
    r.compiling("cut short", text=good[:len(good) // 2])
    r.compiling("bytes", text=bytes(range(256)) * 8)
    r.compiling("no entry", text="module {\n}\n")
    r.compiling("unknown op", text=good.replace("attn.linear", "attn.lineal"), patterns=["lineal"])
    r.compiling("weight's depth", text=good.replace("tensor<24x40xf32>", "tensor<25x40xf32>"), patterns=["24", "25"])
    r.compiling("no columns", text=good.replace("40", "0"), patterns=["0"])
    returned = good.replace("40", "0").replace("return %0 : tensor<?x?x0xf32>", "return %r : tensor<?x?x0xf32>")
    r.compiling("no columns, no op", text=re.sub(r"\n *%0 = .*", "", returned), patterns=["0"])
    r.compiling("f64", text=good.replace("f32", "f64"), patterns=["f64"])
    r.compiling("same name twice", text=good.replace('attn.name = "r"', 'attn.name = "x"'), patterns=['"x"'])
    r.compiling("range", text=good.replace("S = [2, 64, 2]", "S = [64, 2, 2]"), patterns=["S", "64"])
    r.compiling("nameless dimension", text=good.replace('["B", "S", ""]', '["B", "S"]'), patterns=["attn.dims"])


def bad_command_lines(r):
    r.compiling("target", "--target=vax", patterns=["vax"])
    r.compiling("CPU", "--mcpu=no-such-cpu", patterns=["no-such-cpu"])
    r.compiling("stage", "--emit=later", patterns=["later"])
    r.compiling("pass", "--disable-pass=no-such-pass", patterns=["no-such-pass"])
    r.compiling("grid", "--grid=tp", patterns=["tp"])
    r.compiling("flag", "--no-such-flag", patterns=["no-such-flag"])
    r.compiling("output directory", output=r.directory / "missing" / "out.attnc", patterns=["out.attnc"])
    r.compiling("output is a directory", output=r.directory, patterns=[re.escape(str(r.directory))])


def bad_weights(r):
    good = r.directory / "w.safetensors"
    attnc_safetensors.write(good, {"w": np.ones((24, 40))})
    cut = r.write("cut.safetensors", good.read_bytes()[:-100])
    noise = r.write("noise.safetensors", b"\xff" * 5000)
    wide, half = r.directory / "wide.safetensors", r.directory / "half.safetensors"
    attnc_safetensors.write(wide, {"w": np.ones((24, 41))})
    attnc_safetensors.write(half, {"w": np.ones((24, 40))}, "bf16")
    r.compiling("no weights file", f"--weights={r.directory}/missing.safetensors", patterns=["missing.safetensors"])
    r.compiling("cut weights", f"--weights={cut}", patterns=["cut.safetensors"])
    r.compiling("noise for weights", f"--weights={noise}", patterns=["noise.safetensors"])
    r.compiling("weight's shape", f"--weights={wide}", patterns=["w", "40", "41"])
    r.compiling("weight's type", f"--weights={half}", patterns=["(?i)f32", "(?i)bf16"])


def bad_inputs(r):
    ones = np.ones
    r.running("missing input", r=None, patterns=["r"])
    r.running("unknown input", z=ones((1,), "f4"), patterns=["z"])
    r.running("missing file", x=r.directory / "missing.npy", patterns=["missing.npy"])
    r.running("no npy", x=r.write("noise.npy", b"\x00" * 100), patterns=["noise.npy"])
    r.running("rank", x=ones((6, 24), "f4"), patterns=["3", "2"])
    r.running("features", x=ones((2, 6, 25), "f4"), patterns=["24", "25"])
    r.running("dtype", x=ones((2, 6, 24), "f8"), patterns=["(?i)f(loat)?32|f4", "(?i)f(loat)?64|f8"])
    r.running("integers", x=ones((2, 6, 24), "i4"), patterns=["(?i)f(loat)?32|f4", "(?i)i(nt)?32|i4"])
    r.running("two sizes of S", r=ones((2, 8, 40), "f4"), patterns=["6", "8"])
    r.running("too long", x=ones((2, 66, 24), "f4"), r=ones((2, 66, 40), "f4"), patterns=["S", "64", "66"])
    r.running("no multiple", x=ones((2, 7, 24), "f4"), r=ones((2, 7, 40), "f4"), patterns=["S", "2", "7"])
    r.running("no batch", x=ones((0, 6, 24), "f4"), r=ones((0, 6, 40), "f4"), patterns=["B", "0"])
    r.running("entry", "--entry=other", patterns=["other"])
    r.running("device", "--device=abacus", patterns=["abacus"])
    r.running("flag", "--no-such-flag", patterns=["no-such-flag"])
    r.running("unknown output", outputs={"z": r.directory / "refused.npy"}, patterns=["z"])
    r.running("output directory", outputs={"y": r.directory / "missing" / "y.npy"}, patterns=["y.npy"])


def bad_packages(r):
    good = r.package.read_bytes()
    header = slice(8, 8 + int.from_bytes(good[:8], "little"))

    def damaged(position):
        return good[:position] + bytes([good[position] ^ 1]) + good[position + 1:]

    newer = re.sub(rb'(\\"format\\":\s*\[\s*)1', rb"\g<1>2", good[header], count=1)
    if newer == good[header]:
        r.test.fail("newer format", 'expected "format": [1, …] in the manifest')
    newer = good[:8] + newer + good[header.stop:-32] + hashlib.sha256(newer).digest()
    packages = {"empty": (b"", []), "cut": (good[:-1], []), "half": (good[:len(good) // 2], []),
                "noise": (b"\xff" * 9000, []), "damaged header": (damaged(200), ["(?i)sha-?256|hash"]),
                "newer format": (newer, ["2", "1"])}
    for label, (content, patterns) in packages.items():
        r.running(f"package: {label}", package=r.write("bad.attnc", content), patterns=patterns)
    blob = r.write("blob.attnc", damaged(header.stop + 70))
    r.running("package: damaged kernels", package=blob, patterns=["(?i)sha-?256|hash"])
    r.refuse("verify damaged kernels", "attnc-run", [blob, "--verify"], ["(?i)sha-?256|hash"], None)
    r.running("package: missing", package=r.directory / "missing.attnc", patterns=["missing.attnc"])


test = Differential()
try:
    refusals = Refusals(test)
except test.command_errors as error:
    test.fail("the good program", str(error), good_program())
else:
    for group in (bad_sources, bad_command_lines, bad_weights, bad_inputs, bad_packages):
        group(refusals)
test.finish()
