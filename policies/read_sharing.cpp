// SPDX-License-Identifier: Apache-2.0
// How a pool's GPUs are shared: MIG (with placements checked), time-slices, MPS.
#include "engine/base/text.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>
#include <cstdint>

namespace tollgate::policies {
namespace {

using fleet::Form;
using fleet::MigStrategy;
using fleet::Sharing;

constexpr Choice<MigStrategy> kStrategies[] = {{"Single", MigStrategy::Single},
                                               {"Mixed", MigStrategy::Mixed}};
constexpr std::int64_t kMaxInstances = 64;
constexpr std::int64_t kMaxReplicas = 1024;
constexpr std::int64_t kMaxMpsClients = 48;  // per device, since Volta (NVIDIA MPS documentation)

std::vector<std::string_view> profile_names(const gpu::MigTable& table) {
    std::vector<std::string_view> out;
    for (const gpu::MigProfile& profile : table.profiles) out.push_back(profile.name);
    return out;
}

std::string listed(const std::vector<std::string_view>& names) {
    const std::vector<std::string> texts(names.begin(), names.end());
    return join(texts, ", ");
}

void read_profiles(Fields& mig, const gpu::MigTable* table, Sharing& out) {
    Scope& scope = mig.scope();
    const json::Node node = mig.need("profiles", "instances per GPU, as in {1g.10gb: 7}");
    const std::string path = mig.path_of("profiles");
    read_map(
        scope, node, path, "counts", [&](std::string_view key, json::Node value, const std::string& where) {
            const auto count = read_integer(scope, value, where, 1, kMaxInstances);
            const gpu::MigProfile* profile = table == nullptr ? nullptr : table->find(key);
            if (table != nullptr && profile == nullptr) {
                const std::vector<std::string_view> names = profile_names(*table);
                const std::string_view right = nearest(key, names);
                scope.error_at_key(
                    DocCode::UnknownProfile, value,
                    path + ": this GPU has no MIG profile '" + std::string(key) + "'",
                    right.empty() ? "it has " + listed(names) : "did you mean '" + std::string(right) + "'?");
            }
            if (!count || profile == nullptr) return;
            out.profiles.emplace_back(std::string(profile->name), static_cast<std::int32_t>(*count));
        });
    if (node.is_object() && node.size() == 0) {
        scope.error_at_key(DocCode::OutOfRange, node, path + ": no instances", "as in {1g.10gb: 7}");
    }
    if (out.mig_strategy == MigStrategy::Single && node.size() > 1) {
        scope.error_at_key(
            DocCode::Contradiction, node,
            path + ": strategy Single has one profile on all GPUs, this has " + std::to_string(node.size()),
            "use strategy Mixed");
    }
    if (table == nullptr || out.profiles.empty() || out.profiles.size() != node.size()) return;
    const gpu::LayoutCheck check = gpu::check_layout(*table, out.profiles);
    if (!check.fits) {
        scope.error_at_key(DocCode::LayoutDoesNotFit, node, path + " does not fit a GPU: " + check.reason,
                           check.suggestion_text.empty() ? "" : "this fits: " + check.suggestion_text);
    } else if (!check.reason.empty()) {
        scope.warning(DocCode::UnverifiedGeometry, node, path + ": " + check.reason);
    }
}

Sharing read_mig(Scope& scope, json::Node node, const std::string& path, const gpu::Sku* sku) {
    Sharing out;
    out.form = Form::Mig;
    Fields mig(scope, node, path);
    assign(out.mig_strategy,
           read_enum<MigStrategy>(scope, mig.get("strategy"), mig.path_of("strategy"), kStrategies));
    if (sku != nullptr && sku->mig == nullptr) {
        scope.error_at_key(
            DocCode::Contradiction, node,
            path + ": " + std::string(sku->name) +
                (sku->mig_capable ? " has MIG, but its geometry is not known" : " cannot be cut by MIG"),
            "use timeSlicing or mps, or leave sharing out");
    }
    read_profiles(mig, sku == nullptr ? nullptr : sku->mig, out);
    const json::Node memory = mig.get("memory");
    out.memory_mib = read_mib(scope, memory, mig.path_of("memory"));
    if (memory.exists() && out.profiles.size() > 1) {
        scope.error_at_key(DocCode::Contradiction, memory,
                           path + ": memory is of one instance, and there are several profiles");
    }
    return out;
}

Sharing read_replicas(Scope& scope, json::Node node, const std::string& path, Form form) {
    Sharing out;
    out.form = form;
    Fields fields(scope, node, path);
    const std::int64_t most = form == Form::Mps ? kMaxMpsClients : kMaxReplicas;
    const json::Node replicas = fields.need("replicas", "how many share a GPU, at least 2");
    if (auto count = read_integer(scope, replicas, fields.path_of("replicas"), 2, most)) {
        out.replicas = static_cast<std::int32_t>(*count);
    }
    assign(out.renamed, read_bool(scope, fields.get("renamed"), fields.path_of("renamed")));
    out.memory_mib = read_mib(scope, fields.get("memory"), fields.path_of("memory"));
    return out;
}

}  // namespace

std::optional<std::string> read_profile(Scope& scope, json::Node node, const std::string& path) {
    const std::optional<std::string> text = read_text(scope, node, path);
    if (!text) return std::nullopt;
    std::vector<std::string_view> names;
    for (const gpu::MigTable& table : gpu::Catalog::builtin().mig_tables()) {
        if (const gpu::MigProfile* profile = table.find(*text)) return std::string(profile->name);
        for (const gpu::MigProfile& profile : table.profiles) names.push_back(profile.name);
    }
    const std::string_view right = nearest(*text, names);
    scope.error(DocCode::UnknownProfile, node,
                path + ": no GPU has a MIG profile '" + std::string(truncated(*text, 60)) + "'",
                right.empty() ? "as in 1g.10gb; `tollgate catalog` lists them"
                              : "did you mean '" + std::string(right) + "'?");
    return std::nullopt;
}

fleet::Sharing read_sharing(Scope& scope, json::Node node, const std::string& path, const gpu::Sku* sku) {
    Sharing out;
    Fields fields(scope, node, path);
    std::vector<std::string> given;
    for (const std::string_view form : {"mig", "timeSlicing", "mps", "kai", "dra"}) {
        if (fields.has(form)) given.emplace_back(form);
    }
    if (given.size() > 1) {
        scope.error_at_key(DocCode::Contradiction, node[given[1]],
                           path + ": a pool is shared in one way, this has " + join(given, " and "),
                           "make a pool of each");
    }
    if (const json::Node mig = fields.get("mig"); mig.exists()) {
        out = read_mig(scope, mig, fields.path_of("mig"), sku);
    }
    if (const json::Node slices = fields.get("timeSlicing"); slices.exists()) {
        out = read_replicas(scope, slices, fields.path_of("timeSlicing"), Form::TimeSlice);
    }
    if (const json::Node mps = fields.get("mps"); mps.exists()) {
        out = read_replicas(scope, mps, fields.path_of("mps"), Form::Mps);
    }
    fields.unsupported("kai", "fractions by annotation are not there yet");
    fields.unsupported("dra", "resource claims are not offered yet");
    if (fields.is_map() && node.size() == 0) {
        scope.error_at_key(DocCode::Contradiction, node,
                           path + ": says nothing; give mig, timeSlicing or mps",
                           "leave it out for whole GPUs");
    }
    return out;
}

}  // namespace tollgate::policies
