# SPDX-License-Identifier: Apache-2.0
"""What `tollgate check` made of a corpus, as a table: kinds seen, devices found, what was rewritten to what, what was
found, and the dollars. Kept in summary.tsv, whose first line names the corpus by the digest of its index, so that a change
of Tollgate which judges real manifests otherwise is seen in the diff. Another corpus has another table, which is printed.
"""
import collections
import decimal
import difflib
import hashlib
import os



def unescape(token):
    return token.replace("~1", "/").replace("~0", "~")


def rewritten_to(result):
    """Resources and placement that the patch writes, without the places where."""
    added = set()
    for step in result["patch"]:
        if step["op"] not in ("add", "replace"):
            continue
        tokens = [unescape(token) for token in step["path"].split("/")[1:]]
        if len(tokens) > 1 and tokens[-2] in ("limits", "annotations") and not tokens[-1].startswith("tollgate.dev/"):
            added.add(f"{step['value']} {tokens[-1]}")
        elif tokens[-1] == "nodeSelector":
            added.update(value for key, value in step["value"].items() if key.endswith("gpu.product"))
        elif len(tokens) > 1 and tokens[-2] == "nodeSelector" and tokens[-1].endswith("gpu.product"):
            added.add(step["value"])
    return " + ".join(sorted(added)) or "(nothing that asks for a device)"


def devices(line):
    if line["count"] == "?":
        return None
    return int(line["count"]) * (1 if line["replicas"] is None else line["replicas"])


def money(results, when):
    """Of those that have a price before and after."""
    known = [result["cost"] for result in results if result["cost"] and result["cost"]["before"]["hourly"] and
             result["cost"]["after"]["hourly"]]
    return sum((decimal.Decimal(cost[when]["hourly"]) for cost in known), decimal.Decimal(0)), len(known)


def summarise(results):
    """Lines of tab-separated fields; a section is its first field."""
    kinds, resources = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    rewrites, findings = collections.Counter(), collections.Counter()
    for result in results:
        if result["verdict"] == "Error":
            kinds["(cannot be read)"]["documents"] += 1
            continue
        kind = kinds[f"{result['object']['apiVersion']} {result['object']['kind']}"]
        kind["documents"] += 1
        kind[result["verdict"]] += 1
        kind["asking"] += bool(result["demand"])
        for line in result["demand"]:
            # A claim goes by its name in the pod, which says nothing.
            named = "/" in line["resource"] or line["resource"] in ("gpu-fraction", "gpu-memory")
            count, row = devices(line), resources[line["resource"] if named else "(claims)"]
            row["places"] += 1
            row["devices" if count is not None else "unknown"] += 1 if count is None else count
        if result["patch"]:
            rewrites[rewritten_to(result)] += 1
        for name in {f"{finding['policy']}/{finding['rule']} {finding['action']}" for finding in result["findings"]}:
            findings[name] += 1
    lines = ["kind\tname\tdocuments\tasking\trewritten\tdenied"]
    # Of kinds that nothing is asked in, only those that are judged say something.
    others = collections.Counter()
    for name, row in sorted(kinds.items()):
        if row["asking"] or row["Denied"] or row["Allowed"] or name.startswith("("):
            lines.append(f"kind\t{name}\t{row['documents']}\t{row['asking']}\t{row['Rewritten']}\t{row['Denied']}")
        else:
            others.update(documents=row["documents"], kinds=1)
    lines.append(f"kind\t({others['kinds']} other kinds)\t{others['documents']}\t0\t0\t0")
    lines.append("demand\tresource\tplaces\tdevices\tunknown")
    lines += [f"demand\t{name}\t{row['places']}\t{row['devices']}\t{row['unknown']}"
              for name, row in sorted(resources.items())]
    lines.append("rewritten\tto\tdocuments")
    lines += [f"rewritten\t{name}\t{count}" for name, count in sorted(rewrites.items())]
    lines.append("finding\trule\tdocuments")
    lines += [f"finding\t{name}\t{count}" for name, count in sorted(findings.items())]
    (before, priced), (after, _) = money(results, "before"), money(results, "after")
    lines.append("dollars\tpriced\tbefore\tafter\tsaved")
    lines.append(f"dollars\t{priced}\t{before:.2f}\t{after:.2f}\t{before - after:.2f}")
    return lines


def compare(results, corpus, kept, update):
    """Problems: what differs from the table that is kept for this corpus."""
    lines = [f"index.tsv\t{hashlib.sha256((corpus / 'index.tsv').read_bytes()).hexdigest()}"] + summarise(results)
    if update:
        kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return []
    known = kept.read_text(encoding="utf-8").splitlines()
    if known[0] != lines[0]:
        print("\n".join(lines) + f"\nanother corpus than that of {os.path.basename(kept)}: not compared with it")
        return []
    differences = [line for line in difflib.unified_diff(known, lines, "kept", "found", lineterm="", n=0)]
    return [f"summary: {line}" for line in differences]
