// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/document.hpp"
#include "engine/rules/outcome.hpp"
#include "engine/rules/placement.hpp"
#include "engine/rules/run.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tollgate::rules {
namespace {

struct Swap {
    const workload::Pod& pod;
    std::uint32_t index = 0;
    std::string_view from_resource;
    std::int64_t from_count = 0;
    const Target& to;
    RuleRef by;
};

std::optional<std::string> text_of(json::Node node) {
    return node.exists() ? std::optional(json::to_json(node)) : std::nullopt;
}

/// What a container asks for of the old device becomes as many times the new one as the pod's total does.
Result<std::int64_t> units_of(const Swap& swap, std::uint32_t container) {
    std::int64_t asked = 0;
    for (const workload::Demand& demand : swap.pod.demands) {
        if (demand.container == container && demand.resource == swap.from_resource) asked = demand.count;
    }
    if (asked == swap.from_count) return swap.to.count;  // also what keeps this free of rounding
    const Ratio units = Ratio(asked) * Ratio::of(swap.to.count, swap.from_count);
    const std::optional<std::int64_t> whole = units.floor();
    if (!units.is_integer() || !whole.has_value()) {
        return fail("its containers share " + plural(swap.from_count, "device") + " in a way that " +
                    std::to_string(swap.to.count) + " " + swap.to.offer->resource + " cannot follow");
    }
    return *whole;
}

/// Requests and limits of an extended resource are written together; the old name goes wherever it stands, a
/// request for none included.
Result<void> swap_container(const Swap& swap, std::uint32_t container, std::vector<Edit>& edits) {
    const workload::Container& where = swap.pod.containers[container];
    TOLLGATE_TRY(const std::int64_t units, units_of(swap, container));
    const bool same_name = swap.from_resource == swap.to.offer->resource;
    if (same_name && swap.from_count == swap.to.count) return {};
    for (const std::string_view section : {"limits", "requests"}) {
        const json::Node amounts = where.resources[section];
        const std::string place = where.pointer + "/resources/" + std::string(section) + "/";
        const json::Node old = amounts[swap.from_resource];
        if (old.exists() && !same_name) {
            edits.push_back({Edit::Scope::Pod, swap.index, place + escaped(swap.from_resource), text_of(old),
                             std::nullopt, swap.by});
        }
        if (units == 0) continue;
        edits.push_back({Edit::Scope::Pod, swap.index, place + escaped(swap.to.offer->resource),
                         text_of(amounts[swap.to.offer->resource]), quoted(std::to_string(units)), swap.by});
    }
    return {};
}

std::string pool_phrase(const fleet::Offer* offer) {
    return offer == nullptr ? "" : " on " + offer->pool->name;
}

void annotate(const Swap& swap, const cost::Location& now, std::vector<Edit>& edits) {
    const json::Node annotations = swap.pod.annotations();
    const auto write = [&](std::string_view key, const std::string& value) {
        std::string after = quoted(value);
        std::optional<std::string> before = text_of(annotations[key]);
        if (before == after) return;
        edits.push_back({Edit::Scope::Pod, swap.index, "/metadata/annotations/" + escaped(key),
                         std::move(before), std::move(after), swap.by});
    };
    write(kRewritten, "from " + std::to_string(swap.from_count) + " " + std::string(swap.from_resource) +
                          pool_phrase(now.offer) + " to " + std::to_string(swap.to.count) + " " +
                          swap.to.offer->resource + pool_phrase(swap.to.offer) + " by " +
                          std::string(swap.by.policy) + "/" + std::string(swap.by.rule));
    // As the pod will be priced where it goes, so that asking again writes the same.
    if (const auto hourly = cost::pod_hourly(*swap.to.offer, swap.to.count, swap.pod.resources)) {
        write(kHourlyCost, to_decimal_string(*hourly));
    }
}

}  // namespace

Result<std::vector<Edit>> substitute(const Context& context, std::uint32_t pod,
                                     const workload::PodDemand& from, const Target& to,
                                     const cost::Location& now, bool resource_only, RuleRef by) {
    const workload::Pod& subject = context.workload.pods[pod];
    const Swap swap{subject, pod, from.resource, from.count, to, by};
    std::vector<Edit> edits;
    for (std::uint32_t i = 0; i < subject.containers.size(); ++i) {
        const Result<void> swapped = swap_container(swap, i, edits);
        if (!swapped.has_value()) return tl::unexpected(swapped.error());
    }
    // Nothing but the billing changes: the pod must not stay on nodes that are billed as before.
    const bool same_device = now.offer != nullptr && now.offer->pool->sku == to.offer->pool->sku &&
                             now.offer->pool->billing != to.offer->pool->billing &&
                             from.resource == to.offer->resource;
    const Move move{subject, pod, *to.offer, now.offer, by, to.count, same_device};
    if (resource_only) {
        if (edits.empty())
            return fail("only the resource's name may change here, and it would stay the same");
        const std::string why = placement_stays(context, move);
        if (!why.empty()) return fail("only the resource's name may change here: " + why);
        return edits;
    }
    if (!subject.spec.exists()) {
        const std::string why = placement_stays(context, move);
        if (!why.empty()) return fail(why);
        return edits;
    }
    TOLLGATE_TRY(std::vector<Edit> placement, move_placement(context, move));
    edits.insert(edits.end(), std::make_move_iterator(placement.begin()),
                 std::make_move_iterator(placement.end()));
    if (edits.empty()) return fail("it already asks for exactly that");
    if (!subject.metadata_pointer.empty()) annotate(swap, now, edits);
    return edits;
}

}  // namespace tollgate::rules
