// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/walk.hpp"

#include "tests/unit/engine/workload/kinds.hpp"

namespace tollgate::workload {
using namespace test;

TEST_CASE("wildcards run over maps and lists, in document order, and pointers are escaped") {
    const json::Document document =
        parse(R"({"m":{"a/b":{"x":1},"c~d":{"x":2},"e.f":{"x":3}},"l":[{"x":4},{},{"x":5}]})");
    std::vector<std::string> pointers, fields;
    const auto note = [&](json::Node, json::Node, const Trail& trail) {
        pointers.push_back(pointer_of(trail, trail.size()));
        fields.push_back(field_of(trail, trail.size()));
        return true;
    };
    CHECK(for_each_place(document.root(), path("m.*.x"), note));
    CHECK(for_each_place(document.root(), path("l.*.x"), note));
    CHECK(for_each_place(document.root(), path("l.2.x"), note));
    CHECK(pointers ==
          std::vector<std::string>{"/m/a~1b/x", "/m/c~0d/x", "/m/e.f/x", "/l/0/x", "/l/2/x", "/l/2/x"});
    CHECK(fields ==
          std::vector<std::string>{"m.a/b.x", "m.c~d.x", "m.'e.f'.x", "l[0].x", "l[2].x", "l[2].x"});
}

TEST_CASE("walking stops when told to") {
    const json::Document document = parse(R"({"l":[1,2,3]})");
    int seen = 0;
    CHECK_FALSE(for_each_place(document.root(), path("l.*"),
                               [&](json::Node, json::Node, const Trail&) { return ++seen < 2; }));
    CHECK(seen == 2);
}

TEST_CASE("a second path takes the values the first one's wildcards took") {
    const json::Document document =
        parse(R"({"g":[{"s":{"w":{"t":0,"r":1},"h":{"t":0,"r":2}}},{"s":{"w":{"t":0,"r":3}}}]})");
    std::vector<std::int64_t> found;
    for_each_place(document.root(), path("g.*.s.*.t"), [&](json::Node, json::Node, const Trail& trail) {
        bool bound = false;
        found.push_back(follow(document.root(), path("g.*.s.*.r"), trail, bound).integer().value_or(-1));
        CHECK(bound);
        CHECK_FALSE(follow(document.root(), path("g.*.s.*.t.*"), trail, bound).exists());
        CHECK_FALSE(bound);
        return true;
    });
    CHECK(found == std::vector<std::int64_t>{1, 2, 3});
}

}  // namespace tollgate::workload
