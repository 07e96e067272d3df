// SPDX-License-Identifier: Apache-2.0
#include "cli/export_vap.hpp"

#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tollgate::cli {
namespace {

constexpr std::array<std::string_view, kParts> kPartNames = {
    "specs",      "pods",      "asking", "devices", "inAll",   "cpu",          "memory",
    "controlled", "deadlines", "ttls",   "strays",  "applies", "appliedBefore"};

std::string_view name_of(Part part) {
    return kPartNames[static_cast<std::size_t>(part)];
}

std::vector<Part> needs(Part part, bool cares_about_cpu_pods) {
    switch (part) {
        case Part::Specs:
        case Part::Controlled:
        case Part::Ttls:
            return {};
        case Part::Pods:
        case Part::Deadlines:
            return {Part::Specs};
        case Part::Asking:
        case Part::Devices:
            return {Part::Pods};
        case Part::InAll:
        case Part::Cpu:
        case Part::Memory:
            return {Part::Devices};
        case Part::Strays:
            return {Part::Asking};
        case Part::Applies:
        case Part::AppliedBefore:
            return cares_about_cpu_pods ? std::vector{Part::Strays} : std::vector{Part::Asking};
    }
    return {};
}

std::string expression_of(Part part, const Draft& draft) {
    switch (part) {
        case Part::Specs:
            return specs_variable(draft.kinds());
        case Part::Pods:
            return pods_variable();
        case Part::Asking:
            return asking_variable();
        case Part::Devices:
            return devices_variable();
        case Part::InAll:
            return in_all_variable();
        case Part::Cpu:
            return cpu_variable();
        case Part::Memory:
            return memory_variable();
        case Part::Applies:
            return applies_variable(draft.snapshot(), draft.policy(), 0);
        case Part::AppliedBefore:
            return applies_variable(draft.snapshot(), draft.policy(), 1);
        case Part::Controlled:
            return controlled_expression(draft.snapshot());
        case Part::Deadlines:
            return deadlines_variable(draft.kinds());
        case Part::Ttls:
            return ttls_variable(draft.kinds());
        case Part::Strays:
            return strays_variable(draft.snapshot());
    }
    return "";
}

struct ExportRule {
    Draft& draft;
    const rules::Rule& rule;

    void operator()(const rules::RightSize& verb) const { rewriting(verb.action); }
    void operator()(const rules::Replace& verb) const { rewriting(verb.action); }
    void operator()(const rules::Place&) const { rewriting(rules::RewriteAction::Rewrite); }
    void operator()(const rules::Limits& verb) const { export_limits(draft, rule, verb); }
    void operator()(const rules::LifetimeRule& verb) const { export_lifetime(draft, rule, verb); }
    void operator()(const rules::Require& verb) const { export_require(draft, rule, verb); }
    void operator()(const rules::Check& verb) const { export_check(draft, rule, verb); }

  private:
    void rewriting(rules::RewriteAction action) const {
        draft.leave_out(rule, verb_name(rule.verb),
                        action == rules::RewriteAction::Rewrite
                            ? "rewrites, and a ValidatingAdmissionPolicy changes nothing"
                            : "compares offers: needs the fleet and its prices");
    }
};

const rules::Exception* exception_for(const decide::Snapshot& snapshot, const rules::Policy& policy,
                                      const rules::Rule& rule) {
    for (const rules::Exception& each : snapshot.rules->exceptions)
        if (each.covers(policy.name, rule.name)) return &each;
    return nullptr;
}

constexpr std::string_view kNotFollowed =
    "the number, the place or the end of their pods is more than one field";

/// Adds the kinds that the policy judges and its document does not to `left_out`.
void export_policy(const decide::Snapshot& snapshot, const rules::Policy& policy, VapExport& out,
                   std::set<std::string>& left_out) {
    Kinds kinds = judged_kinds(snapshot, policy);
    std::string why = why_no_match(policy);
    if (why.empty() && kinds.empty()) why = "match.kinds: no WorkloadKind describes any of them";
    const auto others = std::stable_partition(kinds.begin(), kinds.end(), [&](const auto* kind) {
        return can_be_followed(snapshot.rules->kinds, *kind);
    });
    std::set<std::string> omitted;
    for (auto kind = others; kind != kinds.end(); ++kind)
        omitted.insert((*kind)->kind + ((*kind)->group.empty() ? "" : "." + (*kind)->group));
    kinds.erase(others, kinds.end());
    if (why.empty() && kinds.empty()) why = "match.kinds: " + std::string(kNotFollowed);
    Draft draft(snapshot, policy, std::move(kinds), out.omissions);
    for (const rules::Rule& rule : policy.rules) {
        if (!why.empty()) {
            draft.leave_out(rule, "", why);
        } else if (const rules::Exception* exception = exception_for(snapshot, policy, rule)) {
            draft.leave_out(rule, "",
                            "CostException " + exception->name + " is bound to a cost: needs prices");
        } else {
            std::visit(ExportRule{draft, rule}, rule.verb);
        }
    }
    if (draft.document.validations.empty()) return;
    draft.finish();
    out.documents.push_back(std::move(draft.document));
    if (policy.mode == rules::Mode::Enforce && policy.failure == rules::Failure::Allow)
        out.documents.push_back(bound_of(VapDocument(out.documents.back())));
    left_out.merge(omitted);
}

}  // namespace

std::string Draft::use(Part part) {
    used_[static_cast<std::size_t>(part)] = true;
    for (const Part each : needs(part, snapshot_.rules->cares_about_cpu_pods)) use(each);
    return "variables." + std::string(name_of(part));
}

std::string Draft::and_before(const std::string& test) {
    return needs_applies(policy_) ? "(" + use(Part::AppliedBefore) + " && " + test + ")" : test;
}

void Draft::validate(const rules::Rule& rule, const std::string& holds, const std::string& message,
                     const std::string& message_expression) {
    document.validations.push_back(
        {needs_applies(policy_) ? use(Part::Applies) + " ? (\n" + holds + ") : true" : holds,
         policy_.name + "/" + rule.name + ": " + message, message_expression});
}

void Draft::leave_out(const rules::Rule& rule, std::string_view field, std::string why) {
    std::string what = policy_.name + "/" + rule.name;
    if (!field.empty()) what.append(" ").append(field);
    omissions_.push_back({std::move(what), std::move(why)});
}

void Draft::finish() {
    document.policy = &policy_;
    document.name = policy_.name + ".tollgate.dev";
    document.fails = policy_.failure == rules::Failure::Deny;
    export_match(*this);
    for (std::size_t i = 0; i < kParts; ++i) {
        if (!used_[i]) continue;
        const Part part = static_cast<Part>(i);
        document.variables.push_back({std::string(name_of(part)), expression_of(part, *this)});
    }
}

VapExport export_vap(const decide::Snapshot& snapshot) {
    VapExport out;
    std::set<std::string> left_out;
    for (const rules::Policy& policy : snapshot.rules->policies)
        export_policy(snapshot, policy, out, left_out);
    if (!left_out.empty()) {
        out.omissions.push_back(
            {"kinds " + join(std::vector<std::string>(left_out.begin(), left_out.end()), ", "),
             std::string(kNotFollowed)});
    }
    return out;
}

}  // namespace tollgate::cli
