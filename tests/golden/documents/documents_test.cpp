// SPDX-License-Identifier: Apache-2.0
// A folder per case: the YAML files in it are loaded together at a fixed time, and what is said about them is
// compared with expected.txt, to the letter. UPDATE_GOLDEN=1 writes expected.txt instead.
#include "policies/codes.hpp"
#include "policies/load.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tollgate::policies {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "tests/golden/documents";
constexpr std::int64_t kNow = 1'795'305'600'000;  // 2026-11-22T00:00:00Z

std::string read_text_file(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream out;
    out << stream.rdbuf();
    return out.str();
}

std::vector<fs::path> cases() {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(kFolder)) {
        if (entry.is_directory()) out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string rendered(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string suffix = entry.path().extension().string();
        if (suffix == ".yaml" || suffix == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<SourceFile> sources;
    for (const fs::path& file : files) {
        sources.push_back({file.filename().string(), read_text_file(file)});
    }
    std::string out;
    for (const Diagnostic& diagnostic : load_sources(std::move(sources), {kNow, ""}).diagnostics) {
        out += render(diagnostic);
    }
    return out;
}

}  // namespace

TEST_CASE("every bad document is told what is wrong with it, and where") {
    const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
    const std::vector<fs::path> folders = cases();
    REQUIRE(folders.size() > 30);
    for (const fs::path& folder : folders) {
        INFO(folder.string());
        const std::string got = rendered(folder);
        if (update) std::ofstream(folder / "expected.txt", std::ios::binary) << got;
        CHECK(got == read_text_file(folder / "expected.txt"));
        const bool good = folder.filename().string().find("good-") == 0;
        CHECK(got.empty() == good);
    }
}

TEST_CASE("every code is shown by a case") {
    std::string all;
    for (const fs::path& folder : cases()) all += read_text_file(folder / "expected.txt");
    for (const CodeRow& row : all_codes()) {
        // Files that cannot be read, duplicate keys of manifests and what only `serve` refuses have unit
        // tests.
        if (row.code == DocCode::Unreadable || row.code == DocCode::DuplicateKeyKept ||
            row.code == DocCode::NamespacesUnknown)
            continue;
        INFO(row.id << " " << row.name);
        CHECK(all.find("[" + std::string(row.id) + "]") != std::string::npos);
    }
}

}  // namespace tollgate::policies
