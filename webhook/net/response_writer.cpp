// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/response_writer.hpp"

#include <array>
#include <ctime>
#include <string_view>

namespace tollgate::net {
namespace {

struct StatusRow {
    unsigned status;
    std::string_view reason;
};
constexpr std::array kReasons = {
    StatusRow{200, "OK"},
    StatusRow{204, "No Content"},
    StatusRow{400, "Bad Request"},
    StatusRow{403, "Forbidden"},
    StatusRow{404, "Not Found"},
    StatusRow{405, "Method Not Allowed"},
    StatusRow{408, "Request Timeout"},
    StatusRow{413, "Content Too Large"},
    StatusRow{415, "Unsupported Media Type"},
    StatusRow{417, "Expectation Failed"},
    StatusRow{429, "Too Many Requests"},
    StatusRow{431, "Request Header Fields Too Large"},
    StatusRow{500, "Internal Server Error"},
    StatusRow{501, "Not Supported"},
    StatusRow{503, "Service Unavailable"},
    StatusRow{505, "HTTP Version Not Supported"},
};

std::string_view reason_of(unsigned status) {
    for (const StatusRow& row : kReasons) {
        if (row.status == status) return row.reason;
    }
    return "Status";
}

/// RFC 9110 IMF-fixdate, formatted once a second and thread.
std::string_view http_date() {
    thread_local std::time_t formatted_at = -1;
    thread_local std::array<char, 40> buffer{};
    thread_local std::size_t length = 0;
    const std::time_t now = std::time(nullptr);
    if (now != formatted_at) {
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        length = std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        formatted_at = now;
    }
    return {buffer.data(), length};
}

}  // namespace

void write_response(std::string& out, const Response& response, ResponseFraming framing) {
    out.assign("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    out.append(reason_of(response.status)).append("\r\nDate: ").append(http_date());
    if (!response.content_type.empty()) out.append("\r\nContent-Type: ").append(response.content_type);
    out.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
    for (const auto& [name, value] : response.headers)
        out.append("\r\n").append(name).append(": ").append(value);
    out.append(framing.keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
    if (!framing.head_only) out.append(response.body);
}

}  // namespace tollgate::net
