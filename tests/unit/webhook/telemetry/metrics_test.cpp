// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/metrics.hpp"

#include "tests/support/catch.hpp"
#include "webhook/telemetry/process.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tollgate::telemetry {
namespace {

using namespace std::chrono_literals;

/// The value after "name{labels} ", "" if there is no such line.
std::string sample(Metrics& metrics, const std::string& series) {
    const std::string page = "\n" + metrics.render();
    const std::size_t at = page.find("\n" + series + " ");
    if (at == std::string::npos) return "";
    const std::size_t value = at + series.size() + 2;
    return page.substr(value, page.find('\n', value) - value);
}

TEST_CASE("families have well-formed, distinct names and a help text") {
    std::set<std::string_view> names;
    for (const Family& row : kFamilies) {
        INFO(std::string(row.name));
        CHECK(names.insert(row.name).second);
        CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
        CHECK(row.name.starts_with("tollgate_"));
        CHECK(row.name.ends_with("_total") == (row.kind == Kind::Counter));
        CHECK(row.help.find_first_of("\\\n") == std::string_view::npos);
        CHECK(row.help.ends_with("."));
    }
}

TEST_CASE("counters with and without labels") {
    Metrics metrics;
    CHECK(sample(metrics, "tollgate_decision_log_dropped_total") == "0");
    metrics.add(Metric::DecisionLogDropped, {}, 3);
    CHECK(sample(metrics, "tollgate_decision_log_dropped_total") == "3");
    metrics.add(Metric::Findings, {"p", "r", "Deny"});
    metrics.add(Metric::Findings, {"p", "r", "Deny"});
    metrics.add(Metric::Findings, {"p", "", "Warn"});
    CHECK(sample(metrics, R"(tollgate_findings_total{policy="p",rule="r",action="Deny"})") == "2");
    CHECK(sample(metrics, R"(tollgate_findings_total{policy="p",rule="",action="Warn"})") == "1");
    metrics.add(Metric::Findings, {"", "", ""});
    CHECK(sample(metrics, R"(tollgate_findings_total{policy="",rule="",action=""})") == "1");
}

TEST_CASE("label values cannot break a line out of its quotes") {
    Metrics metrics;
    metrics.add(Metric::Denied, {"a\"b\\c\nd"}, 1);
    CHECK(sample(metrics, R"(tollgate_denied_usd_per_hour_total{policy="a\"b\\c\nd"})") == "0.000001");
    metrics.add(Metric::Denied, {"\xff\xc3\xa9\xed\xa0\x80"}, 1);
    const std::string replaced = "\xEF\xBF\xBD";
    CHECK(sample(metrics, "tollgate_denied_usd_per_hour_total{policy=\"" + replaced + "\xc3\xa9" + replaced +
                              replaced + replaced + "\"}") == "0.000001");
}

TEST_CASE("dollars are exact decimals") {
    Metrics metrics;
    Series& saving = metrics.series(Metric::RewriteSaving, {"right-size", "cash"});
    const std::string name =
        R"(tollgate_rewrite_saving_usd_per_hour_total{policy="right-size",kind_of_saving="cash"})";
    saving.add(55'040'000);
    CHECK(sample(metrics, name) == "55.04");
    saving.add(1);
    CHECK(sample(metrics, name) == "55.040001");
    metrics.set(Metric::LiveSaving, {}, -1'500'000);
    CHECK(sample(metrics, "tollgate_live_saving_usd_per_hour") == "-1.5");
    metrics.set(Metric::LiveSaving, {}, -250'000);
    CHECK(sample(metrics, "tollgate_live_saving_usd_per_hour") == "-0.25");
}

TEST_CASE("histogram buckets are cumulative and end at +Inf") {
    Metrics metrics;
    Histogram& durations = metrics.histogram(Metric::AdmissionDuration, {"validate"});
    durations.observe(50us);  // the bound itself belongs to its bucket
    durations.observe(51us);
    durations.observe(3ms);
    durations.observe(60s);
    const std::string name = "tollgate_admission_duration_seconds";
    CHECK(sample(metrics, name + R"(_bucket{webhook="validate",le="5e-05"})") == "1");
    CHECK(sample(metrics, name + R"(_bucket{webhook="validate",le="0.0001"})") == "2");
    CHECK(sample(metrics, name + R"(_bucket{webhook="validate",le="0.0025"})") == "2");
    CHECK(sample(metrics, name + R"(_bucket{webhook="validate",le="0.005"})") == "3");
    CHECK(sample(metrics, name + R"(_bucket{webhook="validate",le="30"})") == "3");
    CHECK(sample(metrics, name + R"(_bucket{webhook="validate",le="+Inf"})") == "4");
    CHECK(sample(metrics, name + R"(_count{webhook="validate"})") == "4");
    CHECK(sample(metrics, name + R"(_sum{webhook="validate"})") == "60.003101");
}

TEST_CASE("an info metric shows its newest label set only") {
    Metrics metrics;
    metrics.set_only(Metric::SnapshotInfo, {"old"}, 1);
    metrics.set_only(Metric::SnapshotInfo, {"new"}, 1);
    CHECK(sample(metrics, R"(tollgate_snapshot_info{digest="new"})") == "1");
    CHECK(sample(metrics, R"(tollgate_snapshot_info{digest="old"})").empty());
    metrics.set_only(Metric::SnapshotInfo, {"old"}, 1);
    CHECK(sample(metrics, R"(tollgate_snapshot_info{digest="old"})") == "1");
}

TEST_CASE("label sets past the cap share one series") {
    Metrics metrics;
    for (std::size_t i = 0; i < Metrics::kMaxSeries + 10; ++i) {
        metrics.add(Metric::EvaluationErrors, {"policy-" + std::to_string(i), "budget"});
    }
    CHECK(sample(metrics, R"(tollgate_evaluation_errors_total{policy="other",reason="other"})") == "10");
    CHECK(sample(metrics, R"(tollgate_evaluation_errors_total{policy="policy-0",reason="budget"})") == "1");
    metrics.add(Metric::EvaluationErrors, {"policy-0", "budget"});
    CHECK(sample(metrics, R"(tollgate_evaluation_errors_total{policy="policy-0",reason="budget"})") == "2");
}

TEST_CASE("hooks run before each rendering") {
    Metrics metrics;
    int renderings = 0;
    metrics.before_render([&](Metrics& registry) { registry.set(Metric::SnapshotAge, {}, ++renderings); });
    CHECK(sample(metrics, "tollgate_snapshot_age_seconds") == "1");
    CHECK(sample(metrics, "tollgate_snapshot_age_seconds") == "2");
}

TEST_CASE("every line of the page is a comment or a sample, and every family is announced once") {
    Metrics metrics;
    metrics.add(Metric::Rewrites, {"p", "r", "nvidia.com/gpu", "nvidia.com/mig-1g.10gb"});
    metrics.histogram(Metric::AdmissionDuration, {"mutate"}).observe(1ms);
    const std::string page = metrics.render();
    REQUIRE(page.ends_with("\n"));
    std::set<std::string> announced;
    std::size_t at = 0;
    while (at < page.size()) {
        const std::string line = page.substr(at, page.find('\n', at) - at);
        at += line.size() + 1;
        INFO(line);
        if (line.starts_with("# TYPE ")) CHECK(announced.insert(line).second);
        if (line.starts_with("# ")) continue;
        const std::size_t space = line.rfind(' ');
        REQUIRE(space != std::string::npos);
        CHECK(line.substr(space + 1).find_first_not_of("0123456789.-") == std::string::npos);
    }
    CHECK(page.find("\nprocess_cpu_seconds_total ") != std::string::npos);
}

TEST_CASE("the process's own facts are plausible") {
    const std::optional<ProcessFacts> facts = read_process_facts();
    REQUIRE(facts.has_value());
    CHECK(facts->resident_bytes > 1'000'000);
    CHECK(facts->virtual_bytes >= facts->resident_bytes);
    CHECK(facts->open_fds >= 3);
    CHECK(facts->max_fds >= facts->open_fds);
    CHECK(facts->threads >= 1);
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    CHECK(facts->start_unix_seconds <= now + 2);
    CHECK(facts->start_unix_seconds > now - 24 * 3600);
}

TEST_CASE("threads add up") {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&metrics] {
            for (int i = 0; i < 1000; ++i) {
                metrics.add(Metric::RequestsShed, {i % 2 == 0 ? "even" : "odd"});
                metrics.histogram(Metric::AdmissionDuration, {"mutate"}).observe(1us);
                if (i % 100 == 0) static_cast<void>(metrics.render());
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(sample(metrics, R"(tollgate_requests_shed_total{reason="even"})") == "2000");
    CHECK(sample(metrics, R"(tollgate_admission_duration_seconds_count{webhook="mutate"})") == "4000");
}

}  // namespace
}  // namespace tollgate::telemetry
