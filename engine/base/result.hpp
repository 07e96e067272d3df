// SPDX-License-Identifier: Apache-2.0
// Result<T>: the outcome of one operation that may fail for a reason its caller must handle.
//
// One of four error channels (docs/architecture.md): Result for a failed operation, Diagnostic for mistakes
// in documents people write, evaluation errors for rules that could not be judged, TOLLGATE_ASSERT for our
// own bugs. The only header that names tl::expected; std::expected can replace it in one line once compilers
// have it.
#pragma once

#include <tl/expected.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace tollgate {

/// What went wrong, in one line that says what, where and how to mend it.
struct Error {
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(std::string message) {
    return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace tollgate

// Evaluates an expression of type Result<T>; binds the value, or returns the error to the caller.
#define TOLLGATE_CONCAT_INNER(a, b) a##b
#define TOLLGATE_CONCAT(a, b) TOLLGATE_CONCAT_INNER(a, b)
#define TOLLGATE_TRY_NAMED(tmp, decl, ...)                               \
    auto tmp = (__VA_ARGS__);                                            \
    if (!tmp.has_value()) return tl::unexpected(std::move(tmp.error())); \
    decl = std::move(*tmp)
#define TOLLGATE_TRY(decl, ...) \
    TOLLGATE_TRY_NAMED(TOLLGATE_CONCAT(try_result_, __COUNTER__), decl, __VA_ARGS__)

// Always on: a broken invariant is a bug of ours, never something an input can cause.
#define TOLLGATE_ASSERT(condition)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)
