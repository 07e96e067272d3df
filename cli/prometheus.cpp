// SPDX-License-Identifier: Apache-2.0
#include "cli/prometheus.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "webhook/net/http_client.hpp"

#include <algorithm>
#include <chrono>

namespace tollgate::cli {
namespace {

constexpr std::size_t kMaxUrlBytes = 2'048;

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

std::string form_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += "0123456789ABCDEF"[byte >> 4U];
        out += "0123456789ABCDEF"[byte & 15U];
    }
    return out;
}

/// Unix time in seconds, with its milliseconds.
std::string time_text(std::int64_t unix_ms) {
    return Ratio::of(unix_ms, 1000).to_decimal(3);
}

std::string hint_of(unsigned status) {
    if (status == 401 || status == 403) return "; a token that may read goes into --token-file";
    if (status == 404) return "; does --prometheus lack a path, as in http://host/prometheus?";
    if (status >= 300 && status < 400) return "; redirects are not followed: give the address it leads to";
    return "";
}

}  // namespace

Result<Prometheus> Prometheus::at(std::string_view url) {
    const auto wrong = [&](const std::string& why) {
        return fail("--prometheus: '" + printable(truncated(url, 200)) + "': " + why +
                    "; as in http://127.0.0.1:9090");
    };
    if (url.size() > kMaxUrlBytes) return wrong("too long");
    const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (!plain) return wrong("holds what no URL holds");
    Prometheus out;
    out.tls_ = url.starts_with("https://");
    if (!out.tls_ && !url.starts_with("http://")) return wrong("no http:// or https:// URL");
    std::string_view rest = url.substr(out.tls_ ? 8 : 7);
    if (rest.substr(0, rest.find('/')).find('@') != std::string_view::npos) {
        return fail("--prometheus: a URL with credentials ends up in shell histories; use --token-file");
    }
    if (rest.find_first_of("?#") != std::string_view::npos) return wrong("has a query or a fragment");
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    std::string_view prefix = rest.substr(slash);
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == std::string_view::npos) return wrong("its '[' is not closed");
    const std::size_t colon = authority.find(':', bracket);
    std::string_view host = authority.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, bracket - 1);
    const std::string_view port =
        colon == std::string_view::npos ? (out.tls_ ? "443" : "80") : authority.substr(colon + 1);
    const bool number =
        !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
    if (host.empty() || !number) return wrong("names no host and port");
    out.url_ = std::string(out.tls_ ? "https://" : "http://") + std::string(authority) + std::string(prefix);
    out.host_ = host;
    out.port_ = port;
    out.authority_ = authority;
    out.prefix_ = prefix;
    return out;
}

Result<std::vector<workload::Series>> Prometheus::query(const std::string& text,
                                                        std::int64_t now_unix_ms) const {
    net::HttpRequest request;
    request.tls = tls_;
    request.host = host_;
    request.port = port_;
    request.server_name = host_;
    request.host_header = authority_;
    request.ca_bundle_pem = ca_bundle_pem_;
    request.authorization = authorization_;
    request.path = prefix_ + "/api/v1/query";
    request.content_type = "application/x-www-form-urlencoded";
    request.body = "query=" + form_encoded(text) + "&time=" + time_text(now_unix_ms);
    request.timeout = std::chrono::milliseconds(timeout_ms_);
    request.max_reply_bytes = limits::kMaxPrometheusBytes;
    const auto reply = net::post_once(request);
    if (!reply) return fail(url_ + ": " + reply.error().message);
    auto answer = workload::read_prometheus_answer(reply->body);
    if (answer && reply->status == 200) return answer;
    // Prometheus refuses with 4xx and 5xx, and says why; what else has a status has it from elsewhere.
    const bool refused = !answer && answer.error().message.starts_with("Prometheus refused");
    if (reply->status != 200 && !refused) {
        return fail(url_ + ": answered with HTTP status " + std::to_string(reply->status) +
                    hint_of(reply->status));
    }
    return fail(url_ + ": " + answer.error().message);
}

}  // namespace tollgate::cli
