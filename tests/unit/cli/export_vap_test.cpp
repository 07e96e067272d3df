// SPDX-License-Identifier: Apache-2.0
// What is written and what is left out; that the verdicts are the same is tests/conformance/vap_export's
// part.
#include "cli/export_vap.hpp"

#include "cli/cel_text.hpp"
#include "engine/base/text.hpp"
#include "engine/cel/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>
#include <string>

using namespace tollgate;

namespace {

std::string policy(const std::string& spec) {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n" + spec +
           "\n";
}

const std::string kRule = "  rules: [{name: r, limits: {gpusPerPod: 1}}]";

bool is_true(const std::string& expression) {
    const cel::Environment environment({});
    const auto program = cel::compile(expression, environment);
    INFO(expression);
    REQUIRE(program.has_value());
    cel::Arena arena;
    cel::FixedVariables variables({});
    cel::Evaluation evaluation{arena, variables};
    return program->run(evaluation).is_true();
}

std::vector<std::string> names(const std::vector<cli::VapCondition>& list) {
    std::vector<std::string> out;
    for (const cli::VapCondition& each : list) out.push_back(each.name);
    return out;
}

const cli::VapCondition* find(const std::vector<cli::VapCondition>& list, std::string_view name) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
    return found == list.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("cel text: a literal is the text it was made of") {
    for (const std::string text :
         {"plain", "it's", "back\\slash", "two\nlines", "\x01\x7F", "caf\xC3\xA9", ""}) {
        INFO(text);
        CHECK(is_true(cli::cel_string(text) + ".size() == " + std::to_string(cel::code_points(text))));
    }
    CHECK(cli::cel_string("it's") == "'it\\'s'");
}

TEST_CASE("cel text: globs say what they say elsewhere") {
    for (const std::string glob : {"team-*", "te?t", "*", "a.b", "a+b*", "(x)", "dev", "[a]*", "*$", "^*"}) {
        for (const std::string text :
             {"team-", "team-a", "ateam-a", "test", "t\xC3\xA9st", "tet", "a.b", "axb", "a+b",        "aab",
              "(x)",   "x",      "dev",     "devs", "[a]b",        "a",   "a$",  "^",   "two\nlines", ""}) {
            INFO(glob + " on " + text);
            CHECK(is_true(cli::cel_any_glob({glob}, cli::cel_string(text))) == glob_match(glob, text));
        }
    }
    CHECK(is_true(cli::cel_any_glob({"a", "b-*", "c"}, "'b-1'")));
    CHECK_FALSE(is_true(cli::cel_any_glob({"a", "b-*", "c"}, "'b'")));
}

TEST_CASE("export vap: a policy becomes one document, with the variables its rules use and no others") {
    const auto snapshot = test::make_snapshot(policy("  failure: Deny\n" + kRule));
    const cli::VapExport exported = cli::export_vap(snapshot);
    REQUIRE(exported.documents.size() == 1);
    const cli::VapDocument& document = exported.documents[0];
    CHECK(document.name == "p.tollgate.dev");
    CHECK(names(document.variables) == std::vector<std::string>{"specs", "pods", "devices"});
    REQUIRE(document.validations.size() == 1);
    CHECK(document.validations[0].message == "p/r: one pod asks for more than 1 GPUs; ask for 1 or fewer.");
    REQUIRE(exported.omissions.size() == 1);
    CHECK(exported.omissions[0].what.starts_with("kinds Configuration.serving.knative.dev, "));
    CHECK(cli::compile_vap(exported.documents).has_value());
    const std::string yaml = cli::to_yaml(document);
    for (const char* part : {"failurePolicy: Fail", "- pods/resize", "scope: Namespaced", "- Deny"}) {
        INFO(part);
        CHECK(yaml.find(part) != std::string::npos);
    }
}

TEST_CASE("export vap: kinds, operations and namespaces limit the document") {
    const auto snapshot = test::make_snapshot(
        policy("  mode: Warn\n  match: {kinds: [Job.batch], operations: [CREATE], namespaces: [a, b-*]}\n"
               "  exclude: [{users: [root]}, {groups: [admins]}]\n" +
               kRule));
    const cli::VapExport exported = cli::export_vap(snapshot);
    REQUIRE(exported.documents.size() == 1);
    const cli::VapDocument& document = exported.documents[0];
    REQUIRE(document.rules.size() == 1);
    CHECK(document.rules[0].group == "batch");
    CHECK(document.rules[0].resources == std::vector<std::string>{"jobs"});
    CHECK(document.rules[0].operations == std::vector<std::string>{"CREATE"});
    CHECK(names(document.conditions) == std::vector<std::string>{"not-left-alone", "changes-what-is-judged",
                                                                 "not-made-by-its-controller", "match",
                                                                 "exclude-1", "exclude-2"});
    CHECK(cli::to_yaml(document).find("- Warn") != std::string::npos);
}

TEST_CASE("export vap: selectors are looked up in the pods, of the old object too") {
    const auto snapshot =
        test::make_snapshot(policy("  match: {selector: {matchLabels: {app: x}}, kinds: [Pod]}\n" + kRule));
    const cli::VapExport exported = cli::export_vap(snapshot);
    REQUIRE(exported.documents.size() == 2);
    const cli::VapCondition* applies = find(exported.documents[0].variables, "applies");
    REQUIRE(applies != nullptr);
    CHECK(exported.documents[0].validations[0].expression.find("variables.appliedBefore") !=
          std::string::npos);
}

TEST_CASE("export vap: the order of documents and omissions is that of the rulebook") {
    const std::string documents = policy(
        "  rules: [{name: a, limits: {hourlyCost: 1}}, {name: b, limits: {gpusPerPod: 1}},"
        " {name: c, limits: {totalCost: 1}}]");
    const auto snapshot = test::make_snapshot(documents);
    const cli::VapExport exported = cli::export_vap(snapshot);
    REQUIRE(exported.omissions.size() == 3);
    CHECK(exported.omissions[0].what == "p/a hourlyCost");
    CHECK(exported.omissions[1].what == "p/c totalCost");
    CHECK(exported.omissions[1].why == "needs prices");
    CHECK(exported.omissions[2].what.starts_with("kinds "));
}

TEST_CASE("export vap: kinds whose pods or ends are more than one field are left out by name") {
    const auto some = test::make_snapshot(
        policy("  match: {kinds: [PyTorchJob, RayJob, TaskRun, MPIJob, TrainJob, JobTemplate]}\n" + kRule));
    const cli::VapExport exported = cli::export_vap(some);
    REQUIRE(exported.documents.size() == 2);  // the second refuses what is too large to be judged
    // MPIJob has two documents: each reads its own versions.
    const std::vector<std::string> resources{"pytorchjobs", "mpijobs", "mpijobs", "trainjobs"};
    REQUIRE(exported.documents[0].rules.size() == resources.size());
    for (std::size_t i = 0; i < resources.size(); ++i)
        CHECK(exported.documents[0].rules[i].resources == std::vector{resources[i]});
    REQUIRE(exported.omissions.size() == 1);
    CHECK(exported.omissions[0].what == "kinds RayJob.ray.io, TaskRun.tekton.dev");

    const auto none = test::make_snapshot(policy("  match: {kinds: [RayJob]}\n" + kRule));
    const cli::VapExport nothing = cli::export_vap(none);
    CHECK(nothing.documents.empty());
    REQUIRE(nothing.omissions.size() == 1);
    CHECK(nothing.omissions[0].what == "p/r");
    CHECK(nothing.omissions[0].why.starts_with("match.kinds: the number, the place or the end"));
}

TEST_CASE("export vap: what the API server could not compile is left out, and why is said") {
    const auto why = [](const std::string& expression) {
        const auto snapshot =
            test::make_snapshot(policy("  match: {kinds: [Pod]}\n  rules: [{name: r, check: {expression: \"" +
                                       expression + "\", message: refused}}]"));
        const cli::VapExport exported = cli::export_vap(snapshot);
        return exported.omissions.empty() ? "" : exported.omissions.front().why;
    };
    CHECK(why("object.metadata.name == 'x'").empty());
    CHECK(why("workload.kind == 'Job'") == "`workload` exists only in Tollgate");
    CHECK(why("object.kind == 'Job' || money('1') < money('2')") == "`money` exists only in Tollgate");
    const std::string newer = why("[1, 2].includes(object.spec.replicas)");
    INFO(newer);
    CHECK(newer.find("since Kubernetes 1.37") != std::string::npos);
    CHECK(newer.find("1.34") != std::string::npos);
}
