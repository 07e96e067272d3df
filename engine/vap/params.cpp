// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/params.hpp"

namespace tollgate::vap {

Result<std::vector<json::Node>> collect_params(const Policy& policy, const Binding& binding,
                                               const Input& input, const World& world) {
    if (!policy.param_kind || !binding.params) return std::vector<json::Node>{json::Node()};
    const ParamRef& ref = *binding.params;
    const std::string_view wanted = ref.ns.empty() ? input.ns : std::string_view(ref.ns);
    std::vector<json::Node> out;
    for (const json::Node object :
         world.find_objects(policy.param_kind->api_version, policy.param_kind->kind)) {
        const json::Node metadata = object["metadata"];
        const std::string_view ns = metadata["namespace"].string();
        if (!ns.empty() && wanted.empty())
            return fail(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
        if (!ns.empty() && ns != wanted) continue;
        const bool chosen =
            ref.selector ? ref.selector->matches(metadata["labels"]) : metadata["name"].string() == ref.name;
        if (chosen) out.push_back(object);
    }
    if (out.empty() && ref.deny_when_missing)
        return fail("no params found for policy binding with `Deny` parameterNotFoundAction");
    return out;
}

}  // namespace tollgate::vap
