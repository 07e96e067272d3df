// SPDX-License-Identifier: Apache-2.0
// limits: hourlyCost, podHourlyCost and totalCost. A cost that is not known is an evaluation error, never
// cheap.
#include "engine/base/quantity.hpp"
#include "engine/rules/run.hpp"

#include <string>

namespace tollgate::rules {
namespace {

std::string or_note(const std::string& note, const std::string& otherwise) {
    return note.empty() ? otherwise : note;
}

/// Which price was taken, where several were possible.
std::string how_priced(const std::string& note) {
    return note.empty() ? "" : " (" + note + ")";
}

void report_unpriced(Run& run) {
    const cost::WorkloadCost& priced = run.context.cost_now();
    for (const workload::Pod& pod : run.context.workload.pods) {
        if (pod.asks_for_accelerator() && !pod.replicas.has_value()) {
            return run.error("unbounded", unbounded_text(pod));
        }
    }
    run.error("price_unknown", or_note(priced.note, "its cost per hour is not known"));
}

void check_hourly(Run& run, const Money& limit) {
    const cost::WorkloadCost& priced = run.context.cost_now();
    if (!priced.hourly.has_value() || !priced.hourly->usd.is_known()) return report_unpriced(run);
    if (!(*priced.hourly > limit)) return priced.at_least ? report_unpriced(run) : void();
    const workload::Pod* only = nullptr;
    std::size_t paying = 0;
    Money each;
    for (std::size_t i = 0; i < priced.pods.size() && i < run.context.workload.pods.size(); ++i) {
        if (!priced.pods[i].hourly.has_value() || !(priced.pods[i].hourly->usd > Ratio(0))) continue;
        ++paying;
        only = &run.context.workload.pods[i];
        each = *priced.pods[i].hourly;
    }
    Finding& finding = run.add(Code::HourlyCost, "");
    finding.magnitude = priced.hourly->usd;
    finding.hourly = *priced.hourly;
    finding.what = "costs " + format_usd(*priced.hourly) + "/h" + how_priced(priced.note) + "; at most " +
                   format_usd(limit) + "/h is allowed here.";
    finding.field = run.context.workload.pods.front().field;
    if (paying != 1) return;
    finding.field = only->field;
    const std::string field = replicas_field(*only);
    const auto replicas = (limit.usd / each.usd).floor();
    if (field.empty() || only->replicas.value_or(1) <= 1 || replicas.value_or(0) < 1) return;
    finding.field = field;
    finding.fix = fix_line(field, std::to_string(*replicas));
}

void check_pod_hourly(Run& run, const Money& limit) {
    const cost::WorkloadCost& priced = run.context.cost_now();
    const auto& pods = run.context.workload.pods;
    for (std::size_t i = 0; i < pods.size(); ++i) {
        const cost::PodCost* pod = i < priced.pods.size() ? &priced.pods[i] : nullptr;
        const bool known = pod != nullptr && pod->hourly.has_value() &&
                           (!pod->at_least || *pod->hourly > limit);  // a part of it may be too much already
        if (!known) {
            const std::string note = i < priced.pods.size() ? priced.pods[i].note : "";
            run.error("price_unknown",
                      pods[i].field + ": " + or_note(note, "its cost per hour is not known"));
            continue;
        }
        const Money& hourly = *priced.pods[i].hourly;
        if (!(hourly > limit)) continue;
        Finding& finding = run.add(Code::PodHourlyCost, pods[i].field);
        finding.magnitude = hourly.usd;
        finding.hourly = hourly_or_zero(run.context);
        finding.field = pods[i].field;
        const cost::Location& at = priced.pods[i].location;
        const std::string pool = at.offer == nullptr || at.assumed ? "" : " on pool " + at.offer->pool->name;
        finding.what = "one pod costs " + format_usd(hourly) + "/h" + pool + how_priced(priced.pods[i].note) +
                       "; at most " + format_usd(limit) + "/h is allowed here.";
    }
}

void check_total(Run& run, const Money& limit) {
    const cost::WorkloadCost& priced = run.context.cost_now();
    const workload::Workload& workload = run.context.workload;
    if (!priced.hourly.has_value() || !priced.hourly->usd.is_known()) return report_unpriced(run);
    if (!(priced.hourly->usd > Ratio(0))) return;
    if (run.context.controlled) return;  // its parent's lifetime counts
    const bool ends = priced.total.has_value() && workload.lifetime.deadline_seconds.has_value();
    if (ends && !(*priced.total > limit)) return priced.at_least ? report_unpriced(run) : void();
    Finding& finding = run.add(Code::TotalCost, "");
    finding.hourly = *priced.hourly;
    finding.field = lifetime_field(workload);
    const std::string allowed = "at most " + format_usd(limit) + " in all is allowed here.";
    if (ends) {
        finding.magnitude = priced.total->usd;
        finding.what = "costs " + format_usd(*priced.total) + " in " +
                       format_duration(*workload.lifetime.deadline_seconds) + how_priced(priced.note) + "; " +
                       allowed;
    } else {
        finding.magnitude = priced.hourly->usd;
        finding.subject = "no end";
        finding.what = "costs " + format_usd(*priced.hourly) + "/h with no end" + how_priced(priced.note) +
                       "; " + allowed;
    }
    const auto seconds = (limit.usd / priced.hourly->usd * Ratio(3600)).floor();
    if (seconds.value_or(0) >= 1) finding.fix = lifetime_fix(workload, *seconds);
}

}  // namespace

void check_cost_limits(Run& run, const Limits& rule) {
    if (rule.hourly_cost.has_value()) check_hourly(run, *rule.hourly_cost);
    if (rule.pod_hourly_cost.has_value()) check_pod_hourly(run, *rule.pod_hourly_cost);
    if (rule.total_cost.has_value()) check_total(run, *rule.total_cost);
}

}  // namespace tollgate::rules
