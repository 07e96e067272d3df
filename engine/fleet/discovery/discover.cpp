// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/discover.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "engine/fleet/discovery/list_prices.hpp"
#include "engine/fleet/discovery/selectors.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

namespace tollgate::fleet {
namespace {

/// What nodes must agree on to make one pool.
std::string likeness(const NodeFacts& node, const Supply& supply) {
    std::string key;
    const auto add = [&](std::string_view text) { key += std::string(text) + '\n'; };
    add(supply.problem);
    if (!supply.problem.empty()) return key;
    add(supply.sku->id);
    add(supply.product_key + "=" + supply.product);
    add(supply.resource);
    add(std::string(to_string(supply.sharing.form)) +
        (supply.sharing.mig_strategy == MigStrategy::Single ? " single" : "") +
        gpu::to_string(supply.sharing.profiles) + std::to_string(supply.sharing.replicas));
    add(std::to_string(supply.gpus) + "/" + std::to_string(supply.gpus_of_node));
    for (const std::string& each : {node.provider, node.region, node.instance, node.arch, node.os}) add(each);
    add(gpu::to_string(node.billing));
    const Labels labels(node.object);
    for (const std::string_view each : {"nvidia.com/gpu.machine", "cloud.google.com/gke-tpu-topology"})
        add(labels[each]);
    for (const Toleration& each : node.tolerations) add(each.key + each.op + each.value + each.effect);
    return key;
}

using Groups = std::map<std::string, Group>;

Groups grouped(const std::vector<NodeFacts>& nodes) {
    Groups out;
    for (const NodeFacts& node : nodes) {
        for (const Supply& supply : node.supplies) {
            Group& group = out[likeness(node, supply)];
            if (group.nodes.empty()) group.supply = supply;
            if (group.nodes.empty() || group.nodes.back() != &node) group.nodes.push_back(&node);
        }
    }
    return out;
}

/// What pods ask for to get onto these nodes; each profile under `mixed` has a name of its own.
std::vector<std::string> resources_of(const Supply& supply) {
    const Sharing& sharing = supply.sharing;
    if (sharing.form != Form::Mig || sharing.mig_strategy != MigStrategy::Mixed) return {supply.resource};
    std::vector<std::string> out;
    for (const auto& [name, count] : sharing.profiles) {
        out.emplace_back(supply.sku->mig->find(name)->resource);
    }
    return out;
}

std::vector<const NodeFacts*> others_of(const Group& group, const std::vector<NodeFacts>& nodes) {
    const std::set<const NodeFacts*> own(group.nodes.begin(), group.nodes.end());
    const std::vector<std::string> resources = resources_of(group.supply);
    std::vector<const NodeFacts*> out;
    for (const NodeFacts& node : nodes) {
        const bool same = std::any_of(resources.begin(), resources.end(),
                                      [&](const std::string& each) { return node.devices.contains(each); });
        if (same && !own.contains(&node)) out.push_back(&node);
    }
    return out;
}

/// The least of the group's nodes; what some of them lack is told in `lacking`.
std::map<std::string, Amount> least_of(const Group& group, std::set<std::string>& lacking, bool& differ) {
    std::map<std::string, Amount> out = group.nodes.front()->resources;
    for (const NodeFacts* node : group.nodes) {
        for (const auto& [name, amount] : node->resources) {
            if (!out.contains(name)) lacking.insert(name);
        }
        for (auto at = out.begin(); at != out.end();) {
            const auto found = node->resources.find(at->first);
            if (found == node->resources.end()) {
                lacking.insert(at->first);
                at = out.erase(at);
                continue;
            }
            differ = differ || found->second.value != at->second.value;
            if (found->second.value < at->second.value) at->second = found->second;
            ++at;
        }
    }
    return out;
}

void write_allocatable(const Group& group, DiscoveredPool& out) {
    std::set<std::string> lacking;
    bool differ = false;
    const std::map<std::string, Amount> least = least_of(group, lacking, differ);
    const Supply& supply = group.supply;
    const Ratio part = Ratio::of(supply.gpus, std::max<std::int64_t>(supply.gpus_of_node, 1));
    for (const auto& [name, amount] : least) {
        const Ratio value = (amount.value * part);
        const std::string scaled =
            name == "cpu" ? value.to_decimal(3) : std::to_string(value.floor().value_or(0));
        const bool own = supply.gpus == supply.gpus_of_node;
        if (!own && scaled == "0") continue;
        out.allocatable.emplace_back(name, own ? amount.text : scaled);
        if (name == "cpu") out.pool.cpu = value;
        if (name == "memory") out.pool.memory = value;
        if (gpu::is_accelerator_domain(name)) {
            out.comments.push_back(
                "allocatable: " + name +
                " has an accelerator vendor's domain, and the catalog does not know it as one");
        }
    }
    if (supply.gpus != supply.gpus_of_node) {
        out.comments.push_back("allocatable: " + std::to_string(supply.gpus) + " of a node's " +
                               std::to_string(supply.gpus_of_node) +
                               " GPUs are in this pool, and so is that part of its CPU and memory");
    }
    if (differ) out.comments.emplace_back("allocatable: its nodes differ; each amount is the least of them");
    if (!lacking.empty()) {
        const std::vector<std::string> names(lacking.begin(), lacking.end());
        out.comments.push_back("allocatable: not all of its nodes have " + few_of(names) + "; left out");
    }
    if (!out.pool.cpu || !out.pool.memory) {
        out.comments.emplace_back(
            "allocatable: CPU or memory is not known, so that GPU shares alone are compared");
    }
}

/// 535.104.05 before 550.54.15.
bool is_older(std::string_view a, std::string_view b) {
    const std::vector<std::string_view> left = split(a, '.'), right = split(b, '.');
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        const auto x = parse_decimal(left[i]), y = parse_decimal(right[i]);
        if (!x || !y) return a < b;
        if (*x != *y) return *x < *y;
    }
    return left.size() < right.size();
}

void write_driver(const Group& group, DiscoveredPool& out) {
    std::string oldest;
    bool all = true, differ = false;
    for (const NodeFacts* node : group.nodes) {
        all = all && !node->driver.empty();
        if (node->driver.empty()) continue;
        differ = differ || (!oldest.empty() && oldest != node->driver);
        if (oldest.empty() || is_older(node->driver, oldest)) oldest = node->driver;
    }
    if (!all) {
        if (group.supply.sku->vendor != "nvidia") return;
        out.comments.emplace_back(oldest.empty()
                                      ? "driver: no label says it (nvidia.com/cuda.driver-version.full)"
                                      : "driver: not all of its nodes say it; left out");
        return;
    }
    out.pool.driver = oldest;
    if (differ) out.comments.emplace_back("driver: its nodes differ; this is the oldest");
}

void write_memory(const Group& group, DiscoveredPool& out) {
    const Supply& supply = group.supply;
    Pool& pool = out.pool;
    if (supply.sharing.form == Form::Mig) {
        for (const auto& [name, count] : supply.sharing.profiles) {
            if (supply.sku->mig->find(name)->memory_mib || supply.sharing.memory_mib) continue;
            out.comments.push_back(
                "sharing: the catalog knows no memory of " + name +
                (supply.sharing.profiles.size() == 1
                     ? "; write `memory` beside its profiles, or nothing fits on it"
                     : ", and with several profiles a Fleet cannot say it: nothing fits on it"));
        }
        return;
    }
    if (supply.sku->usable_memory_mib()) return;
    if (supply.memory_mib && supply.sharing.form == Form::Whole) {
        pool.memory_mib = supply.memory_mib;
        out.comments.emplace_back(
            "memory: the catalog has none of this GPU; this is what feature discovery says");
        return;
    }
    out.comments.push_back("memory: neither the catalog nor the nodes say what a device has" +
                           (supply.sku->memory_gb_nominal
                                ? " (by its name " + std::to_string(*supply.sku->memory_gb_nominal) + " GB)"
                                : std::string()) +
                           "; write `memory`, or nothing that needs to know moves here");
}

void write_state(const Group& group, DiscoveredPool& out) {
    const auto away = std::count_if(group.nodes.begin(), group.nodes.end(),
                                    [](const NodeFacts* node) { return !node->in_service; });
    if (away > 0) {
        out.comments.push_back("nodes: " + std::to_string(away) +
                               " of them cordoned or not ready now; they count");
    }
    const auto lacking = std::count_if(group.nodes.begin(), group.nodes.end(),
                                       [](const NodeFacts* node) { return node->devices_missing; });
    if (lacking > 0) {
        out.comments.push_back("gpusPerNode: on " + std::to_string(lacking) +
                               " of them some devices are not allocatable now; they count");
    }
    std::set<std::string> passing;
    for (const NodeFacts* node : group.nodes)
        passing.insert(node->passing_taints.begin(), node->passing_taints.end());
    if (passing.empty()) return;
    const std::vector<std::string> names(passing.begin(), passing.end());
    out.comments.push_back("tolerations: taints that pass were left out: " + few_of(names));
}

std::string base_name(const Group& group) {
    std::string name(group.supply.sku->id);
    switch (group.supply.sharing.form) {
        case Form::Whole:
            break;
        case Form::Mig:
            name += "-mig";
            break;
        case Form::TimeSlice:
            name += "-shared";
            break;
        case Form::Mps:
            name += "-mps";
            break;
    }
    return group.nodes.front()->billing == Billing::Spot ? name + "-spot" : name;
}

/// Lower case letters, digits and dashes of a label's value.
std::string as_name(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '-';
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out;
}

/// Names of their own: with the instance type where that tells pools apart, else numbered.
void give_names(const std::vector<const Group*>& groups, std::vector<DiscoveredPool>& pools) {
    std::map<std::string, std::size_t> bases, uses;
    for (const Group* group : groups) ++bases[base_name(*group)];
    std::set<std::string> taken;
    for (std::size_t i = 0; i < pools.size(); ++i) {
        std::string name = base_name(*groups[i]);
        const std::string instance = as_name(groups[i]->nodes.front()->instance);
        if (bases[name] > 1 && !instance.empty()) name += "-" + instance.substr(0, 63);
        std::string own = name;
        while (!taken.insert(own).second) own = name + "-" + std::to_string(++uses[name] + 1);
        pools[i].pool.name = own;
    }
}

DiscoveredPool make_pool(const Group& group, const std::vector<NodeFacts>& nodes) {
    DiscoveredPool out;
    Pool& pool = out.pool;
    const Supply& supply = group.supply;
    const NodeFacts& first = *group.nodes.front();
    std::vector<std::string> names;
    for (const NodeFacts* node : group.nodes) names.push_back(node->name);
    out.nodes = names.size();
    out.comments.push_back(std::to_string(names.size()) + (names.size() == 1 ? " node" : " nodes") +
                           (first.instance.empty() ? "" : " of " + first.instance) + ": " + few_of(names));
    out.comments.insert(out.comments.end(), supply.guesses.begin(), supply.guesses.end());
    out.gpu = supply.gpu;
    pool.sku = supply.sku;
    pool.gpus_per_node = supply.gpus;
    pool.sharing = supply.sharing;
    pool.billing = first.billing;
    pool.tolerations = first.tolerations;
    std::set<std::string> zones;
    for (const NodeFacts* node : group.nodes) zones.insert(node->zone);
    if (!zones.contains("")) pool.zones.assign(zones.begin(), zones.end());
    Reach found = reach(group, others_of(group, nodes));
    pool.node_selector = std::move(found.selector);
    if (!found.also.empty()) {
        out.comments.push_back("nodeSelector: no label tells these nodes from " + few_of(found.also) +
                               ", which hand out " + supply.resource +
                               ", too; give them a label of their own");
    }
    if (pool.node_selector.empty()) out.comments.emplace_back("nodeSelector: no label reaches these nodes");
    // A node's product label follows its form; the offer adds the suffixes by itself.
    const auto product =
        std::find_if(pool.node_selector.begin(), pool.node_selector.end(),
                     [](const auto& each) { return each.first == "nvidia.com/gpu.product"; });
    if (product != pool.node_selector.end())
        pool.product = std::string(gpu::strip_product_suffixes(product->second));
    if (pool.product.empty() && !pool.sku->product_labels.empty())
        pool.product = std::string(pool.sku->product_labels.front());
    write_allocatable(group, out);
    write_driver(group, out);
    write_memory(group, out);
    write_state(group, out);
    if (first.billing_from.empty()) {
        out.billing_comment = first.provider.empty()
                                  ? "machines of your own, it seems: what a pod frees is no cash"
                                  : "no label says how they are paid: OnDemand is assumed; "
                                    "Committed where they are reserved or under a plan";
    } else {
        out.billing_comment = first.billing_from;
    }
    return out;
}

/// Provider and region of most nodes with accelerators.
void find_home(const Groups& groups, Discovery& out) {
    std::map<std::pair<std::string, std::string>, std::size_t> counts;
    for (const auto& [key, group] : groups) {
        if (!group.supply.problem.empty() || group.nodes.front()->provider.empty()) continue;
        counts[{group.nodes.front()->provider, group.nodes.front()->region}] += group.nodes.size();
    }
    std::size_t most = 0;
    for (const auto& [home, count] : counts) {
        if (count <= most) continue;
        most = count;
        out.provider = home.first;
        out.region = home.second;
    }
}

}  // namespace

std::string few_of(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 3;
    const std::size_t shown = std::min(names.size(), kShown);
    std::string out = join({names.data(), shown}, ", ");
    if (names.size() > shown) out += " and " + std::to_string(names.size() - shown) + " more";
    return out;
}

Result<Discovery> discover(std::vector<NodeFacts> nodes) {
    if (nodes.size() > limits::kMaxFleetNodes) {
        return fail("more than " + std::to_string(limits::kMaxFleetNodes) + " nodes; give them in parts");
    }
    std::sort(nodes.begin(), nodes.end(),
              [](const NodeFacts& a, const NodeFacts& b) { return a.name < b.name; });
    Discovery out;
    out.nodes = nodes.size();
    out.without_accelerator = static_cast<std::size_t>(std::count_if(
        nodes.begin(), nodes.end(), [](const NodeFacts& node) { return node.supplies.empty(); }));
    const Groups groups = grouped(nodes);
    find_home(groups, out);
    std::vector<const Group*> written;
    for (const auto& [key, group] : groups) {
        if (group.supply.problem.empty()) {
            written.push_back(&group);
            continue;
        }
        Unwritten& left = out.unwritten.emplace_back(Unwritten{group.supply.problem, {}});
        for (const NodeFacts* node : group.nodes) left.nodes.push_back(node->name);
    }
    if (written.size() > limits::kMaxPools) {
        return fail("the nodes make " + std::to_string(written.size()) + " pools, and a Fleet has at most " +
                    std::to_string(limits::kMaxPools) +
                    "; give part of them, chosen by `kubectl get nodes -l`");
    }
    for (const Group* group : written) out.pools.push_back(make_pool(*group, nodes));
    give_names(written, out.pools);
    for (std::size_t i = 0; i < written.size(); ++i)
        write_price(out.provider, out.region, *written[i], out.pools[i]);
    return out;
}

}  // namespace tollgate::fleet
