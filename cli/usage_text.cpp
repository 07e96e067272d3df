// SPDX-License-Identifier: Apache-2.0
#include "cli/usage_text.hpp"

#include "cli/yaml_text.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <optional>
#include <string_view>

namespace tollgate::cli {
namespace {

constexpr int kPlaces = 4;  // of shares: a hundredth of a percent

void add_activity(std::string& out, std::string_view name,
                  const std::optional<workload::Activity>& activity) {
    if (!activity) return;
    out += "    " + std::string(name) + ": {max: " + activity->max.to_decimal(kPlaces) +
           ", mean: " + activity->mean.to_decimal(kPlaces) + "}\n";
}

void add_entry(std::string& out, const workload::UsageEntry& entry) {
    out += "  - namespace: " + yaml_scalar(entry.ns) + "\n";
    if (!entry.kind.empty()) out += "    kind: " + yaml_scalar(entry.kind) + "\n";
    out += "    name: " + yaml_scalar(entry.name) + "\n";
    if (!entry.container.empty()) out += "    container: " + yaml_scalar(entry.container) + "\n";
    if (entry.peak_mib) out += "    peakMemory: " + format_mib(*entry.peak_mib) + "\n";
    add_activity(out, "activity", entry.activity);
    add_activity(out, "tensorActivity", entry.tensor);
    add_activity(out, "memoryActivity", entry.dram);
    out += "    samples: " + std::to_string(entry.samples) + "\n";
    out += "    pods: " + std::to_string(entry.pods) + "\n";
    if (entry.mig) out += "    mig: true\n";
    if (entry.shared) out += "    shared: true\n";
    out += "    window: {from: \"" + format_time(entry.from_unix_ms) + "\", to: \"" +
           format_time(entry.to_unix_ms) + "\"}\n";
}

}  // namespace

std::string usage_text(const workload::Gathered& gathered, const UsageOrigin& origin) {
    std::string out = "# Written by `tollgate usage import` from " + to_ascii(origin.server) + ": the " +
                      workload::span_text(origin.window_seconds) + " before " +
                      format_time(origin.now_unix_ms) + ".\n";
    out +=
        "# peakMemory is the most that one device held, pods and devices taken together; activity the share "
        "of "
        "time it worked.\n"
        "# What is reserved is held too: of servers that take a whole device at start it is no need, and is "
        "not taken for one.\n";
    if (gathered.by_name > 0) {
        out += "# Without kind: taken from the names of pods, as kube-state-metrics does not tell of them.\n";
    }
    out +=
        "apiVersion: tollgate.dev/v1alpha1\nkind: Usage\nmetadata:\n  name: measured\nspec:\n  workloads:\n";
    for (const workload::UsageEntry& entry : gathered.entries) add_entry(out, entry);
    return out;
}

}  // namespace tollgate::cli
