#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every built-in kind, in every version its document names, has a golden decision, and the reference lists it."""
import pathlib
import re
import sys

try:
    import yaml
except ImportError:
    print("skipped: needs python3-yaml")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Kubernetes' own kinds are what nearly every other test is about; versions that only stand for another are not repeated.
ELSEWHERE = {"", "apps", "batch"}
SAME = {("kubeflow.org", "v1beta1", "Notebook"), ("kubeflow.org", "v1alpha1", "Notebook"), ("ray.io", "v1alpha1", "RayJob"),
        ("ray.io", "v1alpha1", "RayService"), ("serving.kserve.io", "v1alpha1", "LLMInferenceServiceConfig"),
        ("sparkoperator.k8s.io", "v1beta1", "SparkApplication"),
        ("sparkoperator.k8s.io", "v1beta1", "ScheduledSparkApplication"),
        ("machinelearning.seldon.io", "v1alpha2", "SeldonDeployment"),
        ("machinelearning.seldon.io", "v1alpha3", "SeldonDeployment")}


def main() -> int:
    problems, decided = [], set()
    for path in sorted((ROOT / "tests/golden/decisions/kinds").glob("*.case.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]:
            manifest = case["manifest"]
            group, _, version = manifest["apiVersion"].rpartition("/")
            decided.add((group, version, manifest["kind"]))
    reference = (ROOT / "docs/policy-reference.md").read_text(encoding="utf-8")
    table = reference[reference.index("| built in | kinds |"):reference.index("In an object of any other kind")]
    count = 0
    for path in sorted((ROOT / "policies/kinds").glob("*.yaml")):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        count += 1
        if not re.search(rf"\b{spec['kind']}\b", table):
            problems.append(f"{path.name}: {spec['kind']} is not in the table of docs/policy-reference.md")
        for version in spec["versions"]:
            key = (spec["group"], version, spec["kind"])
            if spec["group"] not in ELSEWHERE and key not in decided | SAME:
                problems.append(f"{path.name}: no case in tests/golden/decisions/kinds is about {'/'.join(key)}")
    for problem in problems:
        print(problem)
    print(f"kinds: {count} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
