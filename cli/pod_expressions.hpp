// SPDX-License-Identifier: Apache-2.0
// The pods of an object as one CEL expression, written from the paths of its kinds, so that what is asked of
// a pod is written once, however many kinds there are.
//
// Each pod is brought into one form, `p`: {spec, metadata} as in a Pod; `more`: containers outside its lists;
// `claims`: a list of them; `asks`: true where a count of devices stands by itself. All of them may be absent
// or null. A path with more than two wildcards is not walked: each such object counts as one that asks.
// Limits: a CEL expression has 100,000 characters at most (cel-go's parser), so callers split long lists of
// paths. Source: kubernetes.io "Common Expression Language in Kubernetes"; cel-go, optional types.
#pragma once

#include "engine/workload/kind_spec.hpp"

#include <span>
#include <string>

namespace tollgate::cli {

/// True when `test` holds of any pod `p` at one of `paths`, in the object or, when it is deleted, the old
/// one.
std::string any_pod(std::span<const workload::PodPath> paths, const std::string& test);

}  // namespace tollgate::cli
