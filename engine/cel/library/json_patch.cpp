// SPDX-License-Identifier: Apache-2.0
// jsonpatch.escapeKey("a/b"): a key as a JSON Pointer has it. Of policies that change objects alone.
// Source: k8s.io/apiserver pkg/cel/library/jsonpatch.go; RFC 6901, section 3.
#include "engine/cel/library/library.hpp"

#include <array>
#include <string>

namespace tollgate::cel {
namespace {

Value escape_key(CallContext& context, Arguments args) {
    const std::string_view key = args[0].view();
    if (key.find_first_of("~/") == std::string_view::npos) return args[0];
    std::string out;
    for (const char c : key) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    const Value copy = context.arena.copy_string(out);
    return context.arena.is_full() ? context.error("") : copy;
}

std::uint64_t cost_of_key(Arguments args, const Value&) {
    return traversal_cost(cost_size(args[0]));
}

constexpr std::array<Overload, 1> kRows{{
    {"jsonpatch.escapeKey", Style::Global, "string_jsonpatch_escapeKey_string", "string->string", escape_key,
     cost_of_key},
}};

}  // namespace

std::span<const Overload> json_patch_overloads() {
    return kRows;
}

}  // namespace tollgate::cel
