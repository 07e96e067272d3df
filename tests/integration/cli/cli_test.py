#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of `tollgate` as a person or a pipeline uses them.

  cli_test.py TOLLGATE [unittest arguments]"""

import base64
import datetime
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

try:
    import yaml
except ImportError:
    yaml = None

BINARY = ""

FLEET = """\
apiVersion: tollgate.dev/v1alpha1
kind: Fleet
metadata: {name: lab}
spec:
  pools:
  - name: h100
    gpu: NVIDIA-H100-80GB-HBM3
    gpusPerNode: 8
    allocatable: {cpu: 188, memory: 1900Gi}
    nodes: {min: 0, max: 4}
    price: 6.88
  - name: a100-mig
    gpu: NVIDIA-A100-SXM4-80GB
    gpusPerNode: 8
    allocatable: {cpu: 96, memory: 1100Gi}
    nodes: {min: 0, max: 4}
    price: 3.50
    sharing: {mig: {strategy: Mixed, profiles: {1g.10gb: 7}}}
"""
POLICIES = """\
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: bounded}
spec:
  mode: Enforce
  match: {kinds: [Job]}
  rules:
  - {name: lifetime, lifetime: {max: 24h}}
---
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: small}
spec:
  mode: Enforce
  match: {kinds: [Pod, Deployment]}
  rules:
  - {name: fits, rightSize: {pools: ["*"]}}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: train-llama, namespace: research}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: trainer, image: "registry.example/train:1", resources: {limits: {nvidia.com/gpu: 8}}}
"""
SMALL = """\
# a comment
apiVersion: v1
kind: Pod
metadata:
  name: small
  namespace: serve
  annotations: {tollgate.dev/gpu-memory: 6Gi}
spec:
  containers:
  - name: main
    image: registry.example/serve:1
    resources: {limits: {nvidia.com/gpu: 1}}
  nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
"""
WEB = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n"
MXNET = """\
apiVersion: kubeflow.org/v1
kind: MXJob
metadata: {name: mxnet}
spec:
  mxReplicaSpecs:
    Worker:
      replicas: 2
      template: {spec: {containers: [{name: mxnet, image: x, resources: {limits: {nvidia.com/gpu: 4}}}]}}
"""


class CliTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.write("docs/fleet.yaml", FLEET)
        self.write("docs/policies.yaml", POLICIES)

    def tearDown(self):
        self._folder.cleanup()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run_it(self, *words, stdin="", env=None):
        done = subprocess.run([BINARY, *words], input=stdin, capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, **(env or {})}, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr

    def check(self, *words, stdin=""):
        code, out, err = self.run_it("check", "-p", "docs", "-o", "json", *words, stdin=stdin)
        return code, json.loads(out), err


class Export(CliTest):
    def export(self, text):
        return self.run_it("export", "vap", "-p", self.write("p.yaml", text))

    def test_what_needs_only_the_object_is_exported_and_the_rest_listed(self):
        code, out, err = self.run_it("export", "vap", "-p", "docs")
        self.assertEqual(code, 0)
        left_out = "not exported: small/fits rightSize: rewrites, and a ValidatingAdmissionPolicy changes nothing\n"
        self.assertEqual(err, left_out)
        self.assertIn("# " + left_out, out)
        # The second one refuses what is too large for the first.
        self.assertEqual(out.count("\nkind: ValidatingAdmissionPolicy\n"), 2)
        self.assertEqual(out.count("\nkind: ValidatingAdmissionPolicyBinding\n"), 2)
        for part in ("name: bounded.tollgate.dev", "policyName: bounded.tollgate.dev", "- Deny", "failurePolicy: Ignore",
                     "policyName: bounded.tollgate.dev.too-large", "failurePolicy: Fail",
                     "bounded/lifetime: must end within 24h"):
            self.assertIn(part, out)
        self.assertEqual(self.run_it("export", "vap", "-p", "docs")[1], out)

    def test_kinds_that_expressions_cannot_follow_are_listed(self):
        code, out, err = self.export(POLICIES.replace("kinds: [Job]", "kinds: [RayJob, Job.batch, MPIJob, TFJob, TaskRun]"))
        self.assertEqual(code, 0, err)
        left_out = "not exported: kinds RayJob.ray.io, TaskRun.tekton.dev: the number, the place or the end of their pods is"
        self.assertIn(left_out, err)
        self.assertIn("# " + left_out, out)
        for part, there in (("- tfjobs", True), ("- jobs", True), ("- mpijobs", True), ("- rayjobs", False),
                            ("- taskruns", False)):
            self.assertEqual(part in out, there, part)

    def test_reasons(self):
        head = "apiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n"
        for spec, why in (
            ("  rules: [{name: r, limits: {hourlyCost: 5}}]", "p/r hourlyCost: needs prices"),
            ("  rules: [{name: r, limits: {gpuShare: 5}}]", "p/r gpuShare: what part of a GPU a device is needs the fleet"),
            ("  rules: [{name: r, limits: {cpuPerGpu: NodeShare}}]", "p/r cpuPerGpu: NodeShare needs the fleet"),
            ("  rules: [{name: r, lifetime: {max: 24h, default: 1h}}]", "p/r lifetime.max and default: it is written"),
            ("  rules: [{name: r, lifetime: {sessions: {max: 1h}}}]", "p/r lifetime.sessions: "),
            ("  rules: [{name: r, require: {wholeGpuReason: true}}]", "p/r require.wholeGpuReason: "),
            ("  rules: [{name: r, check: {expression: 'workload.gpus < 3'}}]", "p/r check: `workload` exists only in Tollgate"),
            ("  match: {classes: [Serving]}\n  rules: [{name: r, limits: {gpusPerPod: 5}}]", "needs command lines"),
            ("  controlledPods: Deny\n  match: {kinds: [Job]}\n  rules: [{name: r, limits: {gpusPerPod: 5}}]",
             "p/r: controlledPods: Deny with kinds"),
        ):
            code, out, err = self.export(head + spec + "\n")
            self.assertEqual(code, 1, spec)
            self.assertIn(why, err, spec)
            self.assertIn("none of the rules can be exported", err)
            self.assertNotIn("kind:", out)

    def test_padding_does_not_get_an_object_past_what_was_exported(self):
        policies = "apiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n"
        _, out, _ = self.export(policies + "  rules: [{name: r, limits: {gpusPerPod: 2}}]\n")
        exported = self.write("vap.yaml", out)
        pod = ("apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  initContainers: [%s]\n"
               "  containers: [{name: c, resources: {limits: {nvidia.com/gpu: %d}}}]\n---\n")
        asking = ("{resources: {limits: {nvidia.com/gpu: 1}}}, "
                  "{restartPolicy: Always, resources: {limits: {nvidia.com/gpu: 1}}}, ")
        objects = self.write("pods.yaml", pod % ("small", "", 2) + pod % ("large", "{}, " * 900, 2) +
                             pod % ("many", "{}, " * 900, 8) + pod % ("in-turn", asking * 450, 8))
        code, out, err = self.run_it("check", "-p", exported, "--namespace-labels", "a=b", "-o", "json", objects)
        self.assertEqual(code, 1, err)
        verdicts = {each["object"]["name"]: each["verdict"] for each in json.loads(out)["results"]}
        self.assertEqual(verdicts, {"small": "Allowed", "large": "Allowed", "many": "Denied", "in-turn": "Denied"})

    def test_an_exception_keeps_its_rule_out(self):
        exception = """---
apiVersion: tollgate.dev/v1alpha1
kind: CostException
metadata: {name: once}
spec:
  rules: [bounded]
  match: {namespaces: [research]}
  reason: a long run
  approvedBy: finops
  expires: "%s"
  maxHourlyCost: 100
""" % (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
        code, _, err = self.export(POLICIES + exception)
        self.assertEqual(code, 1, err)
        self.assertIn("bounded/lifetime: CostException once", err)

    def test_bad_documents(self):
        code, out, err = self.export("kind: CostPolicy\n")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("error[", err)


class CommandLine(CliTest):
    def test_help_has_an_example_for_each_command(self):
        code, out, _ = self.run_it("--help")
        self.assertEqual(code, 0)
        for name in ("serve", "check", "explain", "lint", "test", "catalog", "certs", "install", "export", "fleet", "version", "completion"):
            self.assertIn(name, out)
            code, text, err = self.run_it(name, "--help")
            self.assertEqual((code, err), (0, ""), name)
            self.assertIn("Example:\n  ", text, name)

    def test_unknown_commands_suggest_the_nearest(self):
        code, out, err = self.run_it("chekc", "x.yaml")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("did you mean 'check'?", err)
        for later in ("simulate",):
            code, _, err = self.run_it(later)
            self.assertEqual(code, 2)
            self.assertIn(f"'{later}' is not supported in this version", err)
        code, out, err = self.run_it("certs", "renew")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("'certs renew' is not supported in this version", err)
        err = self.run_it("nonsense")[2]
        for name in ("serve", "check", "explain", "lint", "test", "catalog", "fleet", "certs", "install", "version", "completion"):
            self.assertIn(name, err)

    def test_bad_flags_go_to_stderr_with_2(self):
        for words in (["check"], ["check", "x", "-o", "pdf"], ["check", "x", "--nonsense"], ["certs"], [], ["lint"]):
            code, out, err = self.run_it(*words)
            self.assertEqual((code, out), (2, ""), words)
            self.assertTrue(err, words)

    def test_completion_is_shell(self):
        code, out, _ = self.run_it("completion", "bash")
        self.assertEqual(code, 0)
        typed = 'COMP_WORDS=(tollgate che); COMP_CWORD=1; _tollgate; echo "${COMPREPLY[@]}"; ' \
                'COMP_WORDS=(tollgate check --out); COMP_CWORD=2; _tollgate; echo "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", out + typed], capture_output=True, text=True, timeout=10, check=True)
        self.assertEqual(done.stdout.split(), ["check", "--output"])
        for shell in ("zsh", "fish"):
            self.assertIn("check", self.run_it("completion", shell)[1])

    def test_version(self):
        code, out, _ = self.run_it("version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^tollgate \d+\.\d+\.\d+ \(.+\)\ncatalog of \d{4}-\d{2}-\d{2}\n$")
        self.assertEqual(self.run_it("--version"), (0, out, ""))


class Check(CliTest):
    def test_the_shape_of_json_is_the_contract(self):
        code, out, err = self.check(self.write("job.yaml", JOB))
        self.assertEqual((code, err), (1, ""))
        self.assertEqual(set(out), {"results", "summary"})
        result = out["results"][0]
        self.assertEqual(set(result), {"file", "document", "object", "verdict", "demand", "cost", "findings", "patch",
                                       "warnings", "error"})
        self.assertEqual(result["object"], {"apiVersion": "batch/v1", "kind": "Job", "namespace": "research", "name": "train-llama"})
        self.assertEqual((result["document"], result["verdict"], result["error"], result["patch"]), (0, "Denied", None, []))
        self.assertEqual(result["demand"], [{"path": "spec.template", "replicas": 1, "resource": "nvidia.com/gpu", "count": "8"}])
        self.assertEqual(result["cost"]["before"], {"hourly": "55.04", "total": None})
        finding = result["findings"][0]
        self.assertEqual(set(finding), {"policy", "rule", "action", "field", "message", "fix", "hourly"})
        self.assertEqual((finding["policy"], finding["rule"], finding["action"], finding["hourly"]),
                         ("bounded", "lifetime", "Deny", "55.04"))
        self.assertEqual(finding["field"], "spec.activeDeadlineSeconds")
        self.assertEqual(finding["fix"], "spec.activeDeadlineSeconds: 86400")
        self.assertEqual(out["summary"], {"documents": 1, "allowed": 0, "rewritten": 0, "denied": 1, "skipped": 0, "errors": 0})

    def test_verdicts_and_exit_codes(self):
        code, out, _ = self.check(self.write("web.yaml", WEB), self.write("small.yaml", SMALL), self.write("config.yaml", CONFIG))
        self.assertEqual(code, 0)
        self.assertEqual([r["verdict"] for r in out["results"]], ["Allowed", "Rewritten", "Skipped"])
        self.assertTrue(out["results"][1]["patch"])
        before, after = (float(out["results"][1]["cost"][when]["hourly"]) for when in ("before", "after"))
        self.assertLess(after, before)
        self.write("job.yaml", JOB)
        self.assertEqual(self.check("job.yaml")[0], 1)

    def test_the_fix_in_the_message_is_the_fix(self):
        self.assertEqual(self.check(self.write("job.yaml", JOB.replace("spec:\n  template", "spec:\n  activeDeadlineSeconds: 86400\n  template")))[0], 0)

    def test_unreadable_documents_are_errors_with_their_place_and_stop_nothing(self):
        path = self.write("mixed.yaml", WEB + "---\na: [1\n---\n" + CONFIG)
        code, out, _ = self.check(path)
        self.assertEqual(code, 2)
        self.assertEqual([r["verdict"] for r in out["results"]], ["Allowed", "Error", "Skipped"])
        self.assertRegex(out["results"][1]["error"], r"mixed\.yaml:\d+:\d+: ")
        self.assertEqual(self.run_it("check", "-p", "docs", "absent.yaml")[0], 2)

    def test_lists_and_standard_input(self):
        items = [yaml.safe_load(text) for text in (WEB, JOB)] if yaml else [json.loads('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[]}}')] * 2
        code, out, _ = self.check("-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        self.assertEqual(len(out["results"]), 2)
        self.assertEqual(out["results"][0]["file"], "<stdin>")
        self.assertEqual(code, 1 if yaml else 0)

    def test_reviews_are_unwrapped(self):
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "1", "operation": "CREATE", "namespace": "research", "kind": {"group": "batch", "version": "v1", "kind": "Job"},
            "userInfo": {"username": "ada"},
            "object": {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train"},
                       "spec": {"template": {"spec": {"containers": [{"name": "a", "resources": {"limits": {"nvidia.com/gpu": "8"}}}]}}}}}}
        code, out, _ = self.check("-", stdin=json.dumps(review))
        self.assertEqual((code, out["results"][0]["object"]["kind"], out["results"][0]["verdict"]), (1, "Job", "Denied"))

    def test_pod_specs_of_unknown_kinds_are_found(self):
        code, out, _ = self.check(self.write("mxnet.yaml", MXNET))
        result = out["results"][0]
        self.assertEqual((code, result["verdict"]), (0, "Skipped"))
        self.assertEqual([line["count"] for line in result["demand"]], ["4"])
        self.assertEqual(["judged when they come" in line for line in result["warnings"]], [True], "said once")
        self.assertEqual(self.run_it("check", "-p", "docs", "mxnet.yaml")[1].count("judged when they come"), 1)

    def test_what_only_pods_will_show_is_said_once(self):
        runtime = self.write("runtime.yaml", "apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\nmetadata: {name: r}\n"
                             "spec: {containers: [{name: c, image: x, resources: {limits: {nvidia.com/gpu: 8}}}]}\n")
        said = "kind ServingRuntime runs nothing itself: its pods are judged when something makes them"
        self.assertEqual(self.check(runtime)[1]["results"][0]["warnings"], [said])
        text = self.run_it("check", "-p", "docs", runtime)[1]
        self.assertEqual(text.count(said), 1)
        self.assertNotIn("unknown", text, "it burns nothing")
        patched = self.write("workflow.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\n"
                             "spec: {podSpecPatch: '{}', templates: [{name: a, container: {image: x}}]}\n")
        said = "spec.podSpecPatch can ask for accelerators too: that is seen only at the Pod"
        self.assertEqual(self.check(patched)[1]["results"][0]["warnings"], [said])
        for command in "check", "explain":
            self.assertEqual(self.run_it(command, "-p", "docs", patched)[1].count(said), 1, command)

    def test_an_exempt_object_says_why(self):
        away = self.write("away.yaml", SMALL.replace("namespace: serve", "namespace: kube-system"))
        result = self.check(away)[1]["results"][0]
        self.assertEqual((result["verdict"], result["exempt"]), ("Allowed", "namespace kube-system is excluded by the installed webhooks"))
        self.assertIn(f"not judged: {result['exempt']}", self.run_it("check", "-p", "docs", away)[1])
        # What was not judged was not priced: it is not so that its cost is unknown.
        for command in "check", "explain":
            self.assertNotIn("unknown", self.run_it(command, "-p", "docs", away)[1])

    def test_an_update_is_judged_by_what_got_worse(self):
        self.write("old.yaml", JOB)
        new = self.write("new.yaml", JOB.replace("train-llama, n", "train-llama, labels: {a: b}, n"))
        self.assertEqual(self.check(new)[0], 1)
        code, out, _ = self.check(new, "--operation", "UPDATE", "--old", "old.yaml")
        self.assertEqual((code, out["results"][0]["verdict"]), (0, "Allowed"))

    def test_namespace_labels_now_and_user(self):
        self.write("docs/research.yaml", POLICIES.split("---")[0].replace("name: bounded", "name: tier").replace(
            "{kinds: [Job]}", "{kinds: [Pod], namespaceSelector: {matchLabels: {tier: research}}}").replace(
                "lifetime: {max: 24h}", "limits: {gpusPerPod: 1}"))
        two = self.write("two.yaml", SMALL.replace("gpu: 1", "gpu: 2"))
        self.assertEqual(self.check(two, "--namespace-labels", "tier=research")[0], 1)
        self.assertEqual(self.check(two, "--namespace-labels", "tier=serving")[0], 0)
        self.assertEqual(self.run_it("check", two, "--namespace-labels", "nonsense")[0], 2)
        self.assertEqual(self.run_it("check", two, "--now", "yesterday")[0], 2)
        self.assertEqual(self.run_it("check", two, "--old", two)[0], 2)

    def test_the_other_forms_are_what_they_say(self):
        for name, text in (("job.yaml", JOB), ("small.yaml", SMALL), ("bad.yaml", "a: [1\n")):
            self.write(f"all/{name}", text)
        run = lambda form: self.run_it("check", "-p", "docs", "-o", form, "all")
        code, out, err = run("text")
        self.assertEqual((code, err), (2, ""))
        for part in ("Denied", "Rewritten", "Error", "1. bounded/lifetime", "fix: spec.activeDeadlineSeconds: 86400",
                     "- spec.containers[0].resources", "+ spec.containers[0].resources", "3 objects: 0 allowed, 1 rewritten, 1 denied"):
            self.assertIn(part, out)
        self.assertNotIn("\033", out)
        sarif = json.loads(run("sarif")[1])
        self.assertEqual(sarif["version"], "2.1.0")
        self.assertEqual({r["ruleId"] for r in sarif["runs"][0]["results"]} & {"bounded/lifetime", "unreadable"},
                         {"bounded/lifetime", "unreadable"})
        suite = xml.dom.minidom.parseString(run("junit")[1]).getElementsByTagName("testsuite")[0]
        self.assertEqual([suite.getAttribute(a) for a in ("tests", "failures", "errors")], ["3", "1", "1"])
        self.assertRegex(run("github")[1], r"(?m)^::error file=all/job\.yaml,line=1,title=bounded/lifetime::.*%0Afix: ")
        if yaml:
            self.assertEqual(yaml.safe_load(run("yaml")[1]), json.loads(run("json")[1]))

    @unittest.skipUnless(yaml, "needs python3-yaml")
    def test_patched_is_the_object_with_the_patch(self):
        code, out, _ = self.run_it("check", "-p", "docs", "-o", "patched", self.write("small.yaml", SMALL))
        self.assertEqual(code, 0)
        patched = yaml.safe_load(out)
        limits = patched["spec"]["containers"][0]["resources"]["limits"]
        self.assertNotIn("nvidia.com/gpu", limits)
        self.assertEqual(str(limits["nvidia.com/mig-1g.10gb"]), "1")
        again = self.check("-", stdin=out)[1]["results"][0]
        self.assertEqual((again["verdict"], again["patch"]), ("Allowed", []), "its own output gives the empty patch")

    def test_without_policies_the_library_is_used_and_it_says_so(self):
        code, out, err = self.run_it("check", "-o", "json", self.write("job.yaml", JOB))
        self.assertEqual(code, 1)
        self.assertIn("embedded library", err)
        json.loads(out)


class Explain(CliTest):
    def test_every_offer_has_a_price_and_a_reason(self):
        code, out, err = self.run_it("explain", "-p", "docs", self.write("small.yaml", SMALL))
        self.assertEqual((code, err), (0, ""))
        for part in ("1 nvidia.com/gpu", "6Gi", "tollgate.dev/gpu-memory", "a100-mig", "h100", "nvidia.com/mig-1g.10gb", "chosen:"):
            self.assertIn(part, out)
        self.assertEqual(self.run_it("explain", "-p", "docs", "-f", "small.yaml")[1], out, "as messages spell it")

    def test_the_sum_of_a_model_and_the_reason_of_a_class(self):
        serves = SMALL.replace("annotations: {tollgate.dev/gpu-memory: 6Gi}", "labels: {a: b}").replace(
            "image: registry.example/serve:1",
            "image: vllm/vllm-openai:v0.9.2\n    args: [--model, meta-llama/Llama-3.1-8B-Instruct, --max-model-len=8192]")
        code, out, err = self.run_it("explain", "-p", "docs", self.write("serves.yaml", serves))
        self.assertEqual((code, err), (0, ""))
        for part in (
            "class Serving by container main has the image of vLLM",
            "21560Mi per GPU, Computed by its model",
            "15.0 GiB of weights + 1.0 GiB of KV cache for 8,192 tokens + 3.0 GiB of overhead, in 90% of the device",
        ):
            self.assertIn(part, out)


class Lint(CliTest):
    def test_good_bad_and_doubtful(self):
        code, out, _ = self.run_it("lint", "docs")
        self.assertEqual((code, out), (0, "2 files: 2 policies, 0 exceptions, 2 pools: no problems\n"))
        self.write("one/p.yaml", POLICIES.split("---")[0])
        self.assertEqual(self.run_it("lint", "one")[1], "1 file: 1 policy, 0 exceptions, 0 pools: no problems\n")
        self.write("bad/p.yaml", POLICIES.replace("lifetime: {max: 24h}", "lifetime: {maxx: 24h}"))
        code, out, _ = self.run_it("lint", "bad")
        self.assertEqual(code, 2)
        self.assertRegex(out, r"bad/p\.yaml:8:\d+: error\[TG\d+\]")
        self.assertIn("^", out)
        self.assertIn("1 error", out)
        found = json.loads(self.run_it("lint", "bad", "-o", "json")[1])["diagnostics"]
        self.assertEqual((found[0]["line"], found[0]["severity"]), (8, "error"))
        self.assertRegex(self.run_it("lint", "bad", "-o", "github")[1], r"^::error file=bad/p\.yaml,line=8,col=\d+,title=TG")


CASES = """\
# The whole truth.
policies: [docs/policies.yaml]
fleet: docs/fleet.yaml
cases:
- name: endless
  manifest: job.yaml
  expect: {verdict: Denied, mode: Enforce, findings: [{rule: bounded/lifetime, message: "for ever"}], hourlyBefore: 55.04}
# between the cases
- name: small
  manifest: small.yaml
  expect:
    verdict: Rewritten
    patched: {spec: {containers: [{resources: {limits: {nvidia.com/mig-1g.10gb: 1}}}]}}
"""


class Cases(CliTest):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", JOB)
        self.write("small.yaml", SMALL)

    def test_passes_and_fails(self):
        self.write("all.case.yaml", CASES)
        code, out, _ = self.run_it("test", ".")
        self.assertEqual((code, out), (0, "2 passed, 0 failed in 1 file\n"))
        for wrong, told in (("Denied", "verdict"), ("Enforce", "mode"), ("for ever", "findings"), ("55.04", "hourlyBefore"),
                            ("mig-1g.10gb: 1", "patched"), ("bounded/lifetime", "not expected")):
            text = CASES.replace(wrong, {"Denied": "Allowed", "Enforce": "Warn", "55.04": "1.00", "mig-1g.10gb: 1": "mig-1g.10gb: 2",
                                         "bounded/lifetime": "bounded/other"}.get(wrong, "nonsense"))
            self.write("all.case.yaml", text)
            code, out, _ = self.run_it("test", ".")
            self.assertEqual(code, 1, wrong)
            self.assertIn(told, out)
            self.assertIn("1 passed, 1 failed", out)
        suite = xml.dom.minidom.parseString(self.run_it("test", ".", "-o", "junit")[1]).getElementsByTagName("testsuite")[0]
        self.assertEqual(suite.getAttribute("failures"), "1")

    def test_update_rewrites_the_expectations_and_nothing_else(self):
        wrong = CASES.replace("verdict: Denied", "verdict: Allowed").replace("verdict: Rewritten", "verdict: Allowed").replace("10gb: 1", "10gb: 3")
        path = self.write("all.case.yaml", wrong)
        self.assertEqual(self.run_it("test", ".")[0], 1)
        self.assertEqual(self.run_it("test", "--update", ".")[0], 0)
        self.assertEqual(self.run_it("test", ".")[0], 0)
        text = pathlib.Path(path).read_text(encoding="utf-8")
        for kept in ("# The whole truth.", "# between the cases", "- name: endless\n  manifest: job.yaml\n  expect:"):
            self.assertIn(kept, text)
        self.assertIn("verdict: Denied", text)

    def test_a_file_that_cannot_be_run_is_2(self):
        self.write("all.case.yaml", CASES.replace("docs/policies.yaml", "docs/absent.yaml"))
        code, out, _ = self.run_it("test", ".")
        self.assertEqual(code, 2)
        self.assertIn(", 1 file could not be run\n", out)
        self.write("all.case.yaml", CASES.replace("cases:", "casez:"))
        self.assertEqual(self.run_it("test", ".")[0], 2)
        self.assertEqual(self.run_it("test", "docs")[0], 2, "no case file at all")


class Catalog(CliTest):
    def test_lists_and_filters(self):
        code, out, _ = self.run_it("catalog")
        self.assertEqual(code, 0)
        for part in ("h100-80-sxm", "1g.10gb", "9856 MiB", "unknown", "2026-"):
            self.assertIn(part, out)
        data = json.loads(self.run_it("catalog", "-o", "json", "--gpu", "NVIDIA-H100-80GB-HBM3", "--provider", "aws")[1])
        self.assertEqual([gpu["id"] for gpu in data["gpus"]], ["h100-80-sxm"])
        self.assertTrue(data["prices"])
        self.assertEqual({price["provider"] for price in data["prices"]}, {"aws"})
        self.assertEqual(json.loads(self.run_it("catalog", "-o", "json", "--gpu", "H100-80-SXM")[1])["gpus"], data["gpus"])
        self.assertEqual(json.loads(self.run_it("catalog", "-o", "json", "--gpu", "nvidia-h100-80gb-hbm3")[1])["gpus"], data["gpus"])
        self.assertIn("NVIDIA-L4", self.run_it("catalog", "--gpu", "L4")[1])
        code, _, err = self.run_it("catalog", "--gpu", "h100-80-sxn")
        self.assertEqual(code, 2)
        self.assertIn("h100-80-sxm", err)
        self.assertIn("a100-mig", self.run_it("catalog", "--check", "docs/fleet.yaml")[1])


class Certs(CliTest):
    def test_init_makes_what_openssl_accepts(self):
        code, out, err = self.run_it("certs", "init", "--dir", "certs", "--dns", "localhost", "--ip", "127.0.0.1", "--days", "30")
        self.assertEqual(code, 0, err)
        self.assertEqual(sorted(os.listdir(self.folder / "certs")), ["ca.crt", "ca.key", "tls.crt", "tls.key"])
        for name, mode in (("ca.key", 0o600), ("tls.key", 0o600), ("tls.crt", 0o644)):
            self.assertEqual(stat.S_IMODE(os.stat(self.folder / "certs" / name).st_mode), mode)
        for flags in (["-verify_hostname", "tollgate.tollgate-system.svc"], ["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"]):
            subprocess.run(["openssl", "verify", "-CAfile", "certs/ca.crt", *flags, "certs/tls.crt"], cwd=self.folder, check=True,
                           capture_output=True, timeout=30)
        code, out, _ = self.run_it("certs", "show", "certs/tls.crt")
        self.assertIn("tollgate.tollgate-system.svc", out)
        self.assertIn("127.0.0.1", out)
        before = (self.folder / "certs/tls.key").read_text()
        code, _, err = self.run_it("certs", "init", "--dir", "certs")
        self.assertEqual(code, 2)
        self.assertIn("--force", err)
        self.assertEqual((self.folder / "certs/tls.key").read_text(), before)
        self.assertEqual(self.run_it("certs", "init", "--dir", "certs", "--force")[0], 0)
        self.assertEqual(self.run_it("certs", "init", "--dir", "x", "--dns", "*.example")[0], 2, "no wildcards")
        self.assertEqual(self.run_it("certs", "show", "docs/fleet.yaml")[0], 2)


@unittest.skipUnless(yaml, "needs python3-yaml")
class Install(CliTest):
    def install(self, *words):
        code, out, err = self.run_it("install", *words)
        self.assertEqual(code, 0, err)
        return [document for document in yaml.safe_load_all(out) if document]

    def test_everything_in_an_order_that_works(self):
        documents = self.install()
        kinds = [document["kind"] for document in documents]
        self.assertEqual(kinds[0], "Namespace")
        self.assertEqual(kinds[-2:], ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
        self.assertTrue({"Deployment", "Service", "Secret", "ServiceAccount", "ConfigMap", "PodDisruptionBudget"} <= set(kinds))
        self.assertLess(kinds.index("ResourceQuota"), kinds.index("Deployment"), "pods of this priority may need it")
        secret = documents[kinds.index("Secret")]
        authority = base64.b64decode(secret["data"]["ca.crt"])
        for configuration in documents[-2:]:
            for webhook in configuration["webhooks"]:
                self.assertEqual(webhook["failurePolicy"], "Ignore")
                self.assertEqual(webhook["sideEffects"], "None")
                self.assertEqual(base64.b64decode(webhook["clientConfig"]["caBundle"]), authority)
                self.assertLessEqual(len(webhook["matchConditions"]), 64)
                self.assertLessEqual(webhook["timeoutSeconds"], 3)

    def test_kinds_of_the_policies_are_covered(self):
        self.write("docs/kind.yaml", """\
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: trainingrun}
spec:
  group: ml.example.com
  versions: [v1]
  kind: TrainingRun
  class: Training
  pods:
  - {path: spec.replicaSpecs.*.template, shape: PodTemplate, replicas: [spec.replicaSpecs.*.replicas]}
""")
        mutating, validating = self.install("-p", "docs", "--part", "webhooks")
        for configuration in (mutating, validating):
            rules = [rule for webhook in configuration["webhooks"] for rule in webhook["rules"]]
            self.assertIn((["ml.example.com"], ["trainingruns"]), [(rule["apiGroups"], rule["resources"]) for rule in rules])
            for webhook in configuration["webhooks"]:
                self.assertNotIn("caBundle", webhook["clientConfig"])
        subresources = [r for w in validating["webhooks"] for rule in w["rules"] for r in rule["resources"]]
        self.assertTrue({"pods/resize", "pods/ephemeralcontainers"} <= set(subresources))

    KIND = """\
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: array}
spec: {group: example.com, versions: [v1], kind: JobArray, pods: [{path: spec.template}]}
"""

    def test_resource_names_that_were_guessed_are_told(self):
        self.write("docs/kind.yaml", self.KIND)
        resources = lambda out: [r for d in yaml.safe_load_all(out) for w in d["webhooks"] for rule in w["rules"]
                                 if rule["apiGroups"] == ["example.com"] for r in rule["resources"]]
        code, out, err = self.run_it("install", "-p", "docs", "--part", "webhooks")
        self.assertEqual((code, set(resources(out))), (0, {"jobarrays"}))
        self.assertIn("JobArray.example.com: jobarrays", err)
        self.write("docs/kind.yaml", self.KIND.replace("kind: JobArray", "kind: JobArray, resource: arrays"))
        code, out, err = self.run_it("install", "-p", "docs", "--part", "webhooks")
        self.assertEqual((code, set(resources(out))), (0, {"arrays"}))
        self.assertNotIn("guessed", err)

    def config_maps(self, *words):
        return {d["metadata"]["name"]: d["data"] for d in self.install("--part", "policies", *words)}

    def test_the_fleet_is_known_by_what_it_says(self):
        fleet = yaml.safe_load(FLEET)
        for name, text in (("fleet.json", json.dumps(fleet)), ("quoted.yaml", FLEET.replace("kind: Fleet", 'kind: "Fleet"')),
                           ("all.yaml", POLICIES + "---\n" + FLEET), ("listed.yaml", json.dumps({"apiVersion": "v1", "kind": "List", "items": [fleet]}))):
            with self.subTest(name):
                path = self.write(f"own/{name}", text)
                policies = self.write("own.d/policies.yaml", POLICIES.replace("name: bounded", "name: other").replace("name: small", "name: smaller"))
                maps = self.config_maps("-p", path, "-p", policies)
                self.assertEqual(maps["tollgate-fleet"], {name: text})
                self.assertEqual(list(maps["tollgate-policies"]), ["policies.yaml"])

    def test_what_is_printed_can_be_served(self):
        """Neither ConfigMap is empty, and its names are read: `serve` takes no directory without documents."""
        for words in (("-p", "docs/fleet.yaml"), ("-p", self.write("everything", POLICIES + "---\n" + FLEET)), ()):
            with self.subTest(words):
                code, out, err = self.run_it("install", "--part", "policies", *words)
                self.assertEqual(code, 0, err)
                self.assertEqual("nothing will be judged" in err, words == ("-p", "docs/fleet.yaml"))
                folder = f"mounted-{pathlib.Path(words[-1]).name if words else 'library'}"
                for document in yaml.safe_load_all(out):
                    for name, text in document["data"].items():
                        self.write(f"{folder}/{document['metadata']['name']}/{name}", text)
                code, out, err = self.run_it("check", "-p", f"{folder}/tollgate-policies", "-p", f"{folder}/tollgate-fleet", self.write("web.yaml", WEB))
                self.assertEqual(code, 0, err)

    def test_documents_that_serve_would_refuse_are_not_installed(self):
        self.write("docs/tier.yaml", POLICIES.split("---")[0].replace("name: bounded", "name: tier").replace(
            "{kinds: [Job]}", "{namespaceSelector: {matchLabels: {tier: research}}}"))
        self.assertEqual(self.run_it("check", "-p", "docs", self.write("web.yaml", WEB))[0], 0)
        code, out, err = self.run_it("install", "-p", "docs")
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"tier\.yaml:6:11: error\[TG0407\]")
        self.write("empty/README.md", "nothing")
        for command in (("install",), ("check", "web.yaml"), ("test", "docs")):
            code, out, err = self.run_it(*command, "-p", "empty")
            self.assertEqual(code, 2, command)
        self.assertIn("TG0101", self.run_it("install", "-p", "empty")[2])
        self.assertIn("TG0101", self.run_it("lint", "empty")[1])

    def test_the_certificate_part_belongs_together(self):
        self.run_it("certs", "init", "--dir", "certs")
        secret, mutating, validating = self.install("--certs", "certs", "--part", "certificate")
        authority = (self.folder / "certs/ca.crt").read_bytes()
        self.assertEqual(base64.b64decode(secret["data"]["ca.crt"]), authority)
        for patch in (mutating, validating):
            self.assertEqual({base64.b64decode(w["clientConfig"]["caBundle"]) for w in patch["webhooks"]}, {authority})
            self.assertEqual(set(patch["webhooks"][0]), {"name", "clientConfig"})

    def test_enforcing_needs_a_probe_and_its_keys(self):
        code, out, _ = self.run_it("install", "--enforce")
        self.assertEqual((code, out), (2, ""))
        code, out, err = self.run_it("install", "--enforce", "--probe", "127.0.0.1:1")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("--certs", err)

    def test_uninstall_removes_webhooks_first(self):
        lines = [line for line in self.run_it("install", "--uninstall")[1].splitlines() if not line.startswith("#")]
        self.assertIn("validatingwebhookconfiguration", lines[0])
        self.assertIn("mutatingwebhookconfiguration", lines[1])
        self.assertIn("namespace", lines[-1])


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
