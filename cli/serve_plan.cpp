// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_plan.hpp"

#include "engine/base/quantity.hpp"

#include <algorithm>

namespace tollgate::cli {
namespace {

using std::chrono::milliseconds;

// How long endpoints and the API server's connections take to move away from a pod that is no longer ready.
constexpr milliseconds kGrace{10'000};

Result<milliseconds> read_duration(const char* flag, const std::string& text) {
    const auto ms = parse_duration_ms(text);
    if (!ms) return fail(std::string(flag) + ": " + ms.error().message);
    return milliseconds(*ms);
}

Result<net::Endpoint> read_endpoint(const char* flag, const std::string& text) {
    auto endpoint = net::parse_endpoint(text);
    if (!endpoint) return fail(std::string(flag) + ": " + endpoint.error().message);
    return endpoint;
}

Result<void> check_ranges(const ServeOptions& options) {
    if (options.max_body < 1024) return fail("--max-body: at least 1024 bytes, or no review fits");
    if (options.max_headers < 1024) return fail("--max-headers: at least 1024 bytes");
    if (options.max_depth < 16) return fail("--max-depth: at least 16, or no Deployment can be read");
    if (options.max_connections < 1) return fail("--max-connections: at least 1");
    if (options.max_in_flight < 1) return fail("--max-in-flight: at least 1");
    return {};
}

}  // namespace

Result<ServePlan> plan_serve(const ServeOptions& options) {
    if (const auto ranges = check_ranges(options); !ranges) return tl::unexpected(ranges.error());
    ServePlan plan;
    plan.options = options;
    TOLLGATE_TRY(plan.listen, read_endpoint("--listen", options.listen));
    TOLLGATE_TRY(plan.admin, read_endpoint("--admin", options.admin));
    TOLLGATE_TRY(plan.drain, read_duration("--drain", options.drain));
    plan.grace = std::min(kGrace, plan.drain * 2 / 5);
    TOLLGATE_TRY(plan.limits.idle_timeout, read_duration("--idle-timeout", options.idle_timeout));
    TOLLGATE_TRY(plan.limits.request_timeout, read_duration("--request-timeout", options.request_timeout));
    plan.limits.max_body_bytes = options.max_body;
    plan.limits.max_header_bytes = options.max_headers;
    plan.limits.max_connections = options.max_connections;
    plan.limits.max_in_flight = options.max_in_flight;
    const std::string mode = !options.max_mode.empty()  ? options.max_mode
                             : options.policies.empty() ? "Warn"
                                                        : "Enforce";
    for (const rules::Mode candidate : {rules::Mode::Audit, rules::Mode::Warn}) {
        if (mode == rules::to_string(candidate)) plan.max_mode = candidate;
    }
    const auto format = telemetry::parse_log_format(options.log_format);
    if (!format) return fail("--log-format: json or text");
    plan.log_format = *format;
    return plan;
}

}  // namespace tollgate::cli
