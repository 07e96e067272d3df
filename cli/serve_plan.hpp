// SPDX-License-Identifier: Apache-2.0
// The flags of `serve`, read: durations, addresses, versions. Nothing is opened here.
#pragma once

#include "cli/options.hpp"
#include "engine/base/result.hpp"
#include "engine/rules/policy.hpp"
#include "webhook/net/server.hpp"
#include "webhook/telemetry/logger.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

struct ServePlan {
    ServeOptions options;
    net::Endpoint listen, admin;
    net::ServerLimits limits;
    std::chrono::milliseconds drain{};
    std::chrono::milliseconds grace{};  // the part of `drain` that still takes requests
    std::optional<rules::Mode> max_mode;
    telemetry::LogFormat log_format = telemetry::LogFormat::Json;

    [[nodiscard]] bool has_certificate() const { return !options.tls_cert.empty(); }
    [[nodiscard]] bool paused_for_good() const { return options.pause && options.pause->empty(); }
};

/// Errors name the flag.
Result<ServePlan> plan_serve(const ServeOptions& options);

}  // namespace tollgate::cli
