// SPDX-License-Identifier: Apache-2.0
#include "engine/gpu/mig_layout.hpp"

#include <algorithm>
#include <tuple>

namespace tollgate::gpu {
namespace {

/// Instances of one profile; a layout resolved against the table, each profile once.
struct Item {
    const MigProfile* profile;
    std::int64_t count;
};
using Items = std::vector<Item>;

struct Sums {
    std::int64_t compute = 0, memory = 0, media = 0, instances = 0;
};

Sums sums_of(const Items& items) {
    Sums sums;
    for (const Item& item : items) {
        sums.compute += item.count * item.profile->compute_slices;
        sums.memory += item.count * item.profile->memory_slices;
        sums.instances += item.count;
        if (item.profile->has_media()) sums.media += item.count;
    }
    return sums;
}

bool sums_fit(const MigTable& table, const Items& items) {
    for (const Item& item : items) {
        if (item.count > item.profile->max_instances) return false;
    }
    const Sums sums = sums_of(items);
    return sums.compute <= table.compute_slices_total && sums.memory <= table.memory_slices_total &&
           sums.media <= 1;
}

/// Exact: tries every start for every instance whose starts are known. `taken` has a bit per memory slice.
bool place(const Items& items, std::size_t item, std::int64_t placed, std::size_t first_start,
           std::uint32_t taken) {
    if (item == items.size()) return true;
    const MigProfile& profile = *items[item].profile;
    if (placed == items[item].count || profile.placement_starts.empty()) {
        return place(items, item + 1, 0, 0, taken);
    }
    const std::uint32_t run = (1U << static_cast<unsigned>(profile.placement_size)) - 1U;
    // Instances of one profile are alike: each starts after the one before it.
    for (std::size_t i = first_start; i < profile.placement_starts.size(); ++i) {
        const std::uint32_t mask = run << static_cast<unsigned>(profile.placement_starts[i]);
        if ((taken & mask) == 0 && place(items, item, placed + 1, i + 1, taken | mask)) return true;
    }
    return false;
}

bool fits(const MigTable& table, const Items& items) {
    return sums_fit(table, items) && place(items, 0, 0, 0, 0);
}

bool placements_known(const Items& items) {
    return std::all_of(items.begin(), items.end(),
                       [](const Item& item) { return !item.profile->placement_starts.empty(); });
}

std::string per_profile(const Items& items, std::int32_t MigProfile::*slices) {
    std::string text;
    for (const Item& item : items) {
        if (!text.empty()) text += ", ";
        text += std::string(item.profile->name) + " x" + std::to_string(item.count) + " takes " +
                std::to_string(item.count * item.profile->*slices);
    }
    return text;
}

std::string of_slices(std::int64_t used, std::int32_t total, std::string_view what) {
    return std::to_string(used) + " of " + std::to_string(total) + " " + std::string(what) + " slices";
}

std::string why_not(const MigTable& table, const Items& items) {
    const Sums sums = sums_of(items);
    const bool compute_over = sums.compute > table.compute_slices_total;
    const bool memory_over = sums.memory > table.memory_slices_total;
    const std::string compute = of_slices(sums.compute, table.compute_slices_total, "compute");
    const std::string memory = of_slices(sums.memory, table.memory_slices_total, "memory");
    if (memory_over) {
        return memory + " (" + per_profile(items, &MigProfile::memory_slices) + ")" +
               (compute_over ? ", and " + compute : "; compute alone would do (" + compute + ")");
    }
    if (compute_over) {
        return compute + " (" + per_profile(items, &MigProfile::compute_slices) + ")" +
               "; memory alone would do (" + memory + ")";
    }
    if (sums.media > 1) return "only one instance of a GPU can have the media engines (+me)";
    for (const Item& item : items) {
        if (item.count > item.profile->max_instances) {
            return "at most " + std::to_string(item.profile->max_instances) + " instances of " +
                   std::string(item.profile->name) + " fit on one GPU";
        }
    }
    std::string starts;
    for (const Item& item : items) {
        starts += (starts.empty() ? "" : "; ") + std::string(item.profile->name) + " may start at slice ";
        for (std::size_t i = 0; i < item.profile->placement_starts.size(); ++i) {
            starts += (i == 0 ? "" : ", ") + std::to_string(item.profile->placement_starts[i]);
        }
    }
    return "the slices suffice but no arrangement avoids an overlap (" + starts + ")";
}

MigLayout to_layout(const Items& items) {
    MigLayout layout;
    for (const Item& item : items) {
        if (item.count > 0) layout.emplace_back(item.profile->name, static_cast<std::int32_t>(item.count));
    }
    return layout;
}

/// Walks every layout of the asked profiles that fits; bounded by the slices of one GPU.
class Search {
  public:
    Search(const MigTable& table, const Items& asked) : table_(table), asked_(asked), current_(asked) {
        for (Item& item : current_) item.count = 0;
        walk(0);
    }
    const Items& closest() const { return closest_; }
    const Items& some_of_each() const { return some_of_each_; }

  private:
    void walk(std::size_t item) {
        if (item == current_.size()) {
            if (fits(table_, current_)) judge();
            return;
        }
        for (std::int64_t count = 0; count <= asked_[item].profile->max_instances; ++count) {
            current_[item].count = count;
            const Sums sums = sums_of(current_);
            if (sums.memory > table_.memory_slices_total || sums.compute > table_.compute_slices_total) break;
            walk(item + 1);
        }
        current_[item].count = 0;
    }

    void judge() {
        std::int64_t kept = 0;
        bool within = true, each = true;
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            kept += std::min(current_[i].count, asked_[i].count);
            within = within && current_[i].count <= asked_[i].count;
            each = each && current_[i].count > 0;
        }
        const Sums sums = sums_of(current_);
        const auto score = std::tuple(kept, sums.memory, sums.compute);
        if (within && kept > 0 && score > best_) {
            best_ = score;
            closest_ = current_;
        }
        if (each && score > best_each_) {
            best_each_ = score;
            some_of_each_ = current_;
        }
    }

    using Score = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
    const MigTable& table_;
    const Items& asked_;
    Items current_, closest_, some_of_each_;
    Score best_{0, 0, 0}, best_each_{0, 0, 0};
};

void suggest(const MigTable& table, const Items& items, LayoutCheck& check) {
    const Search search(table, items);
    check.suggestion = to_layout(search.closest());
    if (check.suggestion.empty()) return;
    check.suggestion_text = to_string(check.suggestion);
    const MigLayout each = to_layout(search.some_of_each());
    if (check.suggestion.size() < items.size() && !each.empty())
        check.suggestion_text += " or " + to_string(each);
}

std::string unknown_profile(const MigTable& table, std::string_view name) {
    std::vector<std::string_view> names;
    for (const MigProfile& profile : table.profiles) names.push_back(profile.name);
    std::string reason =
        "no MIG profile " + std::string(name) + " on " + std::string(table.name) + "; it has ";
    for (std::size_t i = 0; i < names.size(); ++i) reason += (i == 0 ? "" : ", ") + std::string(names[i]);
    return reason;
}

/// The layout by the table's own profiles, equal names added up; `reason` says why it could not be read.
Items resolve(const MigTable& table, const MigLayout& layout, std::string& reason) {
    Items items;
    for (const auto& [name, count] : layout) {
        const MigProfile* profile = table.find(name);
        if (profile == nullptr) {
            reason = unknown_profile(table, name);
            return {};
        }
        if (count <= 0) {
            reason = name + ": instances per GPU must be at least 1";
            return {};
        }
        const auto same = std::find_if(items.begin(), items.end(),
                                       [&](const Item& item) { return item.profile == profile; });
        if (same == items.end()) {
            items.push_back({profile, count});
        } else {
            same->count += count;
        }
    }
    if (items.empty()) reason = "a layout needs at least one MIG profile";
    return items;
}

}  // namespace

LayoutCheck check_layout(const MigTable& table, const MigLayout& layout) {
    LayoutCheck check;
    const Items items = resolve(table, layout, check.reason);
    if (!check.reason.empty()) return check;
    check.fits = fits(table, items);
    if (!check.fits) {
        check.reason = why_not(table, items);
        suggest(table, items, check);
    } else if (!placements_known(items)) {
        check.reason =
            "placements on " + std::string(table.name) + " are not published; only slice sums were checked";
    }
    return check;
}

std::string to_string(const MigLayout& layout) {
    std::string text = "{";
    for (const auto& [profile, count] : layout) {
        if (text.size() > 1) text += ", ";
        text += profile + ": " + std::to_string(count);
    }
    return text + "}";
}

}  // namespace tollgate::gpu
