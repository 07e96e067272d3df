// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/rules/lab.hpp"

#include "engine/patch/apply.hpp"
#include "engine/patch/edit.hpp"
#include "tests/unit/engine/workload/kinds.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::rules::test {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

workload::KindSpec kind_of(std::string_view name) {
    using namespace workload::test;
    if (name == "Deployment") return deployment_kind();
    if (name == "Job") return job_kind();
    if (name == "CronJob") return cronjob_kind();
    if (name == "DaemonSet") return daemonset_kind();
    return pod_kind();
}

std::string member(std::string_view name, const std::string& json) {
    return json.empty() ? "" : "\"" + std::string(name) + "\":" + json + ",";
}

/// "metadata":{...},"spec":{...}
std::string template_json(const PodText& text) {
    return R"("metadata":{"labels":{"app":"a"})" + (text.metadata.empty() ? "" : "," + text.metadata) +
           (text.annotations.empty() ? "" : R"(,"annotations":)" + text.annotations) + R"(},"spec":{)" +
           text.spec + member("nodeSelector", text.selector) + member("affinity", text.affinity) +
           member("tolerations", text.tolerations) + R"("containers":[{"name":"server",)" + text.container +
           R"("image":"registry.example/app:1","resources":)" + text.resources + "}]}";
}

}  // namespace

fleet::Pool pool(std::string name, std::string_view product, std::string_view price) {
    fleet::Pool pool;
    pool.name = std::move(name);
    pool.sku = gpu::Catalog::builtin().find_sku(product);
    REQUIRE(pool.sku != nullptr);
    pool.product = std::string(product);
    pool.stated_price_per_gpu_hour = Money{*parse_decimal(price)};
    pool.node_selector = {{"nvidia.com/gpu.product", std::string(product)}};
    pool.tolerations = {{"nvidia.com/gpu", "Exists", "", "NoSchedule"}};
    return pool;
}

fleet::Market compiled(std::vector<fleet::Pool> pools) {
    return fleet::compile("test", "", "", std::move(pools), gpu::Catalog::builtin());
}

const fleet::Market& market() {
    static const fleet::Market kMarket = [] {
        fleet::Pool h100 = pool("h100", "NVIDIA-H100-80GB-HBM3", "6.88");
        h100.gpus_per_node = 8;
        h100.cpu = Ratio(188);
        h100.memory = Ratio(1900 * kGiB);
        fleet::Pool a100 = pool("a100-mig", "NVIDIA-A100-SXM4-80GB", "4.50");
        a100.gpus_per_node = 8;
        a100.cpu = Ratio(94);
        a100.memory = Ratio(1100 * kGiB);
        a100.sharing.form = fleet::Form::Mig;
        a100.sharing.profiles = {{"1g.10gb", 4}, {"3g.40gb", 1}};
        fleet::Pool l4 = pool("l4", "NVIDIA-L4", "0.80");
        l4.cpu = Ratio(15);
        l4.memory = Ratio(56 * kGiB);
        fleet::Pool t4 = pool("t4-shared", "Tesla-T4", "0.40");
        t4.cpu = Ratio(60);
        t4.memory = Ratio(200 * kGiB);
        t4.sharing.form = fleet::Form::TimeSlice;
        t4.sharing.replicas = 4;
        t4.sharing.renamed = true;
        std::vector<fleet::Pool> pools;
        for (fleet::Pool* each : {&h100, &a100, &l4, &t4}) pools.push_back(std::move(*each));
        return compiled(std::move(pools));
    }();
    return kMarket;
}

Lab::Lab(std::string_view object_json, const fleet::Market& the_fleet) : fleet(the_fleet) {
    auto parsed = json::parse(object_json);
    INFO(object_json);
    REQUIRE(parsed.has_value());
    document = std::move(*parsed);
    const json::Node root = document.root();
    kind = kind_of(root["kind"].string());
    const workload::Gvk gvk = workload::parse_gvk(root["apiVersion"].string(), root["kind"].string());
    auto extracted = workload::extract(root, kind, gvk);
    REQUIRE(extracted.has_value());
    workload = std::move(*extracted);
    policy.name = "small-inference";
    of.name = "fits";
}

Rewrite Lab::run(const RightSize& rule, bool resource_only, std::uint32_t pod_index) {
    const Context at = context();
    return right_size(rule, policy, of, at, pod_index, resource_only);
}

Rewrite Lab::run(const Replace& rule, bool resource_only, std::uint32_t pod_index) {
    const Context at = context();
    return replace(rule, policy, of, at, pod_index, resource_only);
}

std::vector<Finding> Lab::run(const Limits& rule) {
    std::vector<Finding> out;
    errors.clear();
    const Context at = context();
    check_limits(rule, policy, of, at, out, errors);
    return out;
}

std::vector<Finding> Lab::run(const LifetimeRule& rule) {
    std::vector<Finding> out;
    errors.clear();
    const Context at = context();
    check_lifetime(rule, policy, of, at, out, errors);
    return out;
}

std::vector<Finding> Lab::run(const Require& rule) {
    std::vector<Finding> out;
    errors.clear();
    const Context at = context();
    check_require(rule, policy, of, at, out, errors);
    return out;
}

std::vector<Edit> Lab::settings(const LifetimeRule& rule) {
    const Context at = context();
    return lifetime_settings(rule, policy, of, at);
}

std::string Lab::patched(const std::vector<Edit>& edits) const {
    std::vector<patch::Change> changes;
    for (const Edit& edit : edits) {
        const std::string pointer = object_pointer(*workload, edit);
        if (!pointer.empty()) changes.push_back({pointer, edit.before, edit.after});
    }
    const auto operations = patch::to_operations(document.root(), changes);
    REQUIRE(operations.has_value());
    const auto result = patch::apply(document.root(), *operations);
    REQUIRE(result.has_value());
    return json::to_json(result->root());
}

std::string pod_json(const PodText& text) {
    return R"({"apiVersion":"v1","kind":"Pod",)" + template_json(text) + "}";
}

std::string deployment_json(std::int64_t replicas, const PodText& text) {
    return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"serve"},"spec":{"replicas":)" +
           std::to_string(replicas) + R"(,"template":{)" + template_json(text) + "}}}";
}

std::string job_json(std::string_view spec_members, const PodText& text) {
    return R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"research"},"spec":{)" +
           std::string(spec_members) + R"("template":{)" + template_json(text) + "}}}";
}

std::vector<std::string> lines(const std::vector<Edit>& edits) {
    std::vector<std::string> out;
    for (const Edit& edit : edits) {
        out.push_back(edit.pointer + ": " + edit.before.value_or("-") + " -> " + edit.after.value_or("-"));
    }
    return out;
}

bool has_line(const std::vector<Edit>& edits, std::string_view line) {
    const std::vector<std::string> all = lines(edits);
    return std::find(all.begin(), all.end(), line) != all.end();
}

}  // namespace tollgate::rules::test
