// SPDX-License-Identifier: Apache-2.0
// Policies and exceptions as the engine sees them: typed, checked, with nothing left to parse. Made by
// policies/ from CostPolicy and CostException documents; constant afterwards.
#pragma once

#include "engine/base/money.hpp"
#include "engine/base/ratio.hpp"
#include "engine/base/selector.hpp"
#include "engine/gpu/catalog.hpp"
#include "engine/rules/expression.hpp"
#include "engine/workload/kind_spec.hpp"
#include "engine/workload/need.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tollgate::rules {

using workload::Class;

enum class Mode : std::uint8_t { Audit, Warn, Enforce };  // ordered by strength
enum class Operation : std::uint8_t { Create, Update, Delete, Connect };
std::string_view to_string(Mode mode);
std::string_view to_string(Operation operation);

/// "Deployment" (any group) or "InferenceService.serving.kserve.io".
struct KindPattern {
    std::string kind, group;
    bool any_group = true;
};

struct Match {
    std::vector<KindPattern> kinds;  // of the root owner; empty: any
    std::vector<Class> classes;      // empty: any
    GlobList namespaces;             // empty: any
    std::optional<LabelSelector> namespace_selector;
    std::optional<LabelSelector> selector;   // labels of the pod template
    std::vector<Operation> operations;       // empty: CREATE and UPDATE
    std::vector<std::string> users, groups;  // globs; only in policies without rewriting rules
    std::vector<Condition> conditions;  // all must be true; one that is false decides, whatever others say
    bool names_class(Class cls) const;
};

// --- verbs -------------------------------------------------------------------------------------------------

enum class RewriteAction : std::uint8_t { Rewrite, Advise, Require };
enum class Keep : std::uint8_t { Honor, NeedsReason, Ignore };

struct NeedsSpec {
    enum class Combine : std::uint8_t { Max, First };
    enum class Source : std::uint8_t { Annotations, Usage, Model };
    /// In the order in which they are asked.
    std::vector<Source> from{Source::Annotations, Source::Usage, Source::Model};
    Combine combine = Combine::Max;
    std::optional<std::int64_t> default_memory_mib;
    std::string default_profile;       // "1g.10gb"; "" for none
    Ratio headroom = Ratio::of(1, 5);  // applies to Usage alone
};

struct RightSize {
    std::vector<std::string> pools;  // globs
    NeedsSpec needs;
    workload::Isolation isolation = workload::Isolation::Hardware;
    std::vector<gpu::Billing> billing;  // empty: the request's own
    Ratio min_saving = Ratio::of(1, 10);
    workload::Confidence min_confidence = workload::Confidence::Computed;
    std::optional<Ratio> min_bandwidth;
    bool freed_counts = false;  // value: Freed
    Keep keep = Keep::NeedsReason;
    RewriteAction action = RewriteAction::Rewrite;
};

struct Replace {
    std::string from_resource;               // "nvidia.com/gpu"
    std::optional<std::int64_t> from_count;  // empty: any
    std::string from_product;                // glob on the gpu.product it asks for; "" for any
    std::string to_resource;                 // exactly one of to_resource and to_pool
    std::optional<std::int64_t> to_count;
    std::string to_pool;
    Keep keep = Keep::NeedsReason;
    RewriteAction action = RewriteAction::Rewrite;
};

struct Limits {
    struct NodeShare {};
    std::optional<std::int64_t> gpus_per_pod, gpus_per_workload;
    std::optional<Ratio> gpu_share;                                // whole-GPU equivalents, of the workload
    std::optional<std::variant<Ratio, NodeShare>> cpu_per_gpu;     // cores
    std::optional<std::variant<Ratio, NodeShare>> memory_per_gpu;  // bytes
    std::optional<Money> hourly_cost, pod_hourly_cost, total_cost;
    std::optional<std::int64_t> idle_seconds;  // the longest it may hold devices without using them
};

struct LifetimeRule {
    std::optional<std::int64_t> max_seconds, default_seconds;
    std::optional<std::int64_t> ttl_max_seconds, ttl_default_seconds;
    std::optional<std::int64_t> sessions_max_seconds;  // for interactive workloads
};

struct RequiredLabel {
    std::string key;
    std::vector<std::string> values;  // globs; empty: any value
    bool on_workload = true, on_template = true, on_namespace = false;
};

struct Require {
    std::vector<RequiredLabel> labels;
    bool whole_gpu_reason = false;
    bool known_accelerators = false;
};

struct Check {
    Expression expression;
    std::string message;  // "": the expression itself is shown
    std::optional<Expression> message_expression;
};

/// How pods are scheduled: settings that are written where they are absent.
struct Place {
    enum class Scheduler : std::uint8_t { None, Kai, RunAi, Volcano, Kueue };
    enum class Numa : std::uint8_t { Off, Report, Prefer };  // Prefer reports too
    /// A queue's name is put together of these.
    struct QueuePart {
        enum class From : std::uint8_t { Text, Namespace, Label } from = From::Text;
        std::string text;  // the text, or the label's key
    };
    Scheduler scheduler = Scheduler::None;
    std::vector<QueuePart> queue;     // empty: none is written
    std::string topology_name;        // KAI
    std::string required, preferred;  // levels: labels of nodes; "" for none
    bool spot = false;                // billing: Spot
    Numa numa = Numa::Off;
};

using Verb = std::variant<RightSize, Replace, Limits, LifetimeRule, Require, Check, Place>;
bool is_rewriting(const Verb& verb);           // RightSize and Replace with action Rewrite, Place
std::string_view verb_name(const Verb& verb);  // "rightSize"

struct Rule {
    std::string name;
    Verb verb;
};

enum class RewriteAt : std::uint8_t { Auto, Pod, Workload };
enum class Failure : std::uint8_t { Allow, Deny };

struct Policy {
    std::string name, title, docs;
    Mode mode = Mode::Enforce;
    std::int32_t priority = 0;
    Match match;
    std::vector<Match> exclude;
    RewriteAt rewrite_at = RewriteAt::Auto;
    bool deny_controlled_pods = false;  // controlledPods: Deny (default Audit)
    bool deny_unrewritten = false;      // unrewritten: Deny (default Warn)
    Failure failure = Failure::Allow;
    std::vector<Rule> rules;
};

struct Exception {
    std::string name;
    std::vector<std::string> rules;  // "policy" or "policy/rule"
    Match match;
    std::string reason, approved_by;
    std::int64_t expires_unix_ms = 0;
    Money max_hourly_cost;

    bool covers(std::string_view policy, std::string_view rule) const;
};

/// What the objects it is about may burn together. Counted by `check` over the objects it is given.
struct CostBudget {
    std::string name;
    Match match;
    std::optional<Money> hourly, monthly;  // at least one
    bool deny = false;                     // onExceed: Deny (default Warn)
};

struct RuleRef {
    std::string_view policy, rule;  // into the Rulebook, which outlives every Decision that names it
    friend bool operator==(const RuleRef&, const RuleRef&) = default;
};

}  // namespace tollgate::rules
