// SPDX-License-Identifier: Apache-2.0
// One operation of a JSON Patch (RFC 6902), with those four verbs that a rewrite needs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::patch {

struct Operation {
    enum class Op : std::uint8_t { Test, Add, Replace, Remove };
    Op op = Op::Add;
    std::string path;        // RFC 6901
    std::string value_json;  // compact JSON text; empty for Remove

    friend bool operator==(const Operation&, const Operation&) = default;
};

std::string_view to_string(Operation::Op op);

/// The RFC 6902 array, as it goes into an AdmissionReview (there in base64).
std::string to_json(std::span<const Operation> operations);

}  // namespace tollgate::patch
