// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rewriting.hpp"

#include "engine/base/json/document.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::rules {
namespace {

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_own(const Edit& edit) {
    return edit.pointer.find("/annotations/tollgate.dev~1") != std::string::npos;
}

/// The diff as lines to paste; Tollgate's own annotations are not the developer's to write.
std::string fix_text(const workload::Workload& workload, const std::vector<Edit>& edits) {
    std::string text;
    for (const Edit& edit : edits) {
        if (is_own(edit)) continue;
        const std::string pointer = object_pointer(workload, edit);
        if (pointer.empty()) continue;
        if (!text.empty()) text += '\n';
        text += edit.after.has_value() ? fix_line(dotted(pointer), *edit.after) : "remove " + dotted(pointer);
    }
    return text;
}

std::string phrase(std::int64_t count, std::string_view resource, const fleet::Offer* offer) {
    const std::string text = std::to_string(count) + " " + std::string(resource);
    return offer == nullptr ? text : text + " (pool " + offer->pool->name + ")";
}

std::string need_text(const workload::Need& need) {
    if (need.memory_mib.has_value()) {
        return ", needs " + format_mib(need.memory_mib->value) + " (" + need.memory_mib->source + ")";
    }
    return need.profile.has_value() ? ", needs " + *need.profile + " (the rule's default)" : "";
}

Finding advice(const Attempt& attempt, const Rewrite& out) {
    const workload::Pod& pod = attempt.subject();
    const Ratio pods(pod.replicas.value_or(1));
    Finding finding;
    finding.by = {attempt.policy.name, attempt.of.name};
    const bool demanded = attempt.action == RewriteAction::Require && !out.guessed;
    finding.action = demanded ? Action::Deny : Action::Warn;
    finding.code = Code::ShouldBeSmaller;
    finding.subject = pod.field;
    finding.field = pod.field;
    finding.hourly = (out.plan.before - out.plan.after) * pods;
    finding.magnitude = finding.hourly.usd;
    finding.what = "asks for " + out.from + " at " + format_usd(out.plan.before) + "/h" +
                   need_text(out.need) + "; " + out.to + " holds it for " + format_usd(out.plan.after) +
                   "/h and saves " + format_usd(finding.hourly) + "/h";
    if (pod.replicas.has_value() && *pod.replicas > 1)
        finding.what += " over " + plural(*pod.replicas, "pod");
    finding.what += out.plan.saving_kind == plan::SavingKind::Cash ? "." : " of committed capacity.";
    return finding;
}

Finding keep_without_reason(const Attempt& attempt) {
    const workload::Pod& pod = attempt.subject();
    Finding finding;
    finding.by = {attempt.policy.name, attempt.of.name};
    finding.action = Action::Warn;
    finding.code = Code::KeepWithoutReason;
    finding.subject = pod.field;
    finding.magnitude = Ratio(1);
    finding.field = annotation_field(pod, kKeep);
    finding.what =
        "asks to be kept as it is and gives no reason, so that does not count; say what the device is for.";
    finding.fix = fix_line(finding.field, quoted("<why it needs the device it asks for>"));
    return finding;
}

/// What stands on the workload alone its pods do not show, and they are what this rule rewrites. True where
/// there is such a thing.
bool note_unseen(const Attempt& attempt, Rewrite& out) {
    const workload::Workload& workload = attempt.context.workload;
    const workload::Pod& pod = attempt.subject();
    const bool at_workload = attempt.policy.rewrite_at == RewriteAt::Workload ||
                             (attempt.policy.rewrite_at == RewriteAt::Auto && workload.kueue_managed);
    if (at_workload || workload.is_pod() || pod.metadata_pointer.empty()) return false;
    constexpr std::string_view kRead[] = {kKeep, "tollgate.dev/gpu-memory", "tollgate.dev/gpu-compute",
                                          "tollgate.dev/isolation", "tollgate.dev/model"};
    bool unseen = false;
    for (const std::string_view key : kRead) {
        const json::Node there = workload.annotations[key];
        if (!there.exists() || pod.annotations()[key].exists()) continue;
        Finding finding;
        finding.by = {attempt.policy.name, attempt.of.name};
        finding.action = Action::Warn;
        finding.code = Code::AnnotationUnseen;
        finding.subject = pod.field + "/" + std::string(key);
        finding.magnitude = Ratio(1);
        finding.field = annotation_field(pod, key);
        finding.what =
            "annotation " + std::string(key) + " stands on the " + noun_of(workload) +
            " alone, where its pods do not show it when they are made; write it in the pod template.";
        finding.fix = fix_line(finding.field, json::to_json(there));
        out.findings.push_back(std::move(finding));
        unseen = true;
    }
    return unseen;
}

/// tollgate.dev/keep as this rule honours it.
bool is_kept(const Attempt& attempt, Rewrite& out) {
    const std::optional<std::string>& reason = out.need.keep_reason;
    if (!reason.has_value() || attempt.keep == Keep::Ignore) return false;
    if (attempt.keep == Keep::NeedsReason && is_blank(*reason)) return false;
    out.why_not = "its annotation tollgate.dev/keep asks to leave it as it is";
    return true;
}

}  // namespace

const cost::Location& Attempt::location() const {
    static const cost::Location kNowhere;
    const cost::PodCost* cost = context.pod_cost(pod);
    return cost != nullptr ? cost->location : kNowhere;
}

bool may_try(const Attempt& attempt, Rewrite& out) {
    const Context& context = attempt.context;
    if (attempt.pod >= context.workload.pods.size()) return false;
    const workload::Pod& pod = attempt.subject();
    if (!context.budget.spend(2 * steps_of(pod))) {
        out.errors.push_back(out_of_budget(attempt.policy, attempt.of.name, context.budget));
        out.why_not = out.errors.back().message;
        return false;
    }
    if (!pod.asks_for_accelerator()) return false;
    out.why_not = never_rewritten(context, pod);
    if (!out.why_not.empty()) return false;
    const bool training = context.workload.cls == Class::Training || context.workload.training_claimed;
    if (training && !attempt.policy.match.names_class(Class::Training)) {
        out.why_not = "it is of class Training, and the policy's match does not name that class";
        return false;
    }
    // What a pod that is rewritten when it is created does not show cannot be counted on here.
    out.need =
        note_unseen(attempt, out) ? workload::read_need_of_pod(pod) : context.declared_need(attempt.pod);
    if (is_kept(attempt, out)) return false;
    if (!out.need.problems.empty()) {
        out.why_not = "an annotation could not be read: " + join(out.need.problems, "; ");
        out.errors.push_back(make_error(attempt.policy, attempt.of, "annotation", out.why_not));
        return false;
    }
    return true;
}

std::string Moved::operator()(const fleet::Offer& offer, std::int64_t count) {
    const RuleRef by{attempt.policy.name, attempt.of.name};
    for (const RefusedOffer& refused : attempt.context.refused)
        if (refused.offer == &offer && refused.pod == attempt.pod && refused.by == by) return refused.why;
    Result<std::vector<Edit>> planned = substitute(attempt.context, attempt.pod, from, {&offer, count},
                                                   attempt.location(), attempt.resource_only, by);
    if (!planned.has_value()) return planned.error().message;
    to = &offer;
    edits = std::move(*planned);
    return "";
}

Finding shorter_would_fit(const Attempt& attempt, const workload::PodDemand& demand, const Rewrite& out,
                          const plan::Plan& plan, std::int64_t tokens) {
    const workload::Pod& pod = attempt.subject();
    Finding finding;
    finding.by = {attempt.policy.name, attempt.of.name};
    finding.action = Action::Warn;
    finding.code = Code::LengthWouldFit;
    finding.subject = pod.field;
    finding.field = pod.field;
    finding.hourly = (plan.before - plan.after) * Ratio(pod.replicas.value_or(1));
    finding.magnitude = finding.hourly.usd;
    finding.what = "asks for " + phrase(demand.count, demand.resource, attempt.location().offer) + " at " +
                   format_usd(plan.before) + "/h" + need_text(out.need) + "; with " +
                   std::string(out.need.floor->length_option) + " " + std::to_string(tokens) + " or less, " +
                   phrase(plan.count, plan.chosen->resource, plan.chosen) + " would hold it for " +
                   format_usd(plan.after) + "/h.";
    return finding;
}

void finish(const Attempt& attempt, Moved&& moved, Rewrite& out) {
    TOLLGATE_ASSERT(moved.to == out.plan.chosen);
    const cost::Location& now = attempt.location();
    out.from_resource = std::string(moved.from.resource);
    out.to_resource = out.plan.chosen->resource;
    out.from = phrase(moved.from.count, moved.from.resource, now.offer);
    out.to = phrase(out.plan.count, out.plan.chosen->resource, out.plan.chosen);
    if (attempt.context.workload.kueue_managed && out.from_resource != out.to_resource)
        out.caution = "Kueue counts quota by the resource's name: its ClusterQueue must have quota for " +
                      out.to_resource;
    if (out.need.keep_reason.has_value() && attempt.keep == Keep::NeedsReason) {
        out.findings.push_back(keep_without_reason(attempt));
    }
    if (attempt.action == RewriteAction::Rewrite && !out.guessed) {
        out.edits = std::move(moved.edits);
        return;
    }
    out.findings.push_back(advice(attempt, out));
    out.findings.back().fix = fix_text(attempt.context.workload, moved.edits);
}

}  // namespace tollgate::rules
