# SPDX-License-Identifier: Apache-2.0
"""One `tollgate serve` as a child: started on free ports, found by its own log line, ended by its own process id."""

import http.client
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import threading
import time

DEADLINE = 30.0


def wait_until(answer, what):
    """The first true value of answer()."""
    end = time.monotonic() + DEADLINE
    while True:
        value = answer()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still waiting after {DEADLINE:g} s: {what}")
        time.sleep(0.02)


class Server:
    def __init__(self, binary, *flags, ca=None):
        self.lines = []
        self.ca = ca
        self.reads = threading.Event()  # while it is not set, nobody reads standard error
        self.reads.set()
        self._descriptors = None
        drain = () if "--drain" in flags else ("--drain", "0s")
        self._child = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", *drain, *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        serving = wait_until(lambda: self.log("serving") or self._dead(), "the line that says where it serves")
        self.port = int(serving["listen"].rsplit(":", 1)[1])
        self.admin_port = int(serving["admin"].rsplit(":", 1)[1])

    def _read(self):
        for line in self._child.stderr:
            self.lines.append(line.rstrip("\n"))
            self.reads.wait()

    def _dead(self):
        if self._child.poll() is not None:
            raise AssertionError(f"serve ended with {self._child.returncode}: {self.lines}")
        return None

    def logs(self, message):
        """All log lines with this message, parsed; every line must be JSON."""
        return [entry for entry in map(json.loads, list(self.lines)) if entry["msg"] == message]

    def log(self, message):
        """The last of them."""
        found = self.logs(message)
        return found[-1] if found else None

    # ---- the webhook

    def connect(self):
        context = ssl.create_default_context(cafile=self.ca) if self.ca else ssl._create_unverified_context()
        return http.client.HTTPSConnection("localhost" if self.ca else "127.0.0.1", self.port, timeout=10, context=context)

    def request(self, method, path, body=None, headers=None, connection=None):
        """(status, headers, body) of one request."""
        own = connection or self.connect()
        try:
            own.request(method, path, body, {"Content-Type": "application/json"} if headers is None else headers)
            reply = own.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read().decode()
        finally:
            if connection is None:
                own.close()

    def review(self, phase, obj, connection=None, **more):
        """The `response` of one review."""
        status, _, body = self.request("POST", f"/{phase}?timeout=5s", json.dumps(review_of(obj, **more)), connection=connection)
        assert status == 200, f"{status}: {body}"
        answer = json.loads(body)
        assert answer["apiVersion"] == "admission.k8s.io/v1" and answer["kind"] == "AdmissionReview", body
        return answer["response"]

    # ---- the admin port

    def admin(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def metric(self, name):
        """The sum over all series of one metric."""
        status, text = self.admin("/metrics")
        assert status == 200
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith(name + " ") or line.startswith(name + "{"))

    # ---- life

    def signal(self, number):
        self._child.send_signal(number)

    def wait(self):
        code = self._child.wait(DEADLINE)
        self.reads.set()
        self._reader.join(DEADLINE)
        self._child.stderr.close()
        return code

    def stop(self):
        if self._child.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def starve(self, on):
        """No file can be opened any more, while what is open stays; or as before."""
        if on:
            self._descriptors = resource.prlimit(self._child.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(self._child.pid, resource.RLIMIT_NOFILE, (1, self._descriptors[1]))  # poll() of one needs one
        else:
            resource.prlimit(self._child.pid, resource.RLIMIT_NOFILE, self._descriptors)

    def threads(self):
        return len(os.listdir(f"/proc/{self._child.pid}/task"))


def review_of(obj, uid="u-1", operation="CREATE", user="ada", **more):
    version = obj["apiVersion"].rpartition("/")
    kind = {"group": version[0], "version": version[2], "kind": obj["kind"]}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": uid, "kind": kind, "operation": operation, "namespace": obj["metadata"].get("namespace", "default"),
        "name": obj["metadata"].get("name", ""), "userInfo": {"username": user}, "object": obj, **more}}


def gpu_pod(count=1, name="trainer", **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "research"},
            "spec": {"containers": [{"name": "main", "image": "registry.example/train:1",
                                     "env": [{"name": "TOKEN", "value": "hunter2"}],
                                     "resources": {"limits": {"nvidia.com/gpu": str(count)}}}], **spec}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
