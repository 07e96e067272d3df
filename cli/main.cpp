// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

int main(int argc, char** argv) {
    return tollgate::cli::run_command_line(argc, argv, tollgate::cli::process_terminal());
}
