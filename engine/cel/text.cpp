// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/text.hpp"

#include "engine/cel/library/go_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace tollgate::cel {
namespace {

class Writer {
  public:
    explicit Writer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    void value(const Value& value) {
        if (out_.size() > max_bytes_) return;
        if (depth_ >= kMaxDepth) return add("...");
        ++depth_;
        write(value);
        --depth_;
    }

    std::string finish() && {
        if (out_.size() > max_bytes_) {
            out_.resize(max_bytes_);
            while (!out_.empty() && (static_cast<unsigned char>(out_.back()) & 0x80U) != 0) out_.pop_back();
            out_ += "...";
        }
        return std::move(out_);
    }

  private:
    static constexpr std::size_t kMaxDepth = 200;  // nobody reads further; the writer is recursive

    void write(const Value& value) {
        switch (value.tag) {
            case Tag::Absent:
                return add("nothing");
            case Tag::Error:
                return add("error: " + std::string(value.error->message));
            case Tag::Null:
                return add("null");
            case Tag::Bool:
                return add(value.boolean ? "true" : "false");
            case Tag::Int:
                return add(std::to_string(value.integer));
            case Tag::Uint:
                return add(std::to_string(value.natural) + "u");
            case Tag::Double:
                return real(value.real);
            case Tag::String:
                return quoted("\"", value.view(), false);
            case Tag::Bytes:
                return quoted("b\"", value.view(), true);
            case Tag::Timestamp:
                return add("timestamp(\"" + timestamp_text(value) + "\")");
            case Tag::Duration:
                return add("duration(\"" + duration_text(value) + "\")");
            case Tag::Type:
                return add(value.view());
            case Tag::Opaque:
                return add(value.opaque->text != nullptr ? value.opaque->text(*value.opaque)
                                                         : "<" + std::string(value.opaque->type_name) + ">");
            case Tag::Optional:
                if (value.items == nullptr) return add("optional.none()");
                add("optional.of(");
                this->value(*value.items);
                return add(")");
            case Tag::List:
            case Tag::JsonList:
                return list(value);
            case Tag::Map:
            case Tag::JsonMap:
                return map(value);
        }
    }

    void add(std::string_view text) { out_.append(text); }

    void real(double number) {
        std::array<char, 40> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
        add(text);
        if (text.find_first_not_of("-0123456789") == std::string_view::npos) add(".0");
    }

    void quoted(std::string_view open, std::string_view text, bool bytes) {
        constexpr std::string_view kHex = "0123456789abcdef";
        add(open);
        for (const char c : text.substr(0, max_bytes_)) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                out_.append({'\\', c});
            } else if (c == '\n') {
                add("\\n");
            } else if (byte < 0x20 || byte == 0x7F || (bytes && byte >= 0x80)) {
                add("\\x");
                out_.append({kHex[byte >> 4U], kHex[byte & 0xFU]});
            } else {
                out_ += c;
            }
        }
        add("\"");
    }

    void list(const Value& value) {
        add("[");
        for (std::size_t i = 0; i < size_of(value) && out_.size() <= max_bytes_; ++i) {
            if (i > 0) add(", ");
            this->value(element(value, i));
        }
        add("]");
    }

    void map(const Value& value) {
        std::vector<MapEntry> entries;
        for (std::size_t i = 0; i < size_of(value); ++i) entries.push_back(entry(value, i));
        std::sort(entries.begin(), entries.end(),
                  [](const MapEntry& a, const MapEntry& b) { return key_less(a.key, b.key); });
        add("{");
        for (std::size_t i = 0; i < entries.size() && out_.size() <= max_bytes_; ++i) {
            if (i > 0) add(", ");
            this->value(entries[i].key);
            add(": ");
            this->value(entries[i].value);
        }
        add("}");
    }

    std::string out_;
    std::size_t max_bytes_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string to_text(const Value& value, std::size_t max_bytes) {
    Writer writer(max_bytes);
    writer.value(value);
    return std::move(writer).finish();
}

}  // namespace tollgate::cel
