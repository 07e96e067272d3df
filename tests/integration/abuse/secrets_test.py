#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What people write into their objects stays there: no value of an env variable, argument, annotation, label or
image reaches a message, a warning, the logs, the decision log or the metrics.

  secrets_test.py TOLLGATE [unittest arguments]"""

import json
import os
import tempfile
import unittest

from gate import GateTest, run
from server import gpu_pod, review_of, wait_until

SECRET = "hunter2sEcReT"

STRICT = {"strict.yaml": """\
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: strict}
spec:
  mode: Enforce
  rules:
  - {name: reason, require: {wholeGpuReason: true}}
  - {name: labels, require: {labels: [{key: team, values: [a]}, {key: cost-center}]}}
  - {name: life, lifetime: {max: 1h, sessions: {max: 30m}, ttlAfterFinished: {max: 1h}}}
  - {name: limits, limits: {gpusPerPod: 0, gpusPerWorkload: 0, hourlyCost: 0.01, totalCost: 0.01, podHourlyCost: 0.01}}
  - {name: fits, rightSize: {pools: ["*"], action: Require}}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: hints}
spec:
  mode: Warn
  rules:
  - {name: fits, rightSize: {pools: ["*"]}}
  - {name: known, require: {knownAccelerators: true}}
"""}


def full_of_secrets(gpus):
    """Every place where a value is the user's own, amounts and names apart: those are what is judged."""
    pod = gpu_pod(gpus)
    pod["metadata"]["labels"] = {"team": SECRET, "cost-center": SECRET}
    pod["metadata"]["annotations"] = {
        **{f"tollgate.dev/{key}": SECRET for key in ("keep", "gpu-memory", "gpu-compute", "isolation", "model", "lifetime",
                                                     "rewritten", "hourly-cost", "expires-at")},
        "gpu-fraction": SECRET, "gpu-memory": SECRET, "gpu-fraction-num-devices": SECRET, "note": SECRET,
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"password": SECRET})}
    container = pod["spec"]["containers"][0]
    container["env"] = [{"name": name, "value": SECRET} for name in ("TOKEN", "NVIDIA_VISIBLE_DEVICES", "HF_TOKEN")]
    container["args"] = ["--token", SECRET, f"--api-key={SECRET}"]
    container["command"] = ["sh", "-c", f"export A={SECRET}; sleep infinity"]
    container["image"] = f"registry.example/vllm:{SECRET}"
    container["livenessProbe"] = {"exec": {"command": [SECRET]}, "httpGet": {"httpHeaders": [{"value": SECRET}]}}
    pod["spec"]["initContainers"] = [dict(container, name="init", args=["jupyter", f"--NotebookApp.token={SECRET}"])]
    return pod


def controller_of(pod, kind, api_version):
    template = {"metadata": pod["metadata"], "spec": pod["spec"]}
    return {"apiVersion": api_version, "kind": kind, "metadata": dict(pod["metadata"]),
            "spec": {"replicas": 2, "parallelism": 2, "template": template}}


class Secrets(GateTest):
    documents = STRICT

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.log = os.path.join(cls.folder.name, "decisions.jsonl")
        cls.flags = ("--decision-log", cls.log)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def test_nothing_is_told(self):
        asked = 0
        for gpus in (0, 1, 16):
            pod = full_of_secrets(gpus)
            objects = [pod, controller_of(pod, "Deployment", "apps/v1"), controller_of(pod, "Job", "batch/v1")]
            if gpus == 0:
                del pod["spec"]["containers"][0]["resources"]  # devices by environment alone
            for broken in ("", "annotations"):
                for each in objects:
                    if broken:
                        each = json.loads(json.dumps(each))
                        for key in ("gpu-fraction", "gpu-memory"):
                            each["metadata"]["annotations"].pop(key, None)
                            each["spec"].get("template", {}).get("metadata", {}).get("annotations", {}).pop(key, None)
                    for phase in ("mutate", "validate"):
                        for more in ({}, {"operation": "UPDATE", "oldObject": gpu_pod(1)}):
                            status, reply, _ = self.gate.post(phase, review_of(each, **more))
                            asked += 1
                            self.assertEqual(status, 200, reply)
                            self.assertNotIn(SECRET, reply)
        self.assertNotIn(SECRET, self.gate.admin("/metrics")[1])
        self.assertNotIn(SECRET, self.gate.admin("/")[1])
        self.assertNotIn(SECRET, "\n".join(self.gate.lines))
        text = wait_until(lambda: self.logged(asked), "a line for each decision")
        self.assertNotIn(SECRET, text)
        self.assertIn('"Denied"', text)

    def logged(self, lines):
        if not os.path.exists(self.log):
            return None
        with open(self.log, encoding="utf-8") as file:
            text = file.read()
        return text if text.count("\n") >= lines else None

    def test_bad_bodies_are_not_told_either(self):
        text = json.dumps(review_of(full_of_secrets(1)))
        for body in (text[:-2], text.replace('"u-1"', "3"), "{" + SECRET, f'"{SECRET}"'):
            status, reply, _ = self.gate.post("validate", body)
            self.assertEqual(status, 400, reply)
        self.assertNotIn(SECRET, "\n".join(self.gate.lines))


if __name__ == "__main__":
    run()
