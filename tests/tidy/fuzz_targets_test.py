#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every function that reads foreign text has a fuzz target that calls it, and every target has seeds.

A reader of foreign text is a function in a header whose name says that it reads (parse, read_..., decode_..., load_...,
inspect...) and that takes a text called by what it holds (text, body, pem, pointer, ...), not the name of a file."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOORS = ("engine", "policies", "certs", "webhook", "cluster")
HOLDS = r"(?:text|body|pem|pointer|segment|schedule|query|stream|source|name)"
TEXT = r"(?:std::string_view|const std::string&|const SourceText&)"
READER = re.compile(r"^[^/\n]*?[\w>&]\s+((?:parse|read|decode|load|inspect|shortest)(?:_\w+)?)\(([^;{]*?" + TEXT + r"\s+" + HOLDS + r"\b[^;{]*)\)\s*;",
                    re.M)
# Words of the command line, or of our own tables: nobody else writes them.
OWN_WORDS = {"parse_log_format", "read_file", "load_paths"}


def bare(text):
    return re.sub(r"//[^\n]*|= \{\}", "", text)


def main():
    readers = {}
    for floor in FLOORS:
        for header in sorted((ROOT / floor).rglob("*.hpp")):
            for match in READER.finditer(bare(header.read_text(encoding="utf-8"))):
                if match.group(1) not in OWN_WORDS:
                    readers.setdefault(match.group(1), header.relative_to(ROOT))
    folder = ROOT / "tests/fuzz"
    targets = {path.stem: bare(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*_fuzz.cpp"))}
    problems = []
    for reader, header in sorted(readers.items()):
        if not any(re.search(rf"\b{reader}\(", text) for text in targets.values()):
            problems.append(f"{header}: {reader}() reads foreign text, and no tests/fuzz/*_fuzz.cpp calls it")
    for target in targets:
        name = target.removesuffix("_fuzz")
        if not (folder / f"{name}.cmake").is_file():
            problems.append(f"tests/fuzz/{target}.cpp: no {name}.cmake, so nobody builds it")
        if not any((folder / "corpus" / name).glob("*")):
            problems.append(f"tests/fuzz/corpus/{name}: no seeds")
    if len(readers) < 12:
        problems.append(f"only {len(readers)} readers found: the pattern no longer fits how they are declared")
    for problem in problems:
        print(problem)
    print(f"fuzz targets: {len(targets)} for {len(readers)} readers ({', '.join(sorted(readers))}), {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
