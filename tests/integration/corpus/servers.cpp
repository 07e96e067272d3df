// SPDX-License-Identifier: Apache-2.0
// Reads every manifest below TOLLGATE_CORPUS and says how many of its model servers were recognised, and how
// much of each could be read. Fails when fewer are than stood there when the floors were written, or when
// something read is left without a floor and without a reason. Exit code 77: no corpus.
#include "engine/workload/need.hpp"
#include "engine/workload/need_model.hpp"
#include "engine/workload/workload.hpp"
#include "policies/manifest.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

namespace {

using namespace tollgate;
using namespace tollgate::workload;

struct Tally {
    int pods = 0, servers = 0, computed = 0, guessed = 0, unexplained = 0;
    std::map<std::string, int> by_server, why_unknown, why_guessed;
};

/// Containers that ask for no accelerator serve nothing that is sized here.
bool runs_server(const Pod& pod, std::string& name) {
    for (std::uint32_t i = 0; i < pod.containers.size(); ++i) {
        const auto asks = [i](const Demand& demand) { return demand.container == i; };
        if (std::none_of(pod.demands.begin(), pod.demands.end(), asks)) continue;
        const ServedModel served = served_by(pod.containers[i], nullptr, {});
        if (served.server == nullptr) continue;
        name = std::string(served.server->name);
        return true;
    }
    return false;
}

void count(const Workload& workload, const Pod& pod, Tally& tally) {
    if (!pod.asks_for_accelerator()) return;
    ++tally.pods;
    std::string name;
    if (!runs_server(pod, name)) return;
    ++tally.servers;
    ++tally.by_server[name];
    const Need need = read_declared_need(workload, pod);
    if (!need.floor) {
        ++tally.why_unknown[need.why_no_floor];
        tally.unexplained += need.why_no_floor.empty() ? 1 : 0;
    } else if (need.floor->doubt.empty()) {
        ++tally.computed;
    } else {
        ++tally.guessed;
        ++tally.why_guessed[need.floor->doubt];
    }
}

void read_file(const std::filesystem::path& path, Tally& tally) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const policies::ManifestDocument& document : policies::load_manifests(path.string(), text)) {
        const json::Node object = document.doc.root();
        if (!object.exists()) continue;
        KindSpec kind;
        kind.kind = "Found";
        kind.pods = find_pod_specs(object);
        const auto workload = extract(object, kind, {"", "v1", kind.kind});
        if (!workload.has_value()) continue;
        for (const Pod& pod : workload->pods) count(*workload, pod, tally);
    }
}

void print(const char* what, const std::map<std::string, int>& counts) {
    std::cout << what << "\n";
    for (const auto& [key, number] : counts) std::cout << "  " << number << "  " << key << "\n";
}

}  // namespace

int main() {
    constexpr int kSkip = 77;
    const char* corpus = std::getenv("TOLLGATE_CORPUS");
    if (corpus == nullptr || !std::filesystem::is_directory(corpus)) {
        std::cout << "skipped: TOLLGATE_CORPUS names no folder\n";
        return kSkip;
    }
    Tally tally;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
        const std::string extension = entry.path().extension().string();
        if (entry.is_regular_file() && (extension == ".yaml" || extension == ".yml" || extension == ".json"))
            read_file(entry.path(), tally);
    }
    print("servers", tally.by_server);
    print("a guess, because", tally.why_guessed);
    print("no floor, because", tally.why_unknown);
    std::cout << tally.pods << " pods ask for accelerators, " << tally.servers
              << " of them serve models: floors of " << tally.computed << " computed and of " << tally.guessed
              << " guessed\n";
    constexpr int kLeastServers = 145, kLeastComputed = 5, kLeastFloors = 95;
    const bool enough = tally.servers >= kLeastServers && tally.computed >= kLeastComputed &&
                        tally.computed + tally.guessed >= kLeastFloors;
    if (!enough) std::cout << "fewer than there were\n";
    if (tally.unexplained > 0) std::cout << tally.unexplained << " without a floor and without a reason\n";
    return enough && tally.unexplained == 0 ? 0 : 1;
}
