// SPDX-License-Identifier: Apache-2.0
// lifetime: workloads must end. What is missing is found at the object as it stands; defaults are written at
// CREATE, on Jobs nobody else owns.
#include "engine/base/json/document.hpp"
#include "engine/base/quantity.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace tollgate::rules {
namespace {

constexpr std::int64_t kMillisecondsPerSecond = 1000;

bool asks(const workload::Workload& workload) {
    return std::any_of(workload.pods.begin(), workload.pods.end(),
                       [](const workload::Pod& pod) { return pod.asks_for_accelerator(); });
}

std::optional<std::int64_t> smaller(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    if (!a.has_value()) return b;
    return b.has_value() ? std::min(*a, *b) : a;
}

/// The longest this workload may run: sessions have their own, never a longer, limit.
std::optional<std::int64_t> longest(const LifetimeRule& rule, const workload::Workload& workload) {
    return workload.interactive ? smaller(rule.sessions_max_seconds, rule.max_seconds) : rule.max_seconds;
}

std::string subject_text(const workload::Workload& workload) {
    return workload.interactive ? "interactive sessions here" : noun_of(workload) + "s here";
}

/// " (container shell runs `sleep infinity`)": why somebody's Job counts as a session.
std::string session_reason(const workload::Workload& workload) {
    return workload.interactive && !workload.interactive_reason.empty()
               ? " (" + workload.interactive_reason + ")"
               : "";
}

/// A deadline that does not reach the pods (a RayJob that leaves its cluster up) is said to be none.
std::string why_endless(const workload::Workload& workload) {
    const workload::Lifetime& lifetime = workload.lifetime;
    if (lifetime.bounding_field.empty()) return "runs for ever";
    return "keeps its devices when it has ended, because " + lifetime.bounding_field + " is not " +
           lifetime.bounding_value;
}

void check_deadline(Run& run, const LifetimeRule& rule) {
    const workload::Workload& workload = run.context.workload;
    const workload::Lifetime& lifetime = workload.lifetime;
    const std::optional<std::int64_t> limit = longest(rule, workload);
    const std::optional<std::int64_t> wanted = smaller(rule.default_seconds, limit);
    if (!wanted.has_value()) return;
    if (!lifetime.deadline_seconds.has_value()) {
        const bool session = workload.interactive && rule.sessions_max_seconds.has_value();
        Finding& finding = run.add(session ? Code::SessionUnbounded : Code::LifetimeMissing, "");
        finding.magnitude = devices_in_all(workload);
        finding.hourly = hourly_or_zero(run.context);
        finding.field = lifetime_field(workload);
        finding.what = why_endless(workload) + session_reason(workload) + "; " + subject_text(workload) +
                       " must end within " + format_duration(limit.value_or(*wanted)) + ".";
        finding.fix = lifetime_fix(workload, *wanted);
        return;
    }
    if (!limit.has_value() || *lifetime.deadline_seconds <= *limit) return;
    Finding& finding = run.add(Code::LifetimeTooLong, "");
    finding.magnitude = Ratio(*lifetime.deadline_seconds);
    finding.hourly = hourly_or_zero(run.context);
    finding.field = lifetime_field(workload);
    finding.what = "may run for " + format_duration(*lifetime.deadline_seconds) + session_reason(workload) +
                   "; " + subject_text(workload) + " must end within " + format_duration(*limit) + ".";
    finding.fix = lifetime_fix(workload, *limit);
}

void check_unreadable(Run& run, const LifetimeRule& rule) {
    const workload::Workload& workload = run.context.workload;
    const std::optional<std::int64_t> wanted = smaller(rule.default_seconds, longest(rule, workload));
    Finding& finding = run.add(Code::LifetimeUnreadable, "");
    finding.hourly = hourly_or_zero(run.context);
    finding.field = lifetime_field(workload);
    finding.what = "its lifetime cannot be read: " + shown(workload.lifetime.unreadable) + ".";
    if (wanted.has_value()) finding.fix = lifetime_fix(workload, *wanted);
}

void check_ttl(Run& run, const LifetimeRule& rule) {
    const workload::Workload& workload = run.context.workload;
    const workload::Lifetime& lifetime = workload.lifetime;
    const std::optional<std::int64_t> wanted = smaller(rule.ttl_default_seconds, rule.ttl_max_seconds);
    if (!wanted.has_value() || lifetime.ttl_field.empty()) return;
    const bool missing = !lifetime.ttl_seconds.has_value();
    if (!missing && (!rule.ttl_max_seconds.has_value() || *lifetime.ttl_seconds <= *rule.ttl_max_seconds))
        return;
    Finding& finding = run.add(missing ? Code::TtlMissing : Code::TtlTooLong, "");
    finding.magnitude = missing ? Ratio(1) : Ratio(*lifetime.ttl_seconds);
    finding.field = lifetime.ttl_field;
    finding.what = missing ? "stays for ever after it has finished"
                           : "stays for " + format_duration(*lifetime.ttl_seconds) + " after it has finished";
    finding.what += "; " + noun_of(workload) + "s here must go within " +
                    format_duration(rule.ttl_max_seconds.value_or(*wanted)) + ".";
    finding.fix = fix_line(lifetime.ttl_field, std::to_string(missing ? *wanted : *rule.ttl_max_seconds));
}

/// RFC 6901 pointer of a plain path; "" when it has a wildcard.
std::string pointer_of(const std::optional<workload::Path>& path) {
    std::string pointer;
    if (!path.has_value()) return pointer;
    for (const workload::Path::Segment& segment : path->segments) {
        if (segment.wildcard) return "";
        pointer += "/" + escaped(segment.key);
    }
    return pointer;
}

/// A Job whose fields only its author writes: with any other owner the setting would be undone for ever.
bool takes_defaults(const workload::Workload& workload) {
    const bool job = workload.ref.gvk.kind == "Job" && workload.ref.gvk.group == "batch";
    return job && !workload.owner.present && !workload.gitops_owned && !workload.deleting;
}

Edit setting(std::string pointer, std::optional<std::string> before, std::string after, RuleRef by) {
    return {Edit::Scope::Object, 0, std::move(pointer), std::move(before), std::move(after), by};
}

/// tollgate.dev/expires-at for a lifetime that only the annotation states. One that is there already stands
/// while it is to come and no later than the rule allows; so asking again writes nothing.
std::optional<Edit> expiry(const LifetimeRule& rule, const Context& context, RuleRef by) {
    const workload::Workload& workload = context.workload;
    const workload::Lifetime& lifetime = workload.lifetime;
    if (lifetime.has_deadline_field || lifetime.deadline_source != kLifetime ||
        !lifetime.deadline_seconds.has_value()) {
        return std::nullopt;
    }
    const std::optional<std::int64_t> limit = longest(rule, workload);
    const auto after_now = [&](std::int64_t seconds) {
        return Ratio(context.now_unix_ms) + Ratio(seconds) * Ratio(kMillisecondsPerSecond);
    };
    const json::Node written = workload.annotations[kExpiresAt];
    const Result<std::int64_t> stands = parse_time_ms(written.string());
    const bool is_to_come = stands.has_value() && Ratio(*stands) > Ratio(context.now_unix_ms);
    if (is_to_come && Ratio(*stands) <= after_now(limit.value_or(*lifetime.deadline_seconds)))
        return std::nullopt;
    const auto at = after_now(smaller(lifetime.deadline_seconds, limit).value_or(0)).floor();
    constexpr std::int64_t kLastMillisecond =
        253'402'300'799'000;  // of the year 9999, the last RFC 3339 knows
    if (!at.has_value() || *at > kLastMillisecond) return std::nullopt;
    return setting("/metadata/annotations/" + escaped(kExpiresAt),
                   written.exists() ? std::optional(json::to_json(written)) : std::nullopt,
                   quoted(format_time(*at)), by);
}

}  // namespace

void check_lifetime(const LifetimeRule& rule, const Policy& policy, const Rule& of, const Context& context,
                    std::vector<Finding>& out, std::vector<EvalError>& errors) {
    Run run{policy, of, context, out, errors};
    if (context.controlled || !asks(context.workload)) return;
    if (!run.spend(1 + context.workload.pods.size())) return;
    if (!context.workload.lifetime.unreadable.empty()) {
        check_unreadable(run, rule);
        return;
    }
    check_deadline(run, rule);
    check_ttl(run, rule);
}

std::vector<Edit> lifetime_settings(const LifetimeRule& rule, const Policy& policy, const Rule& of,
                                    const Context& context) {
    std::vector<Edit> edits;
    const workload::Workload& workload = context.workload;
    if (context.operation != Operation::Create || context.controlled || !asks(workload) ||
        !workload.lifetime.unreadable.empty())
        return edits;
    const RuleRef by{policy.name, of.name};
    if (std::optional<Edit> edit = expiry(rule, context, by)) edits.push_back(std::move(*edit));
    if (!takes_defaults(workload)) return edits;
    const auto write = [&](const std::optional<workload::Path>& path,
                           const std::optional<std::int64_t>& seconds) {
        const std::string pointer = pointer_of(path);
        if (pointer.empty() || !seconds.has_value()) return;
        edits.push_back(setting(pointer, std::nullopt, std::to_string(*seconds), by));
    };
    const workload::Lifetime& lifetime = workload.lifetime;
    if (rule.default_seconds.has_value() && !lifetime.deadline_seconds.has_value()) {
        write(workload.kind->lifetime.deadline_seconds,
              smaller(rule.default_seconds, longest(rule, workload)));
    }
    if (rule.ttl_default_seconds.has_value() && !lifetime.ttl_seconds.has_value()) {
        write(workload.kind->lifetime.ttl_seconds_after_finished,
              smaller(rule.ttl_default_seconds, rule.ttl_max_seconds));
    }
    return edits;
}

}  // namespace tollgate::rules
