// SPDX-License-Identifier: Apache-2.0
// The fence around yaml-cpp: its exceptions (and the one with which the event handler stops it) end here.
#include "policies/yaml_reader.hpp"

#include "engine/base/limits.hpp"
#include "policies/yaml_chunks.hpp"
#include "policies/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace tollgate::policies {
namespace {

/// Thrown by the handler to stop yaml-cpp, which offers no other way; caught in read_chunk.
struct Stop : std::exception {
    Stop(std::size_t line_, std::size_t byte_column_, std::string message_)
        : line(line_), byte_column(byte_column_), message(std::move(message_)) {}
    std::size_t line, byte_column;
    std::string message;
};

class TreeMaker : public YAML::EventHandler {
  public:
    TreeMaker(RawTree& tree, std::size_t first_line) : tree_(tree), first_line_(first_line) {}

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(RawNode::Kind::Null, mark, anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (++aliases_ > limits::kMaxYamlAliases) {
            refuse(mark, "more than " + std::to_string(limits::kMaxYamlAliases) + " aliases");
        }
        if (anchor >= anchors_.size() || anchors_[anchor] == kNoNode) refuse(mark, "unknown alias");
        const std::uint32_t target = anchors_[anchor];
        tree_.nodes[add(RawNode::Kind::Alias, mark, YAML::NullAnchor)].target = target;
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        RawNode& raw = tree_.nodes[add(RawNode::Kind::Scalar, mark, anchor)];
        raw.tag = tag;
        raw.text = with_whole_characters(value);
        raw.merge_key = value == "<<" && (tag.empty() || tag == "?");
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(add(RawNode::Kind::Sequence, mark, anchor), mark);
    }
    void OnSequenceEnd() override { path_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(add(RawNode::Kind::Map, mark, anchor), mark);
    }
    void OnMapEnd() override { path_.pop_back(); }

  private:
    struct Level {
        std::uint32_t node, last_child;
    };

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message) const {
        throw Stop(line_of(mark), column_of(mark), std::move(message));
    }
    std::size_t line_of(const YAML::Mark& mark) const {
        return first_line_ + static_cast<std::size_t>(mark.line < 0 ? 0 : mark.line);
    }
    static std::size_t column_of(const YAML::Mark& mark) {
        return static_cast<std::size_t>(mark.column < 0 ? 0 : mark.column);
    }

    void open(std::uint32_t node, const YAML::Mark& mark) {
        if (path_.size() >= limits::kMaxYamlDepth) {
            refuse(mark, "nested deeper than " + std::to_string(limits::kMaxYamlDepth) + " levels");
        }
        path_.push_back({node, kNoNode});
    }

    std::uint32_t add(RawNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (tree_.nodes.size() >= limits::kMaxYamlNodes) {
            refuse(mark, "more than " + std::to_string(limits::kMaxYamlNodes) + " values");
        }
        const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
        RawNode& raw = tree_.nodes.emplace_back();
        raw.kind = kind;
        raw.line = static_cast<std::uint32_t>(line_of(mark));
        raw.byte_column = static_cast<std::uint32_t>(column_of(mark));
        if (anchor != YAML::NullAnchor) {
            if (anchor >= anchors_.size()) anchors_.resize(anchor + 1, kNoNode);
            anchors_[anchor] = index;
        }
        if (path_.empty()) {
            tree_.root = index;
            return index;
        }
        Level& level = path_.back();
        if (level.last_child == kNoNode) {
            tree_.nodes[level.node].first_child = index;
        } else {
            tree_.nodes[level.last_child].next_sibling = index;
        }
        level.last_child = index;
        return index;
    }

    RawTree& tree_;
    std::size_t first_line_;
    std::vector<std::uint32_t> anchors_;
    std::vector<Level> path_;
    std::size_t aliases_ = 0;
};

/// What a mistake that yaml-cpp reports is likely to come from.
std::string hint_for(std::string_view line, std::string_view message) {
    if (line.find("{{") != std::string_view::npos) return "this looks like a template; render it first";
    const std::size_t text = line.find_first_not_of(' ');
    if (text != std::string_view::npos && line[text] == '\t') return "indent with spaces, not tabs";
    if (message == "unknown token") return "put the value in quotes";
    if (message.find("map value") != std::string_view::npos) {
        return "quote a value that holds ': '; check the indentation";
    }
    if (message.find("end of map") != std::string_view::npos ||
        message.find("end of sequence") != std::string_view::npos) {
        return "check the indentation and the closing brackets";
    }
    return {};
}

/// yaml-cpp speaks of its own states; people want to know what they did.
std::string in_plain_words(const std::string& message) {
    struct Row {
        std::string_view theirs, ours;
    };
    constexpr Row kRows[] = {
        {"end of map not found", "this does not belong to the map before it"},
        {"end of sequence not found", "this does not belong to the list before it"},
        {"end of map flow not found", "a '}' is missing"},
        {"end of sequence flow not found", "a ']' is missing"},
        {"illegal map value", "a ':' where none can be"},
        {"illegal block entry", "a '- ' where none can be"},
        {"illegal flow end", "a closing bracket where none was opened"},
        {"unknown token", "a value cannot begin with this character"},
    };
    for (const Row& row : kRows) {
        if (message == row.theirs) return std::string(row.ours);
    }
    return message;
}

Diagnostic parse_error(const SourceText& source, std::size_t line, std::size_t byte_column,
                       const std::string& message) {
    Span span = source.span(line, byte_column);
    return source.diagnostic(DocCode::BadYaml, span, "not YAML: " + in_plain_words(message),
                             hint_for(source.line(line), message));
}

/// Fills `tree`; an error is the diagnostic.
bool read_chunk(const SourceText& source, const YamlChunk& chunk, RawTree& tree, Diagnostics& out) {
    std::istringstream stream{std::string(chunk.text)};
    try {
        YAML::Parser parser(stream);
        TreeMaker maker(tree, chunk.first_line);
        if (!parser.HandleNextDocument(maker)) return false;
        RawTree rest;
        TreeMaker after(rest, chunk.first_line);
        if (parser.HandleNextDocument(after) && rest.root != kNoNode) {
            const RawNode& raw = rest.nodes[rest.root];
            out.push_back(parse_error(source, raw.line, raw.byte_column,
                                      "the document is complete before this; nothing may follow"));
            return false;
        }
        return tree.root != kNoNode;
    } catch (const Stop& stop) {
        out.push_back(
            source.diagnostic(DocCode::TooLarge, source.span(stop.line, stop.byte_column), stop.message));
    } catch (const YAML::Exception& error) {
        const YAML::Mark& mark = error.mark;
        const std::size_t line = chunk.first_line + static_cast<std::size_t>(mark.line < 0 ? 0 : mark.line);
        out.push_back(parse_error(source, line, static_cast<std::size_t>(mark.column < 0 ? 0 : mark.column),
                                  error.msg));
    } catch (const std::exception& error) {  // yaml-cpp lets standard exceptions of its own out
        out.push_back(parse_error(source, chunk.says_line, 0, error.what()));
    }
    return false;
}

bool is_json_file(const std::string& name) {
    constexpr std::string_view kSuffix = ".json";
    return name.size() >= kSuffix.size() &&
           name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0;
}

/// What is wrong with a .json file is said in the words of JSON.
void speak_json(const SourceText& source, Diagnostics& out) {
    const auto parsed = json::parse(source.text(), {.max_depth = limits::kMaxYamlDepth});
    if (parsed.has_value()) return;
    out.clear();
    out.push_back(source.diagnostic(DocCode::BadJson, source.span_at_offset(parsed.error().offset),
                                    "not JSON: " + parsed.error().message));
}

}  // namespace

YamlStream read_yaml(const SourceText& source, const YamlOptions& options) {
    YamlStream stream;
    if (auto refused = refuse_text(source)) {
        stream.diagnostics.push_back(std::move(*refused));
        return stream;
    }
    std::uint32_t index = 0;
    for (const YamlChunk& chunk : split_documents(source)) {
        if (index >= limits::kMaxDocumentsPerFile) {
            stream.diagnostics.push_back(source.diagnostic(
                DocCode::TooMany, source.span(chunk.says_line, 0),
                "more than " + std::to_string(limits::kMaxDocumentsPerFile) + " documents in one file",
                "split it into several files"));
            break;
        }
        YamlDocument& document = stream.documents.emplace_back();
        document.index = index++;
        document.start_line = static_cast<std::uint32_t>(chunk.says_line);
        RawTree tree;
        tree.end_offset = source.line_start(chunk.first_line) + chunk.text.size();
        if (read_chunk(source, chunk, tree, document.diagnostics)) {
            emit_tree(tree, source, options, document);
        } else if (is_json_file(source.file()) && stream.documents.size() == 1) {
            speak_json(source, document.diagnostics);
        }
    }
    return stream;
}

}  // namespace tollgate::policies
