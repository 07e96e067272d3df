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

/// False when nothing says how much memory the pod needs: what is not known never counts as fitting.
bool settle_needs(const RightSize& rule, Rewrite& out) {
    workload::Need& need = out.need;
    if (!rule.needs.annotations) {
        need.memory_mib.reset();
        need.compute.reset();
    }
    add_default(rule.needs, need);
    if (need.memory_mib.has_value() || need.profile.has_value()) {
        workload::Confidence least = workload::Confidence::Declared;
        if (need.memory_mib.has_value()) least = std::min(least, need.memory_mib->confidence);
        if (need.compute.has_value()) least = std::min(least, need.compute->confidence);
        out.guessed = least < rule.min_confidence || least == workload::Confidence::Guessed;
        return true;
    }
    out.why_not =
        need.preallocates
            ? need.preallocates_reason + "; declare what it needs as annotation tollgate.dev/gpu-memory"
            : "nothing says how much GPU memory it needs: declare it as annotation tollgate.dev/gpu-memory, "
              "or give the rule a default";
    return false;
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

}  // namespace

Rewrite right_size(const RightSize& rule, const Policy& policy, const Rule& of, const Context& context,
                   std::uint32_t pod, bool resource_only) {
    Rewrite out;
    const Attempt attempt{policy, of, context, pod, resource_only, rule.keep, rule.action};
    if (!may_try(attempt, out) || !settle_needs(rule, out)) return out;
    std::string why;
    const workload::PodDemand* demand = plan::single_demand(attempt.subject(), why);
    if (demand == nullptr || is_settled(rule, attempt, *demand, out)) return out;
    plan::Query query;
    query.pod = &attempt.subject();
    query.need = &out.need;
    query.cost = context.pod_cost(pod);
    query.pools = rule.pools;
    query.isolation = std::max(rule.isolation, out.need.isolation.value_or(workload::Isolation::None));
    query.billing = rule.billing;
    query.min_saving = rule.min_saving;
    query.min_bandwidth = rule.min_bandwidth;
    query.freed_counts = rule.freed_counts;
    query.resource_only = resource_only;
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
        return out;
    }
    finish(attempt, std::move(moved), out);
    return out;
}

}  // namespace tollgate::rules
