# SPDX-License-Identifier: Apache-2.0
"""manifests/overlays/enforce over base: what developers and controllers meet on CREATE.

From here on the policies are those of tests/e2e/policies, so that every number
in a message is known.
"""

import json
import os

from cases.looks import (GPU, REWRITTEN, SLICE, expect_allowed, expect_denied, expect_rewritten, limits, parsed,
                         pods_of, settle, warnings)
from harness.cases import Phase
from harness.lab import HERE
from harness.process import wait_until

phase = Phase("manifests/overlays/enforce: the gate is shut")


@phase.arranged_by
def arrange(lab):
    lab.installed = lab.install("manifests/overlays/enforce")
    lab.start_tollgate(os.path.join(HERE, "policies"))
    dry = lambda name, namespace: lab.apply(name, namespace, "--dry-run=server", "-o", "yaml")
    settle(lambda: "bounded-jobs" in dry("endless-job.yaml", "research").err)
    settle(lambda: SLICE in dry("small-inference.yaml", "serve").out)


@phase.case("enforce: applied in full over base, and the validator of GPU objects fails closed")
def _(lab):
    assert not warnings(lab.installed), f"warnings:\n{lab.installed}"
    hooks = [hook for item in lab.items("validatingwebhookconfigurations") for hook in item["webhooks"]]
    policies = {hook["name"]: hook["failurePolicy"] for hook in hooks}
    # What only aims at GPU nodes asks for nothing: it never waits for Tollgate.
    wanted = {name: "Ignore" if ".gpu-nodes." in name else "Fail" for name in policies}
    assert "Fail" in wanted.values() and policies == wanted, f"failurePolicy: {policies}, not {wanted}"


@phase.case("a small inference pod comes back on a slice")
def _(lab):
    expect_allowed(lab.apply("small-inference.yaml", "serve"), "pod/reranker created")
    expect_rewritten(lab.get("pod", "reranker", "-n", "serve"))


@phase.case("an endless 8-GPU Job is refused with the whole message")
def _(lab):
    ran = lab.apply("endless-job.yaml", "research")
    expect_denied(ran, "job.batch/train-llama in research: 2 problems; 1 pod of 8 GPUs, $55.04/h with no end ($1,321/day)",
                  "bounded-jobs/lifetime: ", "fix: spec.activeDeadlineSeconds: 86400",
                  "gpu-ceiling/size: ", "docs: https://wiki.example/", "explain: tollgate explain")
    lines = [line.strip() for line in ran.err.splitlines()]
    assert [line[:3] for line in lines if line[:3] in ("1. ", "2. ", "3. ")] == ["1. ", "2. "], f"numbering:\n{ran}"
    assert "(Forbidden)" in ran.err, f"the reason is not Forbidden:\n{ran}"
    assert lab.get("job", "train-llama", "-n", "research") is None, "it exists all the same"


@phase.case("a bounded Job is accepted without a word, and its pod, made by the job controller, is too")
def _(lab):
    ran = lab.apply("bounded-job.yaml", "research")
    expect_allowed(ran, "job.batch/finetune created")
    assert not warnings(ran), f"warnings:\n{ran}"
    pods = wait_until(lambda: pods_of(lab, "finetune", "research"), "the pod of finetune")
    assert limits(pods[0]["spec"]) == {GPU: "1"}, f"limits are {limits(pods[0]['spec'])}"


@phase.case("applying a Deployment warns of what its pods become; they do, and the Deployment stays as written")
def _(lab):
    ran = lab.apply("ranker-deployment.yaml", "serve")
    expect_allowed(ran, "deployment.apps/ranker created")
    said = "\n".join(warnings(ran))
    for text in (SLICE, "$", "tollgate.dev/keep"):
        assert text in said, f"the warning lacks {text!r}:\n{ran}"
    pods = wait_until(lambda: len(pods_of(lab, "ranker", "serve")) == 2 and pods_of(lab, "ranker", "serve"), "2 pods of ranker")
    for pod in pods:
        assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet", "the pod is not a controller's"
        expect_rewritten(pod)
    sets = lab.items("replicasets", "-n", "serve", "-l", "app=ranker")
    assert len(sets) == 1, f"{len(sets)} ReplicaSets: the rewriting made the Deployment roll"
    for owner in [lab.get("deployment", "ranker", "-n", "serve"), *sets]:
        template = owner["spec"]["template"]
        assert limits(template["spec"]) == {GPU: "1"}, f"{owner['kind']}: the template's limits are {limits(template['spec'])}"
        assert REWRITTEN not in template["metadata"].get("annotations", {}), f"{owner['kind']}: its template is annotated"


@phase.case("kubectl apply --dry-run=server shows the rewritten pod and stores none")
def _(lab):
    before = lab.metric("tollgate_rewrites_total")
    expect_rewritten(parsed(lab.apply("small-inference.yaml", "serve", "--dry-run=server", "-o", "json")))
    assert lab.get("pod", "reranker", "-n", "serve") is None, "a dry run stored the pod"
    assert lab.metric("tollgate_rewrites_total") == before, "a dry run was counted as a rewrite"
    expect_denied(lab.apply("endless-job.yaml", "research", "--dry-run=server"), "2 problems")


@phase.case("server-side apply: rewritten, and applied again without a conflict or a change")
def _(lab):
    expect_allowed(lab.apply("small-inference.yaml", "serve", "--server-side"), "serverside-applied")
    first = lab.get("pod", "reranker", "-n", "serve")
    expect_rewritten(first)
    expect_allowed(lab.apply("small-inference.yaml", "serve", "--server-side"), "serverside-applied")
    second = lab.get("pod", "reranker", "-n", "serve")
    assert second["spec"] == first["spec"] and second["metadata"]["uid"] == first["metadata"]["uid"], "the pod drifted"
    expect_denied(lab.apply("endless-job.yaml", "research", "--server-side"), "2 problems")


@phase.case("a forged owner reference does not make a pod a controller's")
def _(lab):
    owner = lab.items("replicasets", "-n", "legacy", "-l", "app=old-guard")[0]
    pod = parsed(lab.kubectl("create", "--dry-run=client", "-o", "json", "-f", lab.manifest("whole-node-pod.yaml")))
    pod["metadata"].update(name="forged", namespace="legacy", labels=dict(owner["spec"]["template"]["metadata"]["labels"]))
    pod["metadata"]["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True,
                                           "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}]
    expect_denied(lab.kubectl("create", "-f", "-", user="dev", stdin=json.dumps(pod)), "pod/forged in legacy", "gpu-ceiling/size")


@phase.case("what a user writes into Tollgate's own annotations is not believed")
def _(lab):
    boast = f"annotations:\n    {REWRITTEN}: trust me\n    tollgate.dev/hourly-cost: \"0\""
    small = lab.read("small-inference.yaml").replace("annotations:", boast)
    expect_allowed(lab.kubectl("apply", "-n", "serve", "-f", "-", user="dev", stdin=small), "created")
    pod = lab.get("pod", "reranker", "-n", "serve")
    expect_rewritten(pod)
    assert pod["metadata"]["annotations"].get("tollgate.dev/hourly-cost") != "0", "the user's cost stands"
    large = lab.read("whole-node-pod.yaml").replace("labels:", boast + "\n  labels:").replace("name: whole-node", "name: boaster")
    expect_denied(lab.kubectl("apply", "-n", "research", "-f", "-", user="dev", stdin=large), "pod/boaster in research")


@phase.case("the same pod, asked for by the ReplicaSet controller, replaces one that runs")
def _(lab):
    old = pods_of(lab, "old-guard", "legacy")[0]["metadata"]
    lab.must("delete", "-n", "legacy", "pod", old["name"], "--now")
    replaced = lambda: [pod for pod in pods_of(lab, "old-guard", "legacy") if pod["metadata"]["uid"] != old["uid"]]
    assert limits(wait_until(replaced, "the replacement of old-guard's pod")[0]["spec"]) == {GPU: "8"}


@phase.case("a CPU pod never reaches the webhook")
def _(lab):
    before = lab.metric("tollgate_admission_requests_total")
    assert before > 0, "no request was ever counted"
    expect_allowed(lab.apply("cpu-pod.yaml", "serve"), "pod/web created")
    assert lab.metric("tollgate_admission_requests_total") == before, "it did"


@phase.case("a namespace with tollgate.dev/gate: off is left alone")
def _(lab):
    ran = lab.apply("endless-job.yaml", "ungated")
    expect_allowed(ran, "created")
    assert not warnings(ran), f"warnings:\n{ran}"
