// SPDX-License-Identifier: Apache-2.0
// ValidatingAdmissionPolicy and its Binding, compiled: nothing left to parse. Made by policies/ from
// documents; constant afterwards. Defaults are Kubernetes'.
// Source: k8s.io/api/admissionregistration/v1.
// Thread rule: immutable once made; any number of threads may judge by one PolicySet.
#pragma once

#include "engine/base/selector.hpp"
#include "engine/cel/program.hpp"
#include "engine/vap/input.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::vap {

enum class FailurePolicy : std::uint8_t { Fail, Ignore };
enum class Reason : std::uint8_t { Invalid, Forbidden, Unauthorized, RequestEntityTooLarge };
std::string_view to_string(Reason reason);
int status_code(Reason reason);  // 422, 403, 401, 413

enum class Scope : std::uint8_t { Any, Cluster, Namespaced };

/// matchConstraints.resourceRules[]: all given parts must hold; "*" is any.
struct ResourceRule {
    std::vector<std::string> groups, versions;
    std::vector<std::string> resources;  // "pods", "pods/exec", "*/scale", "*/*"
    std::vector<std::string> names;      // empty: any
    std::vector<Operation> operations;   // empty: any
    Scope scope = Scope::Any;
};

struct MatchResources {
    std::vector<ResourceRule> rules;  // empty: every resource
    std::vector<ResourceRule> excluded;
    LabelSelector namespaces, objects;  // empty: everything
    bool equivalent = true;             // matchPolicy
};

struct Expression {
    std::string source;
    cel::Program program;
};
struct Variable {
    std::string name;
    Expression expression;
};
struct MatchCondition {
    std::string name;
    Expression expression;
};
struct Validation {
    Expression expression;
    std::string message;
    std::optional<Expression> message_expression;
    Reason reason = Reason::Invalid;
    std::string place = {};  // "validations[0]"; written by the PolicySet
};
struct AuditAnnotation {
    std::string key;
    Expression value;
    std::string place = {};  // "auditAnnotations[0]"
};
struct ParamKind {
    std::string api_version, kind;
};

struct Policy {
    std::string name;
    FailurePolicy failure = FailurePolicy::Fail;
    std::optional<ParamKind> param_kind;
    MatchResources match;
    std::vector<MatchCondition> conditions;
    std::vector<Variable> variables;
    std::vector<Validation> validations;
    std::vector<AuditAnnotation> audit_annotations;
};

struct ParamRef {
    std::string name;  // "": by selector
    std::string ns;    // "": the object's
    std::optional<LabelSelector> selector;
    bool deny_when_missing = false;  // parameterNotFoundAction
};

struct Binding {
    std::string name, policy;
    std::optional<ParamRef> params;
    std::optional<MatchResources> match;
    bool denies = false, warns = false, audits = false;  // validationActions
};

/// A part of a request that conditions often compare with literals.
enum class Field : std::uint8_t { RequestKind, RequestNamespace, ObjectKind, ObjectNamespace };
inline constexpr std::size_t kFields = 4;

/// Which policies may apply to a request: by a literal that one of its conditions compares with, else by the
/// operations, groups and resources that it names. What the index leaves is decided policy by policy.
class PolicyIndex {
  public:
    void add(std::uint32_t policy, const Policy& of);  // in ascending order of `policy`
    /// Ascending positions, appended to `out`.
    void candidates(const Input& input, std::vector<std::uint32_t>& out) const;

  private:
    using List = std::vector<std::uint32_t>;
    using Lists = std::map<std::string, List, std::less<>>;
    static constexpr std::size_t kOperations = 4;
    std::array<Lists, kOperations> by_resource_;  // "apps/deployments", "*/pods", "apps/*", "*/*"
    std::array<Lists, kFields> by_literal_;
    std::array<List, kFields> without_field_;  // all of by_literal_, where a request lacks the field
};

/// Policies by name, each with its bindings by name.
class PolicySet {
  public:
    PolicySet() = default;
    PolicySet(std::vector<Policy> policies, std::vector<Binding> bindings);

    struct Bound {
        Policy policy;
        std::vector<Binding> bindings;
    };
    bool empty() const { return policies_.empty(); }
    const std::vector<Bound>& policies() const { return policies_; }
    const PolicyIndex& index() const { return index_; }

  private:
    std::vector<Bound> policies_;
    PolicyIndex index_;
};

}  // namespace tollgate::vap
