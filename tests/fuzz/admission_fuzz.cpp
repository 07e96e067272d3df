// SPDX-License-Identifier: Apache-2.0
// The whole way of a review from any bytes: decode, decide in both phases, encode. Whatever was sent, the
// answer is one the API server can read and within every bound that was promised; a patch that is sent
// applies, touches nothing but what Tollgate may write, and asking again changes nothing more.
#include "engine/base/limits.hpp"
#include "engine/patch/apply.hpp"
#include "tests/fuzz/gate.hpp"
#include "webhook/admission/recorder.hpp"
#include "webhook/admission/reply.hpp"
#include "webhook/admission/review.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace tollgate;
namespace limits = tollgate::limits;
using decide::Decision;
using decide::Phase;

bool printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_reply(const decide::Request& request, const Decision& decision) {
    const std::string reply = admission::encode_reply(request, decision);
    const auto parsed = json::parse(reply);
    TOLLGATE_ASSERT(parsed.has_value());
    TOLLGATE_ASSERT(parsed->duplicate_keys() == 0);
    const json::Node response = parsed->root()["response"];
    TOLLGATE_ASSERT(response["uid"].string() == request.uid);
    const bool allowed = response["allowed"].boolean();
    TOLLGATE_ASSERT(allowed || request.phase == Phase::Validate);
    TOLLGATE_ASSERT(allowed || response["status"]["code"].integer() == 403);
    TOLLGATE_ASSERT(response["patch"].exists() == !decision.patch.empty() ||
                    request.phase == Phase::Validate);
}

void check_bounds(const Decision& decision) {
    TOLLGATE_ASSERT(decision.allowed == decision.message.empty());
    TOLLGATE_ASSERT(decision.message.size() <= limits::kMaxMessageBytes);
    TOLLGATE_ASSERT(decision.findings.size() <= limits::kMaxFindings);
    TOLLGATE_ASSERT(decision.patch.size() <= limits::kMaxPatchOperations);
    TOLLGATE_ASSERT(decision.warnings.size() <= limits::kMaxWarnings);
    for (const std::string& warning : decision.warnings) {
        TOLLGATE_ASSERT(warning.size() <= limits::kMaxWarningChars && printable(warning));
    }
}

/// Security settings, images and the like come through as they were, wherever the pod stands.
void check_untouched(json::Node before, json::Node after) {
    for (const std::string_view key :
         {"image", "command", "args", "env", "envFrom", "securityContext", "volumes", "serviceAccountName",
          "hostNetwork", "priorityClassName", "nodeName"}) {
        TOLLGATE_ASSERT(before[key].exists() == after[key].exists());
        TOLLGATE_ASSERT(!before[key].exists() || json::equal(before[key], after[key]));
    }
    for (auto [key, value] : before.members()) {
        if (value.is_object() || value.is_array()) {
            if (after[key].exists()) check_untouched(value, after[key]);
        }
    }
    for (std::size_t i = 0;
         before.is_array() && after.is_array() && i < std::min(before.size(), after.size()); ++i)
        check_untouched(before[i], after[i]);
}

void check_patch(decide::Request request, const decide::Snapshot& gate, const Decision& decision) {
    const Result<json::Document> patched = patch::apply(request.object, decision.patch);
    TOLLGATE_ASSERT(patched.has_value());
    check_untouched(request.object, patched->root());
    request.object = patched->root();
    const Decision again = decide::decide(request, gate, {});
    TOLLGATE_ASSERT(again.patch.empty());
}

void check_phase(std::string_view body, Phase phase, const decide::Snapshot& gate) {
    const auto review =
        admission::decode_review(body, {.phase = phase, .now_unix_ms = fuzz::kNow, .max_depth = 128});
    if (!review) {
        TOLLGATE_ASSERT(review.error().status == 400);
        TOLLGATE_ASSERT(!review.error().reason.empty() && review.error().reason.size() < 512);
        TOLLGATE_ASSERT(printable(review.error().reason));
        return;
    }
    const Decision decision = decide::decide(review->request, gate, {});
    check_bounds(decision);
    check_reply(review->request, decision);
    const std::string line = admission::decision_line(*review, decision, std::chrono::nanoseconds(1));
    TOLLGATE_ASSERT(line.find('\n') == std::string::npos && json::parse(line).has_value());
    if (phase == Phase::Mutate && !decision.patch.empty()) check_patch(review->request, gate, decision);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const decide::Snapshot kGate = fuzz::make_gate("");
    const std::string_view body(static_cast<const char*>(static_cast<const void*>(data)), size);
    check_phase(body, Phase::Mutate, kGate);
    check_phase(body, Phase::Validate, kGate);
    return 0;
}
