// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/demand.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/ratio.hpp"
#include "engine/workload/amount.hpp"
#include "engine/workload/containers.hpp"
#include "engine/workload/totals.hpp"
#include "engine/workload/walk.hpp"

#include <algorithm>
#include <optional>

namespace tollgate::workload {
namespace {

/// KEP-5004: a device class can be asked for as if it were an extended resource.
constexpr std::string_view kDeviceClassPrefix = "deviceclass.resource.kubernetes.io/";

Encoding encoding_of(gpu::ResourceClass cls) {
    switch (cls) {
        case gpu::ResourceClass::Mig:
            return Encoding::Mig;
        case gpu::ResourceClass::SharedGpu:
            return Encoding::Shared;
        case gpu::ResourceClass::VirtualGpu:
        case gpu::ResourceClass::DeviceAspect:
            return Encoding::VirtualGpu;
        case gpu::ResourceClass::WholeGpu:
        case gpu::ResourceClass::OtherAccelerator:
        case gpu::ResourceClass::NotAccelerator:
            return Encoding::ExtendedResource;
    }
    return Encoding::ExtendedResource;
}

std::string too_many(std::size_t limit, std::string_view what) {
    return "a pod asks for more than " + std::to_string(limit) + " " + std::string(what);
}

class Reader {
  public:
    explicit Reader(Pod& pod) : pod_(pod) {}

    std::string read() {
        if (pod_.path->shape == Shape::Devices) {
            read_device_fields();
            if (failure_.empty()) totals_.finish(pod_, {});
            return std::move(failure_);
        }
        read_claims();
        read_annotations();
        for (std::uint32_t i = 0; i < pod_.containers.size(); ++i) read_container(i);
        if (failure_.empty()) totals_.finish(pod_, pod_.spec["overhead"]);
        return std::move(failure_);
    }

  private:
    void read_container(std::uint32_t index) {
        const json::Node resources = pod_.containers[index].resources;
        if (!resources.is_object()) return;
        const json::Node limits = resources["limits"];
        const json::Node requests = resources["requests"];
        for (const auto [name, amount] : limits.members()) {
            read_resource(index, name, amount, requests[name]);
            if (!failure_.empty()) return;
        }
        for (const auto [name, amount] : requests.members()) {
            if (!limits[name].exists()) read_resource(index, name, {}, amount);
            if (!failure_.empty()) return;
        }
    }

    void read_resource(std::uint32_t index, std::string_view name, json::Node limit, json::Node request) {
        const ContainerRole role = pod_.containers[index].role;
        gpu::ResourceMeaning meaning;
        switch (role_of(name, meaning)) {
            case ResourceRole::Cpu:
                return read_schedulable(limit, request, [&](bool is_limit, const Ratio& amount) {
                    totals_.add_cpu(role, is_limit, amount);
                });
            case ResourceRole::Memory:
                return read_schedulable(limit, request, [&](bool is_limit, const Ratio& amount) {
                    totals_.add_memory(role, is_limit, amount);
                });
            case ResourceRole::Accelerator:
                return read_devices(index, name, meaning, limit, request);
            case ResourceRole::UnknownAccelerator:
                return read_unknown(index, name, limit, request);
            case ResourceRole::Other:
                return read_other(role, name, limit, request);
            case ResourceRole::EphemeralStorage:
                return read_schedulable(limit, request, [&](bool is_limit, const Ratio& amount) {
                    totals_.add_ephemeral_storage(role, is_limit, amount);
                });
            case ResourceRole::Ignored:
                return;
        }
    }

    /// CPU and memory: what the scheduler sees is the request, and the limit where no request is given. At
    /// the pod level both are kept, because a limit counts there only when no container asks.
    template <class Add>
    void read_schedulable(json::Node limit, json::Node request, Add add) {
        const bool is_limit = !request.exists();
        const std::optional<Ratio> amount = read_amount(is_limit ? limit : request);
        if (!amount.has_value()) {
            totals_.mark_unreadable();
        } else {
            add(is_limit, *amount);
        }
    }

    void read_other(ContainerRole role, std::string_view name, json::Node limit, json::Node request) {
        const bool is_limit = limit.exists();
        const std::optional<Ratio> amount = read_amount(is_limit ? limit : request);
        if (!amount.has_value()) {
            totals_.mark_unreadable();
        } else if (!totals_.add_other(role, name, is_limit, *amount)) {
            failure_ = too_many(limits::kMaxResourcesPerPod, "different resources");
        }
    }

    void read_unknown(std::uint32_t index, std::string_view name, json::Node limit, json::Node request) {
        const Count count = read_count(limit.exists() ? limit : request);
        if (count.known && count.value == 0) return;
        if (pod_.unknown_accelerators.size() == limits::kMaxDemandsPerPod) {
            failure_ = too_many(limits::kMaxDemandsPerPod, "unknown accelerators");
            return;
        }
        pod_.unknown_accelerators.push_back({.resource = name, .container = index});
        read_other(pod_.containers[index].role, name, limit, request);
    }

    /// The limit counts before the request: extended resources cannot be overcommitted, and the API server
    /// refuses a pod where the two differ.
    void read_devices(std::uint32_t index, std::string_view name, const gpu::ResourceMeaning& meaning,
                      json::Node limit, json::Node request) {
        Count count = read_count(limit.exists() ? limit : request);
        if (count.known && count.value == 0) return;
        Demand demand;
        demand.encoding = pod_.path->shape == Shape::Devices ? Encoding::Field : encoding_of(meaning.cls);
        demand.cls = meaning.cls;
        demand.resource = name;
        demand.count = count.value;
        demand.in_limits = limit.exists();
        demand.in_requests = request.exists();
        demand.container = index;
        demand.known = count.known;
        demand.why_unknown = std::move(count.why);
        add(std::move(demand), meaning);
    }

    void add(Demand demand, const gpu::ResourceMeaning& meaning) {
        if (!failure_.empty()) return;
        if (pod_.demands.size() == limits::kMaxDemandsPerPod) {
            failure_ = too_many(limits::kMaxDemandsPerPod, "accelerators");
            return;
        }
        if (!totals_.add_device(pod_.containers[demand.container].role, demand, meaning)) {
            failure_ = too_many(limits::kMaxResourcesPerPod, "different accelerators");
            return;
        }
        pod_.demands.push_back(std::move(demand));
    }

    /// A count in a field of its own, with the resource's name beside it. What names no resource that a
    /// device plugin could have is unknown, not nothing.
    void read_device_fields() {
        const DeviceFields& fields = *pod_.path->devices;
        const json::Node place = pod_.containers.front().resources;
        const Trail none;
        bool bound = true;
        const json::Node count = follow(place, fields.count, none, bound);
        std::string_view name = fields.otherwise;
        if (fields.name.has_value()) {
            const json::Node named = follow(place, *fields.name, none, bound);
            if (!named.string().empty()) name = named.string();
        }
        if (name.find('/') != std::string_view::npos) return read_resource(0, name, count, {});
        const Count asked = read_count(count);
        if (asked.known && asked.value == 0) return;
        Demand demand;
        demand.encoding = Encoding::Field;
        demand.resource = name.empty() ? std::string_view(fields.count.text) : name;
        demand.count = asked.value;
        demand.in_limits = true;
        demand.known = false;
        demand.why_unknown = "it asks for devices by a count, and no resource is named";
        gpu::ResourceMeaning meaning;
        meaning.cls = gpu::ResourceClass::WholeGpu;
        add(std::move(demand), meaning);
    }

    void add_claim(std::string_view name, std::uint32_t container) {
        Demand demand;
        demand.encoding = Encoding::Claim;
        demand.cls = gpu::ResourceClass::OtherAccelerator;
        demand.resource = name;
        demand.container = container;
        demand.known = false;
        demand.why_unknown =
            "it asks through ResourceClaim '" + std::string(name) + "', which this version does not resolve";
        gpu::ResourceMeaning meaning;
        meaning.cls = gpu::ResourceClass::OtherAccelerator;
        add(std::move(demand), meaning);
    }

    /// A claim of the pod holds its devices whether or not a container refers to it.
    void read_claims() {
        const json::Node declared = pod_.spec["resourceClaims"];
        const std::size_t count = declared.is_array() ? declared.size() : 0;
        if (count > limits::kMaxResourcesPerPod) {
            failure_ = too_many(limits::kMaxResourcesPerPod, "ResourceClaims");
            return;
        }
        std::vector<bool> referenced(count, false);
        for (std::uint32_t i = 0; i < pod_.containers.size(); ++i) {
            for (const json::Node claim : pod_.containers[i].resources["claims"].elements()) {
                const std::string_view name = claim["name"].string();
                for (std::size_t k = 0; k < count; ++k) {
                    if (declared[k]["name"].string() == name) referenced[k] = true;
                }
                add_claim(name, i);
                if (!failure_.empty()) return;
            }
        }
        for (std::size_t k = 0; k < count; ++k) {
            if (!referenced[k]) add_claim(declared[k]["name"].string(), pod_level(pod_));
        }
        read_named_claims();
    }

    /// Claims in a list of the kind's own, which no container refers to.
    void read_named_claims() {
        if (!pod_.path->claims.has_value()) return;
        const Trail none;
        bool bound = true;
        const json::Node claims = follow(pod_.spec, *pod_.path->claims, none, bound);
        if (claims.is_array() && claims.size() > limits::kMaxResourcesPerPod) {
            failure_ = too_many(limits::kMaxResourcesPerPod, "ResourceClaims");
            return;
        }
        for (const json::Node claim : claims.elements()) {
            std::string_view name = pod_.path->claims->text;
            for (const std::string_view key : {"name", "resourceClaimName", "resourceClaimTemplateName"})
                if (!claim[key].string().empty()) name = claim[key].string();
            add_claim(name, pod_level(pod_));
        }
    }

    /// KAI and Run:ai: a share, or MiB, of each of so many devices, for one container.
    void read_annotations() {
        const json::Node annotations = pod_.annotations();
        const json::Node fraction = annotations["gpu-fraction"];
        const json::Node memory = annotations["gpu-memory"];
        if (!fraction.exists() && !memory.exists()) return;
        Demand demand;
        demand.encoding = Encoding::Annotation;
        demand.cls = gpu::ResourceClass::VirtualGpu;
        demand.resource = fraction.exists() ? "gpu-fraction" : "gpu-memory";
        demand.container = annotated_container(annotations["gpu-fraction-container-name"].string());
        demand.count = 1;
        const auto unreadable = [&](std::string_view why) {
            demand.known = false;
            demand.why_unknown = why;
        };
        if (const json::Node devices = annotations["gpu-fraction-num-devices"]; devices.exists()) {
            const Count count = read_count(devices);
            demand.count = count.value;
            if (!count.known || count.value == 0)
                unreadable("gpu-fraction-num-devices is not a positive number");
        }
        if (fraction.exists()) {
            demand.share = parse_decimal(fraction.text());
            if (!demand.share.has_value() || !(*demand.share > Ratio(0)) || !(*demand.share < Ratio(1))) {
                demand.share.reset();
                unreadable("gpu-fraction is not a number above 0 and below 1");
            }
        }
        if (memory.exists()) {
            const Count mib = read_count(memory);
            if (mib.known && mib.value > 0) {
                demand.memory_mib = mib.value;
            } else {
                unreadable("gpu-memory is not a positive number of MiB");
            }
        }
        gpu::ResourceMeaning meaning;
        meaning.cls = gpu::ResourceClass::VirtualGpu;
        meaning.vendor = "nvidia";
        meaning.shared = true;
        add(std::move(demand), meaning);
    }

    std::uint32_t annotated_container(std::string_view name) {
        std::optional<std::uint32_t> first;
        for (std::uint32_t i = 0; i < pod_.containers.size(); ++i) {
            const Container& container = pod_.containers[i];
            if (!name.empty() && container.name == name) return i;
            if (container.role == ContainerRole::Main && !first.has_value()) first = i;
        }
        return first.has_value() ? *first : pod_level(pod_);
    }

    Pod& pod_;
    Totals totals_;
    std::string failure_;
};

}  // namespace

ResourceRole role_of(std::string_view resource, gpu::ResourceMeaning& meaning) {
    if (resource == "cpu") return ResourceRole::Cpu;
    if (resource == "memory") return ResourceRole::Memory;
    if (resource == "ephemeral-storage") return ResourceRole::EphemeralStorage;
    if (resource.find('/') == std::string_view::npos) {
        return resource.starts_with("hugepages-") ? ResourceRole::Other : ResourceRole::Ignored;
    }
    meaning = gpu::classify_resource(resource);
    if (meaning.is_accelerator()) return ResourceRole::Accelerator;
    if (gpu::is_accelerator_domain(resource) || resource.starts_with(kDeviceClassPrefix)) {
        return ResourceRole::UnknownAccelerator;
    }
    return ResourceRole::Other;
}

std::string read_demands(Pod& pod) {
    return Reader(pod).read();
}

}  // namespace tollgate::workload
