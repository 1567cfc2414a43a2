# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests that call attnc-run (at $ATTNC_RUN) share."""

import os
import re
import resource
import subprocess
import tempfile
import unittest


class AttncRunCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def call(self, *args, max_file_bytes=None):
        limit = None
        if max_file_bytes:
            limits = (max_file_bytes, max_file_bytes)
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        result = subprocess.run([os.environ["ATTNC_RUN"], *args],
                                capture_output=True, text=True, timeout=60,
                                preexec_fn=limit)
        # A sanitized build also tells what it didn't get.
        result.stderr = re.sub("==.*AddressSanitizer failed to allocate.*\n", "",
                               result.stderr)
        return result

    def run_ok(self, *args):
        """Standard output of a run that must succeed."""
        result = self.call(*args)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def run_error(self, message, *args, **options):
        """Runs what must fail with an error that contains `message`."""
        result = self.call(*args, **options)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("attnc-run: error: "),
                        result.stderr)
        self.assertIn(message, result.stderr)
