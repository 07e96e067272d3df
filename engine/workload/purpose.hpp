// SPDX-License-Identifier: Apache-2.0
// What a container is for, where its kind does not say: it trains a model, or serves one, as its command, its
// image or its ports plainly show. Whoever asks for accelerators counts; the answer is one of our own texts
// and never quotes the command. Limits: those of command_words.hpp. Thread rule: pure.
#pragma once

#include "engine/workload/workload.hpp"

#include <string>

namespace tollgate::workload {

struct Purpose {
    Class cls = Class::Unclassified;
    std::string reason;  // "container trainer runs torchrun"
};

/// The first container that asks for an accelerator and plainly trains; else the first that plainly serves a
/// model, or, of a pod whose containers show nothing else, that listens on a port. Where the class is known
/// already, only training is looked for.
Purpose purpose_of(const Workload& workload);

}  // namespace tollgate::workload
