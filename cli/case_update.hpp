// SPDX-License-Identifier: Apache-2.0
// New expectations for cases that failed, written into the case file's own text: only `expect` blocks change,
// every other byte stays. What a block compared before it compares afterwards, with the values that came out.
#pragma once

#include "cli/case_runner.hpp"
#include "engine/base/result.hpp"

#include <string>

namespace tollgate::cli {

/// The text with the `expect` of each failed case rewritten. Fails when a block cannot be found in the text
/// (an alias stands for it, or it begins on the line of another key).
Result<std::string> updated_text(const std::string& text, const policies::CaseFile& file,
                                 const CaseFileResult& result);

}  // namespace tollgate::cli
