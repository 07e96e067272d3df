// SPDX-License-Identifier: Apache-2.0
// Scope and Fields: strict reading of one document, with the place of everything.
//
// A reader asks an object for its fields by name; whatever was never asked for is an unknown field, and the
// names that were asked for are what a typo is compared with. So the fields of a document are listed once, in
// the code that reads them. Every mistake becomes a Diagnostic and reading goes on. Thread rule: one
// document, one thread.
#pragma once

#include "engine/base/diagnostic.hpp"
#include "engine/base/json/node.hpp"
#include "policies/yaml_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::policies {

/// Where something was written, to speak of it after its document has been read.
struct Place {
    const SourceText* source = nullptr;
    Span span;
};

class Scope {
  public:
    Scope(const SourceText& source, const YamlDocument& document, Diagnostics& out)
        : source_(source), document_(document), out_(out) {}

    Place place(json::Node value) const { return {&source_, document_.span_of(value).value}; }
    Place key_place(json::Node value) const;

    void error(DocCode code, json::Node at, std::string message, std::string hint = {});
    void error_at_key(DocCode code, json::Node at, std::string message, std::string hint = {});
    /// As many mistakes as are ever listed.
    bool is_full() const { return policies::is_full(out_); }
    /// At some bytes of what a text says, wherever its style puts them in the file.
    struct Within {
        std::string_view value;  // all of what the text says
        std::size_t offset = 0, length = 1;
    };
    void error_within(DocCode code, json::Node at, const Within& within, std::string message,
                      std::string hint = {});
    void warning(DocCode code, json::Node at, std::string message, std::string hint = {});

  private:
    const SourceText& source_;
    const YamlDocument& document_;
    Diagnostics& out_;
};

void report(Diagnostics& out, DocCode code, const Place& place, std::string message, std::string hint = {},
            Severity severity = Severity::Error);

/// "the text 'x'", "the number 5", "a map", "nothing".
std::string describe(json::Node node);

class Fields {
  public:
    /// `path` is how messages call the object: "spec.rules[0].rightSize".
    Fields(Scope& scope, json::Node object, std::string path);
    /// Reports the fields that nobody asked for.
    ~Fields();
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;

    /// False when the node is no map (which has been reported); then every field is missing.
    bool is_map() const { return object_.is_object(); }
    bool has(std::string_view name) const { return object_[name].exists(); }
    json::Node node() const { return object_; }
    Scope& scope() { return scope_; }

    json::Node get(std::string_view name);
    /// As get(); an absent field is an error. `wanted` says what belongs there: "a name".
    json::Node need(std::string_view name, std::string_view wanted);
    /// A field of the design that this version does not have.
    void unsupported(std::string_view name, std::string_view why);
    /// Fields that others own (metadata.uid): neither read nor refused.
    void ignore(std::initializer_list<std::string_view> names);

    std::string path_of(std::string_view name) const;
    const std::string& path() const { return path_; }

  private:
    void report_unknown() const;

    Scope& scope_;
    json::Node object_;
    std::string path_;
    std::vector<std::string_view> asked_;
    std::vector<std::string_view> ignored_;
};

}  // namespace tollgate::policies
