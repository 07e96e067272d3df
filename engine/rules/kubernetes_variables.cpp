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

cel::Type type_in_policies(std::uint32_t slot) {
    return vap::make_environment(vap::Use::MatchCondition, false, {}).variables()[slot].type;
}

/// What is known of a namespace of which the labels alone were given.
Value labelled_namespace(std::string_view name,
                         const std::vector<std::pair<std::string, std::string>>& labels, Arena& arena) {
    std::vector<MapEntry> entries;
    entries.reserve(labels.size());
    for (const auto& [key, value] : labels) entries.push_back(field(key, string_value(value)));
    const Value metadata =
        arena.map(std::array{field("name", arena.copy_string(name)), field("labels", arena.map(entries))});
    return arena.map(std::array{field("metadata", metadata)});
}

}  // namespace

cel::Type request_type() {
    return type_in_policies(vap::slot::kRequest);
}
cel::Type namespace_type() {
    return type_in_policies(vap::slot::kNamespaceObject);
}

Value namespace_value(const Context& context) {
    Arena& arena = context.expressions->variables;
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
