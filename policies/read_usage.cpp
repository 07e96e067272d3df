// SPDX-License-Identifier: Apache-2.0
// Usage: what workloads were measured to use, as `tollgate usage import` writes it.
#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <limits>

namespace tollgate::policies {
namespace {

constexpr std::int64_t kMsPerDay = std::int64_t{24} * 3600 * 1000;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::optional<workload::Activity> read_activity(Scope& scope, json::Node node, const std::string& path) {
    if (!node.exists()) return std::nullopt;
    Fields fields(scope, node, path);
    if (!fields.is_map()) return std::nullopt;
    const json::Node max_node = fields.need("max", "the largest share of the time");
    const auto max = read_share(scope, max_node, fields.path_of("max"));
    const auto mean =
        read_share(scope, fields.need("mean", "the mean share of the time"), fields.path_of("mean"));
    if (!max || !mean) return std::nullopt;
    if (*mean > *max) {
        scope.error(DocCode::Contradiction, max_node, fields.path_of("max") + ": is less than the mean");
    }
    return workload::Activity{*max, *mean};
}

void read_window(Scope& scope, json::Node node, const std::string& path, std::int64_t now_unix_ms,
                 workload::UsageEntry& out) {
    Fields fields(scope, node, path);
    if (!fields.is_map()) return;
    const json::Node from_node = fields.need("from", "the first sample's time");
    const auto from = read_time(scope, from_node, fields.path_of("from"));
    const json::Node to_node = fields.need("to", "the last sample's time");
    const auto to = read_time(scope, to_node, fields.path_of("to"));
    if (!from || !to) return;
    out.from_unix_ms = *from;
    out.to_unix_ms = *to;
    if (*to < *from) {
        scope.error(DocCode::Contradiction, to_node, path + ": ends before it begins");
    } else if (*to < now_unix_ms - limits::kMaxUsageAgeDays * kMsPerDay) {
        scope.warning(DocCode::Expired, to_node,
                      path + ": measured more than " + std::to_string(limits::kMaxUsageAgeDays) +
                          " days ago, and trusted as if it were today",
                      "run `tollgate usage import` again");
    }
}

MeasuredWorkload read_entry(Scope& scope, json::Node node, const std::string& path,
                            std::int64_t now_unix_ms) {
    MeasuredWorkload out;
    out.place = scope.place(node);
    Fields fields(scope, node, path);
    if (!fields.is_map()) return out;
    workload::UsageEntry& entry = out.entry;
    const auto text = [&](std::string_view name, std::string& into) {
        assign(into, read_text(scope, fields.get(name), fields.path_of(name)));
    };
    assign(entry.ns,
           read_text(scope, fields.need("namespace", "the workload's"), fields.path_of("namespace")));
    text("kind", entry.kind);
    assign(entry.name, read_text(scope, fields.need("name", "the workload's"), fields.path_of("name")));
    text("container", entry.container);
    entry.peak_mib = read_mib(scope, fields.get("peakMemory"), fields.path_of("peakMemory"));
    const auto activity = [&](std::string_view name) {
        return read_activity(scope, fields.get(name), fields.path_of(name));
    };
    entry.activity = activity("activity");
    entry.tensor = activity("tensorActivity");
    entry.dram = activity("memoryActivity");
    const json::Node samples = fields.need("samples", "how many were taken");
    assign(entry.samples, read_integer(scope, samples, fields.path_of("samples"), 0, kMost));
    const json::Node pods = fields.need("pods", "how many were seen");
    assign(entry.pods, read_integer(scope, pods, fields.path_of("pods"), 1, kMost));
    assign(entry.mig, read_bool(scope, fields.get("mig"), fields.path_of("mig")));
    assign(entry.shared, read_bool(scope, fields.get("shared"), fields.path_of("shared")));
    read_window(scope, fields.need("window", "from and to: when it was measured"), fields.path_of("window"),
                now_unix_ms, entry);
    if (!fields.has("peakMemory") && !fields.has("activity")) {
        scope.error_at_key(DocCode::MissingField, node, path + ": give peakMemory, activity or both");
    }
    return out;
}

}  // namespace

ReadUsage read_usage(Scope& scope, json::Node root, std::int64_t now_unix_ms) {
    ReadUsage out;
    Fields document(scope, root, "");
    (void)read_metadata(document);
    Fields spec(scope, document.need("spec", "what was measured"), "spec");
    if (!spec.is_map()) return out;
    const json::Node workloads = spec.need("workloads", "what was measured, as a list");
    if (workloads.size() > limits::kMaxUsageEntries) {
        scope.error_at_key(DocCode::TooMany, workloads,
                           "spec.workloads: more than " + std::to_string(limits::kMaxUsageEntries),
                           "leave out what asks for no accelerator");
        return out;
    }
    read_list(scope, workloads, "spec.workloads", "workloads",
              [&](json::Node element, const std::string& path) {
                  out.workloads.push_back(read_entry(scope, element, path, now_unix_ms));
              });
    return out;
}

}  // namespace tollgate::policies
