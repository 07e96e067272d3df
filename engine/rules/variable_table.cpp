// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/variable_table.hpp"

#include "engine/base/result.hpp"
#include "engine/rules/kubernetes_variables.hpp"
#include "engine/rules/money_functions.hpp"

#include <array>
#include <map>
#include <utility>
#include <vector>

namespace tollgate::rules {
namespace {

using cel::Type;

constexpr std::array kRows{
    VariableRow{"object", "dyn", "The object under review, as its pods will be after rewriting."},
    VariableRow{"oldObject", "dyn", "On UPDATE the object as it was; `null` on CREATE."},
    VariableRow{"request", "AdmissionRequest",
                "The request, with the fields that ValidatingAdmissionPolicy has."},
    VariableRow{"namespaceObject", "Namespace",
                "The object's Namespace. Reading it is an error where the Namespace is not known."},

    VariableRow{"workload", "object",
                "What the object asks for, whatever its kind. The same for a workload and its pods, but for "
                "what a Pod cannot know: how many there are, and what only its workload states."},
    VariableRow{"workload.kind", "string",
                "The kind of the root owner, as `match.kinds` sees it: `Deployment` also for a Pod that a "
                "Deployment's controller made. An owner that the requester only claims does not count."},
    VariableRow{"workload.group", "string", "The API group of that kind; `''` for the core group."},
    VariableRow{"workload.name", "string",
                "The name of that owner, as far as it can be told; of an object without a name yet, its "
                "`generateName`."},
    VariableRow{"workload.namespace", "string", "The object's namespace."},
    VariableRow{"workload.labels", "map(string, string)", "Labels of the object itself."},
    VariableRow{"workload.annotations", "map(string, string)", "Annotations of the object itself."},
    VariableRow{"workload.class", "string",
                "`Training`, `Serving`, `Interactive`, `Batch` or `Unclassified`."},
    VariableRow{"workload.interactive", "bool",
                "Whether somebody sits at it: a notebook, a shell that "
                "sleeps."},
    VariableRow{"workload.replicas", "int", "How many pods run at once. Absent when there is no bound."},
    VariableRow{"workload.gpus", "int",
                "Whole devices of any form that all its pods ask for, as `limits.gpusPerWorkload` counts; on "
                "a Pod the Pod's own. Absent when they cannot be counted."},
    VariableRow{"workload.lifetime", "duration", "How long it may run. Absent when it has no end."},
    VariableRow{"workload.model", "string",
                "What it serves, by the annotation `tollgate.dev/model`. Absent when nobody says."},
    VariableRow{"workload.cost", "object", "What it costs. A field is absent when that is not known."},
    VariableRow{"workload.cost.hourly", "money",
                "Per hour, all pods. Absent also when their number has no "
                "bound."},
    VariableRow{"workload.cost.daily", "money", "24 times that."},
    VariableRow{"workload.cost.total", "money", "Until its lifetime ends. Absent also when it has no end."},
    VariableRow{"workload.pods", "list(object)", "Its pod templates."},
    VariableRow{"workload.pods[].path", "string", "Where the template stands: `spec.template`."},
    VariableRow{"workload.pods[].replicas", "int",
                "Pods of this template that run at once. Absent when there is no bound."},
    VariableRow{"workload.pods[].gpus", "int",
                "Whole devices that one of them asks for. Absent when they cannot be counted."},
    VariableRow{"workload.pods[].labels", "map(string, string)", "Labels of the template."},
    VariableRow{"workload.pods[].annotations", "map(string, string)", "Annotations of the template."},
    VariableRow{"workload.pods[].nodeSelector", "map(string, string)", "`{}` when there is none."},
    VariableRow{"workload.pods[].cpu", "quantity",
                "CPU that the pod requests, by Kubernetes' own rule. Absent when it requests none, or that "
                "cannot be read."},
    VariableRow{"workload.pods[].memory", "quantity", "Memory, likewise."},
    VariableRow{"workload.pods[].demand", "list(object)", "What it asks of accelerators, by resource."},
    VariableRow{"workload.pods[].demand[].resource", "string", "`nvidia.com/gpu`"},
    VariableRow{"workload.pods[].demand[].count", "int", "Absent when it cannot be counted."},
    VariableRow{"workload.pods[].containers", "list(workload.containers[])", "Its containers."},
    VariableRow{"workload.containers", "list(object)",
                "Containers of all templates: init containers, sidecars, main and ephemeral ones."},
    VariableRow{"workload.containers[].name", "string", ""},
    VariableRow{"workload.containers[].role", "string", "`Init`, `Sidecar`, `Main` or `Ephemeral`."},
    VariableRow{"workload.containers[].pod", "int", "Position of its template in `workload.pods`."},
    VariableRow{"workload.containers[].image", "string", "Absent when the container names none."},
    VariableRow{"workload.containers[].gpus", "int",
                "Whole devices that it asks for. Absent when they cannot be counted."},
    VariableRow{"workload.containers[].requests", "map(string, dyn)",
                "`resources.requests` as written, texts and numbers: `quantity(string(c.requests.cpu))`."},
    VariableRow{"workload.containers[].limits", "map(string, dyn)", "`resources.limits` likewise."},

    VariableRow{"saving", "object",
                "What rewriting saves, so far as it is done: in `check` all that will be done to its pods. "
                "The fields are absent when nothing is rewritten; a Pod is judged as it arrived, so on a "
                "Pod that arrives rewritten too."},
    VariableRow{"saving.hourly", "money", "Per hour, all pods."},
    VariableRow{"saving.from", "string", "What it would have run on: `1 nvidia.com/gpu (pool h100)`."},
    VariableRow{"saving.to", "string", "What it runs on instead."},

    VariableRow{"fleet", "object", "What the cluster offers."},
    VariableRow{"fleet.name", "string", "Absent when there is no Fleet."},
    VariableRow{"fleet.pools", "list(object)", "Its pools, in the order of the document."},
    VariableRow{"fleet.pools[].name", "string", ""},
    VariableRow{"fleet.pools[].gpu", "string", "The catalog's name of the GPU: `h100-80-sxm`."},
    VariableRow{"fleet.pools[].gpusPerNode", "int", ""},
    VariableRow{"fleet.pools[].billing", "string", "`OnDemand`, `Spot` or `Committed`."},
    VariableRow{"fleet.pools[].price", "money", "Of a GPU per hour. Absent when no price is known."},
    VariableRow{"fleet.pools[].resources", "list(string)", "What pods ask for there: `nvidia.com/gpu`."},

    VariableRow{"needs", "object",
                "What its pods say they need, or plainly show: the most that any of those says that ask for "
                "an accelerator. A field is absent when none says anything of it."},
    VariableRow{"needs.memory", "quantity", "GPU memory, for each GPU asked for."},
    VariableRow{"needs.compute", "quantity", "Share of the compute of the GPU asked for: `500m` is half."},
    VariableRow{"needs.isolation", "string", "`None`, `Memory` or `Hardware`."},
    VariableRow{"needs.keep", "string", "The reason of `tollgate.dev/keep`; `''` when none is given."},
};

constexpr std::string_view kObject = "object";
constexpr std::string_view kListOf = "list(";

/// "pods" of "workload.pods" below "workload."; "" of what is deeper, and of others.
std::string_view field_below(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return {};
    const std::string_view rest = path.substr(prefix.size());
    return rest.find_first_of(".[") == std::string_view::npos ? rest : std::string_view{};
}

Type type_of(const VariableRow& row);

Type object_at(const std::string& place) {
    std::map<std::string, Type, std::less<>> fields;
    for (const VariableRow& row : kRows)
        if (const std::string_view name = field_below(row.path, place + "."); !name.empty())
            fields.emplace(name, type_of(row));
    TOLLGATE_ASSERT(!fields.empty());
    return cel::object_type(place, std::move(fields));
}

Type simple_type(std::string_view name) {
    if (name == "money") return cel::opaque_type(std::string(kMoneyType));
    if (name == "quantity") return cel::opaque_type("kubernetes.Quantity");
    if (name == "map(string, string)") return cel::declared_type("map<string,string>");
    if (name == "map(string, dyn)") return cel::declared_type("map<string,dyn>");
    return cel::declared_type(name);
}

Type type_of(const VariableRow& row) {
    if (row.type == "AdmissionRequest") return request_type();
    if (row.type == "Namespace") return namespace_type();
    if (row.type == kObject) return object_at(std::string(row.path));
    if (!row.type.starts_with(kListOf)) return simple_type(row.type);
    const std::string_view element = row.type.substr(kListOf.size(), row.type.size() - kListOf.size() - 1);
    if (element == kObject) return cel::list_type(object_at(std::string(row.path) + "[]"));
    if (element.find('[') != std::string_view::npos) return cel::list_type(object_at(std::string(element)));
    return cel::list_type(simple_type(element));
}

std::vector<cel::Variable> declare() {
    std::vector<cel::Variable> variables;
    for (const VariableRow& row : kRows)
        if (row.path.find_first_of(".[") == std::string_view::npos)
            variables.push_back({std::string(row.path), type_of(row)});
    return variables;
}

cel::Environment make_environment() {
    cel::Environment::Options options;
    options.libraries.push_back(money_library());
    return cel::Environment(declare(), std::move(options));
}

std::vector<std::string_view> list_workload_fields() {
    std::vector<std::string_view> fields;
    for (const VariableRow& row : kRows)
        if (const std::string_view name = field_below(row.path, "workload."); !name.empty())
            fields.push_back(name);
    return fields;
}

}  // namespace

std::span<const VariableRow> variable_rows() {
    return kRows;
}

const cel::Environment& expression_environment() {
    static const cel::Environment kEnvironment = make_environment();
    return kEnvironment;
}

std::span<const std::string_view> workload_fields() {
    static const std::vector<std::string_view> kFields = list_workload_fields();
    return kFields;
}

std::string variable_table() {
    std::string out = "| variable | type | what it says |\n|---|---|---|\n";
    for (const VariableRow& row : kRows) {
        out.append("| `").append(row.path).append("` | ").append(row.type).append(" |");
        if (!row.doc.empty()) out.append(" ").append(row.doc);
        out += " |\n";
    }
    return out;
}

}  // namespace tollgate::rules
