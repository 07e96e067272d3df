// SPDX-License-Identifier: Apache-2.0
// usage import: what workloads used of their accelerators, from Prometheus into a Usage document.
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/prometheus.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/usage_text.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"
#include "engine/workload/measure/gather.hpp"

#include <string>

namespace tollgate::cli {
namespace {

constexpr std::int64_t kMaxWindowMs = std::int64_t{366} * 24 * 3600 * 1000;
constexpr std::int64_t kMaxTimeoutMs = std::int64_t{3600} * 1000;
constexpr std::int64_t kMaxSteps = 11'000;  // of one range; as many as Prometheus itself gives

struct Times {
    std::int64_t now_unix_ms = 0, window_seconds = 0, step_seconds = 0, timeout_ms = 0;
};

Result<std::int64_t> read_duration(std::string_view flag, const std::string& text, std::int64_t most_ms) {
    const Result<std::int64_t> ms = parse_duration_ms(text);
    if (!ms) return fail(std::string(flag) + ": " + ms.error().message);
    if (*ms < 1000 || *ms % 1000 != 0 || *ms > most_ms) {
        return fail(std::string(flag) + ": whole seconds, from 1s to " + format_duration(most_ms / 1000));
    }
    return *ms;
}

Result<Times> read_times(const UsageImportOptions& options) {
    Times out;
    TOLLGATE_TRY(const std::int64_t window, read_duration("--window", options.window, kMaxWindowMs));
    TOLLGATE_TRY(const std::int64_t step, read_duration("--step", options.step, window));
    TOLLGATE_TRY(out.timeout_ms, read_duration("--timeout", options.timeout, kMaxTimeoutMs));
    if (window / step > kMaxSteps) {
        return fail("--step: more than " + std::to_string(kMaxSteps) +
                    " steps in the window; take a longer one");
    }
    out.window_seconds = window / 1000;
    out.step_seconds = step / 1000;
    out.now_unix_ms = unix_now_ms();
    if (!options.now.empty()) {
        const Result<std::int64_t> now = parse_time_ms(options.now);
        if (!now) return fail("--now: " + now.error().message);
        out.now_unix_ms = *now;
    }
    return out;
}

Result<Prometheus> open(const UsageImportOptions& options, const Times& times) {
    TOLLGATE_TRY(Prometheus server, Prometheus::at(options.prometheus));
    server.give_up_after(times.timeout_ms);
    if (!options.ca_file.empty()) {
        TOLLGATE_TRY(std::string pem, read_file(options.ca_file));
        server.trust(std::move(pem));
    }
    if (!options.token_file.empty()) {
        TOLLGATE_TRY(const std::string text, read_file(options.token_file));
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        if (first == std::string::npos) return fail(options.token_file + ": holds no token");
        const std::string token = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
        const bool plain = token.find_first_of(" \t\r\n") == std::string::npos;
        if (!plain) return fail(options.token_file + ": a token is one word");
        server.present(token);
    }
    return server;
}

Result<workload::Recording> ask(const Prometheus& server, const Times& times) {
    workload::Recording out;
    for (std::size_t i = 0; i < workload::kQueries; ++i) {
        const auto query = static_cast<workload::Query>(i);
        TOLLGATE_TRY(out.of(query),
                     server.query(workload::query_text(query, times.window_seconds, times.step_seconds),
                                  times.now_unix_ms));
    }
    return out;
}

/// Why there is nothing to write, and where to look.
std::string nothing_found(const workload::Recording& recording, const Prometheus& server,
                          const Times& times) {
    const std::string window =
        "in the " + workload::span_text(times.window_seconds) + " before " + format_time(times.now_unix_ms);
    if (recording.of(workload::Query::MemoryPeak).empty()) {
        return server.url() + ": no series " + std::string(workload::kMemoryMetric) + " " + window +
               ". Does it scrape dcgm-exporter, is it the right server, and does it keep data for so long?";
    }
    return server.url() + ": no series " + std::string(workload::kMemoryMetric) + " " + window +
           " names a pod. Run dcgm-exporter with DCGM_EXPORTER_KUBERNETES=true, and keep its labels pod, "
           "namespace and container (or exported_pod, ...)";
}

void tell(const workload::Gathered& gathered, const Terminal& terminal) {
    if (gathered.by_name > 0) {
        terminal.note(
            std::to_string(gathered.by_name) + (gathered.by_name == 1 ? " pod's" : " pods'") +
            " workload was taken from the pod's name: kube_pod_owner of kube-state-metrics does not "
            "tell");
    }
    if (gathered.nobodys > 0) {
        terminal.note(std::to_string(gathered.nobodys) + " series name no pod: devices that nobody held");
    }
    for (const workload::UsageEntry& entry : gathered.entries) {
        if (!entry.shared) continue;
        terminal.note(to_ascii(entry.ns) + "/" + to_ascii(entry.name) +
                      ": had devices together with other pods; what was measured is not its own, and is no "
                      "need of memory");
    }
}

}  // namespace

Exit run_usage_import(const UsageImportOptions& options, const Terminal& terminal) {
    const Result<Times> times = read_times(options);
    const Result<Prometheus> server = times ? open(options, *times) : tl::unexpected(times.error());
    if (!server) {
        terminal.complain(server.error().message);
        return Exit::BadInput;
    }
    const Result<workload::Recording> recording = ask(*server, *times);
    if (!recording) {
        terminal.complain(recording.error().message);
        return Exit::CannotRun;
    }
    const workload::Gathered gathered = workload::gather(*recording);
    if (gathered.entries.empty()) {
        terminal.complain(nothing_found(*recording, *server, *times));
        return Exit::BadInput;
    }
    if (gathered.entries.size() > limits::kMaxUsageEntries) {
        terminal.complain(std::to_string(gathered.entries.size()) + " containers of workloads; at most " +
                          std::to_string(limits::kMaxUsageEntries) +
                          " fit into a Usage. Take a shorter --window");
        return Exit::BadInput;
    }
    tell(gathered, terminal);
    terminal.out << usage_text(gathered, {server->url(), times->now_unix_ms, times->window_seconds});
    return Exit::Fine;
}

}  // namespace tollgate::cli
