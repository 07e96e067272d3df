// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/run.hpp"

#include "engine/base/json/document.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"
#include "engine/workload/lifetime.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::rules {
namespace {

constexpr std::size_t kMaxShownName = 253;  // the longest name Kubernetes knows

}  // namespace

bool Run::spend(std::uint64_t steps) {
    if (context.budget.spend(steps)) return true;
    errors.push_back(out_of_budget(policy, of.name, context.budget));
    // Its size is its author's choice: padding must not be a way around the gate.
    if (errors.back().reason == "budget") errors.back().failure = Failure::Deny;
    return false;
}

bool Run::skip() {
    const std::size_t room = first > limits::kMaxFindings ? 1 : limits::kMaxFindingsPerRule;
    if (out.size() - first < room) return false;
    ++left_out;
    return true;
}

Run::~Run() {
    if (left_out == 0) return;
    Finding& last = out.back();
    last.what += " And " + std::to_string(left_out) + " more like it.";
    last.magnitude.reset();  // they are not compared one by one on the next UPDATE
}

Finding& Run::add(Code code, std::string subject) {
    if (skip()) return unwritten;
    Finding finding;
    finding.by = {policy.name, of.name};
    finding.action = Action::Deny;
    finding.code = code;
    finding.subject = std::move(subject);
    out.push_back(std::move(finding));
    return out.back();
}

void Run::error(std::string reason, std::string message) {
    errors.push_back(make_error(policy, of, std::move(reason), std::move(message)));
}

EvalError make_error(const Policy& policy, const Rule& of, std::string reason, std::string message) {
    return {policy.name, of.name, std::move(reason), std::move(message), policy.failure};
}

EvalError out_of_budget(const Policy& policy, std::string_view rule, const Budget& budget) {
    const bool late = budget.is_late();
    return {policy.name, std::string(rule), late ? "deadline" : "budget",
            late ? "the review ran out of its time" : "the object is too large to be judged", policy.failure};
}

std::uint64_t steps_of(const workload::Pod& pod) {
    return pod.containers.size() + 1;
}

std::string plural(std::int64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string shown(std::string_view name) {
    return to_ascii(truncated(name, kMaxShownName));
}

std::string quoted(std::string_view text) {
    std::string out;
    json::append_json_string(out, text);
    return out;
}

std::string escaped(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

std::string container_label(const workload::Container& container) {
    if (container.role == workload::ContainerRole::PodLevel) return "the pod";
    return container.name.empty() ? "a container without a name" : "container " + shown(container.name);
}

Ratio in_all_pods(const workload::Pod& pod, std::int64_t of_each) {
    constexpr std::int64_t kNoBound = std::int64_t{1} << 40;
    return Ratio(of_each) * Ratio(pod.replicas.value_or(kNoBound));
}

Ratio devices_in_all(const workload::Workload& workload) {
    Ratio sum;
    for (const workload::Pod& pod : workload.pods) sum += in_all_pods(pod, pod.devices());
    return sum;
}

std::string in_all(const std::optional<Money>& hourly) {
    if (!hourly.has_value() || !(hourly->usd > Ratio(0))) return "";
    return " (" + format_usd(*hourly) + "/h in all)";
}

Money hourly_or_zero(const Context& context) {
    return context.cost_now().hourly.value_or(Money{});
}

std::string demand_field(const workload::Pod& pod, const workload::Demand& demand) {
    if (demand.encoding == workload::Encoding::Annotation) return annotation_field(pod, demand.resource);
    const workload::Container& where = pod.containers[demand.container];
    if (demand.encoding == workload::Encoding::Field) {
        return pod.field + "." + pod.path->devices->count.text;
    }
    if (demand.encoding == workload::Encoding::Claim) {
        const bool of_pod = where.role == workload::ContainerRole::PodLevel;
        return of_pod ? workload::container_field(pod, where) + ".resourceClaims"
                      : workload::resources_field(pod, where) + ".claims";
    }
    const std::string base = workload::resources_field(pod, pod.containers[demand.container]);
    const std::string_view section = demand.in_limits || !demand.in_requests ? ".limits." : ".requests.";
    return base + std::string(section) + dotted("/" + escaped(demand.resource));
}

std::string noun_of(const workload::Workload& workload) {
    std::string noun = shown(workload.ref.gvk.kind);
    for (char& c : noun) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return noun;
}

std::string annotation_field(const workload::Pod& pod, std::string_view key) {
    const std::string metadata = pod.metadata_pointer.empty() ? "/metadata" : pod.metadata_pointer;
    return dotted(metadata + "/annotations/" + escaped(key));
}

/// Why the number of a template's pods is not known.
std::string unbounded_text(const workload::Pod& pod) {
    return pod.field + (pod.per_node ? ": it runs one pod on each node, so there is no total"
                                     : ": how many of its pods run at once is not known");
}

/// The only field that multiplies this template, when one field alone does.
std::string replicas_field(const workload::Pod& pod) {
    if (pod.path == nullptr || pod.path->replicas.size() != 1) return "";
    const workload::Factor& factor = pod.path->replicas.front();
    const bool alone = factor.paths.size() == 1 && factor.less == 0 && !factor.divided_by.has_value() &&
                       !factor.membership.has_value();
    if (!alone) return "";
    const workload::Path& path = factor.paths.front();
    const bool plain = std::none_of(path.segments.begin(), path.segments.end(),
                                    [](const workload::Path::Segment& segment) { return segment.wildcard; });
    return plain ? path.text : "";
}

namespace {

/// Kueue ends what runs in its queues; where nothing else can, its label is the end that is kept.
bool ends_by_kueue(const workload::Workload& workload) {
    return workload.kueue_managed && !workload.lifetime.has_deadline_field &&
           workload.cls != workload::Class::Serving && workload.cls != workload::Class::Interactive;
}

}  // namespace

std::string lifetime_field(const workload::Workload& workload) {
    const workload::Lifetime& lifetime = workload.lifetime;
    if (!lifetime.bounding_field.empty()) return lifetime.bounding_field;
    if (lifetime.has_deadline_field) return lifetime.deadline_field;
    if (ends_by_kueue(workload)) return dotted("/metadata/labels/" + escaped(workload::kKueueMaxExecTime));
    return dotted("/metadata/annotations/" + escaped(kLifetime));
}

std::string lifetime_fix(const workload::Workload& workload, std::int64_t seconds) {
    const workload::Lifetime& lifetime = workload.lifetime;
    const std::string field =
        lifetime.has_deadline_field ? lifetime.deadline_field : lifetime_field(workload);
    std::string value = format_duration(seconds);
    if (lifetime.has_deadline_field && !lifetime.deadline_is_text) value = std::to_string(seconds);
    if (ends_by_kueue(workload)) value = quoted(std::to_string(seconds));
    std::string fix = fix_line(field, value);
    if (lifetime.bounding_field.empty()) return fix;
    const std::string bounding = fix_line(lifetime.bounding_field, lifetime.bounding_value);
    const bool is_short = lifetime.stated_seconds.has_value() && *lifetime.stated_seconds <= seconds;
    return is_short ? bounding : bounding + "\n" + fix;
}

}  // namespace tollgate::rules
