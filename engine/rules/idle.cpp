// SPDX-License-Identifier: Apache-2.0
// limits.idle: who was measured to hold accelerators and not to use them. Who was not measured, or not for as
// long, is nobody's finding here.
#include "engine/base/quantity.hpp"
#include "engine/rules/run.hpp"

#include <string>

namespace tollgate::rules {
namespace {

// Below it a device does nothing for anybody: drivers and monitors make it work for an instant now and then.
const Ratio& idle_below() {
    static const Ratio kShare = Ratio::of(1, 100);
    return kShare;
}

bool was_idle(const workload::Measured& measured, std::int64_t seconds) {
    return measured.activity && measured.activity->max < idle_below() && measured.is_enough() &&
           measured.seconds >= seconds;
}

}  // namespace

void check_idle(Run& run, std::int64_t seconds) {
    const Context& context = run.context;
    if (context.market.usage.empty()) return;
    for (const workload::Pod& pod : context.workload.pods) {
        if (!pod.asks_for_accelerator() || !run.spend(steps_of(pod))) continue;
        const auto measured = workload::measured_of(context.market.usage, context.workload, pod);
        if (!measured || !was_idle(*measured, seconds)) continue;
        Finding& finding = run.add(Code::Idle, pod.field);
        finding.magnitude = in_all_pods(pod, pod.devices());
        finding.hourly = hourly_or_zero(context);
        finding.field = pod.field;
        finding.what = "holds " + plural(pod.devices(), "GPU") + (pod.replicas == 1 ? "" : " a pod") +
                       " that was idle for the whole of the " + workload::span_text(measured->seconds) +
                       " it was measured (activity below 1%); at most " + workload::span_text(seconds) +
                       " are allowed here" + in_all(context.cost_now().hourly) + ".";
        if (const std::string replicas = replicas_field(pod); !replicas.empty()) {
            finding.field = replicas;
            finding.fix = fix_line(replicas, "0");
        }
    }
}

}  // namespace tollgate::rules
