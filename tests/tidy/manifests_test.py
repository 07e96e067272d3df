#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manifests that people apply: what is generated is up to date, the base stops nothing, the overlay fails closed
for objects that ask for accelerators alone, and both are things kustomize can build.

  manifests_test.py generated TOLLGATE     the committed copies are what the program writes now
  manifests_test.py kustomize              kubectl builds both; 77 without a kubectl that knows today's kustomize"""
import json
import pathlib
import shutil
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: needs python3-yaml")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEVER_SEEN = {"kube-system", "kube-node-lease", "tollgate-system"}


def why_no_kustomize():
    """kubectl 1.20 (Debian 12) has kustomize 2.0, which knows neither `labels` nor folders among `resources`."""
    if shutil.which("kubectl") is None:
        return "no kubectl here"
    run = subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True, timeout=60)
    version = json.loads(run.stdout).get("kustomizeVersion", "v2.0") if run.returncode == 0 else "v0"
    return "" if int(version.lstrip("v").split(".")[0]) >= 4 else f"kubectl's kustomize is {version}, 4 is needed"


def built(folder):
    run = subprocess.run(["kubectl", "kustomize", str(ROOT / folder)], capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        raise SystemExit(f"kubectl kustomize {folder}: {run.stderr.strip()}")
    return [document for document in yaml.safe_load_all(run.stdout) if document]


def only(documents, kind):
    found = [document for document in documents if document["kind"] == kind]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} documents of kind {kind}; one was expected")
    return found[0]


def failure_policies(configuration):
    return {entry["name"]: entry["failurePolicy"] for entry in configuration["webhooks"]}


def check_webhooks(documents, problems, where):
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for entry in only(documents, kind)["webhooks"]:
            name = f"{where}: {entry['name']}"
            expressions = entry["namespaceSelector"]["matchExpressions"]
            skipped = {value for e in expressions if e["operator"] == "NotIn" for value in e["values"]}
            if not NEVER_SEEN <= skipped:
                problems.append(f"{name}: sees {', '.join(sorted(NEVER_SEEN - skipped))}")
            if entry["sideEffects"] != "None" or entry["timeoutSeconds"] > 3 or entry["matchPolicy"] != "Equivalent":
                problems.append(f"{name}: sideEffects, timeoutSeconds or matchPolicy is not as it should be")
            if not entry.get("matchConditions"):
                problems.append(f"{name}: no matchConditions, so every object of these kinds leaves the API server")
            service = entry["clientConfig"]["service"]
            if (service["name"], service["namespace"]) != ("tollgate", "tollgate-system"):
                problems.append(f"{name}: calls service {service['namespace']}/{service['name']}")


def check_base(documents, problems):
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for name, policy in failure_policies(only(documents, kind)).items():
            if policy != "Ignore":
                problems.append(f"base: {name} fails closed")
    check_webhooks(documents, problems, "base")
    template = only(documents, "Deployment")["spec"]["template"]["spec"]
    if "--max-mode=Warn" not in template["containers"][0]["args"]:
        problems.append("base: serve is not capped at Warn")
    if template.get("automountServiceAccountToken") is not False:
        problems.append("base: the pods get a token that nobody needs")
    critical = template.get("priorityClassName")
    scopes = [each for document in documents if document["kind"] == "ResourceQuota"
              for each in document["spec"]["scopeSelector"]["matchExpressions"]]
    if not any(each["scopeName"] == "PriorityClass" and critical in each["values"] for each in scopes):
        problems.append(f"base: no ResourceQuota speaks of priority {critical}, and GKE refuses its pods without one")
    maps = [volume["configMap"] for volume in template["volumes"] if "configMap" in volume]
    mounted = {each["name"] for each in maps if not each.get("optional")}
    made = {document["metadata"]["name"] for document in documents if document["kind"] == "ConfigMap"}
    if not mounted <= made:
        problems.append(f"base: ConfigMaps {sorted(mounted - made)} are mounted and not made")


def check_enforce(base, enforce, problems):
    check_webhooks(enforce, problems, "enforce")
    if set(failure_policies(only(enforce, "MutatingWebhookConfiguration")).values()) != {"Ignore"}:
        problems.append("enforce: a mutating webhook fails closed")
    validator = only(enforce, "ValidatingWebhookConfiguration")
    for entry in validator["webhooks"]:
        guards = any(c["name"] == "asks-for-accelerator" for c in entry["matchConditions"])
        if (entry["failurePolicy"] == "Fail") != guards:
            problems.append(f"enforce: {entry['name']} has failurePolicy {entry['failurePolicy']}")
    if "Fail" not in failure_policies(validator).values():
        problems.append("enforce: nothing fails closed")
    if "--max-mode=Enforce" not in only(enforce, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]:
        problems.append("enforce: serve is not let enforce")
    # The patch may change how entries fail, and nothing else.
    for entry in validator["webhooks"]:
        entry["failurePolicy"] = "Ignore"
    if validator != only(base, "ValidatingWebhookConfiguration"):
        problems.append("enforce: the validator differs from the base's in more than failurePolicy")


def main() -> int:
    if sys.argv[1:2] == ["generated"] and len(sys.argv) == 3:
        return subprocess.run([ROOT / "scripts/generate_manifests", "--check", "--tollgate", sys.argv[2]]).returncode
    if sys.argv[1:] != ["kustomize"]:
        print(__doc__, file=sys.stderr)
        return 2
    if why_not := why_no_kustomize():
        print(f"skipped: {why_not}")
        return 77
    problems = []
    base, enforce = built("manifests/base"), built("manifests/overlays/enforce")
    check_base(base, problems)
    check_enforce(base, enforce, problems)
    for problem in problems:
        print(problem)
    print(f"manifests: {len(base)} and {len(enforce)} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
