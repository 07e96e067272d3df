// SPDX-License-Identifier: Apache-2.0
// Typed reading of Tollgate's own documents: one function for each kind. Each reads everything it can,
// reports everything that is wrong in the document alone, and keeps the places of what can only be judged
// together with other documents (cross_check.hpp). Thread rule: pure but for the Diagnostics behind the
// Scope.
#pragma once

#include "engine/fleet/fleet.hpp"
#include "engine/rules/policy.hpp"
#include "engine/workload/kind_spec.hpp"
#include "policies/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::policies {

inline constexpr std::string_view kGroup = "tollgate.dev";
inline constexpr std::string_view kApiVersion = "tollgate.dev/v1alpha1";

/// What must mean something to other documents: a name, glob or resource to the Fleet or the policies, a
/// ceiling in USD to prices, labels of namespaces to the Namespaces.
struct Reference {
    enum class What : std::uint8_t { PoolGlob, Pool, Resource, Kind, RuleName, Ceiling, NamespaceLabels };
    What what = What::PoolGlob;
    std::string text;  // "" of the last two
    std::string path;  // "spec.rules[0].rightSize.pools[1]"
    Place place;
};

struct ReadPolicy {
    rules::Policy policy;
    Place name;
    std::vector<Reference> references;
};
struct ReadException {
    rules::Exception exception;
    Place name;
    Place requester;  // of match.users or match.groups; no source when neither is there
    std::vector<Reference> references;
};
struct ReadBudget {
    rules::CostBudget budget;
    Place name;
    std::vector<Reference> references;
};
struct ReadKind {
    workload::KindSpec spec;
    Place name;
    bool builtin = false;
};
struct ReadFleet {
    std::string name, provider, region;
    std::vector<fleet::Pool> pools;
    std::vector<Place> pool_names;  // of pools, same order
    Place place;
    bool sound = false;  // read without an error
};

/// One entry of a Usage.
struct MeasuredWorkload {
    workload::UsageEntry entry;
    Place place;
};
struct ReadUsage {
    std::vector<MeasuredWorkload> workloads;
};

struct ReadNamespace {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
};

/// metadata.name, .annotations; everything else there is Kubernetes' business.
struct Metadata {
    std::string name;
    Place place;
    std::vector<std::pair<std::string, std::string>> annotations;
    std::string_view annotation(std::string_view key) const;
};
Metadata read_metadata(Fields& document);

ReadPolicy read_policy(Scope& scope, json::Node root);
ReadException read_exception(Scope& scope, json::Node root, std::int64_t now_unix_ms);
ReadBudget read_budget(Scope& scope, json::Node root);
ReadKind read_kind(Scope& scope, json::Node root);
ReadFleet read_fleet(Scope& scope, json::Node root);
ReadUsage read_usage(Scope& scope, json::Node root, std::int64_t now_unix_ms);
ReadNamespace read_namespace(Scope& scope, json::Node root);

/// Whose match: conditions are for policies alone.
enum class MatchOf : std::uint8_t { Policy, Exception, Budget };
/// A match or an entry of exclude. Users and groups are refused by the reader of the policy, which knows its
/// rules. Kinds become references.
rules::Match read_match(Scope& scope, json::Node node, const std::string& path,
                        std::vector<Reference>& references, MatchOf whose);
std::vector<rules::Condition> read_conditions(Scope& scope, json::Node node, const std::string& path);
/// Does it look at labels of the object, and at nothing that narrows whose objects they may be? A namespace
/// or user of `*` narrows nothing, and a class follows from what is asked for.
bool matches_labels_alone(const rules::Match& match);
/// A list that is not there, or that has a glob of stars alone.
bool is_anything(const std::vector<std::string>& globs);
/// Does any rule of the policy rewrite? The first that does, or null.
const rules::Rule* first_rewriting(const rules::Policy& policy);

/// A verb of a rule; what it names in the Fleet goes to `references`.
rules::RightSize read_right_size(Scope& scope, json::Node node, const std::string& path,
                                 std::vector<Reference>& references);
rules::Replace read_replace(Scope& scope, json::Node node, const std::string& path,
                            std::vector<Reference>& references);
rules::Limits read_limits(Scope& scope, json::Node node, const std::string& path,
                          std::vector<Reference>& references);
rules::Place read_place(Scope& scope, json::Node node, const std::string& path);
void check_spot(Scope& scope, json::Node rules, const rules::Policy& policy);
rules::LifetimeRule read_lifetime(Scope& scope, json::Node node, const std::string& path);
std::optional<rules::Check> read_check(Scope& scope, json::Node node, const std::string& path);
rules::Require read_require(Scope& scope, json::Node node, const std::string& path,
                            std::vector<Reference>& references);

/// One pool of a Fleet.
fleet::Pool read_pool(Scope& scope, json::Node node, const std::string& path);
/// A pool's `sharing`; `sku` may be null when the GPU is unknown.
fleet::Sharing read_sharing(Scope& scope, json::Node node, const std::string& path, const gpu::Sku* sku);
/// A MIG profile that some GPU of the catalog has; reports others with the nearest.
std::optional<std::string> read_profile(Scope& scope, json::Node node, const std::string& path);
/// A resource that stands for GPUs; reports others.
std::optional<std::string> read_gpu_resource(Scope& scope, json::Node node, const std::string& path);

}  // namespace tollgate::policies
