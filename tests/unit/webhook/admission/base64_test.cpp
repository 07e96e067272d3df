// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/base64.hpp"

#include "tests/support/catch.hpp"

using tollgate::admission::base64;

TEST_CASE("base64: the vectors of RFC 4648") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("fooba") == "Zm9vYmE=");
    CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64: bytes above 127 and zero") {
    CHECK(base64(std::string("\xff\xfe\x00", 3)) == "//4A");
    CHECK(base64("\xfb\xff") == "+/8=");
}
