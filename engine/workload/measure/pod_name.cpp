// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/measure/pod_name.hpp"

namespace tollgate::workload {
namespace {

constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";  // of generated suffixes
constexpr std::string_view kDigits = "0123456789";
constexpr std::size_t kSuffix = 5;  // of generateName
// Of a pod template's hash: 32 bits in decimal, each digit replaced.
constexpr std::string_view kHashAlphabet = "456789bcdf";
constexpr std::size_t kShortestHash = 7, kLongestHash = 10;
constexpr std::string_view kFirstMinute = "24000000";  // 2015; dates such as 20261125 are less

bool consists_of(std::string_view text, std::string_view alphabet) {
    return !text.empty() && text.find_first_not_of(alphabet) == std::string_view::npos;
}

struct Split {
    std::string_view head, tail;  // around the last '-'; head empty where there is none
};
Split split_last(std::string_view text) {
    const std::size_t dash = text.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return {{}, text};
    return {text.substr(0, dash), text.substr(dash + 1)};
}

bool is_hash(std::string_view text) {
    return text.size() >= kShortestHash && text.size() <= kLongestHash && consists_of(text, kHashAlphabet);
}

}  // namespace

PodOwner owner_by_replica_set(std::string_view name) {
    const Split parts = split_last(name);
    if (!parts.head.empty() && is_hash(parts.tail)) return {"Deployment", std::string(parts.head)};
    return {"ReplicaSet", std::string(name)};
}

PodOwner owner_by_job(std::string_view name) {
    const Split parts = split_last(name);
    const bool minute = parts.tail.size() == kFirstMinute.size() && consists_of(parts.tail, kDigits) &&
                        parts.tail >= kFirstMinute;
    if (!parts.head.empty() && minute) return {"CronJob", std::string(parts.head)};
    return {"Job", std::string(name)};
}

PodOwner owner_by_pod_name(std::string_view pod) {
    const Split parts = split_last(pod);
    if (parts.head.empty()) return {"", std::string(pod)};
    if (parts.tail.size() == kSuffix && consists_of(parts.tail, kAlphabet)) {
        if (PodOwner owner = owner_by_replica_set(parts.head); owner.kind == "Deployment") return owner;
        if (PodOwner owner = owner_by_job(parts.head); owner.kind == "CronJob") return owner;
        return {"", std::string(parts.head)};  // a Job, a DaemonSet, a ReplicaSet
    }
    const bool ordinal = parts.tail.size() <= kSuffix && consists_of(parts.tail, kDigits);
    return {"", std::string(ordinal ? parts.head : pod)};  // a StatefulSet, or a pod of its own
}

}  // namespace tollgate::workload
