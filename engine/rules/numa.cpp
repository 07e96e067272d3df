// SPDX-License-Identifier: Apache-2.0
// place, numa: what keeps the kubelet from aligning a pod's CPUs, memory and devices, with the lines that
// mend it. Alignment is for Guaranteed pods alone: CPU and memory of every container, requests equal to
// limits (or of the pod as a whole, where it says them); CPUs are pinned only in whole numbers. Source:
// kubelet CPU, Memory and Topology Manager; KAI Scheduler docs/numa; KEP-2837 for pod-level resources.
#include "engine/base/json/document.hpp"
#include "engine/base/text.hpp"
#include "engine/rules/placing.hpp"
#include "engine/rules/run.hpp"
#include "engine/workload/amount.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::rules {
namespace {

using workload::Container;
using workload::ContainerRole;

/// One container, or the pod that speaks for all of them.
class Aligned {
  public:
    Aligned(const workload::Pod& pod, const Container& container) : pod_(pod), container_(container) {
        asks_ = container.role == ContainerRole::PodLevel ||
                std::any_of(pod.demands.begin(), pod.demands.end(), [&](const workload::Demand& demand) {
                    return &pod.containers[demand.container] == &container;
                });
        look_at("cpu");
        look_at("memory");
    }

    bool is_guaranteed() const { return problems_.empty(); }
    bool is_whole() const { return fraction_.empty(); }
    std::string fix() const { return join(fixes_, "\n"); }
    std::string problems() const { return join(problems_, ", "); }
    const std::string& fraction() const { return fraction_; }

  private:
    std::string field(std::string_view section, std::string_view name) const {
        return workload::resources_field(pod_, container_) + "." + std::string(section) + "." +
               std::string(name);
    }

    void look_at(std::string_view name) {
        const json::Node limit = container_.resources["limits"][name];
        const json::Node request = container_.resources["requests"][name];
        const auto read = [](json::Node node) {
            return node.exists() ? workload::read_amount(node) : std::nullopt;
        };
        const std::optional<Ratio> most = read(limit), least = read(request);
        // The API server refuses what cannot be read.
        if ((limit.exists() && !most) || (request.exists() && !least)) return;
        std::string right = limit.exists() ? json::to_json(limit) : json::to_json(request);
        const std::optional<Ratio> amount = most ? most : least;
        const bool fractional = name == "cpu" && asks_ && amount && !amount->is_integer();
        if (fractional) {
            const std::optional<std::int64_t> whole = amount->ceil();
            if (!whole) return;
            fraction_ = amount->to_decimal(3);
            right = quoted(std::to_string(*whole));
        }
        const bool same = !least || (most && *least == *most);
        if (!amount) {
            problems_.push_back("it gives no " + std::string(name));
            fixes_.push_back(fix_line(field("limits", name), quoted("<what it needs>")));
            return;
        }
        if (!most) problems_.push_back(std::string(name) + " has no limit");
        if (most && !same)
            problems_.push_back(std::string(name) + " is requested as " + shown(request.text()) + " of " +
                                shown(limit.text()));
        if (!most || fractional) fixes_.push_back(fix_line(field("limits", name), right));
        if (least && ((most && !same) || fractional))
            fixes_.push_back(fix_line(field("requests", name), right));
    }

    const workload::Pod& pod_;
    const Container& container_;
    bool asks_ = false;
    std::vector<std::string> problems_, fixes_;
    std::string fraction_;
};

/// Where the pod itself says CPU and memory, its containers do not count.
bool speaks_for_all(const Container& container) {
    if (container.role != ContainerRole::PodLevel) return false;
    return container.resources["requests"].size() > 0 || container.resources["limits"].size() > 0;
}

}  // namespace

void report_numa(const Placing& at, Rewrite& out) {
    const workload::Pod& pod = at.subject();
    if (!pod.asks_for_accelerator() || pod.containers.empty()) return;
    const bool whole_pod = std::any_of(pod.containers.begin(), pod.containers.end(), speaks_for_all);
    Run run{at.policy, at.of, at.context, out.findings, out.errors};
    if (!run.spend(steps_of(pod))) return;
    for (const Container& container : pod.containers) {
        if (container.role == ContainerRole::Ephemeral || whole_pod != speaks_for_all(container)) continue;
        if (container.role == ContainerRole::PodLevel && !whole_pod) continue;
        const Aligned aligned(pod, container);
        if (aligned.is_guaranteed() && aligned.is_whole()) continue;
        const std::string field = workload::resources_field(pod, container);
        Finding& finding =
            run.add(aligned.is_guaranteed() ? Code::FractionalCpu : Code::NotGuaranteed, field);
        finding.action = Action::Warn;
        finding.magnitude = Ratio(1);
        finding.field = field;
        finding.what = container_label(container) + ": ";
        if (!aligned.is_guaranteed())
            finding.what += aligned.problems() +
                            ", so the pod is not Guaranteed and the kubelet aligns nothing "
                            "of it with its devices";
        if (!aligned.is_whole())
            finding.what += std::string(aligned.is_guaranteed() ? "" : "; ") + aligned.fraction() +
                            " CPUs are no whole number, so none is pinned beside its devices";
        finding.what += ".";
        finding.fix = aligned.fix();
    }
}

}  // namespace tollgate::rules
