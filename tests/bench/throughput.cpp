// SPDX-License-Identifier: Apache-2.0
// Requests per second, p99 and CPU per request of `tollgate serve` beside a server that always sends the same
// reply, on the same transport, in one run, in alternating rounds over TLS keep-alive. Runs at the root of
// the repository: the policies are those of policies/library, the fleet is policies/fleets/aws.yaml.
//   bench_throughput TOLLGATE STATIC_REPLY [--seconds S] [--rounds N] [--connections N] [--only NAME]
#include "certs/leaf.hpp"
#include "tests/bench/review_sample.hpp"
#include "tests/bench/throughput_client.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using tollgate::bench::Load;
using tollgate::bench::Measured;

/// A child whose standard output and error we read and whose standard input we hold.
class Child {
  public:
    explicit Child(const std::vector<std::string>& words) {
        int in[2];
        int out[2];
        if (::pipe(in) != 0 || ::pipe(out) != 0) std::abort();
        for (const int end : {in[1], out[0]}) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        id_ = ::fork();
        if (id_ == 0) {
            ::dup2(in[0], 0);
            ::dup2(out[1], 1);
            ::dup2(out[1], 2);
            std::vector<char*> arguments;
            for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
            arguments.push_back(nullptr);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        stdin_ = in[1];
        output_ = ::fdopen(out[0], "r");
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        ::close(stdin_);
        ::kill(id_, SIGTERM);
        ::waitpid(id_, nullptr, 0);
        if (drain_.joinable()) drain_.join();
        std::fclose(output_);
    }

    std::string line() {
        char* text = nullptr;
        std::size_t size = 0;
        const ssize_t got = ::getline(&text, &size, output_);
        std::string out = got > 0 ? std::string(text, static_cast<std::size_t>(got)) : "";
        std::free(text);
        return out;
    }

    /// Reads on, so that a server that logs does not wait for us.
    void drain() {
        drain_ = std::thread([this] {
            std::array<char, 65536> buffer;
            while (::read(::fileno(output_), buffer.data(), buffer.size()) > 0) {
            }
        });
    }

    /// CPU seconds of all threads so far, user and system.
    double cpu_seconds() const {
        std::ifstream file("/proc/" + std::to_string(id_) + "/stat");
        std::stringstream text;
        text << file.rdbuf();
        std::istringstream fields(text.str().substr(text.str().rfind(')') + 2));
        std::string skipped;
        for (int i = 0; i < 11; ++i) fields >> skipped;
        long user = 0;
        long system = 0;
        fields >> user >> system;
        return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }

  private:
    pid_t id_ = -1;
    int stdin_ = -1;
    std::FILE* output_ = nullptr;
    std::thread drain_;
};

struct Total {
    std::vector<std::int64_t> nanoseconds;
    double seconds = 0, cpu = 0;
    std::size_t failures = 0;

    void add(const Measured& part, double cpu_used) {
        nanoseconds.insert(nanoseconds.end(), part.nanoseconds.begin(), part.nanoseconds.end());
        std::sort(nanoseconds.begin(), nanoseconds.end());
        seconds += part.seconds;
        cpu += cpu_used;
        failures += part.failures;
    }
    double requests() const { return static_cast<double>(nanoseconds.size()); }
    double cpu_micros() const { return cpu * 1e6 / std::max(requests(), 1.0); }
    double percentile_micros(double share) const {
        if (nanoseconds.empty()) return 0;
        const auto at = static_cast<std::size_t>(share * (requests() - 1));
        return static_cast<double>(nanoseconds[at]) / 1e3;
    }
};

struct Settings {
    std::string tollgate, static_reply;
    std::string only;  // rows whose name holds this, for a profile of one case
    double seconds = 2;
    int rounds = 3, connections = 4;
};

std::uint16_t port_of(std::string text) {
    const std::size_t listen = text.find("\"listen\":\"127.0.0.1:");
    if (listen != std::string::npos) text = text.substr(listen + std::strlen("\"listen\":\"127.0.0.1:"));
    return static_cast<std::uint16_t>(std::strtoul(text.c_str(), nullptr, 10));
}

void print(const char* name, const Total& total) {
    std::printf("%-28s %10.0f %10.0f %10.0f %12.1f\n", name, total.requests() / std::max(total.seconds, 1e-9),
                total.percentile_micros(0.5), total.percentile_micros(0.99), total.cpu_micros());
}

int run(const Settings& settings, const std::string& folder) {
    const std::string certificate = folder + "/tls.crt";
    const std::string key = folder + "/tls.key";
    tollgate::certs::LeafRequest names;
    names.dns_names = {"localhost"};
    names.now_unix = std::time(nullptr);
    const auto keys = tollgate::certs::make_self_signed(names);
    if (!keys) return std::cerr << keys.error().message << "\n", 1;
    std::ofstream(certificate) << keys->leaf.certificate_pem;
    std::ofstream(key) << keys->leaf.key_pem;

    Child fixed({settings.static_reply, certificate, key});
    Child product({settings.tollgate, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--drain",
                   "0s", "-p", "policies/library", "-p", "policies/fleets/aws.yaml", "--tls-cert",
                   certificate, "--tls-key", key});
    const std::uint16_t fixed_port = port_of(fixed.line());
    const std::uint16_t product_port = port_of(product.line());
    product.drain();
    if (fixed_port == 0 || product_port == 0) return std::cerr << "a server did not start\n", 1;

    struct Row {
        const char* name;
        const Child& server;
        std::uint16_t port;
        const char* path;
        tollgate::bench::Sample sample;
        const char* expected;
        Total total;
    };
    using tollgate::bench::Sample;
    constexpr const char* kMutate = "/mutate?timeout=10s";
    constexpr const char* kValidate = "/validate?timeout=10s";
    constexpr const char* kAllowed = R"("allowed":true)";
    std::vector<Row> rows = {
        {"static reply", fixed, fixed_port, kValidate, Sample::Kept, kAllowed, {}},
        {"/validate, no GPU", product, product_port, kValidate, Sample::NoGpu, kAllowed, {}},
        {"/mutate, kept", product, product_port, kMutate, Sample::Kept, kAllowed, {}},
        {"/validate, kept", product, product_port, kValidate, Sample::Kept, kAllowed, {}},
        {"/mutate, rewritten", product, product_port, kMutate, Sample::Rewritten, R"("patch":)", {}},
        {"/validate, denied", product, product_port, kValidate, Sample::Denied, R"("allowed":false)", {}}};
    for (int round = 0; round < settings.rounds; ++round) {
        for (Row& row : rows) {
            if (std::string_view(row.name).find(settings.only) == std::string_view::npos) continue;
            const Load load{row.port,
                            row.path,
                            tollgate::bench::sample_review(row.sample),
                            row.expected,
                            settings.connections,
                            settings.seconds};
            const double before = row.server.cpu_seconds();
            const Measured measured = tollgate::bench::run_load(load);
            row.total.add(measured, row.server.cpu_seconds() - before);
        }
    }
    std::printf("%-28s %10s %10s %10s %12s\n", "", "requests/s", "p50 us", "p99 us", "CPU us/req");
    std::size_t failures = 0;
    for (const Row& row : rows) {
        print(row.name, row.total);
        failures += row.total.failures;
    }
    for (std::size_t i = 1; settings.only.empty() && i < rows.size(); ++i) {
        std::printf("%s costs %.2f times the CPU of the static reply\n", rows[i].name,
                    rows[i].total.cpu_micros() / std::max(rows[0].total.cpu_micros(), 1e-9));
    }
    if (failures > 0) std::cerr << failures << " connections failed\n";
    return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    if (argc < 3)
        return std::cerr << "usage: bench_throughput TOLLGATE STATIC_REPLY [--seconds S] [--rounds N] "
                            "[--connections N] [--only NAME]\n",
               2;
    settings.tollgate = argv[1];
    settings.static_reply = argv[2];
    for (int i = 3; i + 1 < argc; i += 2) {
        const std::string flag = argv[i];
        if (flag == "--seconds") settings.seconds = std::strtod(argv[i + 1], nullptr);
        if (flag == "--rounds") settings.rounds = std::atoi(argv[i + 1]);
        if (flag == "--only") settings.only = argv[i + 1];
        if (flag == "--connections") settings.connections = std::atoi(argv[i + 1]);
    }
    ::signal(SIGPIPE, SIG_IGN);
    std::string folder = (std::filesystem::temp_directory_path() / "tollgate-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return std::cerr << "no temporary folder\n", 1;
    const int code = run(settings, folder);
    std::filesystem::remove_all(folder);
    return code;
}
