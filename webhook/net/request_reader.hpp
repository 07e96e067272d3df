// SPDX-License-Identifier: Apache-2.0
// Bytes to one HTTP/1.x request, with every limit applied while the bytes arrive.
//
// Beast's basic_parser does the grammar; this keeps only the few header fields that matter, in buffers that
// live as long as the connection, so a request on a warm connection allocates nothing here. A lying
// Content-Length buys no memory: the body grows with what was really sent, within a budget shared by all
// connections. Refused outright: Content-Encoding (a decompression bomb costs its sender nothing), transfer
// codings other than chunked, unknown expectations, HTTP before 1.0 and after 1.1. Thread rule: one thread at
// a time; BodyBudget is shared. Source: RFC 9112.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tollgate::net {

/// Bytes of request bodies held by all connections together.
class BodyBudget {
  public:
    explicit BodyBudget(std::size_t limit) : limit_(limit) {}
    bool reserve(std::size_t bytes) {
        if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
        release(bytes);
        return false;
    }
    void release(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

  private:
    std::size_t limit_;
    std::atomic<std::size_t> used_{0};
};

struct RequestHead {
    std::string method;
    std::string target;
    std::string content_type;
    bool has_body = false;
    bool keep_alive = true;
    bool expects_continue = false;
    bool content_encoded = false;
};

/// Why a request cannot be read on: the connection ends after this answer.
struct ReadFailure {
    unsigned status = 0;
    std::string reason;
};

struct ReaderLimits {
    std::size_t max_header_bytes;
    std::size_t max_body_bytes;
};

class RequestReader {
  public:
    enum class Progress : std::uint8_t { NeedMore, Head, Complete, Failed };

    RequestReader(ReaderLimits limits, BodyBudget& budget);
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;
    ~RequestReader();

    /// Makes ready for the next request and gives its body's memory back.
    void reset();
    /// Takes what it can from the front of `input`. NeedMore: read more and append it to the rest. Head: once
    /// a request, before any of its body is taken. Complete: the rest of `input` is the next request's.
    Progress feed(std::string_view& input);
    /// From now on the body is read over, not kept.
    void skip_body() { keep_body_ = false; }

    [[nodiscard]] const RequestHead& head() const { return head_; }
    [[nodiscard]] std::string_view body() const { return body_; }
    [[nodiscard]] const ReadFailure& failure() const { return failure_; }
    /// The budget ran out while this body arrived; the rest of it was read over.
    [[nodiscard]] bool is_over_budget() const { return over_budget_; }

  private:
    class Parser;
    struct ParserSlot;
    void append_body(std::string_view bytes);
    Progress fail_with(unsigned status, std::string reason);

    ReaderLimits limits_;
    BodyBudget& budget_;
    std::unique_ptr<ParserSlot> slot_;
    RequestHead head_;
    std::string body_;
    ReadFailure failure_;
    std::size_t header_bytes_ = 0;
    std::size_t reserved_ = 0;
    bool keep_body_ = true;
    bool over_budget_ = false;
};

}  // namespace tollgate::net
