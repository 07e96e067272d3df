// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/lifetime.hpp"

#include "engine/base/quantity.hpp"
#include "engine/workload/schedule.hpp"
#include "engine/workload/walk.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate::workload {
namespace {

constexpr std::string_view kKueueMaxExecTime = "kueue.x-k8s.io/max-exec-time-seconds";

/// A field of whole seconds as read over all places its path leads to.
struct Seconds {
    std::optional<std::int64_t> longest;  // empty when some place has none
    bool unreadable = false;
    std::string field;  // the first place without a value, else the first place
};

/// The field is looked up below each place its parent path reaches, because one absent deadline (of one of a
/// JobSet's jobs) leaves the whole object unbounded.
Seconds read_seconds(json::Node object, const Path& path) {
    Seconds seconds;
    Path parent;
    parent.segments.assign(path.segments.begin(), path.segments.end() - 1);
    const std::string& key = path.segments.back().key;
    bool missing = false;
    bool found = false;
    for_each_place(object, parent, [&](json::Node node, json::Node, const Trail& trail) {
        if (!node.is_object()) return true;
        const json::Node value = node[key];
        const bool absent = !value.exists() || value.is_null();
        if (!found || (absent && !missing)) {
            seconds.field = field_of(trail, trail.size());
            if (!seconds.field.empty()) seconds.field += '.';
            seconds.field += key;
        }
        found = true;
        if (absent) {
            missing = true;
            return true;
        }
        const std::optional<std::int64_t> whole = value.is_number() ? value.integer() : std::nullopt;
        if (!whole.has_value() || *whole < 0) {
            seconds.unreadable = true;
        } else {
            seconds.longest = std::max(seconds.longest.value_or(0), *whole);
        }
        return true;
    });
    if (missing || seconds.unreadable) seconds.longest.reset();
    return seconds;
}

/// The usual path, without wildcards: no trail and no copy of the path is needed.
Seconds read_plain_seconds(json::Node object, const Path& path) {
    Seconds seconds;
    seconds.field = path.text;
    json::Node node = object;
    for (const Path::Segment& segment : path.segments) node = node[segment.key];
    if (!node.exists() || node.is_null()) return seconds;
    seconds.longest = node.is_number() ? node.integer() : std::nullopt;
    seconds.unreadable = !seconds.longest.has_value() || *seconds.longest < 0;
    if (seconds.unreadable) seconds.longest.reset();
    return seconds;
}

Seconds read_seconds_at(json::Node object, const Path& path) {
    for (const Path::Segment& segment : path.segments) {
        if (segment.wildcard) return path.segments.back().wildcard ? Seconds{} : read_seconds(object, path);
    }
    return read_plain_seconds(object, path);
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

}  // namespace

void read_lifetime(Workload& workload) {
    Lifetime& lifetime = workload.lifetime;
    const LifetimePaths& paths = workload.kind->lifetime;
    if (paths.deadline_seconds.has_value()) {
        lifetime.has_deadline_field = true;
        Seconds deadline = read_seconds_at(workload.object, *paths.deadline_seconds);
        if (deadline.unreadable) note_unreadable(lifetime, deadline.field, "not a whole number of seconds");
        if (deadline.longest.has_value()) bound(lifetime, *deadline.longest, paths.deadline_seconds->text);
        lifetime.deadline_field = std::move(deadline.field);
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
        Seconds ttl = read_seconds_at(workload.object, *paths.ttl_seconds_after_finished);
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
