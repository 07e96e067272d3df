// SPDX-License-Identifier: Apache-2.0
// Exported policies beside the cost rules they were made of, on objects that are made to slip through: padded
// ones, counts that are spelled unusually, updates of what could not be judged.
#include "cli/export_vap.hpp"
#include "cli/webhook_configuration.hpp"
#include "engine/vap/evaluate.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <string>

using namespace tollgate;

namespace {

constexpr const char* kDevices =
    "  rules: [{name: pod, limits: {gpusPerPod: 2}}, {name: all, limits: {gpusPerWorkload: 2}}]";
constexpr const char* kAmounts =
    "  rules: [{name: cpu, limits: {cpuPerGpu: 4}}, {name: memory, limits: {memoryPerGpu: 8Gi}}]";

std::string policy(const std::string& spec) {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n" + spec +
           "\n";
}

std::string repeat(std::size_t times, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

/// `init` and `containers` are lists in flow style, without brackets.
std::string pod(const std::string& init, const std::string& containers) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: team-a}\nspec:\n  initContainers: [" +
           init + "]\n  containers: [" + containers + "]\n";
}

std::string container(const std::string& limits, const std::string& more = "") {
    return "{name: c" + more + ", resources: {limits: {" + limits + "}}},";
}

struct Town final : vap::World {
    const test::Object ns{"apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n"};
    json::Node find_namespace(std::string_view) const override { return ns.root(); }
    std::vector<json::Node> find_objects(std::string_view, std::string_view) const override { return {}; }
};

/// Judges one request both ways.
class Both {
  public:
    explicit Both(const std::string& documents)
        : snapshot_(test::make_snapshot(documents)), exported_(cli::export_vap(snapshot_)) {
        auto compiled = cli::compile_vap(exported_.documents);
        if (!compiled) FAIL(compiled.error().message);
        set_ = std::move(*compiled);
    }
    const cli::VapExport& exported() const { return exported_; }

    bool rule_allows(const test::Object& object, const test::Object* old = nullptr) const {
        return decide::decide(request(object, old), snapshot_, {}).allowed;
    }
    bool export_allows(const test::Object& object, const test::Object* old = nullptr) const {
        const decide::Request from = request(object, old);
        const workload::KindSpec* kind =
            snapshot_.rules->kinds.find(from.kind.group, from.kind.version, from.kind.kind);
        REQUIRE(kind != nullptr);
        const std::string resource = cli::resource_of(*kind);
        vap::Input input;
        input.kind = {from.kind.group, from.kind.version, from.kind.kind};
        input.resource = {from.kind.group, from.kind.version, resource};
        input.name = from.name;
        input.ns = from.ns;
        input.operation = old == nullptr ? vap::Operation::Create : vap::Operation::Update;
        input.user = from.user.name;
        input.object = from.object;
        input.old_object = from.old_object;
        const vap::Outcome outcome = vap::judge(set_, input, town_);
        for (const vap::Finding& finding : outcome.ignored) UNSCOPED_INFO("ignored: " + finding.message);
        for (const vap::Finding& finding : outcome.findings) UNSCOPED_INFO("found: " + finding.message);
        return outcome.denial() == nullptr;
    }

  private:
    static decide::Request request(const test::Object& object, const test::Object* old) {
        return old == nullptr ? test::make_request(decide::Phase::Validate, object)
                              : test::make_update(decide::Phase::Validate, object, *old);
    }

    decide::Snapshot snapshot_;
    cli::VapExport exported_;
    vap::PolicySet set_;
    Town town_;
};

void refused_by_both(const Both& both, const std::string& yaml) {
    const test::Object object(yaml);
    CHECK_FALSE(both.rule_allows(object));
    CHECK_FALSE(both.export_allows(object));
}

void allowed_by_both(const Both& both, const std::string& yaml) {
    const test::Object object(yaml);
    CHECK(both.rule_allows(object));
    CHECK(both.export_allows(object));
}

std::string extra_names(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += "example.com/r" + std::to_string(i) + ": 1, ";
    return out;
}

}  // namespace

TEST_CASE("export vap: an object that is padded does not pass") {
    const std::string failure = GENERATE("Allow", "Deny");
    const std::string rules = GENERATE(kDevices, kAmounts);
    INFO(failure + rules);
    const Both both(policy("  failure: " + failure + "\n" + rules));
    const std::string much = "nvidia.com/gpu: 8, cpu: 64, memory: 512Gi";
    // Empty init containers.
    refused_by_both(both, pod(repeat(900, "{},"), container(much)));
    // Names of resources.
    refused_by_both(both, pod("", container(extra_names(1000) + much)));
    // More containers than a pod may have.
    refused_by_both(both, pod(repeat(1100, "{},"), container(much)));
    // Sidecars and ordinary init containers in turn.
    const std::string one = "nvidia.com/gpu: 1, cpu: 5, memory: 9Gi";
    refused_by_both(
        both, pod(repeat(450, container(one) + container(one, ", restartPolicy: Always")), container(much)));
}

TEST_CASE("export vap: init containers without devices do not make an object too large") {
    const Both both(policy(kDevices));
    allowed_by_both(both, pod(repeat(900, "{},"), container("nvidia.com/gpu: 2")));
    allowed_by_both(both, pod(repeat(900, "{},"), container("cpu: 2")));
}

TEST_CASE("export vap: init containers count as the scheduler counts them") {
    const Both both(policy(kDevices));
    const auto asks = [](int count, bool sidecar) {
        return container("nvidia.com/gpu: " + std::to_string(count),
                         sidecar ? ", restartPolicy: Always" : "");
    };
    allowed_by_both(both, pod(asks(2, false), asks(2, false)));
    allowed_by_both(both, pod(asks(1, false) + asks(1, true), asks(1, false)));
    allowed_by_both(both, pod(asks(2, false) + asks(1, true), asks(1, false)));
    refused_by_both(both, pod(asks(1, true) + asks(2, false), asks(1, false)));
    refused_by_both(both, pod(asks(1, true) + asks(1, true), asks(1, false)));
    refused_by_both(both, pod(asks(1, true) + asks(1, true) + asks(1, false), ""));
    refused_by_both(both, pod(asks(3, false), asks(1, false)));
}

TEST_CASE("export vap: an expression that padding exhausts refuses, one that fails does what failure says") {
    const std::string all =
        "object.spec.containers.all(a, object.spec.containers.all(b, "
        "object.spec.containers.all(c, a.name == b.name || b.name == c.name || true)))";
    const std::string gpu = container("nvidia.com/gpu: 1");
    SECTION("check") {
        const Both both(policy("  rules: [{name: r, check: {expression: '" + all + "', message: refused}}]"));
        allowed_by_both(both, pod("", gpu));
        refused_by_both(both, pod("", gpu + repeat(200, "{name: d},")));
    }
    SECTION("a condition of the match") {
        const Both both(policy("  match: {conditions: [{name: c, expression: '" + all + "'}]}\n" + kDevices));
        allowed_by_both(both, pod("", gpu));
        refused_by_both(both, pod("", gpu + repeat(200, "{name: d},")));
    }
    SECTION("a message") {
        const Both both(policy(
            "  rules: [{name: r, check: {expression: 'object.spec.containers.size() < 3', message: refused, "
            "messageExpression: 'string(" +
            all + ")'}}]"));
        allowed_by_both(both, pod("", gpu));
        refused_by_both(both, pod("", gpu + repeat(400, "{name: d},")));
    }
    SECTION("an error") {
        const std::string check = "  rules: [{name: r, check: {expression: 'object.spec.nowhere == 1'}}]";
        allowed_by_both(Both(policy(check)), pod("", gpu));
        refused_by_both(Both(policy("  failure: Deny\n" + check)), pod("", gpu));
    }
    SECTION("an amount that cannot be read") {
        const std::string half = pod("", container("nvidia.com/gpu: 500m"));
        allowed_by_both(Both(policy(kDevices)), half);
        refused_by_both(Both(policy("  failure: Deny\n" + std::string(kDevices))), half);
    }
}

TEST_CASE("export vap: only what is enforced, and lets errors pass, needs a second document") {
    const Both enforced(policy("  mode: Enforce\n" + std::string(kDevices)));
    const auto& documents = enforced.exported().documents;
    REQUIRE(documents.size() == 2);
    CHECK(documents[0].name == "p.tollgate.dev");
    CHECK(cli::to_yaml(documents[0]).find("failurePolicy: Ignore") != std::string::npos);
    CHECK(documents[1].name == "p.tollgate.dev.too-large");
    CHECK(cli::to_yaml(documents[1]).find("failurePolicy: Fail") != std::string::npos);
    for (const char* spec : {"  failure: Deny\n", "  mode: Warn\n", "  mode: Audit\n"}) {
        const Both other(policy(spec + std::string(kDevices)));
        CHECK(other.exported().documents.size() == 1);
    }
}
