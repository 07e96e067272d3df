// SPDX-License-Identifier: Apache-2.0
#include "cli/check_output.hpp"
#include "engine/base/text.hpp"
#include "engine/patch/pointer.hpp"
#include "engine/rules/outcome.hpp"

#include <algorithm>

namespace tollgate::cli {
namespace {

std::string indented(std::string_view text, std::string_view indent) {
    std::string out;
    for (const std::string_view line : split(text, '\n')) {
        if (!line.empty()) out.append(indent).append(line);
        out += '\n';
    }
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

Colour colour_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Denied:
        case Outcome::Error:
            return Colour::Red;
        case Outcome::Rewritten:
            return Colour::Cyan;
        case Outcome::Allowed:
            return Colour::Green;
        case Outcome::Skipped:
            return Colour::Dim;
    }
    return Colour::Dim;
}

std::string cost_text(const decide::Cost& cost) {
    if (!cost.hourly) return "unknown";
    return format_usd(*cost.hourly) + "/h";
}

/// What was not judged was not priced either: of that it is not so that its cost is unknown.
bool has_cost(const decide::Decision& decision) {
    const bool runs_nothing = decision.known_kind && !decision.interesting;
    return !decision.demand.empty() && decision.exempt.empty() && !runs_nothing;
}

std::string costs_line(const decide::Decision& decision) {
    if (!has_cost(decision)) return "";
    std::string out = "  cost: " + cost_text(decision.before);
    if (cost_text(decision.after) != cost_text(decision.before)) out += " -> " + cost_text(decision.after);
    const std::string& note = decision.after.note.empty() ? decision.before.note : decision.after.note;
    if (!note.empty()) out += " (" + note + ")";
    return out + "\n";
}

std::string demand_line(const decide::Decision& decision) {
    std::vector<std::string> parts;
    for (const decide::DemandLine& line : decision.demand) {
        std::string part = line.count + " " + line.resource;
        if (!line.replicas) {
            part += " per pod";
        } else if (*line.replicas != 1) {
            part = std::to_string(*line.replicas) + " x " + part;
        }
        parts.push_back(std::move(part));
    }
    return parts.empty() ? "" : "  asks for: " + join(parts, ", ") + "\n";
}

/// Of an admission policy: its binding, and the API server's reason. " (binding all, Invalid)"
std::string by_whom(const decide::Finding& finding) {
    if (finding.code != rules::Code::AdmissionPolicy) return "";
    const std::string binding = finding.subject.empty() ? "" : "binding " + finding.subject + ", ";
    return " (" + binding + std::string(finding.reason) + ")";
}

/// Findings a denial's message does not have: what only warns, and what an exception or the ratchet lets
/// through.
std::string finding_lines(const decide::Decision& decision, const Terminal& terminal) {
    std::string out;
    for (const decide::Finding& finding : decision.findings) {
        if (finding.action == decide::Action::Deny) continue;
        const bool warns = finding.action == decide::Action::Warn;
        out += "  " + terminal.paint(warns ? Colour::Yellow : Colour::Dim, warns ? "warning" : "audit") +
               " " + std::string(finding.by.policy) + "/" + std::string(finding.by.rule) + by_whom(finding) +
               ": " + finding.what + "\n";
        if (!finding.note.empty()) out += indented("note: " + finding.note, "    ");
        if (!finding.fix.empty()) out += indented("fix: " + finding.fix, "    ");
    }
    for (const decide::Finding& finding : decision.waived) {
        out += "  waived by " + finding.waived_by + ": " + std::string(finding.by.policy) + "/" +
               std::string(finding.by.rule) + ": " + finding.what + "\n";
    }
    for (const decide::Finding& finding : decision.grandfathered) {
        out += "  was there before: " + std::string(finding.by.policy) + "/" + std::string(finding.by.rule) +
               ": " + finding.what + "\n";
    }
    return out;
}

std::string rewrite_lines(const decide::Decision& decision) {
    std::string out;
    for (const decide::RewriteNote& note : decision.rewrites) {
        const bool done = note.mode == rules::Mode::Enforce;
        if (!note.settings.empty()) {
            out += std::string("  ") + (done ? "placed" : "would be placed") + " by " +
                   std::string(note.by.policy) + "/" + std::string(note.by.rule) + ": " + note.settings +
                   "\n";
            if (!note.note.empty()) out += indented("note: " + note.note, "    ");
            continue;
        }
        out += std::string("  ") + (done ? "rewritten" : "would be rewritten") + " by " +
               std::string(note.by.policy) + "/" + std::string(note.by.rule) + ": " + note.from + " -> " +
               note.to + ", " + format_usd(note.before) + "/h -> " + format_usd(note.after) + "/h (" +
               std::string(plan::to_string(note.kind)) + ")\n";
        if (!note.note.empty()) out += indented("note: " + note.note, "    ");
        if (!note.caution.empty()) out += indented("note: " + note.caution, "    ");
    }
    for (const decide::WithheldRewrite& withheld : decision.withheld) {
        out += "  left as it is: " + std::string(withheld.by.policy) + "/" + std::string(withheld.by.rule) +
               (!withheld.settings.empty()
                    ? " would write " + withheld.settings
                    : " would run it on " + withheld.to + " for " + format_usd(withheld.after) +
                          "/h instead of " + format_usd(withheld.before) + "/h") +
               ", which " + withheld.refused_by + " would then refuse: " + withheld.refusal + "\n";
        if (!withheld.fix.empty()) out += indented("mend both: " + withheld.fix, "    ");
    }
    return out;
}

std::string coloured(const std::vector<std::string>& diff, const Terminal& terminal) {
    std::string out;
    for (const std::string& line : diff) {
        out += "    " + terminal.paint(line.front() == '-' ? Colour::Red : Colour::Green, line) + "\n";
    }
    return out;
}

std::string changes(const Judged& judged, const Terminal& terminal) {
    const Diff diff = diff_of(judged);
    std::string out = coloured(diff.object, terminal);
    if (diff.pods.empty()) return out;
    // Who keeps the object in git must not think that it will drift.
    out += "  at its pods, as they are created; the " + judged.object.kind +
           (diff.object.empty() ? " itself stays as it is:\n" : " itself keeps what it says here:\n");
    return out + coloured(diff.pods, terminal);
}

std::string one_result(const Judged& judged, const Terminal& terminal) {
    std::string verdict(to_string(judged.outcome));
    std::string out = terminal.paint(colour_of(judged.outcome), verdict) + "  " + judged.file;
    if (judged.outcome == Outcome::Error) return out + "\n" + indented(judged.error, "  ");
    out += ": " + display_name(judged) + "\n";
    const decide::Decision& decision = judged.review.decision;
    if (judged.outcome != Outcome::Denied || decision.message.empty()) out += demand_line(decision);
    if (!decision.exempt.empty()) {
        // Kubernetes' own policies judge what costs nobody anything, too.
        const bool by_others = decision.admission_policies > 0;
        out += (by_others ? "  not judged by its cost: " : "  not judged: ") + decision.exempt + "\n";
    }
    if (judged.outcome == Outcome::Denied) out += indented(decision.message, "  ");
    out += rewrite_lines(decision);
    out += changes(judged, terminal);
    out += finding_lines(decision, terminal);
    for (const auto& [key, value] : decision.audit_annotations)  // of admission policies: "policy/key"
        if (key.find('/') != std::string::npos) out += "  annotation " + key + ": " + printable(value) + "\n";
    for (const std::string& note : judged.notes) {
        out += "  " + terminal.paint(Colour::Yellow, "warning") + " " + printable(note) + "\n";
    }
    return out + costs_line(decision);
}

std::string count(std::size_t number, std::string_view one, std::string_view many) {
    return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

}  // namespace

Diff diff_of(const Judged& judged) {
    Diff diff;
    const decide::Decision& decision = judged.review.decision;
    const auto shown = [](const std::string& pointer) { return printable(rules::dotted(pointer)); };
    std::size_t index = 0;
    for (const patch::Operation& op : decision.effect) {
        // The object's own patch comes first in `effect`.
        std::vector<std::string>& lines = index++ < decision.patch.size() ? diff.object : diff.pods;
        if (op.op == patch::Operation::Op::Test) continue;
        const json::Node before = patch::resolve(judged.before, op.path);
        const bool inserted = op.op == patch::Operation::Op::Add &&
                              patch::resolve(judged.before, op.path.substr(0, op.path.rfind('/'))).is_array();
        if (before && !inserted)
            lines.push_back("- " + shown(op.path) + ": " + printable(json::to_json(before)));
        if (op.op != patch::Operation::Op::Remove)
            lines.push_back("+ " + shown(op.path) + ": " + printable(op.value_json));
    }
    return diff;
}

Summary summarize(const std::vector<Judged>& results) {
    Summary summary;
    summary.documents = results.size();
    for (const Judged& judged : results) {
        switch (judged.outcome) {
            case Outcome::Allowed:
                ++summary.allowed;
                break;
            case Outcome::Rewritten:
                ++summary.rewritten;
                break;
            case Outcome::Denied:
                ++summary.denied;
                break;
            case Outcome::Skipped:
                ++summary.skipped;
                break;
            case Outcome::Error:
                ++summary.errors;
                break;
        }
        const decide::Decision& decision = judged.review.decision;
        if (!has_cost(decision)) continue;
        if (decision.before.hourly && decision.after.hourly) {
            summary.before += *decision.before.hourly;
            summary.after += *decision.after.hourly;
        } else {
            ++summary.unknown_costs;
        }
    }
    return summary;
}

namespace {

constexpr std::size_t kShownExpenses = 10;  // of a budget that is exceeded

/// One line for each budget; of one that is exceeded, what it goes to.
std::string budget_lines(const Budgets& budgets, const Terminal& terminal) {
    std::string out;
    for (const decide::Spending& spending : budgets) {
        const auto action = spending.action();
        const std::string_view verdict = spending.exceeded() ? "exceeded" : action ? "not known" : "kept";
        const Colour colour = !action                          ? Colour::Green
                              : *action == rules::Action::Deny ? Colour::Red
                                                               : Colour::Yellow;
        out += "CostBudget " + spending.budget->name + ": " + terminal.paint(colour, verdict) + ": " +
               decide::describe(spending) + "\n";
        const std::size_t shown = spending.exceeded() ? std::min(spending.known.size(), kShownExpenses) : 0;
        for (std::size_t i = 0; i < shown; ++i) {
            out += "  " + spending.known[i]->name + ": " + format_usd(*spending.known[i]->hourly) + "/h\n";
        }
        if (shown > 0 && shown < spending.known.size()) {
            out += "  and " + std::to_string(spending.known.size() - shown) + " more\n";
        }
        for (const std::string& name : spending.uncounted) out += "  not counted: " + name + "\n";
    }
    return out;
}

}  // namespace

std::string check_text(const std::vector<Judged>& results, const Terminal& terminal, const Budgets& budgets) {
    std::string out;
    for (const Judged& judged : results) out += one_result(judged, terminal) + "\n";
    const Summary summary = summarize(results);
    std::string line = count(summary.documents, "object", "objects") + ": " +
                       std::to_string(summary.allowed) + " allowed, " + std::to_string(summary.rewritten) +
                       " rewritten, " + std::to_string(summary.denied) + " denied, " +
                       std::to_string(summary.skipped) + " skipped, " +
                       count(summary.errors, "error", "errors");
    line += "; " + format_usd(summary.before) + "/h as written, " + format_usd(summary.after) +
            "/h as it would be";
    if (summary.unknown_costs > 0) line += " (" + std::to_string(summary.unknown_costs) + " of unknown cost)";
    return out + terminal.paint(Colour::Bold, line) + "\n" + budget_lines(budgets, terminal);
}

}  // namespace tollgate::cli
