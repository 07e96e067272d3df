// SPDX-License-Identifier: Apache-2.0
// The table of variables in docs/policy-reference.md is the one that the declarations make, to the letter.
// UPDATE_GOLDEN=1 writes it instead.
#include "engine/rules/variable_table.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace {

const std::string kPage = "docs/policy-reference.md";
const std::string kBegin =
    "<!-- begin of the generated table: UPDATE_GOLDEN=1 scripts/test -R golden writes it -->\n";
const std::string kEnd = "<!-- end of the generated table -->\n";

std::string read_page() {
    std::ifstream stream(kPage, std::ios::binary);
    std::ostringstream out;
    out << stream.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("the policy reference lists the variables that expressions have") {
    const std::string page = read_page(), table = tollgate::rules::variable_table();
    const std::size_t begin = page.find(kBegin), end = page.find(kEnd);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    const std::size_t start = begin + kBegin.size();
    REQUIRE(start <= end);
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(kPage, std::ios::binary) << page.substr(0, start) << table << page.substr(end);
        return;
    }
    CHECK(page.substr(start, end - start) == table);
}
