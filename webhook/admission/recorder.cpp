// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/recorder.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace tollgate::admission {
namespace {

using telemetry::Metric;

std::string_view outcome_of(const decide::Request& request, const decide::Decision& decision) {
    if (request.phase == decide::Phase::Validate && !decision.allowed) return "denied";
    if (request.phase == decide::Phase::Mutate && !decision.patch.empty()) return "rewritten";
    if (!decision.known_kind) return "unknown_kind";
    if (!decision.exempt.empty()) return "exempt";
    if (!decision.errors.empty()) return "error";
    return decision.warnings.empty() ? "allowed" : "warned";
}

/// Micro-dollars; 0 for what is unknown or not positive.
std::int64_t micro_usd(const Money& money) {
    const auto units = (money.usd * Ratio(telemetry::kMicro)).floor();
    return units ? std::max<std::int64_t>(*units, 0) : 0;
}

bool is_pod(const decide::Request& request) {
    return request.kind.group.empty() && request.kind.kind == "Pod";
}

/// Where the dollars of an object are counted: once, on its creation, at the top.
bool counts_dollars(const decide::Request& request, const decide::Decision& decision) {
    return request.operation == rules::Operation::Create && !decision.controlled;
}

}  // namespace

std::string_view webhook_name(decide::Phase phase) {
    return phase == decide::Phase::Mutate ? "mutate" : "validate";
}

void Recorder::record(const Review& review, const decide::Decision& decision, std::chrono::nanoseconds took,
                      bool paused) const {
    const decide::Request& request = review.request;
    if (log_ != nullptr) log_->write(decision_line(review, decision, took));
    if (request.dry_run) return;
    const std::string_view webhook = webhook_name(request.phase);
    metrics_.add(Metric::AdmissionRequests,
                 {webhook, rules::to_string(request.operation),
                  decision.known_kind ? request.kind.kind : "other", outcome_of(request, decision)});
    metrics_.histogram(Metric::AdmissionDuration, {webhook}).observe(took);
    for (const decide::EvalError& error : decision.errors) {
        metrics_.add(Metric::EvaluationErrors, {error.policy, error.reason});
    }
    if (request.phase == decide::Phase::Validate) count_findings(decision);
    if (request.phase == decide::Phase::Mutate) count_rewrites(decision);
    if (!counts_dollars(request, decision)) return;
    count_savings(request, decision, paused);
    if (request.phase == decide::Phase::Validate) count_dollars(decision);
}

void Recorder::record_bad_request(decide::Phase phase, std::chrono::nanoseconds took) const {
    metrics_.add(Metric::AdmissionRequests, {webhook_name(phase), "", "", "bad_request"});
    metrics_.histogram(Metric::AdmissionDuration, {webhook_name(phase)}).observe(took);
}

void Recorder::count_findings(const decide::Decision& decision) const {
    for (const decide::Finding& finding : decision.findings) {
        metrics_.add(Metric::Findings,
                     {finding.by.policy, finding.by.rule, rules::to_string(finding.action)});
    }
}

void Recorder::count_rewrites(const decide::Decision& decision) const {
    if (!decision.refused_rewrite.empty()) metrics_.add(Metric::RewritesRefused, {"patch"});
    if (decision.patch.empty()) return;
    for (const decide::RewriteNote& note : decision.rewrites) {
        if (note.mode != rules::Mode::Enforce) continue;
        metrics_.add(Metric::Rewrites, {note.by.policy, note.by.rule, note.from_resource, note.to_resource});
    }
}

void Recorder::count_savings(const decide::Request& request, const decide::Decision& decision,
                             bool paused) const {
    // A controller's rewriting is seen when it is validated (its pods are rewritten one by one later), a lone
    // Pod's when it is patched. What is only proposed is seen when either is validated.
    const bool judged = request.phase == decide::Phase::Validate && decision.allowed;
    const bool patched = request.phase == decide::Phase::Mutate && !decision.patch.empty();
    for (const decide::RewriteNote& note : decision.rewrites) {
        const rules::Mode mode = paused ? rules::Mode::Audit : note.mode;
        const std::int64_t saving = micro_usd(note.before - note.after);
        if (mode != rules::Mode::Enforce && judged) {
            metrics_.add(Metric::RewritesProposed, {note.by.policy, note.by.rule, rules::to_string(mode),
                                                    note.from_resource, note.to_resource});
            metrics_.add(Metric::ProposedSaving, {note.by.policy, plan::to_string(note.kind)}, saving);
        } else if (mode == rules::Mode::Enforce && (patched || (judged && !is_pod(request)))) {
            metrics_.add(Metric::RewriteSaving, {note.by.policy, plan::to_string(note.kind)}, saving);
        }
    }
}

void Recorder::count_dollars(const decide::Decision& decision) const {
    if (!decision.after.hourly) return;
    const std::int64_t hourly = micro_usd(*decision.after.hourly);
    if (!decision.allowed) {
        const auto dearest =
            std::find_if(decision.findings.begin(), decision.findings.end(),
                         [](const auto& finding) { return finding.action == decide::Action::Deny; });
        if (dearest != decision.findings.end()) metrics_.add(Metric::Denied, {dearest->by.policy}, hourly);
        return;
    }
    std::vector<std::string_view> waivers;
    for (const decide::Finding& finding : decision.waived) {
        if (std::find(waivers.begin(), waivers.end(), finding.waived_by) != waivers.end()) continue;
        waivers.push_back(finding.waived_by);
        metrics_.add(Metric::Waived, {finding.waived_by}, hourly);
    }
}

}  // namespace tollgate::admission
