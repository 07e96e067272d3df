// SPDX-License-Identifier: Apache-2.0
// The verbs that rewrite: rightSize and replace.
#include "engine/base/text.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

using gpu::Billing;
using rules::Keep;
using rules::NeedsSpec;
using rules::RewriteAction;
using workload::Confidence;
using workload::Isolation;

constexpr Choice<RewriteAction> kActions[] = {{"Rewrite", RewriteAction::Rewrite},
                                              {"Advise", RewriteAction::Advise},
                                              {"Require", RewriteAction::Require}};
constexpr Choice<Keep> kKeeps[] = {
    {"Honor", Keep::Honor}, {"NeedsReason", Keep::NeedsReason}, {"Ignore", Keep::Ignore}};
constexpr Choice<Isolation> kIsolations[] = {
    {"Hardware", Isolation::Hardware}, {"Memory", Isolation::Memory}, {"None", Isolation::None}};
constexpr Choice<Billing> kBillings[] = {
    {"OnDemand", Billing::OnDemand}, {"Spot", Billing::Spot}, {"Committed", Billing::Committed}};
constexpr Choice<Confidence> kConfidences[] = {{"Measured", Confidence::Measured},
                                               {"Declared", Confidence::Declared},
                                               {"Computed", Confidence::Computed}};
constexpr Choice<NeedsSpec::Combine> kCombines[] = {{"Max", NeedsSpec::Combine::Max},
                                                    {"First", NeedsSpec::Combine::First}};
constexpr Choice<bool> kValues[] = {{"Cash", false}, {"Freed", true}};

constexpr Choice<NeedsSpec::Source> kSources[] = {{"annotations", NeedsSpec::Source::Annotations},
                                                  {"usage", NeedsSpec::Source::Usage},
                                                  {"model", NeedsSpec::Source::Model}};
constexpr std::int64_t kMaxGpuCount = 1'000'000;

void read_default_need(Scope& scope, json::Node node, const std::string& path, NeedsSpec& out) {
    if (!node.exists()) return;
    Fields fields(scope, node, path);
    const json::Node memory = fields.get("memory");
    const json::Node profile = fields.get("profile");
    out.default_memory_mib = read_mib(scope, memory, fields.path_of("memory"));
    assign(out.default_profile, read_profile(scope, profile, fields.path_of("profile")));
    if (!fields.is_map() || memory.exists() != profile.exists()) return;
    scope.error_at_key(
        DocCode::Contradiction, node,
        path + (memory.exists() ? ": give memory or profile, not both" : ": give memory or profile"));
}

NeedsSpec read_needs(Scope& scope, json::Node node, const std::string& path) {
    NeedsSpec out;
    Fields fields(scope, node, path);
    std::vector<NeedsSpec::Source> from;
    read_list(scope, fields.get("from"), fields.path_of("from"), "sources",
              [&](json::Node element, const std::string& where) {
                  if (auto source = read_enum<NeedsSpec::Source>(scope, element, where, kSources))
                      from.push_back(*source);
              });
    if (!from.empty()) out.from = std::move(from);
    assign(out.combine,
           read_enum<NeedsSpec::Combine>(scope, fields.get("combine"), fields.path_of("combine"), kCombines));
    read_default_need(scope, fields.get("default"), fields.path_of("default"), out);
    assign(out.headroom, read_share(scope, fields.get("headroom"), fields.path_of("headroom")));
    return out;
}

void read_offers_wanted(Fields& fields, rules::RightSize& out) {
    Scope& scope = fields.scope();
    assign(out.isolation,
           read_enum<Isolation>(scope, fields.get("isolation"), fields.path_of("isolation"), kIsolations));
    read_list(scope, fields.get("billing"), fields.path_of("billing"), "billings",
              [&](json::Node element, const std::string& where) {
                  if (auto billing = read_enum<Billing>(scope, element, where, kBillings)) {
                      out.billing.push_back(*billing);
                  }
              });
    assign(out.min_saving, read_share(scope, fields.get("minSaving"), fields.path_of("minSaving")));
    out.min_bandwidth = read_share(scope, fields.get("minBandwidth"), fields.path_of("minBandwidth"));
    assign(out.freed_counts, read_enum<bool>(scope, fields.get("value"), fields.path_of("value"), kValues));
    fields.unsupported("whenFull", "free capacity is not known yet");
    fields.unsupported("scaleFromZero", "free capacity is not known yet");
}

}  // namespace

rules::RightSize read_right_size(Scope& scope, json::Node node, const std::string& path,
                                 std::vector<Reference>& references) {
    rules::RightSize out;
    Fields fields(scope, node, path);
    const json::Node pools = fields.need("pools", "globs of pool names; [\"*\"] for all");
    read_list(scope, pools, fields.path_of("pools"), "globs",
              [&](json::Node element, const std::string& where) {
                  auto glob = read_glob(scope, element, where);
                  if (!glob) return;
                  references.push_back({Reference::What::PoolGlob, *glob, where, scope.place(element)});
                  out.pools.push_back(std::move(*glob));
              });
    out.needs = read_needs(scope, fields.get("needs"), fields.path_of("needs"));
    read_offers_wanted(fields, out);
    assign(out.min_confidence, read_enum<Confidence>(scope, fields.get("minConfidence"),
                                                     fields.path_of("minConfidence"), kConfidences));
    assign(out.keep, read_enum<Keep>(scope, fields.get("keep"), fields.path_of("keep"), kKeeps));
    assign(out.action,
           read_enum<RewriteAction>(scope, fields.get("action"), fields.path_of("action"), kActions));
    return out;
}

std::optional<std::string> read_gpu_resource(Scope& scope, json::Node node, const std::string& path) {
    std::optional<std::string> text = read_text(scope, node, path);
    if (!text) return std::nullopt;
    const gpu::ResourceMeaning meaning = gpu::classify_resource(*text);
    using gpu::ResourceClass;
    if (meaning.cls == ResourceClass::Mig) {
        // What no GPU of the catalog can be cut into is a typo.
        const auto tables = gpu::Catalog::builtin().mig_tables();
        const bool known = std::any_of(tables.begin(), tables.end(), [&](const gpu::MigTable& table) {
            return table.find(*text) != nullptr || table.find(meaning.mig_profile) != nullptr;
        });
        if (known) return text;
        scope.error(DocCode::UnknownProfile, node,
                    path + ": no GPU has a MIG profile '" + std::string(meaning.mig_profile) + "'");
        return std::nullopt;
    }
    if (meaning.cls == ResourceClass::WholeGpu || meaning.cls == ResourceClass::SharedGpu) return text;
    std::vector<std::string_view> names;
    for (const gpu::ResourceFact& fact : gpu::Catalog::builtin().resources()) {
        if (fact.cls == ResourceClass::WholeGpu || fact.cls == ResourceClass::SharedGpu) {
            names.push_back(fact.name);
        }
    }
    const std::string_view right = nearest(*text, names);
    scope.error(
        DocCode::BadValue, node,
        path + ": '" + std::string(truncated(*text, 60)) + "' is no GPU resource that can be " + "rewritten",
        right.empty() ? "as in nvidia.com/gpu or nvidia.com/mig-1g.10gb"
                      : "did you mean '" + std::string(right) + "'?");
    return std::nullopt;
}

rules::Replace read_replace(Scope& scope, json::Node node, const std::string& path,
                            std::vector<Reference>& references) {
    rules::Replace out;
    Fields fields(scope, node, path);
    Fields from(scope, fields.need("from", "what is replaced"), fields.path_of("from"));
    if (from.is_map()) {
        assign(out.from_resource, read_gpu_resource(scope, from.need("resource", "the resource asked for"),
                                                    from.path_of("resource")));
        out.from_count = read_integer(scope, from.get("count"), from.path_of("count"), 1, kMaxGpuCount);
        assign(out.from_product, read_glob(scope, from.get("product"), from.path_of("product")));
    }
    Fields to(scope, fields.need("to", "what takes its place"), fields.path_of("to"));
    if (to.is_map()) {
        const json::Node resource = to.get("resource");
        const json::Node count = to.get("count");
        const json::Node pool = to.get("pool");
        assign(out.to_resource, read_gpu_resource(scope, resource, to.path_of("resource")));
        out.to_count = read_integer(scope, count, to.path_of("count"), 1, kMaxGpuCount);
        assign(out.to_pool, read_text(scope, pool, to.path_of("pool")));
        if (resource.exists() == pool.exists()) {
            scope.error_at_key(DocCode::Contradiction, to.node(),
                               to.path() + (pool.exists() ? ": give resource or pool, not both"
                                                          : ": give resource or pool"));
        } else if (count.exists() && pool.exists()) {
            scope.error_at_key(DocCode::Contradiction, count,
                               to.path() + ": count goes with resource; a pool keeps the number of GPUs");
        }
        if (!out.to_pool.empty()) {
            references.push_back({Reference::What::Pool, out.to_pool, to.path_of("pool"), scope.place(pool)});
        }
        if (!out.to_resource.empty()) {
            references.push_back(
                {Reference::What::Resource, out.to_resource, to.path_of("resource"), scope.place(resource)});
        }
        if (!out.to_resource.empty() && out.to_resource == out.from_resource &&
            out.from_count == out.to_count) {
            scope.error(DocCode::Contradiction, resource, path + ": replaces a resource by itself");
        }
    }
    assign(out.keep, read_enum<Keep>(scope, fields.get("keep"), fields.path_of("keep"), kKeeps));
    assign(out.action,
           read_enum<RewriteAction>(scope, fields.get("action"), fields.path_of("action"), kActions));
    return out;
}

}  // namespace tollgate::policies
