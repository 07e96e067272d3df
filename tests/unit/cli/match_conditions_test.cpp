// SPDX-License-Identifier: Apache-2.0
// What the conditions let through, evaluated with the product's own CEL; that a real API server takes them is
// e2e's part.
#include "cli/match_conditions.hpp"

#include "engine/cel/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace tollgate;
using workload::Shape;

namespace {

/// A condition as the API server evaluates it. One that does not compile, or ends in an error, fails the
/// test.
class Condition {
  public:
    explicit Condition(const std::string& text)
        : environment_({{"object", cel::dyn_type()}, {"oldObject", cel::dyn_type()}}),
          program_(cel::compile(text, environment_)) {
        INFO(text);
        REQUIRE(program_.has_value());
    }
    bool holds(const std::string& object, const std::string& old = "") const {
        const test::Object now(object.empty() ? "null" : object), before(old.empty() ? "null" : old);
        const std::array<cel::Value, 2> values{
            object.empty() ? cel::null_value() : cel::from_json(now.root()),
            old.empty() ? cel::null_value() : cel::from_json(before.root())};
        cel::Arena arena;
        cel::FixedVariables variables(values);
        cel::Evaluation evaluation{arena, variables};
        const cel::Value value = program_->run(evaluation);
        INFO(object << (value.is_error() ? std::string(value.error->message) : ""));
        REQUIRE(value.tag == cel::Tag::Bool);
        return value.boolean;
    }

  private:
    cel::Environment environment_;
    tl::expected<cel::Program, std::vector<cel::Issue>> program_;
};

workload::PodPath path(const char* text, workload::Shape shape) {
    workload::PodPath made;
    made.path = *workload::parse_path(text);
    made.shape = shape;
    return made;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Brackets and quotes close, so that a generated text is at least an expression.
bool is_balanced(const std::string& text) {
    std::string open;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\')
            ++i;
        else if (c == '\'')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (c == '(' || c == '[' || c == '{')
            open += c;
        else if (c == ')' || c == ']' || c == '}') {
            const char want = c == ')' ? '(' : c == ']' ? '[' : '{';
            if (open.empty() || open.back() != want) return false;
            open.pop_back();
        }
    }
    return open.empty() && !quoted;
}

std::string policy(const std::string& rule) {
    return "---\napiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec:\n  match: "
           "{kinds: [Pod]}\n"
           "  rules:\n  - " +
           rule + "\n";
}

}  // namespace

TEST_CASE("conditions: every place where a pod can ask for a device is named") {
    const auto marks =
        cli::collect_marks(test::make_snapshot(test::kFleet + policy("{name: r, limits: {gpusPerPod: 1}}")));
    const Condition asks(cli::asks_for_accelerator(std::vector{path("spec", Shape::PodSpec)}, marks));
    const auto pod = [](const std::string& spec, const std::string& metadata = "") {
        return "metadata: {name: p" + metadata + "}\nspec: {" + spec + "}\n";
    };
    for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
        const std::string before = std::string(list) + ": [{name: a}, {name: b, ";
        INFO(list);
        CHECK(asks.holds(pod(before + "resources: {limits: {nvidia.com/gpu: 1}}}]")));
        CHECK(asks.holds(pod(before + "resources: {requests: {nvidia.com/mig-1g.10gb: 1}}}]")));
        CHECK(asks.holds(pod(before + "resources: {limits: {google.com/tpu: 4}}}]")));
        CHECK(asks.holds(pod(before + "env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]}]")));
        CHECK(!asks.holds(pod(before + "env: [{name: NVIDIA_VISIBLE_DEVICES, value: none}]}]")));
        CHECK(!asks.holds(pod(before + "resources: {limits: {cpu: 1}}}]")));
    }
    CHECK(asks.holds(pod("resources: {limits: {amd.com/gpu: 1}}")));
    CHECK(asks.holds(pod("resourceClaims: [{name: gpu}]")));
    CHECK(asks.holds(pod("runtimeClassName: nvidia")));
    CHECK(asks.holds(pod("volumes: [{name: d, hostPath: {path: /dev/nvidia0}}]")));
    CHECK(asks.holds(pod("containers: []", ", annotations: {gpu-fraction: '0.5'}")));
    CHECK(!asks.holds(pod("containers: [{name: a}]", ", annotations: {other: '0.5'}")));
    CHECK(!asks.holds(pod("volumes: [{name: d, hostPath: {path: /dev/shm}}]")));
    // What is deleted has no object, only an old one.
    CHECK(asks.holds("", pod("runtimeClassName: nvidia")));
}

TEST_CASE("conditions: whole domains only where a policy judges unknown accelerators") {
    const std::vector paths{path("spec", workload::Shape::PodSpec)};
    const auto known =
        cli::collect_marks(test::make_snapshot(test::kFleet + policy("{name: r, limits: {gpusPerPod: 1}}")));
    CHECK(known.domains.empty());
    CHECK(!known.resources.empty());
    const auto all = cli::collect_marks(
        test::make_snapshot(test::kFleet + policy("{name: r, require: {knownAccelerators: true}}")));
    CHECK(std::find(all.domains.begin(), all.domains.end(), "nvidia.com") != all.domains.end());
    CHECK(all.prefixes == std::vector<std::string>{"deviceclass.resource.kubernetes.io/"});
    CHECK(is_balanced(cli::asks_for_accelerator(paths, all)));
    CHECK(is_balanced(cli::aims_at_gpu_nodes(paths, all)));
}

TEST_CASE("conditions: paths of templates, odd keys and wildcards") {
    const auto marks = cli::collect_marks(test::make_snapshot(test::kFleet));
    const std::string gpu = "{spec: {containers: [{resources: {limits: {nvidia.com/gpu: 1}}}]}}";
    const std::string cpu = "{spec: {containers: [{resources: {limits: {cpu: 1}}}]}}";
    const auto at = [&](const char* text) {
        return Condition(cli::asks_for_accelerator(std::vector{path(text, Shape::PodTemplate)}, marks));
    };
    CHECK(at("spec.jobTemplate.spec.template").holds("spec: {jobTemplate: {spec: {template: " + gpu + "}}}"));
    CHECK(!at("spec.jobTemplate.spec.template").holds("spec: {template: " + gpu + "}"));
    CHECK(at("spec.'a.b/c'.template").holds("spec: {a.b/c: {template: " + gpu + "}}"));
    const Condition one = at("spec.replicaSpecs.*.template");
    CHECK(one.holds("spec: {replicaSpecs: {Master: {template: " + cpu + "}, Worker: {template: " + gpu +
                    "}}}"));
    CHECK(one.holds("spec: {replicaSpecs: [{template: " + cpu + "}, {template: " + gpu + "}]}"));
    CHECK(!one.holds("spec: {replicaSpecs: [{template: " + cpu + "}]}"));
    const Condition two = at("spec.groups.*.tasks.*");
    CHECK(two.holds("spec: {groups: [{tasks: {a: " + cpu + "}}, {tasks: {b: " + gpu + "}}]}"));
    CHECK(!two.holds("spec: {groups: [{tasks: {a: " + cpu + "}}, {}]}"));
    // Deeper than that is not walked: what may ask is sent.
    CHECK(at("spec.*.*.*").holds("spec: {}"));
    // Several paths, and the same one twice.
    const Condition many(cli::asks_for_accelerator(
        std::vector{path("spec.a", Shape::PodTemplate), path("spec.b.*", Shape::PodTemplate),
                    path("spec.a", Shape::PodTemplate)},
        marks));
    CHECK(many.holds("spec: {b: [" + gpu + "]}"));
    CHECK(many.holds("spec: {a: " + gpu + "}"));
    CHECK(!many.holds("spec: {c: " + gpu + "}"));
}

TEST_CASE("conditions: what a kind's document says of its pods' parts") {
    const auto marks = cli::collect_marks(test::make_snapshot(test::kFleet));
    const auto asks = [&](const workload::PodPath& pod) {
        return Condition(cli::asks_for_accelerator(std::vector{pod}, marks));
    };
    const std::string gpu = "{resources: {limits: {nvidia.com/gpu: 1}}}";
    SECTION("containers and resources by themselves") {
        CHECK(asks(path("spec.model", Shape::Container)).holds("spec: {model: " + gpu + "}"));
        CHECK(asks(path("spec.model", Shape::Container))
                  .holds("spec: {model: {env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]}}"));
        CHECK(!asks(path("spec.model", Shape::Container)).holds("spec: {other: " + gpu + "}"));
        CHECK(asks(path("spec.resources", Shape::Resources)).holds("spec: " + gpu));
        CHECK(!asks(path("spec.resources", Shape::Resources)).holds("spec: {resources: {limits: {cpu: 1}}}"));
    }
    SECTION("containers outside the lists") {
        workload::PodPath pod = path("spec.templates.*", Shape::PodSpecInline);
        pod.containers = {*workload::parse_path("container"), *workload::parse_path("sidecars.*")};
        pod.metadata = workload::parse_path("spec.templates.*.metadata").value();
        CHECK(asks(pod).holds("spec: {templates: [{container: " + gpu + "}]}"));
        CHECK(asks(pod).holds("spec: {templates: [{}, {sidecars: [{}, " + gpu + "]}]}"));
        CHECK(asks(pod).holds("spec: {templates: [{metadata: {annotations: {gpu-memory: '4096'}}}]}"));
        CHECK(!asks(pod).holds("spec: {templates: [{script: " + gpu + "}], container: " + gpu + "}"));
        CHECK(!asks(pod).holds("spec: {templates: [{container: null, sidecars: null, metadata: null}]}"));
    }
    SECTION("one object for pod and container, and its claims") {
        workload::PodPath pod = path("spec", Shape::PodSpecInline);
        pod.containers.emplace_back().text = ".";
        pod.claims = workload::parse_path("draResources").value();
        CHECK(asks(pod).holds("spec: " + gpu));
        CHECK(asks(pod).holds("spec: {draResources: [{resourceClaimName: c}]}"));
        CHECK(!asks(pod).holds("spec: {draResources: []}"));
    }
    SECTION("a count in a field of its own") {
        workload::PodPath pod = path("spec.executor.gpu", Shape::Devices);
        pod.devices = workload::DeviceFields{*workload::parse_path("quantity"), {}, "nvidia.com/gpu"};
        pod.placement = workload::parse_path("spec.executor").value();
        CHECK(asks(pod).holds("spec: {executor: {gpu: {quantity: 1}}}"));
        CHECK(!asks(pod).holds("spec: {executor: {gpu: {name: nvidia.com/gpu}}}"));
        CHECK(!asks(pod).holds("spec: {executor: {gpu: null}}"));
        const Condition aims(cli::aims_at_gpu_nodes(std::vector{pod}, marks));
        CHECK(aims.holds("spec: {executor: {tolerations: [{key: nvidia.com/gpu}]}}"));
        CHECK(!aims.holds("spec: {executor: {tolerations: [{key: other}]}}"));
    }
}

TEST_CASE("conditions: updates of metadata alone stay in the API server") {
    const std::string pod = cli::changes_what_is_judged(std::vector{path("spec", workload::Shape::PodSpec)});
    CHECK(pod.find("object == null || oldObject == null || object.?spec != oldObject.?spec") == 0);
    const std::string two = cli::changes_what_is_judged(std::vector{
        path("spec.template", workload::Shape::PodTemplate), path("template", workload::Shape::PodTemplate)});
    CHECK(has(two, "object.?spec != oldObject.?spec || object.?template != oldObject.?template"));
    // An expression may look at more of the spec than its pods.
    const std::string elsewhere =
        cli::changes_what_is_judged(std::vector{path("template", workload::Shape::PodTemplate)});
    CHECK(has(elsewhere, "object.?spec != oldObject.?spec || object.?template != oldObject.?template"));
    // A pod's own annotations can ask for a share of a GPU; a template's lie within its spec.
    CHECK(has(pod, "'gpu-fraction'"));
    CHECK(has(pod, "object.?metadata.?annotations[?a] != oldObject.?metadata.?annotations[?a]"));
    CHECK(!has(two, "annotations"));
    CHECK(is_balanced(pod));
}

TEST_CASE("conditions: null where a list or map is meant is as good as nothing") {
    const auto marks = cli::collect_marks(test::make_snapshot(test::kFleet));
    const std::vector paths{path("spec.*.template", Shape::PodTemplate), path("spec", Shape::PodSpec)};
    const Condition asks(cli::asks_for_accelerator(paths, marks));
    const Condition aims(cli::aims_at_gpu_nodes(paths, marks));
    for (const char* object :
         {"spec: null", "spec: {a: null}", "spec: {a: {template: null}}",
          "spec: {a: {template: {spec: null}}}",
          "spec: {a: {template: {metadata: null, spec: {containers: null, volumes: null, tolerations: "
          "null}}}}",
          "spec: {a: {template: {spec: {containers: [null, {env: null, resources: {limits: null}}]}}}}",
          "spec: {a: {template: {metadata: {annotations: null}, spec: {nodeSelector: null, affinity: "
          "null}}}}",
          "metadata: null"}) {
        INFO(object);
        CHECK(!asks.holds(object));
        CHECK(!aims.holds(object));
    }
}

TEST_CASE("conditions: a Fleet's taints and labels lead to the entry that fails open") {
    const auto marks = cli::collect_marks(test::make_snapshot(R"(apiVersion: tollgate.dev/v1alpha1
kind: Fleet
metadata: {name: f}
spec:
  pools:
  - name: a
    gpu: NVIDIA-L4
    gpusPerNode: 1
    price: 1
    nodeSelector: {example.com/pool: it's}
    tolerations: [{key: example.com/dedicated, operator: Exists}]
)"));
    const std::string text =
        cli::aims_at_gpu_nodes(std::vector{path("spec", workload::Shape::PodSpec)}, marks);
    CHECK(has(text, "'example.com/dedicated'"));
    CHECK(has(text, "'example.com/pool=it\\'s'"));
    CHECK(has(text, "'nvidia.com/gpu.product'"));
    CHECK(is_balanced(text));
}
