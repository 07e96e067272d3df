#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every whole document that the pages show is one that Tollgate accepts: `tollgate lint` over each YAML block that begins
with an apiVersion of ours or of Kubernetes' admission policies, together with the policies it may name. A block that shows
one verb or a match is linted inside of a policy.

  docs_examples_test.py TOLLGATE"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
VERB = re.compile(r"(rightSize|replace|limits|lifetime|require):")
HEAD = "apiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: example}\nspec:\n"
EXPIRED = "TG0604"  # an example's end may lie behind us


def document_of(block):
    """The block as a whole document; "" for what is none of ours."""
    if block.startswith(("apiVersion: tollgate.dev/", "apiVersion: admissionregistration.k8s.io/")):
        return block
    if VERB.match(block):
        return HEAD + "  rules:\n  - name: example\n" + "".join(f"    {line}\n" for line in block.splitlines())
    if block.startswith("match:"):
        return HEAD + "".join(f"  {line}\n" for line in block.splitlines()) + \
            "  rules: [{name: example, limits: {gpusPerPod: 1}}]\n"
    return ""


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems, seen = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for page in PAGES:
            for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1):
                text = document_of(block)
                if not text:
                    continue
                seen += 1
                file = pathlib.Path(folder) / "example.yaml"
                file.write_text(text, encoding="utf-8")
                paths = [str(file)]
                if "kind: CostException" in text:
                    paths.append(str(ROOT / "policies/library"))
                run = subprocess.run([sys.argv[1], "lint", *paths], capture_output=True, text=True, timeout=60)
                said = run.stdout + run.stderr
                if run.returncode != 0 and EXPIRED not in said:
                    problems.append(f"{page.relative_to(ROOT)}, example {number}:\n{said}")
    if seen < 10:
        problems.append(f"only {seen} examples were found; is the pattern still right?")
    for problem in problems:
        print(problem)
    print(f"docs: {seen} examples, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
