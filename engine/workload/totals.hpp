// SPDX-License-Identifier: Apache-2.0
// What a pod needs on one node at once, from what its containers ask for.
//
// Init containers run one after another, each beside the sidecars started before it; then main containers and
// sidecars run together. So the pod needs max(main + sidecars, each init + sidecars before it).
// Source: KEP-753 (sidecars), k8s.io/component-helpers/resource PodRequests.
#pragma once

#include "engine/base/ratio.hpp"
#include "engine/workload/amount.hpp"
#include "engine/workload/workload.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tollgate::workload {

/// A count that stops at the largest number instead of wrapping around, and remembers that it did.
struct Devices {
    std::int64_t count = 0;
    bool exact = true;

    friend Devices operator+(const Devices& a, const Devices& b) {
        Devices sum{.count = 0, .exact = a.exact && b.exact};
        sum.count = saturating_add(a.count, b.count, sum.exact);
        return sum;
    }
    friend bool operator<(const Devices& a, const Devices& b) { return a.count < b.count; }
};

/// The sum/max rule for one resource. Containers are added in the order they start.
template <class Amount>
class Tally {
  public:
    void add(ContainerRole role, const Amount& amount) {
        switch (role) {
            case ContainerRole::Init:
                raise(peak_, sidecars_ + amount);
                break;
            case ContainerRole::Sidecar:
                sidecars_ = sidecars_ + amount;
                running_ = running_ + amount;
                raise(peak_, sidecars_);
                break;
            case ContainerRole::Main:
            case ContainerRole::Ephemeral:
                running_ = running_ + amount;
                break;
            case ContainerRole::PodLevel:
                raise(pod_level_, amount);
                return;
        }
        asked_ = true;
    }
    /// What the containers need.
    const Amount& of_containers() const { return peak_ < running_ ? running_ : peak_; }
    /// What the pod level asks, or the containers when that is more.
    const Amount& most() const { return of_containers() < pod_level_ ? pod_level_ : of_containers(); }
    bool asked_by_containers() const { return asked_; }

  private:
    static void raise(Amount& peak, const Amount& amount) {
        if (peak < amount) peak = amount;
    }
    Amount running_{}, sidecars_{}, peak_{}, pod_level_{};
    bool asked_ = false;
};

/// CPU, memory or hugepages: these a pod may also ask for as a whole (KEP-2837).
struct PodLevelTally {
    Tally<Ratio> containers;
    std::optional<Ratio> pod_request, pod_limit;

    void add(ContainerRole role, bool is_limit, const Ratio& amount);
    /// The pod's own request overrides the sum; its limit counts where no container asks. Empty: nothing
    /// asked.
    std::optional<Ratio> total() const;
};

/// Collects a pod's totals while its containers are read.
class Totals {
  public:
    /// False when the pod asks for more different resources than limits::kMaxResourcesPerPod.
    bool add_device(ContainerRole role, const Demand& demand, const gpu::ResourceMeaning& meaning);
    bool add_other(ContainerRole role, std::string_view resource, bool is_limit, const Ratio& amount);
    void add_cpu(ContainerRole role, bool is_limit, const Ratio& amount) { cpu_.add(role, is_limit, amount); }
    void add_memory(ContainerRole role, bool is_limit, const Ratio& amount) {
        memory_.add(role, is_limit, amount);
    }
    void add_ephemeral_storage(ContainerRole role, bool is_limit, const Ratio& amount) {
        ephemeral_storage_.add(role, is_limit, amount);
    }
    void mark_unreadable() { readable_ = false; }

    /// Fills pod.totals and pod.resources; `overhead` is spec.overhead.
    void finish(Pod& pod, json::Node overhead);

  private:
    struct Device {
        PodDemand demand;
        Tally<Devices> tally;
    };
    struct Other {
        std::string_view resource;
        PodLevelTally tally;
    };
    std::vector<Device> devices_;
    std::vector<Other> others_;
    PodLevelTally cpu_, memory_, ephemeral_storage_;
    bool readable_ = true;
};

}  // namespace tollgate::workload
