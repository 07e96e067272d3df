# SPDX-License-Identifier: Apache-2.0
"""Runs the end-to-end cases; see README.md. Called by run.sh."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

from cases import PHASES
from harness.cases import Tally
from harness.lab import Lab
from harness.process import Failed


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description="End-to-end tests against a real control plane.")
    parser.add_argument("--tollgate", metavar="PATH", default=os.environ.get("TOLLGATE_BIN"),
                        help="the binary under test (default: $TOLLGATE_BIN)")
    parser.add_argument("--controlplane", metavar="PATH", help=argparse.SUPPRESS)  # run.sh knows it
    parser.add_argument("--only", metavar="TEXT", default="", help="run only cases whose name contains TEXT")
    parser.add_argument("--logs", metavar="DIR", help="keep the logs here, also when all is well")
    options = parser.parse_args()
    if not options.tollgate:
        parser.error("which binary? --tollgate PATH or TOLLGATE_BIN")
    options.tollgate = shutil.which(os.path.abspath(options.tollgate)) or parser.error(
        f"{options.tollgate} is not an executable")
    return options


def run(options, folder, logs):
    """The number of failed cases; the summary is the last line of stdout."""
    started = time.monotonic()
    lab, tally = Lab(options.controlplane, options.tollgate, folder, logs), Tally()
    try:
        lab.cluster.start()
        print(f"-- control plane ready after {time.monotonic() - started:.0f} s", flush=True)
        for phase in PHASES:
            tally.run(phase, lab, options.only)
    finally:
        lab.stop()
    print(f"-- {time.monotonic() - started:.0f} s in all")
    if tally.failed:
        print(f"-- logs: {logs}")
    print(f"{tally.passed} passed, {tally.failed} failed", flush=True)
    if tally.passed + tally.failed == 0:
        raise Failed(f"no case is named like {options.only!r}")
    return tally.failed


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` ends the children
    folder = tempfile.mkdtemp(prefix="tollgate-e2e-")
    logs = os.path.abspath(options.logs) if options.logs else os.path.join(folder, "logs")
    os.makedirs(logs, exist_ok=True)
    failed = True
    try:
        failed = run(options, folder, logs) > 0
    except Failed as error:
        print(f"the lab could not be set up: {error}\nlogs: {logs}", file=sys.stderr)
        return 3
    finally:
        if not failed:
            shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
