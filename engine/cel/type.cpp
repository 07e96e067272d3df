// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/type.hpp"

#include "engine/base/result.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tollgate::cel {
namespace {

using Kind = Type::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 10> kSimple{{{"dyn", Kind::Dyn},
                                                                     {"null_type", Kind::Null},
                                                                     {"bool", Kind::Bool},
                                                                     {"int", Kind::Int},
                                                                     {"uint", Kind::Uint},
                                                                     {"double", Kind::Double},
                                                                     {"string", Kind::String},
                                                                     {"bytes", Kind::Bytes},
                                                                     {"timestamp", Kind::Timestamp},
                                                                     {"duration", Kind::Duration}}};
constexpr std::array<std::pair<std::string_view, Kind>, 4> kBuilt{
    {{"list", Kind::List}, {"map", Kind::Map}, {"type", Kind::Type}, {"optional", Kind::Optional}}};

/// Reads "map<string,list<A>>" from the front of `text`.
Type read_type(std::string_view& text) {
    const std::size_t end = text.find_first_of("<,>");
    const std::string_view name = text.substr(0, end);
    TOLLGATE_ASSERT(!name.empty());
    text.remove_prefix(name.size());
    for (const auto& [known, kind] : kSimple)
        if (known == name) return simple_type(kind);
    for (const auto& [known, kind] : kBuilt) {
        if (known != name) continue;
        Type type = simple_type(kind);
        while (!text.empty() && (text.front() == '<' || (text.front() == ',' && !type.params.empty()))) {
            text.remove_prefix(1);
            type.params.push_back(read_type(text));
            if (!text.empty() && text.front() == '>') {
                text.remove_prefix(1);
                break;
            }
        }
        while (type.params.size() < (kind == Kind::Map ? 2U : 1U)) type.params.push_back(dyn_type());
        return type;
    }
    if (name.size() == 1 && name.front() >= 'A' && name.front() <= 'Z') return param_type(std::string(name));
    return opaque_type(std::string(name));
}

}  // namespace

bool operator==(const Type& a, const Type& b) {
    return a.kind == b.kind && a.name == b.name && a.params == b.params && a.object == b.object;
}

Type list_type(Type element) {
    return {Kind::List, {}, {std::move(element)}, nullptr};
}
Type map_type(Type key, Type value) {
    return {Kind::Map, {}, {std::move(key), std::move(value)}, nullptr};
}
Type type_type(Type named) {
    return {Kind::Type, {}, {std::move(named)}, nullptr};
}
Type optional_type(Type content) {
    return {Kind::Optional, {}, {std::move(content)}, nullptr};
}
Type opaque_type(std::string name) {
    return {Kind::Opaque, std::move(name), {}, nullptr};
}
Type param_type(std::string name) {
    return {Kind::Param, std::move(name), {}, nullptr};
}
Type object_type(std::string name, std::map<std::string, Type, std::less<>> fields) {
    auto object = std::make_shared<ObjectType>();
    object->name = name;
    object->fields = std::move(fields);
    return {Kind::Object, std::move(name), {}, std::move(object)};
}

std::string to_string(const Type& type) {
    for (const auto& [name, kind] : kSimple)
        if (kind == type.kind) return std::string(name);
    if (type.params.empty()) return type.name;
    std::string out = type.is(Kind::List)       ? "list("
                      : type.is(Kind::Map)      ? "map("
                      : type.is(Kind::Optional) ? "optional_type("
                                                : "type(";
    for (std::size_t i = 0; i < type.params.size(); ++i) {
        if (i > 0) out += ", ";
        out += to_string(type.params[i]);
    }
    return out + ")";
}

Type declared_type(std::string_view text) {
    Type type = read_type(text);
    TOLLGATE_ASSERT(text.empty());
    return type;
}

}  // namespace tollgate::cel
