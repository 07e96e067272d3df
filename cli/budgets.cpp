// SPDX-License-Identifier: Apache-2.0
#include "cli/budgets.hpp"

#include <set>
#include <string>
#include <string_view>

namespace tollgate::cli {
namespace {

std::string key_of(std::string_view kind, std::string_view ns, std::string_view name) {
    return std::string(kind) + "/" + std::string(ns) + "/" + std::string(name);
}

/// Deployments and CronJobs name what they make after themselves: "web-7c5d" is of "web".
bool is_part_of_given(const Judged& judged, const std::set<std::string>& given) {
    for (const json::Node owner : judged.before["metadata"]["ownerReferences"].elements()) {
        if (!owner["controller"].boolean()) continue;
        const std::string_view kind = owner["kind"].string(), name = owner["name"].string();
        const std::string& ns = judged.object.name_space;
        if (given.contains(key_of(kind, ns, name))) return true;
        const std::string_view above = kind == "ReplicaSet" ? "Deployment" : kind == "Job" ? "CronJob" : "";
        if (!above.empty() && given.contains(key_of(above, ns, name.substr(0, name.rfind('-'))))) return true;
    }
    return false;
}

}  // namespace

std::vector<decide::Expense> expenses_of(const std::vector<Judged>& results) {
    std::set<std::string> given;
    for (const Judged& judged : results) {
        if (!judged.budgets.empty())
            given.insert(key_of(judged.object.kind, judged.object.name_space, judged.object.name));
    }
    std::vector<decide::Expense> out;
    for (const Judged& judged : results) {
        if (judged.budgets.empty() || is_part_of_given(judged, given)) continue;
        out.push_back({display_name(judged), judged.review.decision.after.hourly, judged.budgets});
    }
    return out;
}

}  // namespace tollgate::cli
