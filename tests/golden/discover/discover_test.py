#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate fleet discover`: a folder per cluster. Its nodes become expected.yaml, and what is said on stderr is in
expected.txt; both to the letter. UPDATE_GOLDEN=1 writes them instead.

  discover_test.py TOLLGATE [unittest arguments]"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOLLGATE = ""


def run(*arguments, text=""):
    done = subprocess.run([TOLLGATE, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def discover(text, *more):
    return run("fleet", "discover", *more, text=text)


def node(name="n", labels=None, **resources):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels or {}},
            "spec": {}, "status": {"allocatable": {"cpu": "8", "memory": "64Gi", **resources}}}


class Golden(unittest.TestCase):
    maxDiff = None

    def clusters(self):
        found = sorted(path for path in HERE.iterdir() if path.is_dir() and list(path.glob("nodes.*")))
        self.assertGreaterEqual(len(found), 8)
        return found

    def test_clusters(self):
        for folder in self.clusters():
            with self.subTest(folder.name):
                code, out, err = discover(next(folder.glob("nodes.*")).read_text(encoding="utf-8"))
                self.assertEqual(code, 0, err)
                for name, got in (("expected.yaml", out), ("expected.txt", err)):
                    if os.environ.get("UPDATE_GOLDEN"):
                        (folder / name).write_text(got, encoding="utf-8")
                    self.assertEqual(got, (folder / name).read_text(encoding="utf-8"))

    def test_what_is_written_loads(self):
        for folder in self.clusters():
            with self.subTest(folder.name):
                code, out, err = run("lint", str(folder / "expected.yaml"))
                self.assertEqual(code, 0, out + err)

    def test_order_does_not_matter(self):
        for folder in self.clusters():
            path = folder / "nodes.json"
            if not path.exists():
                continue
            with self.subTest(folder.name):
                nodes = json.loads(path.read_text(encoding="utf-8"))
                random.Random(7).shuffle(nodes["items"])
                for each in nodes["items"]:
                    each["metadata"]["labels"] = dict(reversed(each["metadata"]["labels"].items()))
                self.assertEqual(discover(json.dumps(nodes))[1], (folder / "expected.yaml").read_text(encoding="utf-8"))


class Input(unittest.TestCase):
    def refused(self, text, *said):
        code, out, err = discover(text)
        self.assertEqual((code, out), (2, ""), err)
        for each in said:
            self.assertIn(each, err)

    def test_what_is_no_node(self):
        self.refused("", "<stdin>: holds no Node; `kubectl get nodes -o json` prints them")
        self.refused('{"apiVersion": "v1", "kind": "List", "items": []}', "holds no Node")
        self.refused("NAME   STATUS   ROLES   AGE\nn1     Ready    <none>  1d\n", "is no object, and so no Node", "kubectl get nodes -o json")
        self.refused("a: [1\n", "<stdin>:")
        self.refused('{"items": [', "<stdin>:")
        self.refused(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}), "the document has kind Pod, not a Node of v1")
        pods = {"apiVersion": "v1", "kind": "List", "items": [node(), {"apiVersion": "v1", "kind": "Pod"}]}
        self.refused(json.dumps(pods), "items[1] has kind Pod")
        self.refused(json.dumps([node(), 3]), "items[1] is no object")
        self.refused(json.dumps(dict(node(), status={})), "Node n has neither status.allocatable nor status.capacity")
        self.refused(json.dumps(dict(node(), metadata={})), "a Node without metadata.name")

    def test_files(self):
        self.assertEqual(run("fleet", "discover", "-f", "absent.json")[0], 2)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(json.dumps(node(labels={"nvidia.com/gpu.product": "NVIDIA-L4"}, **{"nvidia.com/gpu": "1"})))
            file.flush()
            code, out, _ = run("fleet", "discover", "-f", file.name, "--name", "mine")
        self.assertEqual(code, 0)
        self.assertIn("  name: mine\n", out)
        for name in ("a b", "x: y", "-a", "A"):
            code, out, err = discover(json.dumps(node()), f"--name={name}")
            self.assertEqual((code, out), (2, ""))
            self.assertIn("is no name", err)

    def test_a_cluster_without_accelerators(self):
        self.refused(json.dumps([node("a"), node("b")]), "2 of 2 nodes without an accelerator", "there is no Fleet to write")

    def test_more_pools_than_a_fleet_has(self):
        gpus = {"nvidia.com/gpu": "1"}
        nodes = [node(f"n{i}", {"nvidia.com/gpu.product": "NVIDIA-L4", "node.kubernetes.io/instance-type": f"type-{i}"}, **gpus) for i in range(1001)]
        self.refused(json.dumps(nodes), "the nodes make 1001 pools, and a Fleet has at most 1000")

    def test_hostile_texts_stay_texts(self):
        """Labels are foreign: none of them makes a field, ends a comment or breaks the document."""
        evil = "x: y\n# z\nspec: {pools: []}"
        labels = {"nvidia.com/gpu.product": "NVIDIA-L4", "topology.kubernetes.io/zone": evil, "node.kubernetes.io/instance-type": "yes", evil: evil}
        nodes = [node(evil, labels, **{"nvidia.com/gpu": "1", evil: "1"}), node("true", dict(labels, team="no"), **{"nvidia.com/gpu": "2"})]
        nodes[0]["spec"] = {"providerID": evil, "taints": [{"key": evil, "value": evil, "effect": "NoSchedule"}, {"key": "on", "value": "off", "effect": "NoSchedule"}]}
        code, out, err = discover(json.dumps(nodes))
        self.assertEqual(code, 0, err)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "fleet.yaml"
            path.write_text(out, encoding="utf-8")
            code, said, err = run("lint", str(path))
            self.assertEqual(code, 0, said + err + out)
        self.assertIn('{key: "on", operator: Equal, value: "off", effect: NoSchedule}', out)
        self.assertNotIn("\nspec: {", out)


if __name__ == "__main__":
    TOLLGATE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
