# SPDX-License-Identifier: Apache-2.0
"""The webhook is gone and the gate enforces: GPU objects wait, nothing else does."""

from cases import enforce
from cases.looks import expect_allowed, pods_of, settle
from harness.cases import Phase
from harness.process import wait_until

phase = Phase("the webhook is down", needs=enforce.phase)


@phase.arranged_by
def arrange(lab):
    expect_allowed(lab.apply("bounded-job.yaml", "legacy"))
    wait_until(lambda: pods_of(lab, "finetune", "legacy"), "the pod of finetune")
    lab.exit_code = lab.stop_tollgate()


@phase.case("SIGTERM ends the webhook with exit 0")
def _(lab):
    assert lab.exit_code == 0, f"exit {lab.exit_code}"


@phase.case("webhook down: a CPU pod is admitted")
def _(lab):
    expect_allowed(lab.apply("cpu-pod.yaml", "serve"), "pod/web created")


@phase.case("webhook down: GPU pods, Deployments and Jobs are refused, because the validator fails closed")
def _(lab):
    for name in ("small-inference.yaml", "ranker-deployment.yaml", "bounded-job.yaml"):
        ran = lab.apply(name, "serve")
        assert ran.code != 0, f"this must be refused:\n{ran}"
        assert "failed calling webhook" in ran.err and "tollgate" in ran.err, f"refused by something else:\n{ran}"
    assert not lab.items("pods,deployments,jobs", "-n", "serve"), "something exists all the same"


@phase.case("webhook down: a CPU pod that tolerates GPU nodes is admitted")
def _(lab):
    expect_allowed(lab.apply("squatter-pod.yaml", "serve"), "pod/squatter created")


@phase.case("webhook down: Tollgate's own pods can be made again")
def _(lab):
    pods = lambda: {pod["metadata"]["uid"] for pod in lab.items("pods", "-n", "tollgate-system")}
    old = pods()
    lab.must("delete", "-n", "tollgate-system", "pod", "--all", "--now")
    wait_until(lambda: len(pods() - old) == len(old), f"{len(old)} new pods")


@phase.case("webhook down: a GPU pod can be deleted")
def _(lab):
    lab.must("delete", "-n", "legacy", "pod", "whole-node", "--now", user="dev")


@phase.case("webhook down: a GPU Job is deleted, and its pods go too")
def _(lab):
    # Its pods carry a finalizer, whose removal is an UPDATE of a GPU pod that changes only metadata.
    lab.must("delete", "-n", "legacy", "job", "finetune", "--wait=false", user="dev")
    left = lambda: [pod["metadata"] for pod in lab.items("pods", "-n", "legacy", "-l", "app=finetune")]
    wait_until(lambda: not left(), "the pods of the deleted Job are gone", seconds=20)


@phase.case("breaking glass: without the webhook configurations everything is admitted again")
def _(lab):
    for resource in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        lab.must("delete", resource, "--all")
    settle(lambda: lab.apply("small-inference.yaml", "serve", "--dry-run=server").code == 0)
    expect_allowed(lab.apply("small-inference.yaml", "serve"), "pod/reranker created")
