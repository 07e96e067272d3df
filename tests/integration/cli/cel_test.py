#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tollgate cel`: one expression on one object.

  cel_test.py TOLLGATE [unittest arguments]"""

import json
import os
import sys
import unittest

import cli_test

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec: {replicas: 7}
"""


class Cel(cli_test.CliTest):
    def test_value_type_and_cost(self):
        file = self.write("web.yaml", DEPLOYMENT)
        code, out, err = self.run_it("cel", "object.spec.replicas <= 5", "-f", file)
        self.assertEqual((code, out, err), (0, "value  false\ntype   bool\ncost   4\n", ""))
        code, out, _ = self.run_it("cel", "object.metadata.labels.map(k, k + '!')", "-f", file, "-o", "json")
        self.assertEqual((code, json.loads(out)), (0, {"value": '["app!"]', "type": "list(string)", "cost": 18}))

    def test_old_object_and_params(self):
        file, old, params = self.write("web.yaml", DEPLOYMENT), self.write("old.yaml", DEPLOYMENT.replace("7", "3")), self.write(
            "params.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {most: '4'}\n")
        expression = "object.spec.replicas - oldObject.spec.replicas <= int(params.data.most)"
        self.assertIn("value  true\n", self.run_it("cel", expression, "-f", file, "--old", old, "--params", params)[1])
        self.assertIn("value  true\n", self.run_it("cel", "oldObject == null && params == null", "-f", file)[1])

    def test_what_policies_may_name(self):
        gpus = DEPLOYMENT.replace("spec: {replicas: 7}", "spec: {replicas: 2, template: {spec: {containers: "
                                  "[{name: c, image: i, resources: {limits: {nvidia.com/gpu: 3}}}]}}}")
        file, old = self.write("gpus.yaml", gpus), self.write("old.yaml", gpus.replace("3}", "1}"))
        fleet = self.write("fleet.yaml", "apiVersion: tollgate.dev/v1alpha1\nkind: Fleet\nmetadata: {name: f}\nspec: {pools: "
                           "[{name: a, gpu: NVIDIA-L4, gpusPerNode: 4, price: 0.8}]}\n")
        for expression, value in (("workload.gpus", "6"), ("workload.cost", '{"daily": money("115.20"), "hourly": money("4.80")}'),
                                  ("fleet.pools[0].price <= money('0.8')", "true"), ("request.operation", '"CREATE"'),
                                  ("request.namespace + '/' + workload.name", '"default/web"'), 
                                  ("has(saving.hourly)", "false")):
            with self.subTest(expression):
                code, out, err = self.run_it("cel", expression, "-f", file, "-p", fleet)
                self.assertEqual((code, out.split("\n")[0]), (0, "value  " + value), err)
        code, out, _ = self.run_it("cel", "request.operation + string(oldObject.spec.replicas)", "-f", file, "--old", old)
        self.assertEqual((code, out.split("\n")[0]), (0, 'value  "UPDATE2"'))
        code, _, err = self.run_it("cel", "workload.gpuss", "-f", file)
        self.assertEqual(code, 2)
        self.assertIn("did you mean 'gpus'?", err)
        code, _, err = self.run_it("cel", "namespaceObject.metadata.name", "-f", file)
        self.assertEqual(code, 1)
        self.assertIn("nothing is known of the namespace default", err)
        team = self.run_it("cel", "namespaceObject.metadata.labels.team", "-f", file, "--namespace-labels", "team=a")[1]
        self.assertTrue(team.startswith('value  "a"'), team)
        code, _, err = self.run_it("cel", "workload.gpus")
        self.assertEqual(code, 1)
        self.assertIn("give one with -f FILE", err)

    def test_mistakes_are_shown_where_they_are(self):
        file = self.write("web.yaml", DEPLOYMENT)
        code, out, err = self.run_it("cel", "objct.spec.replicas > 1", "-f", file)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("<expression>:1:1: error: 'objct' is not declared", err)
        self.assertIn("did you mean 'object'?", err)
        code, out, err = self.run_it("cel", "object.spec.replicas ==\n  object.spec.replica", "-f", file)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("<expression>:2:15: error: no such key: replica\n  2 |   object.spec.replica\n", err)
        for expression, said in (("1 == 1.0", "'==' does not take int, double"), ("[1, 'a']", "all elements of a literal"), ("1 +", "found the end")):
            code, _, err = self.run_it("cel", expression)
            self.assertEqual(code, 2)
            self.assertIn(said, err)

    def test_files_that_cannot_be_read(self):
        for text in ("", "a: [1\n"):
            code, out, err = self.run_it("cel", "object", "-f", self.write("bad.yaml", text))
            self.assertEqual((code, out), (2, ""))
            self.assertIn("bad.yaml", err)
        self.assertEqual(self.run_it("cel", "object", "-f", "absent.yaml")[0], 2)

    def test_time_zones_by_name(self):
        self.assertIn("value  20\n", self.run_it("cel", "timestamp('2023-07-01T00:00:00Z').getHours('America/New_York')")[1])
        code, _, err = self.run_it("cel", "timestamp(0).getHours('../passwd')")
        self.assertEqual(code, 1)
        self.assertIn("unknown time zone", err)

    def test_what_a_version_of_kubernetes_has(self):
        expression = "cidr('10.0.0.0/8').containsIP('10.1.2.3')"
        self.assertIn("value  true\n", self.run_it("cel", expression)[1])
        self.assertIn("value  true\n", self.run_it("cel", expression, "--kubernetes-version", "1.30")[1])
        code, out, err = self.run_it("cel", expression, "--kubernetes-version", "1.29")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("since Kubernetes 1.30", err)
        code, _, err = self.run_it("cel", "1", "--kubernetes-version", "latest")
        self.assertEqual(code, 2)
        self.assertIn("'latest' is no version of Kubernetes", err)

    def test_the_authorizer_cannot_be_asked(self):
        code, _, err = self.run_it("cel", "authorizer.requestResource.check('get').allowed()")
        self.assertEqual(code, 1)
        self.assertIn("check() cannot be asked here", err)


if __name__ == "__main__":
    cli_test.BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
