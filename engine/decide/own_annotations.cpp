// SPDX-License-Identifier: Apache-2.0
// tollgate.dev/rewritten, placed, hourly-cost and expires-at are Tollgate's to write. What a user sets there
// is overwritten or removed. Our own earlier output must survive (the API server may ask again, and a second
// apply must not drift), so a value that is exactly what a rule of ours would have left is kept.
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <array>

namespace tollgate::decide {

namespace {

constexpr std::string_view kRewritten = "tollgate.dev/rewritten";
constexpr std::string_view kPlaced = "tollgate.dev/placed";
constexpr std::string_view kHourlyCost = "tollgate.dev/hourly-cost";
constexpr std::string_view kExpiresAt = "tollgate.dev/expires-at";

/// "... to <what it asks for now> ... by policy/rule", with a rule that exists.
bool could_be_ours(const Review& review, const workload::Pod& pod, std::string_view text) {
    const std::size_t by = text.rfind(" by ");
    if (by == std::string_view::npos) return false;
    const std::string_view name = text.substr(by + 4);
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return false;
    const rules::Policy* policy = find_policy(review.snapshot, name.substr(0, slash));
    if (policy == nullptr || pod.totals.size() != 1) return false;
    const std::string now =
        " to " + std::to_string(pod.totals[0].count) + " " + std::string(pod.totals[0].resource) + " ";
    for (const rules::Rule& rule : policy->rules)
        if (rule.name == name.substr(slash + 1))
            return rewrites(rule) && text.find(now) != std::string_view::npos;
    return false;
}

bool is_place_rule(const Review& review, std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return false;
    const rules::Policy* policy = find_policy(review.snapshot, name.substr(0, slash));
    if (policy == nullptr) return false;
    return std::any_of(policy->rules.begin(), policy->rules.end(), [&](const rules::Rule& rule) {
        return rule.name == name.substr(slash + 1) && std::holds_alternative<rules::Place>(rule.verb);
    });
}

/// The entries that rules which exist could have written, for places that have something now.
std::string ours_of(const Review& review, const workload::Pod& pod, std::string_view text) {
    std::string kept;
    for (const rules::Placed& placed : rules::read_placed(text)) {
        const bool there =
            std::all_of(placed.pointers.begin(), placed.pointers.end(), [&](const std::string& pointer) {
                const std::string_view place(pointer);
                const std::size_t key = place.rfind('/') + 1;
                const std::string name = patch::unescape(place.substr(key)).value_or("");
                if (place.starts_with("/spec/")) return pod.spec[name].exists();
                const bool label = place.starts_with("/metadata/labels/");
                return (label ? pod.labels() : pod.annotations())[name].exists();
            });
        if (!there || placed.pointers.empty() || !is_place_rule(review, placed.by)) continue;
        kept += (kept.empty() ? "" : "; ") + std::string(placed.text);
    }
    return kept;
}

std::string json_text(std::string_view text) {
    std::string out;
    json::append_json_string(out, text);
    return out;
}

}  // namespace

std::vector<Edit> correct_own_annotations(Review& review, const State& state) {
    std::vector<Edit> edits;
    const rules::Context context = make_context(review, state);
    for (std::uint32_t i = 0; i < state.workload.pods.size(); ++i) {
        const workload::Pod& pod = state.workload.pods[i];
        const json::Node annotations = pod.annotations();
        const auto edit = [&](std::string_view key, std::optional<std::string> after) {
            std::string pointer =
                "/metadata/annotations/tollgate.dev~1" + std::string(key.substr(key.find('/') + 1));
            edits.push_back({Edit::Scope::Pod,
                             i,
                             std::move(pointer),
                             json::to_json(annotations[key]),
                             std::move(after),
                             {}});
        };
        const json::Node rewritten = annotations[kRewritten];
        const bool ours = rewritten.is_string() && could_be_ours(review, pod, rewritten.text());
        if (rewritten.exists() && !ours) edit(kRewritten, std::nullopt);
        if (const json::Node placed = annotations[kPlaced]; placed.exists()) {
            const std::string right = ours_of(review, pod, placed.string());
            if (right != placed.string())
                edit(kPlaced, right.empty() ? std::nullopt : std::optional(json_text(right)));
        }
        // It is written on workloads that state their lifetime by annotation, never on a Pod.
        if (annotations[kExpiresAt].exists()) edit(kExpiresAt, std::nullopt);
        const json::Node hourly = annotations[kHourlyCost];
        if (!hourly.exists()) continue;
        const auto& prices = context.cost_now().pods;
        std::optional<std::string> right;
        if (i < prices.size() && prices[i].hourly.has_value()) right = to_decimal_string(*prices[i].hourly);
        if (!right.has_value() || hourly.string() != *right)
            edit(kHourlyCost, right.has_value() ? std::optional(json_text(*right)) : std::nullopt);
    }
    return edits;
}

}  // namespace tollgate::decide
