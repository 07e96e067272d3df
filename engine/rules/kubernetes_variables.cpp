// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/kubernetes_variables.hpp"

#include "engine/rules/outcome.hpp"
#include "engine/vap/environment.hpp"

#include <array>
#include <string>
#include <vector>

namespace tollgate::rules {
namespace {

using cel::Arena;
using cel::MapEntry;
using cel::string_value;
using cel::Value;

MapEntry field(std::string_view name, const Value& value) {
    return {string_value(name), value};
}
MapEntry field(std::string_view name, std::string_view text) {
    return {string_value(name), string_value(text)};
}

/// As the API server sends it: what is empty is not there.
Value present(std::initializer_list<MapEntry> entries, Arena& arena) {
    std::vector<MapEntry> kept;
    for (const MapEntry& each : entries)
        if (!each.value.is(cel::Tag::String) || !each.value.view().empty()) kept.push_back(each);
    return arena.map(kept);
}

Value user_value(const RequestFacts& request, Arena& arena) {
    if (request.groups.empty()) return present({field("username", request.user)}, arena);
    std::vector<Value> groups;
    for (const std::string_view group : request.groups) groups.push_back(string_value(group));
    return present({field("username", request.user), field("groups", arena.list(groups))}, arena);
}

cel::Type type_in_policies(std::uint32_t slot) {
    return vap::make_environment(vap::Use::MatchCondition, false, {}).variables()[slot].type;
}

/// What is known of a namespace of which the labels alone were given.
Value labelled_namespace(std::string_view name,
                         const std::vector<std::pair<std::string, std::string>>& labels, Arena& arena) {
    std::vector<MapEntry> entries;
    entries.reserve(labels.size());
    for (const auto& [key, value] : labels) entries.push_back(field(key, value));
    const Value metadata = arena.map(std::array{field("name", name), field("labels", arena.map(entries))});
    return arena.map(std::array{field("metadata", metadata)});
}

}  // namespace

cel::Type request_type() {
    return type_in_policies(vap::slot::kRequest);
}
cel::Type namespace_type() {
    return type_in_policies(vap::slot::kNamespaceObject);
}

Value request_value(ExpressionScope& scope) {
    const RequestFacts& request = scope.request;
    Arena& arena = scope.arena;
    const Value kind = arena.map(std::array{field("group", request.group), field("version", request.version),
                                            field("kind", request.kind)});
    const Value resource =
        arena.map(std::array{field("group", request.group), field("version", request.version),
                             field("resource", request.resource)});
    return present(
        {field("kind", kind), field("resource", resource), field("subResource", request.subresource),
         field("requestKind", kind), field("requestResource", resource),
         field("requestSubResource", request.subresource), field("name", request.name),
         field("namespace", request.ns), field("operation", request.operation),
         field("userInfo", user_value(request, arena)), field("dryRun", cel::bool_value(request.dry_run))},
        arena);
}

Value namespace_value(const Context& context) {
    Arena& arena = context.expressions->arena;
    const std::string_view name = context.workload.ref.ns;
    if (name.empty()) return cel::null_value();
    if (context.cluster != nullptr) {
        const json::Node whole = context.cluster->namespace_object(name);
        if (whole.exists()) return cel::from_json(whole);
        const auto* labels = context.cluster->find_namespace(name);
        if (labels != nullptr) return labelled_namespace(name, *labels, arena);
    }
    return arena.error("namespaceObject: nothing is known of the namespace " + std::string(name));
}

}  // namespace tollgate::rules
