"""Counts the instructions of a kernel's loops over keys: loop_statistics.py NVDISASM FILE.cubin

The main loop is the first that branches back over tensor core instructions and
selects nothing: ptxas puts it in front of the waits' slow paths, which branch back
too. Before it stands the loop with the mask, if there is one. Prints for each its
name, then a line for each opcode, without modifiers, and zeros for those that must
not be there.
"""

import collections
import re
import subprocess
import sys

ABSENT = ("MOV", "R2UR", "LDL", "STL")


def disassemble(nvdisasm, cubin):
    """Labels as strings, instructions as (opcode, text)."""
    text = subprocess.run([nvdisasm, "-c", cubin], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        label = re.match(r"(\.L_x_\d+):", line)
        if label:
            yield label.group(1)
        instruction = re.match(r"\s*/\*[0-9a-f]+\*/\s+(?:@!?U?P\d+ )?(([A-Z0-9_]+)[^;]*);", line)
        if instruction:
            yield instruction.group(2), instruction.group(1)


def loops(items):
    """The opcodes of each loop: what lies between a label and a branch back."""
    labels = {}
    for end, item in enumerate(items):
        if isinstance(item, str):
            labels[item] = end
            continue
        target = re.search(r"BRA.*`\((\.L_x_\d+)\)", item[1])
        if target and target.group(1) in labels:
            body = items[labels[target.group(1)] : end + 1]
            yield [entry[0] for entry in body if not isinstance(entry, str)]


def main(nvdisasm, cubin):
    for body in loops(list(disassemble(nvdisasm, cubin))):
        if "HGMMA" not in body:
            continue
        is_main = "FSEL" not in body
        print("main loop" if is_main else "masked loop")
        counts = collections.Counter(body)
        print("instructions", len(body))
        for name in sorted(set(counts) | set(ABSENT)):
            print(name, counts[name])
        if is_main:
            return
    sys.exit(f"expected a loop of products without FSEL in {cubin}")


if __name__ == "__main__":
    main(*sys.argv[1:])
