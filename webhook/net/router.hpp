// SPDX-License-Identifier: Apache-2.0
// Path and method to handler, with the answers for what does not fit: 404, 405 with Allow, 415.
//
// screen() says so before the body is read; handle() serves what passed. HEAD is answered where GET is (the
// server leaves the body out). Paths are compared as they were sent: no decoding, no trailing slashes.
// Thread rule: immutable once built.
#pragma once

#include "webhook/net/http_types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tollgate::net {

struct Route {
    std::string method;
    std::string path;
    bool requires_json = false;  // Content-Type must be application/json, parameters allowed
    Handler handler;
};

class Router {
  public:
    explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

    /// The refusal of a request that no route serves; nothing for one that some route does.
    [[nodiscard]] std::optional<Response> screen(const Request& request) const;
    /// Screens, then calls the route's handler.
    [[nodiscard]] Response handle(const Request& request) const;

  private:
    [[nodiscard]] const Route* find(const Request& request) const;

    std::vector<Route> routes_;
};

}  // namespace tollgate::net
