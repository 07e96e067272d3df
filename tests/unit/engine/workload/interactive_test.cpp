// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/interactive.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

namespace {

std::string judge(const std::string& container) {
    const json::Document document = parse(container);
    return std::string(interactive_command(document.root()));
}

std::string script(const std::string& text) {
    std::string json = R"({"command":["/bin/bash","-c",)";
    json::append_json_string(json, text);
    return json + "]}";
}

}  // namespace

TEST_CASE("commands that are plainly there for a person") {
    const std::string container = GENERATE(
        R"({"command":["sleep","infinity"]})", R"({"command":["/bin/sleep"],"args":["inf"]})",
        R"({"command":["sleep","3600"]})", R"({"args":["sleep","1d"]})",
        R"({"command":["sleep","30m","30m"]})", R"({"command":["sleep","99999999999999999999"]})",
        R"({"command":["tail","-f","/dev/null"]})", R"({"command":["jupyter","lab","--ip=0.0.0.0"]})",
        R"({"command":["jupyter","--debug","notebook"]})", R"({"command":["start-notebook.sh"]})",
        R"({"command":["python3","-m","jupyterlab"]})", R"({"command":["code-server","--auth","none"]})",
        R"({"command":["/usr/sbin/sshd","-D","-e"]})", R"({"command":["tini","--","sleep","infinity"]})",
        R"({"command":["env","A=b","sleep","infinity"]})",
        R"({"command":["sh","-c"],"args":["sleep infinity"]})",
        R"({"command":["bash","-eo","pipefail","-c","sleep infinity"]})",
        R"({"command":["bash"],"stdin":true,"tty":true})",
        R"({"command":["/bin/sh","-i"],"stdin":true,"tty":true})");
    INFO(container);
    CHECK_FALSE(judge(container).empty());
}

TEST_CASE("commands that are not, or not plainly") {
    const std::string container = GENERATE(
        R"({})", R"({"command":[]})", R"({"command":["sleep","30"]})", R"({"command":["sleep"]})",
        R"({"command":["sleep","$DELAY"]})", R"({"command":["python","train.py"]})",
        R"({"command":["jupyter","nbconvert","--execute","a.ipynb"]})",
        R"({"command":["tail","-f","/var/log/x"]})", R"({"command":["sshd","-t"]})",
        R"({"command":["bash"]})", R"({"command":["bash"],"tty":true})",
        R"({"command":["bash","train.sh"],"stdin":true,"tty":true})", R"({"command":["vllm","serve","m"]})",
        R"({"command":["torchrun","sleep.py","infinity"]})", R"({"image":"jupyter/base-notebook"})",
        R"({"command":"sleep infinity"})", R"({"command":[1,2]})");
    INFO(container);
    CHECK(judge(container).empty());
}

TEST_CASE("a script counts when all else in it only prepares") {
    const std::string text = GENERATE(
        "sleep infinity", "trap : TERM INT; sleep infinity & wait", "while true; do sleep 30; done",
        "while :; do date; sleep 5; done", "until false; do sleep 60; done",
        "apt-get update && apt-get install -y openssh-server; mkdir -p /run/sshd\n/usr/sbin/sshd -D",
        "# a session\nset -ex\npip install jupyterlab\nexec jupyter lab --allow-root \\\n  --no-browser",
        "export A=b; FOO=bar; echo 'ready; go'; tail -f /dev/null",
        "while true\ndo\n  nvidia-smi\n  sleep 10\ndone");
    INFO(text);
    CHECK_FALSE(judge(script(text)).empty());
}

TEST_CASE("a script that might compute is a workload") {
    const std::string text =
        GENERATE("python train.py; sleep infinity", "sleep infinity & python train.py",
                 "python train.py && tail -f /dev/null", "while true; do python serve.py; sleep 1; done",
                 "torchrun --nproc 8 train.py", "echo $(python train.py); sleep infinity",
                 "echo `./train`; sleep infinity", "./entrypoint.sh; sleep infinity",
                 "cat <<EOF | sh\npython x\nEOF\nsleep infinity", "sleep 30", "while true; do true; done",
                 "echo 'unclosed; sleep infinity", "while read x; do sleep 3; done", "");
    INFO(text);
    CHECK(judge(script(text)).empty());
}

TEST_CASE("the kind gives the class, a plainly interactive command changes it except for training") {
    const std::string idle = R"({"name":"shell","command":["sleep","infinity"]})";
    const auto object = [](const std::string& containers) {
        return R"({"spec":{"template":{"spec":{"containers":[)" + containers + "]}}}}";
    };
    const Read plain = read(object(R"({"name":"web"})"), deployment_kind());
    CHECK(plain.workload.cls == Class::Serving);
    CHECK(plain.workload.cls_reason == "kind Deployment");
    CHECK_FALSE(plain.workload.interactive);

    const Read session = read(object(idle), deployment_kind());
    CHECK(session.workload.cls == Class::Interactive);
    CHECK(session.workload.interactive);
    CHECK(session.workload.interactive_reason == "container shell sleeps without end");

    KindSpec training = deployment_kind();
    training.cls = Class::Training;
    const Read trainer = read(object(idle), training);
    CHECK(trainer.workload.cls == Class::Training);
    CHECK(trainer.workload.interactive);

    // A helper that sleeps beside the container with the GPU says nothing.
    const Read helper = read(object(idle + "," + gpu_container("limits", "1")), deployment_kind());
    CHECK(helper.workload.cls == Class::Serving);
    CHECK(read_pod("{}").workload.cls == Class::Unclassified);
}

TEST_CASE("an idle worker of an operator is no session") {
    const std::string spec = R"({"containers":[{"name":"worker","command":["/usr/sbin/sshd","-De"]},
                                               {"name":"idle","command":["sleep","infinity"]}]})";
    const auto owned_by = [&](const std::string& api, const std::string& owner) {
        return read_pod(spec, R"({"ownerReferences":[{"apiVersion":")" + api + R"(","kind":")" + owner +
                                  R"(","name":"x","controller":true}]})")
            .workload.interactive;
    };
    CHECK(owned_by("apps/v1", "StatefulSet"));
    CHECK(owned_by("batch/v1", "Job"));
    CHECK_FALSE(owned_by("kubeflow.org/v2beta1", "MPIJob"));
    CHECK_FALSE(owned_by("ray.io/v1", "RayCluster"));
    KindSpec group = kind("leaderworkerset.x-k8s.io", "LeaderWorkerSet", {pods("spec", Shape::PodSpec)});
    CHECK_FALSE(read(R"({"spec":)" + spec + "}", group).workload.interactive);
}

TEST_CASE("an owned object takes the class of its root, sessions stay sessions") {
    Read pod = read_pod(R"({"containers":[{"name":"web"}]})");
    classify_by_root(pod.workload, deployment_kind());
    CHECK(pod.workload.cls == Class::Serving);
    CHECK(pod.workload.cls_reason == "owned by kind Deployment");
    Read session = read_pod(R"({"containers":[{"name":"web","command":["sleep","infinity"]}]})");
    classify_by_root(session.workload, deployment_kind());
    CHECK(session.workload.cls == Class::Interactive);
    KindSpec training = kind("kubeflow.org", "MPIJob", {});
    training.cls = Class::Training;
    Read worker = read_pod(R"({"containers":[{"name":"web","command":["sleep","infinity"]}]})");
    classify_by_root(worker.workload, training);
    CHECK(worker.workload.cls == Class::Training);
    Read other = read_pod("{}");
    classify_by_root(other.workload, daemonset_kind());
    CHECK(other.workload.cls == Class::Unclassified);
}

}  // namespace tollgate::workload
