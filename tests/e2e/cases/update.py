# SPDX-License-Identifier: Apache-2.0
"""The gate stands; objects that exist are applied again, labelled and raised."""

from cases import enforce
from cases.looks import expect_allowed, expect_denied, expect_rewritten
from harness.cases import Phase

phase = Phase("objects that exist already", needs=enforce.phase)


@phase.case("a rewritten pod, applied again from the same manifest, is accepted and stays")
def _(lab):
    expect_allowed(lab.apply("small-inference.yaml", "serve"), "created")
    first = lab.get("pod", "reranker", "-n", "serve")
    expect_rewritten(first)
    expect_allowed(lab.apply("small-inference.yaml", "serve"))
    second = lab.get("pod", "reranker", "-n", "serve")
    assert second["spec"] == first["spec"] and second["metadata"]["uid"] == first["metadata"]["uid"], "the pod drifted"
    assert second["metadata"]["annotations"] == first["metadata"]["annotations"], "its annotations drifted"


@phase.case("a Deployment applied again is unchanged")
def _(lab):
    for _ in range(2):
        ran = lab.apply("ranker-deployment.yaml", "serve")
    expect_allowed(ran, "deployment.apps/ranker unchanged")
    assert lab.get("deployment", "ranker", "-n", "serve")["metadata"]["generation"] == 1, "its spec was written again"


@phase.case("a label changes on a pod that violates and ran before the gate")
def _(lab):
    expect_allowed(lab.kubectl("label", "-n", "legacy", "pod", "whole-node", "team=vision", user="dev"), "labeled")


@phase.case("an image changes on a Deployment that violates and ran before the gate")
def _(lab):
    expect_allowed(lab.kubectl("set", "image", "-n", "legacy", "deployment/old-guard", "trainer=registry.example/trainer:8",
                               user="dev"), "image updated")


@phase.case("raising such a Deployment's replicas is refused")
def _(lab):
    text = lab.read("whole-node-deployment.yaml").replace("replicas: 1", "replicas: 2")
    expect_denied(lab.kubectl("apply", "-n", "legacy", "-f", "-", user="dev", stdin=text), "deployment.apps/old-guard in legacy")
    assert lab.get("deployment", "old-guard", "-n", "legacy")["spec"]["replicas"] == 1


@phase.case("an apply that raises replicas beyond a limit is refused, one within it is not")
def _(lab):
    text = lab.read("embedder-deployment.yaml")
    apply = lambda count: lab.kubectl("apply", "-n", "research", "-f", "-", user="dev",
                                      stdin=text.replace("replicas: 2", f"replicas: {count}"))
    expect_allowed(apply(2), "created")
    expect_allowed(apply(8), "configured")
    expect_denied(apply(12), "deployment.apps/embedder in research: 1 problem", "gpu-ceiling/size", "$82.56/h")
    assert lab.get("deployment", "embedder", "-n", "research")["spec"]["replicas"] == 8
    expect_allowed(apply(3), "configured")
