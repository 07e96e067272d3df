// SPDX-License-Identifier: Apache-2.0
// The answer to an AdmissionReview, written straight into one string.
//
// A patch is the base64 of an RFC 6902 array; a denial carries everything in status.message, because kubectl
// shows no causes, and the same once more in status.details.causes for programs. /mutate always allows.
// Source: k8s.io/api/admission/v1 AdmissionResponse; k8s.io/apimachinery metav1.Status.
#pragma once

#include "engine/decide/decide.hpp"

#include <string>
#include <string_view>

namespace tollgate::admission {

std::string encode_reply(const decide::Request& request, const decide::Decision& decision);

}  // namespace tollgate::admission
