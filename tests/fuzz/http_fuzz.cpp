// SPDX-License-Identifier: Apache-2.0
// The requests read from a stream must not depend on how the network cut it: two readings that differ are two
// opinions of where a request ends, which is what request smuggling lives on. Limits and budget hold
// throughout.
#include "engine/base/result.hpp"
#include "webhook/net/endpoint.hpp"
#include "webhook/net/query.hpp"
#include "webhook/net/request_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using tollgate::net::BodyBudget;
using tollgate::net::RequestReader;

constexpr tollgate::net::ReaderLimits kLimits{.max_header_bytes = 512, .max_body_bytes = 256};
constexpr std::size_t kBudget = 1024;

/// The requests of `stream`, read in pieces of `step`, each as text.
std::vector<std::string> requests_of(std::string_view stream, std::size_t step) {
    BodyBudget budget(kBudget);
    std::vector<std::string> requests;
    {
        RequestReader reader(kLimits, budget);
        std::string pending;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            pending += stream.substr(at, step);
            std::string_view input = pending;
            auto progress = RequestReader::Progress::Head;
            while (progress == RequestReader::Progress::Head ||
                   progress == RequestReader::Progress::Complete) {
                progress = reader.feed(input);
                if (progress != RequestReader::Progress::Complete) continue;
                TOLLGATE_ASSERT(reader.body().size() <= kLimits.max_body_bytes);
                TOLLGATE_ASSERT(budget.used() == reader.body().size());
                requests.push_back(reader.head().method + ' ' + reader.head().target + ' ' +
                                   reader.head().content_type + '\n' + std::string(reader.body()));
                reader.reset();
            }
            if (progress == RequestReader::Progress::Failed) {
                TOLLGATE_ASSERT(reader.failure().status >= 400 && !reader.failure().reason.empty());
                break;
            }
            pending.erase(0, pending.size() - input.size());
            if (pending.size() > kLimits.max_header_bytes + step) break;  // a session's buffer is full
        }
    }
    TOLLGATE_ASSERT(budget.used() == 0);
    return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream(static_cast<const char*>(static_cast<const void*>(data)), size);
    const std::vector<std::string> whole = requests_of(stream, std::max<std::size_t>(size, 1));
    for (const std::size_t step : {1U, 2U, 7U, 64U}) {
        const std::vector<std::string> cut = requests_of(stream, step);
        // What is refused at once when whole may still be waited for when cut; nobody may read another
        // request.
        const std::size_t common = std::min(whole.size(), cut.size());
        TOLLGATE_ASSERT(
            std::equal(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(common), cut.begin()));
    }
    (void)tollgate::net::parse_go_duration_ms(stream);
    if (const auto endpoint = tollgate::net::parse_endpoint(stream)) {
        const auto again = tollgate::net::parse_endpoint(to_string(*endpoint));
        TOLLGATE_ASSERT(again.has_value() && again->port == endpoint->port);
    }
    (void)tollgate::net::query_value(stream, "timeout");
    return 0;
}
