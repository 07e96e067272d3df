# SPDX-License-Identifier: Apache-2.0
"""A control plane without nodes: etcd, kube-apiserver, kube-controller-manager.

Controllers are real and run under their own service accounts, so a pod of a
Deployment is asked for by system:serviceaccount:kube-system:replicaset-controller
as in production. There is no scheduler and no kubelet: pods stay Pending.

Users are known by static tokens: admin (system:masters), dev (nothing but what
a RoleBinding gives) and the controller manager.
"""

import json
import os
import secrets
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass

from harness.process import Process, free_port, wait_until

USERS = {  # name -> (user, groups)
    "admin": ("admin", "system:masters"),
    "dev": ("dev", "developers"),
    "controllers": ("system:kube-controller-manager", ""),
}
CONTROLLERS = [  # those the cases need; the rest would only use the processor
    "serviceaccount-controller", "serviceaccount-token-controller", "namespace-controller",
    "deployment-controller", "replicaset-controller", "job-controller", "cronjob-controller",
    "statefulset-controller", "daemonset-controller", "garbage-collector-controller",
    "root-ca-certificate-publisher-controller", "disruption-controller", "clusterrole-aggregation-controller",
    "resourcequota-controller",
]


@dataclass
class Ran:
    """What one kubectl call answered."""
    argv: list
    code: int
    out: str
    err: str

    def __str__(self):
        return f"$ {' '.join(self.argv)}\n{self.out}{self.err}(exit {self.code})"


class Cluster:
    def __init__(self, controlplane, folder, logs):
        self._controlplane = controlplane
        self._folder = folder
        self._logs = logs
        self._tokens = {name: secrets.token_hex(16) for name in USERS}
        self._processes = []
        self._port = free_port()
        self.server = f"https://127.0.0.1:{self._port}"

    def path(self, name):
        return os.path.join(self._folder, name)

    # ---- starting and ending

    def start(self):
        self._make_keys()
        self._start_etcd()
        self._start_apiserver()
        self._start_controllers()

    def stop(self):
        while self._processes:
            self._processes.pop().stop()

    def _make_keys(self):
        extensions = self.path("apiserver.ext")
        with open(extensions, "w", encoding="utf-8") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\n")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for argv in (
            ["req", "-x509", *key, "-subj", "/CN=e2e-ca", "-days", "2",
             "-keyout", "ca.key", "-out", "ca.crt"],
            ["req", *key, "-subj", "/CN=kube-apiserver", "-keyout", "apiserver.key", "-out", "apiserver.csr"],
            ["x509", "-req", "-in", "apiserver.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", "2", "-extfile", extensions, "-out", "apiserver.crt"],
            ["ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", "accounts.key"],
        ):
            subprocess.run(["openssl", *argv], cwd=self._folder, check=True, capture_output=True)
        with open(self.path("tokens.csv"), "w", encoding="utf-8") as file:
            for name, (user, groups) in USERS.items():
                file.write(f'{self._tokens[name]},{user},{name},"{groups}"\n')
        for name in USERS:
            self._write_kubeconfig(name)

    def _write_kubeconfig(self, name):
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": {"server": self.server, "certificate-authority": self.path("ca.crt")}}],
            "users": [{"name": name, "user": {"token": self._tokens[name]}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name}}],
        }
        with open(self.path(name + ".kubeconfig"), "w", encoding="utf-8") as file:
            json.dump(config, file)

    def _component(self, name):
        if os.path.isdir(self._controlplane):
            return [os.path.join(self._controlplane, name)]
        return [self._controlplane, name]

    def _run(self, name, argv):
        process = Process(name, argv, self._logs)
        self._processes.append(process)
        return process

    def _start_etcd(self):
        self._etcd = f"http://127.0.0.1:{free_port()}"
        peer = f"http://127.0.0.1:{free_port()}"
        etcd = self._run("etcd", [
            "etcd", "--data-dir", self.path("etcd"), "--name", "e2e", "--initial-cluster", f"e2e={peer}",
            "--listen-client-urls", self._etcd, "--advertise-client-urls", self._etcd,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer])
        etcd.wait_ready(lambda: self._answers(self._etcd + "/health", None))

    def _start_apiserver(self):
        apiserver = self._run("kube-apiserver", self._component("kube-apiserver") + [
            "--etcd-servers", self._etcd, "--bind-address=127.0.0.1", f"--secure-port={self._port}",
            # No node ever asks for the "kubernetes" service, and 127.0.0.1 may not be its endpoint.
            "--advertise-address=192.0.2.1", "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC",
            f"--tls-cert-file={self.path('apiserver.crt')}", f"--tls-private-key-file={self.path('apiserver.key')}",
            f"--token-auth-file={self.path('tokens.csv')}", f"--client-ca-file={self.path('ca.crt')}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.path('accounts.key')}",
            f"--service-account-signing-key-file={self.path('accounts.key')}"])
        apiserver.wait_ready(lambda: self._answers(self.server + "/readyz", self._tokens["admin"]))

    def _start_controllers(self):
        self._run("kube-controller-manager", self._component("kube-controller-manager") + [
            f"--kubeconfig={self.path('controllers.kubeconfig')}", "--use-service-account-credentials",
            f"--service-account-private-key-file={self.path('accounts.key')}", f"--root-ca-file={self.path('ca.crt')}",
            f"--controllers={','.join(CONTROLLERS)}", "--leader-elect=false", "--secure-port=0"])

    def _answers(self, url, token):
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        tls = ssl.create_default_context(cafile=self.path("ca.crt")) if url.startswith("https") else None
        try:
            with urllib.request.urlopen(request, timeout=5, context=tls) as reply:
                return reply.status == 200
        except (urllib.error.URLError, OSError):
            return False

    # ---- asking

    def kubectl(self, *argv, user="admin", stdin=None):
        """Runs kubectl as `user` and returns what happened, whatever that is."""
        environment = dict(os.environ, KUBECONFIG=self.path(user + ".kubeconfig"), HOME=self._folder)
        full = [os.environ.get("KUBECTL", "kubectl"), "--cache-dir", self.path("kubectl-cache"), *argv]
        done = subprocess.run(full, input=stdin, env=environment, capture_output=True, text=True, timeout=120)
        return Ran(["kubectl", *argv], done.returncode, done.stdout, done.stderr)

    def must(self, *argv, **options):
        """kubectl that has to succeed."""
        ran = self.kubectl(*argv, **options)
        assert ran.code == 0, f"this must succeed:\n{ran}"
        return ran

    def get(self, *argv):
        """`kubectl get ... -o json`, parsed; None where the object is absent."""
        ran = self.must("get", *argv, "--ignore-not-found", "-o", "json")
        return json.loads(ran.out) if ran.out.strip() else None

    def items(self, *argv):
        """`kubectl get` of a list; empty where kubectl would print nothing."""
        return (self.get(*argv) or {"items": []})["items"]

    def add_namespace(self, name, labels=None):
        """A namespace where dev may edit, once its default service account is there."""
        self.must("create", "namespace", name)
        for key, value in (labels or {}).items():
            self.must("label", "namespace", name, f"{key}={value}")
        self.must("create", "rolebinding", "dev", "--clusterrole=edit", "--user=dev", "-n", name)
        wait_until(lambda: self.get("serviceaccount", "default", "-n", name), f"default service account of {name}")
        wait_until(lambda: self.kubectl("auth", "can-i", "create", "deployments.apps", "-n", name, user="dev").code == 0,
                   f"dev may edit {name}")
