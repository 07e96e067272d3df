// SPDX-License-Identifier: Apache-2.0
// What the verbs of this folder share: one rule at work on one workload, and the words they all use.
// Thread rule: values of one review.
#pragma once

#include "engine/rules/outcome.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::rules {

/// A validating rule at work: where its findings and errors go.
struct Run {
    const Policy& policy;
    const Rule& of;
    const Context& context;
    std::vector<Finding>& out;
    std::vector<EvalError>& errors;
    const std::size_t first = out.size();  // of its own findings
    std::size_t left_out = 0;
    Finding unwritten = {};

    /// False when the budget is gone; that is an evaluation error, and the rule stops.
    bool spend(std::uint64_t steps);
    /// A new finding with `by`, code and subject set; valid until the next one. Past the bound it is counted,
    /// not kept.
    Finding& add(Code code, std::string subject);
    /// True past the bound: what would be found is counted, and need not be worked out.
    bool skip();
    /// Says how many findings were not written out.
    ~Run();
    void error(std::string reason, std::string message);
};

EvalError make_error(const Policy& policy, const Rule& of, std::string reason, std::string message);
/// "deadline" or "budget", as the budget says.
EvalError out_of_budget(const Policy& policy, std::string_view rule, const Budget& budget);

/// A step for each container of a pod, and one for the pod.
std::uint64_t steps_of(const workload::Pod& pod);

/// "1 GPU", "3 pods".
std::string plural(std::int64_t count, std::string_view noun);
/// A name as the object gives it, made safe to print: ASCII, at most 253 bytes.
std::string shown(std::string_view name);
/// A JSON string literal.
std::string quoted(std::string_view text);
/// One token of an RFC 6901 pointer.
std::string escaped(std::string_view key);
/// "container trainer"; for the pod as a whole "the pod".
std::string container_label(const workload::Container& container);
/// How large a workload is that lacks something as a whole: its devices, over all its pods.
Ratio devices_in_all(const workload::Workload& workload);
/// `of_each` over all pods of a template; where their number has no bound, more than any number of them.
Ratio in_all_pods(const workload::Pod& pod, std::int64_t of_each);
/// " ($27.52/h in all)"; "" when the cost is not known or nothing.
std::string in_all(const std::optional<Money>& hourly);
/// What the workload costs per hour; nothing when unknown.
Money hourly_or_zero(const Context& context);
/// "nvidia.com/gpu" -> "spec.containers[0].resources.limits.'nvidia.com/gpu'", where the amount is written.
std::string demand_field(const workload::Pod& pod, const workload::Demand& demand);
/// "job" for a Job: the noun of messages.
std::string noun_of(const workload::Workload& workload);
/// Dotted path of an annotation of the pod (or of the object when its shape has no metadata).
std::string annotation_field(const workload::Pod& pod, std::string_view key);

/// Why the number of a template's pods is not known.
std::string unbounded_text(const workload::Pod& pod);
/// The only field that multiplies a template's pods, when one field alone does; else "".
std::string replicas_field(const workload::Pod& pod);
/// Where this kind takes a lifetime: its own field, else the annotation.
std::string lifetime_field(const workload::Workload& workload);
/// The line that gives it one.
std::string lifetime_fix(const workload::Workload& workload, std::int64_t seconds);

inline constexpr std::string_view kKeep = "tollgate.dev/keep";
inline constexpr std::string_view kLifetime = "tollgate.dev/lifetime";
inline constexpr std::string_view kExpiresAt = "tollgate.dev/expires-at";
inline constexpr std::string_view kRewritten = "tollgate.dev/rewritten";
inline constexpr std::string_view kPlaced = "tollgate.dev/placed";
inline constexpr std::string_view kHourlyCost = "tollgate.dev/hourly-cost";

void check_per_gpu(Run& run, const Limits& rule);
void check_cost_limits(Run& run, const Limits& rule);
void check_idle(Run& run, std::int64_t seconds);

}  // namespace tollgate::rules
