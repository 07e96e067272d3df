// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/edit.hpp"

#include "engine/base/json/document.hpp"
#include "engine/base/limits.hpp"
#include "engine/patch/draft.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>

namespace tollgate::patch {
namespace {

using Op = Operation::Op;

bool is_container(json::Node node) {
    return node.is_object() || node.is_array();
}

json::Document written(const Draft& draft) {
    json::Builder builder;
    write(builder, draft);
    return builder.finish();
}

// Writes the operations that turn what is there into what shall be.
class Difference {
  public:
    // Ends early once there are more operations than may be sent.
    bool good() const { return why_.empty() && operations_.size() <= limits::kMaxPatchOperations; }
    const std::string& why() const { return why_; }
    std::vector<Operation> take() { return std::move(operations_); }

    void emit(const std::string& path, json::Node now, const Draft& draft) {
        if (draft.is_void()) {
            if (now) operations_.push_back({Op::Remove, path, ""});
        } else if (draft.state == Draft::State::Value) {
            emit(path, now, draft.node);
        } else if (is_container(now) && draft.node.id() == now.id()) {
            if (draft.state == Draft::State::Object) {
                emit_members(path, now, draft);
            } else {
                emit_elements(path, now, draft);
            }
        } else {
            emit(path, now, written(draft).root());
        }
    }

  private:
    void emit(const std::string& path, json::Node now, json::Node wanted) {
        if (!good() || now.id() == wanted.id() || json::equal(now, wanted)) return;
        if (!now) {
            operations_.push_back({Op::Add, path, json::to_json(wanted)});
        } else if (now.is_object() && wanted.is_object()) {
            for (const auto [key, value] : now.members()) {
                if (!wanted[key]) operations_.push_back({Op::Remove, below(path, key), ""});
            }
            for (const auto [key, value] : wanted.members()) emit(below(path, key), now[key], value);
        } else if (now.is_array() && wanted.is_array()) {
            const std::size_t common = std::min(now.size(), wanted.size());
            for (std::size_t i = 0; i < common; ++i) {
                guarded(path, now, i, [&](const std::string& place) { emit(place, now[i], wanted[i]); });
            }
            for (std::size_t i = now.size(); i-- > common;) remove_element(path, now, i);
            for (std::size_t i = common; i < wanted.size(); ++i) append(path, wanted[i]);
        } else if (is_container(now) && now.size() > 0) {
            why_ = "cannot change " + path + ": " + (now.is_array() ? "a list" : "an object") +
                   " with content is never replaced as a whole";
        } else {
            operations_.push_back({Op::Replace, path, json::to_json(wanted)});
        }
    }

    void emit_members(const std::string& path, json::Node now, const Draft& draft) {
        for (const DraftChild& member : draft.children) {
            if (!good()) return;
            emit(below(path, member.segment), now[std::string_view(member.segment)], member.draft);
        }
    }

    // Changes inside elements come first, then removals from the end, then additions: each index is right
    // when used.
    void emit_elements(const std::string& path, json::Node now, const Draft& draft) {
        std::vector<std::size_t> removed;
        for (const DraftChild& element : draft.children) {
            if (!good()) return;
            if (element.draft.is_void()) {
                removed.push_back(element.index);
                continue;
            }
            guarded(path, now, element.index,
                    [&](const std::string& place) { emit(place, now[element.index], element.draft); });
        }
        std::sort(removed.rbegin(), removed.rend());
        for (const std::size_t index : removed) remove_element(path, now, index);
        for (const Draft& element : draft.appended) {
            if (good() && !element.is_void()) append(path, written(element).root());
        }
    }

    void remove_element(const std::string& path, json::Node list, std::size_t index) {
        guarded(path, list, index, [this](const std::string& place) {
            operations_.push_back({Op::Remove, place, ""});
        });
    }

    void append(const std::string& path, json::Node wanted) {
        operations_.push_back({Op::Add, path + "/-", json::to_json(wanted)});
    }

    // Runs `step` for one element and puts a test of the element's name before whatever operations it wrote.
    template <class Step>
    void guarded(const std::string& path, json::Node list, std::size_t index, Step step) {
        const std::string place = path + '/' + std::to_string(index);
        const auto first = static_cast<std::ptrdiff_t>(operations_.size());
        step(place);
        const json::Node name = list[index]["name"];
        if (!name.is_string() || operations_.size() == static_cast<std::size_t>(first)) return;
        operations_.insert(operations_.begin() + first, {Op::Test, place + "/name", json::to_json(name)});
    }

    static std::string below(const std::string& path, std::string_view segment) {
        return path + '/' + escape(segment);
    }

    std::vector<Operation> operations_;
    std::string why_;
};

}  // namespace

Result<std::vector<Operation>> to_operations(json::Node object, std::span<const Change> changes) {
    if (changes.size() > limits::kMaxPatchOperations * limits::kMaxRewriteRounds) {
        return fail("too many changes of one object (" + std::to_string(changes.size()) + ")");
    }
    std::deque<json::Document> values;
    Draft draft = draft_of(object);
    for (const Change& change : changes) {
        TOLLGATE_TRY(const std::vector<std::string> segments, parse_pointer(change.pointer));
        if (segments.empty())
            return fail("a change must name a place inside the object, not the whole object");
        json::Node value;
        if (change.after_json) {
            auto document = json::parse(*change.after_json);
            if (!document) {
                return fail("the new value of " + change.pointer +
                            " is not JSON: " + document.error().message);
            }
            value = values.emplace_back(std::move(*document)).root();
        }
        const Result<void> done = set(draft, segments, value);
        if (!done) return tl::unexpected(done.error());
    }
    Difference difference;
    difference.emit("", object, draft);
    if (!difference.why().empty()) return fail(difference.why());
    if (!difference.good()) {
        return fail("the change needs more than " + std::to_string(limits::kMaxPatchOperations) +
                    " patch operations");
    }
    return difference.take();
}

}  // namespace tollgate::patch
