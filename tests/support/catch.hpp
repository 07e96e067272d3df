// SPDX-License-Identifier: Apache-2.0
// Catch2 2.x (Debian 12) or 3.x; tests use TEST_CASE, SECTION, CHECK, REQUIRE, INFO and generators only.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
