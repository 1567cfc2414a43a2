# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the loader refuses in a package's frame, header and manifest, in the
order in which it looks."""

import json
import struct
import unittest

from block_package import BlockPackage
from loader_case import LoaderCase
from package_writer import lay_out, seal


class LoaderTest(LoaderCase):
    # -- the frame

    def test_frame(self):
        package = BlockPackage()
        good = seal(package.text(), package.data)
        length, = struct.unpack("<Q", good[:8])
        with_length = lambda n: struct.pack("<Q", n) + good[8:]
        flipped = bytearray(good)
        flipped[100] ^= 1
        for message, contents in (
                ("file: expected at least 40 bytes, got 0", b""),
                ("file: expected at least 40 bytes, got 39", good[:39]),
                ("header: expected at most 100000000 bytes, got 100000001",
                 with_length(100000001)),
                ("header: has 99999999 bytes, of which the file has room for",
                 with_length(99999999)),
                (f"header: expected an end at a multiple of 4096, got "
                 f"{length + 7}", with_length(length - 1)),
                ("header: its SHA-256 is not the one at the end of the file",
                 bytes(flipped)),
                ("header: its SHA-256 is not the one at the end of the file",
                 good[:-1]),
                ("header: its SHA-256 is not the one at the end of the file",
                 good + b"\0")):
            with self.subTest(message):
                self.refuse_bytes(message, contents)

    # -- JSON

    def test_json(self):
        for message, change in (
                ("header: expected a JSON object and spaces",
                 lambda text: text + "\n"),
                ("header: expected a JSON object and spaces",
                 lambda text: " "),
                ("header: expected a JSON object", lambda text: " " + text),
                ("header: not valid JSON at byte", lambda text: text + "}"),
                ("header: not valid JSON at byte",
                 lambda text: text.replace('"U8"', "U8", 1)),
                ("header: duplicate key 'table'",
                 lambda text: text.replace('"packed"', '"table"', 1)),
                ("header: JSON is nested deeper than 32",
                 lambda text: text.replace("[3, 8]", "[" * 40 + "]" * 40, 1)),
                ("manifest: duplicate key 'producer'",
                 lambda text: text.replace(r'\"cpu\": \"', r'\"x\": 1, '
                                           r'\"x\": \"', 1).replace(
                     r'\"x\"', r'\"producer\"', 2))):
            self.refuse_text(message, change)

    def test_metadata(self):
        def change(text, edit):
            header = json.loads(text)
            edit(header["__metadata__"])
            return json.dumps(header)
        for message, edit in (
                ("header: __metadata__: lacks the member 'attnc.plan'",
                 lambda data: data.pop("attnc.plan")),
                ("header: __metadata__: unknown member 'format'",
                 lambda data: data.update(format="pt")),
                ("manifest: expected a string, got 1",
                 lambda data: data.update({"attnc.manifest": 1})),
                ("manifest: expected a JSON object",
                 lambda data: data.update({"attnc.manifest": ""})),
                ("plan: expected a JSON object",
                 lambda data: data.update({"attnc.plan": "[]"}))):
            self.refuse_text(message, lambda text: change(text, edit))
        self.refuse_text("header: lacks the member '__metadata__'",
                         lambda text: text.replace("__metadata__", "x"))

    def test_format(self):
        for message, value in (
                ("package format: expected 1.0 to 1.2, got 2.0", [2, 0]),
                ("package format: expected 1.0 to 1.2, got 0.9", [0, 9]),
                ("package format: expected 1.0 to 1.2, got 1.7", [1, 7]),
                ("manifest.format: expected [major, minor], got an array of 3",
                 [1, 0, 0]),
                ("manifest.format: expected an integer in 0 ... 2^63 - 1, got "
                 "1.0", [1.0, 0])):
            # A newer format is refused by its number, whatever else it holds.
            def change(package):
                package.manifest = {"format": value, "news": {}}
                package.header["attnc.news"] = {}
            self.refuse(message, change)

    # -- tensors

    def test_tensors(self):
        table = "header: tensor 'table'"
        def edit(name, **members):
            return lambda package: package.header[name].update(members)
        def lay(tensors):
            def change(package):
                package.header, package.data = lay_out(tensors(package))
            return change
        for message, change in (
                (f"{table}.dtype: expected F32, BF16, F16, I32 or U8, got "
                 "'F64'", edit("table", dtype="F64")),
                (f"{table}.dtype: expected F32, BF16, F16, I32 or U8, got 'I1'",
                 edit("table", dtype="I1")),
                (f"{table}.shape: expected an integer in 0 ... 2^63 - 1, got -3",
                 edit("table", shape=[-3, 8])),
                (f"{table}.shape: the size in bytes overflows",
                 edit("table", shape=[2**62, 8])),
                (f"{table}.data_offsets: expected 2 offsets, got 1",
                 edit("table", data_offsets=[0])),
                (f"{table}.data_offsets: expected a range in 0 ...",
                 edit("table", data_offsets=[64, 2**40])),
                (f"{table}.data_offsets: expected a range in 0 ...",
                 edit("table", data_offsets=[64, 0])),
                (f"{table}.data_offsets: expected 96 bytes, got 64",
                 edit("table", data_offsets=[64, 128])),
                (f"{table}: unknown member 'x'", edit("table", x=1)),
                (f"{table}: expected an object, got 1",
                 lambda package: package.header.update(table=1)),
                ("header: tensor 'attnc.x'.name: unknown tensor",
                 lambda package: package.header.update(
                     {"attnc.x": package.header["table"]})),
                (r"header: expected a name without control characters, got "
                 r"'a\x0a'", lambda package: package.header.update(
                     {"a\n": package.header["table"]})),
                ("header: tensor 'attnc.kernels.cpu'.data_offsets: expected a "
                 "U8 tensor of rank 1", lay(lambda package: [
                     ("attnc.kernels.cpu", "U8", [1, 64], bytes(64))])),
                ("header: tensor 'attnc.sha256'.data_offsets: expected 32 "
                 "bytes, got 0", edit("attnc.sha256", shape=[0],
                                       data_offsets=[0, 0])),
                (f"{table}: expected it to begin at ",
                 lambda package: package.header.pop("attnc.kernels.cpu")),
                ("header: expected the tensors to end with the file at ",
                 lambda package: package.header.pop("attnc.sha256")),
                ("header: expected 'attnc.sha256' as the last tensor",
                 lambda package: package.header.update(
                     {"attnc.pad.9": package.header.pop("attnc.sha256")}))):
            self.refuse(message, change)

    def test_alignment(self):
        def change(package):
            end = package.header["table"]["data_offsets"][1]
            pad = next(name for name, row in package.header.items()
                       if row["data_offsets"][0] == end)
            package.header[pad]["shape"] = [
                package.header[pad]["shape"][0] - 8]
            package.header[pad]["data_offsets"][1] -= 8
            package.header["packed"]["data_offsets"][0] -= 8
            package.header["packed"]["shape"] = [50]
        self.refuse("header: tensor 'packed': expected it to begin at a "
                    "multiple of 64", change)

    # -- the manifest

    def test_manifest(self):
        def edit(**members):
            return lambda package: package.manifest.update(members)
        def target(**members):
            return lambda package: package.manifest["targets"][0].update(members)
        def weight(name, **members):
            return lambda package: package.manifest["weights"][name].update(
                members)
        def panels(**members):
            return lambda package: package.manifest["weights"]["packed"][
                "layout"].update(members)
        zeros = "0" * 64
        for message, change in (
                ("manifest: lacks the member 'producer'",
                 lambda package: package.manifest.pop("producer")),
                ("manifest: unknown member 'x'", edit(x=1)),
                ("manifest.producer: expected a string, got null",
                 edit(producer=None)),
                ("manifest.producer: expected a name without control",
                 edit(producer="")),
                ("manifest.targets[0].name: unknown target 'sm_90a', expected "
                 "'cpu'", target(name="sm_90a")),
                ("manifest.targets[0].blob: 'table' is no kernel blob",
                 target(blob="table")),
                ("manifest.targets[0].features: expected a string, got 1",
                 target(features=[1])),
                ("manifest.targets[0]: unknown member 'x'", target(x=1)),
                ("manifest.targets[1]: a second target 'cpu'",
                 lambda package: package.manifest["targets"].append(
                     package.manifest["targets"][0])),
                ("manifest.targets: no target has the blob "
                 "'attnc.kernels.cpu'", edit(targets=[])),
                ("manifest.targets: expected an array, got object",
                 edit(targets={})),
                ("manifest.sha256: lacks the hash of 'table'",
                 lambda package: package.manifest["sha256"].pop("table")),
                ("manifest.sha256: 'x' is no kernel blob and no weight",
                 lambda package: package.manifest["sha256"].update(x=zeros)),
                ("manifest.sha256: 'attnc.sha256' is no kernel blob",
                 lambda package: package.manifest["sha256"].update(
                     {"attnc.sha256": zeros})),
                ("manifest.sha256: 'table': expected 64 lower-case hex digits",
                 lambda package: package.manifest["sha256"].update(
                     table="A" * 64)),
                ("manifest.weights: expected an entry for each of 2 weight "
                 "tensors, got 1",
                 lambda package: package.manifest["weights"].pop("table")),
                ("manifest.weights: 'attnc.sha256' is no weight",
                 lambda package: package.manifest["weights"].update(
                     {"attnc.sha256": {}})),
                ("manifest.weights.table.source: expected a name without "
                 "control", weight("table", source="")),
                ("manifest.weights.table.dtype: unknown dtype 'F8'",
                 weight("table", dtype="F8")),
                ("manifest.weights.table: the stored shape: expected [3,9], "
                 "got [3,8]", weight("table", shape=[3, 9])),
                ("manifest.weights.table: unknown member 'x'",
                 weight("table", x=1)),
                ("manifest.weights.table.layout: unknown layout 'x'",
                 weight("table", layout={"kind": "x"})),
                ("manifest.weights.packed: the stored shape: expected "
                 "[2,4,4,2], got [2,3,4,2]", panels(transposed=False)),
                ("manifest.weights.packed: the stored shape: expected [2,5,4], "
                 "got [2,3,4,2]", panels(depth=1)),
                ("manifest.weights.packed.layout.transposed: expected true or "
                 "false, got 1", panels(transposed=1)),
                ("manifest.weights.packed.layout: expected a width and a depth "
                 "of at least 1, got 0 and 2", panels(width=0)),
                ("manifest.weights.packed.layout: expected a matrix, got a "
                 "tensor of rank 1", weight("packed", shape=[35]))):
            self.refuse(message, change)

    # -- the host and the blobs

    def test_target(self):
        def target(**members):
            return lambda package: package.manifest["targets"][0].update(members)
        for message, change in (
                ("target 'cpu': expected x86_64, got 'aarch64'",
                 target(arch="aarch64")),
                ("target 'cpu': kernel ABI: expected 1, got 2",
                 target(kernel_abi=2)),
                ("the kernels need the CPU feature 'quantum', which this "
                 "runtime cannot check", target(features=["sse2", "quantum"]))):
            self.refuse(message, change, *self.bench)

        def no_target(package):
            package.manifest["targets"] = []
            package.tensors.pop(0)
            package.manifest["sha256"].pop("attnc.kernels.cpu")
            package.header, package.data = lay_out(package.tensors)
            package.plan["entries"] = {
                "types": package.plan["entries"]["types"]}
        self.refuse("the package has no code for the device cpu", no_target,
                    "--bench=0", "--set-size=N=1")

    def test_hashes(self):
        package = BlockPackage()
        good = seal(package.text(), package.data)
        header = len(good) - len(package.data)
        def flipped(name):
            contents = bytearray(good)
            contents[header + package.header[name]["data_offsets"][0]] ^= 1
            return bytes(contents)
        message = "tensor 'table': its SHA-256 is not the manifest's: expected "
        self.refuse_bytes(message, flipped("table"), *self.bench)
        self.refuse_bytes(message, flipped("table"), "--verify")
        self.refuse_bytes("kernel blob: its SHA-256 is not the manifest's",
                          flipped("attnc.kernels.cpu"), *self.bench)
        self.refuse_bytes("tensor 'attnc.pad.0': expected zeros as padding",
                          flipped("attnc.pad.0"), "--verify")
        # What an entry doesn't use is no reason to refuse it.
        path = self.path("bad.attnc")
        with open(path, "wb") as file:
            file.write(flipped("packed"))
        self.run_ok(path, *self.bench)
        self.run_error("tensor 'packed': its SHA-256", path, "--verify")


if __name__ == "__main__":
    unittest.main()
