// SPDX-License-Identifier: Apache-2.0
// Is this container plainly there for a person? Judged from its command and arguments alone: a container that
// sleeps, tails /dev/null, serves notebooks or shells. A script counts only when everything else in it is
// preparation; anything that might compute makes it a workload. The answer is one of our own texts and never
// quotes the command.
#pragma once

#include "engine/base/json/node.hpp"
#include "engine/workload/workload.hpp"

#include <string_view>
#include <vector>

namespace tollgate::workload {

/// "sleep without end", "Jupyter", ...; "" when the container is not plainly interactive.
std::string_view interactive_command(json::Node container);

/// Command and arguments of a container as they will be run: `command`, then `args`.
std::vector<std::string_view> command_line(json::Node container);

/// Fills cls, cls_reason, interactive and interactive_reason; ref, owner, pods and kind must be there.
void classify(Workload& workload);

}  // namespace tollgate::workload
