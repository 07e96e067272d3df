// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/outcome.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <tuple>

namespace tollgate::rules {
namespace {

bool is_index(std::string_view token) {
    return !token.empty() &&
           std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_plain(std::string_view token) {
    return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

std::string unescaped(std::string_view token) {
    std::string text;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const bool escape = token[i] == '~' && i + 1 < token.size();
        if (!escape) {
            text += token[i];
            continue;
        }
        ++i;
        text += token[i] == '1' ? '/' : '~';
    }
    return text;
}

/// What follows `prefix` when `pointer` is that place or one below it.
std::optional<std::string_view> below(std::string_view pointer, std::string_view prefix) {
    if (!pointer.starts_with(prefix)) return std::nullopt;
    const std::string_view rest = pointer.substr(prefix.size());
    if (!rest.empty() && rest.front() != '/') return std::nullopt;
    return rest;
}

}  // namespace

std::string_view to_string(Action action) {
    switch (action) {
        case Action::Audit:
            return "Audit";
        case Action::Warn:
            return "Warn";
        case Action::Deny:
            return "Deny";
    }
    return "";
}

namespace {

auto key_of(const KnownObject& object) {
    return std::tie(object.api_version, object.kind, object.ns, object.name);
}

}  // namespace

void ClusterView::set_objects(std::vector<KnownObject> all) {
    std::stable_sort(all.begin(), all.end(),
                     [](const KnownObject& a, const KnownObject& b) { return key_of(a) < key_of(b); });
    objects.clear();
    for (KnownObject& each : all) {
        if (!objects.empty() && key_of(objects.back()) == key_of(each)) objects.pop_back();
        objects.push_back(std::move(each));
    }
}

std::span<const KnownObject> ClusterView::find_objects(std::string_view api_version,
                                                       std::string_view kind) const {
    const std::pair wanted(api_version, kind);
    const auto of = [](const KnownObject& object) {
        return std::pair<std::string_view, std::string_view>(object.api_version, object.kind);
    };
    const auto begin = std::partition_point(objects.begin(), objects.end(),
                                            [&](const KnownObject& each) { return of(each) < wanted; });
    const auto end = std::partition_point(begin, objects.end(),
                                          [&](const KnownObject& each) { return of(each) == wanted; });
    return {begin, end};
}

json::Node ClusterView::namespace_object(std::string_view name) const {
    const std::span<const KnownObject> all = find_objects("v1", "Namespace");
    // They are in no namespace themselves, so that they are ordered by name.
    const auto found = std::partition_point(
        all.begin(), all.end(), [&](const KnownObject& each) { return each.ns.empty() && each.name < name; });
    return found != all.end() && found->name == name ? found->document->root() : json::Node();
}

const std::vector<std::pair<std::string, std::string>>* ClusterView::find_namespace(
    std::string_view name) const {
    auto found = namespaces.find(std::string(name));
    if (found == namespaces.end() && offline_default) found = namespaces.find("");
    return found == namespaces.end() ? nullptr : &found->second;
}

const cost::WorkloadCost& Context::cost_now() const {
    if (!facts.cost.has_value()) {
        // A budget that runs out here stops the next rule that asks it.
        budget.spend(static_cast<std::uint64_t>(workload.pods.size()) * (market.offers.size() + 1));
        facts.cost = cost::price_workload(workload, market, catalog);
    }
    return *facts.cost;
}

const workload::Need& Context::declared_need(std::size_t pod) const {
    if (facts.needs.size() <= pod) facts.needs.resize(workload.pods.size());
    std::optional<workload::Need>& need = facts.needs.at(pod);
    if (!need.has_value()) need = workload::read_declared_need(workload, workload.pods[pod]);
    return *need;
}

const cost::PodCost* Context::pod_cost(std::size_t pod) const {
    const cost::WorkloadCost& cost = cost_now();
    return pod < cost.pods.size() ? &cost.pods[pod] : nullptr;
}

std::string fix_line(std::string_view dotted_field, std::string_view json_value) {
    return std::string(dotted_field) + ": " + std::string(json_value);
}

std::string object_pointer(const workload::Workload& workload, const Edit& edit) {
    if (edit.scope == Edit::Scope::Object) return edit.pointer;
    if (edit.pod >= workload.pods.size()) return "";
    const workload::Pod& pod = workload.pods[edit.pod];
    if (const auto rest = below(edit.pointer, "/metadata")) {
        return pod.metadata_pointer.empty() ? "" : pod.metadata_pointer + std::string(*rest);
    }
    // A container outside the lists: its pointer is written as if it stood at their end.
    for (const workload::Container& container : pod.containers) {
        if (!container.place.has_value()) continue;
        if (const auto rest = below(edit.pointer, container.pointer))
            return workload::container_pointer(pod, container) + std::string(*rest);
    }
    if (const auto rest = below(edit.pointer, "/spec")) {
        return pod.spec.exists() ? pod.spec_pointer + std::string(*rest) : "";
    }
    // A container or its resources alone: there is no pod around them.
    if (const auto rest = below(edit.pointer, "/resources");
        rest && !pod.spec.exists() && !pod.containers.empty()) {
        return workload::resources_pointer(pod, pod.containers.front()) + std::string(*rest);
    }
    return "";
}

std::string dotted(std::string_view pointer) {
    std::string out;
    if (pointer.empty()) return out;
    for (const std::string_view token : split(pointer.substr(1), '/')) {
        if (is_index(token)) {
            out += '[' + std::string(token) + ']';
            continue;
        }
        if (!out.empty()) out += '.';
        const std::string text = unescaped(token);
        out += is_plain(text) ? text : "'" + text + "'";
    }
    return out;
}

}  // namespace tollgate::rules
