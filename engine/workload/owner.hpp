// SPDX-License-Identifier: Apache-2.0
// Who stands behind an object: its controller reference and root owner, Kueue, Argo CD or Flux.
// Sources: Kubernetes deployment controller (pod-template-hash) and CronJob controller (names of Jobs); Kueue
// labels; Argo CD resource tracking; Flux kustomize- and helm-controller labels.
#pragma once

#include "engine/workload/workload.hpp"

namespace tollgate::workload {

/// Needs ref, object and labels; fills owner.
void read_owner(Workload& workload);

/// Needs labels and annotations; fills kueue_managed, gitops_owned and gitops_owner.
void read_managers(Workload& workload);

}  // namespace tollgate::workload
