// SPDX-License-Identifier: Apache-2.0
// What rules produce: edits (a changed field of a pod or of the object), findings (something is wrong, what
// it costs, the exact fix) and evaluation errors (could not be judged).
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"
#include "engine/cost/cost.hpp"
#include "engine/plan/plan.hpp"
#include "engine/rules/policy.hpp"
#include "engine/rules/variables.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::rules {

/// One changed field. Rendered as RFC 6902 at the Pod or at the workload, as YAML in a message, or as a diff.
struct Edit {
    enum class Scope : std::uint8_t { Pod, Object };
    Scope scope = Scope::Pod;
    std::uint32_t pod = 0;  // index in Workload::pods (Scope::Pod)
    std::string
        pointer;  // RFC 6901. Pod: below the template, "/spec/..." or "/metadata/..."; Object: from its root
    std::optional<std::string> before, after;  // compact JSON; absent: was not there / is removed
    RuleRef by;
};

enum class Action : std::uint8_t { Audit, Warn, Deny };
std::string_view to_string(Action action);

enum class Code : std::uint8_t {
    Unrewritten,
    ShouldBeSmaller,
    LengthWouldFit,
    GpusPerPod,
    GpusPerWorkload,
    GpuShare,
    CpuPerGpu,
    MemoryPerGpu,
    HourlyCost,
    PodHourlyCost,
    TotalCost,
    Idle,
    LifetimeMissing,
    LifetimeTooLong,
    LifetimeUnreadable,
    TtlMissing,
    TtlTooLong,
    SessionUnbounded,
    LabelMissing,
    LabelValue,
    WholeGpuReason,
    KeepWithoutReason,
    AnnotationUnseen,
    UnknownAccelerator,
    DeviceAccess,
    Unmeasurable,
    PlacedElsewhere,
    QueueUnknown,
    NotGuaranteed,
    FractionalCpu,
    AdmissionPolicy,  // of Kubernetes' own: it has words of its own
    Check,
};

struct Finding {
    RuleRef by;
    Action action = Action::Deny;
    Code code = Code::Unrewritten;
    std::string subject;  // container name, field or label: with policy, rule and code the key of the ratchet
    std::optional<Ratio>
        magnitude;          // how bad, comparable between old and new object; empty: cannot be measured
    std::string field;      // dotted path from the object's root:
                            // "spec.template.spec.containers[0].resources.requests.cpu"
    std::string what;       // one sentence or two, plain text, no env values, no secrets
    std::string fix;        // pasteable `path: value` lines; "" when there is none
    Money hourly;           // what it costs per hour, for the order in the message; 0 when unknown
    std::string waived_by;  // CostException; "" when not waived
    std::string note;       // what else the developer must know: why an exception does not help
    std::string_view reason = {};  // of an admission policy, whose binding is the subject: "Invalid"
};

struct EvalError {
    std::string policy, rule,
        reason;  // reason: a short code for metrics ("namespace_unknown", "budget", "patch")
    std::string message;
    Failure failure = Failure::Allow;
};

/// The steps a review may still take; running out is an evaluation error, never "no match".
struct Budget {
    std::uint64_t steps = limits::kMaxSteps;
    const std::atomic<bool>* cancelled = nullptr;
    bool spend(std::uint64_t count) {
        if (count > steps || is_late()) {
            steps = 0;
            return false;
        }
        steps -= count;
        return true;
    }
    /// The deadline has passed: nothing the object's author did. Else it is its size that costs too much.
    [[nodiscard]] bool is_late() const {
        return cancelled != nullptr && cancelled->load(std::memory_order_relaxed);
    }
};

/// An object that is there, as the documents tell of it: a parameter, a Namespace.
struct KnownObject {
    std::string api_version, kind, ns, name;
    std::shared_ptr<const json::Document> document;
};

/// Labels of namespaces and what else the cluster knows; from documents (Namespace objects) or `check
/// --namespace-labels` until the cluster client exists.
struct ClusterView {
    std::unordered_map<std::string, std::vector<std::pair<std::string, std::string>>> namespaces;
    bool offline_default = false;  // `check --namespace-labels`: holds for every namespace, stored under ""
    /// Labels as a JSON object node; missing node: namespace not seen.
    const std::vector<std::pair<std::string, std::string>>* find_namespace(std::string_view name) const;

    /// Ordered by apiVersion, kind, namespace and name; see set_objects().
    std::vector<KnownObject> objects;
    /// Of several with one name the last is kept.
    void set_objects(std::vector<KnownObject> all);
    /// All of a kind, those of one namespace beside each other.
    std::span<const KnownObject> find_objects(std::string_view api_version, std::string_view kind) const;
    /// Missing when the Namespace was not seen as a whole (its labels alone may be known).
    json::Node namespace_object(std::string_view name) const;
};

/// What follows from a workload alone, worked out once, by whoever asks first.
struct Facts {
    std::optional<cost::WorkloadCost> cost;
    std::vector<std::optional<workload::Need>> needs;  // of each pod
    VariableValues variables, advisory_variables;      // see Context::advisory
};

/// Where a rule may not move a pod, because of what another rule would say of the result.
struct RefusedOffer {
    RuleRef by;
    std::uint32_t pod = 0;
    const fleet::Offer* offer = nullptr;
    std::string why;
};

/// All a rule may look at.
struct Context {
    const workload::Workload& workload;
    const fleet::Market& market;
    const gpu::Catalog& catalog;
    const ClusterView* cluster = nullptr;
    Operation operation = Operation::Create;
    std::int64_t now_unix_ms = 0;
    Budget& budget;
    bool explain = false;
    Facts& facts;
    /// The workload's cost as its pods will be.
    const cost::WorkloadCost& cost_now() const;
    /// What a pod is declared to need, or plainly shows.
    const workload::Need& declared_need(std::size_t pod) const;
    /// A pod's cost as it stands; null when it is not to be told.
    const cost::PodCost* pod_cost(std::size_t pod) const;
    /// The object's parent was judged (its reference and its requester both say so): what only the parent
    /// states, its lifetime and its labels, is not missed here.
    bool controlled = false;
    std::span<const RefusedOffer> refused = {};
    /// Null only where nothing is asked that holds an expression.
    ExpressionScope* expressions = nullptr;
    const Saving* saving = nullptr;  // null: nothing was rewritten
    /// For a policy that cannot deny: it has a budget, a scope and variables of its own, so that it takes
    /// nothing from those that can.
    bool advisory = false;
    /// Some rule that applies has `numa: Prefer`.
    bool prefers_numa = false;
    [[nodiscard]] VariableValues& variables() const {
        return advisory ? facts.advisory_variables : facts.variables;
    }
};

/// The outcome of rightSize, replace or place on one pod.
struct Rewrite {
    std::vector<Edit> edits;  // empty: left alone
    /// What place writes, in words; nothing is moved or saved then: "schedulerName kai-scheduler".
    std::string settings;
    plan::Plan plan;  // before, after, chosen; candidates when Context::explain
    workload::Need need;
    std::string from, to;  // "1 nvidia.com/gpu (pool h100)", "1 nvidia.com/mig-1g.10gb (pool a100-mig)"
    std::string from_resource, to_resource;
    std::string why_not;            // when left alone, in one line; "" when the rule has nothing to say
    std::string caution;            // what whoever runs the cluster should know of this change
    bool guessed = false;           // confidence below the rule's: advise only
    std::vector<Finding> findings;  // keep without a reason; action Require or Advise
    std::vector<EvalError> errors;
};

// --- the verbs (one file each)
// -------------------------------------------------------------------------------

/// Why this pod is never rewritten by any rule ("" if it may be): node already set, being deleted, mirror,
/// DaemonSet, pinned host, several accelerator resources.
std::string never_rewritten(const Context& context, const workload::Pod& pod);
/// The same of settings, for which it does not matter what is asked for.
std::string never_placed(const Context& context, const workload::Pod& pod);

/// `resource_only`: at a Kueue workload, nothing but the resource name may change (no selector, no
/// toleration).
Rewrite right_size(const RightSize& rule, const Policy& policy, const Rule& of, const Context& context,
                   std::uint32_t pod, bool resource_only);
Rewrite replace(const Replace& rule, const Policy& policy, const Rule& of, const Context& context,
                std::uint32_t pod, bool resource_only);

/// Which parts of `place` are wanted.
struct PlaceParts {
    bool object = false;  // what stands on the workload itself, at its creation
    bool pods = false;    // scheduler and queue of its pods
    bool spot = false;    // where they run
};
/// First what the object lacks, then the pod's own settings, then Spot, each in a turn of its own: what
/// another rule refuses takes nothing else with it. What concerns the object comes with the first of its pods
/// that asks for an accelerator.
Rewrite place(const Place& rule, const Policy& policy, const Rule& of, const Context& context,
              std::uint32_t pod, PlaceParts parts);
/// May place write there, on the object itself: "/metadata/labels/kueue.x-k8s.io~1queue-name"?
bool is_placed_at_object(const workload::Workload& workload, std::string_view pointer);

/// One entry of tollgate.dev/placed: "schedulerName, label kai.scheduler/queue by research-queues/kai".
struct Placed {
    std::string_view text, by;
    std::vector<std::string> pointers;  // of the Pod
};
std::vector<Placed> read_placed(std::string_view note);

/// Where a pod is to go: `count` units of an offer.
struct Target {
    const fleet::Offer* offer = nullptr;
    std::int64_t count = 0;
};

/// Edits that move one pod from what it asks for now (`from`, at `now`) to `to`: resources of every container
/// that names the device, product selectors, the pool's selector and tolerations, Tollgate's own annotations.
/// The error says why the pod cannot be moved there (a selector that the target's nodes may not have, nothing
/// that would hold it in that pool).
Result<std::vector<Edit>> substitute(const Context& context, std::uint32_t pod,
                                     const workload::PodDemand& from, const Target& to,
                                     const cost::Location& now, bool resource_only, RuleRef by);

void check_limits(const Limits& rule, const Policy& policy, const Rule& of, const Context& context,
                  std::vector<Finding>& out, std::vector<EvalError>& errors);
void check_lifetime(const LifetimeRule& rule, const Policy& policy, const Rule& of, const Context& context,
                    std::vector<Finding>& out, std::vector<EvalError>& errors);
void check_require(const Require& rule, const Policy& policy, const Rule& of, const Context& context,
                   std::vector<Finding>& out, std::vector<EvalError>& errors);
/// `cost`: what the checks of this policy may still spend.
void run_check(const Check& rule, const Policy& policy, const Rule& of, const Context& context,
               std::uint64_t& cost, std::vector<Finding>& out, std::vector<EvalError>& errors);

/// Lifetime defaults to write at CREATE on a Job nobody else owns, and tollgate.dev/expires-at on bounded
/// workloads.
std::vector<Edit> lifetime_settings(const LifetimeRule& rule, const Policy& policy, const Rule& of,
                                    const Context& context);

/// `spec.template.spec.containers[0].resources.requests.cpu: "23"`: the pasteable line for a field of the
/// object.
std::string fix_line(std::string_view dotted_field, std::string_view json_value);
/// RFC 6901 pointer from the object's root for an edit's place; "" when this workload's shape has no such
/// place.
std::string object_pointer(const workload::Workload& workload, const Edit& edit);
/// "/spec/containers/0/resources" -> "spec.containers[0].resources"; keys with dots or slashes are quoted.
std::string dotted(std::string_view pointer);

}  // namespace tollgate::rules
