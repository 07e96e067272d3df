// SPDX-License-Identifier: Apache-2.0
// The certificate `serve` shows, kept current: files are read again when they change, and a pair that does
// not belong together leaves the old one in use. Without files: a self-signed one that lives as long as the
// process. Thread rule: one thread calls tick(); note() and not_after_unix() from any.
#pragma once

#include "cli/file_watch.hpp"
#include "cli/serve_plan.hpp"
#include "webhook/net/tls_context.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace tollgate::cli {

class ServedCertificate {
  public:
    struct Parts {
        const ServePlan& plan;
        telemetry::Metrics& metrics;
        const telemetry::Logger& log;
    };
    static Result<std::unique_ptr<ServedCertificate>> start(const Parts& parts);

    [[nodiscard]] std::shared_ptr<const net::TlsContext> context() const { return context_; }
    /// A new context when the files changed and are sound; else null. What did not load is tried again at
    /// every tick, and said once.
    std::shared_ptr<const net::TlsContext> tick(bool force);
    [[nodiscard]] std::int64_t not_after_unix() const {
        return not_after_unix_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::string note() const;

  private:
    explicit ServedCertificate(const Parts& parts);
    Result<void> load();
    void describe(const std::string& certificate_pem, const std::string& client_ca_pem);

    Parts parts_;
    FileWatch watch_;
    std::string failed_;  // why the last load did not work; "" when it did
    std::shared_ptr<const net::TlsContext> context_;
    std::atomic<std::int64_t> not_after_unix_{0};
    mutable std::mutex mutex_;
    std::string note_;
};

}  // namespace tollgate::cli
