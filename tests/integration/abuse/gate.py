# SPDX-License-Identifier: Apache-2.0
"""A server with everything in force, and what it costs to ask it: CPU seconds, so that a busy machine changes nothing."""

import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "serve"))
from server import Server  # noqa: E402  (beside the other tests of the real binary)

ROOT = pathlib.Path(__file__).resolve().parents[3]
LIBRARY = (ROOT / "policies/library", ROOT / "policies/fleets/aws.yaml")
CPU_SECONDS = 2.0  # of one answer, sanitizers included; what is not linear takes far more
TICKS = os.sysconf("SC_CLK_TCK")


class Gate(Server):
    """`serve` with the library enforced, and further documents by file name."""

    def __init__(self, binary, documents=None, flags=()):
        self._folder = tempfile.TemporaryDirectory()
        for name, text in (documents or {}).items():
            pathlib.Path(self._folder.name, name).write_text(text, encoding="utf-8")
        paths = [*LIBRARY, *([self._folder.name] if documents else [])]
        super().__init__(binary, *(word for path in paths for word in ("-p", str(path))), *flags)

    @property
    def pid(self):
        return self._child.pid

    def alive(self):
        return self._child.poll() is None

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mib(self):
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def sanitized(self):
        return any(word in pathlib.Path(f"/proc/{self.pid}/maps").read_text() for word in ("libasan", "libtsan"))

    def post(self, phase, body, query="timeout=10s"):
        """(status, body, CPU seconds) of one POST of bytes or of an object."""
        before = self.cpu()
        text = body if isinstance(body, (bytes, str)) else json.dumps(body)
        status, _, reply = self.request("POST", f"/{phase}?{query}", text)
        return status, reply, self.cpu() - before

    def stop(self):
        code = super().stop()
        self._folder.cleanup()
        return code


class GateTest(unittest.TestCase):
    BINARY = ""
    documents = None
    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.gate = Gate(cls.BINARY, cls.documents, cls.flags)

    @classmethod
    def tearDownClass(cls):
        code = cls.gate.stop()
        assert code == 0, f"serve ended with {code}: {cls.gate.lines[-20:]}"

    def tearDown(self):
        self.assertTrue(self.gate.alive(), self.gate.lines[-20:])

    def judged(self, review, phase="validate", allowed=None, cpu=CPU_SECONDS):
        """The response to a review, which must come with 200 and cheaply."""
        status, body, spent = self.gate.post(phase, review)
        self.assertEqual(status, 200, body[:500])
        self.assertLess(spent, cpu, "CPU seconds of one answer")
        response = json.loads(body)["response"]
        if allowed is not None:
            self.assertEqual(response["allowed"], allowed, body[:2000])
        if not response["allowed"]:
            self.assertLessEqual(len(response["status"]["message"].encode()), 8192)
        for warning in response.get("warnings", ()):
            self.assertLessEqual(len(warning), 120)
            self.assertTrue(warning.isascii() and warning.isprintable(), warning)
        return response


def deadline(seconds=60):
    end = time.monotonic() + seconds
    return lambda: max(0.1, end - time.monotonic())


def run():
    GateTest.BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
