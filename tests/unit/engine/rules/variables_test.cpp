// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/variables.hpp"

#include "engine/cel/text.hpp"
#include "engine/rules/variable_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/engine/rules/lab.hpp"

#include <set>

namespace tollgate::rules {
namespace {

using test::Lab;

/// Compiles in the environment of policies; a mistake fails the test.
Expression expression(const std::string& source) {
    auto program = cel::compile(source, expression_environment());
    INFO(source);
    if (!program.has_value()) FAIL(program.error().front().message);
    return make_expression(source, std::move(*program));
}

/// The first mistake of an expression, "" when there is none; with its hint.
std::string mistake(const std::string& source) {
    const auto program = cel::compile(source, expression_environment());
    if (program.has_value()) return "";
    const cel::Issue& issue = program.error().front();
    return issue.message + (issue.hint.empty() ? "" : "; " + issue.hint);
}

struct Asked {
    explicit Asked(Lab& of) : lab(of) {}
    std::string operator()(const std::string& source) {
        Context context = lab.context();
        context.expressions = &scope;
        context.saving = saving.has_value() ? &*saving : nullptr;
        std::uint64_t cost = limits::kMaxCelConditionsCost;
        const Answer answer = evaluate(expression(source), context, cost);
        return answer.value.is_error() ? std::string(answer.reason) + ": " + answer.why
                                       : cel::to_text(answer.value);
    }
    Lab& lab;
    ExpressionScope scope;
    std::optional<Saving> saving;
};

TEST_CASE("every field of workload is made, and no other") {
    CHECK(workload_fields().size() == VariableValues::kFields);
    Lab lab(test::job_json(R"("activeDeadlineSeconds":3600,)"));
    Asked ask(lab);
    // `workload` as a whole holds all that is known of this one: everything but the model.
    CHECK(ask("dyn(workload).size()") == std::to_string(VariableValues::kFields - 1));
    for (const std::string_view field : workload_fields()) {
        INFO(field);
        CHECK(ask("has(workload." + std::string(field) + ")") == (field == "model" ? "false" : "true"));
    }
}

TEST_CASE("the rows are declared: each has its own path, and the environment knows every one") {
    std::set<std::string_view> paths;
    for (const VariableRow& row : variable_rows()) {
        INFO(row.path);
        CHECK(paths.insert(row.path).second);
        std::string source(row.path);
        for (std::size_t at = source.find("[]"); at != std::string::npos; at = source.find("[]"))
            source.replace(at, 2, "[0]");
        CHECK(mistake("type(" + source + ") == int || true") == "");
    }
}

TEST_CASE("a workload: counts, texts and its parts") {
    Lab lab(test::deployment_json(3));
    Asked ask(lab);
    CHECK(ask("workload.kind + ' ' + workload.group") == R"("Deployment apps")");
    CHECK(ask("workload.replicas") == "3");
    CHECK(ask("workload.gpus") == "3");
    CHECK(ask("workload.pods[0].gpus") == "1");
    CHECK(ask("workload.pods[0].replicas") == "3");
    CHECK(ask("workload.pods[0].path") == R"("spec.template")");
    CHECK(ask("workload.pods[0].cpu == quantity('1000m') && workload.pods[0].memory == quantity('4Gi')") ==
          "true");
    CHECK(ask("workload.pods[0].nodeSelector") == R"({"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"})");
    CHECK(ask("workload.pods[0].demand[0].resource") == R"("nvidia.com/gpu")");
    CHECK(ask("workload.pods[0].demand[0].count") == "1");
    CHECK(ask("workload.containers.map(c, c.role)") == R"(["Main"])");
    CHECK(ask("workload.containers[0].limits['nvidia.com/gpu']") == R"("1")");
    CHECK(ask("workload.containers == workload.pods[0].containers") == "true");
    CHECK(ask("workload.interactive") == "false");
    CHECK(ask("workload.labels") == "{}");
}

TEST_CASE("money is exact, and compared as it is") {
    Lab lab(test::deployment_json(3));  // 3 x $6.88
    Asked ask(lab);
    CHECK(ask("workload.cost.hourly == money('20.64')") == "true");
    CHECK(ask("workload.cost.hourly <= money('20.64')") == "true");
    CHECK(ask("workload.cost.hourly < money('20.64')") == "false");
    CHECK(ask("workload.cost.hourly > money('20.639999999999999999')") == "true");
    CHECK(ask("workload.cost.daily == workload.cost.hourly * 24") == "true");
    CHECK(ask("24 * money('0.1') - money('2.4') == money(0)") == "true");
    CHECK(ask("string(workload.cost.hourly + money('0.005'))") == R"("20.645")");
    CHECK(ask("money('1') >= money('1.0') && !(money('1') != money('1.00'))") == "true");
    CHECK(ask("fleet.pools.exists(p, p.name == 'h100' && p.price == money('6.88'))") == "true");
    CHECK(ask("fleet.pools.all(p, p.gpusPerNode > 0)") == "true");
    CHECK(ask("money(workload.kind)") ==
          "expression: money() takes an amount of US dollars, such as '50' or '6.88'");
}

TEST_CASE("money that is none, and what money cannot do, is a mistake of the policy") {
    CHECK(mistake("money('fifty') > money('1')") ==
          "money() takes an amount of US dollars, such as '50' or '6.88'");
    CHECK(mistake("money(1.5) > money('1')") != "");
    const std::string hint = "; compare with money('...'), as in money(\"20\")";
    CHECK(mistake("workload.cost.hourly <= 50") == "'<=' does not take tollgate.Money, int" + hint);
    CHECK(mistake("workload.cost.hourly <= 50.0") == "'<=' does not take tollgate.Money, double" + hint);
    CHECK(mistake("money('1') * money('1') == money('1')") != "");
}

TEST_CASE("a name that is not there is a mistake, with the nearest one") {
    CHECK(mistake("workload.gpuss == 1") == "workload has no field 'gpuss'; did you mean 'gpus'?");
    CHECK(mistake("workload.cost.hourlly > money('1')") ==
          "workload.cost has no field 'hourlly'; did you mean 'hourly'?");
    CHECK(mistake("workload.pods.all(p, p.gpuss == 1)") ==
          "workload.pods[] has no field 'gpuss'; did you mean 'gpus'?");
    CHECK(mistake("workloads.gpus == 1") == "'workloads' is not declared; did you mean 'workload'?");
    CHECK(mistake("request.userinfo.username == 'a'") != "");
    CHECK(mistake("workload.gpus == 'one'") != "");
}

TEST_CASE("what is not known is absent: reading it is an error, never 0") {
    SECTION("no price") {
        const fleet::Market market = test::compiled({});
        Lab lab(test::deployment_json(3), market);
        Asked ask(lab);
        CHECK(ask("has(workload.cost.hourly)") == "false");
        CHECK(ask("workload.?cost.?hourly.orValue(money('0')) == money('0')") == "true");
        CHECK(ask("workload.cost.hourly <= money('1000000')").find("expression: no such key: hourly (") == 0);
    }
    SECTION("no end") {
        Lab lab(test::deployment_json(1));
        Asked ask(lab);
        CHECK(ask("has(workload.lifetime)") == "false");
        CHECK(ask("workload.lifetime < duration('1h')") == "expression: no such key: lifetime");
        CHECK(ask("workload.cost.total <= money('1')").find("no such key: total") != std::string::npos);
        CHECK(ask("workload.lifetime < duration('1h') || workload.gpus == 1") == "true");
    }
    SECTION("an amount nobody can read") {
        test::PodText text;
        text.resources = R"({"limits":{"nvidia.com/gpu":"500m"}})";
        Lab lab(test::deployment_json(1, text));
        Asked ask(lab);
        CHECK(ask("has(workload.gpus) || has(workload.pods[0].gpus) || has(workload.containers[0].gpus)") ==
              "false");
        CHECK(ask("has(workload.pods[0].demand[0].count)") == "false");
    }
    SECTION("nobody says what it needs") {
        test::PodText text;
        text.annotations = "";
        Lab lab(test::pod_json(text));
        Asked ask(lab);
        CHECK(ask("has(needs.memory) || has(needs.keep) || has(needs.isolation)") == "false");
        CHECK(ask("has(saving.hourly)") == "false");
    }
}

TEST_CASE("what an end is, what pods say they need, what rewriting saved") {
    Lab job(test::job_json(R"("activeDeadlineSeconds":7200,)"));
    Asked ask_job(job);
    CHECK(ask_job("workload.lifetime == duration('2h')") == "true");
    CHECK(ask_job("workload.cost.total == money('13.76')") == "true");
    test::PodText text;
    text.annotations =
        R"({"tollgate.dev/gpu-memory":"8Gi","tollgate.dev/keep":"a demo","tollgate.dev/model":"m",)"
        R"("tollgate.dev/gpu-compute":"0.5","tollgate.dev/isolation":"Memory"})";
    Lab pod(test::pod_json(text));
    Asked ask(pod);
    CHECK(ask("needs.memory == quantity('8Gi')") == "true");
    CHECK(ask("needs.compute == quantity('500m')") == "true");
    CHECK(ask("needs.isolation + ', ' + needs.keep + ', ' + workload.model") == R"("Memory, a demo, m")");
    ask.saving = Saving{{Ratio(2)}, "1 nvidia.com/gpu", "1 nvidia.com/mig-1g.10gb"};
    CHECK(ask("saving.hourly == money('2') && saving.to.endsWith('mig-1g.10gb')") == "true");
}

TEST_CASE("the model is the one that its server loads, and what it takes is needed") {
    test::PodText text;
    text.annotations = R"({"tollgate.dev/model":"org/other","tollgate.dev/gpu-memory":"8Gi"})";
    const auto vllm = [](const std::string& model) {
        return R"("command":["vllm","serve",")" + model + R"(","--max-model-len","8192"],)";
    };
    text.container = vllm("meta-llama/Llama-3.1-8B-Instruct");
    Lab known(test::pod_json(text));
    Asked ask(known);
    CHECK(ask("workload.model") == R"("meta-llama/Llama-3.1-8B-Instruct")");
    CHECK(ask("needs.memory == quantity('21560Mi')") == "true");
    // A guess is no need, and a folder no name.
    text.container = vllm("/models/Llama-3.1-8B-Instruct");
    Lab folder(test::pod_json(text));
    Asked ask_folder(folder);
    CHECK(ask_folder("workload.model") == R"("org/other")");
    text.annotations = "{}";
    Lab bare(test::pod_json(text));
    Asked ask_bare(bare);
    CHECK(ask_bare("has(workload.model) || has(needs.memory)") == "false");
    text.container = vllm("org/own");
    Lab unknown(test::pod_json(text));
    Asked ask_unknown(unknown);
    CHECK(ask_unknown("workload.model + ', ' + string(has(needs.memory))") == R"("org/own, false")");
}

TEST_CASE("Kubernetes' own variables") {
    Lab lab(test::deployment_json(2));
    Asked ask(lab);
    const std::vector<std::string_view> groups{"dev"};
    ask.scope.request.kind = {"apps", "v1", "Deployment"};
    ask.scope.request.resource = {"apps", "v1", "deployments"};
    ask.scope.request.ns = "serve";
    ask.scope.request.user = "ada";
    ask.scope.request.groups = groups;
    CHECK(ask("object.spec.replicas") == "2");
    CHECK(ask("oldObject == null") == "true");
    CHECK(ask("request.kind.kind + ' ' + request.resource.resource + ' ' + request.namespace") ==
          R"("Deployment deployments serve")");
    CHECK(ask("request.userInfo.username == 'ada' && 'dev' in request.userInfo.groups") == "true");
    CHECK(ask("request.operation == 'CREATE' && !request.dryRun && !has(request.name)") == "true");
    lab.workload->ref.ns = "serve";
    CHECK(ask("namespaceObject.metadata.name == 'serve'") ==
          "expression: namespaceObject: nothing is known of the namespace serve");
    ClusterView cluster;
    cluster.namespaces["serve"] = {{"tier", "gold"}};
    lab.cluster = &cluster;
    ask.scope.namespace_value.reset();
    CHECK(ask("namespaceObject.metadata.labels.tier + ' ' + namespaceObject.metadata.name") ==
          R"("gold serve")");
}

TEST_CASE(
    "a pod is of its root owner when its controller makes it, and of its own kind when it claims to be") {
    test::PodText text;
    text.metadata = R"("labels":{"pod-template-hash":"5d4f"},"ownerReferences":[{"apiVersion":"apps/v1",)"
                    R"("kind":"ReplicaSet","name":"web-5d4f","uid":"u","controller":true}])";
    Lab lab(test::pod_json(text));
    Asked ask(lab);
    CHECK(ask("workload.kind") == R"("Pod")");
    lab.controlled = true;
    CHECK(ask("workload.kind + ' ' + workload.group + ' ' + workload.name") == R"("Deployment apps web")");
}

TEST_CASE("a budget that is used up is told from a mistake") {
    Lab lab(test::deployment_json(2));
    Asked ask(lab);
    const std::string loops =
        "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, "
        "[1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, a + b + c + d + e > 0)))))";
    CHECK(ask(loops) == "budget: the cost of the expression exceeds its budget");
    const std::atomic<bool> late = true;
    lab.budget.cancelled = &late;
    ask.scope.cancelled = &late;
    CHECK(ask("[1, 2].all(a, a > 0)") == "deadline: the review ran out of its time");
}

TEST_CASE("an expression says without which kind and namespace it cannot hold") {
    using Names = std::vector<std::string>;
    const Expression both =
        expression("workload.gpus > 1 && object.kind == 'Job' && 'a' == request.namespace");
    CHECK(both.only_kinds == Names{"Job"});
    CHECK(both.only_namespaces == Names{"a"});
    CHECK(expression("workload.kind in ['Job', 'CronJob']").only_kinds == Names{"Job", "CronJob"});
    CHECK(expression("workload.kind == 'Job' || workload.gpus > 1").only_kinds.empty());
    CHECK(expression("!(workload.kind == 'Job')").only_kinds.empty());
    CHECK(expression("workload.kind != 'Job'").only_kinds.empty());
    CHECK(expression("object.metadata.namespace == 'a'").only_namespaces.empty());
    CHECK(expression("[1].all(workload, dyn(workload) == 'Job')").only_kinds.empty());
    CHECK(expression("request.userInfo.username == 'a'").reads_user());
    CHECK(expression("dyn(request) == null").reads_user());
    CHECK_FALSE(expression("request.operation == 'CREATE'").reads_user());
}

}  // namespace
}  // namespace tollgate::rules
