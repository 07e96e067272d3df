#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents agree with the tree: relative links and their anchors resolve, commands that README names exist,
diagnostics.md has a row for each code, and decisions are numbered once."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*(```|~~~)")
CODE_ROW = re.compile(r'\{DocCode::\w+,\s*"(TG\d{4})",\s*"([\w-]+)",\s*"((?:[^"\\]|\\.)*)",\s*"(\w+)"\}')
COMMAND = re.compile(r"(?:^|[\s`(])((?:scripts|tests|build)/[\w./-]+)")
SUBCOMMAND = re.compile(r"\btollgate ([a-z]+)\b")


def tracked(pattern):
    run = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    out = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in out.split("\n") if name and (ROOT / name).is_file()]


def prose(path):
    """Lines outside of fenced blocks, with their numbers."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(path):
    """As GitHub makes them: explicit ids, and headings in lower case without punctuation."""
    found = set()
    for _, line in prose(path):
        found.update(re.findall(r'<a id="([\w-]+)">', line))
        if match := re.match(r"#+\s+(.*)", line):
            words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).lower()
            found.add(re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-"))
    return found


def check_links(path, problems):
    for number, line in prose(path):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            where = f"{path.relative_to(ROOT)}:{number}"
            if not to.exists():
                problems.append(f"{where}: {target} does not exist")
            elif not to.is_relative_to(ROOT):
                problems.append(f"{where}: {target} leaves the repository")
            elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                problems.append(f"{where}: {name or path.name} has no anchor #{anchor}")


def check_commands(path, problems):
    """Files that are named as commands exist, and `tollgate WORD` is a command of the command line."""
    known = set(re.findall(r'command\(\s*"([a-z]+)"', (ROOT / "cli/command_line.cpp").read_text(encoding="utf-8")))
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        where = f"{path.relative_to(ROOT)}:{number}"
        for name in COMMAND.findall(line):
            if not name.startswith("build/") and not (ROOT / name.rstrip(".")).exists():
                problems.append(f"{where}: {name} does not exist")
        if path == ROOT / "README.md":
            for span in re.findall(r"`([^`]+)`", line) + ([line] if line.startswith("    ") else []):
                problems += [f"{where}: tollgate has no command '{word}'"
                             for word in SUBCOMMAND.findall(span) if word not in known]
    if not known:
        problems.append("cli/command_line.cpp: no command found in it")


def check_diagnostics(problems):
    text = (ROOT / "docs/diagnostics.md").read_text(encoding="utf-8")
    codes = CODE_ROW.findall((ROOT / "policies/codes.cpp").read_text(encoding="utf-8"))
    if len(codes) < 10:
        problems.append("policies/codes.cpp: its rows could not be read")
    for code, name, means, anchor in codes:
        if f'| <a id="{anchor}"></a>{code} | {name} | {means} |' not in text:
            problems.append(f"docs/diagnostics.md: no row that says '{code} | {name} | {means}' at #{anchor}")
    for code in sorted(set(re.findall(r"\bTG\d{4}\b", text)) - {row[0] for row in codes}):
        problems.append(f"docs/diagnostics.md: {code} is no code of policies/codes.cpp")


def check_decisions(problems):
    numbers = {}
    for path in sorted((ROOT / "docs/decisions").glob("[0-9]*.md")):
        number = int(path.name[:4])
        if number in numbers:
            problems.append(f"docs/decisions: {path.name} and {numbers[number]} have one number")
        numbers[number] = path.name
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        if not re.match(rf"# (ADR )?0*{number}[.:]? ", first):
            problems.append(f"docs/decisions/{path.name}: its title should begin with '# {number}. '")


def main() -> int:
    problems = []
    pages = tracked("*.md")
    for page in pages:
        check_links(page, problems)
        check_commands(page, problems)
    check_diagnostics(problems)
    check_decisions(problems)
    for problem in problems:
        print(problem)
    print(f"docs: {len(pages)} pages, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
