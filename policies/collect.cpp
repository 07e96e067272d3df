// SPDX-License-Identifier: Apache-2.0
#include "policies/collect.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tollgate::policies {
namespace {

constexpr std::string_view kOurKinds[] = {"CostPolicy",   "Fleet",      "CostException",
                                          "WorkloadKind", "CostBudget", "Usage"};
constexpr std::string_view kAdmissionGroup = "admissionregistration.k8s.io/";
constexpr std::string_view kAdmissionKinds[] = {"ValidatingAdmissionPolicy",
                                                "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy",
                                                "MutatingAdmissionPolicyBinding"};

// Of the same group, and no documents of ours.
constexpr std::string_view kWebhookKinds[] = {"ValidatingWebhookConfiguration",
                                              "MutatingWebhookConfiguration"};

template <std::size_t N>
bool is_one_of(std::string_view kind, const std::string_view (&kinds)[N]) {
    return std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
}

/// By the group, whose other kinds are few; or by a kind whose group was mistyped.
bool is_admission(std::string_view api_version, std::string_view kind) {
    const bool of_group = api_version.substr(0, kAdmissionGroup.size()) == kAdmissionGroup;
    return of_group ? !is_one_of(kind, kWebhookKinds) : is_one_of(kind, kAdmissionKinds);
}

/// `kind: List` as kubectl writes it, and lists of one kind as the API does. Others may have a kind that ends
/// so.
bool is_list(json::Node root, std::string_view api_version, std::string_view kind) {
    if (kind.size() < 4 || kind.substr(kind.size() - 4) != "List") return false;
    return kind == "List" || api_version == kApiVersion || root["items"].is_array();
}

class FileReader {
  public:
    FileReader(const SourceText& source, const YamlDocument& document, std::int64_t now_unix_ms, bool builtin,
               Collected& out)
        : source_(source),
          now_unix_ms_(now_unix_ms),
          builtin_(builtin),
          scope_(source, document, out.diagnostics),
          out_(out) {}

    void read(json::Node root) {
        if (root.is_null()) return;
        if (!root.is_object()) {
            scope_.error(DocCode::WrongType, root,
                         "a document is a map with apiVersion and kind, found " + describe(root));
            return;
        }
        const std::string_view api_version = root["apiVersion"].string();
        const std::string_view kind = root["kind"].string();
        if (api_version.empty() || kind.empty()) {
            scope_.error_at_key(DocCode::MissingField, root,
                                std::string(api_version.empty() ? "apiVersion" : "kind") +
                                    " is missing: every document has one",
                                "apiVersion: " + std::string(kApiVersion));
            return;
        }
        if (is_list(root, api_version, kind)) {
            read_items(root, kind);
        } else if (is_admission(api_version, kind)) {
            read_admission(root, api_version, kind);
        } else if (is_ours(root, api_version, kind)) {
            read_ours(root, kind);
        } else {
            if (api_version == "v1" && kind == "Namespace") {
                ReadNamespace seen = read_namespace(scope_, root);
                out_.namespaces.push_back({std::move(seen.name), std::move(seen.labels)});
            }
            keep(root, api_version, kind);
        }
    }

  private:
    /// Kubernetes' own admission policies.
    void read_admission(json::Node root, std::string_view api_version, std::string_view kind) {
        if (!is_one_of(kind, kAdmissionKinds)) {
            const std::string_view right = nearest(kind, kAdmissionKinds);
            return scope_.error(
                DocCode::UnknownKind, root["kind"],
                "unknown kind '" + std::string(truncated(kind, 60)) + "' of admissionregistration.k8s.io",
                right.empty() ? "there are ValidatingAdmissionPolicy and its Binding"
                              : "did you mean '" + std::string(right) + "'?");
        }
        constexpr std::string_view kVersions[] = {"admissionregistration.k8s.io/v1",
                                                  "admissionregistration.k8s.io/v1beta1"};
        if (kind.starts_with("Mutating")) return refuse_mutating(scope_, root);
        if (!is_one_of(api_version, kVersions))
            scope_.error(DocCode::UnknownKind, root["apiVersion"],
                         "apiVersion '" + std::string(truncated(api_version, 60)) + "' of " +
                             std::string(kind) + " is not read",
                         "write " + std::string(kVersions[0]));
        if (kind == "ValidatingAdmissionPolicy")
            out_.admission_policies.push_back(read_admission_policy(scope_, root));
        else
            out_.admission_bindings.push_back(read_admission_binding(scope_, root));
    }

    /// Documents live as long as they are read; what may be asked for later is copied, as nobody knows yet
    /// which kinds will be. A Namespace is in none.
    void keep(json::Node root, std::string_view api_version, std::string_view kind) {
        const json::Node metadata = root["metadata"];
        json::Builder builder;
        builder.copy(root);
        const bool is_namespace = api_version == "v1" && kind == "Namespace";
        out_.objects.push_back({std::string(api_version), std::string(kind),
                                is_namespace ? std::string() : std::string(metadata["namespace"].string()),
                                std::string(metadata["name"].string()),
                                std::make_shared<const json::Document>(builder.finish())});
    }

    /// As `kubectl get -o yaml` writes several objects.
    void read_items(json::Node root, std::string_view kind) {
        const json::Node items = root["items"];
        if (!items.is_array()) {
            const std::string message =
                "a " + std::string(truncated(kind, 60)) + " has its documents under items";
            if (items.exists()) {
                scope_.error(DocCode::WrongType, items, message + ", found " + describe(items));
            } else {
                scope_.error_at_key(DocCode::MissingField, root, message);
            }
            return;
        }
        for (const json::Node item : items.elements()) read(item);
    }

    /// Ours by the group; or by a kind whose group was mistyped, which must not be passed over in silence.
    bool is_ours(json::Node root, std::string_view api_version, std::string_view kind) {
        if (api_version == kApiVersion) return true;
        const std::string_view group = api_version.substr(0, api_version.find('/'));
        bool our_kind = false;
        for (const std::string_view each : kOurKinds) our_kind = our_kind || each == kind;
        if (group != kGroup && !our_kind) return false;
        scope_.error(DocCode::UnknownKind, root["apiVersion"],
                     "apiVersion '" + std::string(truncated(api_version, 60)) + "' is not one of Tollgate's",
                     "write " + std::string(kApiVersion));
        return our_kind && group == kGroup;
    }

    void read_ours(json::Node root, std::string_view kind) {
        if (kind == "CostPolicy") {
            out_.policies.push_back(read_policy(scope_, root));
        } else if (kind == "Fleet") {
            const std::size_t before = out_.diagnostics.size();
            ReadFleet fleet = read_fleet(scope_, root);
            fleet.sound = !scope_.is_full() && !has_error_since(before);
            out_.fleets.push_back(std::move(fleet));
        } else if (kind == "CostException") {
            out_.exceptions.push_back(read_exception(scope_, root, now_unix_ms_));
        } else if (kind == "WorkloadKind") {
            ReadKind spec = read_kind(scope_, root);
            spec.builtin = builtin_;
            out_.kinds.push_back(std::move(spec));
        } else if (kind == "CostBudget") {
            out_.budgets.push_back(read_budget(scope_, root));
        } else if (kind == "Usage") {
            ReadUsage usage = read_usage(scope_, root, now_unix_ms_);
            std::move(usage.workloads.begin(), usage.workloads.end(), std::back_inserter(out_.usage));
        } else {
            const std::string_view right = nearest(kind, kOurKinds);
            scope_.error(
                DocCode::UnknownKind, root["kind"],
                "unknown kind '" + std::string(truncated(kind, 60)) + "' of tollgate.dev",
                right.empty()
                    ? "there are CostPolicy, Fleet, CostException, CostBudget, Usage and WorkloadKind"
                    : "did you mean '" + std::string(right) + "'?");
        }
    }

    bool has_error_since(std::size_t before) const {
        const auto first = out_.diagnostics.begin() + static_cast<std::ptrdiff_t>(before);
        return std::any_of(first, out_.diagnostics.end(),
                           [](const Diagnostic& each) { return each.severity == Severity::Error; });
    }

    const SourceText& source_;
    std::int64_t now_unix_ms_;
    bool builtin_;
    Scope scope_;
    Collected& out_;
};

}  // namespace

void collect_file(const SourceFile& file, std::int64_t now_unix_ms, bool builtin, Collected& out) {
    const SourceText& source = out.texts.emplace_back(file.path, file.bytes);
    YamlStream stream = read_yaml(source);
    for (Diagnostic& diagnostic : stream.diagnostics) append_bounded(out.diagnostics, std::move(diagnostic));
    for (YamlDocument& document : stream.documents) {
        const bool broken = !document.doc.root().exists();
        for (Diagnostic& diagnostic : document.diagnostics) {
            append_bounded(out.diagnostics, std::move(diagnostic));
        }
        document.diagnostics.clear();
        if (broken) continue;
        FileReader(source, document, now_unix_ms, builtin, out).read(document.doc.root());
    }
}

}  // namespace tollgate::policies
