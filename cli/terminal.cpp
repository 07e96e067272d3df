// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace tollgate::cli {
namespace {

std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::Red:
            return "\033[31m";
        case Colour::Green:
            return "\033[32m";
        case Colour::Yellow:
            return "\033[33m";
        case Colour::Cyan:
            return "\033[36m";
        case Colour::Bold:
            return "\033[1m";
        case Colour::Dim:
            return "\033[2m";
    }
    return "";
}

bool wants_colour(int descriptor) {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    if (no_colour != nullptr && *no_colour != '\0') return false;
    if (term == nullptr || std::string_view(term) == "dumb") return false;
    return ::isatty(descriptor) == 1;
}

}  // namespace

std::string Terminal::paint(Colour colour, std::string_view text) const {
    if (!colour_out) return std::string(text);
    return std::string(code_of(colour)).append(text).append("\033[0m");
}

void Terminal::complain(std::string_view text) const {
    err << "tollgate: " << text << '\n';
}

Terminal process_terminal() {
    return Terminal{std::cout, std::cerr, wants_colour(STDOUT_FILENO), ::isatty(STDERR_FILENO) == 1};
}

}  // namespace tollgate::cli
