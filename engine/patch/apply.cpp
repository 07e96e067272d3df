// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/apply.hpp"

#include "engine/base/limits.hpp"
#include "engine/patch/pointer.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::patch {
namespace {

struct NamedCell;

// A value in the making: as read, or opened because an operation reaches into it. An opened array holds all
// its elements; an opened object only what differs from `node`, so that huge objects cost nothing.
struct Cell {
    enum class State : std::uint8_t { AsRead, Object, Array };
    State state = State::AsRead;
    bool lasting = false;  // `node` outlives the result, which may share it
    json::Node node;
    std::vector<NamedCell> changed;  // members of an opened object, added ones in order
    std::vector<Cell> elements;      // of an opened array
};

struct NamedCell {
    std::string key;
    bool removed = false;
    Cell cell;
};

Cell as_read(json::Node node, bool lasting = false) {
    Cell cell;
    cell.lasting = lasting;
    cell.node = node;
    return cell;
}

// Turns a value as read into an opened one; scalars stay as they are.
void open(Cell& cell) {
    if (cell.state != Cell::State::AsRead) return;
    if (cell.node.is_object()) cell.state = Cell::State::Object;
    if (cell.node.is_array()) {
        cell.state = Cell::State::Array;
        cell.elements.reserve(cell.node.size());
        for (const json::Node element : cell.node.elements())
            cell.elements.push_back(as_read(element, cell.lasting));
    }
}

NamedCell* find_changed(Cell& object, std::string_view key) {
    const auto found = std::find_if(object.changed.begin(), object.changed.end(),
                                    [key](const NamedCell& member) { return member.key == key; });
    return found == object.changed.end() ? nullptr : &*found;
}

// The child to operate on, or null when there is none.
Cell* find_child(Cell& parent, const std::string& segment) {
    open(parent);
    if (parent.state == Cell::State::Array) {
        const std::optional<std::size_t> index = parse_index(segment);
        return index && *index < parent.elements.size() ? &parent.elements[*index] : nullptr;
    }
    if (parent.state != Cell::State::Object) return nullptr;
    if (NamedCell* member = find_changed(parent, segment)) return member->removed ? nullptr : &member->cell;
    const json::Node member = parent.node[std::string_view(segment)];
    if (!member) return nullptr;
    parent.changed.push_back({segment, false, as_read(member, parent.lasting)});
    return &parent.changed.back().cell;
}

void write(json::Builder& builder, Cell& cell) {
    const auto write_as_read = [&](json::Node node) {
        if (cell.lasting)
            builder.share(node);
        else
            builder.copy(node);
    };
    switch (cell.state) {
        case Cell::State::AsRead:
            write_as_read(cell.node);
            return;
        case Cell::State::Array:
            builder.begin_array();
            for (Cell& element : cell.elements) write(builder, element);
            builder.end_array();
            return;
        case Cell::State::Object:
            break;
    }
    builder.begin_object();
    for (const auto [key, value] : cell.node.members()) {
        NamedCell* member = find_changed(cell, key);
        if (member != nullptr && member->removed) continue;
        builder.key(key);
        if (member != nullptr) {
            write(builder, member->cell);
        } else {
            write_as_read(value);
        }
    }
    for (NamedCell& member : cell.changed) {
        if (member.removed || cell.node[std::string_view(member.key)]) continue;
        builder.key(member.key);
        write(builder, member.cell);
    }
    builder.end_object();
}

json::Document written(Cell& cell) {
    json::Builder builder;
    write(builder, cell);
    return builder.finish();
}

class Application {
  public:
    Application(json::Node object, bool lasting) : root_(as_read(object, lasting)) {}

    // "" or the reason why it cannot be done.
    std::string run(const Operation& operation) {
        const Result<std::vector<std::string>> segments = parse_pointer(operation.path);
        if (!segments) return segments.error().message;
        json::Node value;
        if (operation.op != Operation::Op::Remove) {
            auto document = json::parse(operation.value_json);
            if (!document) return "its value is not JSON: " + document.error().message;
            value = values_.emplace_back(std::move(*document)).root();
        }
        if (segments->empty()) return run_on_root(operation.op, value);
        Cell* parent = &root_;
        for (std::size_t i = 0; i + 1 < segments->size(); ++i) {
            parent = find_child(*parent, (*segments)[i]);
            if (parent == nullptr) {
                return "there is no " + build_pointer(std::span(*segments).first(i + 1));
            }
        }
        return run_below(operation.op, *parent, segments->back(), value);
    }

    json::Document result() { return written(root_); }

  private:
    std::string run_on_root(Operation::Op op, json::Node value) {
        if (op == Operation::Op::Remove) return "the whole document cannot be removed";
        if (op == Operation::Op::Test) return test(root_, value);
        root_ = as_read(value);
        return {};
    }

    std::string run_below(Operation::Op op, Cell& parent, const std::string& segment, json::Node value) {
        if (op == Operation::Op::Add) return add(parent, segment, value);
        Cell* target = find_child(parent, segment);
        if (target == nullptr) return "there is nothing at that place";
        if (op == Operation::Op::Test) return test(*target, value);
        if (op == Operation::Op::Replace) {
            *target = as_read(value);
        } else if (parent.state == Cell::State::Array) {
            parent.elements.erase(parent.elements.begin() + (target - parent.elements.data()));
        } else {
            NamedCell* member = find_changed(parent, segment);
            if (parent.node[std::string_view(segment)]) {
                member->removed = true;
            } else {
                parent.changed.erase(parent.changed.begin() + (member - parent.changed.data()));
            }
        }
        return {};
    }

    static std::string add(Cell& parent, const std::string& segment, json::Node value) {
        open(parent);
        if (parent.state == Cell::State::Array) {
            const std::size_t size = parent.elements.size();
            const std::optional<std::size_t> index = segment == "-" ? size : parse_index(segment);
            if (!index) return "'" + segment + "' is not an index of the list";
            if (*index > size) return "the list has only " + std::to_string(size) + " elements";
            parent.elements.insert(parent.elements.begin() + static_cast<std::ptrdiff_t>(*index),
                                   as_read(value));
            return {};
        }
        if (parent.state != Cell::State::Object) return "its parent is neither an object nor a list";
        if (NamedCell* member = find_changed(parent, segment)) {
            member->removed = false;
            member->cell = as_read(value);
        } else {
            parent.changed.push_back({segment, false, as_read(value)});
        }
        return {};
    }

    static std::string test(Cell& target, json::Node value) {
        const bool same = target.state == Cell::State::AsRead ? json::equal(target.node, value)
                                                              : json::equal(written(target).root(), value);
        return same ? "" : "the value there is not the expected one";
    }

    Cell root_;
    std::deque<json::Document> values_;
};

Result<json::Document> run(Application application, std::span<const Operation> operations) {
    if (operations.size() > limits::kMaxPatchOperations) {
        return fail("the patch has more than " + std::to_string(limits::kMaxPatchOperations) + " operations");
    }
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const std::string why = application.run(operations[i]);
        if (why.empty()) continue;
        return fail("patch operation " + std::to_string(i) + " (" + std::string(to_string(operations[i].op)) +
                    " " + operations[i].path + "): " + why);
    }
    return application.result();
}

}  // namespace

Result<json::Document> apply(json::Node object, std::span<const Operation> operations) {
    return run(Application(object, false), operations);
}

Result<json::Document> apply_over(json::Node object, std::span<const Operation> operations) {
    return run(Application(object, true), operations);
}

}  // namespace tollgate::patch
