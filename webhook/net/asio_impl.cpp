// SPDX-License-Identifier: Apache-2.0
// Asio's and Beast's non-template code, compiled once (their "separate compilation" mode).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
