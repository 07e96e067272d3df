// SPDX-License-Identifier: Apache-2.0
// Input: two JSON texts with a line break between: an object, and a list of [pointer, value] (changes; no
// value: remove) and [op, pointer, value] (operations). What is rendered from changes must apply.
#include "engine/base/json/document.hpp"
#include "engine/patch/allow.hpp"
#include "engine/patch/apply.hpp"
#include "engine/patch/edit.hpp"
#include "engine/patch/pointer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tollgate;
using Op = patch::Operation::Op;

Op op_of(std::string_view name) {
    if (name == "test") return Op::Test;
    if (name == "add") return Op::Add;
    return name == "replace" ? Op::Replace : Op::Remove;
}

bool any_resource(std::string_view resource) {
    return !resource.empty();
}

/// What reads as a pointer is written back as it was.
void check_pointer(std::string_view text) {
    const auto segments = patch::parse_pointer(text);
    if (!segments) {
        TOLLGATE_ASSERT(!segments.error().message.empty());
        return;
    }
    TOLLGATE_ASSERT(patch::build_pointer(*segments) == text);
    for (const std::string& segment : *segments) {
        const auto index = patch::parse_index(segment);
        TOLLGATE_ASSERT(!index.has_value() || std::to_string(*index) == segment);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const std::size_t line = text.find('\n');
    if (line == std::string_view::npos) {
        check_pointer(text);
        return 0;
    }
    const auto object = json::parse(text.substr(0, line), {.max_depth = 32});
    const auto script = json::parse(text.substr(line + 1), {.max_depth = 32});
    if (!object || !script) return 0;

    std::vector<patch::Change> changes;
    std::vector<patch::Operation> operations;
    for (const json::Node step : script->root().elements()) {
        const std::string first(step[0].string());
        (void)patch::is_allowed(first, any_resource);
        if (step.size() == 1) changes.push_back({first, std::nullopt, std::nullopt});
        if (step.size() == 2) changes.push_back({first, std::nullopt, json::to_json(step[1])});
        if (step.size() == 3) {
            const Op op = op_of(first);
            operations.push_back(
                {op, std::string(step[1].string()), op == Op::Remove ? "" : json::to_json(step[2])});
        }
    }
    (void)patch::apply(object->root(), operations);
    const auto rendered = patch::to_operations(object->root(), changes);
    if (!rendered) {
        TOLLGATE_ASSERT(!rendered.error().message.empty());
        return 0;
    }
    const auto result = patch::apply(object->root(), *rendered);
    if (!result) {
        // Only a change at a place deeper than JSON is read: its new parents are written, but not read again.
        TOLLGATE_ASSERT(result.error().message.find("deep") != std::string::npos);
        return 0;
    }
    if (rendered->empty()) TOLLGATE_ASSERT(json::to_json(result->root()) == json::to_json(object->root()));
    return 0;
}
