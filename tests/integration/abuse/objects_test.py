#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile objects. As large as the API server lets through (3 MB), misshapen, misspelt: each gets an answer for little
CPU, a pod with too many GPUs is refused whatever surrounds it, and what is no pod's business is allowed.

  objects_test.py TOLLGATE [unittest arguments]"""

import json
import unittest

from gate import GateTest, run
from server import gpu_pod, review_of

H100 = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}


def containers(count, limits=None, **more):
    return [{"name": f"c{i}", "image": "registry.example/x:1", "resources": {"limits": limits or {}}, **more}
            for i in range(count)]


def too_many(**spec):
    """A pod with 16 GPUs, which the library's ceiling refuses."""
    return gpu_pod(16, nodeSelector=dict(H100), **spec)


def with_metadata(pod, **metadata):
    pod["metadata"].update(metadata)
    return pod


class Large(GateTest):
    """No padding is a way around, and none costs more than its size."""

    def refused(self, pod):
        self.assertGreater(len(json.dumps(pod)), 300_000, "large enough to mean something")
        for phase in ("mutate", "validate"):
            self.judged(review_of(pod), phase, allowed=phase == "mutate")

    def test_containers(self):
        self.refused(too_many(initContainers=containers(10_000)))
        self.refused(too_many(initContainers=containers(999, {f"example.com/{i}": "1" for i in range(30)})))

    def test_volumes_beside_containers(self):
        volumes = [{"name": f"v{i}", "hostPath": {"path": "/dev/x"}} for i in range(50_000)]
        self.refused(too_many(initContainers=containers(980), volumes=volumes))

    def test_environment_and_arguments(self):
        pod = too_many()
        pod["spec"]["containers"][0]["env"] += [{"name": f"E{i}", "value": "v" * 40} for i in range(40_000)]
        self.refused(pod)
        pod = too_many()
        pod["spec"]["containers"][0]["args"] = ["sleep infinity; "] * 150_000
        self.refused(pod)
        pod["spec"]["containers"][0]["args"] = ["sh -c 'while true; do " * 100_000]
        self.refused(pod)

    def test_annotations_and_labels(self):
        self.refused(with_metadata(too_many(), annotations={
            "tollgate.dev/keep": "k" * 1_000_000, "tollgate.dev/gpu-memory": "1" * 300_000,
            "tollgate.dev/lifetime": "1h" * 100_000, "tollgate.dev/rewritten": "from " * 100_000}))
        self.refused(with_metadata(too_many(), labels={f"l{i}": "v" for i in range(100_000)}))

    def test_placement(self):
        pod = too_many()
        pod["spec"]["nodeSelector"].update({f"k{i}": "v" for i in range(100_000)})
        self.refused(pod)
        self.refused(too_many(tolerations=[{"key": f"k{i}", "operator": "Exists"} for i in range(50_000)]))
        terms = [{"matchExpressions": [{"key": "nvidia.com/gpu.product", "operator": "In",
                                        "values": [f"x{j}" for j in range(200)]}]} for _ in range(1_000)]
        self.refused(too_many(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": terms}}}))

    def test_owners_and_claims(self):
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "u", "controller": True}
        self.refused(with_metadata(too_many(), ownerReferences=[dict(owner, controller=False)] * 20_000 + [owner]))
        self.refused(too_many(resourceClaims=[{"name": f"n{i}", "resourceClaimName": "net"} for i in range(20_000)]))

    def test_many_resources(self):
        pod = too_many()
        pod["spec"]["containers"][0]["resources"]["limits"].update({f"example.com/n{i}": "0" for i in range(50_000)})
        self.refused(pod)

    def test_both_objects_of_an_update(self):
        old = gpu_pod(1, initContainers=containers(900))
        for pod in (old, new := too_many(initContainers=containers(900))):
            pod["metadata"]["annotations"] = {"a": "v" * 2_500_000}
        self.judged(review_of(new, operation="UPDATE", oldObject=old), allowed=False)

    def test_it_gives_the_memory_back(self):
        self.judged(review_of(too_many()), allowed=False)
        if self.gate.sanitized():
            self.skipTest("a sanitizer keeps what is freed")
        for _ in range(30):
            self.judged(review_of(with_metadata(gpu_pod(1), annotations={"a": "v" * 6_000_000})))
        self.assertLess(self.gate.rss_mib(), 200)


class Misshapen(GateTest):
    def test_every_field_of_a_pod_as_everything_else(self):
        full = with_metadata(too_many(
            initContainers=containers(1), ephemeralContainers=containers(1), tolerations=[{"key": "a"}],
            volumes=[{"name": "v", "hostPath": {"path": "/dev/nvidia0"}}], resourceClaims=[{"name": "n"}],
            resources={"limits": {"cpu": "1"}}, runtimeClassName="nvidia", overhead={"cpu": "1"}, nodeName="n",
            affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}]}}}),
            annotations={"gpu-fraction": "0.5", "tollgate.dev/gpu-memory": "1Gi", "tollgate.dev/lifetime": "1h"},
            labels={"a": "b"}, ownerReferences=[{"apiVersion": "v1", "kind": "Node", "controller": True}])
        for place in places(full):
            for wrong in (None, 0, -1, 1e300, "", "\u0000", "\ud800", True, [], {}, [[]], {"": {}}, [None]):
                broken = replaced(full, place, wrong)
                if isinstance(broken.get("metadata"), dict) and broken["apiVersion"] == "v1" and broken["kind"] == "Pod":
                    review = review_of(broken)
                    for phase in ("mutate", "validate"):
                        self.judged(review, phase)

    def test_numbers_and_text(self):
        for amount in ("9" * 5000, "1e99999999", "-0", "1e-400", "0x10", "١٦", "16 ", "\u001f16", "NaN", "Inf", "1" * 20 + "E"):
            self.judged(review_of(gpu_pod(amount)), "validate")
        body = json.dumps(review_of(gpu_pod(1))).replace('"1"', "1" + "0" * 4000)
        self.assertEqual(self.gate.post("validate", body)[0], 200)
        body = json.dumps(review_of(gpu_pod(1))).replace('"1"', "1e1000000000")
        self.assertEqual(self.gate.post("validate", body)[0], 200)
        nasty = "\u202e\u0000\n\r\x1b[31m<script>\ud83d\ude00" * 50
        response = self.judged(review_of(with_metadata(
            too_many(), name=nasty, namespace=nasty, labels={nasty: nasty}, annotations={nasty: nasty})), allowed=False)
        self.assertNotIn("\x1b", response["status"]["message"])

    def test_names_that_are_not_unicode(self):
        for raw in (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\\ud800"):
            body = json.dumps(review_of(too_many(), uid="u-9")).encode().replace(b"trainer", raw)
            status, reply, _ = self.gate.post("validate", body)
            self.assertIn(status, (200, 400), reply)
            if status == 200:
                self.assertFalse(json.loads(reply)["response"]["allowed"])

    def test_duplicate_keys_at_every_level(self):
        text = json.dumps(review_of(too_many()))
        for key in ("request", "object", "metadata", "spec", "containers", "resources", "limits", "nvidia.com/gpu"):
            first = text.index(f'"{key}":')
            for harmless in ("0", "null", "{}", "[]"):
                body = f'{text[:first]}"{key}": {harmless}, {text[first:]}'
                status, reply, _ = self.gate.post("validate", body)
                self.assertEqual(status, 200, reply)
                self.assertFalse(json.loads(reply)["response"]["allowed"], f"{key}: the last counts")

    def test_depth(self):
        def nested(depth):
            return json.dumps(review_of(gpu_pod(1))).replace('"hunter2"', "[" * depth + "]" * depth)
        self.assertEqual(self.gate.post("validate", nested(100))[0], 200)
        for depth in (129, 10_000, 1_000_000):
            status, reply, spent = self.gate.post("validate", nested(depth))
            self.assertEqual(status, 400, reply)
            self.assertIn("nested too deeply", reply)
            self.assertLess(spent, 0.5)


class Envelope(GateTest):
    def refused(self, review, *words):
        for phase in ("mutate", "validate"):
            status, reply, _ = self.gate.post(phase, review)
            self.assertEqual(status, 400, reply)
            self.assertEqual(len(reply.strip().splitlines()), 1, reply)
            for word in words:
                self.assertIn(word, reply)

    def test_what_is_no_review(self):
        review = review_of(gpu_pod(1))
        self.refused(dict(review, apiVersion="admission.k8s.io/v1beta1"), "v1beta1", "v1")
        self.refused(dict(review, kind="ConversionReview"), "AdmissionReview")
        self.refused(dict(review, request=None), "request")
        for missing in ("uid", "kind", "operation", "object"):
            self.refused({**review, "request": {k: v for k, v in review["request"].items() if k != missing}}, missing)
        for wrong in ("PATCH", "create", "", None, 3, {}):
            self.refused({**review, "request": {**review["request"], "operation": wrong}}, "operation")
        self.refused({**review, "request": {**review["request"], "object": None}}, "object")
        for text in (b"", b"null", b"[]", b"{", b"\xff", b"{}" * 2, b'"' + b"a" * 100_000):
            self.refused(text)

    def test_operations_without_an_object_to_judge(self):
        pod = too_many()
        for operation in ("DELETE", "CONNECT"):
            for more in ({}, {"oldObject": pod}):
                review = review_of(pod, operation=operation, **more)
                self.judged(review, allowed=True)
                review["request"]["object"] = None
                self.judged(review, allowed=True)
        self.judged(review_of(pod, operation="UPDATE", oldObject=None), allowed=False)
        self.judged(review_of(pod, operation="UPDATE", oldObject={}), allowed=False)
        self.judged(review_of(pod, operation="UPDATE"), allowed=False)

    def test_subresources(self):
        pod, old = too_many(), gpu_pod(1)
        for subresource, allowed in (("resize", False), ("ephemeralcontainers", False), ("status", True), ("binding", True),
                                     ("eviction", True), ("\u0000", True)):
            self.judged(review_of(pod, operation="UPDATE", oldObject=old, subResource=subresource), allowed=allowed)

    def test_a_dry_run_is_judged(self):
        self.judged(review_of(too_many(), dryRun=True), allowed=False)

    def test_other_kinds(self):
        for api_version, kind in (("v1", "pod"), ("v1", "Pod "), ("apps/v1", "Pod"), ("x.example/v1", "Thing"), ("v1", "Namespace")):
            self.judged(review_of(dict(too_many(), apiVersion=api_version, kind=kind)), allowed=True)


class Globs(GateTest):
    """Patterns that make a backtracking matcher explode."""

    documents = {f"policy-{i}.yaml": f"""\
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {{name: glob-{i}}}
spec:
  mode: Enforce
  match: {{namespaces: ["*a*a*a*a*a*a*a*a*a*a*a*a*{i}b"], users: ["*a*a*a*a*a*a*a*a*a*b"], groups: ["*{'a*' * 200}b"]}}
  exclude: [{{namespaces: ["{'?*' * 100}{i}"]}}]
  rules:
  - {{name: gpus, limits: {{gpusPerPod: 1}}}}
""" for i in range(100)}

    def test_long_names(self):
        name = "a" * 20_000
        review = review_of(with_metadata(gpu_pod(8), namespace=name), user=name)
        review["request"]["userInfo"]["groups"] = [name] * 20
        self.judged(review, cpu=6.0)


def places(value, at=()):
    if at:
        yield at
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], at + (key,))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from places(element, at + (index,))


def replaced(value, place, new):
    copy = json.loads(json.dumps(value))
    node = copy
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = new
    return copy


if __name__ == "__main__":
    run()
