# SPDX-License-Identifier: Apache-2.0
"""Starting, watching and ending the processes of a run.

Every process is ended by its own id, by the run that started it. All waiting
is polling with an end: wait_until() returns the first true answer or raises
with what was awaited.
"""

import os
import signal
import socket
import subprocess
import time


class Failed(Exception):
    """The lab itself could not be set up; no verdict on the product."""


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(answer, what, seconds=30.0, interval=0.1):
    """The first true value of answer(), asked until `seconds` have passed."""
    end = time.monotonic() + seconds
    while True:
        value = answer()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still waiting after {seconds:g} s: {what}")
        time.sleep(interval)


class Process:
    """One child in its own session, its output appended to LOGS/name.log."""

    def __init__(self, name, argv, logs, env=None):
        self.name = name
        self.log_path = os.path.join(logs, name + ".log")
        with open(self.log_path, "ab") as log:
            self._child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True)

    def wait_ready(self, answer, seconds=60.0):
        """Waits for answer(); a child that ends first is reported with its log."""
        def ready_or_dead():
            if self._child.poll() is not None:
                raise Failed(f"{self.name} ended with {self._child.returncode}:\n{self.tail()}")
            return answer()
        try:
            wait_until(ready_or_dead, f"{self.name} is ready", seconds)
        except AssertionError as error:
            raise Failed(f"{error}\n{self.tail()}") from None

    def tail(self, lines=15):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def stop(self, seconds=30.0):
        """SIGTERM, then SIGKILL past `seconds`; returns the exit code."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._child.returncode

    def kill(self):
        self._child.kill()
        self._child.wait()
