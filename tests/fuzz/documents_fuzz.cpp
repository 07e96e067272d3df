// SPDX-License-Identifier: Apache-2.0
// Loading documents never crashes, says where every mistake is, and says the same when asked again; what
// loads without errors is whole: policies have names and rules, pools a GPU, exceptions an end within bounds.
#include "engine/base/limits.hpp"
#include "policies/case_file.hpp"
#include "policies/load.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using tollgate::policies::LoadedDocuments;

constexpr std::int64_t kNow = 1'795'305'600'000;  // 2026-11-22T00:00:00Z
constexpr std::int64_t kMsPerDay = std::int64_t{24} * 3600 * 1000;

std::string all_of(const tollgate::Diagnostics& diagnostics) {
    std::string out;
    for (const tollgate::Diagnostic& diagnostic : diagnostics) out += render(diagnostic);
    return out;
}

void check_whole(const LoadedDocuments& loaded) {
    for (const auto& policy : loaded.policies) {
        TOLLGATE_ASSERT(!policy.name.empty());
        TOLLGATE_ASSERT(!policy.rules.empty());
        TOLLGATE_ASSERT(policy.rules.size() <= tollgate::limits::kMaxRulesPerPolicy);
        for (const auto& rule : policy.rules) TOLLGATE_ASSERT(!rule.name.empty());
    }
    for (const auto& pool : loaded.market.pools) {
        TOLLGATE_ASSERT(pool.sku != nullptr);
        TOLLGATE_ASSERT(pool.gpus_per_node >= 1);
        TOLLGATE_ASSERT(pool.sharing.replicas >= 1);
    }
    for (const auto& exception : loaded.exceptions) {
        TOLLGATE_ASSERT(!exception.rules.empty());
        TOLLGATE_ASSERT(exception.expires_unix_ms <= kNow + tollgate::limits::kMaxExceptionDays * kMsPerDay);
    }
    for (const auto& budget : loaded.budgets) TOLLGATE_ASSERT(budget.hourly || budget.monthly);
    for (const auto& kind : loaded.kinds) TOLLGATE_ASSERT(!kind.kind.empty() && !kind.pods.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const LoadedDocuments loaded = tollgate::policies::load_sources({{"fuzz.yaml", text}}, {kNow, ""});
    const LoadedDocuments again = tollgate::policies::load_sources({{"fuzz.yaml", text}}, {kNow, ""});
    TOLLGATE_ASSERT(all_of(loaded.diagnostics) == all_of(again.diagnostics));
    if (loaded.ok()) check_whole(loaded);
    const auto cases = tollgate::policies::read_case_file("fuzz.case.yaml", text);
    (void)all_of(cases.diagnostics);
    return 0;
}
