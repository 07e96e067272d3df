// SPDX-License-Identifier: Apache-2.0
// Quantities, durations, times, decimals and globs from any text: no crash, bounds kept, what is printed
// reads back.
#include "engine/base/diagnostic.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tollgate;
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);

    if (const Result<Ratio> quantity = parse_quantity(text)) {
        TOLLGATE_ASSERT(quantity->is_known());
        const Ratio cap(std::numeric_limits<std::int64_t>::max());
        TOLLGATE_ASSERT(*quantity <= cap && -*quantity <= cap);
        const Result<Ratio> cpu = parse_quantity(format_cpu(*quantity));
        // Only nano amounts near the cap are outside 64 bits and print as unknown.
        if (cpu) TOLLGATE_ASSERT(*cpu == *quantity);
        if (quantity->is_integer()) TOLLGATE_ASSERT(*parse_quantity(format_bytes(*quantity)) == *quantity);
    }
    if (const Result<std::int64_t> duration = parse_duration_ms(text)) {
        TOLLGATE_ASSERT(*duration >= 0);
        const std::int64_t seconds = *duration / 1000;
        TOLLGATE_ASSERT(*parse_duration_ms(format_duration(seconds)) == seconds * 1000);
    }
    if (const Result<std::int64_t> time = parse_time_ms(text)) {
        const Result<std::int64_t> again = parse_time_ms(format_time(*time));
        TOLLGATE_ASSERT(again.has_value());
    }
    if (const std::optional<Ratio> decimal = parse_decimal(text)) TOLLGATE_ASSERT(decimal->is_known());

    const std::string_view pattern = text.substr(0, size / 2);
    const std::string_view subject = text.substr(size / 2);
    (void)glob_match(pattern, subject);
    TOLLGATE_ASSERT(glob_match("*", subject));
    const std::string_view candidates[] = {pattern, "tolerations", "nodeSelector"};
    (void)nearest(subject, candidates);
    Diagnostic diagnostic;
    diagnostic.file = "policy.yaml";
    diagnostic.span = {1, static_cast<std::uint32_t>(size), 3};
    diagnostic.message = "unknown field";
    diagnostic.source = text;
    TOLLGATE_ASSERT(render(diagnostic).back() == '\n');
    return 0;
}
