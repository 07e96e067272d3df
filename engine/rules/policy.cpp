// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/policy.hpp"

#include <algorithm>

namespace tollgate::rules {

std::string_view to_string(Mode mode) {
    switch (mode) {
        case Mode::Audit:
            return "Audit";
        case Mode::Warn:
            return "Warn";
        case Mode::Enforce:
            return "Enforce";
    }
    return "";
}

std::string_view to_string(Operation operation) {
    switch (operation) {
        case Operation::Create:
            return "CREATE";
        case Operation::Update:
            return "UPDATE";
        case Operation::Delete:
            return "DELETE";
        case Operation::Connect:
            return "CONNECT";
    }
    return "";
}

bool Match::names_class(Class cls) const {
    return std::find(classes.begin(), classes.end(), cls) != classes.end();
}

bool is_rewriting(const Verb& verb) {
    if (const auto* right_size = std::get_if<RightSize>(&verb))
        return right_size->action == RewriteAction::Rewrite;
    if (const auto* replace = std::get_if<Replace>(&verb)) return replace->action == RewriteAction::Rewrite;
    return std::holds_alternative<Place>(verb);
}

std::string_view verb_name(const Verb& verb) {
    struct Name {
        std::string_view operator()(const RightSize&) const { return "rightSize"; }
        std::string_view operator()(const Replace&) const { return "replace"; }
        std::string_view operator()(const Limits&) const { return "limits"; }
        std::string_view operator()(const LifetimeRule&) const { return "lifetime"; }
        std::string_view operator()(const Require&) const { return "require"; }
        std::string_view operator()(const Check&) const { return "check"; }
        std::string_view operator()(const Place&) const { return "place"; }
    };
    return std::visit(Name{}, verb);
}

bool Exception::covers(std::string_view policy, std::string_view rule) const {
    return std::any_of(rules.begin(), rules.end(), [&](std::string_view named) {
        if (named == policy) return true;
        return named.size() == policy.size() + 1 + rule.size() && named.starts_with(policy) &&
               named[policy.size()] == '/' && named.ends_with(rule);
    });
}

}  // namespace tollgate::rules
