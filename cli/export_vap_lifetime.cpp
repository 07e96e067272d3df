// SPDX-License-Identifier: Apache-2.0
// lifetime: how long an object may run and stay (engine/rules/lifetime.cpp, engine/workload/lifetime.cpp) in
// expressions. Seconds; -1 for none, -2 for what cannot be read, -3 where the kind has no such field, -4 for
// what Tollgate can read and CEL cannot.
#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "engine/base/quantity.hpp"

#include <algorithm>

namespace tollgate::cli {
namespace {

using workload::KindSpec;
using workload::Path;

constexpr std::string_view kLifetimeKey = "tollgate.dev/lifetime";

/// The longest over all places; none where one of them has none.
constexpr std::string_view kLongest =
    "l.exists(x, x == -2) ? -2 : l.size() == 0 || l.exists(x, x == -1) ? -1 : l.max()";

std::string seconds(const std::string& value) {
    return "[" + value + "].map(v, v == null ? -1 : type(v) == int && v >= 0 ? int(v) : -2)[0]";
}

/// The values at a path that may have wildcards: a list of seconds.
std::string seconds_at(const Path& path, std::size_t from, std::string place, std::size_t keys) {
    for (std::size_t i = from; i < path.segments.size(); ++i) {
        const Path::Segment& segment = path.segments[i];
        if (!segment.wildcard) {
            const bool last = i + 1 == path.segments.size();
            if (last && keys > 0)
                return "[" + place + ".orValue(dyn(null))].filter(t, type(t) == map).map(t, " +
                       seconds("t" + cel_select(segment.key) + ".orValue(dyn(null))") + ")";
            place += cel_select(segment.key);
            continue;
        }
        const std::string n = std::to_string(keys);
        return cel_map_at(place) + ".transformList(k" + n + ", e" + n + ", " +
               seconds_at(path, i + 1, "optional.of(e" + n + ")", keys + 1) + ").flatten()";
    }
    return "[" + seconds(place + ".orValue(dyn(null))") + "]";
}

std::string field_seconds(const Path& path) {
    if (path.segments.back().wildcard) return "-1";
    return with_name(seconds_at(path, 0, "o", 0), "l", std::string(kLongest));
}

/// The annotation as seconds, rounded up: Go's durations, and whole days before them. What else Tollgate
/// reads
/// ("1.5d") is an evaluation error.
std::string annotation_seconds() {
    const std::string key = "[?" + cel_string(kLifetimeKey) + "]";
    const std::string places = "variables.specs[i].map(p, " + cel_map_at("p.metadata.?annotations") + key +
                               ").filter(a, a.hasValue()) + [o.?metadata.?annotations" + key + "]";
    const std::string days = "a.find('^[0-9]{1,6}d')";
    const std::string rest = "a.substring(" + days + ".size())";
    const std::string total = "(" + days + " == '' ? 0 : 86400 * int(" + days +
                              ".replace('d', ''))) +\n    (" + rest + " == '' ? 0 : (duration(" + rest +
                              ") + duration('999ms')).getSeconds())";
    return with_name("string((" + places + ")[0].orValue(dyn('')))", "a",
                     "\n    !(" + places +
                         ")[0].hasValue() ? -1 :\n    a.matches('^([0-9]{1,6}d)?([0-9]+([.][0-9]+)?"
                         "(ns|us|ms|s|m|h))*$') && a != '' ?\n    [" +
                         total +
                         "].map(s, s > 0 ? s : -2)[0] :\n    "
                         "a.matches('^[+]?([0-9.]+[a-z\xC2\xB5\xCE\xBC]+)+$') ? -4 : -2");
}

/// What Kueue ends its workloads after; -1 where it does not.
std::string kueue_seconds() {
    const std::string labels = cel_map_at("o.?metadata.?labels");
    const std::string queue = "'kueue.x-k8s.io/queue-name'";
    const std::string managed =
        labels + "[?" + queue + "].orValue('') != '' ||\n    variables.specs[i].exists(p, [" +
        cel_map_at("p.metadata.?labels") +
        "].exists(l,\n      l.exists(k, k.startsWith('kueue.x-k8s.io/') && (k != " + queue +
        " || l[k] != ''))))";
    return "[" + labels +
           "[?'kueue.x-k8s.io/max-exec-time-seconds'].orValue(dyn(null))].map(v, v == null || !(" + managed +
           ") ? -1 :\n    string(v).matches('^0*[1-9][0-9]{0,17}$') ? int(string(v)) : -2)[0]";
}

std::string is_unreadable(const std::string& deadlines, const std::string& ttls, std::string_view index) {
    return "(" + deadlines + std::string(index) + " == -2 || " + ttls + std::string(index) + " == -2)";
}

/// What both checks have in common: objects that ask for nothing or that their controller makes pass; what
/// cannot be read never does.
std::string guarded(Draft& draft, const std::string& check) {
    const std::string asking = draft.use(Part::Asking);
    const std::string deadlines = draft.use(Part::Deadlines), ttls = draft.use(Part::Ttls);
    const std::string controlled =
        draft.policy().deny_controlled_pods ? draft.use(Part::Controlled) + " || " : "";
    return controlled + asking + "[0].size() == 0 ||\n!" + is_unreadable(deadlines, ttls, "[0]") + " && (\n" +
           check + ")";
}

/// `test` of an old object that had a finding of its own: it asked, and could be read.
std::string and_was_judged(Draft& draft, const std::string& test) {
    const std::string asking = draft.use(Part::Asking);
    const std::string unreadable = is_unreadable(draft.use(Part::Deadlines), draft.use(Part::Ttls), "[1]");
    return draft.and_before(asking + "[1].size() > 0 && !" + unreadable + " && " + test);
}

/// Seconds of two objects: within `most`, or too long before as well and no longer now.
std::string within(Draft& draft, const std::string& list, const std::string& most) {
    const std::string now = list + "[0]", then = list + "[1]";
    return now + " >= 0 && (" + now + " <= " + most + " || " +
           and_was_judged(draft, then + " > " + most + " && " + now + " <= " + then) + ")";
}

void deadline(Draft& draft, const rules::Rule& rule, std::int64_t most) {
    const std::string deadlines = draft.use(Part::Deadlines), all = draft.use(Part::InAll);
    const std::string now = deadlines + "[0]", then = deadlines + "[1]";
    const std::string check =
        within(draft, deadlines, std::to_string(most)) + " ||\n" + now + " == -1 && " +
        and_was_judged(draft, then + " == -1 && " + all + "[0] <= " + all + "[1]") + " ||\n" + now +
        " == -4 && " + cannot_tell("a lifetime written so cannot be read here; write it as 6h, 90m or 2d");
    draft.validate(rule, guarded(draft, check),
                   "must end within " + format_duration(most) +
                       "; set its deadline, or where its kind has none the annotation " +
                       std::string(kLifetimeKey) + ".");
}

void time_to_live(Draft& draft, const rules::Rule& rule, std::int64_t most) {
    const std::string ttls = draft.use(Part::Ttls);
    const std::string now = ttls + "[0]", then = ttls + "[1]";
    const std::string check = now + " == -3 || " + within(draft, ttls, std::to_string(most)) + " ||\n" + now +
                              " == -1 && " + and_was_judged(draft, then + " == -1");
    draft.validate(rule, guarded(draft, check),
                   "must go within " + format_duration(most) +
                       " after it has finished; set ttlSecondsAfterFinished to " + std::to_string(most) +
                       " or less.");
}

}  // namespace

std::string deadlines_variable(const Kinds& kinds) {
    const std::string own = by_kind(kinds, annotation_seconds(), [](const KindSpec& kind) {
        const std::optional<Path>& path = kind.lifetime.deadline_seconds;
        return path.has_value() ? field_seconds(*path) : annotation_seconds();
    });
    return "[object, oldObject].transformList(i, o, o == null ? -1 :\n" +
           with_name("[" + own + ",\n  " + kueue_seconds() + "]", "l",
                     "l.exists(x, x == -2) ? -2 : l.exists(x, x == -4) ? -4 : l.exists(x, x >= 0) ? "
                     "l.filter(x, x >= 0).min() : -1") +
           ")";
}

std::string ttls_variable(const Kinds& kinds) {
    return "[object, oldObject].map(o, o == null ? -1 :\n" +
           by_kind(kinds, "-3",
                   [](const KindSpec& kind) {
                       const std::optional<Path>& path = kind.lifetime.ttl_seconds_after_finished;
                       return path.has_value() ? field_seconds(*path) : std::string("-3");
                   }) +
           ")";
}

void export_lifetime(Draft& draft, const rules::Rule& rule, const rules::LifetimeRule& lifetime) {
    constexpr std::string_view kWrites =
        "it is written into objects, and a ValidatingAdmissionPolicy changes nothing";
    if (lifetime.default_seconds)
        draft.leave_out(rule, "lifetime.max and default", std::string(kWrites));
    else if (lifetime.max_seconds)
        deadline(draft, rule, *lifetime.max_seconds);
    if (lifetime.sessions_max_seconds)
        draft.leave_out(rule, "lifetime.sessions", "whether somebody works in it needs command lines");
    if (lifetime.ttl_default_seconds)
        draft.leave_out(rule, "lifetime.ttlAfterFinished", std::string(kWrites));
    else if (lifetime.ttl_max_seconds)
        time_to_live(draft, rule, *lifetime.ttl_max_seconds);
}

}  // namespace tollgate::cli
