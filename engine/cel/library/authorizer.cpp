// SPDX-License-Identifier: Apache-2.0
// authorizer.group('apps').resource('deployments').check('create').allowed(): questions are put together and
// never answered. What they are about is not kept, since nothing can look at it.
// Source: k8s.io/apiserver pkg/cel/library/{authz,cost}.go.
#include "engine/cel/authorizer.hpp"

#include "engine/cel/library/library.hpp"

#include <string_view>

namespace tollgate::cel {
namespace {

constexpr std::string_view kAuthorizer = "kubernetes.authorization.Authorizer";
constexpr std::string_view kPathCheck = "kubernetes.authorization.PathCheck";
constexpr std::string_view kGroupCheck = "kubernetes.authorization.GroupCheck";
constexpr std::string_view kResourceCheck = "kubernetes.authorization.ResourceCheck";

/// Two questions are never known to be the same.
bool same_object(const Opaque& a, const Opaque& b) {
    return &a == &b;
}

constexpr Opaque kRoot(kAuthorizer, same_object);
constexpr Opaque kRequestResource(kResourceCheck, same_object);

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

Value question(const CallContext& context, std::string_view type) {
    const auto* made = context.arena.make<Opaque>(type, same_object);
    return made == nullptr ? context.error("") : opaque_value(made);
}

Value path(CallContext& context, Arguments args) {
    return is_blank(args[1].view()) ? context.error("path must not be empty") : question(context, kPathCheck);
}
Value group(CallContext& context, Arguments) {
    return question(context, kGroupCheck);
}
Value service_account(CallContext& context, Arguments args) {
    if (is_blank(args[2].view())) return context.error("Invalid service account name");
    if (is_blank(args[1].view())) return context.error("Invalid service account namespace");
    return question(context, kAuthorizer);
}
Value resource(CallContext& context, Arguments args) {
    return is_blank(args[1].view()) ? context.error("resource must not be empty")
                                    : question(context, kResourceCheck);
}
Value narrowed(CallContext& context, Arguments) {
    return question(context, kResourceCheck);
}
Value check(CallContext& context, Arguments) {
    return context.error("who may do what is known to a cluster alone: check() cannot be asked here");
}
/// Nobody makes decisions; these are declared so that expressions on them compile.
Value of_decision(CallContext& context, Arguments) {
    return context.error("there is no decision of the authorizer here");
}

std::uint64_t cost_check(Arguments, const Value&) {
    return 350'000;  // two to an expression
}
/// The list, the text walked over, and a list and a struct for every two bytes of it.
std::uint64_t cost_selector(Arguments args, const Value&) {
    constexpr std::uint64_t kList = 10, kRequirement = 50;
    const std::uint64_t size = cost_size(args[1]);
    return kList + traversal_cost(size) + (size + 1) / 2 * kRequirement;
}

constexpr Overload kRows[] = {
    {"path", Style::Member, "authorizer_path",
     "kubernetes.authorization.Authorizer,string->kubernetes.authorization.PathCheck", path},
    {"group", Style::Member, "authorizer_group",
     "kubernetes.authorization.Authorizer,string->kubernetes.authorization.GroupCheck", group},
    {"serviceAccount", Style::Member, "authorizer_serviceaccount",
     "kubernetes.authorization.Authorizer,string,string->kubernetes.authorization.Authorizer",
     service_account},
    {"resource", Style::Member, "groupcheck_resource",
     "kubernetes.authorization.GroupCheck,string->kubernetes.authorization.ResourceCheck", resource},
    {"subresource", Style::Member, "resourcecheck_subresource",
     "kubernetes.authorization.ResourceCheck,string->kubernetes.authorization.ResourceCheck", narrowed},
    {"namespace", Style::Member, "resourcecheck_namespace",
     "kubernetes.authorization.ResourceCheck,string->kubernetes.authorization.ResourceCheck", narrowed},
    {"name", Style::Member, "resourcecheck_name",
     "kubernetes.authorization.ResourceCheck,string->kubernetes.authorization.ResourceCheck", narrowed},
    {"fieldSelector", Style::Member, "authorizer_fieldselector",
     "kubernetes.authorization.ResourceCheck,string->kubernetes.authorization.ResourceCheck", narrowed,
     cost_selector, 31},
    {"labelSelector", Style::Member, "authorizer_labelselector",
     "kubernetes.authorization.ResourceCheck,string->kubernetes.authorization.ResourceCheck", narrowed,
     cost_selector, 31},
    {"check", Style::Member, "pathcheck_check",
     "kubernetes.authorization.PathCheck,string->kubernetes.authorization.Decision", check, cost_check},
    {"check", Style::Member, "resourcecheck_check",
     "kubernetes.authorization.ResourceCheck,string->kubernetes.authorization.Decision", check, cost_check},
    {"allowed", Style::Member, "decision_allowed", "kubernetes.authorization.Decision->bool", of_decision},
    {"reason", Style::Member, "decision_reason", "kubernetes.authorization.Decision->string", of_decision},
    {"errored", Style::Member, "decision_errored", "kubernetes.authorization.Decision->bool", of_decision},
    {"error", Style::Member, "decision_error", "kubernetes.authorization.Decision->string", of_decision},
};

}  // namespace

std::span<const Overload> authorizer_overloads() {
    return kRows;
}

std::array<Variable, 2> authorizer_variables() {
    return {Variable{"authorizer", opaque_type(std::string(kAuthorizer))},
            Variable{"authorizer.requestResource", opaque_type(std::string(kResourceCheck))}};
}

std::array<Value, 2> authorizer_values() {
    return {opaque_value(&kRoot), opaque_value(&kRequestResource)};
}

}  // namespace tollgate::cel
