#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house's arrows: every #include of the product is read against the table below.

Fails on an upward arrow, on a third-party header outside the rooms that may use it, and on a cycle between files.
There is no list of exceptions.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
if ROOT.is_file():
    ROOT = ROOT.parents[2]

# room -> rooms it may include besides itself. A higher room may include any lower one.
BASE = {"engine/base"}
GPU = BASE | {"engine/gpu"}
WORKLOAD = GPU | {"engine/workload"}
FLEET = GPU | {"engine/fleet", "engine/workload"}
COST = WORKLOAD | FLEET | {"engine/cost"}
PLAN = COST | {"engine/plan"}
VAP = BASE | {"engine/cel", "engine/vap"}
RULES = PLAN | {"engine/cel", "engine/patch", "engine/vap", "engine/rules"}
DECIDE = RULES | VAP | {"engine/decide"}
NET = BASE | {"webhook/telemetry", "webhook/net"}
ARROWS = {
    "engine/base": BASE,
    "engine/gpu": GPU,
    "engine/cel": BASE | {"engine/cel"},
    "engine/vap": VAP,
    "engine/patch": BASE | {"engine/patch"},
    "engine/workload": WORKLOAD,
    "engine/fleet": FLEET,
    "engine/cost": COST,
    "engine/plan": PLAN,
    "engine/rules": RULES,
    "engine/decide": DECIDE,
    "policies": DECIDE | {"policies"},
    "certs": BASE | {"certs"},
    "webhook/telemetry": BASE | {"webhook/telemetry"},
    "webhook/net": NET,
    "webhook/admission": DECIDE | NET | {"webhook/admission"},
    "webhook/admin": DECIDE | NET | {"webhook/admin"},
    "webhook/dashboard": DECIDE | NET | {"webhook/dashboard"},
}
ARROWS["cluster"] = DECIDE | NET | {"policies", "certs", "cluster"}
ARROWS["cli"] = set().union(*ARROWS.values()) | {"cli"}

# third-party prefix -> rooms that may include it (a room's name, or a floor that ends in "/")
THIRD_PARTY = {
    "boost/": ["webhook/net"],
    "openssl/": ["webhook/net", "certs"],
    "yaml-cpp/": ["policies"],
    "boost/multiprecision/": ["engine/cel"],
    "re2/": ["engine/", "policies", "cli"],
    "nlohmann/": ["engine/", "policies", "webhook/", "cluster", "cli"],
    "tl/": ["engine/base"],
    "CLI/": ["cli"],
    "catch2/": [],
    "benchmark/": [],
}
ONE_FILE = {"yaml-cpp/": 1, "CLI/": 1}  # headers that may be included by so many files in all
# What the engine must never touch: the clock (<chrono>'s calendar is no clock), files, threads, the environment.
ENGINE_BANNED_HEADERS = {"thread", "mutex", "condition_variable", "fstream", "filesystem", "iostream", "ctime",
                         "future", "shared_mutex", "unistd.h", "sys/socket.h", "fcntl.h", "semaphore", "stop_token"}
ENGINE_BANNED_WORDS = re.compile(r"\b(\w+_clock|std::getenv|getenv|fopen|std::random_device|time\(nullptr\)|gettimeofday|clock_gettime)\b")
# asio behind its own door: these webhook rooms must not see it
INCLUDE = re.compile(r'^\s*#\s*include\s+(<([^>]+)>|"([^"]+)")', re.M)


def room_of(path: str):
    best = ""
    for room in ARROWS:
        if path.startswith(room + "/") and len(room) > len(best):
            best = room
    return best


def sources():
    for floor in ("engine", "policies", "certs", "webhook", "cluster", "cli"):
        base = ROOT / floor
        if base.is_dir():
            yield from sorted(p for p in base.rglob("*") if p.suffix in (".hpp", ".cpp"))


def main() -> int:
    problems, graph, uses = [], {}, {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        room = room_of(name)
        text = path.read_text(encoding="utf-8")
        if not room:
            problems.append(f"{name}: stands in no room of the house (tests/tidy/layers_test.py lists them)")
            continue
        if room.startswith("engine/") and ENGINE_BANNED_WORDS.search(text):
            problems.append(f"{name}: the engine has no environment, files or clock")
        for match in INCLUDE.finditer(text):
            third, own = match.group(2), match.group(3)
            line = text.count("\n", 0, match.start()) + 1
            if own is not None:
                graph.setdefault(name, set()).add(own)
                target = room_of(own)
                if not target and not own.startswith("generated/"):
                    problems.append(f"{name}:{line}: \"{own}\" is not written from the root")
                elif target and target not in ARROWS[room]:
                    problems.append(f"{name}:{line}: {room} must not include {own} (an upward arrow)")
                continue
            if room.startswith("engine/") and third in ENGINE_BANNED_HEADERS:
                problems.append(f"{name}:{line}: <{third}> is not for the engine")
            if third == "nlohmann/json.hpp" and path.suffix == ".hpp":
                problems.append(f"{name}:{line}: <{third}> stays out of headers (json_fwd.hpp)")
            # The longest prefix that fits decides.
            for prefix in [p for p in sorted(THIRD_PARTY, key=len, reverse=True) if third.startswith(p)][:1]:
                uses.setdefault(prefix, set()).add(name)
                if not any(room == r or (r.endswith("/") and room.startswith(r)) for r in THIRD_PARTY[prefix]):
                    problems.append(f"{name}:{line}: <{third}> is not for {room}")
    for prefix, most in ONE_FILE.items():
        if len(uses.get(prefix, ())) > most:
            problems.append(f"<{prefix}...> is included by {sorted(uses[prefix])}; at most {most} file may")
    problems += cycles(graph)
    for problem in problems:
        print(problem)
    print(f"layers: {len(graph)} files, {len(problems)} problems")
    return 1 if problems else 0


def cycles(graph):
    found, state = [], {}

    def visit(node, trail):
        state[node] = 1
        for target in sorted(graph.get(node, ())):
            if state.get(target) == 1:
                found.append("cycle: " + " -> ".join(trail[trail.index(target):] + [target]))
            elif target not in state:
                visit(target, trail + [target])
        state[node] = 2

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
    return found


if __name__ == "__main__":
    sys.exit(main())
