// SPDX-License-Identifier: Apache-2.0
// Every metric Tollgate exposes, one row each: the contract with dashboards and alerts.
//
// Values are integers inside; `scale` says how many units make one of the exposed unit (micro-dollars for
// USD, nanoseconds for seconds), so that no rate of dollars is ever added up in floating point. No object
// name is ever a label; label values that come from policies are bounded by the registry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tollgate::telemetry {

enum class Metric : std::uint8_t {
    AdmissionRequests,
    AdmissionDuration,
    Findings,
    Rewrites,
    RewritesProposed,
    RewritesRefused,
    RewriteSaving,
    ProposedSaving,
    Denied,
    Waived,
    LiveSaving,
    EvaluationErrors,
    RequestsShed,
    Connections,
    TlsHandshakeErrors,
    SnapshotInfo,
    SnapshotReload,
    SnapshotAge,
    Policies,
    AdmissionPolicies,
    CertificateNotAfter,
    CatalogPriceAge,
    DecisionLogDropped,
    LogDropped,
    Paused,
    BuildInfo,
};

enum class Kind : std::uint8_t { Counter, Gauge, Histogram };

inline constexpr std::size_t kMaxLabels = 5;
inline constexpr std::int64_t kOne = 1;
inline constexpr std::int64_t kMicro = 1'000'000;
inline constexpr std::int64_t kNano = 1'000'000'000;

struct Family {
    Metric metric;
    Kind kind;
    std::int64_t scale;
    std::string_view name;
    std::array<std::string_view, kMaxLabels> labels;  // unused ones are empty and come last
    std::string_view help;

    [[nodiscard]] constexpr std::size_t label_count() const {
        std::size_t count = 0;
        while (count < kMaxLabels && !labels[count].empty()) ++count;
        return count;
    }
};

// clang-format off
inline constexpr std::array kFamilies = {
    Family{Metric::AdmissionRequests, Kind::Counter, kOne, "tollgate_admission_requests_total",
           {"webhook", "operation", "kind", "outcome"}, "Admission reviews answered, dry runs excluded."},
    Family{Metric::AdmissionDuration, Kind::Histogram, kNano, "tollgate_admission_duration_seconds",
           {"webhook"}, "Time from the last byte of a review to its reply."},
    Family{Metric::Findings, Kind::Counter, kOne, "tollgate_findings_total",
           {"policy", "rule", "action"}, "Findings of validating rules."},
    Family{Metric::Rewrites, Kind::Counter, kOne, "tollgate_rewrites_total",
           {"policy", "rule", "from", "to"}, "Accelerator requests rewritten, by resource."},
    Family{Metric::RewritesProposed, Kind::Counter, kOne, "tollgate_rewrites_proposed_total",
           {"policy", "rule", "mode", "from", "to"}, "Rewrites that policies in Warn or Audit would have made, each on its own."},
    Family{Metric::RewritesRefused, Kind::Counter, kOne, "tollgate_rewrites_refused_total",
           {"reason"}, "Rewrites that were planned and not sent."},
    Family{Metric::RewriteSaving, Kind::Counter, kMicro, "tollgate_rewrite_saving_usd_per_hour_total",
           {"policy", "kind_of_saving"}, "Hourly dollars saved by rewrites, added up at admission: activity, not a bill."},
    Family{Metric::ProposedSaving, Kind::Counter, kMicro, "tollgate_proposed_saving_usd_per_hour_total",
           {"policy", "kind_of_saving"}, "Hourly dollars that proposed rewrites would have saved, added up at admission; policies may propose for the same pods."},
    Family{Metric::Denied, Kind::Counter, kMicro, "tollgate_denied_usd_per_hour_total",
           {"policy"}, "Hourly dollars of denied objects, added up at admission."},
    Family{Metric::Waived, Kind::Counter, kMicro, "tollgate_waived_usd_per_hour_total",
           {"exception"}, "Hourly dollars let through by an exception, added up at admission."},
    Family{Metric::LiveSaving, Kind::Gauge, kMicro, "tollgate_live_saving_usd_per_hour",
           {}, "Hourly dollars saved now by running rewritten workloads."},
    Family{Metric::EvaluationErrors, Kind::Counter, kOne, "tollgate_evaluation_errors_total",
           {"policy", "reason"}, "Policies that could not be judged for a review."},
    Family{Metric::RequestsShed, Kind::Counter, kOne, "tollgate_requests_shed_total",
           {"reason"}, "Requests or connections turned away to protect the others."},
    Family{Metric::Connections, Kind::Gauge, kOne, "tollgate_connections",
           {}, "Open connections of the webhook listener."},
    Family{Metric::TlsHandshakeErrors, Kind::Counter, kOne, "tollgate_tls_handshake_errors_total",
           {}, "Connections whose TLS handshake failed: a stale caBundle, a wrong client, or a port scan."},
    Family{Metric::SnapshotInfo, Kind::Gauge, kOne, "tollgate_snapshot_info",
           {"digest"}, "1 for the documents now in force."},
    Family{Metric::SnapshotReload, Kind::Counter, kOne, "tollgate_snapshot_reload_total",
           {"result"}, "Reloads of the documents; refused ones keep the last good snapshot."},
    Family{Metric::SnapshotAge, Kind::Gauge, kOne, "tollgate_snapshot_age_seconds",
           {}, "Age of the documents now in force."},
    Family{Metric::Policies, Kind::Gauge, kOne, "tollgate_policies",
           {}, "CostPolicies among the documents now in force."},
    Family{Metric::AdmissionPolicies, Kind::Gauge, kOne, "tollgate_admission_policies",
           {}, "ValidatingAdmissionPolicies with a binding among the documents now in force."},
    Family{Metric::CertificateNotAfter, Kind::Gauge, kOne, "tollgate_certificate_not_after_seconds",
           {"which"}, "End of validity as Unix time."},
    Family{Metric::CatalogPriceAge, Kind::Gauge, kOne, "tollgate_catalog_price_age_days",
           {}, "Days since the catalog's prices were read."},
    Family{Metric::DecisionLogDropped, Kind::Counter, kOne, "tollgate_decision_log_dropped_total",
           {}, "Decision log lines dropped because the log could not keep up or be written."},
    Family{Metric::LogDropped, Kind::Counter, kOne, "tollgate_log_dropped_total",
           {}, "Log lines dropped because nobody read standard error fast enough."},
    Family{Metric::Paused, Kind::Gauge, kOne, "tollgate_paused",
           {}, "1 while every verdict is turned into Audit."},
    Family{Metric::BuildInfo, Kind::Gauge, kOne, "tollgate_build_info",
           {"version", "revision"}, "1 for the running build."},
};
// clang-format on

/// Upper bounds of the histograms: from a cached allow to the longest timeout the API server permits.
struct Bucket {
    std::int64_t nanoseconds;
    std::string_view le;
};
inline constexpr std::array kBuckets = {
    Bucket{50'000, "5e-05"},    Bucket{100'000, "0.0001"},    Bucket{250'000, "0.00025"},
    Bucket{500'000, "0.0005"},  Bucket{1'000'000, "0.001"},   Bucket{2'500'000, "0.0025"},
    Bucket{5'000'000, "0.005"}, Bucket{10'000'000, "0.01"},   Bucket{25'000'000, "0.025"},
    Bucket{50'000'000, "0.05"}, Bucket{100'000'000, "0.1"},   Bucket{250'000'000, "0.25"},
    Bucket{500'000'000, "0.5"}, Bucket{1'000'000'000, "1"},   Bucket{2'500'000'000, "2.5"},
    Bucket{5'000'000'000, "5"}, Bucket{10'000'000'000, "10"}, Bucket{30'000'000'000, "30"},
};

constexpr const Family& family(Metric metric) {
    return kFamilies[static_cast<std::size_t>(metric)];
}

consteval bool rows_are_in_order() {
    for (std::size_t i = 0; i < kFamilies.size(); ++i) {
        if (static_cast<std::size_t>(kFamilies[i].metric) != i) return false;
    }
    return static_cast<std::size_t>(Metric::BuildInfo) + 1 == kFamilies.size();
}
static_assert(rows_are_in_order(), "one row per enumerator, in the same order");

}  // namespace tollgate::telemetry
