// SPDX-License-Identifier: Apache-2.0
#include "engine/plan/feasibility.hpp"

#include "engine/base/quantity.hpp"
#include "engine/fleet/node_labels.hpp"

#include <algorithm>

namespace tollgate::plan {
namespace {

using fleet::Form;
using fleet::Offer;

constexpr std::string_view kHostKey = "kubernetes.io/hostname";

/// One query against one offer. Each check gives Reason::Chosen when it has nothing against the offer.
class Judge {
  public:
    Judge(const Situation& situation, const Offer& offer, std::int64_t count, std::string& detail)
        : at_(situation),
          query_(situation.query),
          offer_(offer),
          pool_(*offer.pool),
          count_(count),
          detail_(detail) {}

    Reason run() {
        using Check = Reason (Judge::*)();
        constexpr Check kChecks[] = {&Judge::movable, &Judge::vendor,    &Judge::billing,   &Judge::isolation,
                                     &Judge::devices, &Judge::host_size, &Judge::features,  &Judge::memory,
                                     &Judge::profile, &Judge::compute,   &Judge::bandwidth, &Judge::selectors,
                                     &Judge::zones};
        for (const Check check : kChecks) {
            const Reason reason = (this->*check)();
            if (reason != Reason::Chosen) return reason;
        }
        return Reason::Chosen;
    }

  private:
    template <class Text>
    Reason no(Reason reason, Text text) {
        if (at_.detailed) detail_ = text();
        return reason;
    }

    Reason movable() {
        const workload::Pod& pod = *query_.pod;
        if (pod.per_node)
            return no(Reason::PinnedToHost, [] { return "a DaemonSet runs on the node it serves"; });
        if (!pod.placement.node_name.empty()) {
            return no(Reason::PinnedToHost, [] { return "the pod has its node already"; });
        }
        if (pod.placement.pinned_to_host || pod.placement.node_selector[kHostKey].exists()) {
            return no(Reason::PinnedToHost, [] { return "the pod is bound to a host name"; });
        }
        if (pod.placement.beside_pods) {
            return no(Reason::BesidePods,
                      [] { return "its podAffinity wants it beside other pods, wherever those run"; });
        }
        return Reason::Chosen;
    }

    Reason vendor() {
        const gpu::Sku& now = *at_.now.pool->sku;
        const gpu::Sku& there = *pool_.sku;
        if (now.vendor != there.vendor) {
            return no(Reason::VendorDiffers, [&] {
                return "runs on " + std::string(now.vendor) + ", this is " + std::string(there.vendor);
            });
        }
        if (now.host_architecture != there.host_architecture) {
            return no(Reason::ArchitectureDiffers, [] {
                return "its nodes have another CPU architecture; whether the image runs there is unknown";
            });
        }
        return Reason::Chosen;
    }

    Reason billing() {
        const fleet::Billing billing = pool_.billing;
        const bool allowed = query_.billing.empty() ? billing == at_.now.pool->billing
                                                    : std::find(query_.billing.begin(), query_.billing.end(),
                                                                billing) != query_.billing.end();
        if (allowed) return Reason::Chosen;
        return no(Reason::BillingNotNamed, [&] {
            return "is billed " + std::string(gpu::to_string(billing)) + "; the rule does not name that";
        });
    }

    Reason isolation() {
        const workload::Isolation weakest =
            std::max(query_.isolation, query_.need->isolation.value_or(workload::Isolation::None));
        if (offer_.isolation < weakest) {
            return no(Reason::IsolationTooWeak, [&] {
                return std::string(apart(offer_.isolation)) + "; isolation " +
                       std::string(workload::to_string(weakest)) + " is asked for";
            });
        }
        if (query_.need->preallocates && offer_.isolation < workload::Isolation::Memory) {
            return no(Reason::NoMemoryIsolation, [&] {
                return query_.need->preallocates_reason.empty()
                           ? std::string("it takes all memory of the device it sees")
                           : query_.need->preallocates_reason;
            });
        }
        return Reason::Chosen;
    }

    /// What keeps the pods of one device apart.
    static std::string_view apart(workload::Isolation isolation) {
        switch (isolation) {
            case workload::Isolation::None:
                return "pods take turns on one GPU, and nothing keeps their memory apart";
            case workload::Isolation::Memory:
                return "pods share one GPU, and only their memory is kept apart";
            case workload::Isolation::Hardware:
                return "the hardware keeps pods apart";
        }
        return "";
    }

    Reason devices() {
        const bool whole = offer_.form == Form::Whole;
        if (!whole && query_.need->communicating_gpus > 1) {
            return no(Reason::NeedsPeerToPeer, [&] {
                return std::to_string(query_.need->communicating_gpus) +
                       " GPUs talk to each other; parts of GPUs cannot";
            });
        }
        const bool replica = offer_.form == Form::TimeSlice || offer_.form == Form::Mps;
        if (replica && count_ > 1) {
            return no(Reason::CountNotPossible,
                      [] { return "more than one replica of a GPU gives no more"; });
        }
        if (count_ < 1 || count_ > offer_.units_per_node) {
            return no(Reason::CountNotPossible, [&] {
                return "needs " + std::to_string(count_) + " on one node, a node has " +
                       std::to_string(offer_.units_per_node);
            });
        }
        return Reason::Chosen;
    }

    Reason host_size() {
        const workload::PodResources& asked = query_.pod->resources;
        if (asked.cpu && pool_.cpu && *asked.cpu > *pool_.cpu) {
            return no(Reason::CpuTooSmall, [&] {
                return "needs " + format_cpu(*asked.cpu) + " CPUs, a node has " + format_cpu(*pool_.cpu);
            });
        }
        if (asked.memory && pool_.memory && *asked.memory > *pool_.memory) {
            return no(Reason::HostMemoryTooSmall, [&] {
                return "needs " + format_bytes(*asked.memory) + " of memory, a node has " +
                       format_bytes(*pool_.memory);
            });
        }
        const auto allocatable = [&](std::string_view name) {
            const auto stated = std::find_if(pool_.other.begin(), pool_.other.end(),
                                             [&](const auto& each) { return each.first == name; });
            return stated == pool_.other.end() ? std::nullopt : std::optional(stated->second);
        };
        // Every node has a disk; a Fleet that does not say how large says nothing against it.
        const std::optional<Ratio> disk = allocatable("ephemeral-storage");
        if (asked.ephemeral_storage && disk && *asked.ephemeral_storage > *disk) {
            return no(Reason::DiskTooSmall, [&] {
                return "needs " + format_bytes(*asked.ephemeral_storage) + " of disk, a node has " +
                       format_bytes(*disk);
            });
        }
        for (const auto& [name, amount] : asked.other) {
            const Ratio has = allocatable(name).value_or(Ratio(0));
            if (amount <= has) continue;
            return no(Reason::OtherResourceMissing, [&has, &wanted = amount, resource = std::string(name)] {
                return "needs " + wanted.to_decimal(3) + " " + resource + ", a node has " + has.to_decimal(3);
            });
        }
        return Reason::Chosen;
    }

    Reason features() {
        const gpu::Sku& sku = *pool_.sku;
        if (query_.need->bf16 && !sku.has_bf16()) {
            return no(Reason::NoBf16, [&] { return std::string(sku.name) + " has no BF16"; });
        }
        if (query_.need->fp8 && !sku.has_fp8()) {
            return no(Reason::NoFp8, [&] { return std::string(sku.name) + " has no FP8"; });
        }
        const std::string_view server = query_.need->bf16_by_default;
        if (!server.empty() && !sku.has_bf16() && at_.now.pool->sku->has_bf16()) {
            return no(Reason::NoBf16, [&] {
                return std::string(sku.name) + " has no BF16, which " + std::string(server) +
                       " may take unless its arguments say --dtype float16";
            });
        }
        return driver();
    }

    /// What the Fleet does not say of a pool's driver is taken to be as where the pod is now.
    Reason driver() {
        if (!query_.need->cuda_major || pool_.driver.empty()) return Reason::Chosen;
        const std::optional<std::int32_t> least = at_.catalog.min_driver(*query_.need->cuda_major);
        const auto has = parse_decimal(std::string_view(pool_.driver).substr(0, pool_.driver.find('.')));
        if (!least || !has || !(*has < Ratio(*least))) return Reason::Chosen;
        return no(Reason::DriverTooOld, [&] {
            return "its image holds CUDA " + std::to_string(*query_.need->cuda_major) +
                   ", which needs driver " + std::to_string(*least) + " or newer; the nodes have " +
                   pool_.driver;
        });
    }

    /// Without a stated need, the need is what the pod has now.
    Reason memory() {
        std::optional<std::int64_t> needed;
        if (query_.need->memory_mib) {
            needed = query_.need->memory_mib->value;
        } else if (query_.need->profile) {
            return Reason::Chosen;  // profile() judges
        } else if (same_device()) {
            return Reason::Chosen;
        } else {
            needed = at_.now.memory_mib;
        }
        return holds(needed);
    }

    bool same_device() const {
        return at_.now.pool->sku == pool_.sku && at_.now.form == offer_.form &&
               at_.now.profile == offer_.profile && at_.now.compute_share <= offer_.compute_share;
    }

    Reason holds(const std::optional<std::int64_t>& needed) {
        if (!offer_.memory_mib || !needed) {
            return no(Reason::MemoryUnknown, [&] {
                return needed ? "needs " + format_mib(*needed) + "; how much it has is not known"
                              : std::string("how much memory it needs is not known");
            });
        }
        if (*needed <= *offer_.memory_mib) return Reason::Chosen;
        return no(Reason::MemoryTooSmall,
                  [&] { return "needs " + format_mib(*needed) + ", has " + format_mib(*offer_.memory_mib); });
    }

    struct ProfileSize {
        std::int64_t slices = 0, gigabytes = 0;
    };

    /// "1g.10gb" -> 1, 10.
    static std::optional<ProfileSize> size_of(std::string_view profile) {
        if (!gpu::is_mig_profile_name(profile)) return std::nullopt;
        const std::size_t slices_end = profile.find("g.");
        const std::size_t dot = profile.substr(0, slices_end).rfind('.');
        const std::size_t slices_begin = dot == std::string_view::npos ? 0 : dot + 1;
        const auto slices = parse_decimal(profile.substr(slices_begin, slices_end - slices_begin));
        const std::string_view rest = profile.substr(slices_end + 2);
        const auto gigabytes = parse_decimal(rest.substr(0, rest.find("gb")));
        if (!slices || !gigabytes) return std::nullopt;
        return ProfileSize{slices->floor().value_or(0), gigabytes->floor().value_or(0)};
    }

    /// MiB that the profile has on some board, the largest; where no source gives it, the name's number.
    std::int64_t memory_of(std::string_view profile, const ProfileSize& size) const {
        std::optional<std::int64_t> most;
        for (const gpu::MigTable& table : at_.catalog.mig_tables()) {
            const gpu::MigProfile* found = table.find(profile);
            if (found == nullptr || !found->memory_mib) continue;
            most = std::max(most.value_or(0), *found->memory_mib);
        }
        return most.value_or(size.gigabytes * 1024);
    }

    Reason profile() {
        if (!query_.need->profile) return Reason::Chosen;
        const std::string& wanted = *query_.need->profile;
        const std::optional<ProfileSize> size = size_of(wanted);
        if (!size) {
            return no(Reason::ProfileTooSmall, [&] { return wanted + " is no MIG profile"; });
        }
        if (offer_.form != Form::Mig) return holds(memory_of(wanted, *size));
        const std::optional<ProfileSize> has = size_of(offer_.profile);
        if (has && has->slices >= size->slices && has->gigabytes >= size->gigabytes) return Reason::Chosen;
        return no(Reason::ProfileTooSmall,
                  [&] { return "needs " + wanted + " or more, is " + offer_.profile; });
    }

    Reason compute() {
        if (!query_.need->compute) return Reason::Chosen;
        const Ratio share = query_.need->compute->value * at_.reference.compute_share;
        const gpu::Sku& asked = *at_.reference.pool->sku;
        const gpu::Sku& there = *pool_.sku;
        if (&asked == &there) {
            if (share <= offer_.compute_share) return Reason::Chosen;
            return no(Reason::ComputeTooSmall, [&] {
                return "needs " + percent(share) + " of the compute of a " + std::string(there.id) +
                       ", has " + percent(offer_.compute_share);
            });
        }
        const auto tflops = [](const gpu::Sku& sku) {
            return sku.is_verified("fp16_tflops_dense") ? sku.fp16_tflops : std::nullopt;
        };
        const std::optional<Ratio> needed = tflops(asked), has = tflops(there);
        if (!needed || !has) {
            return no(Reason::ComputeTooSmall, [&] {
                return "how the compute of " + std::string(there.id) + " compares with " +
                       std::string(asked.id) + " is not known";
            });
        }
        if (share * *needed <= offer_.compute_share * *has) return Reason::Chosen;
        return no(Reason::ComputeTooSmall, [&] {
            return "needs " + (share * *needed).to_decimal(0) + " dense FP16 TFLOPS, has " +
                   (offer_.compute_share * *has).to_decimal(0);
        });
    }

    Reason bandwidth() {
        if (!query_.min_bandwidth) return Reason::Chosen;
        const Ratio share = *query_.min_bandwidth * at_.reference.bandwidth_share;
        if (at_.reference.pool->sku == pool_.sku) {
            if (share <= offer_.bandwidth_share) return Reason::Chosen;
            return no(Reason::BandwidthTooSmall, [&] {
                return "needs " + percent(share) + " of the memory bandwidth, has " +
                       percent(offer_.bandwidth_share);
            });
        }
        if (!at_.reference.bandwidth_gbs || !offer_.bandwidth_gbs) {
            return no(Reason::BandwidthUnknown,
                      [] { return "memory bandwidth is not known well enough to compare"; });
        }
        const Ratio needed = *query_.min_bandwidth * *at_.reference.bandwidth_gbs;
        if (needed <= *offer_.bandwidth_gbs) return Reason::Chosen;
        return no(Reason::BandwidthTooSmall, [&] {
            return "needs " + needed.to_decimal(0) + " GB/s, has " + offer_.bandwidth_gbs->to_decimal(0) +
                   " GB/s";
        });
    }

    Reason selectors() {
        const workload::Placement& placement = query_.pod->placement;
        if (query_.resource_only) return resource_alone();
        const auto rewritten = [&](std::string_view key) {
            return is_rewritten_key(key, at_.now.pool, pool_, at_.catalog);
        };
        if (fleet::nodes_match(offer_, placement, rewritten)) return Reason::Chosen;
        return no(Reason::SelectorMismatch,
                  [&] { return fleet::why_no_match(offer_, placement, rewritten); });
    }

    /// With the selectors as they are, the new name alone must lead here, and nowhere dearer.
    Reason resource_alone() {
        const workload::Placement& placement = query_.pod->placement;
        if (offer_.resource == at_.demand.resource || !fleet::reachable(offer_, placement, offer_.resource)) {
            return no(Reason::SelectorMismatch,
                      [] { return "only the resource name may change here, and that does not lead there"; });
        }
        for (const Offer& other : at_.market.offers) {
            if (&other == &offer_ || !fleet::reachable(other, placement, offer_.resource)) continue;
            if (other.usd_hour && offer_.usd_hour && *other.usd_hour <= *offer_.usd_hour) continue;
            return no(Reason::SelectorMismatch, [&] {
                return "only the resource name may change here, and that could lead to pool " +
                       other.pool->name;
            });
        }
        return Reason::Chosen;
    }

    /// Zones of an offer's nodes; empty: not stated.
    static std::vector<std::string> zones_of(const Offer& offer) {
        return fleet::label_values(offer, fleet::kZoneKey).value_or(std::vector<std::string>{});
    }

    /// A pod that names its zones was judged by its selectors, as far as it is known where these nodes are;
    /// any other stays in the zones it may be in now. A volume may stand in any of those, and then the target
    /// must have nodes in all of them.
    Reason zones() {
        const workload::Placement& placement = query_.pod->placement;
        const std::vector<std::string> there = zones_of(offer_);
        if (fleet::selects_on(placement, fleet::kZoneKey) ||
            fleet::selects_on(placement, fleet::kOldZoneKey)) {
            if (!there.empty()) return Reason::Chosen;
            return no(Reason::ZoneMismatch, [] {
                return "the pod selects its zone, and in which zones these nodes are is not stated";
            });
        }
        const std::vector<std::string> now = zones_of(at_.now);
        if (now.empty() && there.empty()) return Reason::Chosen;  // zones are not told apart here
        if (placement.has_volumes) {
            if (const Reason reason = volumes(now, there); reason != Reason::Chosen) return reason;
        }
        if (now.empty()) return Reason::Chosen;
        if (there.empty())
            return no(Reason::ZoneMismatch, [] { return "in which zones these nodes are is not stated"; });
        for (const std::string& zone : there) {
            if (is_in(zone, now)) continue;
            return no(Reason::ZoneMismatch,
                      [&] { return "has nodes in zone " + zone + ", where the pod is not now"; });
        }
        return Reason::Chosen;
    }

    Reason volumes(const std::vector<std::string>& now, const std::vector<std::string>& there) {
        if (now.empty()) {
            return no(Reason::VolumeZone, [] {
                return "the zones of the pool it is on are not stated, and its volumes may be in any of them";
            });
        }
        for (const std::string& zone : now) {
            if (is_in(zone, there)) continue;
            return no(Reason::VolumeZone, [&] {
                return there.empty() ? "in which zones these nodes are is not stated"
                                     : "these nodes are not in zone " + zone;
            });
        }
        return Reason::Chosen;
    }

    static bool is_in(const std::string& zone, const std::vector<std::string>& zones) {
        return std::find(zones.begin(), zones.end(), zone) != zones.end();
    }

    static std::string percent(const Ratio& share) { return (share * Ratio(100)).to_decimal(0) + "%"; }

    const Situation& at_;
    const Query& query_;
    const Offer& offer_;
    const fleet::Pool& pool_;
    std::int64_t count_;
    std::string& detail_;
};

}  // namespace

Reason feasible(const Situation& situation, const fleet::Offer& offer, std::int64_t count,
                std::string& detail) {
    return Judge(situation, offer, count, detail).run();
}

}  // namespace tollgate::plan
