// SPDX-License-Identifier: Apache-2.0
// The suffixes of quantities and what they multiply by. "e3" is none of them: exponents are numbers.
// Source: k8s.io/apimachinery pkg/api/resource/suffix.go.
// Thread rule: constants.
#pragma once

#include <array>
#include <string_view>

namespace tollgate {

struct QuantitySuffix {
    std::string_view text;
    int decimal = 0;  // power of ten
    int binary = 0;   // power of two
};

inline constexpr std::array<QuantitySuffix, 16> kQuantitySuffixes{{
    {"", 0, 0},
    {"n", -9, 0},
    {"u", -6, 0},
    {"m", -3, 0},
    {"k", 3, 0},
    {"M", 6, 0},
    {"G", 9, 0},
    {"T", 12, 0},
    {"P", 15, 0},
    {"E", 18, 0},
    {"Ki", 0, 10},
    {"Mi", 0, 20},
    {"Gi", 0, 30},
    {"Ti", 0, 40},
    {"Pi", 0, 50},
    {"Ei", 0, 60},
}};

}  // namespace tollgate
