// SPDX-License-Identifier: Apache-2.0
// An answer of Prometheus never crashes, is never more than its bound, and whatever series it holds give
// entries that are whole: a name, a time that ends after it began, shares that are shares.
#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"
#include "engine/workload/measure/gather.hpp"
#include "engine/workload/measure/pod_name.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace tollgate::workload;
using tollgate::Ratio;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    TOLLGATE_ASSERT(!text.empty() ? !owner_by_pod_name(text).name.empty() : true);
    const auto answer = read_prometheus_answer(text);
    if (!answer) {
        TOLLGATE_ASSERT(!answer.error().message.empty());
        return 0;
    }
    TOLLGATE_ASSERT(answer->size() <= tollgate::limits::kMaxPrometheusSeries);
    // The same answer to every question: each number turns up as a peak, a time and a share.
    Recording recording;
    recording.answers.fill(*answer);
    for (const UsageEntry& entry : gather(recording).entries) {
        TOLLGATE_ASSERT(!entry.ns.empty() && !entry.name.empty());
        TOLLGATE_ASSERT(entry.pods >= 1 && entry.samples >= 1);
        TOLLGATE_ASSERT(entry.from_unix_ms <= entry.to_unix_ms);
        TOLLGATE_ASSERT(!entry.peak_mib || *entry.peak_mib >= 1);
        if (!entry.activity) continue;
        TOLLGATE_ASSERT(entry.activity->mean <= entry.activity->max && entry.activity->max <= Ratio(1));
    }
    return 0;
}
