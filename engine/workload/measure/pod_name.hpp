// SPDX-License-Identifier: Apache-2.0
// Whose a pod is, by the shape of its name, where nothing better is known: controllers add suffixes that are
// told from words by their alphabet.
//
// A name can mean several things, so that a kind is given only where the shape is a Deployment's or a
// CronJob's. Thread rule: pure. Source: k8s.io/apimachinery pkg/util/rand (the alphabet of suffixes),
// k8s.io/kubernetes pkg/controller (their lengths), cronjob/utils.go (the minute in a Job's name).
#pragma once

#include <string>
#include <string_view>

namespace tollgate::workload {

struct PodOwner {
    std::string kind;  // "" when the name does not tell
    std::string name;
    friend bool operator==(const PodOwner&, const PodOwner&) = default;
};

/// "web-5d4f8c9b7d-x2x4z" -> Deployment web; "db-0" -> db; "train-x2x4z" -> train.
PodOwner owner_by_pod_name(std::string_view pod);
/// "web-5d4f8c9b7d" -> Deployment web; else the ReplicaSet itself.
PodOwner owner_by_replica_set(std::string_view name);
/// "nightly-29123460" -> CronJob nightly; else the Job itself.
PodOwner owner_by_job(std::string_view name);

}  // namespace tollgate::workload
