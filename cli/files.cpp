// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include "engine/base/limits.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace tollgate::cli {
namespace {

namespace fs = std::filesystem;

// A dump of a cluster is larger than a document anybody writes.
constexpr std::size_t kMaxInputBytes = limits::kMaxYamlBytes * 8;

bool is_document_name(const fs::path& path) {
    const std::string extension = path.extension().string();
    return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

Result<void> walk(const fs::path& folder, std::vector<std::string>& files, int depth) {
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        if (!it->path().filename().string().starts_with('.')) entries.push_back(it->path());
    }
    if (error) return fail(folder.string() + ": " + error.message());
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) {
        if (fs::is_directory(entry, error)) {
            if (depth == 0) return fail(entry.string() + ": folders are nested too deeply");
            if (auto walked = walk(entry, files, depth - 1); !walked) return walked;
        } else if (is_document_name(entry)) {
            files.push_back(entry.string());
        }
        if (files.size() > limits::kMaxDocumentFiles) {
            return fail(folder.string() + ": more than " + std::to_string(limits::kMaxDocumentFiles) +
                        " files");
        }
    }
    return {};
}

std::string system_error(const std::string& name) {
    return name + ": " + std::strerror(errno);
}

Result<std::string> read_descriptor(int descriptor, const std::string& name) {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(system_error(name));
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > kMaxInputBytes) {
            return fail(name + ": larger than " + std::to_string(kMaxInputBytes >> 20U) + " MiB; split it");
        }
    }
}

}  // namespace

Result<std::vector<std::string>> expand_path(const std::string& path) {
    if (path == "-") return std::vector<std::string>{path};
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return fail(path + ": no such file or directory");
    if (!fs::is_directory(status)) return std::vector<std::string>{path};
    std::vector<std::string> files;
    if (auto walked = walk(path, files, 32); !walked) return tl::unexpected(walked.error());
    if (files.empty()) return fail(path + ": holds no .yaml, .yml or .json file");
    return files;
}

Result<std::string> read_file(const std::string& name) {
    if (name == "-") return read_descriptor(STDIN_FILENO, "standard input");
    const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail(system_error(name));
    auto text = read_descriptor(descriptor, name);
    ::close(descriptor);
    return text;
}

Result<std::vector<TextFile>> read_all(const std::vector<std::string>& paths) {
    std::vector<TextFile> files;
    for (const std::string& path : paths) {
        TOLLGATE_TRY(const std::vector<std::string> names, expand_path(path));
        for (const std::string& name : names) {
            TOLLGATE_TRY(std::string text, read_file(name));
            files.push_back({name == "-" ? "<stdin>" : name, std::move(text)});
        }
    }
    return files;
}

Result<void> write_file(const std::string& name, std::string_view content, unsigned mode) {
    const std::string beside = name + ".new";
    const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (descriptor < 0) return fail(system_error(beside));
    bool good = ::fchmod(descriptor, mode) == 0;
    while (good && !content.empty()) {
        const ssize_t put = ::write(descriptor, content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        good = put > 0;
        if (good) content.remove_prefix(static_cast<std::size_t>(put));
    }
    good = good && ::fsync(descriptor) == 0;
    const int code = errno;
    good = ::close(descriptor) == 0 && good;
    if (good && ::rename(beside.c_str(), name.c_str()) == 0) return {};
    const std::string reason = std::strerror(good ? errno : code);
    ::unlink(beside.c_str());
    return fail(name + ": " + reason);
}

}  // namespace tollgate::cli
