// SPDX-License-Identifier: Apache-2.0
#include "engine/base/text.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

using rules::Class;
using rules::Operation;

constexpr Choice<Class> kClasses[] = {
    {"Training", Class::Training},
    {"Serving", Class::Serving},
    {"Interactive", Class::Interactive},
    {"Batch", Class::Batch},
};
// DELETE and CONNECT are never looked at, so a policy cannot ask for them.
constexpr Choice<Operation> kOperations[] = {
    {"CREATE", Operation::Create},
    {"UPDATE", Operation::Update},
};

rules::KindPattern kind_pattern(const std::string& text) {
    rules::KindPattern out;
    const std::size_t dot = text.find('.');
    out.kind = text.substr(0, dot);
    out.any_group = dot == std::string::npos;
    if (!out.any_group) out.group = text.substr(dot + 1);
    return out;
}

void read_kinds(Fields& fields, rules::Match& out, std::vector<Reference>& references) {
    read_list(fields.scope(), fields.get("kinds"), fields.path_of("kinds"), "kinds",
              [&](json::Node element, const std::string& path) {
                  const auto text = read_text(fields.scope(), element, path);
                  if (!text) return;
                  const rules::KindPattern pattern = kind_pattern(*text);
                  if (text->find('/') != std::string::npos || pattern.kind.empty() ||
                      (!pattern.any_group && pattern.group.empty())) {
                      fields.scope().error(
                          DocCode::BadValue, element, path + ": '" + *text + "' is no kind",
                          "write Kind or Kind.group, as in InferenceService.serving.kserve.io");
                      return;
                  }
                  out.kinds.push_back(pattern);
                  references.push_back({Reference::What::Kind, *text, path, fields.scope().place(element)});
              });
}

}  // namespace

rules::Match read_match(Scope& scope, json::Node node, const std::string& path,
                        std::vector<Reference>& references, MatchOf whose) {
    rules::Match out;
    Fields fields(scope, node, path);
    read_kinds(fields, out, references);
    read_list(scope, fields.get("classes"), fields.path_of("classes"), "classes",
              [&](json::Node element, const std::string& where) {
                  if (auto cls = read_enum<Class>(scope, element, where, kClasses)) {
                      out.classes.push_back(*cls);
                  }
              });
    out.namespaces = read_globs(scope, fields.get("namespaces"), fields.path_of("namespaces"), "globs");
    const json::Node of_namespaces = fields.get("namespaceSelector");
    out.namespace_selector = read_selector(scope, of_namespaces, fields.path_of("namespaceSelector"));
    if (of_namespaces.exists()) {
        references.push_back({Reference::What::NamespaceLabels, "", fields.path_of("namespaceSelector"),
                              scope.key_place(of_namespaces)});
    }
    out.selector = read_selector(scope, fields.get("selector"), fields.path_of("selector"));
    read_list(scope, fields.get("operations"), fields.path_of("operations"), "operations",
              [&](json::Node element, const std::string& where) {
                  if (auto operation = read_enum<Operation>(scope, element, where, kOperations)) {
                      out.operations.push_back(*operation);
                  }
              });
    out.users = read_globs(scope, fields.get("users"), fields.path_of("users"), "globs").patterns;
    out.groups = read_globs(scope, fields.get("groups"), fields.path_of("groups"), "globs").patterns;
    if (whose == MatchOf::Policy)
        out.conditions = read_conditions(scope, fields.get("conditions"), fields.path_of("conditions"));
    else
        fields.unsupported("conditions", whose == MatchOf::Budget
                                             ? "a budget says plainly what it counts"
                                             : "an exception says plainly whom it is for");
    return out;
}

bool is_anything(const std::vector<std::string>& globs) {
    return globs.empty() || std::any_of(globs.begin(), globs.end(), [](const std::string& glob) {
               return glob.find_first_not_of('*') == std::string::npos;
           });
}

bool matches_labels_alone(const rules::Match& match) {
    return match.selector && match.kinds.empty() && is_anything(match.namespaces.patterns) &&
           !match.namespace_selector && is_anything(match.users) && is_anything(match.groups);
}

}  // namespace tollgate::policies
