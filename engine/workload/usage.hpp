// SPDX-License-Identifier: Apache-2.0
// Usage: what workloads were measured to use of their accelerators, by the Usage documents, and what of that
// is to be trusted as a need of memory.
//
// Caveats, all towards saying nothing: what little was seen for a short while is no measure, and on a device
// that several pods share a metric is the whole device's. What is reserved is not used: of a server that
// takes all memory at start the caller must not ask. Limits: limits::kMaxUsageEntries, kMinUsageSeconds,
// kMinUsageSamples. Thread rule: a UsageTable is constant once made.
// Source: NVIDIA DCGM field identifiers (dcgm_fields.h), dcgm-exporter README.
#pragma once

#include "engine/base/ratio.hpp"
#include "engine/workload/workload.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::workload {

/// Shares of the time: the largest of any device, and the mean over all of them.
struct Activity {
    Ratio max, mean;
};

/// One container (or pod, where `container` is empty) of one workload.
struct UsageEntry {
    std::string ns;
    std::string kind;  // of the workload; "": any of that name, as the names of pods do not tell
    std::string name, container;
    std::optional<std::int64_t> peak_mib;  // of one device
    std::optional<Activity> activity;      // some engine of the device worked
    std::optional<Activity> tensor, dram;  // its tensor cores, its memory
    std::int64_t samples = 0, pods = 0;
    std::int64_t from_unix_ms = 0, to_unix_ms = 0;  // first and last sample
    bool mig = false;                               // on MIG instances
    bool shared = false;                            // on devices that other pods had at the same time

    std::int64_t seconds() const { return (to_unix_ms - from_unix_ms) / 1000; }
};

/// By namespace and name.
class UsageTable {
  public:
    UsageTable() = default;
    explicit UsageTable(std::vector<UsageEntry> entries);
    bool empty() const { return entries_.empty(); }
    std::span<const UsageEntry> of(std::string_view ns, std::string_view name) const;

  private:
    std::vector<UsageEntry> entries_;  // sorted
};

/// What was measured of one pod: the largest of its containers, over the shortest time of any.
struct Measured {
    std::optional<std::int64_t> peak_mib;
    std::optional<Activity> activity;
    std::int64_t seconds = 0, samples = 0, pods = 0;
    bool mig = false, shared = false;
    /// Why the peak is no need: "" when it is one.
    std::string why_no_need;
    /// Long enough, and often enough, to say something.
    bool is_enough() const;
};

/// Empty when a container that asks for an accelerator was not measured.
std::optional<Measured> measured_of(const UsageTable& usage, const Workload& workload, const Pod& pod);

/// "14d", "30h": whole days or hours, as exact as a measurement is.
std::string span_text(std::int64_t seconds);

}  // namespace tollgate::workload
