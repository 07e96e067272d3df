// SPDX-License-Identifier: Apache-2.0
#include "engine/gpu/catalog.hpp"
#include "engine/gpu/catalog_data.hpp"

#include <algorithm>

namespace tollgate::gpu {
namespace {

constexpr std::string_view kMigPrefix = "nvidia.com/mig-";
constexpr std::string_view kSlicerPrefix = "mig.das.com/";
constexpr std::string_view kSharedSuffix = ".shared";

/// Removes a run of one to four digits and the text after it; false when that is not what stands there.
bool take_number(std::string_view& text, std::string_view unit) {
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 4 || !text.substr(digits).starts_with(unit)) return false;
    text.remove_prefix(digits + unit.size());
    return true;
}

ResourceMeaning mig_meaning(std::string_view profile, std::string_view vendor) {
    ResourceMeaning meaning;
    meaning.shared = profile.ends_with(kSharedSuffix);
    if (meaning.shared) profile.remove_suffix(kSharedSuffix.size());
    if (!is_mig_profile_name(profile)) return {};
    meaning.cls = ResourceClass::Mig;
    meaning.vendor = vendor;
    meaning.mig_profile = profile;
    return meaning;
}

}  // namespace

std::string_view to_string(ResourceClass cls) {
    switch (cls) {
        case ResourceClass::WholeGpu:
            return "WholeGpu";
        case ResourceClass::SharedGpu:
            return "SharedGpu";
        case ResourceClass::Mig:
            return "Mig";
        case ResourceClass::VirtualGpu:
            return "VirtualGpu";
        case ResourceClass::DeviceAspect:
            return "DeviceAspect";
        case ResourceClass::OtherAccelerator:
            return "OtherAccelerator";
        case ResourceClass::NotAccelerator:
            return "NotAccelerator";
    }
    return "";
}

bool is_mig_profile_name(std::string_view text) {
    std::string_view rest = text;
    if (!take_number(rest, "c.")) rest = text;  // compute instances: 1c.3g.40gb
    if (!take_number(rest, "g.") || !take_number(rest, "gb")) return false;
    // "+" is what the driver prints, "." what a resource name has, nothing what a product label has.
    for (const std::string_view suffix :
         {"", "+me", ".me", "me", "+me.all", ".me.all", "me.all", "+gfx", ".gfx", "gfx", "-me"}) {
        if (rest == suffix) return true;
    }
    return false;
}

std::string_view strip_product_suffixes(std::string_view product) {
    constexpr std::string_view kShared = "-SHARED";
    constexpr std::string_view kMig = "-MIG-";
    if (product.ends_with(kShared)) product.remove_suffix(kShared.size());
    const std::size_t mig = product.rfind(kMig);
    if (mig == std::string_view::npos) return product;
    const std::string_view profile = product.substr(mig + kMig.size());
    return is_mig_profile_name(profile) || profile == "INVALID" ? product.substr(0, mig) : product;
}

ResourceMeaning classify_resource(std::string_view resource_name) {
    for (const ResourceFact& fact : data::resources()) {
        if (fact.name != resource_name) continue;
        ResourceMeaning meaning;
        meaning.cls = fact.cls;
        meaning.vendor = fact.vendor;
        meaning.shared = fact.cls == ResourceClass::SharedGpu;
        return meaning;
    }
    if (resource_name.starts_with(kMigPrefix)) {
        return mig_meaning(resource_name.substr(kMigPrefix.size()), "nvidia");
    }
    if (resource_name.starts_with(kSlicerPrefix)) {
        std::string_view profile = resource_name.substr(kSlicerPrefix.size());
        if (profile.starts_with("mig-")) profile.remove_prefix(4);
        return mig_meaning(profile, "instaslice");
    }
    return {};
}

bool is_accelerator_domain(std::string_view resource_name) {
    const std::size_t slash = resource_name.find('/');
    if (slash == std::string_view::npos) return false;
    const std::string_view domain = resource_name.substr(0, slash);
    const auto domains = data::accelerator_domains();
    return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

}  // namespace tollgate::gpu
