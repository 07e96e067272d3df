// SPDX-License-Identifier: Apache-2.0
// What each command can be told: plain structs, filled by the command line, read by the commands.
#pragma once

#include "engine/base/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

struct ServeOptions {
    std::vector<std::string> policies;
    std::string listen = "0.0.0.0:8443";
    std::string admin = "0.0.0.0:8080";
    std::string tls_cert, tls_key;
    std::string tls_min_version = "1.3";
    std::string client_ca;
    std::vector<std::string> client_names;
    std::string drain = "25s";
    std::string max_mode;              // "": Enforce with -p, Warn without
    std::optional<std::string> pause;  // present without a file name: paused for good
    std::string decision_log;
    std::string log_format = "json";
    unsigned threads = 0;
    std::size_t max_body = limits::kMaxBodyBytes;
    std::size_t max_headers = limits::kMaxHeaderBytes;
    std::size_t max_depth = limits::kMaxJsonDepth;
    std::size_t max_connections = limits::kMaxConnections;
    std::size_t max_in_flight = limits::kMaxInFlight;
    std::string idle_timeout = std::to_string(limits::kIdleTimeoutSeconds) + "s";
    std::string request_timeout = std::to_string(limits::kRequestTimeoutSeconds) + "s";
};

/// What a manifest cannot say of itself; `check` and `explain`.
struct RequestOptions {
    std::string operation = "CREATE";
    std::string old_file;
    std::string user;
    std::vector<std::string> groups;
    std::string namespace_name;  // for objects that name none
    std::string namespace_labels;
    std::string now;
};

struct CheckOptions {
    std::vector<std::string> files;
    std::vector<std::string> policies;
    std::string output = "text";
    RequestOptions request;
};

struct ExplainOptions {
    std::string file;
    std::vector<std::string> policies;
    RequestOptions request;
};

struct LintOptions {
    std::vector<std::string> paths;
    std::string output = "text";
    bool strict = false;  // warnings fail, too
};

struct TestOptions {
    std::vector<std::string> paths;
    std::vector<std::string> policies;
    std::string output = "text";
    bool update = false;
};

struct CatalogOptions {
    std::string output = "text";
    std::string provider, region, gpu;
    std::string check_file;
};

struct FleetDiscoverOptions {
    std::string file = "-";  // what `kubectl get nodes -o json` printed; "-" is standard input
    std::string name;        // of the Fleet; "": provider and region
};

struct UsageImportOptions {
    std::string prometheus;  // its URL
    std::string window = "14d", step = "5m", timeout = "60s";
    std::string now;                  // RFC 3339; "": the clock
    std::string token_file, ca_file;  // "": none; the system's
};

struct CelOptions {
    std::string expression;
    std::string file, params_file;  // "-" is standard input, "" none
    std::vector<std::string> policies;
    RequestOptions request;
    std::string kubernetes_version;  // "1.30"; "": the newest known
    std::string output = "text";
};

struct ExportOptions {
    std::vector<std::string> policies;
};

struct CertsInitOptions {
    std::string folder = ".";
    std::string service = "tollgate";
    std::string namespace_name = "tollgate-system";
    std::vector<std::string> dns_names, ip_addresses, names;
    std::int64_t days = 365;
    bool force = false;
};

struct InstallOptions {
    std::vector<std::string> policies;
    std::string part = "all";
    std::string namespace_name = "tollgate-system";
    std::string certs_folder;  // "": new keys are made
    std::string image;
    std::vector<std::string> exempt_namespaces;
    bool enforce = false;
    std::string probe;
    bool uninstall = false;
    std::string output_format = "yaml";
};

}  // namespace tollgate::cli
