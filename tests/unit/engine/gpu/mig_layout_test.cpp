// SPDX-License-Identifier: Apache-2.0
#include "engine/gpu/mig_layout.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

using namespace tollgate::gpu;

namespace {
const MigTable& table(const char* gpu) {
    return *Catalog::builtin().find_sku(gpu)->mig;
}
bool fits(const char* gpu, const MigLayout& layout) {
    return check_layout(table(gpu), layout).fits;
}
}  // namespace

TEST_CASE("layouts that NVIDIA documents fit") {
    CHECK(fits("a100-80-sxm", {{"1g.10gb", 7}}));
    CHECK(fits("a100-80-sxm", {{"3g.40gb", 2}}));
    CHECK(fits("a100-80-sxm", {{"1g.10gb", 4}, {"3g.40gb", 1}}));
    CHECK(fits("a100-80-sxm", {{"1g.10gb", 2}, {"2g.20gb", 1}, {"3g.40gb", 1}}));
    CHECK(fits("a100-80-sxm", {{"1g.20gb", 4}}));
    CHECK(fits("a100-80-sxm", {{"7g.80gb", 1}}));
    CHECK(fits("a100-40-sxm", {{"1g.5gb", 2}, {"2g.10gb", 1}, {"3g.20gb", 1}}));
    CHECK(fits("h100-80-sxm", {{"1g.10gb+me", 1}, {"1g.10gb", 6}}));
    CHECK(fits("a30", {{"2g.12gb", 1}, {"1g.6gb", 2}}));
}

TEST_CASE("seven compute slices but nine memory slices are refused, with layouts that fit") {
    const LayoutCheck check = check_layout(table("a100-80-sxm"), {{"3g.40gb", 2}, {"1g.10gb", 1}});
    CHECK(!check.fits);
    CHECK(check.reason ==
          "9 of 8 memory slices (3g.40gb x2 takes 8, 1g.10gb x1 takes 1); compute alone would do (7 of 7 "
          "compute "
          "slices)");
    CHECK(check.suggestion == MigLayout{{"3g.40gb", 2}});
    CHECK(check.suggestion_text == "{3g.40gb: 2} or {3g.40gb: 1, 1g.10gb: 4}");
}

TEST_CASE("what does not fit says why") {
    struct Row {
        MigLayout layout;
        const char* reason;
    };
    const Row rows[] = {
        {{{"1g.10gb", 8}},
         "8 of 7 compute slices (1g.10gb x8 takes 8); memory alone would do (8 of 8 memory slices)"},
        {{{"1g.10gb+me", 2}}, "only one instance of a GPU can have the media engines (+me)"},
        {{{"4g.40gb", 2}},
         "8 of 7 compute slices (4g.40gb x2 takes 8); memory alone would do (8 of 8 memory slices)"},
        {{{"7g.80gb", 2}}, "16 of 8 memory slices (7g.80gb x2 takes 16), and 14 of 7 compute slices"},
        {{{"1g.10gb", 0}}, "1g.10gb: instances per GPU must be at least 1"},
        {{{"1g.10gb", -3}}, "1g.10gb: instances per GPU must be at least 1"},
        {{}, "a layout needs at least one MIG profile"},
    };
    for (const Row& row : rows) {
        const LayoutCheck check = check_layout(table("a100-80-sxm"), row.layout);
        INFO(to_string(row.layout));
        CHECK(!check.fits);
        CHECK(check.reason == row.reason);
    }
    CHECK(
        check_layout(table("a100-80-sxm"), {{"1g.5gb", 1}}).reason.find("no MIG profile 1g.5gb on a100-80") ==
        0);
    // A count beyond anything stays a refusal.
    CHECK(!fits("a100-80-sxm", {{"1g.10gb", 2147483647}, {"2g.20gb", 2147483647}}));
}

TEST_CASE("the same profile twice is added up") {
    CHECK(fits("a100-80-sxm", {{"1g.10gb", 3}, {"nvidia.com/mig-1g.10gb", 4}}));
    CHECK(!fits("a100-80-sxm", {{"1g.10gb", 4}, {"1g.10gb", 4}}));
}

TEST_CASE("placements decide where sums do not") {
    // A made-up board: four slices, the pair may only start in the middle, where it splits the rest.
    static constexpr std::int32_t kMiddle[] = {1};
    static constexpr std::int32_t kEnds[] = {0, 2};
    static constexpr std::int32_t kAny[] = {0, 1, 2, 3};
    static constexpr MigProfile kProfiles[] = {
        {"2g.a", "", "", 2, 2, std::nullopt, 1, kMiddle, 2, ""},
        {"2g.b", "", "", 2, 2, std::nullopt, 2, kEnds, 2, ""},
        {"1g.c", "", "", 1, 1, std::nullopt, 4, kAny, 1, ""},
    };
    const MigTable board{"board", 4, 4, kProfiles, "", true, ""};
    CHECK(check_layout(board, {{"2g.a", 1}, {"1g.c", 2}}).fits);
    CHECK(check_layout(board, {{"2g.b", 2}}).fits);
    const LayoutCheck check = check_layout(board, {{"2g.a", 1}, {"2g.b", 1}});
    CHECK(!check.fits);
    CHECK(check.reason ==
          "the slices suffice but no arrangement avoids an overlap (2g.a may start at slice 1; 2g.b may "
          "start at slice "
          "0, 2)");
    CHECK(check.suggestion.size() == 1);
}

TEST_CASE("where no source gives placements, sums decide and the answer says so") {
    const LayoutCheck check = check_layout(table("rtx-pro-6000-se"), {{"2g.48gb", 1}, {"1g.24gb", 2}});
    CHECK(check.fits);
    CHECK(check.reason == "placements on rtx-pro-6000 are not published; only slice sums were checked");
    CHECK(!fits("rtx-pro-6000-se", {{"2g.48gb", 1}, {"1g.24gb", 3}}));
    CHECK(!fits("rtx-pro-6000-se", {{"1g.24gb+me", 1}, {"1g.24gb+me.all", 1}}));
}

TEST_CASE("every suggestion fits and keeps only what was asked for") {
    for (const MigTable& board : Catalog::builtin().mig_tables()) {
        const auto count = static_cast<std::int32_t>(board.profiles.size());
        for (std::int32_t i = 0; i < count; ++i) {
            for (std::int32_t j = 0; j < count; ++j) {
                const std::string a(board.profiles[static_cast<std::size_t>(i)].name);
                const std::string b(board.profiles[static_cast<std::size_t>(j)].name);
                const MigLayout asked =
                    a == b ? MigLayout{{a, 9}} : MigLayout{{a, 1 + i % 4}, {b, 1 + j % 5}};
                const LayoutCheck check = check_layout(board, asked);
                INFO(board.name << " " << to_string(asked) << " -> " << check.suggestion_text);
                if (check.fits) continue;
                REQUIRE(!check.suggestion.empty());
                CHECK(check_layout(board, check.suggestion).fits);
                for (const auto& [profile, instances] : check.suggestion) {
                    const auto same =
                        std::find_if(asked.begin(), asked.end(),
                                     [&name = profile](const auto& row) { return row.first == name; });
                    REQUIRE(same != asked.end());
                    CHECK(instances <= same->second);
                }
            }
        }
    }
}
