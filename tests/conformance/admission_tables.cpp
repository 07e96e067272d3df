// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/admission_tables.hpp"

#include "engine/base/json/document.hpp"
#include "engine/cel/text.hpp"
#include "engine/vap/activation.hpp"
#include "engine/vap/environment.hpp"
#include "tests/conformance/tagged_value.hpp"

#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::test {
namespace {

using vap::Use;

class NoWorld final : public vap::World {
  public:
    json::Node find_namespace(std::string_view) const override { return {}; }
    std::vector<json::Node> find_objects(std::string_view, std::string_view) const override { return {}; }
};

json::Node present(json::Node node) {
    return node.is_null() ? json::Node() : node;
}

vap::Input input_of(json::Node row) {
    vap::Input input;
    const json::Node request = row["request"];
    const json::Node kind = request["kind"], resource = request["resource"];
    input.kind = {kind["group"].string(), kind["version"].string(), kind["kind"].string()};
    input.resource = {resource["group"].string(), resource["version"].string(),
                      resource["resource"].string()};
    input.name = request["name"].string();
    input.ns = request["namespace"].string();
    input.object = present(row["object"]);
    input.old_object = present(row["oldObject"]);
    if (request["operation"].string() == "DELETE") input.operation = vap::Operation::Delete;
    return input;
}

bool same(const cel::Value& a, const cel::Value& b) {
    cel::Meter meter;
    return cel::equal(a, b, meter);
}

class Table {
  public:
    Table(std::string name, Tally& tally) : name_(std::move(name)), tally_(tally) {}

    void row(json::Node row) {
        if (row["authorizer"].is_object()) return skip(row, "it asks an authorizer");
        if (name_ == "compile") return compile_row(row);
        ++tally_.total;
        const std::string problem = name_ == "composition" ? composition(row) : conditions(row);
        report(row, problem);
    }

  private:
    void skip(json::Node row, std::string_view why) {
        ++tally_.total, ++tally_.skipped;
        std::cout << "SKIP " << name_ << ": " << row["name"].string() << ": " << why << "\n";
    }
    void report(json::Node row, const std::string& problem) {
        if (problem.empty())
            ++tally_.passed;
        else
            std::cout << "FAIL " << name_ << ": " << row["name"].string() << ": " << problem << "\n";
    }

    void compile_row(json::Node row) {
        const Use use = row["has_authorizer"].boolean() ? Use::Expression : Use::Message;
        const auto one = [&](std::string_view source, bool wanted) {
            ++tally_.total;
            const bool compiles =
                cel::compile(source, vap::make_environment(use, row["has_params"].boolean(), {})).has_value();
            report(row, compiles == wanted ? "" : (wanted ? "refused: " : "taken: ") + std::string(source));
        };
        for (const json::Node each : row["compiles"].elements()) one(each.string(), true);
        for (const auto [source, error] : row["errors"].members()) one(source, false);
    }

    static std::optional<vap::Expression> compiled(json::Node row, std::string_view source,
                                                   std::span<const vap::VariableType> variables) {
        const bool has_params = row["has_param_kind"].boolean();
        const cel::Environment usual = vap::make_environment(Use::Expression, has_params, variables);
        cel::Environment::Options options;
        const json::Node version = row["compatibility_version"];  // "v127"
        if (version.is_string())
            options.kubernetes_minor =
                static_cast<std::uint32_t>(std::stoul(std::string(version.string().substr(2))));
        const cel::Environment environment({usual.variables().begin(), usual.variables().end()}, options);
        auto program = cel::compile(source, environment);
        if (!program) return std::nullopt;
        return vap::Expression{std::string(source), std::move(*program)};
    }

    /// Each expression in turn, what it gives and what is left of the budget.
    static std::string conditions(json::Node row) {
        const vap::Input input = input_of(row);
        const NoWorld world;
        const vap::Policy policy;
        vap::Activation activation(input, world, nullptr);
        activation.begin(policy, present(row["params"]));
        std::uint64_t left = static_cast<std::uint64_t>(row["budget"].integer().value_or(10'000'000));
        bool exceeded = false;
        for (std::size_t i = 0; i < row["expressions"].size() && !exceeded; ++i) {
            const json::Node want = row["results"][i];
            const auto expression = compiled(row, row["expressions"][i].string(), {});
            if (!expression) {
                if (!want["error_contains"].exists()) return "it does not compile";
                continue;
            }
            const auto got = activation.run(*expression);
            exceeded = got.cost > left;
            left -= exceeded ? 0 : got.cost;
            if (want["error_contains"].exists() != got.value.is_error() && want.exists())
                return "got " + cel::to_text(got.value);
            cel::Arena arena;
            if (want["value"].exists() && !same(read_tagged(want["value"], arena), got.value))
                return "want " + json::to_json(want["value"]) + ", got " + cel::to_text(got.value);
        }
        if (row["exceed_budget"].boolean() != exceeded)
            return exceeded ? "out of budget" : "within the budget";
        const json::Node remaining = row["remaining_budget"];
        if (remaining.exists() && remaining.text() != std::to_string(left))
            return "want " + std::string(remaining.text()) + " left of the budget, got " +
                   std::to_string(left);
        return "";
    }

    static std::string composition(json::Node row) {
        const vap::Input input = input_of(row);
        const NoWorld world;
        vap::Policy policy;
        std::vector<vap::VariableType> types;
        const bool error_wanted = row["expect_error"].boolean();
        for (const json::Node each : row["variables"].elements()) {
            auto expression = compiled(row, each["expression"].string(), types);
            if (!expression) return error_wanted ? "" : "a variable does not compile";
            types.push_back({std::string(each["name"].string()), expression->program.type()});
            policy.variables.push_back({types.back().name, std::move(*expression)});
        }
        const auto expression = compiled(row, row["expression"].string(), types);
        if (!expression) return error_wanted ? "" : "it does not compile";
        vap::Activation activation(input, world, nullptr);
        activation.begin(policy, {});
        const auto got = activation.run(*expression);
        const auto budget = static_cast<std::uint64_t>(row["budget"].integer().value_or(10'000'000));
        if (got.value.is_error() || got.cost > budget)
            return error_wanted ? "" : "got " + cel::to_text(got.value) + " at " + std::to_string(got.cost);
        if (error_wanted) return "want an error, got " + cel::to_text(got.value);
        cel::Arena arena;
        const bool right = same(read_tagged(row["expected"], arena), got.value);
        return right ? "" : "got " + cel::to_text(got.value);
    }

    std::string name_;
    Tally& tally_;
};

}  // namespace

void run_admission_table(json::Node root, Tallies& tallies) {
    const std::string kind(root["kind"].string());
    Tally& tally = tallies["kubernetes/" + kind];
    if (kind == "json_patch" || kind == "apply_configuration" || kind == "mutation_type") {
        tally.total = tally.skipped = root["cases"].size();
        std::cout << "SKIP " << kind << ": " << root["cases"].size()
                  << " rows: policies that patch are not evaluated\n";
        return;
    }
    Table table(kind, tally);
    for (const json::Node row : root["cases"].elements()) table.row(row);
}

}  // namespace tollgate::test
