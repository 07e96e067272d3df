// SPDX-License-Identifier: Apache-2.0
// The commands of `tollgate`, one file each. None throws; each says on Terminal::err what went wrong.
#pragma once

#include "cli/options.hpp"
#include "cli/terminal.hpp"

#include <string>

namespace tollgate::cli {

Exit run_serve(const ServeOptions& options, const Terminal& terminal);
Exit run_check(const CheckOptions& options, const Terminal& terminal);
Exit run_explain(const ExplainOptions& options, const Terminal& terminal);
Exit run_lint(const LintOptions& options, const Terminal& terminal);
Exit run_test(const TestOptions& options, const Terminal& terminal);
Exit run_catalog(const CatalogOptions& options, const Terminal& terminal);
Exit run_fleet_discover(const FleetDiscoverOptions& options, const Terminal& terminal);
Exit run_usage_import(const UsageImportOptions& options, const Terminal& terminal);
Exit run_cel(const CelOptions& options, const Terminal& terminal);
Exit run_export_vap(const ExportOptions& options, const Terminal& terminal);
Exit run_certs_init(const CertsInitOptions& options, const Terminal& terminal);
Exit run_certs_show(const std::string& file, const Terminal& terminal);
Exit run_install(const InstallOptions& options, const Terminal& terminal);
Exit run_version(const Terminal& terminal);

/// Reads the command line and runs a command; what main() returns.
int run_command_line(int argc, char** argv, const Terminal& terminal);

}  // namespace tollgate::cli
