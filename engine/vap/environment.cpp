// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/environment.hpp"

#include "engine/cel/authorizer.hpp"

#include <map>
#include <utility>
#include <vector>

namespace tollgate::vap {
namespace {

using cel::declared_type;
using cel::object_type;
using cel::Type;
using Fields = std::map<std::string, Type, std::less<>>;

Type request_type() {
    const Type text = declared_type("string");
    const Type kind = object_type("kubernetes.GroupVersionKind",
                                  Fields{{"group", text}, {"version", text}, {"kind", text}});
    const Type resource = object_type("kubernetes.GroupVersionResource",
                                      Fields{{"group", text}, {"version", text}, {"resource", text}});
    const Type user =
        object_type("kubernetes.UserInfo", Fields{{"username", text},
                                                  {"uid", text},
                                                  {"groups", declared_type("list<string>")},
                                                  {"extra", declared_type("map<string,list<string>>")}});
    return object_type("kubernetes.AdmissionRequest", Fields{{"kind", kind},
                                                             {"resource", resource},
                                                             {"subResource", text},
                                                             {"requestKind", kind},
                                                             {"requestResource", resource},
                                                             {"requestSubResource", text},
                                                             {"name", text},
                                                             {"namespace", text},
                                                             {"operation", text},
                                                             {"userInfo", user},
                                                             {"dryRun", declared_type("bool")},
                                                             {"options", cel::dyn_type()}});
}

Type namespace_type() {
    const Type text = declared_type("string"), texts = declared_type("list<string>"),
               text_map = declared_type("map<string,string>"), time = declared_type("timestamp"),
               number = declared_type("int");
    const Type condition = object_type("kubernetes.NamespaceCondition", Fields{{"status", text},
                                                                               {"type", text},
                                                                               {"lastTransitionTime", time},
                                                                               {"message", text},
                                                                               {"reason", text}});
    const Type metadata =
        object_type("kubernetes.NamespaceMetadata", Fields{{"name", text},
                                                           {"generateName", text},
                                                           {"namespace", text},
                                                           {"labels", text_map},
                                                           {"annotations", text_map},
                                                           {"UID", text},
                                                           {"creationTimestamp", time},
                                                           {"deletionGracePeriodSeconds", number},
                                                           {"deletionTimestamp", time},
                                                           {"generation", number},
                                                           {"resourceVersion", text},
                                                           {"finalizers", texts}});
    return object_type(
        "kubernetes.Namespace",
        Fields{{"metadata", metadata},
               {"spec", object_type("kubernetes.NamespaceSpec", Fields{{"finalizers", texts}})},
               {"status", object_type("kubernetes.NamespaceStatus",
                                      Fields{{"conditions", cel::list_type(condition)}, {"phase", text}})}});
}

}  // namespace

cel::Environment make_environment(Use use, bool has_params, std::span<const VariableType> variables,
                                  std::uint32_t kubernetes_minor) {
    cel::Environment::Options options;
    options.kubernetes_minor = kubernetes_minor;
    static const Type kRequestType = request_type(), kNamespaceType = namespace_type();
    std::vector<cel::Variable> out = {{"object", cel::dyn_type()},
                                      {"oldObject", cel::dyn_type()},
                                      {"request", kRequestType},
                                      {"namespaceObject", kNamespaceType},
                                      {has_params ? "params" : "", cel::dyn_type()},
                                      {"", cel::dyn_type()},
                                      {"", cel::dyn_type()},
                                      {"", cel::dyn_type()}};
    if (use != Use::Message)
        for (cel::Variable& each : cel::authorizer_variables()) {
            const bool resource = each.name != "authorizer";
            out[resource ? slot::kResourceCheck : slot::kAuthorizer] = std::move(each);
        }
    if (use == Use::MatchCondition) return cel::Environment(std::move(out), std::move(options));
    Fields fields;
    for (const VariableType& each : variables) fields.insert_or_assign(each.name, each.type);
    out[slot::kVariables] = {"variables", object_type("kubernetes.variables", std::move(fields))};
    for (const VariableType& each : variables) out.push_back({"variables." + each.name, each.type});
    return cel::Environment(std::move(out), std::move(options));
}

}  // namespace tollgate::vap
