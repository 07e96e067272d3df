#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What scripts/demo sends and shows: AdmissionReviews made of manifests, first to /mutate, then, patched, to /validate;
and for a workload that is allowed also its pod, as its controller would create it. Every number shown is the server's
own, from its decision log. Sends with curl, so what is seen is what goes over TLS."""
import argparse
import base64
import copy
import dataclasses
import json
import signal
import subprocess
import sys
import time
import uuid

import yaml

RESOURCES = {"Pod": "pods", "Job": "jobs", "CronJob": "cronjobs", "Deployment": "deployments",
             "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "ReplicaSet": "replicasets",
             "ReplicationController": "replicationcontrollers"}
LOG_PATIENCE_SECONDS = 5
DEVELOPER = {"username": "ada@example.com", "groups": ["system:authenticated"]}
TEMPLATE_HASH = "6c8f5d7b9"
# Who creates the pods of a kind, and by which owner they point to it.
POD_MAKERS = {"Deployment": ("replicaset-controller", "apps/v1", "ReplicaSet", "-" + TEMPLATE_HASH),
              "StatefulSet": ("statefulset-controller", "apps/v1", "StatefulSet", ""),
              "Job": ("job-controller", "batch/v1", "Job", "")}


class Failed(Exception):
    pass


@dataclasses.dataclass
class Sent:
    name: str
    uid: str
    response: dict


def pod_of(obj):
    """The pod a controller makes of an allowed workload, and who asks for it; nothing for other kinds."""
    if obj["kind"] not in POD_MAKERS:
        return None
    controller, api, kind, suffix = POD_MAKERS[obj["kind"]]
    meta, template = obj["metadata"], copy.deepcopy(obj["spec"]["template"])
    pod = {"apiVersion": "v1", "kind": "Pod", **template}
    owner = meta["name"] + suffix
    pod["metadata"] = pod.get("metadata") or {}  # a template without labels may say nothing of itself
    pod["metadata"].update({"generateName": owner + "-", "namespace": meta["namespace"], "ownerReferences": [
        {"apiVersion": api, "kind": kind, "name": owner, "uid": str(uuid.uuid4()), "controller": True,
         "blockOwnerDeletion": True}]})
    if suffix:
        pod["metadata"].setdefault("labels", {})["pod-template-hash"] = TEMPLATE_HASH
    user = {"username": f"system:serviceaccount:kube-system:{controller}",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]}
    return pod, user


def review_of(obj, user):
    group, _, version = obj["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": obj["kind"]}
    resource = {"group": group, "version": version, "resource": RESOURCES.get(obj["kind"], obj["kind"].lower() + "s")}
    meta = obj["metadata"]
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": str(uuid.uuid4()), "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
        **({"name": meta["name"]} if "name" in meta else {}), "namespace": meta.setdefault("namespace", "default"),
        "operation": "CREATE", "userInfo": user,
        "object": obj, "oldObject": None, "dryRun": False,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}}}


def send(options, path, review):
    command = ["curl", "-sS", "--cacert", options.ca, "-H", "Content-Type: application/json", "--max-time", "10",
               "--data-binary", "@-", "-w", "\n%{http_code}", f"{options.url}{path}?timeout=5s"]
    run = subprocess.run(command, input=json.dumps(review), capture_output=True, text=True)
    body, _, status = run.stdout.rpartition("\n")
    if run.returncode != 0 or status != "200":
        raise Failed(f"{path}: {run.stderr.strip() or body.strip()} (HTTP {status})")
    response = json.loads(body)["response"]
    if response["uid"] != review["request"]["uid"]:
        raise Failed(f"{path}: the reply is to another request")
    return response


def patched(obj, response):
    """RFC 6902: add, remove, replace and test, as the API server applies them."""
    if "patch" not in response:
        return obj
    obj = copy.deepcopy(obj)
    for operation in json.loads(base64.b64decode(response["patch"])):
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        at = obj
        for part in parents:
            at = at[int(part)] if isinstance(at, list) else at[part]
        key = (len(at) if last == "-" else int(last)) if isinstance(at, list) else last
        if operation["op"] == "test" and at[key] != operation["value"]:
            raise Failed(f"the patch does not apply at {operation['path']}")
        if operation["op"] == "remove":
            del at[key]
        elif operation["op"] == "add" and isinstance(at, list):
            at.insert(key, operation["value"])
        elif operation["op"] in ("add", "replace"):
            at[key] = operation["value"]
    return obj


def decisions(path, uids):
    """The decision log's lines of these requests; it is written off the request path, so this may have to wait."""
    give_up = time.monotonic() + LOG_PATIENCE_SECONDS
    while True:
        with open(path, encoding="utf-8") as log:
            found = {(line["uid"], line["webhook"]): line for line in map(json.loads, filter(str.strip, complete(log)))}
        if all((uid, webhook) in found for uid in uids for webhook in ("mutate", "validate")):
            return found
        if time.monotonic() > give_up:
            raise Failed(f"the decision log {path} does not hold all requests")
        time.sleep(0.05)


def complete(log):
    """Whole lines alone: the last may still be on its way."""
    return [line for line in log if line.endswith("\n")]


def times(demand):
    """How many pods ask so: "2 x ", nothing for one pod."""
    replicas = demand["replicas"]
    return "" if replicas == 1 else f"{'?' if replicas is None else replicas} x "


def demand_text(line):
    return ", ".join(f"{times(d)}{d['count']} {d['resource']}" for d in line.get("demand", [])) or "no GPU"


def dollars(text):
    if text is None:
        return "unknown"
    return f"{float(text):.2f}"  # for showing; nothing is reckoned with it


def admit(options, obj, user, name):
    """As the API server: /mutate, its patch, /validate."""
    review = review_of(obj, user)
    mutation = send(options, "/mutate", review)
    after = patched(obj, mutation)
    response = send(options, "/validate", {**review, "request": {**review["request"], "object": after}})
    # kubectl prints the warnings of all webhooks, each once.
    response["warnings"] = list(dict.fromkeys(mutation.get("warnings", []) + response.get("warnings", [])))
    return Sent(name, review["request"]["uid"], response), after


def admit_with_pod(options, obj):
    first, after = admit(options, obj, DEVELOPER, f"{obj['kind'].lower()}/{obj['metadata']['name']}")
    made = pod_of(after)
    if made is None or not first.response["allowed"]:
        return [first]
    return [first, admit(options, *made, "  each of its pods")[0]]


def row(sent, mutate, validate):
    response = sent.response
    here = [r for r in mutate.get("rewrites", []) if r["mode"] == "Enforce"]
    ahead = [r for r in validate.get("rewrites", []) if r["mode"] == "Enforce"]  # of the pods it will have
    rewrites = here or ahead
    verdict = "denied" if not response["allowed"] else "rewritten" if here else "allowed"
    costs = mutate.get("hourlyBefore"), validate.get("hourlyAfter")
    asks = bool(mutate.get("demand"))
    pods = times(mutate["demand"][0]) if asks else ""
    return [sent.name, verdict,
            pods + rewrites[0]["from"] if rewrites else demand_text(mutate),
            pods + rewrites[-1]["to"] if rewrites else "-",
            dollars(costs[0]) if asks else "-",
            dollars(costs[1]) if asks and response["allowed"] else "-"]


def print_table(rows):
    head = ["object", "verdict", "from", "to", "$/h before", "$/h after"]
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    for number, line in enumerate([head, ["-" * width for width in widths], *rows]):
        cells = [cell.rjust(width) if i >= 4 and number != 1 else cell.ljust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())


def print_texts(sent):
    denied = [each for each in sent if not each.response["allowed"]]
    if denied:
        print("\nWhat the developer reads when it is denied (kubectl prints the message as it is)")
    for each in denied:
        print(f"\n{each.response['status']['message']}")
    warned = [each for each in sent if each.response["warnings"]]
    if warned:
        print("\nWhat kubectl prints as warnings")
    for each in warned:
        print("\n" + "\n".join([each.name, *(f"  Warning: {text}" for text in each.response["warnings"])]))


def admit_file(options, name):
    """All objects of a file; whatever is wrong with it, its name is said."""
    try:
        with open(name, encoding="utf-8") as file:
            objects = [obj for obj in yaml.safe_load_all(file) if obj]
        return [sent for obj in objects for sent in admit_with_pod(options, obj)]
    except OSError as error:
        raise Failed(str(error)) from error  # it says which
    except KeyError as error:
        raise Failed(f"{name}: an object in it has no {error}") from error
    except (Failed, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
        raise Failed(f"{name}: {error}") from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--ca", required=True, metavar="FILE")
    parser.add_argument("--decisions", required=True, metavar="FILE")
    parser.add_argument("manifests", nargs="+", metavar="FILE")
    options = parser.parse_args()
    try:
        sent = []
        for name in options.manifests:
            sent += admit_file(options, name)
        lines = decisions(options.decisions, [each.uid for each in sent])
    except (Failed, OSError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 3
    print_table([row(each, lines[each.uid, "mutate"], lines[each.uid, "validate"]) for each in sent])
    print_texts(sent)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `scripts/demo | head` ends quietly
    sys.exit(main())
