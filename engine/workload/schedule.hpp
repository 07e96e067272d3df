// SPDX-License-Identifier: Apache-2.0
// The shortest time between two runs of a cron schedule, for how many runs of a CronJob can overlap.
//
// The grammar is the one CronJob is read with: five fields (minute, hour, day of month, month, day of week)
// with lists, ranges, steps and names, or @hourly and such, or "@every 90m". When both day fields are
// restricted, either may match. Source: github.com/robfig/cron/v3 ParseStandard.
// Limits: clock changes are not looked at; a schedule with a time zone prefix, one that never fires and one
// that cannot be read are unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::workload {

std::optional<std::int64_t> shortest_period_seconds(std::string_view schedule);

}  // namespace tollgate::workload
