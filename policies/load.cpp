// SPDX-License-Identifier: Apache-2.0
#include "policies/load.hpp"

#include "engine/base/limits.hpp"
#include "policies/collect.hpp"
#include "policies/embedded.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

namespace tollgate::policies {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFolderDepth = 32;
constexpr std::string_view kCaseSuffix = ".case.yaml";

bool ends_with(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

bool is_document_name(std::string_view name) {
    return ends_with(name, ".yaml") || ends_with(name, ".yml") || ends_with(name, ".json");
}

void report_file(Diagnostics& out, DocCode code, const std::string& path, std::string message,
                 std::string hint = {}) {
    Diagnostic diagnostic;
    diagnostic.code = std::string(row(code).id);
    diagnostic.file = path;
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    append_bounded(out, std::move(diagnostic));
}

class Walk {
  public:
    Walk(bool cases, Diagnostics& out) : cases_(cases), out_(out) {}

    /// A path that somebody gave. A directory that was emptied (a ConfigMap without its data, a mount that
    /// did not come) would be a gate without policies, which nobody asks for so.
    void visit_named(const fs::path& path) {
        const std::size_t files = files_.size(), problems = out_.size();
        visit(path, 0);
        std::error_code error;
        const bool silent = files_.size() == files && out_.size() == problems;
        if (cases_ || !silent || !fs::is_directory(path, error)) return;
        report_file(out_, DocCode::Unreadable, path.string(),
                    "no document there: the directory holds no .yaml, .yml or .json file",
                    "put documents into it, or do not name it");
    }

    std::vector<std::string> take() { return std::move(files_); }

  private:
    void visit(const fs::path& path, std::size_t depth) {
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        if (error || status.type() == fs::file_type::not_found) {
            report_file(out_, DocCode::Unreadable, path.string(),
                        error && error != std::errc::no_such_file_or_directory ? error.message()
                                                                               : "no such file or directory");
        } else if (fs::is_directory(status)) {
            visit_folder(path, depth);
        } else if (wanted(path, depth)) {
            add(path);
        }
    }

    /// A file that is named itself is taken whatever its suffix.
    bool wanted(const fs::path& path, std::size_t depth) const {
        const std::string name = path.filename().string();
        const bool is_case = ends_with(name, kCaseSuffix);
        if (cases_) return is_case;
        if (is_case || name == "kustomization.yaml" || name == "kustomization.yml") return false;
        return depth == 0 || is_document_name(name);
    }

    void visit_folder(const fs::path& path, std::size_t depth) {
        if (depth >= kMaxFolderDepth) {
            report_file(out_, DocCode::TooMany, path.string(),
                        "folders nested deeper than " + std::to_string(kMaxFolderDepth));
            return;
        }
        std::error_code error;
        std::vector<fs::path> entries;
        fs::directory_iterator at(path, error);
        for (; !error && at != fs::directory_iterator(); at.increment(error)) {
            const std::string name = at->path().filename().string();
            if (name.front() != '.') entries.push_back(at->path());
            if (entries.size() > limits::kMaxDocumentFiles) break;
        }
        if (error) report_file(out_, DocCode::Unreadable, path.string(), error.message());
        std::sort(entries.begin(), entries.end());
        for (const fs::path& entry : entries) {
            if (full_) return;
            visit(entry, depth + 1);
        }
    }

    void add(const fs::path& path) {
        if (files_.size() >= limits::kMaxDocumentFiles) {
            full_ = true;
            report_file(out_, DocCode::TooMany, path.string(),
                        "more than " + std::to_string(limits::kMaxDocumentFiles) + " files");
            return;
        }
        files_.push_back(path.string());
    }

    bool cases_;
    bool full_ = false;
    Diagnostics& out_;
    std::vector<std::string> files_;
};

std::vector<std::string> list_files(const std::vector<std::string>& paths, bool cases, Diagnostics& out) {
    Walk walk(cases, out);
    for (const std::string& path : paths) walk.visit_named(path);
    return walk.take();
}

void sort_by_place(Diagnostics& diagnostics, const std::vector<SourceFile>& sources) {
    std::map<std::string_view, std::size_t> order;
    for (const SourceFile& source : sources) order.try_emplace(source.path, order.size() + 1);
    const auto place = [&](const Diagnostic& diagnostic) {
        const auto found = order.find(diagnostic.file);
        return std::make_tuple(found == order.end() ? 0 : found->second, diagnostic.span.line,
                               diagnostic.span.column);
    };
    std::stable_sort(diagnostics.begin(), diagnostics.end(),
                     [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
}

void report_rest(Diagnostics& out) {
    Diagnostic diagnostic;
    diagnostic.severity = has_errors(out) ? Severity::Error : Severity::Warning;
    diagnostic.code = std::string(row(DocCode::TooMany).id);
    diagnostic.file = out.back().file;
    diagnostic.message = "more than this is wrong; the rest is not listed";
    out.push_back(std::move(diagnostic));
}

fleet::Market compile_fleet(const ReadFleet& fleet) {
    return fleet::compile(fleet.name, fleet.provider, fleet.region, fleet.pools, gpu::Catalog::builtin());
}

/// A user's WorkloadKind replaces a built-in one of the same group and kind.
std::vector<workload::KindSpec> merge_kinds(std::vector<ReadKind>& kinds) {
    std::vector<workload::KindSpec> out;
    for (const ReadKind& each : kinds) {
        const bool replaced =
            each.builtin && std::any_of(kinds.begin(), kinds.end(), [&](const ReadKind& other) {
                return !other.builtin && other.spec.group == each.spec.group &&
                       other.spec.kind == each.spec.kind;
            });
        if (!replaced) out.push_back(each.spec);
    }
    return out;
}

/// Who creates the pods of a kind that does not say: any of kube-system's controllers, which are those that
/// the built-in kinds of Kubernetes itself name.
void give_default_controllers(std::vector<ReadKind>& kinds) {
    std::vector<std::string> names;
    for (const ReadKind& each : kinds) {
        const std::string& group = each.spec.group;
        const bool kubernetes = group.empty() || group == "apps" || group == "batch";
        if (!each.builtin || !kubernetes) continue;
        for (const std::string& name : each.spec.controllers) {
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }
    for (ReadKind& each : kinds) {
        if (!each.builtin && each.spec.controllers.empty()) each.spec.controllers = names;
    }
}

/// What the program carries with it, read once: a server loads again whenever a file changes. Places point
/// into its texts, so it stays.
const Collected& builtin_kinds() {
    static const Collected kRead = [] {
        constexpr std::string_view kFolder = "policies/kinds/";
        Collected out;
        for (const EmbeddedFile& file : embedded_files()) {
            if (file.path.substr(0, kFolder.size()) != kFolder || ends_with(file.path, kCaseSuffix)) continue;
            collect_file({std::string(file.path), std::string(file.bytes)}, 0, true, out);
        }
        return out;
    }();
    return kRead;
}

/// Documents may hold anything of a cluster, Secrets too: only what policies can ask for is kept.
void drop_what_nobody_asks_for(Collected& all) {
    std::set<std::pair<std::string_view, std::string_view>> asked = {{"v1", "Namespace"}};
    for (const ReadAdmissionPolicy& each : all.admission_policies)
        if (const auto& kind = each.policy.param_kind) asked.emplace(kind->api_version, kind->kind);
    std::erase_if(all.objects, [&](const rules::KnownObject& object) {
        return !asked.contains({object.api_version, object.kind});
    });
}

workload::UsageTable usage_of(std::vector<MeasuredWorkload>& all) {
    std::vector<workload::UsageEntry> entries;
    entries.reserve(all.size());
    for (MeasuredWorkload& each : all) entries.push_back(std::move(each.entry));
    return workload::UsageTable(std::move(entries));
}

LoadedDocuments assemble(std::vector<SourceFile> sources, Diagnostics diagnostics,
                         const LoadOptions& options) {
    Collected all;
    all.diagnostics = std::move(diagnostics);
    all.kinds = builtin_kinds().kinds;
    for (const Diagnostic& each : builtin_kinds().diagnostics) append_bounded(all.diagnostics, each);
    for (const SourceFile& source : sources) collect_file(source, options.now_unix_ms, false, all);
    LoadedDocuments out;
    out.has_fleet = !all.fleets.empty();
    if (out.has_fleet) out.fleet_file = all.fleets.front().place.source->file();
    // A Fleet with errors has nothing to compile from, and of two nobody knows which is meant; errors
    // elsewhere hide nothing of what does not agree with it.
    const bool usable = all.fleets.size() == 1 && all.fleets.front().sound;
    if (usable) out.market = compile_fleet(all.fleets.front());
    give_default_controllers(all.kinds);
    cross_check(all, usable ? &out.market : nullptr, options.needs_namespaces);
    if (!out.has_fleet && !options.fallback_fleet.empty()) {
        Collected sample;
        collect_file({"policies/fleets/" + options.fallback_fleet + ".yaml",
                      std::string(embedded_fleet(options.fallback_fleet))},
                     options.now_unix_ms, true, sample);
        if (!sample.fleets.empty() && !has_errors(sample.diagnostics)) {
            out.market = compile_fleet(sample.fleets.front());
        }
    }
    out.market.usage = usage_of(all.usage);
    drop_what_nobody_asks_for(all);
    for (ReadPolicy& each : all.policies) out.policies.push_back(std::move(each.policy));
    for (ReadException& each : all.exceptions) out.exceptions.push_back(std::move(each.exception));
    for (ReadBudget& each : all.budgets) out.budgets.push_back(std::move(each.budget));
    for (ReadAdmissionPolicy& each : all.admission_policies)
        out.admission_policies.push_back(std::move(each.policy));
    for (ReadAdmissionBinding& each : all.admission_bindings)
        out.admission_bindings.push_back(std::move(each.binding));
    out.kinds = merge_kinds(all.kinds);
    out.namespaces = std::move(all.namespaces);
    out.objects = std::move(all.objects);
    out.diagnostics = std::move(all.diagnostics);
    out.sources = std::move(sources);
    const bool full = is_full(out.diagnostics);
    sort_by_place(out.diagnostics, out.sources);
    if (full) report_rest(out.diagnostics);
    return out;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    std::error_code error;
    if (fs::is_directory(path, error)) return fail("is a directory");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return fail(std::strerror(errno));
    std::string out;
    char block[64 * 1024];
    while (stream.read(block, sizeof(block)) || stream.gcount() > 0) {
        out.append(block, static_cast<std::size_t>(stream.gcount()));
        if (out.size() > max_bytes) return fail("larger than " + std::to_string(max_bytes) + " bytes");
    }
    if (stream.bad()) return fail("could not be read to its end");
    return out;
}

std::vector<std::string> list_case_files(const std::vector<std::string>& paths, Diagnostics& out) {
    return list_files(paths, true, out);
}

LoadedDocuments load_paths(const std::vector<std::string>& paths, const LoadOptions& options) {
    Diagnostics diagnostics;
    std::vector<SourceFile> sources;
    for (const std::string& path : list_files(paths, false, diagnostics)) {
        Result<std::string> bytes = read_file(path, limits::kMaxYamlBytes);
        if (bytes) {
            sources.push_back({path, std::move(*bytes)});
        } else {
            report_file(diagnostics, DocCode::Unreadable, path, bytes.error().message);
        }
    }
    return assemble(std::move(sources), std::move(diagnostics), options);
}

LoadedDocuments load_sources(std::vector<SourceFile> sources, const LoadOptions& options) {
    return assemble(std::move(sources), {}, options);
}

LoadedDocuments load_embedded(const LoadOptions& options) {
    std::vector<SourceFile> sources;
    for (const EmbeddedFile& file : embedded_files()) {
        const bool library =
            file.path.substr(0, 17) == "policies/library/" && !ends_with(file.path, kCaseSuffix);
        if (library || file.path == "policies/fleets/aws.yaml") {
            sources.push_back({std::string(file.path), std::string(file.bytes)});
        }
    }
    LoadedDocuments out = assemble(std::move(sources), {}, options);
    // Nobody chose these policies for this cluster: they may say what they see, and no more.
    for (rules::Policy& policy : out.policies) policy.mode = std::min(policy.mode, rules::Mode::Warn);
    return out;
}

}  // namespace tollgate::policies
