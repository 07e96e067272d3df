// SPDX-License-Identifier: Apache-2.0
// Pools and pods to judge, in few words. Used by the tests of fleet, cost and plan.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/workload/workload.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::sample {

inline constexpr std::int64_t kGiB = std::int64_t{1} << 30;

inline const gpu::Catalog& catalog() {
    return gpu::Catalog::builtin();
}

inline fleet::Pool pool(std::string name, std::string_view sku, std::int64_t gpus, const char* price) {
    fleet::Pool pool;
    pool.name = std::move(name);
    pool.sku = catalog().find_sku(sku);
    pool.product = std::string(pool.sku->product_labels.empty() ? "" : pool.sku->product_labels.front());
    pool.gpus_per_node = gpus;
    pool.stated_price_per_gpu_hour = Money{*parse_decimal(price)};
    return pool;
}

inline fleet::Pool host(fleet::Pool pool, std::int64_t cpus, std::int64_t gib) {
    pool.cpu = Ratio(cpus);
    pool.memory = Ratio(gib) * Ratio(kGiB);
    return pool;
}

inline fleet::Pool mig(fleet::Pool pool, gpu::MigLayout layout,
                       fleet::MigStrategy strategy = fleet::MigStrategy::Mixed) {
    pool.sharing.form = fleet::Form::Mig;
    pool.sharing.mig_strategy = strategy;
    pool.sharing.profiles = std::move(layout);
    return pool;
}

inline fleet::Pool shared(fleet::Pool pool, fleet::Form form, std::int32_t replicas, bool renamed = false) {
    pool.sharing.form = form;
    pool.sharing.replicas = replicas;
    pool.sharing.renamed = renamed;
    return pool;
}

inline fleet::Market market(std::vector<fleet::Pool> pools) {
    return fleet::compile("sample", "aws", "us-east-1", std::move(pools), catalog());
}

/// Views in pods point at texts and trees; these live as long as the process, so that a pod can be passed
/// about.
inline std::string_view kept(const std::string& text) {
    static std::set<std::string> texts;
    return *texts.insert(text).first;
}

inline json::Node kept_json(std::string_view text) {
    static std::map<std::string, json::Document> documents;
    const std::string key(text);
    auto found = documents.find(key);
    if (found == documents.end()) {
        auto document = json::parse(text);
        found = documents.emplace(key, document ? std::move(*document) : json::Document()).first;
    }
    return found->second.root();
}

struct SamplePod {
    workload::Pod pod;
};

/// A pod of one container that asks for `count` of `resource`, with the JSON of nodeSelector and affinity.
inline SamplePod pod(const std::string& resource, std::int64_t count, std::string_view selector = "{}",
                     std::string_view affinity = "{}") {
    SamplePod sample;
    sample.pod.placement.node_selector = kept_json(selector);
    sample.pod.placement.affinity = kept_json(affinity);
    workload::PodDemand total;
    total.resource = kept(resource);
    total.meaning = gpu::classify_resource(total.resource);
    total.count = count;
    sample.pod.totals.push_back(total);
    workload::Demand demand;
    demand.resource = total.resource;
    demand.cls = total.meaning.cls;
    demand.count = count;
    sample.pod.demands.push_back(demand);
    return sample;
}

inline workload::Pod with_host(workload::Pod pod, std::int64_t cpus, std::int64_t gib) {
    pod.resources.cpu = Ratio(cpus);
    pod.resources.memory = Ratio(gib) * Ratio(kGiB);
    return pod;
}

inline std::string required(std::string_view expressions) {
    return R"({"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[)" +
           std::string(expressions) + "]}]}}}";
}

}  // namespace tollgate::sample
