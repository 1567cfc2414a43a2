# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of the loader share.

A case changes one thing in a good package, and expects the message of the one
check that finds it.
"""

from attnc_run_case import AttncRunCase
from block_package import BlockPackage
from package_writer import seal


class LoaderCase(AttncRunCase):
    # Runs the entry `block`, where looking at the package is not enough.
    bench = ("--entry=block", "--bench=0", "--set-size=B=3", "--set-size=S=4")

    def refuse_bytes(self, message, contents, *args):
        path = self.path("bad.attnc")
        with open(path, "wb") as file:
            file.write(contents)
        self.run_error(message, path, *(args or ("--inspect",)))

    def refuse(self, message, change, *args):
        """A package with some parts changed."""
        with self.subTest(message):
            package = BlockPackage()
            change(package)
            self.refuse_bytes(message, seal(package.text(), package.data),
                              *args)

    def refuse_text(self, message, change):
        """A package whose header text is changed."""
        with self.subTest(message):
            package = BlockPackage()
            self.refuse_bytes(message, seal(change(package.text()),
                                            package.data))

    def refuse_entry(self, message, change, *args):
        self.refuse(message, lambda package: change(
            package.plan["entries"]["block"]), *args)
