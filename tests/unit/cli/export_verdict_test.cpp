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

namespace {

/// A kind whose objects the API server does not decode: amounts may be anything.
constexpr const char* kThing =
    "---\napiVersion: tollgate.dev/v1alpha1\nkind: WorkloadKind\nmetadata: {name: thing}\nspec:\n"
    "  group: things.example\n  versions: [v1]\n  kind: Thing\n"
    "  pods: [{path: spec.template, shape: PodTemplate}]\n";

std::string thing(const std::string& count, const std::string& more = "") {
    return "apiVersion: things.example/v1\nkind: Thing\nmetadata: {name: x, namespace: team-a}\n"
           "spec: {template: {spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: " +
           count + more + "}}}]}}}\n";
}

}  // namespace

TEST_CASE("export vap: a count is read however it is spelled") {
    const Both strict(policy("  failure: Deny\n" + std::string(kDevices)) + kThing);
    const Both lenient(policy(kDevices) + std::string(kThing));
    for (const char* two : {"2", "'2'", "2.0", "'2.0'", "2000m", "2e0", "0.002k", "'+2'", "null"}) {
        INFO(two);
        allowed_by_both(strict, thing(two));
    }
    for (const char* more : {"4", "4.0", "4000m", "'4'", "4e0", "0.004k", "4000000u", "1Ki", "2000000001",
                             "9223372036854775806", "8E"}) {
        INFO(more);
        refused_by_both(lenient, thing(more));
    }
    for (const char* unreadable : {"4.5", "4500m", "-4", "lots", "true", "[4]", "{a: 4}", "''"}) {
        INFO(unreadable);
        allowed_by_both(lenient, thing(unreadable));
        refused_by_both(strict, thing(unreadable));
    }
}

TEST_CASE("export vap: a count beyond 64 bits is judged as elsewhere") {
    const Both strict(policy("  failure: Deny\n" + std::string(kDevices)) + kThing);
    for (const char* huge : {"10E", "'1e30'", "9223372036854775808", "1e300"}) {
        INFO(huge);
        refused_by_both(strict, thing(huge));
    }
}

TEST_CASE("export vap: an amount of CPU that is no amount cannot be read, and is not too large") {
    const Both lenient(policy(kAmounts) + std::string(kThing));
    const Both strict(policy("  failure: Deny\n" + std::string(kAmounts)) + kThing);
    for (const char* cpu : {"[4]", "{a: 4}", "true", "lots", "-1"}) {
        INFO(cpu);
        const std::string object = thing("1", std::string(", cpu: ") + cpu);
        allowed_by_both(lenient, object);
        refused_by_both(strict, object);
    }
    refused_by_both(lenient, thing("1", ", cpu: 4.5"));
    allowed_by_both(lenient, thing("1", ", cpu: 4.0"));
}

TEST_CASE("export vap: an object that is malformed does not pass by that") {
    const std::string names =
        "  rules: [{name: k, require: {knownAccelerators: true}}, {name: l, require: {labels: "
        "[{key: team, in: [Workload, Template]}]}}, {name: t, lifetime: {max: 24h}}]";
    const std::string rules = GENERATE_COPY(std::string(kDevices), std::string(kAmounts), names);
    const Both both(policy(rules) + kThing);
    const std::string junk =
        GENERATE("text", "4", "null", "true", "[4]", "[null]", "[[]]", "{a: 4}", "[{a: 4}]");
    const std::string gpu = "resources: {limits: {nvidia.com/gpu: 8, cpu: 64, memory: 100Gi}}";
    std::size_t refused = 0;
    for (const std::string spec :
         {"spec: {template: JUNK}",
          "spec: {template: {spec: JUNK}}",
          "spec: {template: {metadata: JUNK, spec: {containers: [{GPU}]}}}",
          "spec: {template: {metadata: {labels: JUNK, annotations: JUNK}, spec: {containers: [{GPU}]}}}",
          "spec: {template: {metadata: {annotations: {gpu-fraction: JUNK}}, spec: {containers: [{GPU}]}}}",
          "spec: {template: {metadata: {annotations: {gpu-memory: JUNK, gpu-fraction-num-devices: JUNK}}, "
          "spec: {}}}",
          "spec: {template: {metadata: {labels: {team: JUNK}}, spec: {containers: [{GPU}]}}}",
          "spec: {template: {metadata: {annotations: {tollgate.dev/lifetime: JUNK}}, spec: {containers: "
          "[{GPU}]}}}",
          "spec: {template: {spec: {containers: JUNK}}}",
          "spec: {template: {spec: {containers: [{GPU}, JUNK]}}}",
          "spec: {template: {spec: {initContainers: JUNK, ephemeralContainers: JUNK, containers: [{GPU}]}}}",
          "spec: {template: {spec: {initContainers: [JUNK], containers: [{GPU}]}}}",
          "spec: {template: {spec: {initContainers: [{restartPolicy: JUNK, GPU}], containers: [{GPU}]}}}",
          "spec: {template: {spec: {containers: [{name: JUNK, GPU}]}}}",
          "spec: {template: {spec: {containers: [{name: JUNK, resources: {limits: {nvidia.com/gpuu: 1}}}]}}}",
          "spec: {template: {spec: {containers: [{GPU}, {resources: JUNK}]}}}",
          "spec: {template: {spec: {containers: [{GPU}, {resources: {limits: JUNK, requests: JUNK}}]}}}",
          "spec: {template: {spec: {containers: [{GPU}, {resources: {claims: JUNK}}]}}}",
          "spec: {template: {spec: {containers: [{GPU, env: JUNK}, {env: [JUNK]}]}}}",
          "spec: {template: {spec: {containers: [{GPU, env: [{name: JUNK}, {name: NVIDIA_VISIBLE_DEVICES, "
          "value: "
          "JUNK}]}]}}}",
          "spec: {template: {spec: {containers: [{GPU, securityContext: JUNK}], volumes: JUNK}}}",
          "spec: {template: {spec: {containers: [{GPU, securityContext: JUNK}], volumes: [JUNK, {hostPath: "
          "JUNK}]}}}",
          "spec: {template: {spec: {containers: [{GPU}], volumes: [{hostPath: {path: JUNK}}]}}}",
          "spec: {template: {spec: {containers: [{GPU}], resourceClaims: JUNK, overhead: JUNK}}}",
          "spec: {template: {spec: {containers: [{GPU}], resources: JUNK, runtimeClassName: JUNK}}}",
          "spec: {template: {spec: {containers: [{GPU}], overhead: {cpu: JUNK}}}}",
          "spec: JUNK"}) {
        std::string filled = spec;
        for (std::size_t at = 0; (at = filled.find("GPU")) != std::string::npos;) filled.replace(at, 3, gpu);
        for (std::size_t at = 0; (at = filled.find("JUNK")) != std::string::npos;)
            filled.replace(at, 4, junk);
        INFO(filled + "\n" + rules);
        const test::Object object(
            "apiVersion: things.example/v1\nkind: Thing\nmetadata: {name: x, namespace: team-a}\n" + filled +
            "\n");
        if (both.rule_allows(object)) continue;
        ++refused;
        CHECK_FALSE(both.export_allows(object));
    }
    CHECK(refused > 0);
}

TEST_CASE("export vap: an old object that cannot be told of excuses nothing that is new") {
    const std::string condition =
        "  match: {conditions: [{name: c, expression: 'object.spec.tier == \"gold\"'}]}\n";
    const auto thing_of = [](const std::string& count, const std::string& tier) {
        return test::Object(
            "apiVersion: things.example/v1\nkind: Thing\nmetadata: {name: x, namespace: team-a}\n"
            "spec: {" +
            tier + "template: {spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: " + count +
            ", cpu: " + (count == "1" ? "1" : "80") + "}}}]}}}\n");
    };
    const std::string rules = GENERATE_COPY(std::string("[{name: r, limits: {gpusPerPod: 2}}]"),
                                            std::string("[{name: r, limits: {gpusPerWorkload: 2}}]"),
                                            std::string("[{name: r, limits: {cpuPerGpu: 4}}]"));
    const Both both(policy(condition + "  rules: " + rules) + kThing);
    const test::Object before = thing_of("1", ""), after = thing_of("8", "tier: gold, "),
                       told = thing_of("1", "tier: gold, "), same = thing_of("8", "tier: gold, size: 1, ");
    INFO(rules);
    CHECK_FALSE(both.rule_allows(after, &before));
    CHECK_FALSE(both.export_allows(after, &before));
    CHECK_FALSE(both.rule_allows(after, &told));
    CHECK_FALSE(both.export_allows(after, &told));
    CHECK(both.rule_allows(told, &before));
    CHECK(both.export_allows(told, &before));
    CHECK(both.rule_allows(same, &after));
    CHECK(both.export_allows(same, &after));
}

TEST_CASE("export vap: labels and lifetimes are asked for though the old object cannot be told of") {
    const std::string condition =
        "  match: {conditions: [{name: c, expression: 'object.spec.tier == \"gold\"'}]}\n";
    const auto thing_of = [](const std::string& metadata, const std::string& tier, const std::string& gpus) {
        return test::Object(
            "apiVersion: things.example/v1\nkind: Thing\nmetadata: {name: x, namespace: team-a, " + metadata +
            "}\nspec: {" + tier +
            "template: {spec: {containers: [{name: c, resources: "
            "{limits: {nvidia.com/gpu: " +
            gpus + "}}}]}}}\n");
    };
    const Both both(policy(condition + "  rules: [{name: l, require: {labels: [{key: team}]}}, "
                                       "{name: t, lifetime: {max: 24h}}]") +
                    kThing);
    const std::string good = "labels: {team: a}, annotations: {tollgate.dev/lifetime: 12h}";
    const std::string late = "labels: {team: a}, annotations: {tollgate.dev/lifetime: 36h}";
    const std::string none = "annotations: {tollgate.dev/lifetime: 12h}";
    const test::Object was = thing_of(good, "", "1");
    for (const std::string& now : {late, none}) {
        const test::Object after = thing_of(now, "tier: gold, ", "2");
        INFO(now);
        CHECK_FALSE(both.rule_allows(after, &was));
        CHECK_FALSE(both.export_allows(after, &was));
    }
}

TEST_CASE("export vap: of several documents of a kind, the one that names the version reads it") {
    const auto kind = [](const std::string& name, const std::string& versions, const std::string& path) {
        return "---\napiVersion: tollgate.dev/v1alpha1\nkind: WorkloadKind\nmetadata: {name: " + name +
               "}\nspec:\n  group: things.example\n  versions: [" + versions +
               "]\n  kind: Thing\n  pods: [{path: " + path + ", shape: PodTemplate}]\n";
    };
    const Both both(policy(kDevices) + kind("z-first", "v1, v1beta1", "spec.one") +
                    kind("a-second", "v2", "spec.two") + kind("m-third", "v3", "spec.three"));
    for (const std::string version : {"v1", "v1beta1", "v2", "v3"}) {
        for (const std::string place : {"one", "two", "three"}) {
            const test::Object object(
                "apiVersion: things.example/" + version +
                "\nkind: Thing\nmetadata: {name: x, namespace: team-a}\nspec: {" + place +
                ": {spec: {containers: [{resources: {limits: {nvidia.com/gpu: 8}}}]}}}\n");
            INFO(version + " " + place);
            CHECK(both.rule_allows(object) == both.export_allows(object));
            const std::string reads = version == "v2" ? "two" : version == "v3" ? "three" : "one";
            CHECK(both.export_allows(object) == (place != reads));
        }
    }
}

TEST_CASE("export vap: an owner's controllers are those of its version") {
    const auto kind = [](const std::string& name, const std::string& version,
                         const std::string& controllers) {
        return "---\napiVersion: tollgate.dev/v1alpha1\nkind: WorkloadKind\nmetadata: {name: " + name +
               "}\nspec: {group: things.example, versions: [" + version +
               "], kind: Thing, pods: [{path: spec.template, shape: PodTemplate}]" + controllers + "}\n";
    };
    const Both both(policy(kDevices) + kind("one", "v1", ", controllers: [ada]") +
                    kind("two", "v2", ", controllers: [bob]") + kind("three", "v3", ""));
    for (const std::string version : {"v1", "v2", "v3", "v4"}) {
        const test::Object object(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: team-a, ownerReferences: "
            "[{apiVersion: "
            "things.example/" +
            version +
            ", kind: Thing, name: o, uid: u, controller: true}]}\n"
            "spec: {containers: [{name: c, resources: {limits: {nvidia.com/gpu: 8}}}]}\n");
        INFO(version);
        CHECK(both.rule_allows(object) == (version == "v1" || version == "v4"));
        CHECK(both.export_allows(object) == both.rule_allows(object));
    }
}
