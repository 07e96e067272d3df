# SPDX-License-Identifier: Apache-2.0
"""A cluster with Tollgate beside it.

Tollgate runs outside the cluster on 127.0.0.1, because no node is there to run
its Deployment. What is installed is what the product ships, applied by kubectl;
one thing of each webhook is then changed, its clientConfig, from the Service to
this process. Rules, matchConditions, selectors, timeouts and failure policies
stay as shipped, and it is checked that they did.
"""

import base64
import json
import os
import subprocess
import urllib.error
import urllib.request

from harness.cluster import Cluster
from harness.process import Failed, Process, free_port, wait_until

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPO = os.path.dirname(os.path.dirname(HERE))
SCRATCH = ("serve", "research", "ungated")  # where cases put things; "legacy" holds what ran before the gate
OURS = ("--listen", "--admin", "--policies", "--tls-cert", "--tls-key")  # flags whose value is another one here
WEBHOOKS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


class Lab:
    def __init__(self, controlplane, tollgate, folder, logs):
        self.cluster = Cluster(controlplane, folder, logs)
        self.kubectl, self.must = self.cluster.kubectl, self.cluster.must
        self.get, self.items = self.cluster.get, self.cluster.items
        self._binary = tollgate
        self._logs = logs
        self._process = None
        self._redirected = []  # (resource, name, clientConfigs as shipped)
        self._port, self._admin_port = free_port(), free_port()

    def stop(self):
        self.kill_tollgate()
        self.cluster.stop()

    # ---- the binary

    def make_certificates(self):
        """Keys as the product makes them, for the address the API server dials."""
        out = self.cluster.path("certs")
        done = subprocess.run([self._binary, "certs", "init", "--out", out, "--san", "127.0.0.1"],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"tollgate certs init: exit {done.returncode}\n{done.stdout}{done.stderr}")

    def start_tollgate(self, policies):
        """Serves these policies and nothing else, in place of what ran before.

        Every flag of the installed Deployment is used as it stands there, but
        for those that name addresses and files of its container.
        """
        self.kill_tollgate()
        certs = self.cluster.path("certs")
        self._process = Process("tollgate", [
            self._binary, "serve", "--listen", f"127.0.0.1:{self._port}", "--admin", f"127.0.0.1:{self._admin_port}",
            "-p", policies, "--tls-cert", os.path.join(certs, "tls.crt"), "--tls-key", os.path.join(certs, "tls.key"),
            *self._shipped_flags(),
        ], self._logs)
        self._process.wait_ready(lambda: self._admin("/readyz") is not None)

    def _shipped_flags(self):
        container = self.get("deployment", "tollgate", "-n", "tollgate-system")["spec"]["template"]["spec"]["containers"][0]
        flags = [flag for flag in container["args"] if flag != "serve"]
        assert all(flag.startswith("--") and "=" in flag for flag in flags), f"args not written as --flag=value: {flags}"
        return [flag for flag in flags if flag.split("=")[0] not in OURS]

    def stop_tollgate(self):
        """Ends the webhook; the exit code, or None where none ran."""
        process, self._process = self._process, None
        return process.stop() if process else None

    def kill_tollgate(self):
        """A crash: no drain, no last word. Nothing happens where none runs."""
        process, self._process = self._process, None
        if process:
            process.kill()

    def metric(self, name):
        """The sum over all series of one metric."""
        text = self._admin("/metrics")
        assert text is not None, "/metrics does not answer"
        values = [line.rsplit(" ", 1)[1] for line in text.splitlines()
                  if line.startswith(name + "{") or line.startswith(name + " ")]
        return sum(float(value) for value in values)

    def _admin(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._admin_port}{path}", timeout=5) as reply:
                return reply.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    # ---- the installation

    def install(self, kustomization):
        """kubectl apply -k of a shipped folder, then its webhooks point here; what kubectl said."""
        for resource, name, services in self._redirected:  # the merge of `apply` would keep our url beside its service
            self._set_client_configs(resource, name, services)
        ran = self.must("apply", "--validate=strict", "-k", os.path.join(REPO, kustomization))
        self._redirect_all()
        return ran

    def _redirect_all(self):
        with open(os.path.join(self.cluster.path("certs"), "ca.crt"), "rb") as file:
            bundle = base64.b64encode(file.read()).decode()
        self._redirected = []
        for resource in WEBHOOKS:
            items = self.items(resource)
            assert items, f"the installation brings no {resource}"
            for item in items:
                self._redirect(resource, item, bundle)

    def _redirect(self, resource, item, bundle):
        """Points the webhooks of one object at this process and changes nothing else."""
        name = item["metadata"]["name"]
        services = [webhook["clientConfig"] for webhook in item["webhooks"]]
        self._redirected.append((resource, name, services))
        self._set_client_configs(resource, name, [
            {"url": f"https://127.0.0.1:{self._port}{config['service']['path']}", "caBundle": bundle} for config in services])
        after = self.get(resource, name)["webhooks"]
        for webhook in after + item["webhooks"]:
            del webhook["clientConfig"]
        assert after == item["webhooks"], f"redirecting {name} changed more than its clientConfig"

    def _set_client_configs(self, resource, name, configs):
        edits = [{"op": "replace", "path": f"/webhooks/{index}/clientConfig", "value": config}
                 for index, config in enumerate(configs)]
        self.must("patch", resource, name, "--type=json", "-p", json.dumps(edits))

    def shipped_policies(self, into):
        """Writes every document of the installed policies' ConfigMaps below `into`."""
        os.makedirs(into)
        for item in self.items("configmaps", "-n", "tollgate-system"):
            for key, text in item.get("data", {}).items():
                if key.endswith((".yaml", ".yml")):
                    with open(os.path.join(into, f"{item['metadata']['name']}-{key}"), "w", encoding="utf-8") as file:
                        file.write(text)
        return into

    # ---- objects

    def sweep(self):
        """Deletes what a case left in the scratch namespaces, so that no case sees another's objects."""
        columns = "jsonpath={range .items[*]}{.metadata.namespace} {.kind}/{.metadata.name}{\"\\n\"}{end}"
        def left():
            found = self.must("get", "deployments,jobs,replicasets,pods", "-A", "-o", columns).out.split("\n")
            return [line.split() for line in found if line.split(" ")[0] in SCRATCH]
        if not left():
            return
        for namespace in SCRATCH:
            self.must("delete", "deployments,jobs,pods", "--all", "--now", "--wait=false", "-n", namespace)
        wait_until(lambda: not left(), f"the scratch namespaces are empty again; left: {left()}")

    def manifest(self, name):
        return os.path.join(HERE, "manifests", name)

    def read(self, name):
        with open(self.manifest(name), encoding="utf-8") as file:
            return file.read()

    def apply(self, name, namespace, *flags, user="dev", verb="apply"):
        """kubectl apply of one file of manifests/, as the developer."""
        return self.kubectl(verb, "-n", namespace, "-f", self.manifest(name), *flags, user=user)
