// SPDX-License-Identifier: Apache-2.0
// Policies, requests and worlds in a few words, for the tests of this folder.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/vap/environment.hpp"
#include "engine/vap/evaluate.hpp"

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::vap {

/// A policy on all resources, put together from sources; what does not compile ends the test.
class Draft {
  public:
    explicit Draft(std::string name = "policy");
    Draft& params(std::string api_version = "v1", std::string kind = "ConfigMap");
    Draft& condition(const std::string& source);
    Draft& variable(const std::string& name, const std::string& source);
    Draft& validation(const std::string& source, const std::string& message = "",
                      const std::string& message_expression = "", Reason reason = Reason::Invalid);
    Draft& annotation(const std::string& key, const std::string& source);
    Draft& ignore();
    Policy policy;

  private:
    Expression compiled(Use use, const std::string& source) const;
    std::vector<VariableType> types_;
};

/// Bound with Deny.
Binding binding(const std::string& policy, const std::string& name = "here");

class Lab : public World {
  public:
    Lab();
    json::Node json(std::string_view text);
    json::Node find_namespace(std::string_view name) const override;
    std::vector<json::Node> find_objects(std::string_view api_version, std::string_view kind) const override;

    /// Judges `input` by one policy with its bindings.
    Outcome judge(Draft draft, std::vector<Binding> bindings = {});
    Input input;  // a ConfigMap "it" in namespace "here", CREATE
    std::map<std::string, json::Node, std::less<>> namespaces;
    std::vector<json::Node> objects;

  private:
    std::deque<json::Document> documents_;
    std::deque<PolicySet> sets_;  // findings point into them
};

std::vector<std::string> messages(const Outcome& outcome);

}  // namespace tollgate::vap
