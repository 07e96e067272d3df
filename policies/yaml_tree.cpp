// SPDX-License-Identifier: Apache-2.0
#include "policies/yaml_tree.hpp"

#include "engine/base/limits.hpp"
#include "policies/yaml_scalar.hpp"

#include <unordered_map>
#include <utility>

namespace tollgate::policies {
namespace {

struct Entry {
    std::string key;
    std::uint32_t key_node;
    std::uint32_t value;
    bool merged;  // came in through `<<`
};
using Entries = std::vector<Entry>;

/// `\x` in double quotes and `''` in single ones: the second character means nothing by itself.
bool is_escape(std::string_view text, std::size_t at, char quote) {
    if (quote == '"') return text[at] == '\\';
    return text[at] == '\'' && at + 1 < text.size() && text[at + 1] == '\'';
}

class Expansion {
  public:
    Expansion(RawTree& tree, const SourceText& source, const YamlOptions& options, YamlDocument& out)
        : nodes_(tree.nodes), end_(tree.end_offset), source_(source), options_(options), out_(out) {}

    void run(std::uint32_t root) {
        out_.spans.push_back({});
        if (emit(root, Span{}, 0)) out_.doc = builder_.finish();
    }

  private:
    bool stop(std::uint32_t node, DocCode code, std::string message, std::string hint = {}) {
        // Stopping is the last thing that is said, whatever was said before.
        out_.diagnostics.push_back(
            source_.diagnostic(code, span_of(node), std::move(message), std::move(hint)));
        return false;
    }

    bool spend(std::uint32_t node) {
        if (++made_ <= limits::kMaxYamlNodes) return true;
        return stop(node, DocCode::TooLarge,
                    "the document expands to more than " + std::to_string(limits::kMaxYamlNodes) + " values",
                    "aliases that refer to aliases multiply; write less of them");
    }

    Span span_of(std::uint32_t node) const {
        const RawNode& raw = nodes_[node];
        return source_.span(raw.line, raw.byte_column, source_bytes(raw));
    }

    /// How many bytes of its first line a node takes in the source.
    std::size_t source_bytes(const RawNode& raw) const {
        const std::string_view line = source_.line(raw.line);
        if (raw.byte_column >= line.size()) return 1;
        const std::string_view rest = line.substr(raw.byte_column);
        if (raw.kind == RawNode::Kind::Map && raw.first_child != kNoNode && rest[0] != '{') {
            const RawNode& key = nodes_[raw.first_child];
            return key.kind == RawNode::Kind::Map ? 1 : source_bytes(key);
        }
        if (raw.kind != RawNode::Kind::Scalar) return 1;
        if (rest[0] == '"' || rest[0] == '\'') {
            for (std::size_t at = 1; at < rest.size(); ++at) {
                if (is_escape(rest, at, rest[0])) {
                    ++at;
                } else if (rest[at] == rest[0]) {
                    return at + 1;
                }
            }
            return rest.size();
        }
        return rest.substr(0, raw.text.size()) == raw.text && !raw.text.empty() ? raw.text.size() : 1;
    }

    bool emit(std::uint32_t index, Span key, std::size_t depth) {
        if (!spend(index)) return false;
        if (depth > limits::kMaxYamlDepth) {
            return stop(index, DocCode::TooLarge,
                        "nested deeper than " + std::to_string(limits::kMaxYamlDepth) + " levels");
        }
        place(index, key);
        RawNode& raw = nodes_[index];
        switch (raw.kind) {
            case RawNode::Kind::Null:
                builder_.null();
                return true;
            case RawNode::Kind::Scalar:
                return emit_scalar(index);
            case RawNode::Kind::Alias:
                tagged_ = true;  // the target keeps the place of the alias
                return emit(raw.target, key, depth);
            case RawNode::Kind::Sequence:
            case RawNode::Kind::Map:
                break;
        }
        if (raw.open) return stop(index, DocCode::BadYaml, "an alias refers to the value it is part of");
        raw.open = true;
        const bool ok = raw.kind == RawNode::Kind::Map ? emit_map(index, depth) : emit_sequence(index, depth);
        nodes_[index].open = false;
        return ok;
    }

    void place(std::uint32_t index, Span key) {
        if (!options_.spans || std::exchange(tagged_, false)) return;
        const RawNode& raw = nodes_[index];
        // An empty value is reported by yaml-cpp where the next token stands.
        const bool empty = raw.kind == RawNode::Kind::Null && key.line != 0 && raw.line != key.line;
        builder_.tag(static_cast<std::uint32_t>(out_.spans.size()));
        out_.spans.push_back({key, empty ? key : span_of(index)});
    }

    bool emit_scalar(std::uint32_t index) {
        const RawNode& raw = nodes_[index];
        if (!is_closed(raw)) return stop(index, DocCode::BadYaml, "not YAML: this quote is never closed");
        Result<Scalar> scalar = resolve_scalar(raw.tag, raw.text);
        if (!scalar) return stop(index, DocCode::BadYaml, scalar.error().message);
        switch (scalar->kind) {
            case Scalar::Kind::Null:
                builder_.null();
                break;
            case Scalar::Kind::Bool:
                builder_.boolean(scalar->boolean);
                break;
            case Scalar::Kind::Number:
                builder_.number(scalar->text);
                break;
            case Scalar::Kind::String:
                builder_.string(scalar->text);
                break;
        }
        return true;
    }

    // yaml-cpp takes the end of the text for the end of a quoted scalar.
    bool is_closed(const RawNode& raw) const {
        if (raw.tag != "!") return true;
        const std::string_view text = source_.text().substr(0, end_);
        std::size_t at = source_.line_start(raw.line) + raw.byte_column;
        if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
        const char quote = text[at];
        for (++at; at < text.size(); ++at) {
            if (is_escape(text, at, quote)) {
                ++at;
            } else if (text[at] == quote) {
                return true;
            }
        }
        return false;
    }

    // yaml-cpp takes a line without a colon for a key without a value; Kubernetes refuses it.
    bool has_colon(const RawNode& key, const RawNode& value) const {
        if (key.kind != RawNode::Kind::Scalar || value.kind != RawNode::Kind::Null) return true;
        const std::string_view line = source_.line(key.line);
        const std::size_t end = key.byte_column + source_bytes(key);
        const bool explicit_key = key.byte_column >= 2 && line[key.byte_column - 2] == '?';
        if (explicit_key || end > line.size()) return true;
        const std::size_t next = line.find_first_not_of(" \t", end);
        return next != std::string_view::npos && line[next] == ':';
    }

    bool is_flow(const RawNode& map) const {
        const std::string_view line = source_.line(map.line);
        return map.byte_column < line.size() &&
               (line[map.byte_column] == '{' || line[map.byte_column] == '[' ||
                line[map.byte_column] == '&' || line[map.byte_column] == '!');
    }

    bool emit_sequence(std::uint32_t index, std::size_t depth) {
        builder_.begin_array();
        for (std::uint32_t at = nodes_[index].first_child; at != kNoNode; at = nodes_[at].next_sibling) {
            if (!emit(at, Span{}, depth + 1)) return false;
        }
        builder_.end_array();
        return true;
    }

    bool emit_map(std::uint32_t index, std::size_t depth) {
        Entries entries;
        std::unordered_map<std::string, std::size_t> by_key;
        if (!collect(index, false, depth, entries, by_key)) return false;
        builder_.begin_object();
        for (const Entry& entry : entries) {
            builder_.key(entry.key);
            if (!emit(entry.value, span_of(entry.key_node), depth + 1)) return false;
        }
        builder_.end_object();
        return true;
    }

    /// The members of a map with its merge keys applied, each key once.
    bool collect(std::uint32_t index, bool merged, std::size_t depth, Entries& entries,
                 std::unordered_map<std::string, std::size_t>& by_key) {
        std::uint32_t value = kNoNode;
        const bool block = !is_flow(nodes_[index]);
        for (std::uint32_t at = nodes_[index].first_child; at != kNoNode; at = nodes_[value].next_sibling) {
            value = nodes_[at].next_sibling;
            if (!spend(at)) return false;
            const std::uint32_t key_node = resolved(at);
            if (block && !has_colon(nodes_[at], nodes_[value])) {
                return stop(at, DocCode::BadYaml, "not YAML: no ':' follows this key",
                            "write 'key: value', or '- value' in a list");
            }
            if (nodes_[key_node].merge_key) {
                if (!merge(value, depth, entries, by_key)) return false;
                continue;
            }
            Result<std::string> key = read_key(key_node);
            if (!key) return stop(at, DocCode::BadYaml, key.error().message, template_hint(at));
            add(Entry{std::move(*key), at, value, merged}, entries, by_key);
        }
        return true;
    }

    void add(Entry entry, Entries& entries, std::unordered_map<std::string, std::size_t>& by_key) {
        const auto [found, fresh] = by_key.try_emplace(entry.key, entries.size());
        if (fresh) {
            entries.push_back(std::move(entry));
            return;
        }
        Entry& before = entries[found->second];
        if (!entry.merged && !before.merged) report_duplicate(before, entry);
        before = std::move(entry);
    }

    void report_duplicate(const Entry& before, const Entry& again) {
        const bool error = options_.duplicate_keys == Severity::Error;
        const std::string line = std::to_string(nodes_[before.key_node].line);
        append_bounded(out_.diagnostics,
                       source_.diagnostic(
                           error ? DocCode::DuplicateKey : DocCode::DuplicateKeyKept, span_of(again.key_node),
                           "key '" + again.key + "' was already given in line " + line,
                           error ? "remove one of them" : "the last one counts; remove the other",
                           options_.duplicate_keys));
    }

    bool merge(std::uint32_t value, std::size_t depth, Entries& entries,
               std::unordered_map<std::string, std::size_t>& by_key) {
        const std::uint32_t what = resolved(value);
        if (nodes_[what].open || depth > limits::kMaxYamlDepth) {
            return stop(value, DocCode::BadYaml, "a merge key refers to the map it is part of");
        }
        if (nodes_[what].kind == RawNode::Kind::Map) {
            nodes_[what].open = true;
            const bool ok = collect(what, true, depth + 1, entries, by_key);
            nodes_[what].open = false;
            return ok;
        }
        if (nodes_[what].kind != RawNode::Kind::Sequence) {
            return stop(value, DocCode::BadYaml, "'<<' merges a map or a list of maps");
        }
        // The first of the list wins, so it goes in last.
        std::vector<std::uint32_t> maps;
        for (std::uint32_t at = nodes_[what].first_child; at != kNoNode; at = nodes_[at].next_sibling) {
            if (nodes_[resolved(at)].kind != RawNode::Kind::Map) {
                return stop(at, DocCode::BadYaml, "'<<' merges a map or a list of maps");
            }
            maps.push_back(at);
        }
        for (auto at = maps.rbegin(); at != maps.rend(); ++at) {
            if (!merge(*at, depth + 1, entries, by_key)) return false;
        }
        return true;
    }

    std::uint32_t resolved(std::uint32_t node) const {
        return nodes_[node].kind == RawNode::Kind::Alias ? nodes_[node].target : node;
    }

    Result<std::string> read_key(std::uint32_t node) const {
        const RawNode& raw = nodes_[node];
        if (raw.kind == RawNode::Kind::Null) return fail("a key is empty");
        if (raw.kind != RawNode::Kind::Scalar) return fail("a key is a map or a list; keys are text");
        return resolve_key(raw.tag, raw.text);
    }

    std::string template_hint(std::uint32_t node) const {
        const bool is_template = source_.line(nodes_[node].line).find("{{") != std::string_view::npos;
        return is_template ? "this looks like a template; render it first" : "";
    }

    std::vector<RawNode>& nodes_;
    std::size_t end_;
    const SourceText& source_;
    const YamlOptions& options_;
    YamlDocument& out_;
    json::Builder builder_;
    std::size_t made_ = 0;
    bool tagged_ = false;
};

}  // namespace

void emit_tree(RawTree& tree, const SourceText& source, const YamlOptions& options, YamlDocument& out) {
    Expansion(tree, source, options, out).run(tree.root);
}

}  // namespace tollgate::policies
