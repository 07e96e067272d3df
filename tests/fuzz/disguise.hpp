// SPDX-License-Identifier: Apache-2.0
// Reviews of one and the same pod, which asks for too many devices, in ever other disguises: spellings of the
// count, places of the containers, order and duplicates of keys, forged owners, annotations, padding, kinds.
// Only what an API server accepts and a scheduler would place: whoever writes such an object gets the
// devices.
#pragma once

#include "tests/fuzz/dice.hpp"

#include <string>

namespace tollgate::fuzz {

/// An AdmissionReview of a pod, or of a controller of such pods, with `devices` devices for each pod.
std::string disguised_review(Dice dice, std::size_t devices);

}  // namespace tollgate::fuzz
