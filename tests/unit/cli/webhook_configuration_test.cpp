// SPDX-License-Identifier: Apache-2.0
#include "cli/webhook_configuration.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

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
    const std::set<std::string> mutated = resources(cli::mutating_configuration(made, {}));
    for (const char* kind : {"pods", "deployments", "replicasets", "statefulsets", "daemonsets",
                             "replicationcontrollers", "jobs", "cronjobs", "pytorchjobs", "rayclusters",
                             "inferenceservices", "workflows", "nimservices", "dynamographdeployments"}) {
        INFO(kind);
        CHECK(mutated.count(kind) == 1);
    }
    // Templates that others make pods of run nothing themselves.
    for (const char* kind : {"podtemplates", "servingruntimes", "workflowtemplates", "trainingruntimes"}) {
        INFO(kind);
        CHECK(mutated.count(kind) == 0);
    }
    std::set<std::string> validated = mutated;
    validated.insert({"pods/resize", "pods/ephemeralcontainers"});
    CHECK(resources(cli::validating_configuration(made, {})) == validated);
}

TEST_CASE("webhooks: Pods, Kubernetes' own kinds and all others have entries of their own") {
    std::vector<std::string> names;
    const Json mutating = cli::mutating_configuration(snapshot(false), {});
    for (const Json& webhook : mutating["webhooks"]) names.push_back(webhook["name"]);
    CHECK(names == std::vector<std::string>{"pods.mutate.tollgate.dev", "workloads.mutate.tollgate.dev",
                                            "operators.mutate.tollgate.dev"});
    const Json& rules = mutating["webhooks"][1]["rules"];
    for (const Json& rule : rules)
        CHECK(rule["apiGroups"][0].get<std::string>().find('.') == std::string::npos);
}

TEST_CASE("webhooks: both versions of a kind are asked for, each as the document that knows it reads it") {
    std::set<std::string> versions;
    const Json mutating = cli::mutating_configuration(snapshot(false), {});
    for (const Json& webhook : mutating["webhooks"]) {
        for (const Json& rule : webhook["rules"]) {
            const auto& all = rule["resources"];
            if (std::find(all.begin(), all.end(), "dynamographdeployments") == all.end()) continue;
            for (const Json& version : rule["apiVersions"]) versions.insert(version);
        }
    }
    CHECK(versions == std::set<std::string>{"v1alpha1", "v1beta1"});
}

// kubectl keeps what it applied in an annotation; all annotations of an object have 262,144 bytes. cel-go
// takes expressions of 100,000 code points. Both hold with room for kinds of one's own.
TEST_CASE("webhooks: configurations stay within what the API server and kubectl take") {
    const auto made = snapshot(true);
    for (const Json& configuration :
         {cli::mutating_configuration(made, {}), cli::validating_configuration(made, {})}) {
        CHECK(configuration.dump().size() < 131'072);
        for (const Json& webhook : configuration["webhooks"]) {
            CHECK(webhook["rules"].size() <= 64);
            for (const Json& condition : webhook["matchConditions"])
                CHECK(condition["expression"].get<std::string>().size() < 50'000);
        }
    }
}

TEST_CASE("webhooks: very many kinds are spread over entries") {
    std::string documents = test::kFleet;
    for (int i = 0; i < 300; ++i) {
        const std::string number = std::to_string(i);
        documents += "---\napiVersion: tollgate.dev/v1alpha1\nkind: WorkloadKind\nmetadata: {name: k" +
                     number + "}\nspec: {group: g" + number + ".example, versions: [v1], kind: K" + number +
                     ", pods: [{path: spec.t" + number + "}]}\n";
    }
    const Json mutating = cli::mutating_configuration(test::make_snapshot(documents), {});
    std::set<std::string> names;
    for (const Json& webhook : mutating["webhooks"]) {
        names.insert(webhook["name"].get<std::string>());
        for (const Json& condition : webhook["matchConditions"])
            CHECK(condition["expression"].get<std::string>().size() < 100'000);
    }
    CHECK(names.count("operators-2.mutate.tollgate.dev") == 1);
    CHECK(names.size() == mutating["webhooks"].size());
    CHECK(resources(mutating).count("k299s") == 1);
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
