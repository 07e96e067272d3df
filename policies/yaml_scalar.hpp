// SPDX-License-Identifier: Apache-2.0
// What a YAML scalar means in Kubernetes: `yes` is true, 0777 is 511, 1_000 is 1000, a date is a string.
//
// kubectl and the API server read YAML through sigs.k8s.io/yaml, which resolves scalars as YAML 1.1 does
// (with YAML 1.2's 0o17) and then turns the result into JSON; a manifest means what they say it means.
// Numbers keep their digits: 1.10 stays "1.10", and integers beyond 64 bits stay exact. Held by a table of
// tests whose answers were taken from kubectl. Source: sigs.k8s.io/yaml/goyaml.v2 resolve.go;
// https://yaml.org/type/. Thread rule: pure functions.
#pragma once

#include "engine/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::policies {

struct Scalar {
    enum class Kind : std::uint8_t { Null, Bool, Number, String };
    Kind kind = Kind::String;
    bool boolean = false;
    std::string text;  // of a String, or a number as JSON writes it
};

/// `tag`: "" or "?" for a plain scalar, "!" for a quoted one, else as written in full
/// ("tag:yaml.org,2002:int"). Errors: .inf and .nan, which JSON does not have, and an explicit tag that the
/// text does not fit.
Result<Scalar> resolve_scalar(std::string_view tag, std::string_view text);

/// The text of a map key: JSON knows only strings, so `on: 1` has the key "true". Errors: null, .inf and
/// .nan.
Result<std::string> resolve_key(std::string_view tag, std::string_view text);

}  // namespace tollgate::policies
