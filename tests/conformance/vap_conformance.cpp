// SPDX-License-Identifier: Apache-2.0
// Other people's policies with other people's verdicts, where the data is there: TOLLGATE_CEL_DATA names it.
// Documents of ValidatingAdmissionPolicy go through the reader of documents; policies of other publishers
// through the same engine from one common form. Prints a table and every case that differs; exits with 77
// without the data.
//   vap_conformance [PART OF A NAME]
#include "engine/base/json/document.hpp"
#include "engine/vap/evaluate.hpp"
#include "engine/vap/resource.hpp"
#include "policies/load.hpp"
#include "tests/conformance/admission_tables.hpp"
#include "tests/conformance/vap_model.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace tollgate;
namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

json::Document read_json(const fs::path& path) {
    auto document = json::parse(read_text(path));
    if (document) return std::move(*document);
    std::cerr << path << ": " << document.error().message << "\n";
    std::exit(2);
}

/// One Namespace and one param, whatever is asked for.
class CaseWorld final : public vap::World {
  public:
    json::Node find_namespace(std::string_view) const override { return ns; }
    std::vector<json::Node> find_objects(std::string_view, std::string_view) const override {
        return param.exists() ? std::vector{param} : std::vector<json::Node>{};
    }
    json::Node ns, param;
};

vap::GroupVersionKind kind_of(json::Node object) {
    const std::string_view api_version = object["apiVersion"].string();
    const std::size_t slash = api_version.find('/');
    const bool core = slash == std::string_view::npos;
    return {core ? std::string_view{} : api_version.substr(0, slash),
            core ? api_version : api_version.substr(slash + 1), object["kind"].string()};
}

vap::Operation operation_of(std::string_view text) {
    for (const vap::Operation each :
         {vap::Operation::Update, vap::Operation::Delete, vap::Operation::Connect})
        if (text == vap::to_string(each)) return each;
    return vap::Operation::Create;
}

/// Kubernetes trims messages; the data has them as written.
std::string_view without_line_end(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

class Runner {
  public:
    Runner(fs::path data, std::string filter) : data_(std::move(data)), filter_(std::move(filter)) {}

    void run() {
        std::vector<fs::path> folders;
        for (const auto& entry : fs::recursive_directory_iterator(data_ / "policies"))
            if (entry.path().filename() == "cases.json") folders.push_back(entry.path().parent_path());
        std::sort(folders.begin(), folders.end());
        for (const fs::path& folder : folders) policy(folder);
    }
    test::Tallies& tallies() { return tallies_; }

  private:
    void policy(const fs::path& folder) {
        const json::Document cases = read_json(folder / "cases.json");
        const json::Document model = read_json(folder / "vap.json");
        const std::string source = folder.parent_path().filename().string();
        for (const json::Node each : cases.root()["cases"].elements()) {
            if (each["status"].string() != "verified") continue;
            one_case(folder, model.root(), each, tallies_["policies/" + source]);
        }
    }

    static json::Node program_of(json::Node model, std::string_view rule) {
        for (const json::Node each : model["programs"].elements())
            if (each["name"].string() == rule) return each;
        return model["programs"][0];
    }

    static std::vector<vap::Binding> bindings_of(json::Node model, const vap::Policy& policy,
                                                 bool has_param) {
        std::vector<vap::Binding> out;
        for (const json::Node each : model["bindings"].elements()) {
            const json::Node spec = each["spec"];
            vap::Binding binding{
                std::string(each["metadata"]["name"].string()), policy.name, {}, {}, true, false, false};
            if (spec["matchResources"].is_object())
                binding.match = test::read_match_resources(spec["matchResources"]);
            if (spec["paramRef"].is_object())
                binding.params = {std::string(spec["paramRef"]["name"].string()), "", {}, false};
            out.push_back(std::move(binding));
        }
        if (out.empty() && policy.param_kind && has_param)
            out.push_back({"the-param",
                           policy.name,
                           vap::ParamRef{"", "", LabelSelector{}, false},
                           {},
                           true,
                           false,
                           false});
        return out;
    }

    void one_case(const fs::path& folder, json::Node model, json::Node test, test::Tally& tally) {
        const std::string name = folder.filename().string() + ": " + std::string(test["name"].string());
        if (name.find(filter_) == std::string::npos) return;
        ++tally.total;
        const json::Node program = program_of(model, test["rule"].string());
        const bool document = model["flavour"].string() == "vap";
        auto policy = document ? read_document(folder / "policy.yaml", model["name"].string())
                               : test::read_program(program, true);
        if (!policy) return differs(name, policy.error().message);
        auto untyped = test::read_program(program, false);
        std::deque<json::Document> documents;
        const auto load = [&](std::string_view field) {
            const std::string_view file = test[field].string();
            return file.empty() ? json::Node() : documents.emplace_back(read_json(folder / file)).root();
        };
        CaseWorld world;
        world.ns = load("namespaceObject");
        world.param = load("params");
        const json::Node object = load("object");
        const std::string resource = vap::resource_of(object["kind"].string());
        const vap::Input input = input_of(test, object, load("oldObject"), resource);
        const bool has_param = world.param.exists();
        judge(name, test, vap::judge(set_of(model, std::move(*policy), has_param), input, world), tally);
        if (untyped)
            compare_cost(name, test["cel_go"]["cost"].text(),
                         vap::judge(set_of(model, std::move(*untyped), has_param), input, world), tally);
    }

    /// As the product reads it.
    static Result<vap::Policy> read_document(const fs::path& path, std::string_view name) {
        policies::LoadedDocuments loaded =
            policies::load_sources({{path.string(), read_text(path)}}, policies::LoadOptions{});
        std::string problems;
        for (const Diagnostic& each : loaded.diagnostics)
            if (each.severity == Severity::Error) problems += render(each);
        if (!problems.empty()) return fail(problems);
        for (vap::Policy& each : loaded.admission_policies)
            if (each.name == name) return std::move(each);
        return fail("no policy of this name in " + path.string());
    }

    static vap::PolicySet set_of(json::Node model, vap::Policy policy, bool has_param) {
        std::vector<vap::Binding> bindings = bindings_of(model, policy, has_param);
        std::vector<vap::Policy> policies;
        policies.push_back(std::move(policy));
        return vap::PolicySet(std::move(policies), std::move(bindings));
    }

    static vap::Input input_of(json::Node test, json::Node object, json::Node old_object,
                               std::string_view resource) {
        vap::Input input;
        input.object = object;
        input.old_object = old_object;
        input.kind = kind_of(object);
        input.resource = {input.kind.group, input.kind.version, resource};
        input.subresource = test["subresource"].string();
        input.name = object["metadata"]["name"].string();
        const std::string_view ns = object["metadata"]["namespace"].string();
        if (!vap::is_cluster_scoped(input.kind.group, input.kind.kind))
            input.ns = ns.empty() ? "default" : ns;
        input.operation = operation_of(test["operation"].string());
        return input;
    }

    void judge(const std::string& name, json::Node test, const vap::Outcome& outcome, test::Tally& tally) {
        const std::string_view expected = test["expected"].string();
        const bool denied = outcome.denial() != nullptr;
        if (denied != (expected == "deny"))
            return differs(name, "want " + std::string(expected) + ", got " +
                                     (denied ? "deny: " + outcome.denial()->message : "allow"));
        if (expected == "skip" && outcome.applied > 0) return differs(name, "want skip, it was judged");
        ++tally.passed;
        compare_messages(name, test["cel_go"]["failing_validations"], outcome, tally);
    }

    /// Where the data was counted, messages did not pay again for variables that validations had asked for.
    static void compare_cost(const std::string& name, std::string_view wanted, const vap::Outcome& outcome,
                             test::Tally& tally) {
        const std::uint64_t cost = outcome.cost - outcome.repeated_cost;
        ++tally.costs;
        tally.right_costs += wanted == std::to_string(cost) ? 1U : 0U;
        if (wanted != std::to_string(cost))
            std::cout << "COST " << name << ": want " << wanted << ", got " << cost << "\n";
    }

    static void compare_messages(const std::string& name, json::Node wanted, const vap::Outcome& outcome,
                                 test::Tally& tally) {
        std::size_t at = 0;
        for (const json::Node each : wanted.elements()) {
            ++tally.messages;
            const vap::Finding* found = at < outcome.findings.size() ? &outcome.findings[at++] : nullptr;
            const bool is_error = each["error"].exists();
            const std::string_view text = without_line_end(each["message"].string());
            const bool right = found != nullptr && found->is_error == is_error &&
                               (is_error || (text.empty() || found->message == text));
            tally.right_messages += right ? 1U : 0U;
            if (!right)
                std::cout << "MESSAGE " << name << ": want " << json::to_json(each) << "\n  got  "
                          << (found == nullptr ? "nothing" : found->message) << "\n";
        }
    }

    static void differs(const std::string& name, const std::string& how) {
        std::cout << "FAIL " << name << ": " << how << "\n";
    }

    fs::path data_;
    std::string filter_;
    test::Tallies tallies_;
};

}  // namespace

int main(int argc, char** argv) {
    const char* data = std::getenv("TOLLGATE_CEL_DATA");
    if (data == nullptr || !fs::exists(fs::path(data) / "policies")) {
        std::cout << "vap_conformance: not run: TOLLGATE_CEL_DATA names no folder with the data\n";
        return 77;
    }
    Runner runner(data, argc > 1 ? argv[1] : "");
    runner.run();
    for (const auto& entry : fs::directory_iterator(fs::path(data) / "kubernetes"))
        if (entry.path().filename().string().starts_with("admission_"))
            test::run_admission_table(read_json(entry.path()).root(), runner.tallies());
    return test::print_table(runner.tallies());
}
