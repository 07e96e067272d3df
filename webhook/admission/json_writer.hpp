// SPDX-License-Identifier: Apache-2.0
// JSON objects and arrays appended to one string, without a tree: for replies and log lines, which are on the
// way of every review.
#pragma once

#include "engine/base/json/document.hpp"

#include <string>
#include <string_view>

namespace tollgate::admission {

/// `{` at construction, `}` at close(). Values that are themselves containers are written between key() and
/// the next call.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    std::string& key(std::string_view name) {
        if (!first_) out_ += ',';
        first_ = false;
        json::append_json_string(out_, name);
        out_ += ':';
        return out_;
    }
    void string(std::string_view name, std::string_view value) { json::append_json_string(key(name), value); }
    /// `json`: a value that is JSON already (a number, true, null, an object).
    void raw(std::string_view name, std::string_view json) { key(name) += json; }
    void boolean(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
    void close() { out_ += '}'; }

  private:
    std::string& out_;
    bool first_ = true;
};

class ArrayWriter {
  public:
    explicit ArrayWriter(std::string& out) : out_(out) { out_ += '['; }

    std::string& next() {
        if (!first_) out_ += ',';
        first_ = false;
        return out_;
    }
    void string(std::string_view value) { json::append_json_string(next(), value); }
    void close() { out_ += ']'; }

  private:
    std::string& out_;
    bool first_ = true;
};

}  // namespace tollgate::admission
