#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate check` over a folder of published manifests with an index.tsv: no crash, no hang, every document judged or
given an error with its place; the demand of the kinds known agrees with the index.

  TOLLGATE_CORPUS=FOLDER corpus_test.py TOLLGATE"""

import collections
import csv
import json
import os
import pathlib
import re
import subprocess
import sys

KNOWN = {("v1", "Pod"), ("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("apps/v1", "StatefulSet"),
         ("apps/v1", "DaemonSet"), ("v1", "ReplicationController"), ("batch/v1", "Job"), ("batch/v1", "CronJob")}
# The index counts devices by resource name alone; these ask in another way, or for parts of a device.
OTHERWISE = re.compile(r"gpu-fraction|gpu-memory|gpucores|gpumem|vgpu|volcano\.sh/")


def main():
    binary, folder = sys.argv[1], pathlib.Path(os.environ.get("TOLLGATE_CORPUS", ""))
    if not (folder / "index.tsv").is_file():
        print("skipped: TOLLGATE_CORPUS names no folder with an index.tsv")
        return 77
    done = subprocess.run([binary, "check", "-o", "json", str(folder)], capture_output=True, text=True, timeout=280, check=False)
    if done.returncode not in (0, 1, 2):
        print(f"check ended with {done.returncode}: {done.stderr[-2000:]}")
        return 1
    results = collections.defaultdict(list)
    for result in json.loads(done.stdout)["results"]:
        results[str(pathlib.Path(result["file"]).relative_to(folder))].append(result)
    problems = []
    for name, found in results.items():
        for result in found:
            if result["verdict"] == "Error" and not re.search(r":\d+:\d+: ", result["error"]):
                problems.append(f"{name}: an error without its place: {result['error']}")
    compared = 0
    with open(folder / "index.tsv", encoding="utf-8") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            found = results.get(row["file"])
            if not found:
                problems.append(f"{row['file']}: neither judged nor refused")
                continue
            demand = [line for result in found for line in result["demand"]]
            countable = all(line["replicas"] is not None and line["count"] != "?" for line in demand)
            if (row["apiVersion"], row["kind"]) not in KNOWN or OTHERWISE.search(row["gpu_resources"]) or not countable:
                continue
            compared += 1
            total = sum(float(line["count"]) * line["replicas"] for line in demand)
            if total != float(row["gpu_total"] or 0):
                problems.append(f"{row['file']}: found {total:g}, the index says {row['gpu_total'] or 0}")
    print(f"{sum(map(len, results.values()))} objects in {len(results)} files; demand compared in {compared}")
    for problem in problems:
        print(problem)
    return 1 if problems or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
