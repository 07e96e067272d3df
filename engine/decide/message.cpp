// SPDX-License-Identifier: Apache-2.0
// The message of a denial: everything a developer needs, in one text, because kubectl shows no causes for
// Forbidden. Policy and fix come first; the cheapest findings are cut whole when it would pass 8 KiB. Env
// values and secrets are never quoted: findings are written without them.
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace tollgate::decide {

namespace {

std::string plural(std::int64_t count, std::string_view one) {
    return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// "4 pods of 1 GPU", "1 pod of 8 GPUs and 2 pods of 1 GPU"
std::string describe_pods(const workload::Workload& workload) {
    std::string out;
    for (const workload::Pod& pod : workload.pods) {
        const std::int64_t devices = pod.devices();
        if (devices == 0) continue;
        if (!out.empty()) out += " and ";
        if (pod.per_node)
            out += "a pod on each node";
        else if (pod.replicas.has_value())
            out += plural(*pod.replicas, "pod");
        else
            out += "any number of pods";
        out += " of " + plural(devices, "GPU");
    }
    return out;
}

std::string describe_cost(const Cost& cost, const workload::Workload& workload) {
    if (!cost.hourly.has_value())
        return cost.note.empty() ? "cost unknown" : "cost unknown (" + cost.note + ")";
    const std::string hourly = format_usd(*cost.hourly) + "/h";
    if (cost.total.has_value() && workload.lifetime.deadline_seconds.has_value())
        return hourly + " for at most " + format_duration(*workload.lifetime.deadline_seconds) +
               (workload.kind->schedule.has_value() ? " a run (" : " (") + format_usd(*cost.total) + ")";
    return hourly + " with no end (" + format_usd(*cost.hourly * Ratio(24)) + "/day)";
}

std::string header(const Review& review, const State& state, std::size_t problems) {
    std::string out = object_name(review.request, state.workload) + ": " +
                      plural(static_cast<std::int64_t>(problems), "problem");
    const std::string pods = describe_pods(state.workload);
    if (!pods.empty()) out += "; " + pods + ", " + describe_cost(review.decision.after, state.workload);
    constexpr std::size_t kLongestHeader = 1'024;  // notes on prices name what the object names
    return to_ascii(truncated(out, kLongestHeader));
}

std::string indented(std::string_view label, const std::string& text) {
    const std::string pad(label.size(), ' ');
    std::string out;
    bool first = true;
    for (std::string_view line : split(text, '\n')) {
        out += "\n   " + std::string(first ? label : std::string_view(pad)) + std::string(line);
        first = false;
    }
    return out;
}

std::string paragraph(std::size_t number, const std::string& by, const std::string& what,
                      const std::string& fix, const std::string& note) {
    std::string out = "\n" + std::to_string(number) + ". " + by + ": " + what;
    if (!note.empty()) out += indented("note: ", note);
    if (!fix.empty()) out += indented("fix: ", fix);
    return out;
}

std::string by_text(std::string_view policy, std::string_view rule) {
    return rule.empty() ? std::string(policy) : std::string(policy) + "/" + std::string(rule);
}

std::string footer(const Review& review, const std::vector<const Finding*>& shown) {
    std::set<std::string> docs;
    for (const Finding* finding : shown) {
        const rules::Policy* policy = find_policy(review.snapshot, finding->by.policy);
        if (policy != nullptr && !policy->docs.empty()) docs.insert(policy->docs);
    }
    std::string out = "\n";
    constexpr std::size_t kRoomForDocs = 1'024;
    for (const std::string& link : docs) {
        if (out.size() + link.size() > kRoomForDocs) continue;
        out += (out.size() == 1 ? "docs: " : " ") + link;
    }
    if (out.size() > 1) out += " · ";
    return out + "waive: CostException · explain: tollgate explain -f FILE";
}

}  // namespace

std::string object_name(const Request& request, const workload::Workload& workload) {
    const workload::Gvk& gvk = workload.ref.gvk;
    std::string out = lower(gvk.kind);
    if (!gvk.group.empty()) out += "." + std::string(gvk.group);
    // Nobody has checked the names yet: no control characters of theirs reach a terminal.
    constexpr std::size_t kLongestName = 253;
    const auto shown = [](std::string_view name) { return to_ascii(truncated(name, kLongestName)); };
    out += "/" + shown(workload.ref.name.empty() ? request.name : workload.ref.name);
    if (!workload.ref.ns.empty()) out += " in " + shown(workload.ref.ns);
    return out;
}

std::string denial_message(const Review& review, const State& state) {
    std::vector<const Finding*> denials;
    for (const Finding& finding : review.decision.findings)
        if (finding.action == Action::Deny) denials.push_back(&finding);
    std::vector<const EvalError*> errors;
    for (const EvalError& error : review.decision.errors)
        if (denies(review, error)) errors.push_back(&error);

    std::string out = header(review, state, denials.size() + errors.size());
    const std::string tail = footer(review, denials);
    constexpr std::size_t kRoomForMore = 24;  // "\nand 1000 more"
    std::size_t number = 0, cut = 0;
    const auto add = [&](const std::string& text) {
        if (cut == 0 && out.size() + text.size() + tail.size() + kRoomForMore <= limits::kMaxMessageBytes)
            out += text;
        else
            ++cut;
    };
    for (const Finding* finding : denials)
        add(paragraph(++number, by_text(finding->by.policy, finding->by.rule), finding->what, finding->fix,
                      finding->note));
    for (const EvalError* error : errors)
        add(paragraph(++number, by_text(error->policy, error->rule), "could not be judged: " + error->message,
                      "", ""));
    if (cut > 0) out += "\nand " + std::to_string(cut) + " more";
    return out + tail;
}

}  // namespace tollgate::decide
