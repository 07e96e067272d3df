// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/pointer.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"

#include <algorithm>

namespace tollgate::patch {
namespace {

constexpr std::size_t kMaxIndexDigits = 9;

}  // namespace

std::optional<std::string> unescape(std::string_view segment) {
    std::string text;
    text.reserve(segment.size());
    for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] != '~') {
            text += segment[i];
            continue;
        }
        ++i;
        if (i == segment.size() || (segment[i] != '0' && segment[i] != '1')) return std::nullopt;
        text += segment[i] == '0' ? '~' : '/';
    }
    return text;
}

std::string escape(std::string_view segment) {
    std::string text;
    text.reserve(segment.size());
    for (const char c : segment) {
        if (c == '~') {
            text += "~0";
        } else if (c == '/') {
            text += "~1";
        } else {
            text += c;
        }
    }
    return text;
}

Result<std::vector<std::string>> parse_pointer(std::string_view pointer) {
    std::vector<std::string> segments;
    if (pointer.empty()) return segments;
    const auto refuse = [pointer](const char* why) {
        return fail("'" + std::string(truncated(pointer, 100)) + "' is not a JSON pointer: " + why);
    };
    if (pointer.front() != '/') return refuse("it must begin with '/'");
    const auto count = static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/'));
    if (count > limits::kMaxJsonDepthCeiling) return refuse("it has too many segments");
    for (const std::string_view segment : split(pointer.substr(1), '/')) {
        std::optional<std::string> text = unescape(segment);
        if (!text) return refuse("'~' must be followed by 0 or 1");
        segments.push_back(std::move(*text));
    }
    return segments;
}

bool is_pointer(std::string_view pointer) {
    if (pointer.empty()) return true;
    if (pointer.front() != '/') return false;
    std::size_t segments = 0;
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (pointer[i] == '/') ++segments;
        if (pointer[i] == '~' &&
            (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
            return false;
    }
    return segments <= limits::kMaxJsonDepthCeiling;
}

std::string build_pointer(std::span<const std::string> segments) {
    std::string pointer;
    for (const std::string& segment : segments) pointer += '/' + escape(segment);
    return pointer;
}

std::optional<std::size_t> parse_index(std::string_view segment) {
    const bool leading_zero = segment.size() > 1 && segment.front() == '0';
    if (segment.empty() || segment.size() > kMaxIndexDigits || leading_zero) return std::nullopt;
    std::size_t index = 0;
    for (const char c : segment) {
        if (c < '0' || c > '9') return std::nullopt;
        index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    return index;
}

json::Node child(json::Node node, std::string_view segment) {
    if (node.is_object()) return node[segment];
    const std::optional<std::size_t> index = parse_index(segment);
    return index ? node[*index] : json::Node();
}

json::Node resolve(json::Node root, std::string_view pointer) {
    const Result<std::vector<std::string>> segments = parse_pointer(pointer);
    if (!segments) return {};
    json::Node node = root;
    for (const std::string& segment : *segments) node = child(node, segment);
    return node;
}

}  // namespace tollgate::patch
