// SPDX-License-Identifier: Apache-2.0
// A second apply of a rewritten Pod's own manifest. kubectl merges: it puts the original resource back beside
// the one that took its place, and resets selectors; server-side apply drops what Tollgate wrote. Both would
// be refused as a change of immutable fields. Where putting back what the old Pod has, at places that are
// Tollgate's to write, gives exactly the old spec, that is what is sent; anything else is left for the API
// server to judge. Of what `place` wrote (tollgate.dev/placed names it) only what is gone is put back:
// another queue is its author's. Tolerations may be added to a Pod that runs, and last for another time: that
// is kept.
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"
#include "engine/patch/allow.hpp"
#include "engine/patch/apply.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>

namespace tollgate::decide {

namespace {

using Change = patch::Operation;

constexpr std::string_view kRewritten = "tollgate.dev/rewritten";
constexpr std::string_view kPlaced = "tollgate.dev/placed";
constexpr std::string_view kDefaultScheduler = "default-scheduler";  // what the API server makes of none

bool names_accelerator(std::string_view resource) {
    return gpu::classify_resource(resource).is_accelerator();
}

/// "from 1 nvidia.com/gpu on h100 to 1 nvidia.com/mig-1g.10gb on a100-mig by small/fits", as substitute()
/// writes it.
struct Note {
    std::int64_t from_count = 0, to_count = 0;
    std::string_view from_resource, to_resource;
};

bool read_count(std::string_view text, std::int64_t& count) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    return error == std::errc() && end == text.data() + text.size();
}

std::optional<Note> read_note(std::string_view text) {
    const std::vector<std::string_view> words = split(text, ' ');
    const auto to = std::find(words.begin(), words.end(), "to");
    if (words.size() < 4 || words[0] != "from" || words.end() - to < 3) return std::nullopt;
    Note note;
    if (!read_count(words[1], note.from_count) || !read_count(*(to + 1), note.to_count)) return std::nullopt;
    note.from_resource = words[2];
    note.to_resource = *(to + 2);
    return note;
}

/// The Pod may only ask again for what it was rewritten from, or for what it has; another count is a real
/// change.
bool asks_as_before(const workload::Pod& pod, const Note& note) {
    return std::all_of(pod.totals.begin(), pod.totals.end(), [&](const workload::PodDemand& total) {
        return total.known && ((total.resource == note.to_resource && total.count == note.to_count) ||
                               (total.resource == note.from_resource && total.count == note.from_count));
    });
}

struct Draft {
    std::vector<Change> operations;
    bool ours = true;  // every place is Tollgate's to write

    void member(const std::string& parent, std::string_view key, json::Node now, json::Node before) {
        if (json::equal(now, before) && now.exists() == before.exists()) return;
        std::string path = parent + "/" + patch::escape(key);
        ours = ours && patch::is_allowed(path, names_accelerator);
        push(std::move(path), now, before);
    }

    /// Members of two objects that `relevant` names; an object that is gone is put back whole, if all of it
    /// is ours.
    template <class Relevant>
    void members(const std::string& parent, std::string_view name, json::Node now, json::Node before,
                 Relevant relevant) {
        if (!now.exists() && !before.exists()) return;
        const std::string path = parent + "/" + patch::escape(name);
        if (!now.is_object() || !before.is_object()) {
            for (auto [key, value] : (now.is_object() ? now : before).members()) ours = ours && relevant(key);
            push(path, now, before);
            return;
        }
        for (auto [key, value] : now.members())
            if (relevant(key)) member(path, key, value, before[key]);
        for (auto [key, value] : before.members())
            if (relevant(key) && !now[key].exists()) member(path, key, {}, value);
    }

    void push(std::string path, json::Node now, json::Node before) {
        if (!before.exists())
            operations.push_back({Change::Op::Remove, std::move(path), ""});
        else
            operations.push_back({now.exists() ? Change::Op::Replace : Change::Op::Add, std::move(path),
                                  json::to_json(before)});
    }
};

void restore_resources(Draft& draft, const std::string& parent, json::Node now, json::Node before) {
    for (const char* list : {"limits", "requests"})
        if (now[list].is_object() || before[list].is_object())
            draft.members(parent, list, now[list], before[list], names_accelerator);
}

void restore_containers(Draft& draft, std::string_view list, json::Node now, json::Node before) {
    for (std::size_t i = 0; i < std::min(now.size(), before.size()); ++i)
        restore_resources(draft, "/spec/" + std::string(list) + "/" + std::to_string(i) + "/resources",
                          now[i]["resources"], before[i]["resources"]);
}

/// What makes two tolerations the same to the API server: for how long is free to change.
using TolerationKey = std::array<std::string_view, 4>;

TolerationKey key_of(json::Node toleration) {
    return {toleration["key"].string(), toleration["operator"].string(), toleration["value"].string(),
            toleration["effect"].string()};
}

std::map<TolerationKey, json::Node> by_key(json::Node tolerations) {
    std::map<TolerationKey, json::Node> all;
    for (const json::Node each : tolerations.elements()) all.emplace(key_of(each), each);
    return all;
}

/// Where one of the old is gone: the old in their order, as they are sent now, then what was added.
void restore_tolerations(Draft& draft, json::Node now, json::Node before) {
    const std::map<TolerationKey, json::Node> sent = by_key(now), old = by_key(before);
    if (std::all_of(old.begin(), old.end(), [&](const auto& each) { return sent.contains(each.first); }))
        return;
    json::Builder builder;
    builder.begin_array();
    for (const json::Node each : before.elements()) {
        const auto kept = sent.find(key_of(each));
        builder.copy(kept != sent.end() ? kept->second : each);
    }
    for (const json::Node each : now.elements())
        if (!old.contains(key_of(each))) builder.copy(each);
    builder.end_array();
    draft.operations.push_back({now.exists() ? Change::Op::Replace : Change::Op::Add, "/spec/tolerations",
                                json::to_json(builder.finish().root())});
}

/// Does it give the old spec, tolerations left aside?
bool gives_old_spec(json::Node now, json::Node before, std::vector<Change> operations) {
    const Change aside{Change::Op::Add, "/spec/tolerations", "[]"};
    operations.push_back(aside);
    const Result<json::Document> result = patch::apply(now, operations);
    const Result<json::Document> wanted = patch::apply(before, std::vector<Change>{aside});
    return result.has_value() && wanted.has_value() &&
           json::equal(result->root()["spec"], wanted->root()["spec"]);
}

/// A map of the metadata: members of the old one that `ours` names and that are gone.
template <class Ours>
void restore_missing(Draft& draft, const std::string& map, json::Node now, json::Node before, Ours ours) {
    std::vector<std::string_view> gone;
    for (auto [key, value] : before.members())
        if (ours(key) && !now[key].exists()) gone.push_back(key);
    if (gone.empty()) return;
    if (now.is_object()) {
        for (const std::string_view key : gone) draft.push(map + "/" + patch::escape(key), {}, before[key]);
        return;
    }
    json::Builder builder;
    builder.begin_object();
    for (const std::string_view key : gone) {
        builder.key(key);
        builder.copy(before[key]);
    }
    builder.end_object();
    draft.operations.push_back({Change::Op::Add, map, json::to_json(builder.finish().root())});
}

/// Our own are put back, and what `place` wrote where it is gone; the user's are the user's.
template <class Placed>
void restore_annotations(Draft& draft, json::Node now, json::Node before, Placed placed) {
    const auto own = [](std::string_view key) { return key.substr(0, 13) == "tollgate.dev/"; };
    if (!now.is_object()) {
        restore_missing(draft, "/metadata/annotations", now, before,
                        [&](std::string_view key) { return own(key) || placed(key); });
        return;
    }
    draft.members("/metadata", "annotations", now, before, own);
    restore_missing(draft, "/metadata/annotations", now, before, placed);
}

}  // namespace

namespace {

/// What rightSize, replace and Spot wrote. False where this is no second apply of that.
bool restore_device(Draft& draft, const State& received, json::Node spec, json::Node old_spec,
                    json::Node old_annotations) {
    const json::Node text = old_annotations[kRewritten];
    if (!text.exists()) return true;
    const std::optional<Note> note = read_note(text.string());
    if (!note.has_value() || received.workload.pods.size() != 1 ||
        !asks_as_before(received.workload.pods[0], *note))
        return false;
    restore_containers(draft, "containers", spec["containers"], old_spec["containers"]);
    restore_containers(draft, "initContainers", spec["initContainers"], old_spec["initContainers"]);
    restore_resources(draft, "/spec/resources", spec["resources"], old_spec["resources"]);
    const auto any = [](std::string_view) { return true; };
    draft.members("/spec", "nodeSelector", spec["nodeSelector"], old_spec["nodeSelector"], any);
    draft.members("/spec/affinity", "nodeAffinity", spec["affinity"]["nodeAffinity"],
                  old_spec["affinity"]["nodeAffinity"], any);
    restore_tolerations(draft, spec["tolerations"], old_spec["tolerations"]);
    return true;
}

/// Pointers that our note names, of those that are Tollgate's to write.
std::vector<std::string> placed_pointers(json::Node note) {
    std::vector<std::string> pointers;
    for (rules::Placed& placed : rules::read_placed(note.string()))
        for (std::string& pointer : placed.pointers)
            if (patch::is_allowed(pointer, names_accelerator)) pointers.push_back(std::move(pointer));
    return pointers;
}

}  // namespace

std::vector<patch::Operation> restore_rewritten(const Review& review, const State& received) {
    const json::Node now = review.request.object, before = review.request.old_object;
    const json::Node metadata = now["metadata"], old_metadata = before["metadata"];
    const json::Node spec = now["spec"], old_spec = before["spec"];
    const std::vector<std::string> placed = placed_pointers(old_metadata["annotations"][kPlaced]);
    if (placed.empty() && !old_metadata["annotations"][kRewritten].exists()) return {};
    const auto is_placed = [&](const std::string& pointer) {
        return std::find(placed.begin(), placed.end(), pointer) != placed.end();
    };
    Draft draft;
    if (!restore_device(draft, received, spec, old_spec, old_metadata["annotations"])) return {};
    const std::string_view scheduler = spec["schedulerName"].string();
    if (is_placed("/spec/schedulerName") && (scheduler.empty() || scheduler == kDefaultScheduler))
        draft.member("/spec", "schedulerName", spec["schedulerName"], old_spec["schedulerName"]);
    restore_missing(
        draft, "/metadata/labels", metadata["labels"], old_metadata["labels"],
        [&](std::string_view key) { return is_placed("/metadata/labels/" + patch::escape(key)); });
    const auto restores_annotation = [&](std::string_view key) {
        return is_placed("/metadata/annotations/" + patch::escape(key));
    };
    const bool gone = std::any_of(placed.begin(), placed.end(), [&](const std::string& pointer) {
        return pointer.starts_with("/metadata/annotations/") && patch::resolve(before, pointer).exists() &&
               !patch::resolve(now, pointer).exists();
    });
    if (draft.operations.empty() && !gone) return {};  // nothing of ours was undone
    restore_annotations(draft, metadata["annotations"], old_metadata["annotations"], restores_annotation);
    if (!draft.ours || !gives_old_spec(now, before, draft.operations)) return {};
    return draft.operations;
}

}  // namespace tollgate::decide
