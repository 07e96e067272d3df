// SPDX-License-Identifier: Apache-2.0
#include "cli/judge.hpp"

#include "engine/base/json/document.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace tollgate;

namespace {

/// What the request says of the namespace of `object`, read after other work has used the stack.
std::string namespace_of(const std::string& object, const std::string& flag) {
    cli::RequestOptions options;
    options.namespace_name = flag;
    const auto frame = cli::RequestFrame::make(options, 0);
    REQUIRE(frame.has_value());
    const auto document = json::parse(object);
    REQUIRE(document.has_value());
    const decide::Request request = frame->request_for(document->root());
    const std::string other(request.ns.size() + 64, '#');
    CHECK(other.find_first_not_of('#') == std::string::npos);
    return std::string(request.ns);
}

}  // namespace

TEST_CASE("judge: an object is in its own namespace, else in the one of the flag, else in default") {
    constexpr const char* kNamed = R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop"}})";
    constexpr const char* kBare = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}})";
    CHECK(namespace_of(kNamed, "team-a") == "shop");
    CHECK(namespace_of(kBare, "team-a") == "team-a");
    CHECK(namespace_of(kBare, "") == "default");
    // Longer than a string keeps within itself.
    const std::string longest(63, 'n');
    CHECK(namespace_of(kBare, longest) == longest);
}
