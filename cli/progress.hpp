// SPDX-License-Identifier: Apache-2.0
// One line on stderr that says how far a command is: only on a terminal, and only once it has waited a
// second.
#pragma once

#include "cli/terminal.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace tollgate::cli {

class Progress {
  public:
    Progress(const Terminal& terminal, std::string what, std::size_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// Takes the line away.
    ~Progress();
    void step();

  private:
    const Terminal& terminal_;
    std::string what_;
    std::size_t total_, done_ = 0;
    std::chrono::steady_clock::time_point next_;
    bool shown_ = false;
};

}  // namespace tollgate::cli
