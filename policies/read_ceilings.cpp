// SPDX-License-Identifier: Apache-2.0
// The verbs that judge: limits, lifetime and require.
#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <utility>
#include <variant>

namespace tollgate::policies {
namespace {

constexpr std::int64_t kMaxGpuCount = 1'000'000;

void refuse_empty(Fields& fields, std::string_view what) {
    if (!fields.is_map() || fields.node().size() != 0) return;
    fields.scope().error_at_key(DocCode::Contradiction, fields.node(),
                                fields.path() + ": says nothing; give " + std::string(what));
}

std::optional<std::variant<Ratio, rules::Limits::NodeShare>> read_per_gpu(Fields& fields,
                                                                          std::string_view name) {
    const json::Node node = fields.get(name);
    if (node.string() == "NodeShare") return rules::Limits::NodeShare{};
    if (node.is_string() && !parse_quantity(node.string())) {
        fields.scope().error(
            DocCode::BadValue, node,
            fields.path_of(name) + ": expected a quantity or NodeShare, found " + describe(node),
            "NodeShare is what the pool's node has for each GPU");
        return std::nullopt;
    }
    if (auto amount = read_amount(fields.scope(), node, fields.path_of(name))) return *amount;
    return std::nullopt;
}

void check_default(Scope& scope, json::Node node, const std::string& path,
                   const std::optional<std::int64_t>& preset, const std::optional<std::int64_t>& max) {
    if (!preset || !max || *preset <= *max) return;
    scope.error(DocCode::Contradiction, node,
                path + ": the default of " + format_duration(*preset) + " is longer than max, " +
                    format_duration(*max));
}

enum class LabelPlace : std::uint8_t { Workload, Template, Namespace };
constexpr Choice<LabelPlace> kPlaces[] = {{"Workload", LabelPlace::Workload},
                                          {"Template", LabelPlace::Template},
                                          {"Namespace", LabelPlace::Namespace}};

/// "team", or {key: team, values: ["a-*"], in: [Workload, Template, Namespace]}. (`on` would be the boolean
/// true in YAML.)
rules::RequiredLabel read_label(Scope& scope, json::Node node, const std::string& path) {
    rules::RequiredLabel out;
    if (node.is_string()) {
        assign(out.key, read_text(scope, node, path));
        return out;
    }
    Fields fields(scope, node, path);
    if (!fields.is_map()) return out;
    assign(out.key, read_text(scope, fields.need("key", "the label"), fields.path_of("key")));
    out.values = read_globs(scope, fields.get("values"), fields.path_of("values"), "globs").patterns;
    const json::Node in = fields.get("in");
    if (in.exists()) out.on_workload = out.on_template = out.on_namespace = false;
    read_list(scope, in, fields.path_of("in"), "places", [&](json::Node element, const std::string& where) {
        const auto place = read_enum<LabelPlace>(scope, element, where, kPlaces);
        if (!place) return;
        out.on_workload = out.on_workload || *place == LabelPlace::Workload;
        out.on_template = out.on_template || *place == LabelPlace::Template;
        out.on_namespace = out.on_namespace || *place == LabelPlace::Namespace;
    });
    return out;
}

}  // namespace

rules::Limits read_limits(Scope& scope, json::Node node, const std::string& path,
                          std::vector<Reference>& references) {
    rules::Limits out;
    Fields fields(scope, node, path);
    const auto count = [&](std::string_view name) {
        return read_integer(scope, fields.get(name), fields.path_of(name), 0, kMaxGpuCount);
    };
    bool priced = false;
    const auto money = [&](std::string_view name) {
        const json::Node amount = fields.get(name);
        if (amount.exists() && !std::exchange(priced, true)) {
            references.push_back(
                {Reference::What::Ceiling, "", fields.path_of(name), scope.key_place(amount)});
        }
        return read_money(scope, amount, fields.path_of(name));
    };
    out.gpus_per_pod = count("gpusPerPod");
    out.gpus_per_workload = count("gpusPerWorkload");
    out.gpu_share = read_amount(scope, fields.get("gpuShare"), fields.path_of("gpuShare"));
    out.cpu_per_gpu = read_per_gpu(fields, "cpuPerGpu");
    out.memory_per_gpu = read_per_gpu(fields, "memoryPerGpu");
    out.hourly_cost = money("hourlyCost");
    out.pod_hourly_cost = money("podHourlyCost");
    out.total_cost = money("totalCost");
    const json::Node idle = fields.get("idle");
    out.idle_seconds = read_seconds(scope, idle, fields.path_of("idle"));
    if (out.idle_seconds && *out.idle_seconds < limits::kMinUsageSeconds) {
        scope.error(DocCode::OutOfRange, idle,
                    fields.path_of("idle") + ": less than the " + format_duration(limits::kMinUsageSeconds) +
                        " from which on a measurement counts",
                    "as in idle: 7d");
    }
    refuse_empty(fields, "at least one ceiling");
    return out;
}

rules::LifetimeRule read_lifetime(Scope& scope, json::Node node, const std::string& path) {
    rules::LifetimeRule out;
    Fields fields(scope, node, path);
    out.max_seconds = read_seconds(scope, fields.get("max"), fields.path_of("max"));
    const json::Node preset = fields.get("default");
    out.default_seconds = read_seconds(scope, preset, fields.path_of("default"));
    check_default(scope, preset, fields.path_of("default"), out.default_seconds, out.max_seconds);
    if (const json::Node ttl_node = fields.get("ttlAfterFinished"); ttl_node.exists()) {
        Fields ttl(scope, ttl_node, fields.path_of("ttlAfterFinished"));
        out.ttl_max_seconds = read_seconds(scope, ttl.get("max"), ttl.path_of("max"));
        const json::Node ttl_preset = ttl.get("default");
        out.ttl_default_seconds = read_seconds(scope, ttl_preset, ttl.path_of("default"));
        check_default(scope, ttl_preset, ttl.path_of("default"), out.ttl_default_seconds,
                      out.ttl_max_seconds);
        refuse_empty(ttl, "max or default");
    }
    if (const json::Node sessions_node = fields.get("sessions"); sessions_node.exists()) {
        Fields sessions(scope, sessions_node, fields.path_of("sessions"));
        out.sessions_max_seconds =
            read_seconds(scope, sessions.need("max", "how long a session may last"), sessions.path_of("max"));
    }
    refuse_empty(fields, "max, default, ttlAfterFinished or sessions");
    return out;
}

rules::Require read_require(Scope& scope, json::Node node, const std::string& path,
                            std::vector<Reference>& references) {
    rules::Require out;
    Fields fields(scope, node, path);
    read_list(scope, fields.get("labels"), fields.path_of("labels"), "labels",
              [&](json::Node element, const std::string& where) {
                  out.labels.push_back(read_label(scope, element, where));
                  if (!out.labels.back().on_namespace) return;
                  references.push_back(
                      {Reference::What::NamespaceLabels, "", where + ".in", scope.key_place(element["in"])});
              });
    assign(out.whole_gpu_reason,
           read_bool(scope, fields.get("wholeGpuReason"), fields.path_of("wholeGpuReason")));
    assign(out.known_accelerators,
           read_bool(scope, fields.get("knownAccelerators"), fields.path_of("knownAccelerators")));
    fields.unsupported("driver", "drivers are not compared yet");
    refuse_empty(fields, "labels, wholeGpuReason or knownAccelerators");
    return out;
}

}  // namespace tollgate::policies
