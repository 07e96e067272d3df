// SPDX-License-Identifier: Apache-2.0
// Snapshots for targets that go all the way from bytes to a reply: the shipped policies and the sample fleet,
// and one hard ceiling in front of them.
#pragma once

#include "engine/base/result.hpp"
#include "engine/decide/decide.hpp"
#include "policies/embedded.hpp"
#include "policies/load.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tollgate::fuzz {

inline constexpr std::int64_t kNow = 1'795'305'600'000;  // 2026-11-22T00:00:00Z

/// The library as shipped, besides the documents given.
inline decide::Snapshot make_gate(const std::string& documents) {
    std::vector<policies::SourceFile> sources;
    for (const policies::EmbeddedFile& file : policies::embedded_files()) {
        if (file.path.starts_with("policies/library/"))
            sources.push_back({std::string(file.path), std::string(file.bytes)});
    }
    if (!documents.empty()) sources.push_back({"gate.yaml", documents});
    policies::LoadedDocuments loaded = policies::load_sources(std::move(sources), {kNow, "aws"});
    TOLLGATE_ASSERT(loaded.ok());
    decide::Snapshot snapshot;
    snapshot.digest = std::string(64, '0');
    snapshot.market = std::make_shared<const fleet::Market>(std::move(loaded.market));
    snapshot.rules = decide::make_rulebook(std::move(loaded.policies), std::move(loaded.exceptions),
                                           std::move(loaded.kinds));
    return snapshot;
}

}  // namespace tollgate::fuzz
