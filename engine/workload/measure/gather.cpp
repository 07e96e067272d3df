// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/measure/gather.hpp"

#include "engine/workload/measure/pod_name.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace tollgate::workload {
namespace {

using PodKey = std::pair<std::string, std::string>;  // namespace, name
/// Of an exporter's blank values, the least is far above; so is no device's memory.
constexpr std::int64_t kMostMib = std::int64_t{1} << 24;

struct DeviceKey {
    PodKey pod;
    std::string container, uuid, instance, replica;
    friend bool operator<(const DeviceKey& a, const DeviceKey& b) {
        return std::tie(a.pod, a.container, a.uuid, a.instance, a.replica) <
               std::tie(b.pod, b.container, b.uuid, b.instance, b.replica);
    }
};

struct Signal {
    std::optional<Ratio> max, mean;
    std::optional<Activity> whole() const {
        return max && mean ? std::optional(Activity{tollgate::max(*max, *mean), *mean}) : std::nullopt;
    }
};

struct Device {
    std::optional<std::int64_t> peak_mib;
    std::int64_t samples = 0;
    std::optional<std::int64_t> first_ms, last_ms;
    Signal engine, util, tensor, dram;
};

using Devices = std::map<DeviceKey, Device>;

/// Of the devices of one workload's container. A signal that one of them lacks, all lack.
struct Sum {
    UsageEntry entry;
    std::set<PodKey> pods;
    Ratio weight;
    struct Mean {
        bool whole = true;
        Ratio max, weighted;
    } activity, tensor, dram;
};

std::optional<Ratio> share_of(const Ratio& value, const Ratio& whole) {
    const Ratio share = value / whole;
    if (!share.is_known() || share.is_negative()) return std::nullopt;
    return min(share, Ratio(1));
}

std::optional<std::int64_t> milliseconds(const Ratio& seconds) {
    return (seconds * Ratio(1000)).floor();
}

class Gatherer {
  public:
    explicit Gatherer(const Recording& recording) : recording_(recording) {}

    Gathered run() {
        find_exporting_jobs();
        read_devices();
        find_shared();
        read_owners();
        for (const auto& [key, device] : devices_) add(key, device);
        for (auto& [key, sum] : sums_) out_.entries.push_back(finished(sum));
        out_.devices = devices_.size();
        out_.by_name = guessed_.size();
        return std::move(out_);
    }

  private:
    /// Where an exporter's own words are called exported_*, its plain names are its own pod's.
    void find_exporting_jobs() {
        for (std::size_t i = 0; i < static_cast<std::size_t>(Query::PodOwners); ++i)
            for (const Series& series : recording_.answers.at(i))
                if (!series.label("exported_pod").empty()) exporting_.emplace(series.label("job"));
    }

    std::optional<DeviceKey> key_of(const Series& series) const {
        const bool exported = exporting_.contains(std::string(series.label("job")));
        const auto label = [&](std::string_view name) {
            return std::string(series.label(exported ? "exported_" + std::string(name) : std::string(name)));
        };
        DeviceKey key{{label("namespace"), label("pod")},
                      label("container"),
                      std::string(series.label("UUID")),
                      std::string(series.label("GPU_I_ID")),
                      std::string(series.label("vgpu"))};
        if (key.pod.first.empty() || key.pod.second.empty()) return std::nullopt;
        return key;
    }

    template <class Take>
    void read(Query query, Take take) {
        for (const Series& series : recording_.of(query)) {
            const std::optional<DeviceKey> key = key_of(series);
            if (key) {
                take(devices_[*key], series.value);
            } else if (query == Query::MemoryPeak) {
                ++out_.nobodys;
            }
        }
    }

    void read_signal(Query max_query, Query mean_query, Signal Device::*signal, const Ratio& whole) {
        read(max_query, [&](Device& device, const Ratio& value) {
            const std::optional<Ratio> share = share_of(value, whole);
            std::optional<Ratio>& max = (device.*signal).max;
            if (share) max = max ? tollgate::max(*max, *share) : *share;
        });
        read(mean_query,
             [&](Device& device, const Ratio& value) { (device.*signal).mean = share_of(value, whole); });
    }

    void read_devices() {
        read(Query::MemoryPeak, [](Device& device, const Ratio& value) {
            const std::optional<std::int64_t> mib = value.ceil();
            if (mib && *mib >= 0 && *mib <= kMostMib) {
                device.peak_mib = std::max({std::int64_t{1}, *mib, device.peak_mib.value_or(0)});
            }
        });
        read(Query::Samples, [](Device& device, const Ratio& value) {
            device.samples += std::clamp<std::int64_t>(value.floor().value_or(0), 0, std::int64_t{1} << 40);
        });
        read(Query::First, [](Device& device, const Ratio& value) {
            const auto time = milliseconds(value);
            if (time) device.first_ms = std::min(*time, device.first_ms.value_or(*time));
        });
        read(Query::Last, [](Device& device, const Ratio& value) {
            const auto time = milliseconds(value);
            if (time) device.last_ms = std::max(*time, device.last_ms.value_or(*time));
        });
        read_signal(Query::EngineMax, Query::EngineMean, &Device::engine, Ratio(1));
        read_signal(Query::UtilMax, Query::UtilMean, &Device::util, Ratio(100));
        read_signal(Query::TensorMax, Query::TensorMean, &Device::tensor, Ratio(1));
        read_signal(Query::DramMax, Query::DramMean, &Device::dram, Ratio(1));
        // Without a time nothing is known of how long it was looked at.
        std::erase_if(devices_, [](const auto& each) {
            return !each.second.first_ms || !each.second.last_ms || each.second.samples == 0;
        });
    }

    /// Pods that had a device at the same time as another pod.
    void find_shared() {
        using Held = std::pair<const DeviceKey*, const Device*>;
        std::map<std::pair<std::string_view, std::string_view>, std::vector<Held>> by_device;
        for (const auto& [key, device] : devices_) {
            if (!key.replica.empty()) shared_.insert(key.pod);
            if (!key.uuid.empty()) by_device[{key.uuid, key.instance}].emplace_back(&key, &device);
        }
        for (auto& [device, held] : by_device) {
            std::sort(held.begin(), held.end(),
                      [](const Held& a, const Held& b) { return a.second->first_ms < b.second->first_ms; });
            // The longest of those before, and the longest of other pods than that one's.
            const Held* longest = nullptr;
            const Held* other = nullptr;
            for (const Held& each : held) {
                for (const Held* before : {longest, other}) {
                    if (before == nullptr || before->first->pod == each.first->pod) continue;
                    if (before->second->last_ms <= each.second->first_ms) continue;
                    shared_.insert(before->first->pod);
                    shared_.insert(each.first->pod);
                }
                if (longest == nullptr || each.second->last_ms > longest->second->last_ms) {
                    if (longest != nullptr && longest->first->pod != each.first->pod) other = longest;
                    longest = &each;
                } else if (longest->first->pod != each.first->pod &&
                           (other == nullptr || each.second->last_ms > other->second->last_ms)) {
                    other = &each;
                }
            }
        }
    }

    void read_owners() {
        const auto take = [&](Query query, std::string_view label, std::map<PodKey, PodOwner>& into) {
            for (const Series& series : recording_.of(query)) {
                PodOwner owner{std::string(series.label("owner_kind")),
                               std::string(series.label("owner_name"))};
                if (owner.kind == "<none>" || owner.kind.empty()) owner = {};
                into[{std::string(series.label("namespace")), std::string(series.label(label))}] =
                    std::move(owner);
            }
        };
        take(Query::PodOwners, "pod", pods_);
        take(Query::ReplicaSetOwners, "replicaset", replica_sets_);
        take(Query::JobOwners, "job_name", jobs_);
    }

    PodOwner owner_of(const PodKey& pod) {
        const auto found = pods_.find(pod);
        if (found == pods_.end()) {
            guessed_.insert(pod);
            return owner_by_pod_name(pod.second);
        }
        const PodOwner& owner = found->second;
        if (owner.name.empty()) return {"Pod", pod.second};
        const bool replica_set = owner.kind == "ReplicaSet";
        if (!replica_set && owner.kind != "Job") return owner;
        const std::map<PodKey, PodOwner>& above = replica_set ? replica_sets_ : jobs_;
        const auto its = above.find({pod.first, owner.name});
        if (its != above.end()) return its->second.name.empty() ? owner : its->second;
        return replica_set ? owner_by_replica_set(owner.name) : owner_by_job(owner.name);
    }

    static void add_signal(Sum::Mean& sum, const std::optional<Activity>& activity, const Ratio& weight) {
        sum.whole = sum.whole && activity.has_value();
        if (!activity) return;
        sum.max = max(sum.max, activity->max);
        sum.weighted += activity->mean * weight;
    }

    void add(const DeviceKey& key, const Device& device) {
        const PodOwner owner = owner_of(key.pod);
        const bool fresh = !sums_.contains({key.pod.first, owner.name, owner.kind, key.container});
        Sum& sum = sums_[{key.pod.first, owner.name, owner.kind, key.container}];
        UsageEntry& entry = sum.entry;
        if (fresh) {
            entry.ns = key.pod.first;
            entry.kind = owner.kind;
            entry.name = owner.name;
            entry.container = key.container;
            entry.peak_mib = device.peak_mib;
            entry.from_unix_ms = *device.first_ms;
            entry.to_unix_ms = *device.last_ms;
        }
        entry.peak_mib = entry.peak_mib && device.peak_mib
                             ? std::optional(std::max(*entry.peak_mib, *device.peak_mib))
                             : std::nullopt;
        entry.from_unix_ms = std::min(entry.from_unix_ms, *device.first_ms);
        entry.to_unix_ms = std::max(entry.to_unix_ms, *device.last_ms);
        entry.samples += device.samples;
        entry.mig = entry.mig || !key.instance.empty();
        entry.shared = entry.shared || shared_.contains(key.pod);
        sum.pods.insert(key.pod);
        const Ratio weight(device.samples);
        sum.weight += weight;
        std::optional<Activity> activity = device.engine.whole();
        if (!activity && key.instance.empty()) activity = device.util.whole();
        add_signal(sum.activity, activity, weight);
        add_signal(sum.tensor, device.tensor.whole(), weight);
        add_signal(sum.dram, device.dram.whole(), weight);
    }

    static std::optional<Activity> mean_of(const Sum::Mean& sum, const Ratio& weight) {
        const Ratio mean = sum.weighted / weight;
        if (!sum.whole || !mean.is_known()) return std::nullopt;
        return Activity{sum.max, mean};
    }

    static UsageEntry finished(Sum& sum) {
        UsageEntry entry = std::move(sum.entry);
        entry.pods = static_cast<std::int64_t>(sum.pods.size());
        entry.activity = mean_of(sum.activity, sum.weight);
        entry.tensor = mean_of(sum.tensor, sum.weight);
        entry.dram = mean_of(sum.dram, sum.weight);
        return entry;
    }

    const Recording& recording_;
    std::set<std::string> exporting_;
    Devices devices_;
    std::set<PodKey> shared_, guessed_;
    std::map<PodKey, PodOwner> pods_, replica_sets_, jobs_;
    std::map<std::tuple<std::string, std::string, std::string, std::string>, Sum> sums_;
    Gathered out_;
};

}  // namespace

Gathered gather(const Recording& recording) {
    return Gatherer(recording).run();
}

}  // namespace tollgate::workload
