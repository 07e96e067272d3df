// SPDX-License-Identifier: Apache-2.0
// Instant queries to Prometheus' HTTP API (or what speaks it: Thanos, Mimir, VictoriaMetrics).
// Blocking; every reply is bounded in bytes (limits::kMaxPrometheusBytes) and time.
#pragma once

#include "engine/base/result.hpp"
#include "engine/workload/measure/prometheus_answer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

class Prometheus {
  public:
    /// "http://127.0.0.1:9090", "https://host/prometheus". Credentials in it are refused: they would end up
    /// in shell histories.
    static Result<Prometheus> at(std::string_view url);

    void trust(std::string ca_bundle_pem) { ca_bundle_pem_ = std::move(ca_bundle_pem); }
    void present(std::string_view token) { authorization_ = "Bearer " + std::string(token); }
    void give_up_after(std::int64_t milliseconds) { timeout_ms_ = milliseconds; }

    /// As of a time. Errors name the server.
    Result<std::vector<workload::Series>> query(const std::string& text, std::int64_t now_unix_ms) const;
    const std::string& url() const { return url_; }

  private:
    std::string url_, host_, port_, authority_, prefix_, ca_bundle_pem_, authorization_;
    bool tls_ = false;
    std::int64_t timeout_ms_ = 60'000;
};

}  // namespace tollgate::cli
