// SPDX-License-Identifier: Apache-2.0
// limits: ceilings on devices, CPU and memory (engine/rules/limits.cpp, per_gpu.cpp) in expressions.
#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "engine/base/quantity.hpp"

#include <set>
#include <string>
#include <variant>

namespace tollgate::cli {
namespace {

/// How quantity `q`, which is not negative, becomes a whole number. A double only finds it: what is used is a
/// number that the quantity is compared with exactly. Amounts above `most`, which no node has, count as much.
struct Unit {
    std::string_view resource, most;
    std::string_view read;
    std::int64_t per_one;  // units in one of the resource
};

constexpr Unit kCpu{"cpu", "1M",
                    "[int(q.asApproximateFloat() * 1000000000.0 + 0.5)]\n"
                    "        .filter(i, quantity(string(i) + 'n').compareTo(q) == 0)[0]",
                    1'000'000'000};
// Kubernetes counts whole bytes, rounded up.
constexpr Unit kMemory{"memory", "1P",
                       "[int(q.asApproximateFloat())].map(i, [i, i + 1]\n"
                       "        .filter(j, quantity(string(j)).compareTo(q) >= 0)[0])[0]",
                       1};
constexpr std::string_view kMostUnits = "1000000000000000";

/// Value `v` in units; -1 where it cannot be read.
std::string units(const std::string& value, const Unit& unit) {
    return "[" + value + "].map(v, v == null ? 0 : !(" + is_quantity("v") +
           ") ? -1 :\n      [quantity(string(v))].map(q, "
           "q.compareTo(quantity('0')) < 0 ? -1 : q.compareTo(quantity('" +
           std::string(unit.most) + "')) > 0 ? " + std::string(kMostUnits) + " :\n      " +
           std::string(unit.read) + ")[0])[0]";
}

/// Of each pod with devices: what it asks on one node at once, -1 where that cannot be read, and the
/// container that asks most ('': the pod as a whole), by which the ratchet compares like with like.
std::string amounts_variable(const Unit& unit) {
    const std::string name = cel_string(unit.resource);
    // The request counts before the limit.
    const std::string container =
        "{\n      'name': c.name, 'sidecar': c.sidecar, 'asks': dyn(" + name +
        " in c.requests), 'named': dyn(" + name + " in c.requests || " + name +
        " in c.limits),\n      'n': dyn(" +
        units("c.requests[?" + name + "].or(c.limits[?" + name + "]).orValue(dyn(null))", unit) +
        "),\n      'readable': dyn([c.requests, c.limits].all(m, m.all(k, k.contains('/') || m[k] == null "
        "||\n        " +
        is_quantity("m[k]") + " && quantity(string(m[k])).compareTo(quantity('0')) >= 0)))}";
    const std::string overhead =
        units(cel_map_at("d.pod.spec.?overhead") + "[?" + name + "].orValue(dyn(null))", unit);
    const auto sum = [](const std::string& list) { return list + ".map(c, int(c.n)).sum()"; };
    const std::string of_containers = "([" + sum("p.all[1]") + " + " + sum("p.all[0].filter(c, c.sidecar)") +
                                      "] +\n      " + init_amounts("p.all[0]") + ").max()";
    // The pod's own request overrides the sum; its limit counts where no container asks.
    const std::string asked =
        "p.overhead < 0 || p.all.exists(l, l.exists(c, c.n < 0 || !c.readable)) ? -1 : int(p.overhead) +\n"
        "    (!p.all[2][0].asks && (p.all[0] + p.all[1]).exists(c, c.named) ?\n      " +
        of_containers + " :\n      " + sum("p.all[2]") + ")";
    const std::string subject =
        "p.all[2][0].n > 0 || (p.all[0] + p.all[1]).size() == 0 ? '' :\n    " +
        with_name("p.all[0] + p.all[1]", "l", "string(l.filter(c, c.n == l.map(x, int(x.n)).max())[0].name)");
    return "variables.devices.map(pods, pods.filter(d, d.n > 0).map(d, {\n"
           "  'at': d.at, 'n': d.n,\n"
           "  'overhead': dyn(" +
           overhead + "),\n  'all': dyn(d.pod.containers.map(l, l.map(c, " + container +
           ")))\n}).map(p, {\n  'at': p.at, 'n': p.n,\n  'asked': dyn(" + asked + "),\n  'subject': dyn(" +
           subject + ")}))";
}

void per_gpu(Draft& draft, const rules::Rule& rule,
             const std::variant<Ratio, rules::Limits::NodeShare>& limit, const Unit& unit, Part part,
             std::string_view field) {
    const auto* each = std::get_if<Ratio>(&limit);
    if (each == nullptr) return draft.leave_out(rule, field, "NodeShare needs the fleet");
    const Ratio units = *each * Ratio(unit.per_one);
    const auto whole = units.is_integer() ? units.floor() : std::nullopt;
    if (!whole.has_value())
        return draft.leave_out(rule, field, "the number is too fine or too large for CEL");
    const std::string most = std::to_string(*whole);
    // Divided, as a product could leave 64 bits.
    const auto over = [&](const std::string& p) {
        return *whole == 0 ? p + ".asked > 0"
                           : p + ".asked > 0 && (int(" + p + ".asked) - 1) / " + most + " >= " + p + ".n";
    };
    const auto excess = [&](const std::string& p) {
        return "int(" + p + ".asked) - " + most + " * int(" + p + ".n)";
    };
    const std::string amounts = draft.use(part);
    const bool cpu = part == Part::Cpu;
    const std::string text = cpu ? format_cpu(*each) + " CPUs" : format_bytes(*each) + " of memory";
    draft.validate(
        rule,
        "!" + amounts + "[0].exists(p, p.asked < 0 ? " +
            cannot_tell("an amount of CPU or memory cannot be read") + " :\n  " + over("p") + " &&\n  !" +
            draft.and_before(amounts + "[1].exists(b, b.at == p.at && b.subject == p.subject &&\n    " +
                             over("b") + " && " + excess("p") + " <= " + excess("b") + ")") +
            ")",
        "a pod asks for more than " + text + " for each GPU; lower its requests, or ask for more GPUs.");
}

void gpus_per_pod(Draft& draft, const rules::Rule& rule, std::int64_t limit) {
    const std::string devices = draft.use(Part::Devices);
    const std::string most = std::to_string(limit);
    draft.validate(rule,
                   "!" + devices + "[0].exists(p, p.n > " + most + " ?\n  !" +
                       draft.and_before(devices + "[1].exists(b, b.at == p.at && p.n <= b.n)") +
                       " :\n  p.uncounted && " +
                       cannot_tell("what a ResourceClaim or an annotation asks for is not counted") + ")",
                   "one pod asks for more than " + most + " GPUs; ask for " + most + " or fewer.");
}

void gpus_per_workload(Draft& draft, const rules::Rule& rule, std::int64_t limit) {
    const std::string devices = draft.use(Part::Devices);
    const std::string most = std::to_string(limit);
    const auto total = [](const std::string& list) {
        return list + ".map(p, int(p.n) * (p.replicas < 0 ? 1 : int(p.replicas))).sum()";
    };
    const auto unknown = [](const std::string& list) {
        return list + ".exists(p, p.uncounted || (p.n > 0 && p.replicas < 0))";
    };
    const std::string now = devices + "[0]", before = devices + "[1]";
    draft.validate(
        rule,
        total(now) + " > " + most + " ?\n  " +
            draft.and_before(total(now) + " <= " + total(before) + " && !" + unknown(now) + " && !" +
                             unknown(before)) +
            " :\n  !" + unknown(now) + " || " + cannot_tell("how many GPUs it asks for in all is not known"),
        "asks for more than " + most + " GPUs in all; run fewer replicas, or ask for fewer GPUs in each.");
    std::set<std::string> told;
    for (const workload::KindSpec* kind : draft.kinds()) {
        if (!kind->schedule.has_value() || !told.insert(kind->kind).second) continue;
        draft.leave_out(
            rule, "gpusPerWorkload of " + kind->kind,
            "where runs may overlap (concurrencyPolicy Allow) their number needs the schedule, which "
            "CEL cannot read: an evaluation error, unless one run is too much already");
    }
}

}  // namespace

std::string cpu_variable() {
    return amounts_variable(kCpu);
}
std::string memory_variable() {
    return amounts_variable(kMemory);
}

void export_limits(Draft& draft, const rules::Rule& rule, const rules::Limits& limits) {
    if (limits.gpus_per_pod) gpus_per_pod(draft, rule, *limits.gpus_per_pod);
    if (limits.gpus_per_workload) gpus_per_workload(draft, rule, *limits.gpus_per_workload);
    if (limits.gpu_share) draft.leave_out(rule, "gpuShare", "what part of a GPU a device is needs the fleet");
    if (limits.cpu_per_gpu) per_gpu(draft, rule, *limits.cpu_per_gpu, kCpu, Part::Cpu, "cpuPerGpu");
    if (limits.memory_per_gpu)
        per_gpu(draft, rule, *limits.memory_per_gpu, kMemory, Part::Memory, "memoryPerGpu");
    if (limits.hourly_cost) draft.leave_out(rule, "hourlyCost", "needs prices");
    if (limits.pod_hourly_cost) draft.leave_out(rule, "podHourlyCost", "needs prices");
    if (limits.idle_seconds) draft.leave_out(rule, "idle", "needs what was measured");
    if (limits.total_cost) draft.leave_out(rule, "totalCost", "needs prices");
}

}  // namespace tollgate::cli
