// SPDX-License-Identifier: Apache-2.0
// A world for tests of the decision: documents and manifests as text, through the same readers as the
// product.
#pragma once

#include "engine/base/json/document.hpp"
#include "engine/decide/decide.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::test {

/// 2026-11-22T12:00:00Z
inline constexpr std::int64_t kNow = 1'795'348'800'000;

/// A snapshot from YAML documents (policies, a fleet, exceptions, Namespaces). A mistake in them fails the
/// test.
decide::Snapshot make_snapshot(const std::string& documents);

/// A manifest in YAML, kept alive with the views that requests take of it.
class Object {
  public:
    explicit Object(std::string_view yaml);
    explicit Object(json::Document document) : document_(std::move(document)) {}
    json::Node root() const { return document_.root(); }
    std::string json() const { return json::to_json(document_.root()); }

  private:
    json::Document document_;
};

decide::Request make_request(decide::Phase phase, const Object& object, std::string_view user = "ada");
decide::Request make_update(decide::Phase phase, const Object& object, const Object& old,
                            std::string_view user = "ada");

decide::Decision mutate(const decide::Snapshot& snapshot, const Object& object,
                        std::string_view user = "ada");
decide::Decision validate(const decide::Snapshot& snapshot, const Object& object,
                          std::string_view user = "ada");

/// The object after the decision's patch (or its effect).
Object patched(const Object& object, const std::vector<patch::Operation>& operations);

/// "policy/rule Action" of each finding, in order.
std::vector<std::string> names(const std::vector<decide::Finding>& findings);

/// A small fleet: h100 $6.88, a100-mig $3.50 cut into 1g.10gb x4 and 3g.40gb, l4 $1.20, l4-spot $0.40,
/// t4-shared.
extern const char* const kFleet;

}  // namespace tollgate::test
