# SPDX-License-Identifier: Apache-2.0
"""Named cases, grouped in phases, one PASS or FAIL line each.

A phase is a state of the cluster: `arrange` brings it about, its cases run in
the order they are written in and may use what arrange left, never what another
case left: the scratch namespaces are swept after each. A case fails by
AssertionError (or any exception).
"""

import subprocess
import traceback
from dataclasses import dataclass, field
from typing import Callable

from harness.lab import Lab


@dataclass
class Phase:
    title: str
    needs: "Phase" = None  # the phase whose state this one goes on from
    arranged: bool = False
    arrange: Callable = lambda lab: None
    cases: list = field(default_factory=list)

    def case(self, name):
        def register(function):
            self.cases.append((name, function))
            return function
        return register

    def arranged_by(self, function):
        self.arrange = function
        return function


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, phase, lab, only=""):
        cases = [entry for entry in phase.cases if only in entry[0]]
        print(f"-- {phase.title}", flush=True)
        if phase.needs and not phase.needs.arranged:
            why_not = f"it goes on from: {phase.needs.title}"
        else:
            why_not = attempt(phase.arrange, lab)
        phase.arranged = not why_not
        if why_not:
            print(indent(f"the phase could not be arranged, so its cases fail:\n{why_not}"), flush=True)
        for name, function in cases:
            self._note(name, why_not and "not arranged" or attempt(function, lab))
            untidy = attempt(Lab.sweep, lab)
            if untidy:
                print(indent(f"what it left could not be removed:\n{untidy}"), flush=True)

    def _note(self, name, why):
        if why:
            self.failed += 1
            print(f"FAIL {name}\n{indent(why)}", flush=True)
        else:
            self.passed += 1
            print(f"PASS {name}", flush=True)


def attempt(function, lab):
    """Runs it; empty when it went well, else the reason."""
    try:
        function(lab)
        return ""
    except AssertionError as error:
        return str(error) or traceback.format_exc(limit=-1)
    except subprocess.TimeoutExpired as error:
        return str(error)
    except Exception:  # a case that breaks is a failed case, never the end of the run
        return traceback.format_exc(limit=-3)


def indent(text):
    return "\n".join("     " + line for line in text.strip().splitlines())
