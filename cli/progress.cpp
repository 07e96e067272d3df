// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <iostream>
#include <utility>

namespace tollgate::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kWidth = 30;

}  // namespace

Progress::Progress(const Terminal& terminal, std::string what, std::size_t total)
    : terminal_(terminal),
      what_(std::move(what)),
      total_(total),
      next_(std::chrono::steady_clock::now() + kPatience) {}

Progress::~Progress() {
    if (shown_) terminal_.err << "\r\033[K" << std::flush;
}

void Progress::step() {
    ++done_;
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_.err_is_terminal || now < next_) return;
    next_ = now + kBetween;
    shown_ = true;
    const std::size_t full = total_ == 0 ? 0 : kWidth * done_ / total_;
    terminal_.err << "\r[" << std::string(full, '#') << std::string(kWidth - full, ' ') << "] " << done_
                  << " of " << total_ << " " << what_ << "\033[K" << std::flush;
}

}  // namespace tollgate::cli
