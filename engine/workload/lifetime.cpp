// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/lifetime.hpp"

#include "engine/base/quantity.hpp"
#include "engine/workload/schedule.hpp"
#include "engine/workload/walk.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tollgate::workload {
namespace {

/// How a field says how long: whole seconds, or a duration such as 1h30m where 0 is no end.
struct As {
    bool duration = false;
    std::optional<std::int64_t> otherwise;  // seconds, where the field is not there
};

/// A length of time as read over all places its path leads to.
struct Seconds {
    std::optional<std::int64_t> longest;  // empty when some place has none
    bool unreadable = false;
    bool endless = false;  // some place says nothing, or that there is no end
    std::string field;     // the first place without a value, else the first place
};

bool is_absent(json::Node value) {
    return !value.exists() || value.is_null();
}

/// Adds one place's value. A duration of 0 is one without an end.
void take(Seconds& seconds, json::Node value, const As& as) {
    constexpr std::int64_t kUnreadable = -1;  // as a negative number is
    std::int64_t whole = value.is_number() ? value.integer().value_or(kUnreadable) : kUnreadable;
    if (is_absent(value)) {
        whole = as.otherwise.value_or(kUnreadable);
    } else if (as.duration && value.is_string()) {
        const Result<std::int64_t> ms = parse_duration_ms(value.string());
        if (ms.has_value()) whole = (*ms + 999) / 1000;
    }
    const bool says_nothing = is_absent(value) && !as.otherwise.has_value();
    if (says_nothing || (as.duration && whole == 0)) {
        seconds.endless = true;
    } else if (whole < 0) {
        seconds.unreadable = true;
    } else {
        seconds.longest = std::max(seconds.longest.value_or(0), whole);
    }
}

/// The field is looked up below each place its parent path reaches, because one absent deadline (of one of a
/// JobSet's jobs) leaves the whole object unbounded.
Seconds read_seconds(json::Node object, const Path& path, const As& as) {
    Seconds seconds;
    Path parent;
    parent.segments.assign(path.segments.begin(), path.segments.end() - 1);
    const std::string& key = path.segments.back().key;
    bool found = false;
    bool missing = false;
    for_each_place(object, parent, [&](json::Node node, json::Node, const Trail& trail) {
        if (!node.is_object()) return true;
        const json::Node value = node[key];
        if (!found || (is_absent(value) && !missing)) {
            seconds.field = field_of(trail, trail.size());
            if (!seconds.field.empty()) seconds.field += '.';
            seconds.field += key;
        }
        found = true;
        missing = missing || is_absent(value);
        take(seconds, value, as);
        return true;
    });
    return seconds;
}

/// The usual path, without wildcards: no trail and no copy of the path is needed.
Seconds read_plain_seconds(json::Node object, const Path& path, const As& as) {
    Seconds seconds;
    seconds.field = path.text;
    json::Node node = object;
    for (const Path::Segment& segment : path.segments) node = node[segment.key];
    take(seconds, node, as);
    return seconds;
}

Seconds read_seconds_at(json::Node object, const Path& path, const As& as) {
    Seconds seconds;
    const bool plain = std::none_of(path.segments.begin(), path.segments.end(),
                                    [](const Path::Segment& segment) { return segment.wildcard; });
    if (plain) {
        seconds = read_plain_seconds(object, path, as);
    } else if (!path.segments.back().wildcard) {
        seconds = read_seconds(object, path, as);
    }
    if (seconds.endless || seconds.unreadable) seconds.longest.reset();
    return seconds;
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || stopped != text.data() + text.size() || seconds <= 0) return std::nullopt;
    return seconds;
}

void bound(Lifetime& lifetime, std::int64_t seconds, std::string_view source) {
    if (lifetime.deadline_seconds.has_value() && *lifetime.deadline_seconds <= seconds) return;
    lifetime.deadline_seconds = seconds;
    lifetime.deadline_source = source;
}

void note_unreadable(Lifetime& lifetime, std::string_view field, std::string_view why) {
    if (!lifetime.unreadable.empty()) lifetime.unreadable += "; ";
    lifetime.unreadable += field;
    lifetime.unreadable += ": ";
    lifetime.unreadable += why;
}

/// The pod template's annotation, else the workload's.
json::Node lifetime_annotation(const Workload& workload) {
    for (const Pod& pod : workload.pods) {
        if (const json::Node own = pod.annotations()[kLifetimeAnnotation]; own.exists()) return own;
    }
    return workload.annotations[kLifetimeAnnotation];
}

void read_annotation(const Workload& workload, Lifetime& lifetime) {
    const json::Node annotation = lifetime_annotation(workload);
    if (!annotation.exists()) return;
    const Result<std::int64_t> ms = parse_duration_ms(annotation.text());
    if (!ms.has_value() || *ms <= 0) {
        note_unreadable(lifetime, kLifetimeAnnotation, "not a duration; write it as 6h, 90m or 2d");
    } else {
        bound(lifetime, (*ms + 999) / 1000, kLifetimeAnnotation);
    }
}

bool holds(json::Node object, const Condition& condition) {
    bool found = false;
    for_each_place(object, condition.path, [&](json::Node node, json::Node, const Trail&) {
        if (is_absent(node)) return true;
        const std::string_view text = node.is_bool() ? (node.boolean() ? "true" : "false") : node.text();
        found = condition.values.empty() ||
                std::find(condition.values.begin(), condition.values.end(), text) != condition.values.end();
        return !found;
    });
    return found;
}

void read_deadline(const Workload& workload, Lifetime& lifetime) {
    const LifetimePaths& paths = workload.kind->lifetime;
    lifetime.has_deadline_field = true;
    lifetime.deadline_is_text = paths.deadline_is_text;
    Seconds deadline = read_seconds_at(workload.object, *paths.deadline_seconds,
                                       {paths.deadline_is_text, paths.default_seconds});
    if (deadline.unreadable) {
        note_unreadable(
            lifetime, deadline.field,
            paths.deadline_is_text ? "not a duration; write it as 1h30m" : "not a whole number of seconds");
    }
    if (deadline.longest.has_value()) bound(lifetime, *deadline.longest, paths.deadline_seconds->text);
    lifetime.deadline_field = std::move(deadline.field);
    if (paths.only_with.empty()) return;
    const bool ends = std::any_of(paths.only_with.begin(), paths.only_with.end(),
                                  [&](const Condition& each) { return holds(workload.object, each); });
    if (ends) return;
    lifetime.stated_seconds = std::exchange(lifetime.deadline_seconds, std::nullopt);
    const Condition& first = paths.only_with.front();
    lifetime.bounding_field = first.path.text;
    lifetime.bounding_value = first.values.empty() ? "" : first.values.front();
}

}  // namespace

void read_lifetime(Workload& workload) {
    Lifetime& lifetime = workload.lifetime;
    const LifetimePaths& paths = workload.kind->lifetime;
    if (paths.deadline_seconds.has_value()) {
        read_deadline(workload, lifetime);
    } else {
        read_annotation(workload, lifetime);
    }
    if (workload.kueue_managed) {
        if (const json::Node label = workload.labels[kKueueMaxExecTime]; label.exists()) {
            const std::optional<std::int64_t> seconds = parse_seconds(label.text());
            if (seconds.has_value()) {
                bound(lifetime, *seconds, kKueueMaxExecTime);
            } else {
                note_unreadable(lifetime, kKueueMaxExecTime, "not a positive number of seconds");
            }
        }
    }
    if (paths.ttl_seconds_after_finished.has_value()) {
        Seconds ttl = read_seconds_at(workload.object, *paths.ttl_seconds_after_finished, {});
        if (ttl.unreadable) note_unreadable(lifetime, ttl.field, "not a whole number of seconds");
        lifetime.ttl_seconds = ttl.longest;
        lifetime.ttl_field = std::move(ttl.field);
    }
    if (paths.suspend.has_value()) {
        for_each_place(workload.object, *paths.suspend, [&](json::Node node, json::Node, const Trail&) {
            lifetime.suspended = node.boolean();
            return lifetime.suspended;
        });
    }
}

std::optional<std::int64_t> overlapping_runs(json::Node object, const KindSpec& kind,
                                             const std::optional<std::int64_t>& deadline_seconds) {
    if (!kind.concurrency_policy.has_value() && !kind.schedule.has_value()) return 1;
    const Trail none;
    bool found = false;
    if (kind.concurrency_policy.has_value()) {
        const std::string_view policy = follow(object, *kind.concurrency_policy, none, found).string();
        if (policy == "Forbid" || policy == "Replace") return 1;
    }
    if (!kind.schedule.has_value() || !deadline_seconds.has_value()) return std::nullopt;
    const std::string_view schedule = follow(object, *kind.schedule, none, found).string();
    const std::optional<std::int64_t> period = shortest_period_seconds(schedule);
    if (!period.has_value()) return std::nullopt;
    return std::max<std::int64_t>(1,
                                  *deadline_seconds / *period + (*deadline_seconds % *period != 0 ? 1 : 0));
}

}  // namespace tollgate::workload
