// SPDX-License-Identifier: Apache-2.0
#include "tests/support/catch.hpp"
#include "webhook/admin/admin_server.hpp"

namespace tollgate::admin {
namespace {

const std::vector<Check> kGood = {{"serving", true, ""},
                                  {"snapshot", true, "last reload refused: p.yaml:3:1"}};

TEST_CASE("ready is one word, verbose lists each check with what there is to know") {
    CHECK(judge(kGood, false).ready);
    CHECK(judge(kGood, false).text == "ok\n");
    CHECK(judge(kGood, true).text == "[+] serving\n[+] snapshot: last reload refused: p.yaml:3:1\nok\n");
}

TEST_CASE("one failing check is enough, and is named even when not verbose") {
    std::vector<Check> checks = kGood;
    checks.push_back({"certificate", false, "expired yesterday"});
    CHECK_FALSE(judge(checks, false).ready);
    CHECK(judge(checks, false).text == "[-] certificate: expired yesterday\nnot ready\n");
    CHECK_FALSE(judge(checks, true).ready);
}

}  // namespace
}  // namespace tollgate::admin
