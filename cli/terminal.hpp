// SPDX-License-Identifier: Apache-2.0
// Where a command writes and how it ends. Results go to `out`, everything else to `err`; colour only where a
// person looks (a terminal, and NO_COLOR not set).
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace tollgate::cli {

/// Exit codes of every command.
enum class Exit : int {
    Fine = 0,
    Negative = 1,   // denied, failed test
    BadInput = 2,   // the input or the command line is wrong
    CannotRun = 3,  // a file cannot be written, a port is taken
};

enum class Colour : unsigned char { Red, Green, Yellow, Cyan, Bold, Dim };

struct Terminal {
    std::ostream& out;
    std::ostream& err;
    bool colour_out = false;
    bool err_is_terminal = false;  // somebody watches it

    /// `text` in colour where results are coloured, else as it is.
    [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
    /// "tollgate: <text>" on err.
    void complain(std::string_view text) const;
    void note(std::string_view text) const { complain(text); }
};

/// For standard output and standard error of this process.
Terminal process_terminal();

}  // namespace tollgate::cli
