// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/environment.hpp"

#include "engine/cel/library/library.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace tollgate::cel {
namespace {

using Kind = Type::Kind;

struct TypeName {
    std::string_view name;
    Kind kind;
};
constexpr std::array<TypeName, 13> kTypeNames{{{"bool", Kind::Bool},
                                               {"int", Kind::Int},
                                               {"uint", Kind::Uint},
                                               {"double", Kind::Double},
                                               {"string", Kind::String},
                                               {"bytes", Kind::Bytes},
                                               {"list", Kind::List},
                                               {"map", Kind::Map},
                                               {"null_type", Kind::Null},
                                               {"type", Kind::Type},
                                               {"google.protobuf.Timestamp", Kind::Timestamp},
                                               {"google.protobuf.Duration", Kind::Duration},
                                               {"optional_type", Kind::Optional}}};
constexpr std::array<std::string_view, 11> kOpaqueNames{"kubernetes.Quantity",
                                                        "kubernetes.Semver",
                                                        "kubernetes.URL",
                                                        "kubernetes.NamedFormat",
                                                        "net.IP",
                                                        "net.CIDR",
                                                        "kubernetes.authorization.Authorizer",
                                                        "kubernetes.authorization.PathCheck",
                                                        "kubernetes.authorization.GroupCheck",
                                                        "kubernetes.authorization.ResourceCheck",
                                                        "kubernetes.authorization.Decision"};

struct Registry {
    std::map<std::string_view, std::vector<Signature>> functions;
};

Signature read_signature(const Library& library, const Overload& overload) {
    const std::string_view text = overload.signature;
    const std::size_t arrow = text.find("->");
    Signature signature{&overload,
                        std::max(library.since, overload.since),
                        library.mutating,
                        {},
                        declared_type(text.substr(arrow + 2))};
    std::string_view rest = text.substr(0, arrow);
    while (!rest.empty()) {
        std::size_t end = 0;
        for (int depth = 0; end < rest.size() && (depth > 0 || rest[end] != ','); ++end)
            depth += rest[end] == '<' ? 1 : rest[end] == '>' ? -1 : 0;
        signature.arguments.push_back(declared_type(rest.substr(0, end)));
        rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    return signature;
}

Registry make_registry() {
    Registry registry;
    for (const Library& library : std::to_array<Library>({{"operators", operator_overloads()},
                                                          {"conversions", conversion_overloads()},
                                                          {"time", time_overloads()},
                                                          {"strings", string_overloads()},
                                                          {"lists", list_overloads()},
                                                          {"more lists", more_list_overloads(), 34},
                                                          {"sets", set_overloads(), 29},
                                                          {"loops", loop_overloads(), 32},
                                                          {"optionals", optional_overloads(), 28},
                                                          {"quantity", quantity_overloads(), 28},
                                                          {"semver", semver_overloads(), 33},
                                                          {"network", network_overloads(), 30},
                                                          {"url", url_overloads()},
                                                          {"format", format_overloads(), 31},
                                                          {"authorizer", authorizer_overloads(), 27},
                                                          {"jsonpatch", json_patch_overloads(), 32, true}}))
        for (const Overload& overload : library.overloads)
            registry.functions[overload.function].push_back(read_signature(library, overload));
    return registry;
}

const Registry& registry() {
    static const Registry kRegistry = make_registry();
    return kRegistry;
}

}  // namespace

Result<std::uint32_t> read_kubernetes_version(std::string_view text) {
    const std::string all(text);
    if (text.starts_with('v')) text.remove_prefix(1);
    std::uint32_t minor = 0;
    const bool has_major = text.starts_with("1.");
    if (has_major) text.remove_prefix(2);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), minor);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (!has_major || code != std::errc() ||
        (!rest.empty() && (rest.front() != '.' || rest.find_first_not_of(".0123456789") != rest.npos)))
        return fail("'" + all + "' is no version of Kubernetes; write 1.30");
    if (minor > kNewestKubernetesMinor)
        return fail("the functions of Kubernetes 1." + std::to_string(minor) +
                    " are not known here; the newest known are those of 1." +
                    std::to_string(kNewestKubernetesMinor));
    return minor;
}

Environment::Environment(std::vector<Variable> variables, Options options)
    : variables_(std::move(variables)), options_(std::move(options)) {
    for (const Library& library : options_.libraries) {
        for (const Overload& overload : library.overloads) {
            const auto [place, is_new] = functions_.try_emplace(std::string(overload.function));
            const std::span<const Signature> common = cel::find_function(overload.function);
            if (is_new) place->second.assign(common.begin(), common.end());
            place->second.push_back(read_signature(library, overload));
        }
    }
}

std::span<const Signature> Environment::find_function(std::string_view name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() ? cel::find_function(name) : found->second;
}

std::vector<std::string_view> Environment::function_names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, signatures] : registry().functions) names.push_back(name);
    for (const auto& [name, signatures] : functions_) names.push_back(name);
    return names;
}

std::optional<std::uint32_t> Environment::find_variable(std::string_view name) const {
    for (std::size_t i = 0; i < variables_.size(); ++i)
        if (variables_[i].name == name) return static_cast<std::uint32_t>(i);
    return std::nullopt;
}

bool Environment::offers(const Signature& signature) const {
    return signature.since <= options_.kubernetes_minor && (!signature.mutating || options_.mutating);
}

std::vector<std::string> Environment::candidates(std::string_view name) const {
    if (name.starts_with('.')) return {std::string(name.substr(1))};
    std::vector<std::string> out;
    for (std::string_view prefix = options_.container; !prefix.empty();) {
        out.push_back(std::string(prefix) + "." + std::string(name));
        const std::size_t dot = prefix.rfind('.');
        prefix = dot == std::string_view::npos ? std::string_view{} : prefix.substr(0, dot);
    }
    out.emplace_back(name);
    return out;
}

std::span<const Signature> find_function(std::string_view name) {
    const auto found = registry().functions.find(name);
    return found == registry().functions.end() ? std::span<const Signature>{} : found->second;
}

std::optional<Type> find_type(std::string_view name) {
    for (const TypeName& each : kTypeNames) {
        if (each.name != name) continue;
        Type type = simple_type(each.kind);
        if (each.kind == Kind::List || each.kind == Kind::Optional || each.kind == Kind::Type)
            type.params = {dyn_type()};
        if (each.kind == Kind::Map) type.params = {dyn_type(), dyn_type()};
        return type;
    }
    for (const std::string_view each : kOpaqueNames)
        if (each == name) return opaque_type(std::string(name));
    return std::nullopt;
}

std::string_view runtime_name(const Type& type) {
    if (type.is(Kind::Opaque) || type.is(Kind::Object)) return type.name;
    for (const TypeName& each : kTypeNames)
        if (each.kind == type.kind) return each.name;
    return "dyn";
}

}  // namespace tollgate::cel
