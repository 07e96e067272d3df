// SPDX-License-Identifier: Apache-2.0
#include "policies/fields.hpp"

#include "engine/base/text.hpp"
#include "policies/scalar_place.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::policies {
namespace {

constexpr std::size_t kShownBytes = 60;  // of a value that is quoted in a message

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Place Scope::key_place(json::Node value) const {
    const NodeSpan span = document_.span_of(value);
    return {&source_, span.key.line != 0 ? span.key : span.value};
}

void Scope::error(DocCode code, json::Node at, std::string message, std::string hint) {
    report(out_, code, place(at), std::move(message), std::move(hint));
}

void Scope::error_within(DocCode code, json::Node at, const Within& within, std::string message,
                         std::string hint) {
    Place where = place(at);
    const std::size_t start = source_.offset(where.span);
    if (const auto byte = scalar_offset(source_.text(), start, within.value, within.offset)) {
        where.span = source_.span_at_offset(*byte, within.length);
    }
    report(out_, code, where, std::move(message), std::move(hint));
}

void Scope::error_at_key(DocCode code, json::Node at, std::string message, std::string hint) {
    report(out_, code, key_place(at), std::move(message), std::move(hint));
}

void Scope::warning(DocCode code, json::Node at, std::string message, std::string hint) {
    report(out_, code, key_place(at), std::move(message), std::move(hint), Severity::Warning);
}

void report(Diagnostics& out, DocCode code, const Place& place, std::string message, std::string hint,
            Severity severity) {
    append_bounded(out,
                   place.source->diagnostic(code, place.span, std::move(message), std::move(hint), severity));
}

std::string describe(json::Node node) {
    switch (node.kind()) {
        case json::Kind::Missing:
        case json::Kind::Null:
            return "nothing";
        case json::Kind::Bool:
            return node.boolean() ? "true" : "false";
        case json::Kind::Number:
            return "the number " + std::string(truncated(node.text(), kShownBytes));
        case json::Kind::String:
            return "the text '" + std::string(truncated(node.text(), kShownBytes)) + "'";
        case json::Kind::Array:
            return "a list";
        case json::Kind::Object:
            return "a map";
    }
    return "something else";
}

Fields::Fields(Scope& scope, json::Node object, std::string path)
    : scope_(scope), object_(object), path_(std::move(path)) {
    if (object_.exists() && !object_.is_object()) {
        scope_.error(DocCode::WrongType, object_,
                     (path_.empty() ? std::string("the document") : path_) + ": expected a map, found " +
                         describe(object_));
        object_ = json::Node();
    }
}

Fields::~Fields() {
    report_unknown();
}

json::Node Fields::get(std::string_view name) {
    if (!contains(asked_, name)) asked_.push_back(name);
    return object_[name];
}

json::Node Fields::need(std::string_view name, std::string_view wanted) {
    const json::Node node = get(name);
    if (!node.exists() && object_.is_object()) {
        scope_.error_at_key(
            DocCode::MissingField, object_,
            path_of(name) + " is missing" + (wanted.empty() ? "" : ": " + std::string(wanted)));
    }
    return node;
}

void Fields::unsupported(std::string_view name, std::string_view why) {
    ignored_.push_back(name);  // neither unknown nor to be proposed
    const json::Node node = object_[name];
    if (!node.exists()) return;
    scope_.error_at_key(DocCode::NotSupported, node, path_of(name) + " is not supported: " + std::string(why),
                        "remove it");
}

void Fields::ignore(std::initializer_list<std::string_view> names) {
    ignored_.insert(ignored_.end(), names.begin(), names.end());
}

std::string Fields::path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void Fields::report_unknown() const {
    for (const auto& [key, value] : object_.members()) {
        if (contains(asked_, key) || contains(ignored_, key)) continue;
        if (scope_.is_full()) return;
        const std::string_view right = nearest(key, asked_);
        std::string hint;
        if (!right.empty()) {
            hint = "did you mean '" + std::string(right) + "'?";
        } else {
            std::vector<std::string> names(asked_.begin(), asked_.end());
            hint = "it has " + join(names, ", ");
        }
        scope_.error_at_key(DocCode::UnknownField, value,
                            "unknown field '" + std::string(truncated(key, kShownBytes)) + "'" +
                                (path_.empty() ? "" : " in " + path_),
                            std::move(hint));
    }
}

}  // namespace tollgate::policies
