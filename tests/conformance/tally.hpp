// SPDX-License-Identifier: Apache-2.0
// What a conformance run counts, one row for each set, and how it is printed.
#pragma once

#include <cstddef>
#include <cstdio>
#include <map>
#include <string>

namespace tollgate::test {

struct Tally {
    std::size_t total = 0, passed = 0, skipped = 0;
    std::size_t costs = 0, right_costs = 0, messages = 0, right_messages = 0;
};
using Tallies = std::map<std::string, Tally>;

/// The exit status: 0 when everything that was not skipped passed, in the words wanted. Costs are compared,
/// and decide nothing.
inline int print_table(const Tallies& tallies) {
    Tally all;
    const auto line = [](const std::string& name, const Tally& t) {
        std::printf("%-28s %6zu %6zu %6zu %7zu %13zu/%zu %13zu/%zu\n", name.c_str(), t.total, t.passed,
                    t.total - t.passed - t.skipped, t.skipped, t.right_messages, t.messages, t.right_costs,
                    t.costs);
    };
    std::printf("%-28s %6s %6s %6s %7s %16s %16s\n", "set", "total", "passed", "failed", "skipped",
                "messages equal", "costs equal");
    for (const auto& [name, t] : tallies) {
        line(name, t);
        all.total += t.total, all.passed += t.passed, all.skipped += t.skipped;
        all.costs += t.costs, all.right_costs += t.right_costs;
        all.messages += t.messages, all.right_messages += t.right_messages;
    }
    line("all", all);
    return all.passed + all.skipped == all.total && all.right_messages == all.messages ? 0 : 1;
}

}  // namespace tollgate::test
