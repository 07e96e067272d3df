// SPDX-License-Identifier: Apache-2.0
#include "cli/file_watch.hpp"

#include "tests/support/catch.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace fs = std::filesystem;
using tollgate::cli::FileWatch;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "tollgate-watch-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << text;
    }
    fs::path path;
};

}  // namespace

TEST_CASE("watch: changes, additions and removals, each told once") {
    const Folder folder;
    folder.write("a.yaml", "one");
    FileWatch watch({folder.path.string()});
    CHECK(!watch.changed());
    folder.write("a.yaml", "longer");
    CHECK(watch.changed());
    CHECK(!watch.changed());
    folder.write("below/b.yaml", "new");
    CHECK(watch.changed());
    fs::remove(folder.path / "a.yaml");
    CHECK(watch.changed());
    CHECK(!watch.changed());
}

TEST_CASE("watch: the swap of a ConfigMap's data link is seen, though no file is written") {
    const Folder folder;
    folder.write("..v1/policy.yaml", "same");
    folder.write("..v2/policy.yaml", "same");
    fs::create_symlink("..v1", folder.path / "..data");
    fs::create_symlink("..data/policy.yaml", folder.path / "policy.yaml");
    FileWatch watch({folder.path.string()});
    FileWatch file_alone(
        {(folder.path / "policy.yaml").string()});  // as --tls-cert names one file of a mount
    CHECK(!watch.changed());
    CHECK(!file_alone.changed());
    fs::create_symlink("..v2", folder.path / "..next");
    fs::rename(folder.path / "..next", folder.path / "..data");
    CHECK(watch.changed());
    CHECK(!watch.changed());
    CHECK(file_alone.changed());
}

TEST_CASE("watch: a file that is not there yet") {
    const Folder folder;
    FileWatch watch({(folder.path / "later.yaml").string()});
    CHECK(!watch.changed());
    folder.write("later.yaml", "here");
    CHECK(watch.changed());
}
