// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/decision_log.hpp"

#include "webhook/telemetry/line_quota.hpp"
#include "webhook/telemetry/logger.hpp"
#include "webhook/telemetry/metrics.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tollgate::telemetry {
namespace {

bool is_standard_output(const std::string& path) {
    return path == "-";
}

int open_for_append(const std::string& path) {
    if (is_standard_output(path)) return STDOUT_FILENO;
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

LineWriterOptions writer_options(const DecisionLogOptions& options) {
    LineWriterOptions out;
    out.max_lines = options.max_lines;
    out.max_bytes = options.max_bytes;
    out.patience = options.patience;
    if (options.metrics != nullptr) out.drops = &options.metrics->series(Metric::DecisionLogDropped);
    if (options.log != nullptr) {
        const auto quota =
            std::make_shared<LineQuota>(1);  // a full disk refuses hundreds of batches a second
        out.trouble = [path = options.path, log = options.log, quota](std::size_t lines, int error) {
            if (!quota->allows(LineQuota::Clock::now())) return;
            if (lines == 0) {
                log->error("decision log cannot be reopened, the old file stays in use",
                           {{"path", path}, {"error", std::strerror(error)}});
            } else {
                log->error("decision log cannot be written, lines are dropped",
                           {{"path", path}, {"lines", lines}, {"error", std::strerror(error)}});
            }
        };
    }
    if (is_standard_output(options.path)) return out;
    out.owns_descriptor = true;
    out.open = [path = options.path] { return open_for_append(path); };
    return out;
}

}  // namespace

Result<std::unique_ptr<DecisionLog>> DecisionLog::open(const DecisionLogOptions& options) {
    const int descriptor = open_for_append(options.path);
    if (descriptor < 0) {
        return fail("decision log " + options.path +
                    ": cannot be opened for appending: " + std::strerror(errno));
    }
    return std::unique_ptr<DecisionLog>(new DecisionLog(options, descriptor));
}

DecisionLog::DecisionLog(const DecisionLogOptions& options, int descriptor)
    : writer_(descriptor, writer_options(options)) {}

}  // namespace tollgate::telemetry
