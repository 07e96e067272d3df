// SPDX-License-Identifier: Apache-2.0
// An AdmissionReview as it comes from the API server, read into a decide::Request.
//
// Only the envelope is judged here: a review that is no review gets a one-line reason and a status, because
// its sender has to be mended. Nothing inside the object is a reason to refuse it. Source:
// k8s.io/api/admission/v1 AdmissionReview, AdmissionRequest.
#pragma once

#include "engine/base/limits.hpp"
#include "engine/base/result.hpp"
#include "engine/decide/decide.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::admission {

/// The views of `request` point into `document`, which stays where it is when the Review is moved.
struct Review {
    json::Document document;
    decide::Request request;
    std::string_view resource;        // "pods"; of the object as sent
    std::string_view requested_kind;  // before the API server's conversion; "" when the same
    std::size_t duplicate_keys = 0;   // dropped, the last one won, as in the API server
};

struct BadReview {
    unsigned status = 400;
    std::string reason;  // one line, no line feed
};

struct ReviewOptions {
    decide::Phase phase = decide::Phase::Validate;
    std::int64_t now_unix_ms = 0;
    std::size_t max_depth = limits::kMaxJsonDepth;
};

tl::expected<Review, BadReview> decode_review(std::string_view body, const ReviewOptions& options);

/// The same from a tree that is already there (`check` reads reviews as documents): fills everything but
/// `document`.
tl::expected<Review, BadReview> read_review(json::Node root, const ReviewOptions& options);

}  // namespace tollgate::admission
