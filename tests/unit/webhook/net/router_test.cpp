// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/router.hpp"

#include "tests/support/catch.hpp"

namespace tollgate::net {
namespace {

Router make_router() {
    const auto answer = [](const Request& request) {
        return plain_response(200, std::string(request.method));
    };
    return Router({{"POST", "/mutate", true, answer}, {"GET", "/healthz", false, answer}});
}

Request request(std::string_view method, std::string_view path, std::string_view type = "") {
    Request made;
    made.method = method;
    made.path = path;
    made.content_type = type;
    return made;
}

TEST_CASE("routes are found by exact path and method") {
    const Router router = make_router();
    CHECK(router.handle(request("POST", "/mutate", "application/json")).body == "POST\n");
    CHECK(router.handle(request("GET", "/healthz")).status == 200);
    CHECK(router.handle(request("HEAD", "/healthz")).status == 200);
    for (const char* path : {"/Mutate", "/mutate/", "//mutate", "/%6dutate", "mutate", "", "*", "/"}) {
        INFO(path);
        const Response response = router.handle(request("POST", path, "application/json"));
        CHECK(response.status == 404);
        CHECK(response.body == "no such path; there are: /mutate, /healthz\n");
    }
}

TEST_CASE("a known path with another method says which would do") {
    const Router router = make_router();
    const Response post = router.handle(request("DELETE", "/mutate", "application/json"));
    CHECK(post.status == 405);
    REQUIRE(post.headers.size() == 1);
    CHECK(post.headers[0] == std::pair<std::string, std::string>("Allow", "POST"));
    const Response get = router.handle(request("POST", "/healthz"));
    CHECK(get.status == 405);
    CHECK(get.headers[0].second == "GET, HEAD");
    CHECK(router.handle(request("HEAD", "/mutate", "application/json")).status == 405);
    CHECK(router.handle(request("post", "/mutate", "application/json")).status == 405);
}

TEST_CASE("content types are compared without parameters and case") {
    const Router router = make_router();
    for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                             "application/json ;charset=utf-8"}) {
        INFO(type);
        CHECK_FALSE(router.screen(request("POST", "/mutate", type)).has_value());
    }
    for (const char* type : {"", "text/json", "application/jsonx", "application/yaml",
                             "text/plain;application/json", "application/apply-patch+yaml"}) {
        INFO(type);
        const auto refusal = router.screen(request("POST", "/mutate", type));
        REQUIRE(refusal.has_value());
        CHECK(refusal->status == 415);
    }
}

}  // namespace
}  // namespace tollgate::net
