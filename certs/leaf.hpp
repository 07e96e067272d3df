// SPDX-License-Identifier: Apache-2.0
// Server certificates signed by the authority: exact names, no wildcards, for TLS servers only.
//
// The API server calls <service>.<namespace>.svc and, being a Go program, looks at subject alternative names
// alone. A leaf never outlives its authority: its end is cut to the authority's.
// Sources: RFC 5280, RFC 6125; kubernetes.io "Dynamic Admission Control", service reference.
#pragma once

#include "certs/authority.hpp"
#include "certs/key_pair.hpp"
#include "engine/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::certs {

inline constexpr std::int64_t kLeafDays = 365;

enum class Usage : std::uint8_t { Server, Client };

struct LeafRequest {
    std::vector<std::string> dns_names;     // the first is also the common name
    std::vector<std::string> ip_addresses;  // "127.0.0.1", "::1"
    std::string common_name;                // empty: the first name
    std::int64_t days = kLeafDays;
    std::int64_t now_unix = 0;
    Usage usage = Usage::Server;
};

/// Fails when there is no name at all, a name is not one (wildcards included), or `authority` cannot sign.
Result<KeyPair> issue_leaf(const KeyPair& authority, const LeafRequest& request);

/// The names of a Service: svc, svc.ns, svc.ns.svc and, with a cluster domain, svc.ns.svc.<domain>.
std::vector<std::string> service_names(const std::string& service, const std::string& name_space,
                                       const std::string& cluster_domain = "");

struct SelfSigned {
    std::string ca_pem;
    KeyPair leaf;
};
/// An authority whose key is thrown away at once, and one leaf of it: for `serve` without certificate flags.
Result<SelfSigned> make_self_signed(const LeafRequest& request);

}  // namespace tollgate::certs
