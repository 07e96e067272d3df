// SPDX-License-Identifier: Apache-2.0
#include "engine/gpu/catalog.hpp"

#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/table.hpp"
#include "engine/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <iostream>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kUnknown = "unknown";

std::string or_unknown(const std::optional<std::int64_t>& value, std::string_view unit = "") {
    return value ? std::to_string(*value) + std::string(unit) : std::string(kUnknown);
}

std::string or_unknown(const std::optional<Ratio>& value) {
    return value ? value->to_decimal(2) : std::string(kUnknown);
}

Json or_null(const std::optional<std::int64_t>& value) {
    return value ? Json(*value) : Json(nullptr);
}

bool price_fits(const gpu::Price& price, const CatalogOptions& options, const gpu::Sku* only) {
    return (options.provider.empty() || price.provider == options.provider) &&
           (options.region.empty() || price.region == options.region) &&
           (only == nullptr || price.gpu == only->id);
}

void print_gpus(const gpu::Catalog& catalog, const gpu::Sku* only, const Terminal& terminal) {
    Table table(
        {"GPU", "NAME", "ARCHITECTURE", "MEMORY", "BANDWIDTH", "FP16 TFLOPS", "MIG", "PRODUCT LABEL"});
    for (const gpu::Sku& sku : catalog.skus()) {
        if (only != nullptr && only != &sku) continue;
        table.add(
            {std::string(sku.id), std::string(sku.name), std::string(sku.architecture),
             or_unknown(sku.usable_memory_mib(), " MiB"), or_unknown(sku.reliable_bandwidth_gbs(), " GB/s"),
             or_unknown(sku.fp16_tflops),
             sku.mig != nullptr ? std::string(sku.mig->name)
                                : (sku.mig_capable ? std::string(kUnknown) : std::string("-")),
             sku.product_labels.empty() ? std::string(kUnknown) : std::string(sku.product_labels.front())});
    }
    terminal.out << terminal.paint(Colour::Bold, "GPUs") << "\n" << table.render() << "\n";
}

void print_mig(const gpu::Catalog& catalog, const gpu::Sku* only, const Terminal& terminal) {
    Table table(
        {"TABLE", "PROFILE", "RESOURCE", "COMPUTE", "MEMORY SLICES", "MEMORY", "AT MOST", "PLACEMENTS"});
    for (const gpu::MigTable& mig : catalog.mig_tables()) {
        if (only != nullptr && only->mig != &mig) continue;
        for (const gpu::MigProfile& profile : mig.profiles) {
            std::vector<std::string> starts;
            for (const std::int32_t start : profile.placement_starts) starts.push_back(std::to_string(start));
            table.add(
                {std::string(mig.name), std::string(profile.name), std::string(profile.resource),
                 std::to_string(profile.compute_slices) + "/" + std::to_string(mig.compute_slices_total),
                 std::to_string(profile.memory_slices) + "/" + std::to_string(mig.memory_slices_total),
                 or_unknown(profile.memory_mib, " MiB"), std::to_string(profile.max_instances),
                 starts.empty() ? std::string(kUnknown) : join(starts, ",")});
        }
    }
    if (table.empty()) return;
    terminal.out << terminal.paint(Colour::Bold, "MIG profiles") << "\n" << table.render() << "\n";
}

void print_prices(const gpu::Catalog& catalog, const CatalogOptions& options, const gpu::Sku* only,
                  const Terminal& terminal) {
    Table table({"PROVIDER", "REGION", "INSTANCE", "GPU", "GPUS", "BILLING", "$/GPU-H", "DATE", "SOURCE"});
    for (const gpu::Price& price : catalog.prices()) {
        if (!price_fits(price, options, only)) continue;
        table.add({std::string(price.provider), std::string(price.region), std::string(price.instance),
                   std::string(price.gpu), price.gpus.to_decimal(3),
                   std::string(gpu::to_string(price.billing)), price.usd_per_gpu_hour.to_decimal(4, 2),
                   std::string(price.date),
                   std::string(price.source) + (price.verified ? "" : " (unverified: decides nothing)")});
    }
    terminal.out << terminal.paint(Colour::Bold, "List prices") << "\n"
                 << (table.empty() ? std::string("none known\n") : table.render());
}

Json gpu_json(const gpu::Sku& sku) {
    Json labels = Json::array();
    for (const std::string_view label : sku.product_labels) labels.push_back(label);
    return {{"id", sku.id},
            {"name", sku.name},
            {"architecture", sku.architecture},
            {"memoryMiB", or_null(sku.usable_memory_mib())},
            {"bandwidthGBs", or_null(sku.reliable_bandwidth_gbs())},
            {"migTable", sku.mig != nullptr ? Json(sku.mig->name) : Json(nullptr)},
            {"migCapable", sku.mig_capable},
            {"productLabels", labels},
            {"resource", sku.resource},
            {"source", sku.source}};
}

Json mig_json(const gpu::MigTable& table) {
    Json profiles = Json::array();
    for (const gpu::MigProfile& profile : table.profiles) {
        profiles.push_back(
            {{"name", profile.name},
             {"resource", profile.resource},
             {"computeSlices", profile.compute_slices},
             {"memorySlices", profile.memory_slices},
             {"memoryMiB", or_null(profile.memory_mib)},
             {"maxInstances", profile.max_instances},
             {"placementStarts", profile.placement_starts.empty()
                                     ? Json(nullptr)
                                     : Json(std::vector<std::int32_t>(profile.placement_starts.begin(),
                                                                      profile.placement_starts.end()))}});
    }
    return {{"name", table.name},
            {"computeSlices", table.compute_slices_total},
            {"memorySlices", table.memory_slices_total},
            {"verified", table.verified},
            {"source", table.source},
            {"profiles", profiles}};
}

Json catalog_json(const gpu::Catalog& catalog, const CatalogOptions& options, const gpu::Sku* only) {
    Json out = {{"asOf", catalog.as_of()},
                {"gpus", Json::array()},
                {"mig", Json::array()},
                {"prices", Json::array()}};
    for (const gpu::Sku& sku : catalog.skus()) {
        if (only == nullptr || only == &sku) out["gpus"].push_back(gpu_json(sku));
    }
    for (const gpu::MigTable& table : catalog.mig_tables()) {
        if (only == nullptr || only->mig == &table) out["mig"].push_back(mig_json(table));
    }
    for (const gpu::Price& price : catalog.prices()) {
        if (!price_fits(price, options, only)) continue;
        out["prices"].push_back({{"provider", price.provider},
                                 {"region", price.region},
                                 {"instance", price.instance},
                                 {"gpu", price.gpu},
                                 {"gpus", price.gpus.to_decimal(3)},
                                 {"billing", gpu::to_string(price.billing)},
                                 {"usdPerGpuHour", price.usd_per_gpu_hour.to_decimal(6, 2)},
                                 {"date", price.date},
                                 {"source", price.source},
                                 {"verified", price.verified}});
    }
    return out;
}

/// What the catalog makes of each pool of a Fleet.
Exit check_fleet(const std::string& file, const Terminal& terminal) {
    const LoadedSnapshot loaded = load_snapshot({{file}, std::nullopt, false}, unix_now_ms());
    terminal.err << render_all(loaded.diagnostics);
    if (loaded.snapshot == nullptr) return Exit::BadInput;
    Table table({"POOL", "GPU", "OFFER", "PER NODE", "MEMORY", "$/H", "PRICE FROM"});
    for (const fleet::Offer& offer : loaded.snapshot->market->offers) {
        table.add({offer.pool->name,
                   offer.pool->sku != nullptr ? std::string(offer.pool->sku->id) : "unknown", offer.resource,
                   std::to_string(offer.units_per_node), or_unknown(offer.memory_mib, " MiB"),
                   offer.usd_hour ? format_usd(*offer.usd_hour) : std::string(kUnknown),
                   offer.pool->price_source.empty() ? std::string(kUnknown) : offer.pool->price_source});
    }
    terminal.out << table.render();
    return Exit::Fine;
}

/// Who types a name need not know how it is spelt; nodes' labels are compared as they are.
const gpu::Sku* find_in_any_case(const gpu::Catalog& catalog, const std::string& wanted) {
    if (const gpu::Sku* sku = catalog.find_sku(wanted); sku != nullptr) return sku;
    for (const std::string_view name : catalog.sku_names()) {
        const bool same =
            std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(), [](char a, char b) {
                return std::tolower(static_cast<unsigned char>(a)) ==
                       std::tolower(static_cast<unsigned char>(b));
            });
        if (same) return catalog.find_sku(name);
    }
    return nullptr;
}

}  // namespace

Exit run_catalog(const CatalogOptions& options, const Terminal& terminal) {
    if (!options.check_file.empty()) return check_fleet(options.check_file, terminal);
    const gpu::Catalog& catalog = gpu::Catalog::builtin();
    const gpu::Sku* only = nullptr;
    if (!options.gpu.empty()) {
        only = find_in_any_case(catalog, options.gpu);
        if (only == nullptr) {
            const std::string_view near = nearest(options.gpu, catalog.sku_names());
            terminal.complain("--gpu: the catalog has no '" + options.gpu + "'" +
                              (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?"));
            return Exit::BadInput;
        }
    }
    if (options.output == "json") {
        terminal.out << catalog_json(catalog, options, only).dump(2) << "\n";
        return Exit::Fine;
    }
    terminal.out << "Catalog of " << catalog.as_of() << "\n\n";
    print_gpus(catalog, only, terminal);
    print_mig(catalog, only, terminal);
    print_prices(catalog, options, only, terminal);
    return Exit::Fine;
}

}  // namespace tollgate::cli
