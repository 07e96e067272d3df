// SPDX-License-Identifier: Apache-2.0
// kubectl warnings: ASCII, at most 120 characters each (longer ones may be truncated by clients), at most 10.
// A long finding is broken at words over several warnings, and what does not fit is counted.
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"

#include <algorithm>

namespace tollgate::decide {

namespace {

constexpr std::size_t kPiecesPerFinding = 4;

std::vector<std::string> wrapped(const std::string& text) {
    std::vector<std::string> lines;
    std::string line;
    for (std::string_view word : split(text, ' ')) {
        if (!line.empty() && line.size() + 1 + word.size() > limits::kMaxWarningChars) {
            lines.push_back(std::move(line));
            line = "  ";
        } else if (!line.empty() && line != "  ") {
            line += ' ';
        }
        line += word;
        if (line.size() > limits::kMaxWarningChars) line.resize(limits::kMaxWarningChars);
    }
    if (!line.empty()) lines.push_back(std::move(line));
    if (lines.size() > kPiecesPerFinding) {
        lines.resize(kPiecesPerFinding);
        std::string& last = lines.back();
        last = std::string(truncated(last, limits::kMaxWarningChars - 4)) + " ...";
    }
    return lines;
}

std::string saving_text(const RewriteNote& note) {
    return "saves " + format_usd(note.before - note.after) + "/h " + std::string(plan::to_string(note.kind));
}

bool honors_keep(const Review& review, const rules::RuleRef& by) {
    const rules::Policy* policy = find_policy(review.snapshot, by.policy);
    if (policy == nullptr) return false;
    for (const rules::Rule& rule : policy->rules) {
        if (rule.name != by.rule) continue;
        if (const auto* right_size = std::get_if<rules::RightSize>(&rule.verb))
            return right_size->keep != rules::Keep::Ignore;
        if (const auto* replace = std::get_if<rules::Replace>(&rule.verb))
            return replace->keep != rules::Keep::Ignore;
        return std::holds_alternative<rules::Place>(rule.verb);
    }
    return false;
}

std::string rewrite_text(const Review& review, const State& state, const RewriteNote& note) {
    const std::string by = " (" + std::string(note.by.policy) + "/" + std::string(note.by.rule) + ")";
    if (!note.settings.empty()) {
        const bool here = state.workload.is_pod() || review.request.phase == Phase::Mutate;
        const std::string subject = note.mode != rules::Mode::Enforce ? "enforced, this would be placed: "
                                    : here                            ? "placed: "
                                                                      : "its pods will be placed: ";
        return "tollgate: " + subject + note.settings + by;
    }
    if (note.mode != rules::Mode::Enforce)
        return "tollgate: enforced, this would run on " + note.to + " instead of " + note.from + " and " +
               saving_text(note) + by;
    const std::string subject = state.workload.is_pod() || review.request.phase == Phase::Mutate
                                    ? std::string("rewritten to ")
                                    : std::string("its pods will run on ");
    return "tollgate: " + subject + note.to + " instead of " + note.from + ", " + saving_text(note) + by +
           (honors_keep(review, note.by) ? "; opt out: annotation tollgate.dev/keep: REASON" : "") +
           (note.caution.empty() ? "" : ". " + note.caution);
}

void annotate(Decision& decision, const char* key, const std::string& text) {
    constexpr std::size_t kMaxAuditBytes = 2048;
    if (!text.empty())
        decision.audit_annotations.emplace_back(key, std::string(truncated(text, kMaxAuditBytes)));
}

void add_audit_annotations(Decision& decision) {
    std::string findings, rewrites, waived;
    const auto append = [](std::string& to, const std::string& text) {
        if (!to.empty()) to += "; ";
        to += text;
    };
    const auto name = [](const rules::RuleRef& by) {
        return std::string(by.policy) + "/" + std::string(by.rule);
    };
    for (const Finding& finding : decision.findings)
        append(findings,
               std::string(rules::to_string(finding.action)) + " " + name(finding.by) + ": " + finding.what);
    for (const Finding& finding : decision.waived)
        append(waived,
               name(finding.by) + " by " + finding.waived_by + ", " + format_usd(finding.hourly) + "/h");
    for (const RewriteNote& note : decision.rewrites)
        append(rewrites, std::string(rules::to_string(note.mode)) + " " + name(note.by) + ": " +
                             (note.settings.empty() ? note.from + " -> " + note.to : note.settings));
    annotate(decision, "findings", findings);
    annotate(decision, "rewrites", rewrites);
    annotate(decision, "waived", waived);
}

}  // namespace

void add_warnings(Review& review, const State& state) {
    Decision& decision = review.decision;
    add_audit_annotations(decision);
    if (review.snapshot.paused || review.controlled) return;  // a controller reads no warnings
    std::vector<std::string> texts;
    const auto add = [&](std::string text) { texts.push_back(std::move(text)); };
    for (const RewriteNote& note : decision.rewrites)
        if (note.mode != rules::Mode::Audit) add(rewrite_text(review, state, note));
    for (const Finding& finding : decision.findings) {
        if (finding.action != Action::Warn) continue;
        std::string fix = finding.fix;
        std::replace(fix.begin(), fix.end(), '\n', ' ');
        add("tollgate: " + std::string(finding.by.policy) + "/" + std::string(finding.by.rule) + ": " +
            finding.what + (fix.empty() ? "" : " fix: " + fix));
    }
    for (const Finding& finding : decision.waived)
        add("tollgate: " + std::string(finding.by.policy) + "/" + std::string(finding.by.rule) +
            " is waived by exception " + finding.waived_by);
    for (const EvalError& error : decision.errors)
        add("tollgate: " + error.policy + (error.rule.empty() ? "" : "/" + error.rule) +
            " could not be judged: " + error.message);
    append_warnings(decision, texts);
}

void append_warnings(Decision& decision, const std::vector<std::string>& texts) {
    std::vector<std::string> all;
    for (const std::string& text : texts)
        for (std::string& line : wrapped(to_ascii(text))) all.push_back(std::move(line));
    if (all.size() > limits::kMaxWarnings) {
        const std::size_t left = all.size() - (limits::kMaxWarnings - 1);
        all.resize(limits::kMaxWarnings - 1);
        all.push_back("tollgate: and " + std::to_string(left) + " more lines; see tollgate check");
    }
    decision.warnings.insert(decision.warnings.end(), std::make_move_iterator(all.begin()),
                             std::make_move_iterator(all.end()));
}

void warn_of_restoring(Review& review) {
    if (review.controlled) return;
    review.decision.warnings.emplace_back(
        "tollgate: what this update undid of the pod's rewriting was put back; to change it, recreate the "
        "pod");
}

}  // namespace tollgate::decide
