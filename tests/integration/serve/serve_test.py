#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate serve` from outside: answers, refusals, reloads, pause, metrics, drain.

  serve_test.py TOLLGATE [unittest arguments]"""

import base64
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from server import Server, free_port, gpu_pod, review_of, wait_until

BINARY = ""

FLEET = """\
apiVersion: tollgate.dev/v1alpha1
kind: Fleet
metadata: {name: lab}
spec:
  pools:
  - name: h100
    gpu: NVIDIA-H100-80GB-HBM3
    gpusPerNode: 8
    allocatable: {cpu: 188, memory: 1900Gi}
    nodes: {min: 0, max: 4}
    price: 6.88
"""


def ceiling(pods, mode="Enforce"):
    return f"""\
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {{name: ceiling}}
spec:
  mode: {mode}
  match: {{kinds: [Pod]}}
  rules:
  - name: pod
    limits: {{gpusPerPod: {pods}}}
"""


ADMISSION = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: team-label}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps, pods]}
  validations:
  - expression: "has(object.metadata.labels) && 'team' in object.metadata.labels"
    messageExpression: "object.metadata.name + ' of ' + request.userInfo.username + ' names no team'"
    reason: Invalid
  auditAnnotations:
  - {key: who, valueExpression: "request.userInfo.username"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: team-label, validationActions: [ACTION]}
"""


def config_map(**labels):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "research",
                                                                  **({"labels": labels} if labels else {})}}


def notebook():
    """A pod that the embedded library rewrites."""
    pod = gpu_pod(1, nodeSelector={"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"})
    pod["metadata"].update(namespace="serve-chat", annotations={"tollgate.dev/gpu-memory": "6Gi"})
    pod["spec"]["containers"][0]["command"] = ["jupyter", "lab"]
    return pod


def admission_folder(test, folder, action):
    """A folder with the admission policy alone, under this action."""
    where = os.path.join(test.folder, folder)
    os.mkdir(where)
    pathlib.Path(where, "admission.yaml").write_text(ADMISSION.replace("ACTION", action), encoding="utf-8")
    return where


class Mount:
    """A folder as a kubelet mounts a ConfigMap: files are links through `..data`, swapped in one rename."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "mounted")
        self._count = 0
        os.mkdir(self.path)

    def write(self, files):
        self._count += 1
        data = f"..v{self._count}"
        os.mkdir(os.path.join(self.path, data))
        for name, text in files.items():
            pathlib.Path(self.path, data, name).write_text(text, encoding="utf-8")
        os.symlink(data, os.path.join(self.path, "..data_new"))
        os.rename(os.path.join(self.path, "..data_new"), os.path.join(self.path, "..data"))
        for name in files:
            if not os.path.islink(os.path.join(self.path, name)):
                os.symlink(os.path.join("..data", name), os.path.join(self.path, name))


class ServeTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = self._folder.name
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            server.stop()
        self._folder.cleanup()

    def serve(self, *flags, ca=None):
        server = Server(BINARY, *flags, ca=ca)
        self.servers.append(server)
        return server

    def mounted(self, **files):
        mount = Mount(self.folder)
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(4), **files})
        return mount

    def certificates(self, folder="certs"):
        where = os.path.join(self.folder, folder)
        done = subprocess.run([BINARY, "certs", "init", "--dir", where, "--dns", "localhost", "--ip", "127.0.0.1", "--force"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return where


class Answers(ServeTest):
    def test_starts_with_no_flags_and_answers(self):
        server = self.serve()
        self.assertEqual(server.admin("/healthz")[0], 200)
        self.assertEqual(server.admin("/readyz")[0], 200)
        self.assertIn("[+] progress\n", server.admin("/readyz?verbose")[1])
        self.assertEqual(server.admin("/healthz?verbose")[1], "[+] progress\nok\n")
        for phase in ("mutate", "validate"):
            response = server.review(phase, gpu_pod(16))
            self.assertEqual(response["uid"], "u-1")
            self.assertTrue(response["allowed"], "without -p nothing is enforced")
        self.assertTrue(server.review("validate", gpu_pod(16)).get("warnings"), "16 GPUs in one pod are worth a warning")
        line = server.log("no -p given: the embedded library and a sample fleet are used")
        self.assertEqual((line["fleet"], line["maxMode"]), ("aws", "Warn"))
        self.assertIn("embedded library and the sample fleet 'aws' at most in mode Warn", server.admin("/readyz?verbose")[1])

    def test_denies_and_says_why(self):
        server = self.serve("-p", self.mounted().path)
        self.assertTrue(server.review("validate", gpu_pod(4))["allowed"])
        response = server.review("validate", gpu_pod(8))
        self.assertFalse(response["allowed"])
        self.assertEqual(response["status"]["code"], 403)
        self.assertEqual(response["status"]["reason"], "Forbidden")
        self.assertIn("ceiling/pod", response["status"]["message"])
        self.assertIn("research", response["status"]["message"])
        self.assertEqual(len(response["status"]["details"]["causes"]), 1)
        self.assertNotIn("hunter2", json.dumps(response))
        self.assertTrue(server.review("mutate", gpu_pod(8))["allowed"], "/mutate never denies")

    def test_an_admission_policy_denies_in_the_words_of_the_api_server(self):
        server = self.serve("-p", self.mounted(**{"admission.yaml": ADMISSION.replace("ACTION", "Deny")}).path)
        response = server.review("validate", config_map())
        self.assertFalse(response["allowed"])
        self.assertEqual(response["status"]["message"], "ValidatingAdmissionPolicy 'team-label' with binding 'everywhere' "
                                                        "denied request: settings of ada names no team")
        self.assertEqual((response["status"]["code"], response["status"]["reason"]), (422, "Invalid"))
        self.assertEqual(response["status"]["details"]["causes"][0]["reason"], "team-label/validations[0]")
        self.assertEqual(response["auditAnnotations"]["team-label.who"], "ada", "a key has no slash of its own")
        self.assertTrue(server.review("validate", config_map(team="a"))["allowed"])
        self.assertTrue(server.review("mutate", config_map())["allowed"], "/mutate never denies")
        both = server.review("validate", gpu_pod(8))["status"]
        self.assertIn("ceiling/pod", both["message"], "what costs too much is said first")
        self.assertIn("trainer of ada names no team", both["message"])
        self.assertEqual(both["code"], 403)
        self.assertIn('tollgate_findings_total{policy="team-label",rule="validations[0]",action="Deny"} 2', server.admin("/metrics")[1])

    def test_admission_policies_warn_and_audit_and_are_held_to_the_gates_mode(self):
        warns = self.serve("-p", self.mounted(**{"admission.yaml": ADMISSION.replace("ACTION", "Warn")}).path)
        response = warns.review("validate", config_map())
        self.assertTrue(response["allowed"])
        self.assertIn("Validation failed for ValidatingAdmissionPolicy 'team-label' with binding 'everywhere'",
                      response["warnings"][0])
        held = self.serve("-p", admission_folder(self, "held", "Deny"), "--max-mode", "Audit")
        response = held.review("validate", config_map())
        self.assertTrue(response["allowed"])
        self.assertNotIn("warnings", response)
        self.assertIn("names no team", response["auditAnnotations"]["validation_failure"])

    def test_a_policy_without_a_binding_has_no_effect_and_that_is_said(self):
        server = self.serve("-p", self.mounted(**{"admission.yaml": ADMISSION.split("---")[0]}).path)
        self.assertTrue(server.review("validate", config_map())["allowed"])
        self.assertTrue(any("no ValidatingAdmissionPolicyBinding names policy 'team-label'" in line for line in server.lines),
                        server.lines)

    def test_rewrites_by_a_patch_that_applies(self):
        server = self.serve("--max-mode", "Enforce")
        response = server.review("mutate", notebook())
        self.assertEqual(response.get("patchType"), "JSONPatch", response)
        patch = json.loads(base64.b64decode(response["patch"]))
        self.assertTrue(all(op["op"] in ("add", "replace", "remove", "test") for op in patch), patch)
        self.assertTrue(any("resources" in op["path"] or "nodeSelector" in op["path"] for op in patch), patch)

    def test_many_reviews_on_one_connection(self):
        server = self.serve("-p", self.mounted().path)
        connection = server.connect()
        for i in range(50):
            response = server.review("validate", gpu_pod(8 if i % 2 else 2), connection=connection, uid=f"u-{i}")
            self.assertEqual(response["uid"], f"u-{i}")
            self.assertEqual(response["allowed"], i % 2 == 0)
        connection.close()


class Refusals(ServeTest):
    def test_each_bad_input_has_its_answer_and_the_connection_lives(self):
        server = self.serve("--max-depth", "32")
        connection = server.connect()
        deep = gpu_pod()
        deep["metadata"]["annotations"] = json.loads("[" * 40 + "]" * 40)
        for body, reason in ((b"{", "JSON"), (b"{}", "AdmissionReview"), (b'{"kind":"AdmissionReview"}', "apiVersion"),
                             (json.dumps(review_of(gpu_pod(), uid="")).encode(), "uid"),
                             (json.dumps(review_of(deep)).encode(), "deep")):
            status, _, text = server.request("POST", "/validate", body, connection=connection)
            self.assertEqual((status, text.count("\n")), (400, 1), text)
            self.assertIn(reason, text)
        self.assertEqual(server.request("GET", "/validate", connection=connection)[0], 405)
        self.assertEqual(server.request("POST", "/nowhere", b"{}", connection=connection)[0], 404)
        self.assertEqual(server.request("POST", "/validate", b"{}", {"Content-Type": "text/plain"}, connection)[0], 415)
        self.assertTrue(server.review("validate", gpu_pod(), connection=connection)["allowed"])
        connection.close()

    def test_too_large_is_413(self):
        server = self.serve("--max-body", "4096")
        self.assertEqual(server.request("POST", "/validate", b" " * 5000)[0], 413)
        self.assertTrue(server.review("validate", gpu_pod())["allowed"])

    def test_past_max_in_flight_is_429(self):
        server = self.serve("--max-in-flight", "1", "--request-timeout", "20s")
        context = ssl._create_unverified_context()
        slow = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 10))
        slow.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        try:
            def shed():
                status, headers, _ = server.request("POST", "/validate", b"{}")
                return status == 429 and "Retry-After" in headers
            wait_until(shed, "a second request is turned away")
            self.assertGreaterEqual(server.metric("tollgate_requests_shed_total"), 1)
        finally:
            slow.close()
        wait_until(lambda: server.request("POST", "/validate", b"{}")[0] == 400, "the place is free again")


class CommandLine(ServeTest):
    def run_serve(self, *flags):
        listen = () if "--listen" in flags else ("--listen", "127.0.0.1:0")
        done = subprocess.run([BINARY, "serve", *listen, "--admin", "127.0.0.1:0", *flags],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    def test_a_bad_document_is_shown_with_its_place(self):
        mount = self.mounted(**{"policy.yaml": ceiling(4).replace("gpusPerPod", "gpusPerPot")})
        code, text = self.run_serve("-p", mount.path)
        self.assertEqual(code, 2, text)
        self.assertRegex(text, r"policy\.yaml:\d+:\d+: error\[TG\d+\]")
        self.assertIn("gpusPerPod", text)

    def test_policies_that_need_namespaces_are_refused_without_them(self):
        policy = ceiling(4).replace("{kinds: [Pod]}", "{namespaceSelector: {matchLabels: {tier: research}}}")
        mount = self.mounted(**{"policy.yaml": policy})
        code, text = self.run_serve("-p", mount.path)
        self.assertEqual(code, 2, text)
        self.assertRegex(text, r"policy\.yaml:6:11: error\[TG0407\]: spec\.match\.namespaceSelector asks for labels of namespaces")
        namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: research, labels: {tier: research}}\n"
        mount.write({"fleet.yaml": FLEET, "policy.yaml": policy, "namespaces.yaml": namespace})
        server = self.serve("-p", mount.path)
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"])

    def test_bad_flags(self):
        for flags in (("--listen", "nonsense"), ("--drain", "soon"), ("--max-depth", "1"), ("--tls-cert", "only.crt"),
                      ("--nonsense",), ("--log-format", "xml")):
            code, text = self.run_serve(*flags)
            self.assertEqual(code, 2, f"{flags}: {text}")
        code, text = self.run_serve("--tls-cert", "/nonexistent.crt", "--tls-key", "/nonexistent.key")
        self.assertEqual(code, 3, text)
        self.assertIn("nonexistent.crt", text)

    def test_a_taken_port_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, text = self.run_serve("--listen", f"127.0.0.1:{port}")
            self.assertEqual(code, 3, text)
            self.assertIn(str(port), text)


class Reload(ServeTest):
    def test_a_swapped_mount_is_in_force_soon(self):
        mount = self.mounted()
        server = self.serve("-p", mount.path)
        before = server.admin("/metrics")[1]
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"])
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(8)})
        wait_until(lambda: server.review("validate", gpu_pod(8))["allowed"], "the new ceiling is in force")
        self.assertEqual(server.metric("tollgate_snapshot_reload_total"), 1)
        digest = [line for line in before.splitlines() if line.startswith("tollgate_snapshot_info")]
        self.assertEqual(len(digest), 1)
        self.assertNotIn(digest[0], server.admin("/metrics")[1])

    def test_a_bad_reload_keeps_the_last_good_documents(self):
        mount = self.mounted()
        server = self.serve("-p", mount.path)
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(8).replace("limits", "limitz")})
        wait_until(lambda: server.metric("tollgate_snapshot_reload_total") == 1, "the reload is refused")
        self.assertIn('result="refused"', server.admin("/metrics")[1])
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"], "the old ceiling holds")
        status, text = server.admin("/readyz?verbose")
        self.assertEqual(status, 200)
        self.assertIn("refused", text)
        self.assertIn("policy.yaml:", text)
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(8)})
        wait_until(lambda: server.review("validate", gpu_pod(8))["allowed"], "a good reload follows a bad one")
        self.assertNotIn("refused", server.admin("/readyz?verbose")[1])

    def test_an_emptied_directory_opens_nothing(self):
        mount = self.mounted()
        server = self.serve("-p", mount.path)
        for name in ("fleet.yaml", "policy.yaml"):
            os.unlink(os.path.join(mount.path, name))
        wait_until(lambda: server.log("reload refused, the last good documents stay in force"), "the reload is refused")
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"], "the old ceiling holds")
        self.assertIn("no document there", server.admin("/readyz?verbose")[1])
        wait_until(lambda: server.metric("tollgate_snapshot_reload_total") in (1, 2), "told once for each change")
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(8)})
        wait_until(lambda: server.review("validate", gpu_pod(8))["allowed"], "and documents that come back are taken")

    def test_a_reload_that_loses_all_policies_opens_nothing(self):
        mount = self.mounted()
        server = self.serve("-p", mount.path)
        self.assertEqual(server.metric("tollgate_policies"), 1)
        os.unlink(os.path.join(mount.path, "policy.yaml"))
        refused = wait_until(lambda: server.log("reload refused, the last good documents stay in force"), "the reload is refused")
        self.assertEqual(refused["reason"], "no CostPolicy among the documents any more, where there was 1")
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"], "the old ceiling holds")
        self.assertIn('tollgate_snapshot_reload_total{result="refused"} 1', server.admin("/metrics")[1])
        self.assertEqual(server.metric("tollgate_policies"), 1)
        status, text = server.admin("/readyz?verbose")
        self.assertEqual(status, 200)
        self.assertIn("the last reload was refused: no CostPolicy among the documents any more", text)
        self.assertIsNone(server.log("no CostPolicy among the documents: nothing is judged"), "they are judged")
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(8)})
        wait_until(lambda: server.review("validate", gpu_pod(8))["allowed"], "and policies that come back are taken")
        self.assertNotIn("refused", server.admin("/readyz?verbose")[1])

    def test_a_start_without_policies_is_a_start(self):
        mount = Mount(self.folder)
        mount.write({"fleet.yaml": FLEET})
        server = self.serve("-p", mount.path)
        self.assertTrue(server.log("no CostPolicy among the documents: nothing is judged"))
        self.assertEqual(server.metric("tollgate_policies"), 0)
        mount.write({"fleet.yaml": FLEET.replace("6.88", "7.88")})
        wait_until(lambda: server.log("documents reloaded"), "there was nothing to lose")
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(4)})
        wait_until(lambda: server.metric("tollgate_policies") == 1, "the first policy")
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"])

    def test_a_reload_without_a_fleet_or_with_warnings_says_so(self):
        mount = self.mounted()
        server = self.serve("-p", mount.path)
        os.unlink(os.path.join(mount.path, "fleet.yaml"))
        mount.write({"policy.yaml": ceiling(8).replace("{kinds: [Pod]}", "{selector: {matchLabels: {a: b}}}")})
        wait_until(lambda: server.log("no Fleet among the documents: nothing has a price and nothing is rewritten"), "no Fleet")
        self.assertEqual(server.log("document warning")["code"], "TG0601")

    def test_budgets_are_not_counted_and_that_is_said(self):
        mount = self.mounted()
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling(4), "budget.yaml": "apiVersion: tollgate.dev/v1alpha1\nkind: CostBudget\nmetadata: {name: b}\n"
                     "spec: {match: {namespaceSelector: {matchLabels: {a: b}}}, hourly: 1, onExceed: Deny}\n"})
        server = self.serve("-p", mount.path)
        self.assertEqual(server.log("CostBudgets are not counted here: what runs in the cluster is not known; `tollgate check` counts them over "
                                    "the objects it is given")["budgets"], 1)

    def test_every_error_of_a_reload_is_logged(self):
        mount = self.mounted()
        server = self.serve("-p", mount.path)
        mount.write({"fleet.yaml": FLEET, "policy.yaml": ceiling("many").replace("kinds", "kind")})
        wait_until(lambda: server.log("reload refused, the last good documents stay in force"), "the reload is refused")
        errors = [json.loads(line) for line in server.lines if "document error" in line]
        self.assertEqual([(each["code"], each["line"]) for each in errors], [("TG0202", 6), ("TG0204", 9)])

    def test_what_could_not_be_read_is_tried_again(self):
        path = os.path.join(self.folder, "policy.yaml")
        pathlib.Path(path).write_text(FLEET + "---\n" + ceiling(4), encoding="utf-8")
        server = self.serve("-p", path)
        server.starve(True)
        other = path + ".new"
        pathlib.Path(other).write_text(FLEET + "---\n" + ceiling(8), encoding="utf-8")
        os.replace(other, path)
        wait_until(lambda: server.log("reload refused, the last good documents stay in force"), "nothing can be opened")
        server.starve(False)
        wait_until(lambda: server.review("validate", gpu_pod(8))["allowed"], "the change is in force, though seen only once")

    def test_sighup_reloads(self):
        server = self.serve("-p", self.mounted().path)
        server.signal(signal.SIGHUP)
        wait_until(lambda: server.metric("tollgate_snapshot_reload_total") == 1, "SIGHUP reloads")

    def test_a_new_certificate_is_shown_to_new_connections(self):
        certs = self.certificates()
        flags = ("--tls-cert", f"{certs}/tls.crt", "--tls-key", f"{certs}/tls.key")
        server = self.serve(*flags, ca=f"{certs}/ca.crt")
        self.assertTrue(server.review("validate", gpu_pod())["allowed"])
        old = server.connect()
        self.assertTrue(server.review("validate", gpu_pod(), connection=old)["allowed"])
        self.certificates()  # the same folder, a new authority

        def answers():
            try:
                return server.review("validate", gpu_pod())["allowed"]
            except ssl.SSLError:
                return False
        wait_until(answers, "the new certificate is served")
        self.assertTrue(server.review("validate", gpu_pod(), connection=old)["allowed"], "old connections live on")
        old.close()

    def test_a_certificate_without_its_key_is_not_taken(self):
        certs = self.certificates()
        server = self.serve("--tls-cert", f"{certs}/tls.crt", "--tls-key", f"{certs}/tls.key", ca=f"{certs}/ca.crt")
        other = self.certificates("other")
        os.replace(f"{other}/tls.crt", f"{certs}/tls.crt")
        wait_until(lambda: server.log("certificate not reloaded, the old one stays in use"), "the pair is refused")
        self.assertTrue(server.review("validate", gpu_pod())["allowed"])


class Pause(ServeTest):
    def test_a_file_pauses_and_its_absence_resumes(self):
        switch = os.path.join(self.folder, "pause")
        server = self.serve("-p", self.mounted().path, "--pause", switch)
        self.assertFalse(server.review("validate", gpu_pod(8))["allowed"])
        pathlib.Path(switch).touch()
        wait_until(lambda: server.review("validate", gpu_pod(8))["allowed"], "paused")
        self.assertEqual(server.metric("tollgate_paused"), 1)
        self.assertIn("paused: every verdict is Audit", server.admin("/readyz?verbose")[1])
        self.assertFalse(server.review("validate", gpu_pod(8)).get("warnings"), "Audit is silent")
        os.unlink(switch)
        wait_until(lambda: not server.review("validate", gpu_pod(8))["allowed"], "resumed")
        self.assertNotIn("paused", server.admin("/readyz?verbose")[1])

    def test_paused_for_good(self):
        server = self.serve("-p", self.mounted().path, "--pause")
        self.assertTrue(server.review("validate", gpu_pod(8))["allowed"])


class Records(ServeTest):
    def test_metrics_count_what_happened_and_no_dry_run(self):
        server = self.serve("-p", self.mounted().path)
        server.review("validate", gpu_pod(8), dryRun=True)
        self.assertEqual(server.metric("tollgate_admission_requests_total"), 0)
        server.review("validate", gpu_pod(8))
        server.review("validate", gpu_pod(2))
        text = server.admin("/metrics")[1]
        self.assertIn('tollgate_admission_requests_total{webhook="validate",operation="CREATE",kind="Pod",outcome="denied"} 1', text)
        self.assertIn('tollgate_findings_total{policy="ceiling",rule="pod",action="Deny"} 1', text)
        self.assertIn('tollgate_denied_usd_per_hour_total{policy="ceiling"} 55.04', text)
        self.assertIn("tollgate_build_info{", text)
        self.assertNotIn("trainer", text, "no object name is a label")

    def test_what_policies_in_warn_and_audit_would_rewrite_is_counted_apart(self):
        for mode in ("Warn", "Audit"):
            server = self.serve("--max-mode", mode)
            server.review("mutate", notebook())
            server.review("validate", notebook())
            _, text = server.admin("/metrics")
            self.assertEqual(server.metric("tollgate_rewrites_proposed_total"), 1, text)
            self.assertIn(f'mode="{mode}",from="nvidia.com/gpu"', text)
            self.assertGreater(server.metric("tollgate_proposed_saving_usd_per_hour_total"), 0)
            self.assertEqual(server.metric("tollgate_rewrites_total"), 0)
            self.assertEqual(server.metric("tollgate_rewrite_saving_usd_per_hour_total"), 0)

    def test_the_decision_log_has_a_line_for_each(self):
        log = os.path.join(self.folder, "decisions.jsonl")
        server = self.serve("-p", self.mounted().path, "--decision-log", log)
        server.review("validate", gpu_pod(8))
        server.review("mutate", gpu_pod(2), uid="u-2")
        def two_lines():
            text = pathlib.Path(log).read_text(encoding="utf-8") if os.path.exists(log) else ""
            return text.splitlines() if text.count("\n") == 2 else None
        lines = wait_until(two_lines, "two lines")
        first, second = (json.loads(line) for line in lines)
        self.assertEqual((first["uid"], first["verdict"], first["allowed"]), ("u-1", "Denied", False))
        self.assertEqual((second["uid"], second["webhook"]), ("u-2", "mutate"))
        self.assertEqual(len(first["digest"]), 64)
        self.assertNotIn("hunter2", "".join(lines))


class Log(ServeTest):
    """Standard error is a pipe that somebody else has to read. Each line here is more than 8 KiB."""

    def deny(self, server, count):
        connection = server.connect()
        for _ in range(count):
            self.assertFalse(server.review("validate", gpu_pod(8), connection=connection, user="a" * 9000)["allowed"])
        connection.close()

    def test_nobody_reads_the_log_and_everybody_is_served(self):
        server = self.serve("-p", self.mounted().path, "--threads", "2")
        server.reads.clear()
        self.deny(server, 1500)
        self.assertEqual(server.admin("/readyz")[0], 200)
        dropped = server.metric("tollgate_log_dropped_total")
        self.assertGreater(dropped, 0)
        server.reads.set()
        gap = wait_until(lambda: server.log("log lines were dropped"), "the log says what it lacks")
        self.assertEqual((gap["level"], gap["lines"]), ("warn", dropped))
        self.assertEqual(len(server.logs("denied")) + gap["lines"], 1500)

    def test_sigterm_ends_it_while_nobody_reads_the_log(self):
        server = self.serve("-p", self.mounted().path, "--threads", "2")
        server.reads.clear()
        self.deny(server, 50)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_the_last_lines_are_written(self):
        server = self.serve("-p", self.mounted().path)
        self.deny(server, 100)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(server.logs("denied")), 100)
        self.assertEqual(json.loads(server.lines[-1])["msg"], "ended")

    def test_what_came_before_a_failed_start_is_written(self):
        policy = os.path.join(self.folder, "policy.yaml")
        pathlib.Path(policy).write_text(ceiling(4), encoding="utf-8")
        done = subprocess.run([BINARY, "serve", "-p", policy, "--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0",
                               "--tls-cert", policy, "--tls-key", policy], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        first, last = done.stderr.splitlines()
        self.assertIn("no Fleet among the documents", json.loads(first)["msg"])
        self.assertIn("policy.yaml", last)

    def test_refused_requests_cost_ten_lines_a_second(self):
        server = self.serve("-p", self.mounted().path)
        connection = server.connect()
        for _ in range(500):
            self.assertEqual(server.request("POST", "/validate", "{", connection=connection)[0], 400)
        connection.close()
        said = lambda: len(server.logs("request refused")) + sum(line["count"] for line in server.logs("more requests were refused"))
        wait_until(lambda: said() == 500, "every refusal is said or counted")
        self.assertLess(len(server.logs("request refused")), 250)


class Drain(ServeTest):
    def test_sigterm_fails_readiness_serves_on_and_ends_with_0(self):
        server = self.serve("-p", self.mounted().path, "--drain", "10s")
        server.signal(signal.SIGTERM)
        wait_until(lambda: server.admin("/readyz")[0] == 503, "not ready any more")
        self.assertEqual(server.admin("/healthz")[0], 200)
        status, headers, _ = server.request("POST", "/validate", json.dumps(review_of(gpu_pod(2))))
        self.assertEqual(status, 200)
        self.assertEqual(headers.get("Connection", "").lower(), "close")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertTrue(server.log("ended")["clean"])

    def test_sigint_ends_it_too(self):
        server = self.serve("--drain", "0s")
        server.signal(signal.SIGINT)
        self.assertEqual(server.wait(), 0)


class Probe(ServeTest):
    """`install --enforce --probe`: nothing is printed unless the webhook answers under the CA to be installed."""

    def install(self, certs, port):
        return subprocess.run([BINARY, "install", "--enforce", "--certs", certs, "--probe", f"127.0.0.1:{port}",
                               "--part", "webhooks"], capture_output=True, text=True, timeout=60, check=False)

    def test_prints_when_it_answers(self):
        certs = self.certificates()
        server = self.serve("--tls-cert", f"{certs}/tls.crt", "--tls-key", f"{certs}/tls.key", ca=f"{certs}/ca.crt")
        done = self.install(certs, server.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("failurePolicy: Fail", done.stdout)
        self.assertIn("caBundle:", done.stdout)

    def test_prints_nothing_under_another_ca_or_when_nobody_answers(self):
        certs = self.certificates()
        server = self.serve("--tls-cert", f"{certs}/tls.crt", "--tls-key", f"{certs}/tls.key", ca=f"{certs}/ca.crt")
        other = self.certificates("other")
        for where, port in ((other, server.port), (certs, free_port())):
            done = self.install(where, port)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertIn("nothing printed", done.stderr)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
