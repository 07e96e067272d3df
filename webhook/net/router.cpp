// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/router.hpp"

#include <algorithm>

namespace tollgate::net {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [lower](char x, char y) { return lower(x) == lower(y); });
}

bool is_json(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return equal_ignoring_case(type, "application/json");
}

bool serves(const Route& route, std::string_view method) {
    return route.method == method || (route.method == "GET" && method == "HEAD");
}

}  // namespace

const Route* Router::find(const Request& request) const {
    for (const Route& route : routes_) {
        if (route.path == request.path && serves(route, request.method)) return &route;
    }
    return nullptr;
}

std::optional<Response> Router::screen(const Request& request) const {
    if (const Route* const route = find(request)) {
        if (!route->requires_json || is_json(request.content_type)) return std::nullopt;
        return plain_response(415, "Content-Type must be application/json");
    }
    std::string allowed;
    std::string paths;
    for (const Route& route : routes_) {
        if (route.path == request.path) {
            allowed.append(allowed.empty() ? "" : ", ")
                .append(route.method == "GET" ? "GET, HEAD" : route.method);
        }
        paths.append(paths.empty() ? "" : ", ").append(route.path);
    }
    if (allowed.empty()) return plain_response(404, "no such path; there are: " + paths);
    Response refusal = plain_response(405, "method not allowed; use " + allowed);
    refusal.headers.emplace_back("Allow", allowed);
    return refusal;
}

Response Router::handle(const Request& request) const {
    if (std::optional<Response> refusal = screen(request)) return std::move(*refusal);
    return find(request)->handler(request);
}

}  // namespace tollgate::net
