# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A folder that tests attention on a GPU machine without LLVM and this tree.

    python3 make_bundle.py BUILD FOLDER          here, where attnc was built
    python3 FOLDER/check_attention.py            there
"""

import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from attention_package import write_packages


def find(build, *places):
    for place in places:
        path = os.path.join(build, place)
        if os.path.exists(path):
            return path
    sys.exit(f"expected {places[0]} in {build}, got none: build attnc first")


def main(build, folder):
    os.makedirs(folder, exist_ok=True)
    write_packages(find(build, "bin/attnc-opt"), folder)
    for source in (find(build, "bin/attnc-run",
                        "runtime/tools/attnc-run/attnc-run"),
                   os.path.join(HERE, "check_attention.py"),
                   os.path.join(HERE, "runtime_library.py")):
        shutil.copy(source, folder)
    library = find(build, "lib/libattnc_rt.so", "runtime/libattnc_rt.so")
    shutil.copyfile(library, os.path.join(folder, "libattnc_rt.so"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
