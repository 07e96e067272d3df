// SPDX-License-Identifier: Apache-2.0
// One CostPolicy on its way to a ValidatingAdmissionPolicy: what its rules have in common is made once, as
// variables that are added when a rule first asks for them. Internal to cli/export_vap*.cpp.
//
// The variables are lists of two, of the object and of the old object; the second is empty on CREATE. Pods of
// one object are maps that all have an `at`, the place where they stand, by which the ratchet finds them in
// the other.
// Thread rule: one thread.
#pragma once

#include "cli/export_vap.hpp"
#include "engine/vap/environment.hpp"
#include "engine/workload/kind_spec.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::cli {

using Kinds = std::vector<const workload::KindSpec*>;

/// In the order in which variables are declared: each uses only those before it.
enum class Part : std::uint8_t {
    Specs,       // pods: at, spec, metadata, replicas (-1: not known)
    Pods,        // at, spec, labels, annotations, replicas; containers: [inits, others, the pod as a whole]
    Asking,      // those of them that ask for an accelerator
    Devices,     // at, n, replicas, uncounted, pod
    InAll,       // devices of all pods
    Cpu,         // at, n, asked, subject: of pods with devices; in nano
    Memory,      // the same in bytes
    Controlled,  // made by the controller of its owner
    Deadlines,   // seconds; -1 none, -2 unreadable
    Ttls,        // the same; -3 where the kind has none
    Strays,      // at, replicas, what: accelerators nobody knows and ways around the scheduler
    Applies,     // is it anybody's business, and does what the match says of pods and expressions hold?
    AppliedBefore,  // the same of the old object
};
inline constexpr std::size_t kParts = 13;

class Draft {
  public:
    Draft(const decide::Snapshot& snapshot, const rules::Policy& policy, Kinds kinds,
          std::vector<VapOmission>& omissions)
        : snapshot_(snapshot), policy_(policy), kinds_(std::move(kinds)), omissions_(omissions) {}

    [[nodiscard]] const decide::Snapshot& snapshot() const { return snapshot_; }
    [[nodiscard]] const rules::Policy& policy() const { return policy_; }
    [[nodiscard]] const Kinds& kinds() const { return kinds_; }

    /// "variables.devices"; it will be among the variables.
    std::string use(Part part);
    /// Whether `test` holds of the old object, and the policy was on it, too. Where that cannot be told, what
    /// is false of it decides by itself.
    std::string and_before(const std::string& test);
    /// `holds`: true where the rule has nothing to object to.
    void validate(const rules::Rule& rule, const std::string& holds, const std::string& message,
                  const std::string& message_expression = "");
    void leave_out(const rules::Rule& rule, std::string_view field, std::string why);

    VapDocument document;

    /// Adds the variables that were used.
    void finish();

  private:
    const decide::Snapshot& snapshot_;
    const rules::Policy& policy_;
    Kinds kinds_;
    std::array<bool, kParts> used_{};
    std::vector<VapOmission>& omissions_;
};

// --- export_vap_pods.cpp -----------------------------------------------------------------------------------
std::string specs_variable(const Kinds& kinds);
std::string pods_variable();
std::string asking_variable();
std::string devices_variable();
std::string in_all_variable();

// --- export_vap_bound.cpp ----------------------------------------------------------------------------------
/// What refuses objects too large for `document`, which ignores errors.
VapDocument bound_of(VapDocument document);

// --- export_vap_match.cpp ----------------------------------------------------------------------------------
/// Empty when all of it can be said.
std::string why_no_match(const rules::Policy& policy);
/// The kinds a policy judges.
Kinds judged_kinds(const decide::Snapshot& snapshot, const rules::Policy& policy);
/// Whether expressions can tell its pods, their number and their end in every document of the kind: each is
/// one field.
bool can_be_followed(const workload::KindTable& table, const workload::KindSpec& kind);
void export_match(Draft& draft);
/// Whether variables alone can tell if the policy applies: it has selectors or expressions.
bool needs_applies(const rules::Policy& policy);
/// Of the object (0) or the old one (1).
std::string applies_variable(const decide::Snapshot& snapshot, const rules::Policy& policy, int which);
std::string controlled_expression(const decide::Snapshot& snapshot);

// --- one for each verb -------------------------------------------------------------------------------------
void export_limits(Draft& draft, const rules::Rule& rule, const rules::Limits& limits);
void export_lifetime(Draft& draft, const rules::Rule& rule, const rules::LifetimeRule& lifetime);
void export_require(Draft& draft, const rules::Rule& rule, const rules::Require& require);
std::string cpu_variable();
std::string memory_variable();
void export_check(Draft& draft, const rules::Rule& rule, const rules::Check& check);
/// What keeps an expression of a CostPolicy out of a ValidatingAdmissionPolicy; "" when nothing does.
std::string why_no_expression(const rules::Expression& expression, vap::Use use);
std::string deadlines_variable(const Kinds& kinds);
std::string ttls_variable(const Kinds& kinds);
std::string strays_variable(const decide::Snapshot& snapshot);

// --- export_vap_text.cpp -----------------------------------------------------------------------------------
/// An expression by kind: `of(kind)` for each, kinds of which it says the same together.
std::string by_kind(const Kinds& kinds, const std::string& otherwise,
                    const std::function<std::string(const workload::KindSpec&)>& of);
/// "'apps/Deployment'", as by_kind() compares it.
std::string kind_key(const workload::KindSpec& kind);
/// Binds a value to a name, which CEL in Kubernetes has no word for.
std::string with_name(const std::string& value, std::string_view name, const std::string& body);
/// Never true: an evaluation error that says `why`, so that failurePolicy decides.
std::string cannot_tell(std::string_view why);
/// Whether value `v` is an amount as Kubernetes reads them.
std::string is_quantity(const std::string& v);
/// A count of devices, value `v`; negative where it cannot be read. A double only finds it, as in Unit.
std::string read_count(const std::string& v);
/// Whether `name` is an accelerator that Tollgate counts, or knows at all.
std::string is_known_accelerator(const std::string& name);
/// Whether it is a MIG profile that some GPU can be cut into.
std::string is_possible_profile(const std::string& name);
/// Whether it has the shape of a MIG profile's name.
std::string is_profile(const std::string& name);
/// Accelerators that are only an aspect of a device (memory of a share, its cores).
std::vector<std::string> device_aspects();
/// What init containers hold of something at most, in KEP-753's order: a list. Elements of `init` have a
/// `sidecar` and an `n`. Costs the product of the numbers of both kinds that ask for some.
std::string init_amounts(const std::string& init);

}  // namespace tollgate::cli
