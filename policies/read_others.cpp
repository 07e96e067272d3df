// SPDX-License-Identifier: Apache-2.0
// CostException and core Namespaces.
#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>
#include <initializer_list>

namespace tollgate::policies {
namespace {

constexpr std::int64_t kMsPerDay = std::int64_t{24} * 3600 * 1000;

void read_rule_names(Fields& spec, ReadException& out) {
    Scope& scope = spec.scope();
    read_list(scope, spec.need("rules", "the rules that are waived: policy or policy/rule"),
              spec.path_of("rules"), "rule names", [&](json::Node element, const std::string& path) {
                  auto name = read_text(scope, element, path);
                  if (!name) return;
                  if (name->find_first_of("*?") != std::string::npos) {
                      scope.error(DocCode::BadValue, element, path + ": an exception takes names, no globs",
                                  "list each policy or policy/rule");
                      return;
                  }
                  out.references.push_back({Reference::What::RuleName, *name, path, scope.place(element)});
                  out.exception.rules.push_back(std::move(*name));
              });
}

void read_expiry(Fields& spec, ReadException& out, std::int64_t now_unix_ms) {
    Scope& scope = spec.scope();
    const json::Node node = spec.need("expires", "every exception ends, as in 2026-12-01T00:00:00Z");
    const auto expires = read_time(scope, node, spec.path_of("expires"));
    if (!expires) return;
    out.exception.expires_unix_ms = *expires;
    if (*expires <= now_unix_ms) {
        scope.warning(DocCode::Expired, node,
                      "exception '" + out.exception.name + "' expired at " + format_time(*expires),
                      "remove it, or set a new end");
        return;
    }
    const std::int64_t latest = now_unix_ms + limits::kMaxExceptionDays * kMsPerDay;
    if (*expires > latest) {
        scope.error(DocCode::BadExpiry, node,
                    spec.path_of("expires") + ": more than " + std::to_string(limits::kMaxExceptionDays) +
                        " days ahead",
                    "at the latest " + format_time(latest));
    }
}

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Says something, and yet lets everyone in: `namespaces: ["*"]`, `operations: [CREATE]`.
bool waives_everyone(json::Node node, const rules::Match& match) {
    for (const auto& [key, value] : node.members()) {
        if (!is_any_of(key, {"namespaces", "users", "groups", "operations"})) return false;
    }
    return node.size() > 0 && is_anything(match.namespaces.patterns) && is_anything(match.users) &&
           is_anything(match.groups);
}

void check_breadth(Scope& scope, json::Node match, const rules::Exception& exception) {
    if (match.is_object() && match.size() == 0) {
        scope.error(DocCode::Contradiction, match, "spec.match: an empty match waives for everyone",
                    "name namespaces, kinds or a selector");
    } else if (waives_everyone(match, exception.match)) {
        scope.warning(DocCode::ForEveryone, match,
                      "exception '" + exception.name + "' waives for everyone: its match narrows nothing",
                      "name namespaces, kinds or a selector");
    }
    if (matches_labels_alone(exception.match)) {
        scope.warning(DocCode::LabelsAlone, match["selector"],
                      "exception '" + exception.name + "' trusts labels alone, and anyone can set a label",
                      "match namespaces as well");
    }
}

}  // namespace

ReadException read_exception(Scope& scope, json::Node root, std::int64_t now_unix_ms) {
    ReadException out;
    Fields document(scope, root, "");
    const Metadata metadata = read_metadata(document);
    out.exception.name = metadata.name;
    out.name = metadata.place;
    Fields spec(scope, document.need("spec", "what is waived, for whom, until when"), "spec");
    if (!spec.is_map()) return out;
    rules::Exception& exception = out.exception;
    read_rule_names(spec, out);
    const json::Node match = spec.need("match", "whose findings are waived");
    exception.match = read_match(scope, match, "spec.match", out.references, MatchOf::Exception);
    for (const char* field : {"groups", "users"}) {
        if (match[field].exists()) out.requester = scope.key_place(match[field]);
    }
    assign(exception.reason, read_text(scope, spec.need("reason", "why this is right"), "spec.reason"));
    assign(exception.approved_by,
           read_text(scope, spec.need("approvedBy", "who answers for it"), "spec.approvedBy"));
    read_expiry(spec, out, now_unix_ms);
    assign(exception.max_hourly_cost,
           read_money(scope, spec.need("maxHourlyCost", "what an object may cost in USD per hour"),
                      "spec.maxHourlyCost"));
    spec.unsupported("maxTotalHourlyCost", "it needs a view of the cluster");
    check_breadth(scope, match, exception);
    return out;
}

ReadNamespace read_namespace(Scope& scope, json::Node root) {
    // A cluster's object, not a document of ours: read for its labels, judged for nothing else.
    ReadNamespace out;
    const json::Node metadata = root["metadata"];
    assign(out.name, read_name(scope, metadata["name"], "metadata.name"));
    if (out.name.empty() && !metadata["name"].exists()) {
        scope.error_at_key(DocCode::MissingField, root, "metadata.name is missing: a Namespace has a name");
    }
    out.labels = read_text_map(scope, metadata["labels"], "metadata.labels");
    return out;
}

}  // namespace tollgate::policies
