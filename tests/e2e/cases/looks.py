# SPDX-License-Identifier: Apache-2.0
"""Ways of looking at objects and answers that several phases share."""

import json
import time

GPU = "nvidia.com/gpu"
SLICE = "nvidia.com/mig-1g.10gb"
REWRITTEN = "tollgate.dev/rewritten"


def limits(pod_spec):
    """The limits of the first container, quantities as text."""
    return {name: str(value) for name, value in pod_spec["containers"][0]["resources"].get("limits", {}).items()}


def expect_rewritten(pod):
    """The pod of small-inference.yaml or of ranker, on its slice."""
    got, notes = limits(pod["spec"]), pod["metadata"].get("annotations", {})
    assert got.get(SLICE) == "1" and GPU not in got, f"limits are {got}, wanted {SLICE}: 1 and no {GPU}"
    requests = pod["spec"]["containers"][0]["resources"]["requests"]
    assert GPU not in requests and str(requests.get(SLICE)) == "1", f"requests are {requests}"
    assert requests["cpu"] == "1" and requests["memory"] == "4Gi", f"cpu and memory changed: {requests}"
    product = pod["spec"]["nodeSelector"]["nvidia.com/gpu.product"]
    assert product == "NVIDIA-A100-SXM4-80GB", f"the slice is on A100s, the selector says {product}"
    assert "small-inference" in notes.get(REWRITTEN, ""), f"annotations are {notes}, wanted {REWRITTEN} naming the policy"


def expect_denied(ran, *texts):
    """kubectl was refused by Tollgate, and the message holds all texts."""
    assert ran.code != 0, f"this must be refused:\n{ran}"
    assert "denied the request" in ran.err and "failed calling webhook" not in ran.err, f"not a verdict:\n{ran}"
    for text in texts:
        assert text in ran.err, f"the message lacks {text!r}:\n{ran}"


def expect_allowed(ran, *texts):
    assert ran.code == 0, f"this must be allowed:\n{ran}"
    for text in texts:
        assert text in ran.out + ran.err, f"the answer lacks {text!r}:\n{ran}"


def warnings(ran):
    return [line for line in ran.err.splitlines() if line.startswith("Warning:")]


def parsed(ran):
    expect_allowed(ran)
    return json.loads(ran.out)


def pods_of(lab, app, namespace):
    """The pods labelled app=..., those being deleted left out."""
    found = lab.items("pods", "-n", namespace, "-l", f"app={app}")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def settle(ask, seconds=15.0):
    """Asks until the answer is true or time is over.

    The API server learns of a changed webhook configuration from a watch, a
    moment after kubectl returned. This gives it that moment and judges
    nothing: the cases do.
    """
    end = time.monotonic() + seconds
    while not ask() and time.monotonic() < end:
        time.sleep(0.2)
