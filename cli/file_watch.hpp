// SPDX-License-Identifier: Apache-2.0
// Did any of these files change? Asked every second by `serve`, answered from what stat() says (inode, size,
// time of change), through symbolic links: a ConfigMap or Secret mount is updated by swapping its `..data`
// link, which changes every inode behind it while no file is ever written. Polling, not inotify: it works on
// every file system kubelets mount, and a second is soon enough. Thread rule: one thread.
#pragma once

#include <string>
#include <vector>

namespace tollgate::cli {

class FileWatch {
  public:
    /// Files, or directories with everything below them that is no hidden entry. Missing ones count as a
    /// state too.
    explicit FileWatch(std::vector<std::string> paths);
    /// True once for each change since the last call (or construction).
    bool changed();

  private:
    [[nodiscard]] std::string fingerprint() const;

    std::vector<std::string> paths_;
    std::string last_;
};

}  // namespace tollgate::cli
