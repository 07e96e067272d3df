// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/workload.hpp"

#include "engine/workload/amount.hpp"
#include "engine/workload/containers.hpp"

namespace tollgate::workload {

std::string_view to_string(Encoding encoding) {
    switch (encoding) {
        case Encoding::ExtendedResource:
            return "ExtendedResource";
        case Encoding::Mig:
            return "Mig";
        case Encoding::Shared:
            return "Shared";
        case Encoding::VirtualGpu:
            return "VirtualGpu";
        case Encoding::Annotation:
            return "Annotation";
        case Encoding::Claim:
            return "Claim";
        case Encoding::Field:
            return "Field";
        case Encoding::DeviceAccess:
            return "DeviceAccess";
    }
    return "";
}

std::int64_t Pod::devices() const {
    std::int64_t devices = 0;
    bool exact = true;
    for (const PodDemand& total : totals) {
        if (!total.known || total.meaning.cls == gpu::ResourceClass::DeviceAspect) continue;
        devices = saturating_add(devices, total.count, exact);
    }
    return devices;
}

bool Pod::demand_known() const {
    for (const PodDemand& total : totals) {
        if (!total.known) return false;
    }
    return true;
}

std::string container_pointer(const Pod& pod, const Container& container) {
    if (!pod.spec.exists()) return pod.pointer;
    if (container.place.has_value()) return pod.spec_pointer + container.place->pointer;
    if (container.role == ContainerRole::PodLevel) return pod.spec_pointer;
    return pod.spec_pointer + "/" + std::string(list_of(container.role)) + "/" +
           std::to_string(container.index);
}

std::string container_field(const Pod& pod, const Container& container) {
    if (!pod.spec.exists()) return pod.field;
    std::string field = pod.field;
    if (pod.path != nullptr && pod.path->shape == Shape::PodTemplate) field += ".spec";
    if (container.role == ContainerRole::PodLevel) return field;
    if (container.place.has_value()) return field + container.place->field;
    field += '.';
    field += list_of(container.role);
    field += '[';
    field += std::to_string(container.index);
    field += ']';
    return field;
}

std::string resources_pointer(const Pod& pod, const Container& container) {
    const bool is_resources = pod.path != nullptr && pod.path->shape == Shape::Resources;
    return is_resources ? pod.pointer : container_pointer(pod, container) + "/resources";
}

std::string resources_field(const Pod& pod, const Container& container) {
    const bool is_resources = pod.path != nullptr && pod.path->shape == Shape::Resources;
    return is_resources ? pod.field : container_field(pod, container) + ".resources";
}

Gvk parse_gvk(std::string_view api_version, std::string_view kind) {
    const std::size_t slash = api_version.find('/');
    if (slash == std::string_view::npos) return {.group = {}, .version = api_version, .kind = kind};
    return {.group = api_version.substr(0, slash), .version = api_version.substr(slash + 1), .kind = kind};
}

void classify_by_root(Workload& workload, const KindSpec& root) {
    if (root.cls == Class::Unclassified) return;
    if ((workload.interactive || workload.trains) && root.cls != Class::Training) return;
    workload.cls = root.cls;
    workload.cls_reason = "owned by kind " + root.kind;
}

}  // namespace tollgate::workload
