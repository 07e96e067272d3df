#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate check` over a folder of real manifests: nothing crashes or hangs, every document is judged or given an error
with its place, and the demand found agrees with the index where the kind is built in.

TOLLGATE_CORPUS names the folder; its index.tsv has columns file, kind and gpu_total (pods' counts x replicas, scripted and
approximate). Where it does not count what Tollgate counts, the reason is one of EXPLAINED, by resource name.
"""
import argparse
import collections
import csv
import json
import os
import pathlib
import re
import subprocess
import sys

BUILT_IN = {"v1/Pod", "v1/ReplicationController", "apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet",
            "apps/v1/DaemonSet", "batch/v1/Job", "batch/v1/CronJob"}
# resource (a pattern) -> why the index leaves it out
EXPLAINED = {
    r"gpu-fraction|gpu-memory": "asked for by an annotation (KAI, Run:ai); the index reads resources only",
    r"volcano\.sh/.*": "the index does not count Volcano's virtual GPUs",
    r"nvidia\.com/gpu(mem|mem-percentage|cores)": "an aspect of a device that is counted by its own name",
}
PLACE = re.compile(r":\d+:\d+: ")


def explained(resource):
    return any(re.fullmatch(pattern, resource) for pattern in EXPLAINED)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tollgate", required=True)
    parser.add_argument("--root", required=True, type=pathlib.Path)
    options = parser.parse_args()
    corpus = os.environ.get("TOLLGATE_CORPUS", "")
    if not corpus or not pathlib.Path(corpus, "index.tsv").is_file():
        print("skipped: TOLLGATE_CORPUS names no folder with an index.tsv")
        return 77
    corpus = pathlib.Path(corpus)
    command = [options.tollgate, "check", "-o", "json", "--now", "2026-11-23T00:00:00Z",
               "-p", options.root / "policies/library", "-p", options.root / "policies/fleets/aws.yaml", corpus]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    problems = []
    if done.returncode not in (0, 1, 2):
        problems.append(f"exit code {done.returncode}: {done.stderr[-500:]}")
    report = json.loads(done.stdout)
    verdicts = collections.Counter(r["verdict"] for r in report["results"])
    by_file = collections.defaultdict(list)
    for result in report["results"]:
        by_file[os.path.relpath(result["file"], corpus)].append(result)
        if result["verdict"] == "Error" and not PLACE.search(result["error"] or ""):
            problems.append(f"{result['file']}: an error without line and column: {result['error']}")
    for path in sorted(corpus.rglob("*")):
        name = os.path.relpath(path, corpus)
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file() and name not in by_file:
            problems.append(f"{name}: not judged")
    compared, differing = 0, []
    with open(corpus / "index.tsv", newline="", encoding="utf-8") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            if row["apiVersion"] + "/" + row["kind"] not in BUILT_IN or row["file"] not in by_file:
                continue
            compared += 1
            found = 0
            for result in by_file[row["file"]]:
                for line in result["demand"]:
                    # "?": asked for, but how many is not in the object (claims); the index leaves these out too
                    if line["count"] != "?" and not explained(line["resource"]):
                        found += int(line["count"]) * (1 if line["replicas"] is None else line["replicas"])
            if found != float(row["gpu_total"] or 0):
                differing.append(f"{row['file']}: {row['kind']} asks for {found}, the index says {row['gpu_total'] or 0}")
    problems += differing
    for problem in problems[:40]:
        print(problem)
    print(f"corpus: {len(report['results'])} documents {dict(verdicts)}; demand of {compared} compared, "
          f"{len(differing)} differ; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
