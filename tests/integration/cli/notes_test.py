#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the commands say beside their verdicts: what they took for granted, why an exception does not help, where a change
is made. And what scripts/demo says.

  notes_test.py TOLLGATE [unittest arguments]"""

import importlib.util
import os
import pathlib
import subprocess
import sys
import unittest

import cli_test

try:
    import yaml
except ImportError:
    yaml = None

SCRIPT = str(pathlib.Path(__file__).resolve().parents[3] / "scripts/demo_reviews.py")


class Judging(cli_test.CliTest):
    def test_documents_without_a_policy_judge_nothing_and_it_says_so(self):
        for command in ("check", "explain"):
            code, _, err = self.run_it(command, "-p", "docs/fleet.yaml", self.write("job.yaml", cli_test.JOB))
            self.assertEqual((code, err), (0, "tollgate: no CostPolicy among the documents: nothing is judged\n"), command)
            self.assertNotIn("nothing is judged", self.run_it(command, "-p", "docs", "job.yaml")[2])

    DEAR = """\
apiVersion: tollgate.dev/v1alpha1
kind: CostException
metadata: {name: launch}
spec:
  rules: [bounded]
  match: {kinds: [Job]}
  reason: launch
  approvedBy: a@example.com
  expires: 2026-06-01T00:00:00Z
  maxHourlyCost: 10
"""

    def test_an_exception_that_is_too_small_says_so(self):
        self.write("docs/launch.yaml", self.DEAR)
        when = ("--now", "2026-05-01T00:00:00Z")
        told = "CostException launch does not apply: this costs $55.04/h, and its ceiling is $10.00/h"
        job = self.write("job.yaml", cli_test.JOB)
        for command in ("check", "explain"):
            code, out, _ = self.run_it(command, "-p", "docs", *when, job)
            self.assertEqual(code, 1)
            self.assertIn("note: " + told, out)
        self.assertEqual(self.check(job, *when)[1]["results"][0]["findings"][0]["note"], told)
        self.write("docs/launch.yaml", self.DEAR.replace("maxHourlyCost: 10", "maxHourlyCost: 60"))
        self.assertEqual(self.check(job, *when)[0], 0)

    def test_nor_does_it_keep_a_pod_from_being_rewritten(self):
        small = self.write("small.yaml", cli_test.SMALL)
        for ceiling, told in ((5, "CostException launch does not apply: this costs $6.88/h, and its ceiling is $5.00/h"), (10, None)):
            self.write("docs/launch.yaml", self.DEAR.replace("[bounded]", "[small/fits]").replace("[Job]", "[Pod]").replace(
                "maxHourlyCost: 10", f"maxHourlyCost: {ceiling}"))
            for command in ("check", "explain"):
                out = self.run_it(command, "-p", "docs", "--now", "2026-05-01T00:00:00Z", small)[1]
                self.assertIn("Rewritten" if told else "Allowed", out)
                self.assertIn(told or "", out)
                self.assertEqual("launch does not apply" in out, told is not None)

    def test_what_is_patched_at_pods_is_said_to_be(self):
        spec = cli_test.SMALL.split("spec:\n")[1].replace("\n", "\n    ").rstrip()
        deployment = self.write("deployment.yaml", f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: small, namespace: serve}}
spec:
  selector: {{matchLabels: {{app: small}}}}
  template:
    metadata: {{labels: {{app: small}}, annotations: {{tollgate.dev/gpu-memory: 6Gi}}}}
    spec:
    {spec}
""")
        told = "  at its pods, as they are created; the Deployment itself stays as it is:\n    - spec.template."
        self.assertIn(told, self.run_it("check", "-p", "docs", deployment)[1])
        self.assertNotIn("at its pods", self.run_it("check", "-p", "docs", self.write("small.yaml", cli_test.SMALL))[1])

    def test_a_placeholder_is_no_reason(self):
        for keep, verdict in (("<why>", "Rewritten"), (" <why it needs the device it asks for> ", "Rewritten"), ("profiling", "Allowed"),
                              ("fits < 1 s and > 0 s", "Allowed")):
            text = cli_test.SMALL.replace("gpu-memory: 6Gi}", f'gpu-memory: 6Gi, tollgate.dev/keep: "{keep}"}}')
            self.assertEqual(self.check("-", stdin=text)[1]["results"][0]["verdict"], verdict, keep)


class Linting(cli_test.CliTest):
    def test_strict_fails_for_warnings(self):
        self.write("odd/p.yaml", cli_test.POLICIES.split("---")[0].replace("[Job]", "[Jobb]"))
        code, out, _ = self.run_it("lint", "odd")
        self.assertEqual(code, 0)
        self.assertIn("warning[TG0603]", out)
        self.assertEqual(self.run_it("lint", "--strict", "odd")[:2], (2, out))
        self.assertEqual(self.run_it("lint", "--strict", "docs")[0], 0)

    def test_fields_that_are_refused_are_not_proposed(self):
        policy = cli_test.POLICIES.split("---")[0]
        self.write("bad/p.yaml", policy.replace("match: {kinds", "match: {condition: x, kinds"))
        self.assertIn("did you mean 'conditions'?", self.run_it("lint", "bad")[1])
        for mistake, code in (("whenFul", "TG0202"), ("whenFull", "TG0501")):
            rule = "{name: r, rightSize: {pools: ['*'], " + mistake + ": Skip}}"
            self.write("bad/p.yaml", policy.split("  rules:")[0] + "  rules: [" + rule + "]\n")
            out = self.run_it("lint", "bad")[1]
            self.assertIn(f"error[{code}]", out)
            self.assertNotIn("did you mean 'whenFull'", out)
            self.assertIn("1 error,", out)


@unittest.skipUnless(yaml, "needs python3-yaml")
class Installing(cli_test.CliTest):
    def test_what_is_taken_for_granted_is_told(self):
        sample = "the sample fleet 'aws' is embedded; pods may be sent to nodes you lack"
        code, out, err = self.run_it("install", "-p", "docs/policies.yaml")
        self.assertEqual(code, 0, err)
        self.assertIn("warning: no Fleet among the documents: " + sample, err)
        self.assertRegex(err, r"the Deployment runs the image tollgate:\d+\.\d+\.\d+, which the nodes must have")
        self.assertIn("tollgate-fleet", [d["metadata"]["name"] for d in yaml.safe_load_all(out)])
        self.assertIn("warning: no -p given: " + sample, self.run_it("install")[2])
        err = self.run_it("install", "-p", "docs", "--image", "registry.example/gate:7")[2]
        self.assertNotIn("sample fleet", err)
        self.assertIn("the Deployment runs the image registry.example/gate:7,", err)
        self.assertNotIn("image", self.run_it("install", "--part", "webhooks", "-p", "docs")[2])


@unittest.skipUnless(yaml, "needs python3-yaml")
class Demo(cli_test.CliTest):
    """scripts/demo_reviews.py, as far as it needs no server."""

    def demo(self, *words):
        done = subprocess.run([sys.executable, SCRIPT, "--url", "https://127.0.0.1:1", "--ca", "ca.crt", "--decisions", "none", *words],
                              capture_output=True, text=True, timeout=60, check=False, cwd=self.folder)
        return done.returncode, done.stderr

    def test_a_template_without_metadata_makes_a_pod(self):
        spec = importlib.util.spec_from_file_location("demo_reviews", SCRIPT)
        demo = importlib.util.module_from_spec(spec)
        sys.modules["demo_reviews"] = demo  # dataclasses look there
        spec.loader.exec_module(demo)
        for metadata in ({}, {"metadata": None}, {"metadata": {"labels": {"a": "b"}}}):
            job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train", "namespace": "research"},
                   "spec": {"template": {**metadata, "spec": {"containers": []}}}}
            pod, _ = demo.pod_of(job)
            self.assertEqual((pod["metadata"]["generateName"], pod["metadata"]["namespace"]), ("train-", "research"))
            self.assertEqual(pod["metadata"].get("labels"), (metadata.get("metadata") or {}).get("labels"))

    def test_errors_name_the_file(self):
        for text in ("kind: Pod\n", "- a\n- b\n", "a: [1\n", "just text\n", cli_test.JOB, cli_test.JOB.replace("template:", "templates:")):
            code, err = self.demo(self.write("mine.yaml", text))
            self.assertEqual(code, 3, err)
            self.assertRegex(err, r"\Ademo: \S*mine\.yaml: ", text)
            self.assertNotIn("Traceback", err)
        self.assertIn("absent.yaml", self.demo("absent.yaml")[1])


if __name__ == "__main__":
    cli_test.BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
