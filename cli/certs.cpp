// SPDX-License-Identifier: Apache-2.0
#include "certs/inspect.hpp"
#include "certs/leaf.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/key_material.hpp"
#include "cli/snapshot_source.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

namespace tollgate::cli {
namespace {

constexpr unsigned kPublic = 0644;
constexpr unsigned kSecret = 0600;

bool is_ip(const std::string& text) {
    const bool v4 = text.find_first_not_of("0123456789.") == std::string::npos;
    return v4 || text.find(':') != std::string::npos;
}

KeyRequest key_request(const CertsInitOptions& options) {
    KeyRequest request;
    if (!options.service.empty())
        request.dns_names = certs::service_names(options.service, options.namespace_name);
    request.dns_names.insert(request.dns_names.end(), options.dns_names.begin(), options.dns_names.end());
    request.ip_addresses = options.ip_addresses;
    for (const std::string& name : options.names) {
        (is_ip(name) ? request.ip_addresses : request.dns_names).push_back(name);
    }
    request.days = options.days;
    return request;
}

struct Part {
    std::string_view name;
    const std::string& content;
    unsigned mode;
};

}  // namespace

Exit run_certs_init(const CertsInitOptions& options, const Terminal& terminal) {
    const auto keys = make_keys(key_request(options), unix_now_ms() / 1000);
    if (!keys) {
        terminal.complain(keys.error().message);
        return Exit::BadInput;
    }
    std::error_code error;
    const std::filesystem::path folder(options.folder);
    std::filesystem::create_directories(folder, error);
    if (error) {
        terminal.complain(options.folder + ": " + error.message());
        return Exit::CannotRun;
    }
    const std::array<Part, 4> parts = {{{"ca.crt", keys->ca.certificate_pem, kPublic},
                                        {"ca.key", keys->ca.key_pem, kSecret},
                                        {"tls.crt", keys->leaf.certificate_pem, kPublic},
                                        {"tls.key", keys->leaf.key_pem, kSecret}}};
    for (const Part& part : parts) {
        if (options.force || !std::filesystem::exists(folder / part.name)) continue;
        terminal.complain((folder / part.name).string() + " is there already; --force overwrites it");
        return Exit::BadInput;
    }
    for (const Part& part : parts) {
        if (const auto written = write_file((folder / part.name).string(), part.content, part.mode);
            !written) {
            terminal.complain(written.error().message);
            return Exit::CannotRun;
        }
        terminal.out << (folder / part.name).string() << "\n";
    }
    terminal.note("the caBundle is ca.crt in base64; `tollgate install --certs " + options.folder +
                  "` puts it where it belongs");
    terminal.note("keep ca.key away from the cluster: it is needed only to make the next certificate");
    return Exit::Fine;
}

Exit run_certs_show(const std::string& file, const Terminal& terminal) {
    const auto text = read_file(file);
    const auto facts = text ? certs::inspect(*text) : tl::unexpected(text.error());
    if (!facts) {
        terminal.complain((text ? file + ": " : "") + facts.error().message);
        return Exit::BadInput;
    }
    for (const certs::CertificateFacts& certificate : *facts) {
        const std::int64_t days = (certificate.not_after_unix - unix_now_ms() / 1000) / certs::kDaySeconds;
        terminal.out << "subject:     " << certificate.subject << "\n"
                     << "issuer:      " << certificate.issuer << "\n"
                     << "authority:   " << (certificate.is_authority ? "yes" : "no") << "\n"
                     << "not before:  " << format_time(certificate.not_before_unix * 1000) << "\n"
                     << "not after:   " << format_time(certificate.not_after_unix * 1000) << " (" << days
                     << " days)\n"
                     << "DNS names:   " << join(certificate.dns_names, ", ") << "\n"
                     << "addresses:   " << join(certificate.ip_addresses, ", ") << "\n"
                     << "serial:      " << certificate.serial_hex << "\n"
                     << "sha256:      " << certificate.sha256_hex << "\n\n";
    }
    return Exit::Fine;
}

}  // namespace tollgate::cli
