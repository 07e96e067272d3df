// SPDX-License-Identifier: Apache-2.0
// rightSize: the cheapest offer that holds the pod and meets what it is known to need.
#include "engine/base/quantity.hpp"
#include "engine/rules/rewriting.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tollgate::rules {
namespace {

constexpr std::string_view kDefaultSource = "the rule's default";

/// The rule's default stands for what nobody declared. It never answers for a server that fills whatever
/// device it is given.
void add_default(const NeedsSpec& spec, workload::Need& need) {
    const bool declared = need.memory_mib.has_value();
    if (need.preallocates || (declared && spec.combine == NeedsSpec::Combine::First)) return;
    if (spec.default_memory_mib.has_value() &&
        (!declared || need.memory_mib->value < *spec.default_memory_mib)) {
        need.memory_mib = workload::Sourced<std::int64_t>{
            *spec.default_memory_mib, workload::Confidence::Declared, std::string(kDefaultSource)};
    }
    if (!spec.default_profile.empty()) need.profile = spec.default_profile;
}

bool is_asked(const NeedsSpec& spec, NeedsSpec::Source source) {
    return std::find(spec.from.begin(), spec.from.end(), source) != spec.from.end();
}

using Memory = workload::Sourced<std::int64_t>;

/// What the pod was measured to use, and some more: what comes next may be a little larger.
std::optional<Memory> measured_need(const NeedsSpec& spec, const workload::Need& need) {
    if (!need.measured || need.preallocates || !need.measured->why_no_need.empty()) return std::nullopt;
    const std::int64_t peak = *need.measured->peak_mib;
    const std::optional<std::int64_t> mib = (Ratio(peak) * (Ratio(1) + spec.headroom)).ceil();
    if (!mib) return std::nullopt;
    return Memory{*mib, workload::Confidence::Measured,
                  "measured peak " + format_mib(peak) + " over " +
                      workload::span_text(need.measured->seconds) + ", " +
                      (spec.headroom * Ratio(100)).to_decimal(2) + "% headroom"};
}

std::optional<Memory> model_need(const workload::Need& need) {
    if (!need.floor) return std::nullopt;
    const workload::ModelFloor& floor = *need.floor;
    std::string source = "its model: " + floor.text;
    if (!floor.doubt.empty()) source += "; a guess, because " + floor.doubt;
    return Memory{floor.memory_mib,
                  floor.doubt.empty() ? workload::Confidence::Computed : workload::Confidence::Guessed,
                  std::move(source)};
}

/// What the sources say, combined as the rule wants it. A guess is no reason to set aside what somebody
/// declares or what was measured, and counts only where there is neither. Gives the source that counts.
std::optional<NeedsSpec::Source> combine(const NeedsSpec& spec, workload::Need& need) {
    using Source = NeedsSpec::Source;
    std::optional<Memory> declared = need.memory_mib;
    const auto ask = [&](Source source) {
        if (source == Source::Annotations) return declared;
        return source == Source::Usage ? measured_need(spec, need) : model_need(need);
    };
    need.memory_mib.reset();
    std::optional<Source> by;
    for (const bool guesses : {false, true}) {
        for (const Source source : spec.from) {
            std::optional<Memory> said = ask(source);
            if (!said || (said->confidence == workload::Confidence::Guessed) != guesses) continue;
            const bool first = spec.combine == NeedsSpec::Combine::First;
            if (by && (first || said->value <= need.memory_mib->value)) continue;
            need.memory_mib = std::move(said);
            by = source;
        }
        if (by) break;
    }
    return by;
}

/// What each source that was asked has to say for its silence.
std::string why_silent(const NeedsSpec& spec, const workload::Need& need) {
    std::string why = is_asked(spec, NeedsSpec::Source::Model) ? need.why_no_floor : std::string();
    if (!is_asked(spec, NeedsSpec::Source::Usage) || !need.measured || need.preallocates) return why;
    if (!need.measured->why_no_need.empty()) why += (why.empty() ? "" : "; ") + need.measured->why_no_need;
    return why;
}

std::string nothing_known(const NeedsSpec& spec, const workload::Need& need) {
    const std::string why = why_silent(spec, need);
    if (need.preallocates) {
        return need.preallocates_reason + (need.measured ? ", so that its use is no need" : "") +
               (why.empty() ? "" : "; " + why) +
               "; declare what it needs as annotation tollgate.dev/gpu-memory" +
               (why.empty() ? "" : ", or its model as tollgate.dev/model");
    }
    return (why.empty() ? "nothing says how much GPU memory it needs"
                        : "how much GPU memory it needs is not known: " + why) +
           ": declare it as annotation tollgate.dev/gpu-memory, or give the rule a default";
}

/// Where what the pod needs comes from.
enum class Settled : std::uint8_t { Unknown, Other, Model };

/// How far the need is to be trusted. One that is no less than what was measured is as good as measured.
workload::Confidence trust_in(const NeedsSpec& spec, const workload::Need& need) {
    if (!need.memory_mib) return workload::Confidence::Declared;
    if (!is_asked(spec, NeedsSpec::Source::Usage)) return need.memory_mib->confidence;
    const std::optional<Memory> measured = measured_need(spec, need);
    const bool covered = measured && need.memory_mib->value >= measured->value;
    return covered ? workload::Confidence::Measured : need.memory_mib->confidence;
}

/// Unknown when nothing says how much memory the pod needs: what is not known never counts as fitting.
Settled settle_needs(const RightSize& rule, const Attempt& attempt, Rewrite& out) {
    workload::Need& need = out.need;
    if (!is_asked(rule.needs, NeedsSpec::Source::Annotations)) need.compute.reset();
    if (is_asked(rule.needs, NeedsSpec::Source::Usage)) {
        const Context& context = attempt.context;
        need.measured = workload::measured_of(context.market.usage, context.workload, attempt.subject());
    }
    const std::optional<NeedsSpec::Source> by = combine(rule.needs, need);
    const std::int64_t said = by ? need.memory_mib->value : 0;
    add_default(rule.needs, need);
    if (need.memory_mib.has_value() || need.profile.has_value()) {
        const workload::Confidence trust = trust_in(rule.needs, need);
        out.guessed = trust < rule.min_confidence || trust == workload::Confidence::Guessed;
        const bool by_model = by == NeedsSpec::Source::Model && need.memory_mib->value == said;
        return by_model ? Settled::Model : Settled::Other;
    }
    out.why_not = nothing_known(rule.needs, need);
    return Settled::Unknown;
}

/// Shares of "the GPU it asks for now" mean the device of the first request, which a rewritten pod no longer
/// names. Its annotation says that it was rewritten; that only ever keeps what is asked for, never more, and
/// anything else than our own output for this very demand does not count.
bool is_settled(const RightSize& rule, const Attempt& attempt, const workload::PodDemand& demand,
                Rewrite& out) {
    if (!out.need.compute.has_value() && !rule.min_bandwidth.has_value()) return false;
    if (attempt.resource_only && demand.meaning.cls != gpu::ResourceClass::WholeGpu) {
        out.why_not = "a share of the GPU asked for cannot be told from a part of one";
        return true;
    }
    const fleet::Offer* now = attempt.location().offer;
    if (now == nullptr) return false;
    const std::string_view note = attempt.subject().annotations()[kRewritten].string();
    const std::string here = " to " + std::to_string(demand.count) + " " + std::string(demand.resource) +
                             " on " + now->pool->name + " by ";
    if (!note.starts_with("from ") || note.find(here) == std::string_view::npos) return false;
    out.why_not = "it was rewritten already, and its needs are shares of the GPU it asked for before";
    return true;
}

plan::Query query_of(const RightSize& rule, const Attempt& attempt, const workload::Need& need) {
    plan::Query query;
    query.pod = &attempt.subject();
    query.need = &need;
    query.cost = attempt.context.pod_cost(attempt.pod);
    query.pools = rule.pools;
    query.isolation = std::max(rule.isolation, need.isolation.value_or(workload::Isolation::None));
    query.billing = rule.billing;
    query.min_saving = rule.min_saving;
    query.min_bandwidth = rule.min_bandwidth;
    query.freed_counts = rule.freed_counts;
    query.resource_only = attempt.resource_only;
    query.prefers_numa = attempt.context.prefers_numa;
    return query;
}

/// A server that stays for the length of its sequences: the cheapest offer that would do with shorter ones,
/// and how long those may be.
void suggest_length(const RightSize& rule, const Attempt& attempt, const workload::PodDemand& demand,
                    Rewrite& out) {
    constexpr std::int64_t kLeastTokens = 4096;  // shorter ones serve nobody
    const workload::ModelFloor& floor = *out.need.floor;
    if (!floor.doubt.empty() || floor.length_option.empty() || floor.tokens <= kLeastTokens) return;
    const std::optional<std::int64_t> least = floor.needed_mib(kLeastTokens);
    if (!least.has_value() || *least >= out.need.memory_mib->value) return;
    workload::Need shorter = out.need;
    shorter.memory_mib->value = *least;
    plan::Query query = query_of(rule, attempt, shorter);
    Moved moved{attempt, demand, nullptr, {}};
    query.why_not_there = std::ref(moved);
    const plan::Plan plan = plan::plan(query, attempt.context.market, attempt.context.catalog, false);
    const bool counted = attempt.context.budget.spend(plan.steps);
    if (!counted || plan.chosen == nullptr || !plan.chosen->memory_mib.has_value()) return;
    const std::optional<std::int64_t> tokens = floor.tokens_in(*plan.chosen->memory_mib);
    if (tokens.has_value()) out.findings.push_back(shorter_would_fit(attempt, demand, out, plan, *tokens));
}

}  // namespace

Rewrite right_size(const RightSize& rule, const Policy& policy, const Rule& of, const Context& context,
                   std::uint32_t pod, bool resource_only) {
    Rewrite out;
    const Attempt attempt{policy, of, context, pod, resource_only, rule.keep, rule.action};
    if (!may_try(attempt, out)) return out;
    const Settled settled = settle_needs(rule, attempt, out);
    if (settled == Settled::Unknown) return out;
    std::string why;
    const workload::PodDemand* demand = plan::single_demand(attempt.subject(), why);
    if (demand == nullptr || is_settled(rule, attempt, *demand, out)) return out;
    plan::Query query = query_of(rule, attempt, out.need);
    Moved moved{attempt, *demand, nullptr, {}};
    query.why_not_there = std::ref(moved);
    out.plan = plan::plan(query, context.market, context.catalog, context.explain);
    if (!context.budget.spend(out.plan.steps)) {
        out.plan.chosen = nullptr;
        out.errors.push_back(out_of_budget(policy, of.name, context.budget));
        out.why_not = out.errors.back().message;
        return out;
    }
    if (out.plan.chosen == nullptr) {
        out.why_not = out.plan.why_not;
        if (settled == Settled::Model) suggest_length(rule, attempt, *demand, out);
        return out;
    }
    finish(attempt, std::move(moved), out);
    return out;
}

}  // namespace tollgate::rules
