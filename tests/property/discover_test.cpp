// SPDX-License-Identifier: Apache-2.0
// A random Fleet, its nodes as Kubernetes and NVIDIA's feature discovery would describe them, and the Fleet
// that is discovered from these: both offer the same, at the same price.
#include "cli/fleet_text.hpp"
#include "engine/base/quantity.hpp"
#include "policies/load.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace tollgate;
using fleet::Form;
using fleet::MigStrategy;
using fleet::Pool;

namespace {

constexpr std::int64_t kNow = 1'795'305'600'000;  // 2026-11-22T00:00:00Z

class World {
  public:
    World(std::uint32_t seed, bool cloud) : random_(seed), cloud_(cloud) {
        for (const gpu::Sku& sku : gpu::Catalog::builtin().skus()) {
            if (sku.vendor == "nvidia" && !sku.product_labels.empty()) skus_.push_back(&sku);
        }
        std::shuffle(skus_.begin(), skus_.end(), random_);
        const int count = pick(1, 5);
        for (int i = 0; i < count; ++i) pools.push_back(random_pool(*skus_[static_cast<std::size_t>(i)]));
    }

    std::string nodes() {
        std::vector<std::string> items;
        for (const Pool& pool : pools) {
            for (std::int64_t i = 0; i < pool.min_nodes; ++i) {
                items.push_back(node(pool, pool.name + "-" + std::to_string(i),
                                     pool.zones[static_cast<std::size_t>(i) % pool.zones.size()]));
            }
        }
        std::shuffle(items.begin(), items.end(), random_);
        std::string out = R"({"apiVersion":"v1","kind":"NodeList","items":[)";
        for (const std::string& item : items) out += (out.back() == '[' ? "" : ",") + item;
        return out + "]}";
    }

    std::vector<Pool> pools;

  private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool chance(int of) { return pick(1, of) == 1; }

    Pool random_pool(const gpu::Sku& sku) {
        Pool pool;
        pool.name = std::string(sku.id);
        pool.sku = &sku;
        pool.product = std::string(sku.product_labels[static_cast<std::size_t>(
            pick(0, static_cast<int>(sku.product_labels.size()) - 1))]);
        pool.gpus_per_node = std::int64_t{1} << pick(0, 3);
        pool.cpu = Ratio(pick(4, 192));
        pool.memory = Ratio(pick(16, 2000)) * Ratio(std::int64_t{1} << 30);
        pool.zones = chance(2) ? std::vector<std::string>{"us-east-1a"}
                               : std::vector<std::string>{"us-east-1a", "us-east-1c"};
        pool.min_nodes = static_cast<std::int64_t>(pool.zones.size()) + pick(0, 2);
        pool.billing = !cloud_     ? gpu::Billing::Committed
                       : chance(3) ? gpu::Billing::Spot
                                   : gpu::Billing::OnDemand;
        pool.driver = std::to_string(pick(570, 580)) + "." + std::to_string(pick(100, 200)) + ".08";
        if (chance(2)) pool.tolerations = {{"nvidia.com/gpu", "Equal", "true", "NoSchedule"}};
        pool.sharing = random_sharing(sku);
        return pool;
    }

    fleet::Sharing random_sharing(const gpu::Sku& sku) {
        fleet::Sharing out;
        if (sku.mig != nullptr && chance(2)) {
            out.form = Form::Mig;
            out.mig_strategy = chance(2) ? MigStrategy::Single : MigStrategy::Mixed;
            out.profiles = random_layout(*sku.mig, out.mig_strategy == MigStrategy::Single);
        } else if (chance(2)) {
            out.form = chance(2) ? Form::TimeSlice : Form::Mps;
            out.replicas = pick(2, 48);
            out.renamed = chance(2);
        }
        return out;
    }

    gpu::MigLayout random_layout(const gpu::MigTable& table, bool single) {
        for (;;) {
            gpu::MigLayout layout;
            const int kinds = single ? 1 : pick(1, 2);
            for (int i = 0; i < kinds; ++i) {
                const auto& profile = table.profiles[static_cast<std::size_t>(
                    pick(0, static_cast<int>(table.profiles.size()) - 1))];
                const int most = profile.max_instances;
                // Under `single` nothing but the largest number is told apart without a count of the GPUs.
                layout.emplace_back(std::string(profile.name), single && !cloud_ ? most : pick(1, most));
            }
            if (layout.size() == 2 && layout[0].first == layout[1].first) continue;
            std::sort(layout.begin(), layout.end());
            if (gpu::check_layout(table, layout).fits) return layout;
        }
    }

    std::string node(const Pool& pool, const std::string& name, const std::string& zone) {
        std::vector<std::pair<std::string, std::string>> labels{
            {"topology.kubernetes.io/zone", zone},
            {"topology.kubernetes.io/region", "us-east-1"},
            {"kubernetes.io/hostname", name},
            {"nvidia.com/cuda.driver-version.full", pool.driver},
            {"nvidia.com/gpu.count", std::to_string(pool.gpus_per_node)}};
        if (cloud_) {
            labels.emplace_back("karpenter.sh/capacity-type",
                                pool.billing == gpu::Billing::Spot ? "spot" : "on-demand");
            labels.emplace_back("karpenter.k8s.aws/instance-gpu-count", std::to_string(pool.gpus_per_node));
        }
        std::vector<std::pair<std::string, std::string>> resources{{"cpu", format_cpu(*pool.cpu)},
                                                                   {"memory", format_bytes(*pool.memory)}};
        std::string product = pool.product;
        describe(pool, labels, resources, product);
        labels.emplace_back("nvidia.com/gpu.product", product);
        std::string out = R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name +
                          R"(","labels":)" + object(labels) + R"(},"spec":{)";
        if (cloud_) out += R"("providerID":"aws:///)" + zone + "/i-" + name + "\"";
        if (!pool.tolerations.empty()) {
            out += std::string(cloud_ ? "," : "") +
                   R"("taints":[{"key":"nvidia.com/gpu","value":"true","effect":"NoSchedule"}])";
        }
        return out + R"(},"status":{"allocatable":)" + object(resources) + "}}";
    }

    /// As the device plugin and feature discovery describe each form.
    static void describe(const Pool& pool, std::vector<std::pair<std::string, std::string>>& labels,
                         std::vector<std::pair<std::string, std::string>>& resources, std::string& product) {
        const fleet::Sharing& sharing = pool.sharing;
        std::int64_t units = pool.gpus_per_node;
        if (sharing.form == Form::Mig && sharing.mig_strategy == MigStrategy::Mixed) {
            labels.emplace_back("nvidia.com/mig.strategy", "mixed");
            for (const auto& [name, count] : sharing.profiles) {
                const auto* profile = pool.sku->mig->find(name);
                resources.emplace_back(std::string(profile->resource),
                                       std::to_string(count * pool.gpus_per_node));
            }
            return;
        }
        if (sharing.form == Form::Mig) {
            const auto& [name, count] = sharing.profiles.front();
            units *= count;
            labels.emplace_back("nvidia.com/mig.strategy", "single");
            std::string bare = name;
            std::erase(bare, '+');
            product += "-MIG-" + bare;
            std::erase_if(labels, [](const auto& each) { return each.first == "nvidia.com/gpu.count"; });
            labels.emplace_back("nvidia.com/gpu.count", std::to_string(units));
        } else if (sharing.form != Form::Whole) {
            units *= sharing.replicas;
            labels.emplace_back("nvidia.com/gpu.replicas", std::to_string(sharing.replicas));
            labels.emplace_back("nvidia.com/gpu.sharing-strategy",
                                sharing.form == Form::Mps ? "mps" : "time-slicing");
            if (!sharing.renamed) product += "-SHARED";
        }
        resources.emplace_back(sharing.renamed ? "nvidia.com/gpu.shared" : "nvidia.com/gpu",
                               std::to_string(units));
    }

    static std::string object(const std::vector<std::pair<std::string, std::string>>& members) {
        std::string out = "{";
        for (const auto& [key, value] : members)
            out += (out.size() > 1 ? ",\"" : "\"") + key + "\":\"" + value + "\"";
        return out + "}";
    }

    std::mt19937 random_;
    bool cloud_;
    std::vector<const gpu::Sku*> skus_;
};

std::string offer_text(const fleet::Offer& offer) {
    const Pool& pool = *offer.pool;
    std::string out =
        std::string(pool.sku->id) + " " + std::string(to_string(offer.form)) + " " + offer.resource + " " +
        offer.product + " " + offer.profile + " share " + offer.gpu_share.to_string() + " compute " +
        offer.compute_share.to_string() + " bandwidth " + offer.bandwidth_share.to_string() + " memory " +
        (offer.memory_mib ? std::to_string(*offer.memory_mib) : "?") + " isolation " +
        std::to_string(static_cast<int>(offer.isolation)) + " units " + std::to_string(offer.units_per_node) +
        " $ " + (offer.usd_hour ? offer.usd_hour->usd.to_string() : "?") + " cpu " +
        pool.cpu.value_or(Ratio()).to_string() + " mem " + pool.memory.value_or(Ratio()).to_string() + " " +
        std::string(gpu::to_string(pool.billing)) + " driver " + pool.driver + " zones";
    for (const std::string& zone : pool.zones) out += " " + zone;
    for (const fleet::Toleration& each : pool.tolerations)
        out += " tolerates " + each.key + each.op + each.value + each.effect;
    return out;
}

std::vector<std::string> texts(const fleet::Market& market) {
    std::vector<std::string> out;
    for (const fleet::Offer& offer : market.offers) out.push_back(offer_text(offer));
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_CASE("the Fleet discovered from a Fleet's nodes offers the same") {
    std::size_t offers = 0, priced = 0;
    for (std::uint32_t seed = 0; seed < 600; ++seed) {
        INFO("seed " << seed);
        const bool cloud = seed % 2 == 0;
        World world(seed, cloud);
        const auto dump = json::parse(world.nodes());
        REQUIRE(dump.has_value());
        std::vector<fleet::NodeFacts> nodes;
        for (const json::Node item : dump->root()["items"].elements()) {
            auto node = fleet::read_node(item, "item");
            REQUIRE(node.has_value());
            nodes.push_back(std::move(*node));
        }
        const auto found = fleet::discover(std::move(nodes));
        REQUIRE(found.has_value());
        CHECK(found->unwritten.empty());
        const std::string written = cli::fleet_text(*found, "");
        INFO(written);
        const auto loaded = policies::load_sources({{"fleet.yaml", written}}, {kNow, ""});
        std::string said;
        for (const Diagnostic& diagnostic : loaded.diagnostics) said += render(diagnostic);
        INFO(said);
        REQUIRE(loaded.ok());
        const fleet::Market wanted = fleet::compile("wanted", cloud ? "aws" : "", cloud ? "us-east-1" : "",
                                                    world.pools, gpu::Catalog::builtin());
        CHECK(texts(loaded.market) == texts(wanted));
        offers += wanted.offers.size();
        for (const fleet::Offer& offer : wanted.offers) priced += offer.usd_hour ? 1U : 0U;
    }
    CHECK(offers > 1000);
    CHECK(priced > 100);
}
