// SPDX-License-Identifier: Apache-2.0
// From `-p` to a snapshot: read the documents, compile them, say what is wrong with them.
//
// Without -p there is the embedded library with the sample fleet: as written for commands that judge, in Warn
// mode for `serve`.
#pragma once

#include "cli/judge.hpp"
#include "cli/terminal.hpp"
#include "policies/load.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

/// Prices where the documents bring no Fleet, or there are none.
inline constexpr std::string_view kSampleFleet = "aws";

/// The only clock of the commands.
std::int64_t unix_now_ms();

struct LoadRequest {
    std::vector<std::string> paths;       // empty: the embedded library and sample fleet
    std::optional<rules::Mode> max_mode;  // policies act no more strongly than this
    bool sample_fleet = false;            // when the documents bring no Fleet
    bool needs_namespaces = false;        // nobody else knows their labels: policies::LoadOptions
};

struct LoadedSnapshot {
    std::shared_ptr<const decide::Snapshot> snapshot;  // null when a document has an error
    Diagnostics diagnostics;
    bool has_fleet = false;
    std::string fleet_file;  // that the Fleet is in
    std::vector<policies::SourceFile> sources;
    bool unreadable = false;  // a file or directory could not be read: that may pass by itself
};

/// Never prints; `serve` calls it again at each reload.
LoadedSnapshot load_snapshot(const LoadRequest& request, std::int64_t now_unix_ms);

/// Diagnostics as text, at most limits::kMaxDiagnostics of them, and a line that counts them.
std::string render_all(const Diagnostics& diagnostics);

/// The snapshot with the frame's --namespace-labels, if there are any.
std::shared_ptr<const decide::Snapshot> with_labels(std::shared_ptr<const decide::Snapshot> known,
                                                    const RequestFrame& frame);

/// For check and explain: loads, prints problems and what is used by default, adds --namespace-labels. Null
/// after a printed error.
std::shared_ptr<const decide::Snapshot> load_for_judging(const std::vector<std::string>& paths,
                                                         const RequestFrame& frame, const Terminal& terminal);

/// The embedded library as written, without its cases.
std::vector<policies::SourceFile> embedded_library();

}  // namespace tollgate::cli
