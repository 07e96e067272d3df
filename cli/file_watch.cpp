// SPDX-License-Identifier: Apache-2.0
#include "cli/file_watch.hpp"

#include "engine/base/limits.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tollgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 32;

void add(const std::string& path, int depth, std::size_t& left, std::string& out) {
    struct stat status {};
    if (left == 0) return;
    --left;
    out += path;
    if (::stat(path.c_str(), &status) != 0) {
        out += " gone\n";
        return;
    }
    for (const auto number :
         {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_dev),
          static_cast<long long>(status.st_size), static_cast<long long>(status.st_mtim.tv_sec),
          static_cast<long long>(status.st_mtim.tv_nsec)}) {
        out.append(" ").append(std::to_string(number));
    }
    out += '\n';
    if (!S_ISDIR(status.st_mode) || depth == 0) return;
    std::error_code error;
    std::vector<std::string> entries;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        if (!it->path().filename().string().starts_with('.')) entries.push_back(it->path().string());
    }
    std::sort(entries.begin(), entries.end());
    for (const std::string& entry : entries) add(entry, depth - 1, left, out);
}

}  // namespace

FileWatch::FileWatch(std::vector<std::string> paths) : paths_(std::move(paths)), last_(fingerprint()) {}

bool FileWatch::changed() {
    std::string now = fingerprint();
    if (now == last_) return false;
    last_ = std::move(now);
    return true;
}

std::string FileWatch::fingerprint() const {
    std::string out;
    std::size_t left = limits::kMaxDocumentFiles;
    for (const std::string& path : paths_) add(path, kMaxDepth, left, out);
    return out;
}

}  // namespace tollgate::cli
