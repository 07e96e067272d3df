// SPDX-License-Identifier: Apache-2.0
#include "cli/key_material.hpp"

#include "certs/authority.hpp"
#include "certs/inspect.hpp"
#include "certs/leaf.hpp"
#include "cli/files.hpp"

namespace tollgate::cli {

Result<KeyMaterial> make_keys(const KeyRequest& request, std::int64_t now_unix) {
    KeyMaterial keys;
    certs::AuthorityRequest authority;
    authority.now_unix = now_unix;
    TOLLGATE_TRY(keys.ca, certs::make_authority(authority));
    certs::LeafRequest leaf;
    leaf.dns_names = request.dns_names;
    leaf.ip_addresses = request.ip_addresses;
    leaf.days = request.days;
    leaf.now_unix = now_unix;
    TOLLGATE_TRY(keys.leaf, certs::issue_leaf(keys.ca, leaf));
    return keys;
}

Result<KeyMaterial> read_keys(const std::string& folder) {
    KeyMaterial keys;
    TOLLGATE_TRY(keys.ca.certificate_pem, read_file(folder + "/ca.crt"));
    TOLLGATE_TRY(keys.leaf.certificate_pem, read_file(folder + "/tls.crt"));
    TOLLGATE_TRY(keys.leaf.key_pem, read_file(folder + "/tls.key"));
    if (const auto pair = certs::check_pair(keys.leaf); !pair)
        return fail(folder + ": " + pair.error().message);
    return keys;
}

}  // namespace tollgate::cli
