// SPDX-License-Identifier: Apache-2.0
// Random objects and random changes: the rendered patch gives exactly the intended object, touches nothing
// else, and a second rendering has nothing left to do. The intention is computed on a model of its own.
#include "engine/base/json/document.hpp"
#include "engine/patch/apply.hpp"
#include "engine/patch/edit.hpp"
#include "engine/patch/pointer.hpp"
#include "tests/support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace tollgate;

namespace {

// A JSON value that can be changed. Removed elements stay as gaps, so that indices keep their meaning.
struct Model {
    enum class Kind : std::uint8_t { Gap, Scalar, Object, Array };
    Kind kind = Kind::Gap;
    std::string scalar;
    struct Member;
    std::vector<Member> members;
    std::vector<Model> elements;

    std::string text() const;
    bool has_content() const;
};

struct Model::Member {
    std::string key;
    Model value;
};

std::string Model::text() const {
    std::string out;
    if (kind == Kind::Scalar) return scalar;
    if (kind == Kind::Object) {
        for (const auto& [key, value] : members) {
            if (value.kind == Kind::Gap) continue;
            out += out.empty() ? "" : ",";
            json::append_json_string(out, key);
            out += ':' + value.text();
        }
        return '{' + out + '}';
    }
    for (const Model& element : elements) {
        if (element.kind == Kind::Gap) continue;
        out += (out.empty() ? "" : ",") + element.text();
    }
    return '[' + out + ']';
}

bool Model::has_content() const {
    for (const auto& [key, value] : members) {
        if (value.kind != Kind::Gap) return true;
    }
    for (const Model& element : elements) {
        if (element.kind != Kind::Gap) return true;
    }
    return false;
}

class Generator {
  public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }

    std::string key() {
        static const std::vector<std::string> kKeys = {"a", "b", "spec", "x/y", "~t", "", "0", "key \"q\""};
        return kKeys[below(kKeys.size())];
    }

    Model scalar() {
        static const std::vector<std::string> kScalars = {
            "1", "1.0", "1e0", "18446744073709551616", "true", "\"text\"", "\"\\ud800\"", "\"\"", "-0.5"};
        Model model;
        model.kind = Model::Kind::Scalar;
        model.scalar = kScalars[below(kScalars.size())];
        return model;
    }

    Model value(int depth) {
        const std::size_t choice = depth == 0 ? 0 : below(4);
        if (choice < 2) return scalar();
        Model model;
        model.kind = choice == 2 ? Model::Kind::Object : Model::Kind::Array;
        const std::size_t count = below(5);
        std::set<std::string> used;
        for (std::size_t i = 0; i < count; ++i) {
            if (choice == 3) {
                model.elements.push_back(value(depth - 1));
                continue;
            }
            const std::string name = key();
            if (used.insert(name).second) model.members.push_back({name, value(depth - 1)});
        }
        return model;
    }

    Model object() {
        Model model = value(3);
        while (model.kind != Model::Kind::Object) model = value(3);
        if (below(2) == 0) model.members.push_back({"named", named_list()});
        return model;
    }

  private:
    Model named_list() {
        Model list;
        list.kind = Model::Kind::Array;
        for (const char* name : {"\"main\"", "\"side\""}) {
            Model element;
            element.kind = Model::Kind::Object;
            Model text;
            text.kind = Model::Kind::Scalar;
            text.scalar = name;
            element.members = {{"name", text}, {"v", scalar()}};
            list.elements.push_back(element);
        }
        return list;
    }

    std::mt19937 random_;
};

struct Plan {
    std::vector<patch::Change> changes;
    std::set<std::string> touched;  // members of the root
    bool repeatable = true;         // no list changed its length
};

Model* find(Model& object, const std::string& key) {
    for (auto& [name, value] : object.members) {
        if (name == key) return &value;
    }
    return nullptr;
}

// Walks down from the root and changes what it arrives at, in the model and in the plan alike.
void add_change(Generator& generator, Model& root, Plan& plan) {
    std::vector<std::string> segments;
    Model* place = &root;
    bool in_list = false;
    for (;;) {
        if (place->kind == Model::Kind::Object) {
            segments.push_back(generator.key());
            Model* member = find(*place, segments.back());
            if (member == nullptr) {
                place->members.push_back({segments.back(), Model{}});
                member = &place->members.back().value;
            }
            place = member;
            in_list = false;
        } else {
            const std::size_t index = generator.below(place->elements.size() + 1);
            const bool appends = index == place->elements.size();
            if (appends) place->elements.emplace_back();
            segments.push_back(appends && generator.below(2) == 0 ? "-" : std::to_string(index));
            place = &place->elements[index];
            in_list = true;
        }
        const bool container = place->kind == Model::Kind::Object || place->kind == Model::Kind::Array;
        if (!container || generator.below(3) == 0) break;
    }
    const bool was_there = place->kind != Model::Kind::Gap;
    const bool was_container = place->has_content();
    Model wanted;
    if (was_there && generator.below(3) == 0) {
        if (in_list) plan.repeatable = false;
    } else {
        wanted = was_container ? *place : generator.value(2);
        if (in_list && !was_there) plan.repeatable = false;
    }
    patch::Change change;
    change.pointer = patch::build_pointer(segments);
    if (wanted.kind != Model::Kind::Gap) change.after_json = wanted.text();
    if (was_there) change.before_json = place->text();
    *place = wanted;
    plan.touched.insert(segments.front());
    plan.changes.push_back(std::move(change));
}

}  // namespace

TEST_CASE("the patch gives the intended object and nothing else") {
    std::size_t operations_seen = 0;
    std::size_t refused = 0;
    for (std::uint32_t seed = 1; seed <= 3'000; ++seed) {
        Generator generator(seed);
        Model model = generator.object();
        const std::string original_text = model.text();
        Plan plan;
        const std::size_t count = 1 + generator.below(5);
        for (std::size_t i = 0; i < count; ++i) add_change(generator, model, plan);

        const auto original = json::parse(original_text);
        const auto intended = json::parse(model.text());
        REQUIRE(original.has_value());
        REQUIRE(intended.has_value());
        std::string listed;
        for (const patch::Change& change : plan.changes) {
            listed += "\n  " + change.pointer + " = " + change.after_json.value_or("(removed)");
        }
        INFO("seed " << seed << ": " << original_text << listed);

        const auto operations = patch::to_operations(original->root(), plan.changes);
        if (!operations) {
            // The one refusal that these changes can meet: a list or object removed, then a scalar put there.
            INFO(operations.error().message);
            REQUIRE(operations.error().message.find("never replaced as a whole") != std::string::npos);
            ++refused;
            continue;
        }
        INFO("patch " << patch::to_json(*operations));
        const auto result = patch::apply(original->root(), *operations);
        REQUIRE(result.has_value());
        INFO("result " << json::to_json(result->root()));
        REQUIRE(json::equal(result->root(), intended->root()));
        operations_seen += operations->size();
        const auto over = patch::apply_over(original->root(), *operations);
        REQUIRE(over.has_value());
        REQUIRE(json::to_json(over->root()) == json::to_json(result->root()));

        for (const auto [key, value] : original->root().members()) {
            if (plan.touched.count(std::string(key)) > 0) continue;
            REQUIRE(json::to_json(result->root()[key]) == json::to_json(value));
        }
        if (!plan.repeatable) continue;
        const auto again = patch::to_operations(result->root(), plan.changes);
        REQUIRE(again.has_value());
        INFO("again " << patch::to_json(*again));
        REQUIRE(again->empty());
    }
    CHECK(operations_seen > 3'000);
    CHECK(refused < 100);
}
