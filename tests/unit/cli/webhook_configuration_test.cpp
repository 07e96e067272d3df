// SPDX-License-Identifier: Apache-2.0
#include "cli/webhook_configuration.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace tollgate;
using Json = nlohmann::ordered_json;

namespace {

decide::Snapshot snapshot(bool judges_cpu_pods) {
    const std::string rule =
        judges_cpu_pods ? "require: {knownAccelerators: true}" : "limits: {gpusPerPod: 1}";
    return test::make_snapshot(
        std::string(test::kFleet) +
        "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n"
        "  match: {kinds: [Pod]}\n  rules:\n  - {name: r, " +
        rule + "}\n");
}

/// The same policy, but for its match and its rule.
decide::Snapshot other_snapshot(const std::string& spec) {
    return test::make_snapshot(
        std::string(test::kFleet) +
        "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n" + spec);
}

std::set<std::string> resources(const Json& configuration) {
    std::set<std::string> all;
    for (const Json& webhook : configuration["webhooks"]) {
        for (const Json& rule : webhook["rules"]) {
            for (const Json& resource : rule["resources"]) all.insert(resource.get<std::string>());
        }
    }
    return all;
}

}  // namespace

TEST_CASE("webhooks: all kinds known, and what a pod can become later") {
    const auto made = snapshot(false);
    const std::set<std::string> kinds = {"pods",         "deployments", "replicasets",
                                         "statefulsets", "daemonsets",  "replicationcontrollers",
                                         "jobs",         "cronjobs"};
    CHECK(resources(cli::mutating_configuration(made, {})) == kinds);
    std::set<std::string> validated = kinds;
    validated.insert({"pods/resize", "pods/ephemeralcontainers"});
    CHECK(resources(cli::validating_configuration(made, {})) == validated);
}

TEST_CASE("webhooks: how each entry fails") {
    for (const bool enforce : {false, true}) {
        cli::WebhookOptions options;
        options.enforce = enforce;
        const auto made = snapshot(true);
        std::set<std::string> names;
        const Json mutating = cli::mutating_configuration(made, options);
        const Json validating = cli::validating_configuration(made, options);
        for (const Json& webhook : mutating["webhooks"]) {
            CHECK(webhook["failurePolicy"] == "Ignore");
            CHECK(webhook["reinvocationPolicy"] == "IfNeeded");
            CHECK(webhook["timeoutSeconds"] == 2);
            CHECK(webhook["clientConfig"]["service"]["path"] == "/mutate");
            names.insert(webhook["name"].get<std::string>());
        }
        std::size_t closed = 0;
        for (const Json& webhook : validating["webhooks"]) {
            const bool only_nodes = webhook["name"].get<std::string>().find("gpu-nodes") != std::string::npos;
            CHECK(webhook["failurePolicy"] == (enforce && !only_nodes ? "Fail" : "Ignore"));
            closed += webhook["failurePolicy"] == "Fail" ? 1U : 0U;
            CHECK(webhook["timeoutSeconds"] == 3);
            CHECK(webhook["sideEffects"] == "None");
            CHECK(webhook["matchPolicy"] == "Equivalent");
            CHECK(webhook["admissionReviewVersions"] == Json::array({"v1"}));
            CHECK(!webhook["matchConditions"].empty());
            CHECK(webhook["matchConditions"].size() <= 64);
            const auto name = webhook["name"].get<std::string>();
            CHECK(std::count(name.begin(), name.end(), '.') >= 2);
            CHECK(names.insert(name).second);
        }
        CHECK((closed > 0) == enforce);
    }
}

TEST_CASE("webhooks: pods without accelerators are asked about only where a policy judges them") {
    const auto count = [](const decide::Snapshot& made) {
        return cli::validating_configuration(made, {})["webhooks"].size();
    };
    CHECK(count(snapshot(true)) == 2 * count(snapshot(false)));
}

TEST_CASE("webhooks: namespaces that are never seen") {
    cli::WebhookOptions options;
    options.service_namespace = "gate";
    options.exempt_namespaces = {"ci"};
    const auto names = cli::exempt_namespaces(options);
    for (const char* name :
         {"kube-system", "kube-node-lease", "gate", "gpu-operator", "kai-resource-reservation", "ci"}) {
        CHECK(std::find(names.begin(), names.end(), name) != names.end());
    }
    const Json made = cli::validating_configuration(snapshot(false), options);
    for (const Json& webhook : made["webhooks"]) {
        CHECK(webhook["namespaceSelector"]["matchExpressions"][0]["values"].size() == names.size());
        CHECK(webhook["namespaceSelector"]["matchExpressions"][1]["key"] == "tollgate.dev/gate");
        CHECK(webhook["clientConfig"]["service"]["namespace"] == "gate");
    }
}

TEST_CASE("webhooks: resource names follow their kinds") {
    CHECK(cli::plural_of("Pod") == "pods");
    CHECK(cli::plural_of("PyTorchJob") == "pytorchjobs");
    CHECK(cli::plural_of("Policy") == "policies");
    CHECK(cli::plural_of("Ingress") == "ingresses");
    CHECK(cli::plural_of("JobArray") == "jobarrays");
    CHECK(cli::plural_of("Gateway") == "gateways");
    CHECK(cli::plural_of("Sandbox") == "sandboxes");
    CHECK(cli::plural_of("Batch") == "batches");
    CHECK(cli::plural_of("Mesh") == "meshes");
    CHECK(cli::plural_of("Y") == "ies");
    workload::KindSpec spec;
    spec.kind = "JobArray";
    CHECK(cli::resource_of(spec) == "jobarrays");
    spec.resource = "jobarraies";
    CHECK(cli::resource_of(spec) == "jobarraies");
    CHECK(cli::guessed_resources(snapshot(false)).empty());  // the built-in kinds say it
}

TEST_CASE("webhooks: a check and conditions of a match need no other requests than a limit does") {
    const auto limit = other_snapshot("  rules: [{name: r, limits: {gpusPerPod: 1}}]\n");
    const auto check = other_snapshot(
        "  match: {conditions: [{name: c, expression: 'workload.kind == \"Job\"'}]}\n"
        "  rules: [{name: r, check: {expression: 'workload.gpus == 1'}}]\n");
    CHECK(cli::mutating_configuration(limit, {}) == cli::mutating_configuration(check, {}));
    CHECK(cli::validating_configuration(limit, {}) == cli::validating_configuration(check, {}));
}
