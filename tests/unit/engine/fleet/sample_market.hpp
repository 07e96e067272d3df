// SPDX-License-Identifier: Apache-2.0
// Pools and pods to judge, in few words. Used by the tests of fleet, cost and plan.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/fleet/fleet.hpp"
#include "engine/workload/workload.hpp"

#include <memory>
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

/// A pod of one container that asks for `count` of `resource`, with the JSON of nodeSelector and affinity.
struct SamplePod {
    std::shared_ptr<json::Document> selector, affinity;
    std::string resource;
    workload::Pod pod;
};

inline std::shared_ptr<json::Document> parsed(std::string_view text) {
    auto document = json::parse(text);
    if (!document) return std::make_shared<json::Document>();
    return std::make_shared<json::Document>(std::move(*document));
}

inline SamplePod pod(std::string resource, std::int64_t count, std::string_view selector = "{}",
                     std::string_view affinity = "{}") {
    SamplePod sample;
    sample.resource = std::move(resource);
    sample.selector = parsed(selector);
    sample.affinity = parsed(affinity);
    sample.pod.placement.node_selector = sample.selector->root();
    sample.pod.placement.affinity = sample.affinity->root();
    workload::PodDemand demand;
    demand.meaning = gpu::classify_resource(sample.resource);
    demand.count = count;
    sample.pod.totals.push_back(demand);
    // A copy of the sample would leave the view behind: catalogued names live for ever, others are interned.
    static std::vector<std::unique_ptr<std::string>> names;
    names.push_back(std::make_unique<std::string>(sample.resource));
    sample.pod.totals.front().resource = *names.back();
    sample.pod.demands.emplace_back();
    sample.pod.demands.front().resource = *names.back();
    sample.pod.demands.front().count = count;
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
