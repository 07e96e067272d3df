// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/handler.hpp"

#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <atomic>
#include <string>

using namespace tollgate;

namespace {

/// An empty rulebook that knows Pods.
std::shared_ptr<const decide::Snapshot> snapshot() {
    workload::KindSpec pod;
    pod.name = "pod";
    pod.kind = "Pod";
    pod.versions = {"v1"};
    workload::PodPath path;
    path.path = *workload::parse_path("spec");
    path.shape = workload::Shape::PodSpec;
    pod.pods.push_back(path);
    auto made = std::make_shared<decide::Snapshot>();
    made->rules = decide::make_rulebook({}, {}, {pod});
    made->market = std::make_shared<const fleet::Market>();
    made->digest = "d";
    return made;
}

struct Desk {
    telemetry::Metrics metrics;
    int silent = ::open("/dev/null", O_WRONLY);
    telemetry::Logger log{telemetry::LogFormat::Json, telemetry::Level::Error, silent};
    admission::SnapshotSlot slot{snapshot()};
    admission::ReviewHandler handler{slot,
                                     admission::Recorder(metrics, nullptr),
                                     log,
                                     {.max_depth = 64, .now_unix_ms = [] { return std::int64_t{1000}; }}};
    ~Desk() { ::close(silent); }

    net::Response ask(decide::Phase phase, std::string_view body) const {
        net::Request request;
        request.method = "POST";
        request.body = body;
        return handler.answer(phase, request);
    }
};

const char* const kPod =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-7",
  "kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","namespace":"n",
  "object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
  "spec":{"containers":[{"name":"c","resources":{"limits":{"nvidia.com/gpu":"8"}}}]}}}})";

}  // namespace

TEST_CASE("handler: a review is answered with its uid") {
    const Desk desk;
    for (const auto phase : {decide::Phase::Mutate, decide::Phase::Validate}) {
        const net::Response response = desk.ask(phase, kPod);
        CHECK(response.status == 200);
        CHECK(response.content_type == "application/json");
        const auto body = nlohmann::json::parse(response.body);
        CHECK(body["response"]["uid"] == "u-7");
        CHECK(body["response"]["allowed"] == true);
    }
}

TEST_CASE("handler: what is no review gets 400 and one line, and is counted") {
    Desk desk;
    const net::Response response = desk.ask(decide::Phase::Validate, "[1,2");
    CHECK(response.status == 400);
    CHECK(response.body.find('\n') == response.body.size() - 1);
    CHECK(desk.metrics.render().find(R"(outcome="bad_request"} 1)") != std::string::npos);
}

TEST_CASE("handler: every prefix of a review is answered, none crashes") {
    const Desk desk;
    const std::string whole = kPod;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(desk.ask(decide::Phase::Validate, std::string_view(whole).substr(0, size)).status == 400);
    }
    CHECK(desk.ask(decide::Phase::Validate, whole).status == 200);
}

TEST_CASE("handler: past the deadline there is still an answer") {
    const Desk desk;
    const std::atomic<bool> over{true};
    net::Request request;
    request.method = "POST";
    request.body = kPod;
    request.cancelled = &over;
    for (const auto phase : {decide::Phase::Mutate, decide::Phase::Validate}) {
        const auto body = nlohmann::json::parse(desk.handler.answer(phase, request).body);
        CHECK(body["response"]["allowed"] == true);
        CHECK(!body["response"].contains("patch"));
    }
}
