// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/disguise.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace tollgate::fuzz {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;  // key and JSON text
using Texts = std::vector<std::string>;

std::string quoted(std::string_view text) {
    return '"' + std::string(text) + '"';
}

/// Members in any order; sometimes a key stands twice, and the last one counts.
std::string object(Dice& dice, Members members) {
    for (std::size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[i - 1 - dice.roll(i)]);
    std::string out = "{";
    for (const auto& [key, value] : members) {
        if (dice.rarely(16)) out.append(quoted(key)).append(":0,");
        out.append(quoted(key)).append(":").append(value).append(",");
    }
    if (out.size() > 1) out.pop_back();
    return out + "}";
}

std::string array(const Texts& elements) {
    std::string out = "[";
    for (const std::string& element : elements) out.append(out.size() > 1 ? "," : "").append(element);
    return out + "]";
}

/// Every spelling that Kubernetes reads as this whole number.
std::string spelled(Dice& dice, std::size_t count) {
    const std::string n = std::to_string(count);
    const std::array<std::string, 12> spellings = {
        n,
        quoted(n),
        quoted(n + "000m"),
        quoted(n + "e0"),
        quoted("+" + n),
        quoted(n + ".0"),
        quoted("00" + n),
        quoted(n + "000000000n"),
        quoted(n + "000000u"),
        quoted("0." + std::string(count < 10 ? "00" : "0") + n + "k"),
        quoted(n + "0E-1"),
        n + ".0",
    };
    return spellings[dice.roll(spellings.size())];
}

std::string resources(Dice& dice, std::string_view resource, std::size_t devices) {
    Members amounts = {{"cpu", "\"1\""}};
    if (devices > 0) amounts.emplace_back(resource, spelled(dice, devices));
    const std::size_t nothing = dice.rarely(16) ? 80 : dice.roll(3);
    for (std::size_t i = 0; i < nothing; ++i)
        amounts.emplace_back("example.com/nothing-" + std::to_string(i), "\"0\"");
    const std::string list = object(dice, std::move(amounts));
    switch (dice.roll(3)) {
        case 0:
            return object(dice, {{"limits", list}});
        case 1:
            return object(dice, {{"limits", list}, {"requests", list}});
        default:
            return object(dice, {{"requests", list}});
    }
}

std::string container(Dice& dice, std::size_t number, std::string_view resource, std::size_t devices,
                      bool sidecar = false) {
    Members members = {{"name", quoted("c" + std::to_string(number))},
                       {"image", dice.flip() ? "\"vllm/vllm-openai:v0.9.0\"" : "\"registry.example/x:1\""}};
    if (sidecar) members.emplace_back("restartPolicy", "\"Always\"");
    if (devices > 0 || dice.flip()) members.emplace_back("resources", resources(dice, resource, devices));
    if (dice.rarely()) members.emplace_back("env", R"([{"name":"NVIDIA_VISIBLE_DEVICES","value":"all"}])");
    if (dice.rarely()) members.emplace_back("command", R"(["sh","-c","sleep infinity"])");
    return object(dice, std::move(members));
}

/// All devices in one container, or a part of them in each of several, among others that ask for none.
void add_containers(Dice& dice, std::size_t devices, Members& spec) {
    constexpr std::array<std::string_view, 7> kResources = {
        "nvidia.com/gpu", "amd.com/gpu",     "nvidia.com/mig-1g.10gb", "nvidia.com/gpu.shared",
        "google.com/tpu", "habana.ai/gaudi", "nvidia.com/mig-3g.40gb"};
    const std::string resource = dice.one_of(kResources);
    Texts main, init;
    std::size_t number = 0;
    const std::size_t padding = dice.rarely(32) ? 1'100 : dice.roll(4);
    const auto pad = [&] {
        for (std::size_t i = 0; i < padding; ++i) init.push_back(container(dice, number++, resource, 0));
    };
    if (dice.flip()) pad();
    switch (dice.roll(4)) {
        case 0:
            main.push_back(container(dice, number++, resource, devices));
            break;
        case 1:
            init.push_back(container(dice, number++, resource, devices));
            break;
        case 2:
            init.push_back(container(dice, number++, resource, devices, true));
            break;
        default:
            for (std::size_t left = devices; left > 0;) {
                const std::size_t part = 1 + dice.roll(left);
                const bool sidecar = dice.flip();
                (sidecar ? init : main).push_back(container(dice, number++, resource, part, sidecar));
                left -= part;
            }
    }
    if (init.empty() || dice.flip()) pad();
    if (main.empty() || dice.flip()) main.push_back(container(dice, number++, resource, 0));
    spec.emplace_back("containers", array(main));
    if (!init.empty()) spec.emplace_back("initContainers", array(init));
}

std::string pod_spec(Dice& dice, std::size_t devices) {
    Members spec;
    add_containers(dice, devices, spec);
    if (dice.rarely()) spec.emplace_back("nodeName", "\"node-1\"");
    if (dice.rarely()) spec.emplace_back("runtimeClassName", "\"nvidia\"");
    if (dice.rarely()) spec.emplace_back("schedulerName", "\"kai-scheduler\"");
    if (dice.rarely()) spec.emplace_back("activeDeadlineSeconds", "1");
    if (dice.rarely()) spec.emplace_back("resources", R"({"limits":{"cpu":"1"}})");
    if (dice.rarely()) spec.emplace_back("volumes", R"([{"name":"d","hostPath":{"path":"/dev/nvidia0"}}])");
    if (dice.rarely()) spec.emplace_back("tolerations", R"([{"operator":"Exists"}])");
    if (dice.flip()) {
        constexpr std::array<std::string_view, 6> kSelectors = {
            R"({"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"})",
            R"({"nvidia.com/gpu.product":"Nothing"})",
            R"({"kubernetes.io/os":"linux"})",
            R"({"kubernetes.io/hostname":"node-1"})",
            R"({"a":"b"})",
            "{}"};
        spec.emplace_back("nodeSelector", dice.one_of(kSelectors));
    }
    if (dice.rarely()) {
        Texts claims;
        for (std::size_t i = dice.rarely(16) ? 80 : 1; i > 0; --i)
            claims.push_back(R"({"name":"n)" + std::to_string(i) + R"(","resourceClaimName":"net"})");
        spec.emplace_back("resourceClaims", array(claims));
    }
    return object(dice, std::move(spec));
}

std::string owner(Dice& dice) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kOwners = {{
        {"apps/v1", "ReplicaSet"},
        {"batch/v1", "Job"},
        {"batch/v1", "CronJob"},
        {"v1", "Node"},
        {"trusted.example/v1", "TrustedJob"},
        {"apps/v1", "DaemonSet"},
        {"v1", "ReplicationController"},
    }};
    const auto& [version, kind] = kOwners[dice.roll(kOwners.size())];
    return object(dice, {{"apiVersion", quoted(version)},
                         {"kind", quoted(kind)},
                         {"name", "\"web-abc\""},
                         {"uid", "\"0\""},
                         {"controller", dice.rarely() ? "false" : "true"}});
}

std::string metadata(Dice& dice, bool with_name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kAnnotations = {{
        {"tollgate.dev/keep", "because"},
        {"tollgate.dev/rewritten",
         "from 9 nvidia.com/gpu on h100 to 1 nvidia.com/mig-1g.10gb on a100-mig by "
         "right-size-inference/fits"},
        {"tollgate.dev/hourly-cost", "0"},
        {"tollgate.dev/gate", "off"},
        {"tollgate.dev/gpu-memory", "1Gi"},
        {"tollgate.dev/gpu-memory", "many"},
        {"tollgate.dev/lifetime", "1s"},
        {"kubernetes.io/config.mirror", "abc"},
        {"kubernetes.io/config.source", "file"},
        {"gpu-fraction", "none"},
        {"gpu-fraction", "0.5"},
        {"gpu-memory", "-1"},
        {"gpu-fraction-num-devices", "zero"},
    }};
    Members members;
    if (with_name) members = {{"name", "\"w\""}};
    Members annotations;
    for (const auto& [key, value] : kAnnotations)
        if (dice.rarely(6)) annotations.emplace_back(key, quoted(value));
    if (!annotations.empty()) members.emplace_back("annotations", object(dice, std::move(annotations)));
    if (dice.flip()) {
        members.emplace_back(
            "labels",
            R"({"pod-template-hash":"abc","tollgate.dev/gate":"off","kueue.x-k8s.io/queue-name":"q"})");
    }
    if (dice.flip()) {
        Texts owners;
        for (std::size_t i = 1 + dice.roll(3); i > 0; --i) owners.push_back(owner(dice));
        members.emplace_back("ownerReferences", array(owners));
    }
    if (dice.rarely()) members.emplace_back("deletionTimestamp", "\"2026-11-22T00:00:00Z\"");
    // Only the namespace of the request counts.
    if (dice.rarely(4)) members.emplace_back("namespace", dice.flip() ? "\"kube-system\"" : "\"trusted\"");
    if (dice.rarely()) members.emplace_back("generateName", "\"w-\"");
    return object(dice, std::move(members));
}

std::string pod_template(Dice& dice, std::size_t devices) {
    return object(dice, {{"metadata", metadata(dice, false)}, {"spec", pod_spec(dice, devices)}});
}

struct Kind {
    std::string_view group, version, kind;
};
constexpr std::array<Kind, 8> kKinds = {{
    {"", "v1", "Pod"},
    {"apps", "v1", "Deployment"},
    {"apps", "v1", "StatefulSet"},
    {"apps", "v1", "DaemonSet"},
    {"apps", "v1", "ReplicaSet"},
    {"", "v1", "ReplicationController"},
    {"batch", "v1", "Job"},
    {"batch", "v1", "CronJob"},
}};

std::string spec_of(Dice& dice, const Kind& kind, std::size_t devices) {
    if (kind.kind == "Pod") return pod_spec(dice, devices);
    Members spec = {{"template", pod_template(dice, devices)}};
    const std::string some = std::to_string(dice.roll(3));
    if (kind.group == "batch") {
        if (dice.flip()) spec.emplace_back("parallelism", some);
        if (dice.flip()) spec.emplace_back("completions", some);
        if (dice.flip()) spec.emplace_back("suspend", "true");
        if (dice.flip()) spec.emplace_back("activeDeadlineSeconds", "60");
    } else if (dice.flip()) {
        spec.emplace_back("replicas", some);
    }
    const std::string job = object(dice, std::move(spec));
    if (kind.kind != "CronJob") return job;
    return object(dice, {{"schedule", "\"* * * * *\""},
                         {"suspend", dice.flip() ? "true" : "false"},
                         {"jobTemplate", object(dice, {{"spec", job}})}});
}

std::string object_of(Dice& dice, const Kind& kind, std::size_t devices) {
    const std::string version =
        std::string(kind.group) + (kind.group.empty() ? "" : "/") + std::string(kind.version);
    return object(dice, {{"apiVersion", quoted(version)},
                         {"kind", quoted(kind.kind)},
                         {"metadata", metadata(dice, true)},
                         {"spec", spec_of(dice, kind, devices)}});
}

}  // namespace

std::string disguised_review(Dice dice, std::size_t devices) {
    const Kind& kind = dice.flip() ? kKinds[0] : kKinds[dice.roll(kKinds.size())];
    const bool update = dice.rarely(4);
    Members request = {
        {"uid", "\"u-1\""},
        {"kind", object(dice, {{"group", quoted(kind.group)},
                               {"version", quoted(kind.version)},
                               {"kind", quoted(kind.kind)}})},
        {"namespace", "\"research\""},
        {"name", dice.flip() ? "\"w\"" : "\"\""},
        {"operation", update ? "\"UPDATE\"" : "\"CREATE\""},
        {"userInfo", R"({"username":"ada","groups":["system:authenticated","system:serviceaccounts"]})"},
        {"dryRun", dice.flip() ? "true" : "false"},
    };
    if (update) {
        Dice old = dice;  // the same object, but modest
        request.emplace_back("oldObject", object_of(old, kind, 1));
        if (kind.kind == "Pod" && dice.flip()) request.emplace_back("subResource", "\"resize\"");
    }
    request.emplace_back("object", object_of(dice, kind, devices));
    return object(dice, {{"apiVersion", "\"admission.k8s.io/v1\""},
                         {"kind", "\"AdmissionReview\""},
                         {"request", object(dice, std::move(request))}});
}

}  // namespace tollgate::fuzz
