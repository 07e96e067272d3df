#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate usage import` against servers that answer as told: what goes wrong, and how it is said.

  canned_test.py TOLLGATE [unittest arguments]"""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

NOW = "2026-11-22T00:00:00Z"
END = 1795305600
DEVICE = {"namespace": "serve", "pod": "web-0", "container": "main", "UUID": "GPU-1"}


def vector(*series):
    return {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": labels, "value": [END, value]} for labels, value in series]}}


def recorded(query, labels):
    """As a small Prometheus would: the metric that a question names first decides."""
    if "timestamp(DCGM" in query:
        return vector((labels, str(END - 86400 if query.startswith("min") else END)))
    for metric, value in (("kube_", None), ("count_over_time(DCGM_FI_DEV_FB_USED", "288"),
                          ("max_over_time(DCGM_FI_DEV_FB_USED", "8000.2"), ("GR_ENGINE", "NaN"), ("GPU_UTIL", "50")):
        if metric in query:
            return vector((labels, value)) if value else vector()
    return vector()


class Canned(unittest.TestCase):
    def setUp(self):
        test = self
        self.asked, self.headers, self.paths = [], [], []
        self.answer = lambda query: (200, recorded(query, DEVICE))

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = urllib.parse.parse_qs(body)
                test.asked.append(form)
                test.headers.append(self.headers)
                test.paths.append(self.path)
                status, answer = test.answer(form["query"][0])
                text = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
                self.send_response(status)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for part in (text[:7], text[7:]):
                        if part:
                            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                    self.wfile.write(b"0\r\n\r\n")
                except ConnectionError:
                    self.close_connection = True  # who asked has had enough

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def imported(self, *arguments, url=None):
        done = subprocess.run([TOLLGATE, "usage", "import", "--prometheus", url or self.url, "--now", NOW, *arguments],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def refused(self, code, text, *arguments, url=None):
        got, out, err = self.imported(*arguments, url=url)
        self.assertEqual((got, out), (code, ""), err)
        self.assertIn(text, err)

    def test_what_it_asks_and_writes(self):
        code, out, err = self.imported()
        self.assertEqual(code, 0, err)
        self.assertEqual(len(self.asked), 15)
        self.assertEqual({form["time"][0] for form in self.asked}, {str(END)})
        self.assertEqual(set(self.paths), {"/api/v1/query"})
        self.assertIn("DCGM_FI_DEV_FB_USED[1209600s]", self.asked[0]["query"][0])
        self.assertIn("    name: web\n    container: main\n    peakMemory: 8001Mi\n    activity: {max: 0.5, mean: 0.5}\n"
                      "    samples: 288\n    pods: 1\n", out)

    def test_a_mig_instance_has_no_gpu_util(self):
        self.answer = lambda query: (200, recorded(query, {**DEVICE, "GPU_I_ID": "1"}))
        code, out, err = self.imported()
        self.assertEqual(code, 0, err)
        self.assertIn("mig: true", out)
        self.assertNotIn("activity", out.split("spec:")[1])

    def test_a_path_and_a_token(self):
        with tempfile.TemporaryDirectory() as folder:
            token = pathlib.Path(folder) / "token"
            token.write_text("s3cret\n")
            code, _, err = self.imported("--token-file", str(token), url=self.url + "/prometheus/")
            self.assertEqual(code, 0, err)
            self.assertEqual(self.headers[0]["Authorization"], "Bearer s3cret")
            self.assertEqual(set(self.paths), {"/prometheus/api/v1/query"})
            token.write_text("two words\n")
            self.refused(2, "a token is one word", "--token-file", str(token))

    def test_nothing_recorded(self):
        self.answer = lambda query: (200, vector())
        self.refused(2, "no series DCGM_FI_DEV_FB_USED in the 14d before 2026-11-22T00:00:00Z. Does it scrape dcgm-exporter")

    def test_no_pod_named(self):
        self.answer = lambda query: (200, recorded(query, {"UUID": "GPU-1"}))
        self.refused(2, "names a pod. Run dcgm-exporter with DCGM_EXPORTER_KUBERNETES=true")

    def test_refusals(self):
        self.answer = lambda query: (422, {"status": "error", "errorType": "execution",
                                           "error": "query processing would load too many samples into memory"})
        self.refused(3, "Prometheus refused the query: execution: query processing would load too many samples")
        self.answer = lambda query: (401, "no")
        self.refused(3, "HTTP status 401; a token that may read goes into --token-file")
        self.answer = lambda query: (404, "<html>")
        self.refused(3, "HTTP status 404; does --prometheus lack a path")
        self.answer = lambda query: (200, "<html>")
        self.refused(3, "the answer is not JSON, so this is no Prometheus")
        self.answer = lambda query: (200, {"kind": "Status"})
        self.refused(3, "the answer has no status and data, so this is no Prometheus")

    def test_an_answer_that_does_not_end(self):
        self.answer = lambda query: (200, " " * (65 * 1024 * 1024))
        self.refused(3, "the reply is longer than 67108864 bytes")

    def test_not_there(self):
        self.server.shutdown()
        self.server.server_close()
        self.refused(3, "Connection refused")

    def test_words_that_are_wrong(self):
        for url, text in (("127.0.0.1:9090", "no http:// or https:// URL"), ("http://a:b@127.0.0.1", "use --token-file"),
                          ("http://127.0.0.1:x", "names no host and port"), ("http://127.0.0.1/?a=b", "has a query")):
            self.refused(2, text, url=url)
        self.refused(2, "--window: ", "--window", "fortnight")
        self.refused(2, "--step: whole seconds, from 1s to 1h", "--window", "1h", "--step", "2h")
        self.refused(2, "--step: more than 11000 steps", "--step", "1s")
        self.assertEqual(self.asked, [])


if __name__ == "__main__":
    TOLLGATE = sys.argv.pop(1)
    unittest.main()
