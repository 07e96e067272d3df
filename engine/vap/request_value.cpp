// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/request_value.hpp"

#include <initializer_list>
#include <vector>

namespace tollgate::vap {
namespace {

using cel::Arena;
using cel::MapEntry;
using cel::Value;

Value text(std::string_view content) {
    return cel::string_value(content);
}
Value text_if_any(std::string_view content) {
    return content.empty() ? Value{} : text(content);
}

/// What is Absent is left out.
Value object_of(std::initializer_list<MapEntry> entries, Arena& arena) {
    std::vector<MapEntry> present;
    for (const MapEntry& each : entries)
        if (!each.value.is(cel::Tag::Absent)) present.push_back(each);
    return arena.map(present);
}

Value kind_value(const GroupVersionKind& kind, Arena& arena) {
    return object_of({{text("group"), text(kind.group)},
                      {text("version"), text(kind.version)},
                      {text("kind"), text(kind.kind)}},
                     arena);
}

Value resource_value(const GroupVersionResource& resource, Arena& arena) {
    return object_of({{text("group"), text(resource.group)},
                      {text("version"), text(resource.version)},
                      {text("resource"), text(resource.resource)}},
                     arena);
}

Value user_value(const Input& input, Arena& arena) {
    std::vector<Value> groups;
    groups.reserve(input.groups.size());
    for (const std::string_view group : input.groups) groups.push_back(text(group));
    return object_of({{text("username"), text(input.user)},
                      {text("uid"), text_if_any(input.user_uid)},
                      {text("groups"), arena.list(groups)},
                      {text("extra"), input.extra.is_object() ? cel::from_json(input.extra) : Value{}}},
                     arena);
}

}  // namespace

Value request_value(const Input& input, Arena& arena) {
    const bool same_kind = input.request_kind.kind.empty();
    const bool same_resource = input.request_resource.resource.empty();
    const std::string_view sub = input.subresource;
    const std::string_view request_sub = input.request_subresource.empty() ? sub : input.request_subresource;
    return object_of({{text("kind"), kind_value(input.kind, arena)},
                      {text("resource"), resource_value(input.resource, arena)},
                      {text("subResource"), text_if_any(sub)},
                      {text("requestKind"), kind_value(same_kind ? input.kind : input.request_kind, arena)},
                      {text("requestResource"),
                       resource_value(same_resource ? input.resource : input.request_resource, arena)},
                      {text("requestSubResource"), text_if_any(request_sub)},
                      {text("name"), text_if_any(input.name)},
                      {text("namespace"), text_if_any(input.ns)},
                      {text("operation"), text(to_string(input.operation))},
                      {text("userInfo"), user_value(input, arena)},
                      {text("dryRun"), cel::bool_value(input.dry_run)},
                      {text("options"), input.options.exists() ? cel::from_json(input.options) : Value{}}},
                     arena);
}

}  // namespace tollgate::vap
