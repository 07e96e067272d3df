#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile senders: slow ones by the hundred, liars about length, absurd timeouts. Whoever asks properly meanwhile is
answered, and so are the probes.

  connections_test.py TOLLGATE [unittest arguments]"""

import concurrent.futures
import json
import socket
import ssl
import unittest

from gate import GateTest, deadline, run
from server import gpu_pod, review_of, wait_until

BODY = json.dumps(review_of(gpu_pod(16))).encode()


class Senders(GateTest):
    flags = ("--request-timeout", "2s", "--max-connections", "300")

    def tls(self, patience=20):
        raw = socket.create_connection(("127.0.0.1", self.gate.port), timeout=patience)
        return ssl._create_unverified_context().wrap_socket(raw)

    def answer(self, connection):
        """All the server says until it closes."""
        said, left = b"", deadline()
        try:
            while True:
                connection.settimeout(left())
                part = connection.recv(65536)
                if not part:
                    break
                said += part
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            connection.close()
        return said.decode("latin-1")

    def refuses(self):
        status, reply, _ = self.gate.post("validate", BODY)
        self.assertEqual(status, 200, reply)
        self.assertFalse(json.loads(reply)["response"]["allowed"])

    def test_two_hundred_slow_senders(self):
        head = b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
        starts = (b"P", head, head + b"\r\n", head + b"\r\n" + BODY[:10])
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            slow = list(pool.map(lambda _: self.tls(), range(200)))
        for i, connection in enumerate(slow):
            connection.sendall(starts[i % len(starts)])
        self.assertEqual(self.gate.admin("/readyz")[0], 200)
        self.refuses()
        self.assertGreaterEqual(self.gate.metric("tollgate_connections"), 1)
        for connection in slow:
            said = self.answer(connection)
            self.assertTrue(said == "" or said.startswith("HTTP/1.1 408 "), said)
        self.refuses()
        wait_until(lambda: self.gate.metric("tollgate_connections") == 0, "all connections are gone")

    def test_handshakes_that_never_happen(self):
        silent = [socket.create_connection(("127.0.0.1", self.gate.port), timeout=20) for _ in range(100)]
        self.refuses()
        for connection in silent:
            connection.sendall(b"\x16\x03\x01\xff\xff")
        self.refuses()
        for connection in silent:
            connection.settimeout(20)
            try:
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass
            connection.close()

    def test_lies_about_the_length(self):
        head = b"POST /validate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        for text, status in (
                (head + b"Content-Length: 8388608\r\n\r\n", "413"),
                (head + b"Content-Length: 99999999999999999999999\r\n\r\n", "4"),
                (head + b"Content-Length: -1\r\n\r\n", "400"),
                (head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "4"),
                (head + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", "4"),
                (head + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\nabc", "4"),
                (head + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "415")):
            connection = self.tls()
            connection.sendall(text)
            said = self.answer(connection)
            self.assertTrue(said.startswith("HTTP/1.1 " + status), (text, said[:200]))
        self.refuses()

    def test_bodies_around_the_limit(self):
        limit = 7 * 1024 * 1024
        pad = json.dumps(review_of(gpu_pod(16)))
        at_most = pad[:-1] + " " * (limit - len(pad)) + "}"
        status, reply, spent = self.gate.post("validate", at_most)
        self.assertEqual(status, 200, reply[:200])
        self.assertFalse(json.loads(reply)["response"]["allowed"])
        self.assertLess(spent, 2.0)
        self.assertEqual(self.gate.post("validate", at_most + " ")[0], 413)

    def test_chunks_without_end(self):
        connection = self.tls()
        connection.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(400):  # 25 MiB, were they wanted
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
        said = self.answer(connection)
        self.assertTrue(said == "" or said.startswith("HTTP/1.1 413 "), said[:200])
        self.refuses()

    def test_timeouts(self):
        for timeout in ("0s", "-1s", "99999h", "", "1", "s", "1ms1", "1e9s", "\u0660s".encode().hex(), "1s&timeout=2s",
                        "9" * 5000 + "h", "30s", "1.5s", "1h1m1s", "%31s"):
            status, reply, _ = self.gate.post("validate", BODY, f"timeout={timeout}")
            self.assertEqual(status, 200 if len(timeout) < 4000 else status, timeout)
            if status == 200:
                self.assertFalse(json.loads(reply)["response"]["allowed"], timeout)

    def test_no_time_at_all(self):
        """The review may not fit into it; whatever comes is an answer."""
        large = review_of(gpu_pod(16, initContainers=[{"name": f"i{i}", "image": "x"} for i in range(900)]))
        for timeout in ("1ns", "1us", "1ms", "2ms"):
            status, reply, _ = self.gate.post("validate", large, f"timeout={timeout}")
            self.assertEqual(status, 200, reply)
            self.assertIn("allowed", json.loads(reply)["response"])


if __name__ == "__main__":
    run()
