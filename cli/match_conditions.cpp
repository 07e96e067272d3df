// SPDX-License-Identifier: Apache-2.0
#include "cli/match_conditions.hpp"

#include "cli/cel_text.hpp"
#include "cli/pod_expressions.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tollgate::cli {
namespace {

using workload::PodPath;
using workload::Shape;

// Annotations by which KAI and Run:ai pods ask for a share of a GPU without any resource.
constexpr std::array<std::string_view, 2> kSharingAnnotations = {"gpu-fraction", "gpu-memory"};
// KEP-5004: a device class asked for as if it were an extended resource.
constexpr std::string_view kDeviceClassPrefix = "deviceclass.resource.kubernetes.io/";
// The taint NVIDIA's operator, GKE and most node groups put on GPU nodes.
constexpr std::array<std::string_view, 2> kCommonTaints = {"nvidia.com/gpu", "amd.com/gpu"};

std::string names_accelerator(const std::string& resources, const AcceleratorMarks& marks,
                              std::string_view indent) {
    const std::string next = "\n" + std::string(indent) + "  ";
    std::vector<std::string> tests;
    if (!marks.domains.empty())
        tests.push_back("r.split('/')[0] in " + cel_list(marks.domains, next.substr(1) + "  "));
    if (!marks.resources.empty()) tests.push_back("r in " + cel_list(marks.resources, next.substr(1) + "  "));
    for (const std::string& prefix : marks.prefixes)
        tests.push_back("r.startsWith(" + cel_string(prefix) + ")");
    return std::string(indent) + "[" + resources + ".?limits, " + resources + ".?requests].exists(m, " +
           cel_map_at("m") + ".exists(r," + next + join(tests, " ||" + next) + "))";
}

std::string container_asks(const std::string& container, const AcceleratorMarks& marks,
                           std::string_view indent) {
    return names_accelerator(container + ".?resources", marks, indent) + " ||\n" + std::string(indent) +
           cel_list_at(container + ".?env") +
           ".exists(e, e.?name.orValue('') == 'NVIDIA_VISIBLE_DEVICES' &&\n" + std::string(indent) +
           "  !(e.?value.orValue('from elsewhere') in ['', 'void', 'none']))";
}

/// All containers of the pod `p`, those outside its lists included.
std::string containers(std::string_view indent) {
    std::string out = "(";
    for (const char* list : {"containers", "initContainers", "ephemeralContainers"})
        out += cel_list_at("p.?spec.?" + std::string(list)) + " +\n" + std::string(indent) + " ";
    return out + cel_list_at("p.?more") + ")";
}

std::string pod_asks(const AcceleratorMarks& marks) {
    std::string out = "  p.?asks.orValue(false) == true ||\n  " + containers("  ") + ".exists(c,\n" +
                      container_asks("c", marks, "    ") + ") ||\n";
    out += names_accelerator("p.?spec.?resources", marks, "  ") + " ||\n";
    out += "  " + cel_list_at("p.?spec.?resourceClaims") + ".size() > 0 || " + cel_list_at("p.?claims") +
           ".size() > 0 ||\n";
    out += "  p.?spec.?runtimeClassName.orValue('') in ['nvidia', 'nvidia-cdi', 'nvidia-legacy'] ||\n";
    out += "  " + cel_list_at("p.?spec.?volumes") + ".exists(v, " + cel_text_at("v.?hostPath.?path") +
           ".matches('^/[./]*dev/[./]*nvidia')) ||\n";
    return out + "  " + cel_map_at("p.?metadata.?annotations") + ".exists(a, a in " +
           cel_list(marks.annotations, "    ") + ")";
}

std::string pod_aims(const AcceleratorMarks& marks) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : marks.selector_pairs) pairs.push_back(key + "=" + value);
    const std::string keys = cel_list(marks.selector_keys, "      ");
    std::string out = "  " + cel_list_at("p.?spec.?tolerations") + ".exists(t, t.?key.orValue('') in " +
                      cel_list(marks.toleration_keys, "    ") + ") ||\n";
    out += "  [" + cel_map_at("p.?spec.?nodeSelector") + "].exists(s, s.exists(k,\n    k in " + keys;
    if (!pairs.empty()) out += " ||\n    (k + '=' + s[k]) in " + cel_list(pairs, "      ");
    const std::string affinity = "p.?spec.?affinity.?nodeAffinity";
    out += ")) ||\n  " +
           cel_list_at(affinity + ".?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms") +
           "\n    .exists(n, " + cel_list_at("n.?matchExpressions") + ".exists(x, x.?key.orValue('') in " +
           keys + ")) ||\n";
    // All of /dev in a privileged container opens GPUs too. Node agents do this, so it never fails closed.
    return out + "  " + cel_list_at("p.?spec.?volumes") + ".exists(v, " + cel_text_at("v.?hostPath.?path") +
           ".matches('^/[./]*dev[./]*$')) &&\n  " + containers("  ") +
           ".exists(c, c.?securityContext.?privileged.orValue(false) == true)";
}

void add_unique(std::vector<std::string>& list, std::string_view item) {
    if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.emplace_back(item);
}

bool judges_unknown_accelerators(const decide::Rulebook& rules) {
    return std::any_of(rules.policies.begin(), rules.policies.end(), [](const rules::Policy& policy) {
        return std::any_of(policy.rules.begin(), policy.rules.end(), [](const rules::Rule& rule) {
            const auto* require = std::get_if<rules::Require>(&rule.verb);
            return require != nullptr && require->known_accelerators;
        });
    });
}

}  // namespace

AcceleratorMarks collect_marks(const decide::Snapshot& snapshot) {
    AcceleratorMarks marks;
    const gpu::Catalog& catalog = gpu::Catalog::builtin();
    std::set<std::string, std::less<>> domains;
    for (const gpu::ResourceFact& fact : catalog.resources()) {
        if (fact.cls == gpu::ResourceClass::NotAccelerator) continue;
        add_unique(marks.resources, fact.name);
        domains.emplace(fact.name.substr(0, fact.name.find('/')));
    }
    for (const fleet::Offer& offer : snapshot.market->offers) {
        if (!gpu::classify_resource(offer.resource).mig_profile.empty())
            continue;  // the prefix names them all
        add_unique(marks.resources, offer.resource);
    }
    marks.prefixes = {"nvidia.com/mig-", "mig.das.com/"};
    if (judges_unknown_accelerators(*snapshot.rules)) {
        domains.insert({"gpu.intel.com", "mig.das.com"});
        for (const std::string& domain : domains) {
            if (gpu::is_accelerator_domain(domain + "/x")) marks.domains.push_back(domain);
        }
        marks.prefixes = {std::string(kDeviceClassPrefix)};
        std::erase_if(marks.resources, [&](const std::string& name) {
            return std::find(marks.domains.begin(), marks.domains.end(), name.substr(0, name.find('/'))) !=
                   marks.domains.end();
        });
    }
    marks.annotations.assign(kSharingAnnotations.begin(), kSharingAnnotations.end());
    marks.toleration_keys.assign(kCommonTaints.begin(), kCommonTaints.end());
    for (const gpu::LabelFact& fact : catalog.labels()) {
        if (catalog.is_product_key(fact.key)) add_unique(marks.selector_keys, fact.key);
    }
    add_unique(marks.selector_keys, "nvidia.com/gpu.present");
    for (const fleet::Pool& pool : snapshot.market->pools) {
        for (const fleet::Toleration& toleration : pool.tolerations)
            add_unique(marks.toleration_keys, toleration.key);
        for (const auto& pair : pool.node_selector) {
            const bool known = std::find(marks.selector_keys.begin(), marks.selector_keys.end(),
                                         pair.first) != marks.selector_keys.end();
            const bool seen = std::find(marks.selector_pairs.begin(), marks.selector_pairs.end(), pair) !=
                              marks.selector_pairs.end();
            if (!known && !seen) marks.selector_pairs.push_back(pair);
        }
    }
    return marks;
}

std::string asks_for_accelerator(std::span<const PodPath> paths, const AcceleratorMarks& marks) {
    return any_pod(paths, pod_asks(marks));
}

std::string aims_at_gpu_nodes(std::span<const PodPath> paths, const AcceleratorMarks& marks) {
    return any_pod(paths, pod_aims(marks));
}

std::string changes_what_is_judged(std::span<const PodPath> paths) {
    std::vector<std::string> fields = {"spec"};  // an expression may look at more of it than pods
    for (const PodPath& path : paths) {
        if (!path.path.segments.empty()) add_unique(fields, path.path.segments.front().key);
    }
    std::string out = "object == null || oldObject == null";
    for (const std::string& field : fields) {
        out += " || object" + cel_select(field) + " != oldObject" + cel_select(field);
    }
    // A pod asks for a share by its own annotations: adding one later must not pass for a change of metadata.
    const bool own_metadata = std::any_of(paths.begin(), paths.end(), [](const PodPath& path) {
        return path.shape == Shape::PodSpec && path.path.segments.size() == 1;
    });
    if (!own_metadata) return out;
    const std::string annotation = ".?metadata.?annotations[?a]";
    return out + " ||\n" + cel_list({"gpu-fraction", "gpu-fraction-num-devices", "gpu-memory"}, "") +
           ".exists(a, object" + annotation + " != oldObject" + annotation + ")";
}

}  // namespace tollgate::cli
