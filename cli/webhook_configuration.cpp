// SPDX-License-Identifier: Apache-2.0
#include "cli/webhook_configuration.hpp"

#include "cli/match_conditions.hpp"
#include "webhook/admission/base64.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;
using workload::KindSpec;

constexpr int kMutateTimeoutSeconds = 2;
constexpr int kValidateTimeoutSeconds = 3;

// Of one entry: a condition names each path in some 150 characters, and CEL takes 100,000 of them.
constexpr std::size_t kMaxPathsOfEntry = 250;

/// Kinds that share an entry, and so its conditions.
struct Group {
    std::string name;  // first label of the webhook's name
    std::vector<workload::PodPath> paths;
    std::vector<const KindSpec*> kinds;
    bool pods = false;
};

bool is_pod(const KindSpec& kind) {
    return kind.group.empty() && kind.kind == "Pod";
}

/// Pods, Kubernetes' own kinds, and all others: so a condition that a kind of one's own makes long or wrong
/// keeps no Deployment up.
std::size_t entry_of(const KindSpec& kind) {
    if (is_pod(kind)) return 0;
    return kind.group.find('.') == std::string::npos ? 1 : 2;
}

void add_kind(const KindSpec& kind, std::string_view name, std::vector<Group>& out) {
    const bool of_entry = !out.empty() && out.back().name.starts_with(name);
    if (!of_entry || out.back().paths.size() + kind.pods.size() > kMaxPathsOfEntry) {
        const auto parts = std::count_if(out.begin(), out.end(),
                                         [&](const Group& group) { return group.name.starts_with(name); });
        Group& group = out.emplace_back();
        group.name = std::string(name) + (parts == 0 ? "" : "-" + std::to_string(parts + 1));
        group.pods = is_pod(kind);
    }
    out.back().kinds.push_back(&kind);
    out.back().paths.insert(out.back().paths.end(), kind.pods.begin(), kind.pods.end());
}

std::vector<Group> group_kinds(const workload::KindTable& table) {
    std::vector<const KindSpec*> kinds;
    for (const KindSpec& kind : table.all())
        if (!kind.pods.empty() && !kind.describes_only) kinds.push_back(&kind);
    std::sort(kinds.begin(), kinds.end(), [](const KindSpec* a, const KindSpec* b) {
        return std::make_tuple(entry_of(*a), std::cref(a->group), std::cref(a->kind), std::cref(a->name)) <
               std::make_tuple(entry_of(*b), std::cref(b->group), std::cref(b->kind), std::cref(b->name));
    });
    constexpr std::array<std::string_view, 3> kNames = {"pods", "workloads", "operators"};
    std::vector<Group> out;
    for (const KindSpec* kind : kinds) add_kind(*kind, kNames.at(entry_of(*kind)), out);
    return out;
}

Json rules_of(const Group& group, bool with_subresources) {
    // One rule for each (group, versions), so that kinds of one API are listed together.
    std::map<std::pair<std::string, std::vector<std::string>>, std::vector<std::string>> by_api;
    for (const KindSpec* kind : group.kinds) {
        by_api[{kind->group, kind->versions}].push_back(resource_of(*kind));
    }
    Json rules = Json::array();
    for (auto& [api, resources] : by_api) {
        std::sort(resources.begin(), resources.end());
        resources.erase(std::unique(resources.begin(), resources.end()), resources.end());
        rules.push_back({{"apiGroups", Json::array({api.first})},
                         {"apiVersions", api.second},
                         {"operations", {"CREATE", "UPDATE"}},
                         {"resources", resources},
                         {"scope", "Namespaced"}});
    }
    if (group.pods && with_subresources) {
        rules.push_back({{"apiGroups", Json::array({""})},
                         {"apiVersions", Json::array({"v1"})},
                         {"operations", Json::array({"UPDATE"})},
                         {"resources", {"pods/ephemeralcontainers", "pods/resize"}},
                         {"scope", "Namespaced"}});
    }
    return rules;
}

Json client_config(const WebhookOptions& options, std::string_view path) {
    Json config = {{"service",
                    {{"namespace", options.service_namespace},
                     {"name", options.service_name},
                     {"path", path},
                     {"port", 443}}}};
    if (!options.ca_bundle.empty()) config["caBundle"] = admission::base64(options.ca_bundle);
    return config;
}

Json namespace_selector(const WebhookOptions& options) {
    return {{"matchExpressions",
             {{{"key", "kubernetes.io/metadata.name"},
               {"operator", "NotIn"},
               {"values", exempt_namespaces(options)}},
              {{"key", "tollgate.dev/gate"}, {"operator", "NotIn"}, {"values", Json::array({"off"})}}}}};
}

Json condition(std::string_view name, std::string expression) {
    return {{"name", name}, {"expression", std::move(expression)}};
}

struct Entry {
    std::string name;
    std::string_view path;
    std::string_view failure_policy;
    int timeout_seconds;
    Json rules, conditions;
};

Json webhook(const Entry& entry, const WebhookOptions& options) {
    return {{"name", entry.name},
            {"clientConfig", client_config(options, entry.path)},
            {"rules", entry.rules},
            {"namespaceSelector", namespace_selector(options)},
            {"matchConditions", entry.conditions},
            {"matchPolicy", "Equivalent"},
            {"failurePolicy", entry.failure_policy},
            {"sideEffects", "None"},
            {"timeoutSeconds", entry.timeout_seconds},
            {"admissionReviewVersions", Json::array({"v1"})}};
}

Json configuration(std::string_view kind, std::string_view name) {
    return {{"apiVersion", "admissionregistration.k8s.io/v1"},
            {"kind", kind},
            {"metadata", {{"name", name}, {"labels", {{"app.kubernetes.io/name", "tollgate"}}}}},
            {"webhooks", Json::array()}};
}

}  // namespace

std::string resource_of(const KindSpec& kind) {
    return kind.resource.empty() ? plural_of(kind.kind) : kind.resource;
}

std::string plural_of(std::string_view kind) {
    std::string name;
    for (const char c : kind) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const std::string_view end : {"s", "x", "z", "ch", "sh"}) {
        if (name.ends_with(end)) return name + "es";
    }
    constexpr std::string_view kVowels = "aeiou";
    const bool after_vowel = name.size() > 1 && kVowels.find(name[name.size() - 2]) != std::string_view::npos;
    if (name.ends_with('y') && !after_vowel) return name.substr(0, name.size() - 1) + "ies";
    return name + "s";
}

std::vector<std::string> guessed_resources(const decide::Snapshot& snapshot) {
    std::vector<std::string> out;
    for (const KindSpec& kind : snapshot.rules->kinds.all()) {
        if (!kind.resource.empty() || kind.pods.empty()) continue;
        out.push_back(kind.kind + (kind.group.empty() ? "" : "." + kind.group) + ": " + plural_of(kind.kind));
    }
    return out;
}

std::vector<std::string> exempt_namespaces(const WebhookOptions& options) {
    std::vector<std::string> names(decide::kExemptNamespaces.begin(), decide::kExemptNamespaces.end());
    names.push_back(options.service_namespace);
    names.insert(names.end(), options.exempt_namespaces.begin(), options.exempt_namespaces.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

Json mutating_configuration(const decide::Snapshot& snapshot, const WebhookOptions& options) {
    const AcceleratorMarks marks = collect_marks(snapshot);
    Json out = configuration("MutatingWebhookConfiguration", kMutatingName);
    for (const Group& group : group_kinds(snapshot.rules->kinds)) {
        Json entry = webhook(
            {group.name + ".mutate.tollgate.dev", "/mutate", "Ignore", kMutateTimeoutSeconds,
             rules_of(group, false),
             Json::array({condition("changes-what-is-judged", changes_what_is_judged(group.paths)),
                          condition("asks-for-accelerator", asks_for_accelerator(group.paths, marks))})},
            options);
        entry["reinvocationPolicy"] = "IfNeeded";
        out["webhooks"].push_back(std::move(entry));
    }
    return out;
}

Json validating_configuration(const decide::Snapshot& snapshot, const WebhookOptions& options) {
    const AcceleratorMarks marks = collect_marks(snapshot);
    Json out = configuration("ValidatingWebhookConfiguration", kValidatingName);
    const std::vector<Group> groups = group_kinds(snapshot.rules->kinds);
    for (const Group& group : groups) {
        out["webhooks"].push_back(webhook(
            {group.name + ".validate.tollgate.dev", "/validate", options.enforce ? "Fail" : "Ignore",
             kValidateTimeoutSeconds, rules_of(group, true),
             Json::array({condition("changes-what-is-judged", changes_what_is_judged(group.paths)),
                          condition("asks-for-accelerator", asks_for_accelerator(group.paths, marks))})},
            options));
    }
    if (!snapshot.rules->cares_about_cpu_pods) return out;
    for (const Group& group : groups) {
        out["webhooks"].push_back(webhook(
            {group.name + ".gpu-nodes.validate.tollgate.dev", "/validate", "Ignore", kValidateTimeoutSeconds,
             rules_of(group, true),
             Json::array(
                 {condition("changes-what-is-judged", changes_what_is_judged(group.paths)),
                  condition("asks-for-no-accelerator", "!" + asks_for_accelerator(group.paths, marks)),
                  condition("aims-at-gpu-nodes", aims_at_gpu_nodes(group.paths, marks))})},
            options));
    }
    return out;
}

}  // namespace tollgate::cli
