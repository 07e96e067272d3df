// SPDX-License-Identifier: Apache-2.0
// `export vap`: cost rules as ValidatingAdmissionPolicies on standard output; what is left out, and why, on
// standard error and as comments before the documents.
#include "cli/commands.hpp"
#include "cli/export_vap.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/version.hpp"

#include <iostream>

namespace tollgate::cli {
namespace {

std::string omission_text(const VapOmission& omission) {
    return "not exported: " + omission.what + ": " + omission.why;
}

std::string head(const VapExport& exported) {
    std::string out = "# Written by `tollgate export vap`, for Kubernetes 1." +
                      std::to_string(kVapKubernetesMinor) + " and later.\n";
    for (const VapOmission& omission : exported.omissions) out += "# " + omission_text(omission) + "\n";
    return out;
}

}  // namespace

Exit run_export_vap(const ExportOptions& options, const Terminal& terminal) {
    LoadRequest request;
    request.paths = options.policies;
    const LoadedSnapshot loaded = load_snapshot(request, unix_now_ms());
    terminal.err << render_all(loaded.diagnostics);
    if (loaded.snapshot == nullptr) return Exit::BadInput;
    const VapExport exported = export_vap(*loaded.snapshot);
    if (const auto compiled = compile_vap(exported.documents); !compiled) {
        terminal.complain(compiled.error().message);
        return Exit::CannotRun;
    }
    terminal.out << head(exported);
    for (const VapDocument& document : exported.documents) terminal.out << to_yaml(document);
    for (const VapOmission& omission : exported.omissions) terminal.err << omission_text(omission) << "\n";
    if (!exported.documents.empty()) return Exit::Fine;
    terminal.complain("none of the rules can be exported");
    return Exit::Negative;
}

}  // namespace tollgate::cli
