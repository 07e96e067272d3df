// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/request_reader.hpp"

#include "tests/support/catch.hpp"

#include <string>

namespace tollgate::net {
namespace {

constexpr ReaderLimits kLimits{.max_header_bytes = 512, .max_body_bytes = 1024};

/// Feeds `bytes` in pieces of `step`, keeping what the reader leaves, as a session does.
RequestReader::Progress feed_all(RequestReader& reader, const std::string& bytes, std::size_t step) {
    std::string pending;
    auto progress = RequestReader::Progress::NeedMore;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        pending += bytes.substr(at, step);
        std::string_view input = pending;
        do {
            progress = reader.feed(input);
        } while (progress == RequestReader::Progress::Head);
        pending = std::string(input);
        if (progress != RequestReader::Progress::NeedMore) break;
    }
    return progress;
}

TEST_CASE("a request reads the same however it is cut") {
    const std::string request = GENERATE(
        "POST /mutate?timeout=2s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
        "9\r\n\r\n"
        "{\"a\": 42}",
        "POST /mutate?timeout=2s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n5;x=y\r\n: 42}\r\n0\r\nX: trailer\r\n\r\n");
    BodyBudget budget(1'000'000);
    for (std::size_t step = 1; step <= request.size(); ++step) {
        RequestReader reader(kLimits, budget);
        INFO(step);
        REQUIRE(feed_all(reader, request, step) == RequestReader::Progress::Complete);
        CHECK(reader.head().method == "POST");
        CHECK(reader.head().target == "/mutate?timeout=2s");
        CHECK(reader.head().content_type == "application/json");
        CHECK(reader.body() == "{\"a\": 42}");
    }
    CHECK(budget.used() == 0);
}

TEST_CASE("an empty chunked body reads the same however it is cut") {
    // Cut inside its last five bytes, this ended in an assertion of Beast's parser.
    const std::string request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    BodyBudget budget(1'000'000);
    for (std::size_t step = 1; step <= request.size(); ++step) {
        RequestReader reader(kLimits, budget);
        INFO(step);
        REQUIRE(feed_all(reader, request, step) == RequestReader::Progress::Complete);
        CHECK(reader.body().empty());
    }
}

TEST_CASE("no cut of a hostile request is read as a whole one") {
    const std::string request = GENERATE(
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\nContent-Length: 0\n\n", "POST / HTTP/1.2\r\n\r\n", "POST /a b HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nBad Header: x\r\n\r\n", "POST / HTTP/1.1\r\nA: b\rc\r\n\r\n");
    BodyBudget budget(1'000'000);
    for (std::size_t step = 1; step <= request.size(); ++step) {
        RequestReader reader(kLimits, budget);
        INFO(request << "in pieces of " << step);
        CHECK(feed_all(reader, request, step) != RequestReader::Progress::Complete);
        // In pieces some wait for an end that never comes; whole, all are refused.
        if (step == request.size()) CHECK(reader.failure().status >= 400);
    }
}

TEST_CASE("limits hold on what was sent and on what was promised") {
    BodyBudget budget(1'000'000);
    RequestReader reader(kLimits, budget);
    SECTION("promised body") {
        feed_all(reader, "POST / HTTP/1.1\r\nContent-Length: 1025\r\n\r\n", 1000);
        CHECK(reader.failure().status == 413);
    }
    SECTION("largest body") {
        const std::string body(1024, 'x');
        CHECK(feed_all(reader, "POST / HTTP/1.1\r\nContent-Length: 1024\r\n\r\n" + body, 100) ==
              RequestReader::Progress::Complete);
        CHECK(reader.body() == body);
    }
    SECTION("chunks that add up") {
        std::string request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (int i = 0; i < 5; ++i) request += "100\r\n" + std::string(256, 'x') + "\r\n";
        feed_all(reader, request, 100);
        CHECK(reader.failure().status == 413);
    }
    SECTION("many small headers, arriving one by one") {
        std::string request = "POST / HTTP/1.1\r\n";
        for (int i = 0; i < 100; ++i) request += "A: bcd\r\n";
        feed_all(reader, request, 8);
        CHECK(reader.failure().status == 431);
    }
}

TEST_CASE("the budget is shared, given back, and its lack does not end the connection") {
    BodyBudget budget(10);
    RequestReader first(kLimits, budget);
    RequestReader second(kLimits, budget);
    const std::string eight = "POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\n12345678";
    REQUIRE(feed_all(first, eight, 1000) == RequestReader::Progress::Complete);
    CHECK(budget.used() == 8);
    REQUIRE(feed_all(second, eight, 1000) == RequestReader::Progress::Complete);
    CHECK(second.is_over_budget());
    CHECK(second.body().empty());
    first.reset();
    CHECK(budget.used() == 0);
    second.reset();
    REQUIRE(feed_all(second, eight, 3) == RequestReader::Progress::Complete);
    CHECK_FALSE(second.is_over_budget());
    CHECK(second.body() == "12345678");
}

TEST_CASE("a skipped body is read over and the next request follows") {
    BodyBudget budget(1'000);
    RequestReader reader(kLimits, budget);
    const std::string two = "POST /one HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /two HTTP/1.1\r\n\r\n";
    std::string_view input = two;
    REQUIRE(reader.feed(input) == RequestReader::Progress::Head);
    CHECK(reader.head().has_body);
    reader.skip_body();
    REQUIRE(reader.feed(input) == RequestReader::Progress::Complete);
    CHECK(reader.body().empty());
    reader.reset();
    REQUIRE(reader.feed(input) == RequestReader::Progress::Head);
    CHECK(reader.head().target == "/two");
    CHECK_FALSE(reader.head().has_body);
    CHECK(reader.feed(input) == RequestReader::Progress::Complete);
    CHECK(input.empty());
}

}  // namespace
}  // namespace tollgate::net
