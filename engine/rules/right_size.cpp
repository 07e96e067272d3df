// SPDX-License-Identifier: Apache-2.0
// rightSize: the cheapest offer that holds the pod and meets what it is known to need.
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

/// The model's floor beside, or instead of, what is declared. A guess is no reason to set aside what somebody
/// declares, and counts only where nobody does. True when it is the need.
bool take_floor(const NeedsSpec& spec, workload::Need& need) {
    if (!need.floor || !is_asked(spec, NeedsSpec::Source::Model)) return false;
    const workload::ModelFloor& floor = *need.floor;
    if (need.memory_mib.has_value()) {
        const bool declared_first =
            spec.combine == NeedsSpec::Combine::First && spec.from.front() == NeedsSpec::Source::Annotations;
        const bool model_first =
            spec.combine == NeedsSpec::Combine::First && spec.from.front() == NeedsSpec::Source::Model;
        if (declared_first || !floor.doubt.empty()) return false;
        if (!model_first && floor.memory_mib <= need.memory_mib->value) return false;
    }
    std::string source = "its model: " + floor.text;
    if (!floor.doubt.empty()) source += "; a guess, because " + floor.doubt;
    need.memory_mib = workload::Sourced<std::int64_t>{
        floor.memory_mib,
        floor.doubt.empty() ? workload::Confidence::Computed : workload::Confidence::Guessed,
        std::move(source)};
    return true;
}

std::string nothing_known(const workload::Need& need, bool model_asked) {
    std::string why = model_asked && !need.why_no_floor.empty() ? need.why_no_floor : std::string();
    if (need.preallocates) {
        return need.preallocates_reason + (why.empty() ? "" : "; " + why) +
               "; declare what it needs as annotation tollgate.dev/gpu-memory" +
               (why.empty() ? "" : ", or its model as tollgate.dev/model");
    }
    return (why.empty() ? "nothing says how much GPU memory it needs"
                        : "how much GPU memory it needs is not known: " + why) +
           ": declare it as annotation tollgate.dev/gpu-memory, or give the rule a default";
}

/// Where what the pod needs comes from.
enum class Settled : std::uint8_t { Unknown, Other, Model };

/// Unknown when nothing says how much memory the pod needs: what is not known never counts as fitting.
Settled settle_needs(const RightSize& rule, Rewrite& out) {
    workload::Need& need = out.need;
    if (!is_asked(rule.needs, NeedsSpec::Source::Annotations)) {
        need.memory_mib.reset();
        need.compute.reset();
    }
    bool by_model = take_floor(rule.needs, need);
    const std::int64_t floor = by_model ? need.memory_mib->value : 0;
    add_default(rule.needs, need);
    by_model = by_model && need.memory_mib->value == floor;
    if (need.memory_mib.has_value() || need.profile.has_value()) {
        workload::Confidence least = workload::Confidence::Declared;
        if (need.memory_mib.has_value()) least = std::min(least, need.memory_mib->confidence);
        if (need.compute.has_value()) least = std::min(least, need.compute->confidence);
        out.guessed = least < rule.min_confidence || least == workload::Confidence::Guessed;
        return by_model ? Settled::Model : Settled::Other;
    }
    out.why_not = nothing_known(need, is_asked(rule.needs, NeedsSpec::Source::Model));
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
    const Settled settled = settle_needs(rule, out);
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
