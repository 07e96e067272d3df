// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/handler.hpp"

#include "webhook/admission/reply.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace tollgate::admission {

net::Response ReviewHandler::answer(decide::Phase phase, const net::Request& request) const {
    const auto start = std::chrono::steady_clock::now();
    const auto took = [start] { return std::chrono::steady_clock::now() - start; };
    const auto review = decode_review(
        request.body,
        {.phase = phase, .now_unix_ms = options_.now_unix_ms(), .max_depth = options_.max_depth});
    if (!review) {
        recorder_.record_bad_request(phase, took());
        report_refusal(phase, review.error());
        return net::plain_response(review.error().status, review.error().reason);
    }
    const decide::Snapshot& snapshot = snapshots_.current();
    const decide::Decision decision =
        decide::decide(review->request, snapshot, {.cancelled = request.cancelled});
    net::Response response;
    response.body = encode_reply(review->request, decision);
    recorder_.record(*review, decision, took(), snapshot.paused);
    report(*review, decision);
    return response;
}

void ReviewHandler::report_refusal(decide::Phase phase, const BadReview& why) const {
    const auto now = std::chrono::steady_clock::now();
    tell_left_out(now);
    if (!refusals_.allows(now)) return;
    log_.warn("request refused", {{"webhook", webhook_name(phase)}, {"reason", why.reason}});
}

void ReviewHandler::tell_left_out(std::chrono::steady_clock::time_point now) const {
    const std::uint64_t left_out = refusals_.take_left_out(now);
    if (left_out > 0) log_.warn("more requests were refused", {{"count", left_out}});
}

void ReviewHandler::report(const Review& review, const decide::Decision& decision) const {
    const decide::Request& request = review.request;
    if (review.duplicate_keys > 0) {
        log_.warn("the request has duplicate keys; the last of each counts",
                  {{"uid", request.uid}, {"count", review.duplicate_keys}});
    }
    const std::size_t logged = std::min(decision.errors.size(), limits::kMaxLoggedErrors);
    for (const decide::EvalError& error : std::span(decision.errors).first(logged)) {
        log_.error("a policy could not be judged", {{"uid", request.uid},
                                                    {"policy", error.policy},
                                                    {"rule", error.rule},
                                                    {"reason", error.reason},
                                                    {"message", error.message}});
    }
    if (decision.errors.size() > logged) {
        log_.error("more policies could not be judged",
                   {{"uid", request.uid}, {"count", decision.errors.size() - logged}});
    }
    if (!decision.refused_rewrite.empty()) {
        log_.error("a rewrite was not sent", {{"uid", request.uid}, {"reason", decision.refused_rewrite}});
    }
    if (request.phase == decide::Phase::Validate && !decision.allowed) {
        log_.info("denied", {{"uid", request.uid},
                             {"namespace", request.ns},
                             {"kind", request.kind.kind},
                             {"name", request.name},
                             {"user", request.user.name},
                             {"message", decision.message}});
    }
}

}  // namespace tollgate::admission
