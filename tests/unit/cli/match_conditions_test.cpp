// SPDX-License-Identifier: Apache-2.0
// The text of the conditions; that a real API server takes them and what they let through is e2e's part.
#include "cli/match_conditions.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <algorithm>
#include <string>

using namespace tollgate;

namespace {

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
    const decide::Snapshot snapshot =
        test::make_snapshot(test::kFleet + policy("{name: r, limits: {gpusPerPod: 1}}"));
    const auto marks = cli::collect_marks(snapshot);
    const std::string text =
        cli::asks_for_accelerator(std::vector{path("spec", workload::Shape::PodSpec)}, marks);
    for (const char* part :
         {"o.?spec.?containers", "o.?spec.?initContainers", "o.?spec.?ephemeralContainers", ".?limits",
          ".?requests", "o.?spec.?resources", "resourceClaims", "runtimeClassName", "NVIDIA_VISIBLE_DEVICES",
          "hostPath", "o.?metadata.?annotations", "'gpu-fraction'", "'gpu-memory'", "'nvidia.com/gpu'",
          "'nvidia.com/gpu.shared'", "startsWith('nvidia.com/mig-')", "'amd.com/gpu'", "'google.com/tpu'"}) {
        INFO(part);
        CHECK(has(text, part));
    }
    CHECK(is_balanced(text));
    CHECK(has(text, "object != null ? object : oldObject"));
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
    const std::string cron = cli::asks_for_accelerator(
        std::vector{path("spec.jobTemplate.spec.template", workload::Shape::PodTemplate)}, marks);
    CHECK(has(cron, "o.?spec.?jobTemplate.?spec.?template.?spec.?containers"));
    CHECK(has(cron, "o.?spec.?jobTemplate.?spec.?template.?metadata.?annotations"));
    const std::string odd = cli::asks_for_accelerator(
        std::vector{path("spec.'a.b/c'.template", workload::Shape::PodTemplate)}, marks);
    CHECK(has(odd, "o.?spec[?'a.b/c'].?template"));
    const std::string wild = cli::asks_for_accelerator(
        std::vector{path("spec.replicaSpecs.*.template", workload::Shape::PodTemplate)}, marks);
    CHECK(has(wild, "optional.ofNonZeroValue(o.?spec.?replicaSpecs.orValue([])).orValue([])"));
    CHECK(has(wild, "e2.?template.?spec.?containers"));
    for (const std::string& text : {cron, odd, wild}) CHECK(is_balanced(text));
}

TEST_CASE("conditions: bare containers and resources have no pod around them") {
    const auto marks = cli::collect_marks(test::make_snapshot(test::kFleet));
    const std::string container =
        cli::asks_for_accelerator(std::vector{path("spec.model", workload::Shape::Container)}, marks);
    CHECK(has(container, "o.?spec.?model.?resources.?limits"));
    CHECK(!has(container, "containers"));
    const std::string resources =
        cli::asks_for_accelerator(std::vector{path("spec.resources", workload::Shape::Resources)}, marks);
    CHECK(has(resources, "o.?spec.?resources.?limits"));
    CHECK(!has(resources, "NVIDIA"));
    CHECK(is_balanced(container));
    CHECK(is_balanced(resources));
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
    const std::vector paths{path("spec.*.template", workload::Shape::PodTemplate)};
    for (const std::string& text :
         {cli::asks_for_accelerator(paths, marks), cli::aims_at_gpu_nodes(paths, marks)}) {
        // Each default is given twice, inside and after ofNonZeroValue: only so is null turned into it.
        const auto count = [&](const std::string& part) {
            std::size_t found = 0;
            for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
                ++found;
            return found;
        };
        CHECK(count(".orValue([])).orValue([])") * 2 == count(".orValue([])"));
        CHECK(count(".orValue({})).orValue({})") * 2 == count(".orValue({})"));
        CHECK(has(text, "optional.ofNonZeroValue("));
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
