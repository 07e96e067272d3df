#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate usage import` against a real Prometheus that was fed a recorded series, and what follows from the file.

  prometheus_test.py TOLLGATE [unittest arguments]

Skipped (77) where there is no `prometheus`: on Debian it is the package of that name."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import recording

HERE = pathlib.Path(__file__).resolve().parent
NOW = "2026-11-22T00:00:00Z"
FLEET = HERE.parents[2] / "policies" / "fleets" / "aws.yaml"
POLICY = """\
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: measured}
spec:
  rules:
  - name: fits
    rightSize: {pools: ["*"], needs: {from: [usage]}, minConfidence: Measured}
  - name: idle
    limits: {idle: 7d}
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: %s
metadata: {name: %s, namespace: %s}
spec:
  replicas: 2
  template:
    spec:
      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
      containers: [{name: %s, image: "registry.example/x:1", resources: {limits: {nvidia.com/gpu: 1}}}]
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RealPrometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        (cls.folder / "recorded.txt").write_text(recording.record())
        (cls.folder / "prometheus.yml").write_text("scrape_configs: []\n")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", cls.folder / "recorded.txt",
                        cls.folder / "data"], check=True, stdout=subprocess.DEVNULL)
        cls.url = f"http://127.0.0.1:{free_port()}"
        log = open(cls.folder / "log", "wb")
        cls.server = subprocess.Popen(
            ["prometheus", f"--config.file={cls.folder}/prometheus.yml", f"--storage.tsdb.path={cls.folder}/data",
             "--storage.tsdb.retention.time=100y", f"--web.listen-address={cls.url[7:]}"], stdout=log, stderr=log)
        cls.addClassCleanup(cls.end, log)
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(cls.url + "/-/ready", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                if cls.server.poll() is not None or time.monotonic() > end:
                    raise AssertionError((cls.folder / "log").read_text()) from None
                time.sleep(0.1)

    @classmethod
    def end(cls, log):
        cls.server.terminate()
        cls.server.wait()
        log.close()

    def run_it(self, *arguments):
        done = subprocess.run([TOLLGATE, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def imported(self, *arguments):
        return self.run_it("usage", "import", "--prometheus", self.url, "--now", NOW, *arguments)

    def test_the_file_is_what_was_recorded(self):
        code, out, err = self.imported()
        self.assertEqual(code, 0, err)
        golden = HERE / "expected.yaml"
        out = out.replace(self.url, "http://127.0.0.1:9090")
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(out)
        self.assertEqual(out, golden.read_text())
        self.assertIn("1 pod's workload was taken from the pod's name", err)
        self.assertIn("1 series name no pod", err)
        self.assertIn("dev/one: had devices together with other pods", err)
        self.assertNotIn("dev/early", err)

    def test_what_it_reads_it_can_be_judged_by(self):
        (self.folder / "documents").mkdir(exist_ok=True)
        (self.folder / "documents/usage.yaml").write_text(self.imported()[1])
        (self.folder / "documents/policy.yaml").write_text(POLICY)
        documents = ["-p", self.folder / "documents", "-p", FLEET]
        code, out, err = self.run_it("lint", "--strict", *documents[1::2])
        self.assertEqual(code, 0, out + err)

        web = self.folder / "web.yaml"
        web.write_text(WORKLOAD % ("Deployment", "web", "serve", "server"))
        code, out, err = self.run_it("explain", *documents, "--now", NOW, web)
        self.assertEqual(code, 0, out + err)
        self.assertIn("memory   11182Mi per GPU, Measured by measured peak 9318Mi over 14d, 20% headroom\n", out)
        self.assertIn("usage    peak 9318Mi per GPU, active 25% of the time and at most 83%, over 14d in 8066 samples "
                      "of 2 pods\n", out)
        self.assertIn("chosen: ", out)

        ada = self.folder / "ada.yaml"
        ada.write_text(WORKLOAD % ("StatefulSet", "ada", "research", "notebook"))
        code, out, err = self.run_it("check", *documents, "--now", NOW, ada)
        self.assertEqual(code, 1, out + err)
        self.assertIn("measured/idle: ", out)
        self.assertIn("idle for the whole of the 14d", out)
        self.assertIn("fix: spec.replicas: 0", out)

    def test_nothing_in_the_window(self):
        code, out, err = self.run_it("usage", "import", "--prometheus", self.url, "--now", "2026-10-01T00:00:00Z")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("no series DCGM_FI_DEV_FB_USED in the 14d before 2026-10-01T00:00:00Z. Does it scrape", err)

    def test_a_shorter_window(self):
        code, out, err = self.imported("--window", "1d")
        self.assertEqual(code, 0, err)
        self.assertIn("peakMemory: 8000Mi", out)
        self.assertNotIn("train", out)


if __name__ == "__main__":
    TOLLGATE = sys.argv.pop(1)
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        print("skipped: no prometheus here (Debian: apt-get install prometheus; scripts/bootstrap --e2e)")
        sys.exit(77)
    unittest.main()
