// SPDX-License-Identifier: Apache-2.0
#include "cli/case_runner.hpp"

#include "cli/files.hpp"
#include "engine/base/text.hpp"
#include "policies/manifest.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tollgate::cli {
namespace {

using decide::Decision;
using policies::Case;
using policies::CaseVerdict;

std::string beside(const std::string& file, const std::string& name) {
    return (std::filesystem::path(file).parent_path() / name).lexically_normal().string();
}

std::string_view name_of(CaseVerdict verdict) {
    switch (verdict) {
        case CaseVerdict::Allowed:
            return "Allowed";
        case CaseVerdict::Rewritten:
            return "Rewritten";
        case CaseVerdict::Denied:
            return "Denied";
        case CaseVerdict::Skipped:
            return "Skipped";
    }
    return "";
}

std::string show(const std::optional<Money>& money) {
    return money ? to_decimal_string(*money) : "unknown";
}

std::string rule_of(const decide::Finding& finding) {
    return std::string(finding.by.policy) + "/" + std::string(finding.by.rule);
}

bool fits(const policies::ExpectedFinding& expected, const decide::Finding& finding) {
    return expected.rule == rule_of(finding) && (expected.field.empty() || expected.field == finding.field) &&
           message_fits(expected, finding);
}

void compare_findings(const std::vector<policies::ExpectedFinding>& expected, const Decision& decision,
                      std::vector<std::string>& out) {
    std::vector<const decide::Finding*> left;
    for (const decide::Finding& finding : decision.findings) left.push_back(&finding);
    for (const policies::ExpectedFinding& want : expected) {
        const auto found =
            std::find_if(left.begin(), left.end(), [&](const auto* f) { return fits(want, *f); });
        if (found != left.end()) {
            left.erase(found);
            continue;
        }
        std::string line = "findings: no " + want.rule;
        if (!want.field.empty()) line += " at " + want.field;
        if (!want.message.empty()) line += " with a message like /" + want.message + "/";
        out.push_back(std::move(line));
    }
    for (const decide::Finding* finding : left) {
        out.push_back("findings: not expected: " + rule_of(*finding) + " at " + finding->field + ": " +
                      finding->what);
    }
}

std::vector<std::string> compare(const policies::Expectation& expect, const decide::OfflineReview& review) {
    const Decision& decision = review.decision;
    std::vector<std::string> out;
    const auto differ = [&](std::string_view what, std::string_view want, std::string_view got) {
        out.push_back(std::string(what) + ": expected " + std::string(want) + ", got " + std::string(got));
    };
    if (expect.verdict && name_of(*expect.verdict) != decide::to_string(decision.verdict)) {
        differ("verdict", name_of(*expect.verdict), decide::to_string(decision.verdict));
    }
    if (const auto mode = acting_mode(decision); expect.mode && mode != expect.mode) {
        differ("mode", rules::to_string(*expect.mode), mode ? rules::to_string(*mode) : "none");
    }
    if (expect.findings) compare_findings(*expect.findings, decision, out);
    if (expect.patched.root() && !contains(review.patched.root(), expect.patched.root())) {
        differ("patched", json::to_json(expect.patched.root()), json::to_json(review.patched.root()));
    }
    if (expect.hourly_before && show(decision.before.hourly) != show(expect.hourly_before)) {
        differ("hourlyBefore", show(expect.hourly_before), show(decision.before.hourly));
    }
    if (expect.hourly_after && show(decision.after.hourly) != show(expect.hourly_after)) {
        differ("hourlyAfter", show(expect.hourly_after), show(decision.after.hourly));
    }
    return out;
}

/// The object of a case: inline, or the only document of a file. The manifest read from a file is kept in
/// `keep`.
Result<json::Node> object_of(const policies::CaseManifest& manifest, const std::string& case_file,
                             std::vector<policies::ManifestDocument>& keep) {
    if (manifest.file.empty()) return manifest.object.root();
    const std::string path = beside(case_file, manifest.file);
    TOLLGATE_TRY(const std::string text, read_file(path));
    keep = policies::load_manifests(path, text);
    if (keep.size() != 1) return fail(path + ": must hold exactly one object");
    if (has_errors(keep.front().diagnostics)) return fail(render(keep.front().diagnostics.front()));
    return keep.front().doc.root();
}

CaseResult run_case(const Case& each, const policies::CaseFile& file, const decide::Snapshot& snapshot,
                    std::int64_t now_unix_ms) {
    CaseResult result;
    result.name = each.name;
    result.place = each.place;
    std::vector<policies::ManifestDocument> kept;
    std::vector<policies::ManifestDocument> kept_old;
    const auto object = object_of(each.manifest, file.path, kept);
    const auto old = each.old.given() ? object_of(each.old, file.path, kept_old) : json::Node();
    if (!object || !old) {
        result.mismatches.push_back(object ? old.error().message : object.error().message);
        return result;
    }
    decide::Request request;
    request.operation = each.operation;
    request.object = *object;
    request.old_object = *old;
    request.kind = workload::parse_gvk((*object)["apiVersion"].string(), (*object)["kind"].string());
    request.name = (*object)["metadata"]["name"].string();
    request.ns = (*object)["metadata"]["namespace"].string();
    if (request.ns.empty()) request.ns = "default";
    request.user.name = each.user;
    for (const std::string& group : each.groups) request.user.groups.emplace_back(group);
    request.now_unix_ms = now_unix_ms;
    request.check = true;
    result.review = decide::review_offline(std::move(request), snapshot, {});
    result.mismatches = compare(each.expect, result.review);
    if (result.mismatches.empty()) return result;
    for (const decide::EvalError& error : result.review.decision.errors) {
        result.mismatches.push_back("could not be judged: " + error.policy + "/" + error.rule + ": " +
                                    error.message);
    }
    return result;
}

bool same_scalar(json::Node a, json::Node b) {
    const bool texts = (a.is_string() || a.is_number()) && (b.is_string() || b.is_number());
    return json::equal(a, b) || (texts && a.text() == b.text());
}

}  // namespace

bool message_fits(const policies::ExpectedFinding& expected, const decide::Finding& finding) {
    return expected.message.empty() || RE2::PartialMatch(finding.what, expected.message);
}

std::optional<rules::Mode> acting_mode(const Decision& decision) {
    std::optional<rules::Mode> mode;
    const auto raise = [&mode](rules::Mode to) { mode = mode ? std::max(*mode, to) : to; };
    for (const decide::Finding& finding : decision.findings) {
        raise(finding.action == decide::Action::Deny   ? rules::Mode::Enforce
              : finding.action == decide::Action::Warn ? rules::Mode::Warn
                                                       : rules::Mode::Audit);
    }
    for (const decide::RewriteNote& note : decision.rewrites) raise(note.mode);
    return mode;
}

bool contains(json::Node whole, json::Node part) {
    if (part.is_object()) {
        if (!whole.is_object()) return false;
        for (const auto& [key, value] : part.members()) {
            if (!contains(whole[key], value)) return false;
        }
        return true;
    }
    if (part.is_array()) {
        if (!whole.is_array() || whole.size() < part.size()) return false;
        for (std::size_t i = 0; i < part.size(); ++i) {
            if (!contains(whole[i], part[i])) return false;
        }
        return true;
    }
    if (part.is_null()) return !whole.exists() || whole.is_null();  // "must not be there"
    return whole.exists() && same_scalar(whole, part);
}

CaseFileResult run_case_file(const policies::CaseFile& file, const std::vector<std::string>& extra_policies) {
    CaseFileResult result;
    result.path = file.path;
    if (has_errors(file.diagnostics)) {
        result.failure = render_all(file.diagnostics);
        return result;
    }
    LoadRequest request;
    for (const std::string& name : file.policies) request.paths.push_back(beside(file.path, name));
    if (!file.fleet.empty()) request.paths.push_back(beside(file.path, file.fleet));
    request.paths.insert(request.paths.end(), extra_policies.begin(), extra_policies.end());
    request.sample_fleet = true;
    const std::int64_t now = file.now_unix_ms.value_or(unix_now_ms());
    const LoadedSnapshot loaded = load_snapshot(request, now);
    if (loaded.snapshot == nullptr) {
        result.failure = render_all(loaded.diagnostics);
        return result;
    }
    result.snapshot = loaded.snapshot;
    for (const Case& each : file.cases) result.cases.push_back(run_case(each, file, *result.snapshot, now));
    return result;
}

}  // namespace tollgate::cli
