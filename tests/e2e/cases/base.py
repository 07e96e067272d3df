# SPDX-License-Identifier: Apache-2.0
"""manifests/base as a careful team first installs it: nothing is stopped.

Before it, while no gate stands, arrange makes what later phases find already
running: a pod and a Deployment that take a whole node.
"""

import json
import os

from cases.looks import GPU, expect_allowed, limits, pods_of, settle, warnings
from harness.cases import Phase
from harness.lab import REPO
from harness.process import wait_until

phase = Phase("manifests/base: policies in Warn, the validator on Ignore")
FOLDERS = ("manifests/base", "manifests/overlays/enforce")


@phase.arranged_by
def arrange(lab):
    for namespace in ("serve", "research", "legacy"):
        lab.cluster.add_namespace(namespace)
    lab.cluster.add_namespace("ungated", {"tollgate.dev/gate": "off"})
    lab.must("apply", "-n", "legacy", "-f", lab.manifest("whole-node-pod.yaml"), user="dev")
    lab.must("apply", "-n", "legacy", "-f", lab.manifest("whole-node-deployment.yaml"), user="dev")
    wait_until(lambda: pods_of(lab, "old-guard", "legacy"), "the pod of old-guard")
    lab.make_certificates()
    lab.installed = lab.install("manifests/base")
    lab.start_tollgate(lab.shipped_policies(lab.cluster.path("shipped-base")))
    settle(lambda: warnings(lab.apply("endless-job.yaml", "research", "--dry-run=server")))


@phase.case("kubectl kustomize renders manifests/base and manifests/overlays/enforce")
def _(lab):
    for folder in FOLDERS:
        ran = lab.must("kustomize", os.path.join(REPO, folder))
        for kind in ("Namespace", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "ResourceQuota", "ConfigMap",
                     "ServiceAccount", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            assert f"\nkind: {kind}\n" in "\n" + ran.out, f"{folder} renders no {kind}"


@phase.case("base: applied in full under strict validation, and the API server warns of nothing")
def _(lab):
    assert not warnings(lab.installed), f"warnings:\n{lab.installed}"


@phase.case("base: its own pods are admitted in its own namespace")
def _(lab):
    wanted = lab.items("deployments", "-n", "tollgate-system")[0]["spec"]["replicas"]
    wait_until(lambda: len(lab.items("pods", "-n", "tollgate-system")) == wanted, f"{wanted} pods of Tollgate")


@phase.case("base: the validator ignores its own failure, the mutator too")
def _(lab):
    for resource in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        for webhook in [hook for item in lab.items(resource) for hook in item["webhooks"]]:
            assert webhook["failurePolicy"] == "Ignore", f"{webhook['name']}: {webhook['failurePolicy']}"


@phase.case("base: a violating Job is admitted with a warning")
def _(lab):
    ran = lab.apply("endless-job.yaml", "research")
    expect_allowed(ran, "job.batch/train-llama created")
    assert warnings(ran), f"no warning:\n{ran}"


@phase.case("base: a GPU pod is admitted as it was written")
def _(lab):
    expect_allowed(lab.apply("small-inference.yaml", "serve"))
    pod = lab.get("pod", "reranker", "-n", "serve")
    assert limits(pod["spec"]) == {GPU: "1"}, f"limits are {limits(pod['spec'])}"
    assert not any(key.startswith("tollgate.dev/rew") for key in pod["metadata"]["annotations"]), json.dumps(pod["metadata"])


@phase.case("base: with the webhook dead a GPU Job is admitted")
def _(lab):
    lab.kill_tollgate()
    expect_allowed(lab.apply("endless-job.yaml", "research"), "created")
