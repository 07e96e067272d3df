// SPDX-License-Identifier: Apache-2.0
#include "webhook/net/request_reader.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <optional>
#include <utility>

namespace tollgate::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::iequals;

// What is left of a chunked body before its last byte has been taken is never shorter than "0\r\n\r\n".
// Beast 1.81 asserts that it is given all of that once it has seen the "0", so it is not asked before.
constexpr std::size_t kShortestChunkedEnd = 5;
// A body buffer larger than this is not kept for the next request of the connection.
constexpr std::size_t kKeptBodyCapacity = 256 * 1024;

std::string_view std_view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

/// Only forwards: what is worth keeping goes to the reader.
class RequestReader::Parser final : public http::basic_parser<true> {
  public:
    explicit Parser(RequestReader& reader) : reader_(reader) {
        header_limit(static_cast<std::uint32_t>(reader.limits_.max_header_bytes));
        body_limit(reader.limits_.max_body_bytes);
    }

  private:
    void on_request_impl(http::verb /*verb*/, boost::beast::string_view method,
                         boost::beast::string_view target, int /*version*/, error_code& /*error*/) override {
        reader_.head_.method.assign(method.data(), method.size());
        reader_.head_.target.assign(target.data(), target.size());
    }
    void on_response_impl(int /*code*/, boost::beast::string_view /*reason*/, int /*version*/,
                          error_code& /*error*/) override {}
    void on_field_impl(http::field name, boost::beast::string_view /*text*/, boost::beast::string_view value,
                       error_code& error) override {
        if (in_body_) return;  // trailers change nothing
        RequestHead& head = reader_.head_;
        if (name == http::field::content_type) {
            head.content_type.assign(value.data(), value.size());
        } else if (name == http::field::content_encoding) {
            head.content_encoded = head.content_encoded || !iequals(value, "identity");
        } else if (name == http::field::transfer_encoding && !iequals(value, "chunked")) {
            reader_.failure_ = {501, "Transfer-Encoding: only chunked is understood"};
            error = http::error::bad_transfer_encoding;
        } else if (name == http::field::expect) {
            if (iequals(value, "100-continue")) {
                head.expects_continue = true;
            } else {
                reader_.failure_ = {417, "Expect: only 100-continue is understood"};
                error = http::error::bad_field;
            }
        }
    }
    void on_header_impl(error_code& /*error*/) override { in_body_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/, error_code& /*error*/) override {
    }
    std::size_t on_body_impl(boost::beast::string_view bytes, error_code& /*error*/) override {
        reader_.append_body(std_view(bytes));
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t /*size*/, boost::beast::string_view /*extensions*/,
                              error_code& /*error*/) override {}
    std::size_t on_chunk_body_impl(std::uint64_t /*remaining*/, boost::beast::string_view bytes,
                                   error_code& /*error*/) override {
        reader_.append_body(std_view(bytes));
        return bytes.size();
    }
    void on_finish_impl(error_code& /*error*/) override {}

    RequestReader& reader_;
    bool in_body_ = false;
};

struct RequestReader::ParserSlot {
    std::optional<Parser> parser;  // one message each, constructed in place
};

RequestReader::RequestReader(ReaderLimits limits, BodyBudget& budget)
    : limits_(limits), budget_(budget), slot_(std::make_unique<ParserSlot>()) {
    reset();
}

RequestReader::~RequestReader() {
    budget_.release(reserved_);
}

void RequestReader::reset() {
    budget_.release(std::exchange(reserved_, 0));
    head_.method.clear();
    head_.target.clear();
    head_.content_type.clear();
    head_.has_body = false;
    head_.keep_alive = true;
    head_.expects_continue = false;
    head_.content_encoded = false;
    body_.clear();
    if (body_.capacity() > kKeptBodyCapacity) body_.shrink_to_fit();
    failure_ = {};
    header_bytes_ = 0;
    keep_body_ = true;
    over_budget_ = false;
    slot_->parser.emplace(*this);
}

void RequestReader::append_body(std::string_view bytes) {
    if (!keep_body_) return;
    if (!budget_.reserve(bytes.size())) {
        over_budget_ = true;
        keep_body_ = false;
        body_.clear();
        return;
    }
    reserved_ += bytes.size();
    body_.append(bytes);
}

RequestReader::Progress RequestReader::fail_with(unsigned status, std::string reason) {
    if (failure_.status == 0) failure_ = {status, std::move(reason)};
    return Progress::Failed;
}

RequestReader::Progress RequestReader::feed(std::string_view& input) {
    Parser& parser = *slot_->parser;
    if (failure_.status != 0) return Progress::Failed;
    const bool had_head = parser.is_header_done();
    if (had_head && parser.is_done()) return Progress::Complete;
    if (input.empty()) return Progress::NeedMore;
    if (had_head && parser.chunked() && input.size() < kShortestChunkedEnd) return Progress::NeedMore;
    parser.eager(had_head);  // stops after the head, so that it can be judged before its body is taken
    error_code error;
    const std::size_t taken = parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
    input.remove_prefix(taken);
    if (!had_head) header_bytes_ += taken;
    if (header_bytes_ > limits_.max_header_bytes || error == http::error::header_limit) {
        return fail_with(431, "request line and headers are larger than " +
                                  std::to_string(limits_.max_header_bytes) + " bytes");
    }
    if (error == http::error::body_limit) {
        return fail_with(413, "body is larger than " + std::to_string(limits_.max_body_bytes) + " bytes");
    }
    if (error == http::error::bad_version)
        return fail_with(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    if (error && error != http::error::need_more) {
        return fail_with(400, "not a well-formed HTTP request: " + error.message());
    }
    if (!had_head && parser.is_header_done()) {
        head_.has_body = !parser.is_done();
        head_.keep_alive = parser.keep_alive();
        return Progress::Head;
    }
    return parser.is_done() ? Progress::Complete : Progress::NeedMore;
}

}  // namespace tollgate::net
