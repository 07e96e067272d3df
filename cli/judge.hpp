// SPDX-License-Identifier: Apache-2.0
// From a file on a command line to judged objects: what `check`, `explain` and the demo have in common.
//
// A file becomes documents, a `kind: List` its items, an AdmissionReview the object inside it (with its
// operation, old object and user). What cannot be read is a result too, with its place; nothing stops the
// others.
#pragma once

#include "cli/options.hpp"
#include "engine/decide/decide.hpp"
#include "engine/decide/spending.hpp"
#include "policies/manifest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

enum class Outcome : std::uint8_t { Allowed, Rewritten, Denied, Skipped, Error };
std::string_view to_string(Outcome outcome);

struct ObjectName {
    std::string api_version, kind, name_space, name;
};

struct Judged {
    std::string file;
    std::uint32_t document = 0;
    std::uint32_t line = 1;  // where the document begins
    ObjectName object;
    Outcome outcome = Outcome::Skipped;
    std::string error;  // Outcome::Error: says where
    std::vector<std::string>
        notes;  // beside what the decision says: of the reading, and what could not be judged
    decide::OfflineReview review;         // empty for Error
    json::Node before;                    // the object as given; valid as long as its document
    std::vector<decide::Counts> budgets;  // of the snapshot, that it is about
};

/// The request around each object, from flags; all views point into itself, so it stays where it is.
class RequestFrame {
  public:
    /// Fails on a bad --operation, --now, --old or --namespace-labels.
    static Result<RequestFrame> make(const RequestOptions& options, std::int64_t now_unix_ms);

    [[nodiscard]] decide::Request request_for(json::Node object) const;
    [[nodiscard]] std::int64_t now_unix_ms() const { return now_unix_ms_; }
    /// Labels that hold for every namespace, or null.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>* namespace_labels() const {
        return labels_ ? &*labels_ : nullptr;
    }

  private:
    RequestOptions options_;
    rules::Operation operation_ = rules::Operation::Create;
    std::int64_t now_unix_ms_ = 0;
    std::vector<policies::ManifestDocument> old_;
    std::optional<std::vector<std::pair<std::string, std::string>>> labels_;
};

struct JudgeControl {
    const decide::Snapshot& snapshot;
    const RequestFrame& frame;
    bool trace = false;
};

/// Judges every object of one file; `documents` owns what the results point into.
std::vector<Judged> judge_file(const std::string& file,
                               const std::vector<policies::ManifestDocument>& documents,
                               const JudgeControl& control);

/// "policy/rule could not be judged: why": such notes are among the decision's warnings, too.
std::string error_text(const decide::EvalError& error);

/// The note on an object whose kind is not known, of which the decision warns, too.
std::string unknown_kind_text(const Judged& judged);

/// "job.batch/train-llama in research", "document 2" for what has no name.
std::string display_name(const Judged& judged);

}  // namespace tollgate::cli
