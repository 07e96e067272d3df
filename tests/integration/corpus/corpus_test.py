#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate check` over a folder of real manifests: nothing crashes or hangs, every document is judged or given an error
with its place, the demand found agrees with the index where the kind is built in, and where the index knows of
accelerators in any other kind they are found or it is said why not. The webhooks' conditions let through whatever asks.
What becomes of all of it is the table summary.tsv (--update writes it).

TOLLGATE_CORPUS names the folder; its index.tsv has columns file, apiVersion, kind and gpu_total (pods' counts x replicas,
scripted and approximate). Where it does not count what Tollgate counts, the reason is one of EXPLAINED, by resource name,
or of MISCOUNTED, by file.
"""
import argparse
import collections
import csv
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: needs python3-yaml")
    sys.exit(77)

import summary

# resource (a pattern) -> why the index leaves it out
EXPLAINED = {
    r"gpu-fraction|gpu-memory": "asked for by an annotation (KAI, Run:ai); the index reads resources only",
    r"volcano\.sh/.*": "the index does not count Volcano's virtual GPUs",
    r"nvidia\.com/gpu(mem|mem-percentage|cores)": "an aspect of a device that is counted by its own name",
}
# file (a pattern) -> what the document says and the index does not read
MISCOUNTED = {
    r".*/(33|34)-NIMService-deepseek-r1\.yaml": "multiNode: a replica is two pods of 8 GPUs",
    r".*/43-NIMService-.*-kata-sandbox\.yaml": "nvidia.com/pgpu: a device handed through, which the catalog does not know",
    r".*/(19|20|21|22)-LLMInferenceService-deepseek-.*": "a replica is data / dataLocal pods, template and workers",
    r".*/10-JobSet-jobset-example-in-place-restart\.yaml": "a text with gaps (replicas: ...), so the number is unknown",
}
PLACE = re.compile(r":\d+:\d+: ")
# Of the documents in which accelerators are asked for, so many have the installed condition evaluated on them.
CONDITIONS_TRIED = 150
# A tenth of what the API server allows the conditions of one webhook to cost together.
MAX_COST = 250_000


def is_listed(table, text):
    return any(re.fullmatch(pattern, text) for pattern in table)


def built_in(root):
    """(apiVersion, kind) -> its name in the API; "" for one that only describes pods"""
    kinds = {}
    for path in (root / "policies/kinds").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        for version in spec["versions"]:
            api = f"{spec['group']}/{version}" if spec["group"] else version
            kinds[(api, spec["kind"])] = "" if spec.get("describesOnly", False) else spec["resource"]
    return kinds


def demand_of(results):
    """What the index would count; how many pods there are it takes as one where nothing says."""
    found = 0
    for result in results:
        for line in result["demand"]:
            # "?": asked for, but how many is not in the object (claims); the index leaves these out too
            if line["count"] != "?" and not is_listed(EXPLAINED, line["resource"]):
                found += int(line["count"]) * (1 if line["replicas"] is None else line["replicas"])
    return found


def compare(corpus, kinds, by_file):
    """Counts of the index against what was found; problems, and the table of kinds."""
    problems, table = [], collections.defaultdict(lambda: [0, 0, 0])
    with open(corpus / "index.tsv", newline="", encoding="utf-8") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            results = by_file.get(row["file"])
            if not results:
                continue
            key = (row["apiVersion"], row["kind"])
            found, wanted = demand_of(results), float(row["gpu_total"] or 0)
            line = table[key if key in kinds else ("other kinds", "")]
            line[0] += 1
            line[1] += found
            if key in kinds:
                miscounted = is_listed(MISCOUNTED, row["file"])
                if miscounted and found == wanted:
                    problems.append(f"{row['file']}: the index counts it right; take it off MISCOUNTED")
                elif found != wanted and not miscounted:
                    line[2] += 1
                    problems.append(f"{row['file']}: {row['kind']} asks for {found:g}, the index says {wanted:g}")
            elif wanted > 0 and found == 0 and not any(result["warnings"] or result["error"] for result in results):
                line[2] += 1
                problems.append(f"{row['file']}: {row['kind']}: the index says {wanted:g}, nothing found, nothing said")
    return problems, table


def conditions(tollgate, root):
    """(group, version, resource) -> the condition of its entry, as installed"""
    done = subprocess.run([tollgate, "install", "--part", "webhooks", "-p", root / "policies/library", "-p",
                           root / "policies/fleets/aws.yaml"], capture_output=True, text=True, timeout=60, check=True)
    found = {}
    for configuration in yaml.safe_load_all(done.stdout):
        for webhook in configuration["webhooks"]:
            for condition in webhook["matchConditions"]:
                if condition["name"] != "asks-for-accelerator":
                    continue
                for rule in webhook["rules"]:
                    for version, resource in itertools.product(rule["apiVersions"], rule["resources"]):
                        found[(rule["apiGroups"][0], version, resource)] = condition["expression"]
    return found


def try_conditions(tollgate, root, corpus, kinds, by_file):
    """Objects of built-in kinds that ask: the condition of their entry must be true, and cheap."""
    problems, costs = [], []
    installed = conditions(tollgate, root)
    asking = [(name, results[0]) for name, results in sorted(by_file.items())
              if len(results) == 1 and results[0]["demand"] and kinds.get(
                  (results[0]["object"]["apiVersion"], results[0]["object"]["kind"]))]
    step = max(1, len(asking) // CONDITIONS_TRIED)
    # Kinds differ more than Pods do: each has at least its first document tried.
    chosen, seen = [], set()
    for position, (name, result) in enumerate(asking):
        kind = (result["object"]["apiVersion"], result["object"]["kind"])
        if position % step == 0 or kind not in seen:
            chosen.append((name, result))
        seen.add(kind)
    for name, result in chosen:
        api = result["object"]["apiVersion"]
        group, _, version = api.rpartition("/")
        expression = installed[(group, version, kinds[(api, result["object"]["kind"])])]
        done = subprocess.run([tollgate, "cel", expression, "-f", corpus / name, "-o", "json"], capture_output=True,
                              text=True, timeout=60)
        answer = json.loads(done.stdout) if done.stdout else {}
        costs.append(answer.get("cost", 0))
        if answer.get("value") is not True:
            problems.append(f"{name}: it asks, and the condition of its webhook says {answer}: {done.stderr[-300:]}")
        if costs[-1] > MAX_COST:
            problems.append(f"{name}: the condition of its webhook costs {costs[-1]}, more than {MAX_COST}")
    return problems, costs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tollgate", required=True)
    parser.add_argument("--root", required=True, type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="write summary.tsv")
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
    kinds = built_in(options.root)
    differing, table = compare(corpus, kinds, by_file)
    missed, costs = try_conditions(options.tollgate, options.root, corpus, kinds, by_file)
    problems += differing + missed
    problems += summary.compare(report["results"], corpus, pathlib.Path(__file__).with_name("summary.tsv"), options.update)
    print(f"{'kind':60} {'documents':>9} {'devices':>8} {'differ':>6}")
    for (api, kind), (documents, devices, differ) in sorted(table.items()):
        print(f"{api + ' ' + kind:60} {documents:9} {devices:8g} {differ:6}")
    for problem in problems[:40]:
        print(problem)
    print(f"corpus: {len(report['results'])} documents {dict(verdicts)}; {len(differing)} differ; conditions tried on {len(costs)}, "
          f"dearest {max(costs, default=0)}, {len(missed)} failed; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
