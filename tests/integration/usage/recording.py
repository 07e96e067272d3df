# SPDX-License-Identifier: Apache-2.0
"""Two weeks of a small cluster as dcgm-exporter and kube-state-metrics would have been scraped: one case for each
thing that an import must tell apart. As OpenMetrics text, for `promtool tsdb create-blocks-from openmetrics`."""

END = 1795305600  # 2026-11-22T00:00:00Z
DAY = 86400
EVERY = 300

MEMORY = "DCGM_FI_DEV_FB_USED"
ENGINE = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
UTIL = "DCGM_FI_DEV_GPU_UTIL"
TENSOR = "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"
DRAM = "DCGM_FI_PROF_DRAM_ACTIVE"


def times(begin_days, end_days=0):
    return range(END - int(begin_days * DAY), END - int(end_days * DAY) + 1, EVERY)


class Recording:
    def __init__(self):
        self.metrics = {}

    def add(self, metric, labels, span, value):
        """`value` of the number of the sample, or the same for all."""
        text = ",".join(f'{key}="{label}"' for key, label in labels.items())
        lines = self.metrics.setdefault(metric, [])
        lines += [f"{metric}{{{text}}} {value(i) if callable(value) else value} {at}" for i, at in enumerate(span)]

    def device(self, labels, span, **signals):
        names = {"memory": MEMORY, "engine": ENGINE, "util": UTIL, "tensor": TENSOR, "dram": DRAM}
        for signal, value in signals.items():
            self.add(names[signal], {"job": "dcgm", **labels}, span, value)

    def text(self):
        return "".join(f"# TYPE {metric} gauge\n" + "\n".join(lines) + "\n"
                       for metric, lines in self.metrics.items()) + "# EOF\n"


def on(uuid, namespace, pod, container="main", **more):
    return {"UUID": uuid, "gpu": "0", "Hostname": "node-1", "namespace": namespace, "pod": pod, "container": container,
            **more}


def peak_at(number, peak, otherwise):
    return lambda i: peak if i == number else otherwise


def record():
    out = Recording()
    # A Deployment of two pods, known to kube-state-metrics; the peak is one sample of one of them.
    web = ("web-5d4f8c9b7d-x2x4z", "web-5d4f8c9b7d-q5s7t")
    out.device(on("GPU-1", "serve", web[0], "server"), times(14), memory=peak_at(1000, 9318, 8000),
               engine=peak_at(7, 0.83, 0.25), util=90, tensor=0.125, dram=0.5)
    out.device(on("GPU-2", "serve", web[1], "server"), times(14), memory=7000, engine=0.25, util=90, tensor=0.125,
               dram=0.5)
    # A notebook that did nothing, known by its name alone.
    out.device(on("GPU-3", "research", "ada-0", "notebook"), times(14), memory=417, engine=0, util=0)
    # On a MIG instance, where nobody knows GPU_UTIL.
    out.device(on("GPU-4", "serve", "embed-5d4f8c9b7d-b2c4d", GPU_I_ID="3", GPU_I_PROFILE="1g.10gb"), times(14),
               memory=4000, engine=0.5)
    # A Job on a GPU that tells nothing but GPU_UTIL; it ran for six hours.
    out.device(on("GPU-5", "research", "train-h5j6k"), times(2, 1.75), memory=30000, util=lambda i: 40 + 20 * (i % 2))
    # Two pods that had one device at the same time, and one that had it before them.
    out.device(on("GPU-6", "dev", "early"), times(14, 10), memory=100, engine=0.01)
    out.device(on("GPU-6", "dev", "one"), times(9, 0), memory=6000, engine=0.2)
    out.device(on("GPU-6", "dev", "two"), times(8, 0), memory=6000, engine=0.2)
    # honor_labels off: the exporter's own pod has the plain names; one of its devices nobody held.
    own = {"namespace": "gpu-operator", "pod": "dcgm-exporter-z4z5z", "container": "exporter", "job": "other"}
    held = {"exported_namespace": "batch", "exported_pod": "nightly-29400000-v4w5x", "exported_container": "main"}
    out.device({**own, **held, "UUID": "GPU-7"}, times(3), memory=2000, engine=0.75)
    out.device({**own, "UUID": "GPU-8"}, times(3), memory=0, engine=0)

    ksm = {"job": "kube-state-metrics"}
    for pod, kind, name in ((web[0], "ReplicaSet", "web-5d4f8c9b7d"), (web[1], "ReplicaSet", "web-5d4f8c9b7d"),
                            ("embed-5d4f8c9b7d-b2c4d", "ReplicaSet", "embed-5d4f8c9b7d"),
                            ("frontend-5d4f8c9b7d-b2c4d", "ReplicaSet", "frontend-5d4f8c9b7d")):
        out.add("kube_pod_owner", {**ksm, "namespace": "serve", "pod": pod, "owner_kind": kind, "owner_name": name,
                                   "owner_is_controller": "true"}, times(1), 1)
    for pod in ("early", "one", "two"):
        out.add("kube_pod_owner", {**ksm, "namespace": "dev", "pod": pod, "owner_kind": "<none>",
                                   "owner_name": "<none>", "owner_is_controller": "<none>"}, times(1), 1)
    out.add("kube_pod_owner", {**ksm, "namespace": "research", "pod": "train-h5j6k", "owner_kind": "Job",
                               "owner_name": "train", "owner_is_controller": "true"}, times(2, 1.75), 1)
    out.add("kube_pod_owner", {**ksm, "namespace": "kube-state", "pod": "ksm-0", "exported_namespace": "batch",
                               "exported_pod": "nightly-29400000-v4w5x", "owner_kind": "Job",
                               "owner_name": "nightly-29400000", "owner_is_controller": "true"}, times(1), 1)
    out.add("kube_replicaset_owner", {**ksm, "namespace": "serve", "replicaset": "web-5d4f8c9b7d",
                                      "owner_kind": "Deployment", "owner_name": "web"}, times(1), 1)
    # Argo Rollouts owns ReplicaSets, too.
    out.add("kube_replicaset_owner", {**ksm, "namespace": "serve", "replicaset": "embed-5d4f8c9b7d",
                                      "owner_kind": "Rollout", "owner_name": "embed"}, times(1), 1)
    out.add("kube_job_owner", {**ksm, "namespace": "research", "job_name": "train", "owner_kind": "<none>",
                               "owner_name": "<none>"}, times(2, 1.75), 1)
    out.add("kube_job_owner", {**ksm, "namespace": "batch", "job_name": "nightly-29400000", "owner_kind": "CronJob",
                               "owner_name": "nightly"}, times(1), 1)
    return out.text()
