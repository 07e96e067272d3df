// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/operation.hpp"

#include "engine/base/json/document.hpp"

namespace tollgate::patch {

std::string_view to_string(Operation::Op op) {
    switch (op) {
        case Operation::Op::Test:
            return "test";
        case Operation::Op::Add:
            return "add";
        case Operation::Op::Replace:
            return "replace";
        case Operation::Op::Remove:
            return "remove";
    }
    return "";
}

std::string to_json(std::span<const Operation> operations) {
    std::string text = "[";
    for (const Operation& operation : operations) {
        if (text.size() > 1) text += ',';
        text += "{\"op\":\"";
        text += to_string(operation.op);
        text += "\",\"path\":";
        json::append_json_string(text, operation.path);
        if (operation.op != Operation::Op::Remove) text += ",\"value\":" + operation.value_json;
        text += '}';
    }
    return text + ']';
}

}  // namespace tollgate::patch
