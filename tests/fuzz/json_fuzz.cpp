// SPDX-License-Identifier: Apache-2.0
// Whatever parses must survive a round trip: written text parses again, into an equal tree, and is a fixed
// point.
#include "engine/base/json/document.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace json = tollgate::json;

void walk(json::Node node) {
    for (const json::Node element : node.elements()) walk(element);
    for (const auto [key, value] : node.members()) {
        TOLLGATE_ASSERT(node[key].id() == value.id());
        walk(value);
    }
    (void)node.integer();
}

/// `node` without the arrays named "m" of objects that are members "p".
void copy_without(json::Builder& out, json::Node node, bool in_parent) {
    if (node.is_array()) {
        out.begin_array();
        for (const json::Node element : node.elements()) copy_without(out, element, false);
        out.end_array();
    } else if (node.is_object()) {
        out.begin_object();
        for (const auto [key, value] : node.members()) {
            if (in_parent && key == "m" && value.is_array()) continue;
            out.key(key);
            copy_without(out, value, key == "p");
        }
        out.end_object();
    } else {
        out.copy(node);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const auto document = json::parse(text, {.max_depth = 32});
    if (!document) {
        TOLLGATE_ASSERT(document.error().offset <= size);
        TOLLGATE_ASSERT(!document.error().message.empty());
        return 0;
    }
    walk(document->root());
    const std::string written = json::to_json(document->root());
    const auto again = json::parse(written);
    TOLLGATE_ASSERT(again.has_value());
    TOLLGATE_ASSERT(again->duplicate_keys() == 0);
    TOLLGATE_ASSERT(json::equal(document->root(), again->root()));
    TOLLGATE_ASSERT(json::to_json(again->root()) == written);

    // What is left out is all that is different; with duplicate keys another member may be the last.
    const auto shorter = json::parse(text, {.max_depth = 32, .left_out = {.parent = "p", .name = "m"}});
    TOLLGATE_ASSERT(shorter.has_value());
    if (document->duplicate_keys() == 0) {
        json::Builder expected;
        copy_without(expected, document->root(), false);
        TOLLGATE_ASSERT(json::to_json(shorter->root()) == json::to_json(expected.finish().root()));
    }

    json::Builder builder;
    builder.copy(document->root());
    TOLLGATE_ASSERT(json::to_json(builder.finish().root()) == written);
    return 0;
}
