// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/judge.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/table.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <iostream>

namespace tollgate::cli {
namespace {

std::string money(const std::optional<Money>& amount) {
    return amount ? format_usd(*amount) + "/h" : "unknown";
}

void print_demand(const decide::Decision& decision, const Terminal& terminal) {
    terminal.out << terminal.paint(Colour::Bold, "Demand") << "\n";
    if (decision.demand.empty()) terminal.out << "  no accelerator\n";
    for (const decide::DemandLine& line : decision.demand) {
        terminal.out << "  " << line.path << ": " << line.count << " " << line.resource << " a pod, "
                     << (line.replicas
                             ? std::to_string(*line.replicas) + (*line.replicas == 1 ? " pod" : " pods")
                             : "number of pods unknown")
                     << "\n";
    }
    // What was not judged was not priced either.
    if (!decision.exempt.empty()) {
        terminal.out << "\n";
        return;
    }
    terminal.out << "  costs " << money(decision.before.hourly) << " as written";
    if (decision.before.total) terminal.out << ", " << format_usd(*decision.before.total) << " in all";
    if (!decision.before.note.empty()) terminal.out << " (" << decision.before.note << ")";
    terminal.out << "\n\n";
}

std::string percent(const Ratio& share) {
    return (share * Ratio(100)).to_decimal(1) + "%";
}

void print_measured(const workload::Need& need, const Terminal& terminal) {
    if (!need.measured) return;
    const workload::Measured& measured = *need.measured;
    terminal.out << "    usage    ";
    if (measured.peak_mib) terminal.out << "peak " << format_mib(*measured.peak_mib) << " per GPU, ";
    if (measured.activity) {
        terminal.out << "active " << percent(measured.activity->mean) << " of the time and at most "
                     << percent(measured.activity->max) << ", ";
    }
    terminal.out << "over " << workload::span_text(measured.seconds) << " in " << measured.samples
                 << " samples of " << measured.pods << (measured.pods == 1 ? " pod" : " pods");
    if (measured.mig) terminal.out << ", on MIG";
    if (need.preallocates) {
        terminal.out << "; no need of memory, as it takes all it sees";
    } else if (!measured.why_no_need.empty()) {
        terminal.out << "; no need of memory: " << measured.why_no_need;
    }
    terminal.out << "\n";
}

void print_need(const workload::Need& need, const Terminal& terminal) {
    terminal.out << "  needs\n";
    if (need.memory_mib) {
        terminal.out << "    memory   " << format_mib(need.memory_mib->value) << " per GPU, "
                     << workload::to_string(need.memory_mib->confidence) << " by " << need.memory_mib->source
                     << "\n";
    } else {
        terminal.out << "    memory   unknown: nobody declared it and the rule has no default\n";
    }
    if (need.floor) {
        terminal.out << "    model    " << format_mib(need.floor->memory_mib)
                     << " per GPU: " << printable(need.floor->text);
        if (!need.floor->doubt.empty()) terminal.out << "; a guess, because " << printable(need.floor->doubt);
        terminal.out << "\n";
    } else if (!need.why_no_floor.empty()) {
        terminal.out << "    model    unknown: " << printable(need.why_no_floor) << "\n";
    }
    print_measured(need, terminal);
    if (need.compute) {
        terminal.out << "    compute  " << need.compute->value.to_decimal(3) << " of the GPU asked for, "
                     << workload::to_string(need.compute->confidence) << " by " << need.compute->source
                     << "\n";
    }
    if (need.profile) terminal.out << "    profile  " << printable(*need.profile) << " or more\n";
    if (need.isolation)
        terminal.out << "    isolation at least " << workload::to_string(*need.isolation) << "\n";
    if (need.bf16) terminal.out << "    BF16\n";
    if (need.fp8) terminal.out << "    FP8\n";
    if (need.preallocates)
        terminal.out << "    takes all memory it sees (" << need.preallocates_reason << ")\n";
    if (need.communicating_gpus > 1) {
        terminal.out << "    " << need.communicating_gpus << " GPUs that talk to each other\n";
    }
    if (need.keep_reason) terminal.out << "    tollgate.dev/keep: " << printable(*need.keep_reason) << "\n";
    for (const std::string& problem : need.problems)
        terminal.out << "    unreadable: " << printable(problem) << "\n";
}

void print_offers(const plan::Plan& plan, const Terminal& terminal) {
    if (plan.candidates.empty()) return;
    Table table({"", "POOL", "OFFER", "COUNT", "$/H", "WHY"});
    for (const plan::Candidate& candidate : plan.candidates) {
        const bool chosen = candidate.reason == plan::Reason::Chosen;
        std::string why(plan::to_string(candidate.reason));
        if (!candidate.detail.empty()) why += ": " + candidate.detail;
        table.add({chosen ? "*" : "", candidate.offer->pool->name, candidate.offer->resource,
                   candidate.count > 0 ? std::to_string(candidate.count) : "-",
                   candidate.hourly ? format_usd(*candidate.hourly) : "unknown", std::move(why)});
    }
    terminal.out << "  offers\n" << table.render("    ");
}

void print_trace(const decide::Decision& decision, const Terminal& terminal) {
    if (decision.trace == nullptr) return;
    for (const std::string& line : decision.trace->lines) terminal.out << "  " << line << "\n";
    if (!decision.trace->lines.empty()) terminal.out << "\n";
    for (const decide::PodTrace& pod : decision.trace->pods) {
        terminal.out << terminal.paint(Colour::Bold,
                                       std::string(pod.by.policy) + "/" + std::string(pod.by.rule))
                     << (pod.pod > 0 ? ", pod template " + std::to_string(pod.pod + 1) : std::string())
                     << "\n";
        print_need(pod.outcome.need, terminal);
        print_offers(pod.outcome.plan, terminal);
        if (!pod.outcome.settings.empty()) {
            terminal.out << "  placed: " << printable(pod.outcome.settings) << "\n";
        } else if (pod.outcome.plan.chosen != nullptr) {
            terminal.out << "  chosen: " << pod.outcome.to << " instead of " << pod.outcome.from
                         << ", a pod costs " << format_usd(pod.outcome.plan.after) << "/h instead of "
                         << format_usd(pod.outcome.plan.before) << "/h ("
                         << plan::to_string(pod.outcome.plan.saving_kind) << ")\n";
        } else if (!pod.outcome.why_not.empty() || !pod.outcome.plan.why_not.empty()) {
            terminal.out << "  left alone: "
                         << (pod.outcome.why_not.empty() ? pod.outcome.plan.why_not : pod.outcome.why_not)
                         << "\n";
        }
        terminal.out << "\n";
    }
}

/// A denial's message has its own.
void print_notes(const decide::Decision& decision, const Terminal& terminal) {
    const auto print = [&](const rules::RuleRef& by, const std::string& note) {
        if (!note.empty()) terminal.out << "note: " << by.policy << "/" << by.rule << ": " << note << "\n";
    };
    for (const decide::RewriteNote& rewrite : decision.rewrites) {
        print(rewrite.by, rewrite.note);
        print(rewrite.by, rewrite.caution);
    }
    for (const decide::Finding& finding : decision.findings) {
        if (finding.action != decide::Action::Deny) print(finding.by, finding.note);
    }
}

void print_judged(const Judged& judged, const Terminal& terminal) {
    terminal.out << terminal.paint(Colour::Bold, display_name(judged)) << ": " << to_string(judged.outcome)
                 << "\n";
    if (judged.outcome == Outcome::Error) {
        terminal.out << judged.error << "\n";
        return;
    }
    terminal.out << "\n";
    const decide::Decision& decision = judged.review.decision;
    if (!decision.exempt.empty())
        terminal.out << (decision.admission_policies > 0 ? "not judged by its cost: " : "not judged: ")
                     << decision.exempt << "\n\n";
    print_demand(decision, terminal);
    print_trace(decision, terminal);
    print_notes(decision, terminal);
    if (!decision.message.empty()) terminal.out << decision.message << "\n";
    for (const std::string& note : judged.notes) terminal.out << "warning: " << printable(note) << "\n";
}

}  // namespace

Exit run_explain(const ExplainOptions& options, const Terminal& terminal) {
    const auto frame = RequestFrame::make(options.request, unix_now_ms());
    const auto text = frame ? read_file(options.file) : tl::unexpected(frame.error());
    if (!text) {
        terminal.complain(text.error().message);
        return Exit::BadInput;
    }
    const auto snapshot = load_for_judging(options.policies, *frame, terminal);
    if (snapshot == nullptr) return Exit::BadInput;
    const auto documents = policies::load_manifests(options.file == "-" ? "<stdin>" : options.file, *text);
    bool unreadable = false;
    bool denied = false;
    for (const Judged& judged : judge_file(options.file, documents, {*snapshot, *frame, true})) {
        print_judged(judged, terminal);
        unreadable = unreadable || judged.outcome == Outcome::Error;
        denied = denied || judged.outcome == Outcome::Denied;
    }
    if (unreadable) return Exit::BadInput;
    return denied ? Exit::Negative : Exit::Fine;
}

}  // namespace tollgate::cli
