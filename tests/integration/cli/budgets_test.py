#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CostBudgets in `check`: what the objects of one run burn together, in every form of the result.

  budgets_test.py TOLLGATE [unittest arguments]"""
import json
import os
import sys
import unittest
import xml.dom.minidom

import cli_test

BUDGET = """\
apiVersion: tollgate.dev/v1alpha1
kind: CostBudget
metadata: {name: research}
spec: {match: {namespaces: [research]}, hourly: %s, onExceed: %s}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: research}
spec:
  replicas: %d
  template:
    spec:
      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
      containers: [{name: main, image: "registry.example/x:1", resources: {limits: {nvidia.com/gpu: 1}}}]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: big-7c5d-x
  namespace: research
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: big-7c5d, uid: u, controller: true}]
spec:
  nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
  containers: [{name: main, image: "registry.example/x:1", resources: {limits: {nvidia.com/gpu: 1}}}]
"""


class Budgets(cli_test.CliTest):
    def setUp(self):
        super().setUp()
        self.write("team.yaml", DEPLOYMENT % ("small", 1) + "---\n" + DEPLOYMENT % ("big", 3))

    def budget(self, hourly, action="Deny"):
        self.write("docs/budget.yaml", BUDGET % (hourly, action))

    def check_as(self, form, *files):
        return self.run_it("check", "-p", "docs", "-o", form, *(files or ("team.yaml",)))

    def test_text(self):
        self.budget(20)
        code, out, _ = self.check_as("text")
        self.assertEqual(code, 1)
        self.assertIn("CostBudget research: exceeded: 2 objects burn $27.52/h, $20,090 a month of 730 h; it allows $20.00/h\n"
                      "  deployment.apps/big in research: $20.64/h\n  deployment.apps/small in research: $6.88/h\n", out)
        self.budget("27.52")
        code, out, _ = self.check_as("text")
        self.assertEqual(code, 0)
        self.assertIn("CostBudget research: kept: 2 objects burn $27.52/h", out)

    def test_warn_is_no_failure(self):
        self.budget(20, "Warn")
        code, out, _ = self.check_as("text")
        self.assertEqual(code, 0)
        self.assertIn("CostBudget research: exceeded", out)

    def test_json_is_as_it_was_without_budgets(self):
        code, out, _ = self.check_as("json")
        self.assertNotIn("budgets", json.loads(out))
        self.budget(20)
        code, out, _ = self.check_as("json")
        self.assertEqual(code, 1)
        (budget,) = json.loads(out)["budgets"]
        self.assertEqual((budget["name"], budget["exceeded"], budget["action"], budget["hourly"], budget["monthly"], budget["allowedHourly"], budget["allowedMonthly"]),
                         ("research", True, "Deny", "27.52", "20089.60", "20.00", None))
        self.assertEqual([each["name"] for each in budget["objects"]], ["deployment.apps/big in research", "deployment.apps/small in research"])

    def test_forms_of_ci(self):
        self.budget(20)
        self.assertIn("::error title=CostBudget research::2 objects burn $27.52/h", self.check_as("github")[1])
        (failure,) = xml.dom.minidom.parseString(self.check_as("junit")[1]).getElementsByTagName("failure")
        self.assertIn("it allows $20.00/h", failure.getAttribute("message"))
        results = json.loads(self.check_as("sarif")[1])["runs"][0]["results"]
        self.assertEqual([(each["ruleId"], each["level"]) for each in results if "Budget" in each["ruleId"]], [("CostBudget/research", "error")])
        code, out, err = self.check_as("patched")
        self.assertEqual(code, 1)
        self.assertNotIn("CostBudget", out)
        self.assertIn("CostBudget research: 2 objects burn", err)

    def test_an_object_counts_once(self):
        self.budget(20)
        self.write("pod.yaml", POD)
        self.assertIn("2 objects burn $27.52/h", self.check_as("text", "team.yaml", "pod.yaml")[1])
        self.assertIn("1 object burns $6.88/h", self.check_as("text", "pod.yaml")[1])

    def test_what_is_not_known_is_said(self):
        self.budget(20)
        self.write("odd.yaml", cli_test.MXNET.replace("MXJob", "OddJob").replace("{name: mxnet}", "{name: odd, namespace: research}"))
        code, out, _ = self.check_as("text", "odd.yaml")
        self.assertEqual(code, 0)
        self.assertIn("CostBudget research: not known: 0 objects burn $0.00/h", out)
        self.assertIn("  not counted: oddjob.kubeflow.org/odd in research (whether it belongs is not known)", out)

    def test_what_only_describes_pods_burns_nothing(self):
        self.budget(20)
        self.write("runtime.yaml", "apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\n"
                   "metadata: {name: r, namespace: research}\n"
                   "spec: {containers: [{name: c, image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}\n")
        self.assertIn("CostBudget research: kept: 0 objects burn $0.00/h", self.check_as("text", "runtime.yaml")[1])

    def test_mistakes(self):
        self.write("docs/budget.yaml", BUDGET.replace("hourly", "hourli") % (3, "Deny"))
        code, _, err = self.check_as("text")
        self.assertEqual(code, 2)
        self.assertIn("did you mean 'hourly'?", err)


if __name__ == "__main__":
    cli_test.BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
