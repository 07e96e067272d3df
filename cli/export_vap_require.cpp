// SPDX-License-Identifier: Apache-2.0
// require: labels, and accelerators that are asked for by name (engine/rules/require.cpp) in expressions.
#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <set>

namespace tollgate::cli {
namespace {

constexpr std::string_view kNoBound = "1099511627776";  // as in engine/rules/run.cpp

/// 2: the label is there as it should be; 1: with a value that is not allowed; 0: not there. In that order,
/// the best of several places counts.
std::string judge_label(const rules::RequiredLabel& label, const std::string& labels) {
    const std::string key = cel_string(label.key);
    const std::string found =
        label.values.empty() ? "v == '' ? 0 : 2" : cel_any_glob(label.values, "v") + " ? 2 : 1";
    return "(!(" + key + " in " + labels + ") ? 0 : [" + labels + "[" + key +
           "]].map(x, type(x) == string ? string(x) : '').map(v, " + found + ")[0])";
}

/// The best of the places of one object: `o`, with its pods that ask as `pods`.
std::string best_place(const rules::RequiredLabel& label, const std::string& o, const std::string& pods) {
    std::vector<std::string> places;
    if (label.on_workload)
        places.push_back(with_name(cel_map_at(o + ".?metadata.?labels"), "l", judge_label(label, "l")));
    if (label.on_template)
        places.push_back("([2] + " + pods + ".map(p, " + judge_label(label, "p.labels") + ")).min()");
    if (places.empty()) places.emplace_back("0");
    return "[" + join(places, ",\n  ") + "].max()";
}

void require_label(Draft& draft, const rules::Rule& rule, const rules::RequiredLabel& label) {
    const std::string asking = draft.use(Part::Asking), all = draft.use(Part::InAll);
    const std::string now = best_place(label, "object", asking + "[0]");
    const std::string before = best_place(label, "oldObject", asking + "[1]");
    // A Namespace that cannot be seen is an evaluation error.
    const std::string there = label.on_namespace
                                  ? ",\n  " + with_name("namespaceObject.metadata.?labels.orValue({})", "l",
                                                        judge_label(label, "l"))
                                  : "";
    const std::string with = [&](const std::string& best) {
        return there.empty() ? best : "[" + best + there + "].max()";
    }(now);
    const std::string with_before = there.empty() ? before : "[" + before + there + "].max()";
    std::string check = asking + "[0].size() == 0 ||\n" + now + " == 2 ||\n";
    if (label.on_namespace) check += with + " == 2 ||\n";
    check += draft.and_before(asking + "[1].size() > 0 && " + all + "[0] <= " + all + "[1] &&\n" +
                              with_before + " ==\n" + with);
    if (label.on_workload && draft.policy().deny_controlled_pods)
        check = draft.use(Part::Controlled) + " || " + check;
    std::vector<std::string> places;
    if (label.on_workload) places.emplace_back("the object");
    if (label.on_template) places.emplace_back("its pod template");
    if (label.on_namespace) places.emplace_back("its namespace");
    const std::string values = label.values.empty() ? "" : " (one of: " + join(label.values, ", ") + ")";
    draft.validate(rule, check,
                   "label " + label.key + " is missing or has a value that is not allowed" + values +
                       "; it must be on " + join(places, " or ") + ".");
}

/// Domains whose resources are accelerators.
std::vector<std::string> domains() {
    std::set<std::string> names{"gpu.intel.com", "mig.das.com"};
    for (const gpu::ResourceFact& fact : gpu::Catalog::builtin().resources())
        names.emplace(fact.name.substr(0, fact.name.find('/')));
    std::vector<std::string> out;
    for (const std::string& name : names)
        if (gpu::is_accelerator_domain(name + "/x")) out.push_back(name);
    return out;
}

std::vector<std::string> offered(const decide::Snapshot& snapshot) {
    std::set<std::string> names;
    if (snapshot.market != nullptr)
        for (const fleet::Offer& offer : snapshot.market->offers) names.emplace(offer.resource);
    return {names.begin(), names.end()};
}

/// Resources of container `c` that mean nothing: of an accelerator's domain and not known, or a MIG profile
/// that no GPU can be cut into.
std::string unknown_names(const decide::Snapshot& snapshot) {
    std::string out =
        "(c.limits.map(n, n) + c.requests.map(n, n)).filter(n,\n    ((n.contains('/') && n.split('/')[0] "
        "in " +
        cel_list(domains(), "      ") + " ||\n    n.startsWith('deviceclass.resource.kubernetes.io/')) && !" +
        is_known_accelerator("n") + " ||\n    " + is_profile("n") + " && !" + is_possible_profile("n") +
        ") &&\n    [c.limits[?n].or(c.requests[?n]).orValue(dyn(null))].exists(v, (" + read_count("v") +
        ") != 0)";
    if (const auto names = offered(snapshot); !names.empty())
        out += " &&\n    !(n in " + cel_list(names, "      ") + ")";
    return out + ")";
}

}  // namespace

std::string strays_variable(const decide::Snapshot& snapshot) {
    const std::string opens_by_env =
        "c.env.exists(e, e.?name.orValue('') == 'NVIDIA_VISIBLE_DEVICES' &&\n      "
        "(e.?value.orValue(dyn(null)) "
        "== null ?\n"
        "        type(e.?valueFrom.orValue(dyn(null))) == map : !(e.value in ['', 'void', 'none'])))";
    const std::string privileged = "(" + cel_list_at("p.spec.?containers") + " + " +
                                   cel_list_at("p.spec.?initContainers") + " +\n      " +
                                   cel_list_at("p.spec.?ephemeralContainers") +
                                   ").exists(c, c.?securityContext.?privileged.orValue(false) == true)";
    const std::string by_path = cel_list_at("p.spec.?volumes") + ".map(v, " +
                                cel_text_at("v.?hostPath.?path") +
                                ").filter(h,\n    h.matches('^/([.]?/)*dev/([.]?/)*nvidia') ||\n"
                                "    h.matches('^/([.]?/)*dev(/[.]?)*$') && " +
                                privileged + ").map(h, '/' + string(h))";
    return "variables.pods.transformList(i, pods, pods.map(p, {\n  'at': p.at,\n  'replicas': dyn(p.replicas "
           "< 0 ? " +
           std::string(kNoBound) +
           " : int(p.replicas)),\n  'what': dyn(\n    p.containers.flatten().map(c, " +
           unknown_names(snapshot) +
           "\n      .map(n, string(c.name) + '/' + n)).flatten() +\n    (p.containers[0] + "
           "p.containers[1]).filter(c,\n      " +
           opens_by_env + ")\n      .map(c, string(c.name) + '/NVIDIA_VISIBLE_DEVICES') +\n    [" +
           cel_text_at("p.spec.?runtimeClassName") +
           "].filter(r, r in ['nvidia', 'nvidia-cdi', 'nvidia-legacy'] &&\n      "
           "!variables.asking[i].exists(a, a.at == p.at))"
           ".map(r, '/runtimeClassName') +\n    " +
           by_path + ")}))";
}

void export_require(Draft& draft, const rules::Rule& rule, const rules::Require& require) {
    for (const rules::RequiredLabel& label : require.labels) require_label(draft, rule, label);
    if (require.whole_gpu_reason)
        draft.leave_out(rule, "require.wholeGpuReason", "whether a unit is a whole GPU needs the fleet");
    if (!require.known_accelerators) return;
    const std::string strays = draft.use(Part::Strays);
    draft.validate(
        rule,
        "!" + strays + "[0].exists(p, p.what.exists(w,\n  !" +
            draft.and_before(strays +
                             "[1].exists(b, b.at == p.at && w in b.what && p.replicas <= b.replicas)") +
            "))",
        "it asks for an accelerator that nobody knows, or opens GPUs without asking for one "
        "(NVIDIA_VISIBLE_DEVICES, runtimeClassName, a host path); ask for the device by its resource name.");
}

}  // namespace tollgate::cli
