// SPDX-License-Identifier: Apache-2.0
// Foreign text made safe for the two line formats written here: JSON strings and Prometheus label values.
//
// Both must be valid UTF-8 and must never contain a raw line break, whatever an object's name or a peer's
// certificate says. Bytes that are not UTF-8 become U+FFFD.
// Sources: RFC 8259 section 7; Prometheus text exposition format 0.0.4.
#pragma once

#include <string>
#include <string_view>

namespace tollgate::telemetry {

/// Appends `text` with quotes around it.
void append_json_string(std::string& out, std::string_view text);
/// Appends `text` without quotes; backslash, quote and line feed escaped.
void append_label_value(std::string& out, std::string_view text);

}  // namespace tollgate::telemetry
