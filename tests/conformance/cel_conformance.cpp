// SPDX-License-Identifier: Apache-2.0
// The CEL specification's tests and the Kubernetes libraries' own, as far as they apply to Kubernetes, where
// the data is there: TOLLGATE_CEL_DATA names it. Prints a table and every case that differs; exits with 77
// without the data.
//   cel_conformance [--costs] [PART OF A NAME]
#include "engine/base/json/document.hpp"
#include "engine/cel/authorizer.hpp"
#include "engine/cel/library/time_zone.hpp"
#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"
#include "tests/conformance/tagged_value.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace tollgate;
namespace fs = std::filesystem;

struct Tally {
    std::size_t total = 0, passed = 0, skipped = 0, costs = 0, right_costs = 0;
};

struct Outcome {
    std::optional<cel::Program> program;  // the value may view its constants
    cel::Value value;
    std::string text;  // the value, or "error: ..."
    std::uint64_t cost = 0;
    std::string type;
};

/// What is expected: an error, a text, or a value.
struct Wanted {
    std::string text = "error";
    std::optional<cel::Value> value;
    std::string_view cost;

    static Wanted of(const cel::Value& value, std::string_view cost) {
        return {cel::to_text(value), value, cost};
    }
};

std::string read_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

Result<std::string> read_zone(std::string_view name) {
    const fs::path path = fs::path("/usr/share/zoneinfo") / name;
    if (!fs::is_regular_file(path)) return fail("unknown time zone");
    return read_text(path);
}

Outcome evaluate(std::string_view expr, std::vector<cel::Variable> variables,
                 const std::vector<cel::Value>& values, cel::Environment::Options options,
                 cel::Arena& arena) {
    cel::Environment environment(std::move(variables), std::move(options));
    auto program = cel::compile(expr, environment);
    Outcome out;
    if (!program) {
        out.text = "error: " + program.error().front().message;
        return out;
    }
    out.program = std::move(*program);
    cel::FixedVariables fixed(values);
    cel::Evaluation evaluation{arena, fixed};
    out.value = out.program->run(evaluation);
    out.text = cel::to_text(out.value);
    out.cost = evaluation.cost;
    out.type = cel::to_string(out.program->type());
    return out;
}

class Runner {
  public:
    Runner(bool costs, std::string filter) : costs_(costs), filter_(std::move(filter)) {}

    void conformance(const fs::path& folder) {
        for (const fs::path& path : files(folder, true))
            each(path, "tests", [&](json::Node test) {
                if (test["kubernetes_env"].boolean())
                    one_conformance(path.parent_path().filename().string(), test);
            });
    }

    void kubernetes(const fs::path& folder) {
        for (const fs::path& path : files(folder, false)) {
            const std::string name = path.stem().string();
            if (name.starts_with("admission") || name == "signatures") continue;
            each(path, name == "probes" ? "probes" : "cases",
                 [&](json::Node test) { one_library(name, test); });
        }
    }

    int report() const {
        Tally all;
        std::printf("%-28s %6s %6s %6s %6s %13s\n", "set", "total", "passed", "failed", "skipped",
                    "costs equal");
        const auto line = [](const std::string& name, const Tally& t) {
            std::printf("%-28s %6zu %6zu %6zu %6zu %6zu/%6zu\n", name.c_str(), t.total, t.passed,
                        t.total - t.passed - t.skipped, t.skipped, t.right_costs, t.costs);
        };
        for (const auto& [name, tally] : tallies_) {
            line(name, tally);
            all.total += tally.total, all.passed += tally.passed, all.skipped += tally.skipped;
            all.costs += tally.costs, all.right_costs += tally.right_costs;
        }
        line("all", all);
        if (!skips_.empty()) std::printf("\nskipped:\n");
        for (const std::string& skip : skips_) std::printf("  %s\n", skip.c_str());
        return all.passed + all.skipped == all.total && all.right_costs == all.costs ? 0 : 1;
    }

  private:
    static std::vector<fs::path> files(const fs::path& folder, bool nested) {
        std::vector<fs::path> out;
        if (nested) {
            for (const auto& entry : fs::recursive_directory_iterator(folder))
                if (entry.path().extension() == ".json") out.push_back(entry.path());
        } else {
            for (const auto& entry : fs::directory_iterator(folder))
                if (entry.path().extension() == ".json") out.push_back(entry.path());
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    template <class Visit>
    void each(const fs::path& path, const char* list, Visit visit) {
        const std::string text = read_text(path);
        const auto document = json::parse(text);
        if (!document) {
            std::cerr << path << ": " << document.error().message << "\n";
            std::exit(2);
        }
        for (const json::Node test : document->root()[list].elements()) visit(test);
    }

    void one_conformance(const std::string& set, json::Node test) {
        cel::Arena arena;
        std::vector<cel::Variable> variables;
        std::vector<cel::Value> values;
        bool ours = true;
        for (const json::Node entry : test["type_env"].elements()) {
            const auto type =
                entry["function"].exists() ? std::nullopt : test::read_tagged_type(entry["type"]);
            ours = ours && type.has_value();
            if (type) variables.push_back({std::string(entry["ident"].string()), *type});
        }
        values.resize(variables.size());
        for (const auto [name, value] : test["bindings"].members()) {
            const auto at = std::find_if(variables.begin(), variables.end(),
                                         [&](const auto& v) { return v.name == name; });
            const cel::Value read = test::read_tagged(value, arena);
            if (at != variables.end()) {
                values[static_cast<std::size_t>(at - variables.begin())] = read;
            } else {
                variables.push_back({std::string(name), cel::dyn_type()});
                values.push_back(read);
            }
        }
        Tally& tally = tallies_["conformance/" + set];
        ++tally.total;
        if (!ours) {
            return skip(tally, set, "it declares functions of its own", test);
        }
        const cel::Environment::Options options{.container = std::string(test["container"].string()),
                                                .same_kind_literals = !test["check_only"].boolean(),
                                                .types = !test["disable_check"].boolean()};
        const Outcome got = evaluate(test["expr"].string(), variables, values, options, arena);
        const json::Node expected = test["expected"];
        if (test["check_only"].boolean()) {
            const auto type = test::read_tagged_type(expected["deduced_type"]);
            Outcome deduced;
            deduced.text = got.type;
            return judge(tally, test["id"].string(), test["expr"].string(), deduced,
                         {type ? cel::to_string(*type) : "?", {}, ""});
        }
        Wanted want{"error", {}, test["kubernetes"]["cost"].text()};
        if (expected["value"].exists())
            want = Wanted::of(test::read_tagged(expected["value"], arena), want.cost);
        if (expected["defaulted"].exists()) want.text = "true";
        judge(tally, test["id"].string(), test["expr"].string(), got, want);
    }

    void one_library(const std::string& set, json::Node test) {
        cel::Arena arena;
        std::vector<cel::Variable> variables;
        std::vector<cel::Value> values;
        const auto bind = [&](std::string_view name, json::Node value) {
            variables.push_back({std::string(name), cel::dyn_type()});
            values.push_back(test::read_tagged(value, arena));
        };
        for (const auto [name, value] : test["bindings"].members()) bind(name, value);
        if (test["self"].exists()) bind("self", test["self"]);
        if (test["old_self"].exists()) bind("oldSelf", test["old_self"]);
        if (set == "probes") bind_probe(variables, values, arena);
        json::Node want = test["kubernetes_untyped"].exists() ? test["kubernetes_untyped"] : test["expected"];
        Tally& tally = tallies_["kubernetes/" + set];
        ++tally.total;
        cel::Environment::Options options;
        options.mutating = test["expr"].string().find("jsonpatch.") != std::string_view::npos;
        const auto authorizer = cel::authorizer_variables();
        const auto authorizer_values = cel::authorizer_values();
        variables.insert(variables.end(), authorizer.begin(), authorizer.end());
        values.insert(values.end(), authorizer_values.begin(), authorizer_values.end());
        if (!want["value"].exists() && !want["error"].exists() && !want["compile_error"].exists() &&
            !want["eval_error"].exists()) {
            return skip(tally, set, "nothing is expected of it", test);
        }
        const Outcome got = evaluate(test["expr"].string(), variables, values, options, arena);
        const std::string_view cost = (want["cost"].exists() ? want : test)["cost"].text();
        // What asks the cluster is an error here; what it costs is the same.
        if (test["expr"].string().find(".check(") != std::string_view::npos) {
            judge_check(tally, test, got, cost);
            return;
        }
        judge(tally, test["id"].exists() ? test["id"].string() : std::string_view(set), test["expr"].string(),
              got,
              want["value"].exists() ? Wanted::of(test::read_tagged(want["value"], arena), cost)
                                     : Wanted{"error", {}, cost});
    }

    void skip(Tally& tally, const std::string& set, const std::string& reason, json::Node test) {
        ++tally.skipped;
        skips_.push_back(set + ": " + reason + ": " + std::string(test["expr"].string()));
    }

    void judge_check(Tally& tally, json::Node test, const Outcome& got, std::string_view cost) {
        const bool right = got.text.find("check() cannot be asked") != std::string::npos;
        const bool right_cost = std::to_string(got.cost) == cost;
        tally.passed += right ? 1U : 0U;
        ++tally.costs;
        tally.right_costs += right_cost ? 1U : 0U;
        if (!right || !right_cost)
            std::cout << "FAIL " << test["id"].string() << ": " << test["expr"].string() << "\n  got  "
                      << got.text << " at " << got.cost << ", not " << cost << "\n";
    }

    void bind_probe(std::vector<cel::Variable>& variables, std::vector<cel::Value>& values,
                    cel::Arena& arena) {
        if (!probes_) {
            probe_text_ =
                read_text(fs::path(std::getenv("TOLLGATE_CEL_DATA")) / "kubernetes" / "probes.json");
            auto document = json::parse(probe_text_);
            probes_ = std::make_unique<json::Document>(std::move(*document));
        }
        for (const auto [name, value] : probes_->root()["bindings"].members()) {
            variables.push_back({std::string(name), cel::dyn_type()});
            values.push_back(test::read_tagged(value, arena));
        }
    }

    void judge(Tally& tally, std::string_view id, std::string_view expr, const Outcome& got,
               const Wanted& want) {
        const bool shown = filter_.empty() || id.find(filter_) != std::string_view::npos;
        const bool is_error = got.text.starts_with("error");
        const bool right =
            want.text == "error"
                ? is_error
                : got.text == want.text && (!want.value.has_value() || test::same(got.value, *want.value));
        tally.passed += right ? 1U : 0U;
        if (!right && shown)
            std::cout << "FAIL " << id << ": " << expr << "\n  want " << want.text << "\n  got  " << got.text
                      << "\n";
        // Go goes over this map in any order, and stops at the first that fits.
        const bool by_chance = expr == "{'a': 1, 'b': 2}.exists(k, v, v == 2)";
        if (!right || want.cost.empty() || is_error || by_chance) return;
        ++tally.costs;
        if (std::to_string(got.cost) == want.cost)
            ++tally.right_costs;
        else if (costs_ && shown)
            std::cout << "COST " << id << ": " << expr << "\n  want " << want.cost << "\n  got  " << got.cost
                      << "\n";
    }

    bool costs_;
    std::string filter_, probe_text_;
    std::unique_ptr<json::Document> probes_;
    std::map<std::string, Tally> tallies_;
    std::vector<std::string> skips_;
};

}  // namespace

int main(int argc, char** argv) {
    const char* data = std::getenv("TOLLGATE_CEL_DATA");
    if (data == nullptr || !fs::exists(fs::path(data) / "conformance")) {
        std::cout << "cel_conformance: not run: TOLLGATE_CEL_DATA names no folder with the data\n";
        return 77;
    }
    bool costs = false;
    std::string filter;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--costs")
            costs = true;
        else
            filter = argv[i];
    }
    cel::set_zone_reader(read_zone);
    Runner runner(costs, filter);
    runner.conformance(fs::path(data) / "conformance");
    runner.kubernetes(fs::path(data) / "kubernetes");
    return runner.report();
}
