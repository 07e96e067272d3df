// SPDX-License-Identifier: Apache-2.0
// The same verdicts: every rule that `export vap` exports, judged as a cost rule by the decision and as a
// ValidatingAdmissionPolicy by the engine of these, on own objects, and on those that TOLLGATE_CORPUS names.
// Each object as it is created, by several users, and as an update of others of its kind.
#include "cli/export_vap.hpp"
#include "cli/webhook_configuration.hpp"
#include "engine/vap/evaluate.hpp"
#include "policies/load.hpp"
#include "policies/manifest.hpp"

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace tollgate;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kNow = 1'795'348'800'000;  // 2026-11-22T12:00:00Z
constexpr std::size_t kRepeated = 6;              // failures of one kind that are shown
// Pairs of objects of one kind: neighbours, and every so many of the others.
constexpr std::size_t kNear = 6, kEvery = 17;
// Far below Kubernetes' 10,000,000 for a policy, for objects as people write them.
constexpr std::uint64_t kMostCost = 1'000'000;

struct Somebody {
    std::string_view name;
    std::vector<std::string_view> groups;
};
const std::vector<Somebody> kUsers = {
    {"ada", {}},
    {"anna", {"people", "lab-x"}},
    {"bob", {"lab-12"}},
    {"system:node:n1", {"system:nodes"}},
    {"system:serviceaccount:kube-system:replicaset-controller", {}},
    {"system:serviceaccount:kube-system:cronjob-controller", {}},
};

/// Every namespace is there and says the same of itself.
class Town final : public vap::World {
  public:
    Town() : namespace_(*json::parse(R"({"metadata":{"labels":{"area":"red","lab":"yes"}}})")) {}
    json::Node find_namespace(std::string_view) const override { return namespace_.root(); }
    std::vector<json::Node> find_objects(std::string_view, std::string_view) const override { return {}; }

  private:
    json::Document namespace_;
};

decide::Snapshot snapshot_of(const std::vector<std::string>& paths) {
    policies::LoadOptions options;
    options.now_unix_ms = kNow;
    policies::LoadedDocuments loaded = policies::load_paths(paths, options);
    for (const Diagnostic& diagnostic : loaded.diagnostics)
        if (diagnostic.severity == Severity::Error) std::cerr << render(diagnostic);
    if (!loaded.ok()) std::exit(2);
    decide::Snapshot snapshot;
    auto cluster = std::make_shared<rules::ClusterView>();
    cluster->offline_default = true;
    cluster->namespaces[""] = {{"area", "red"}, {"lab", "yes"}};
    snapshot.cluster = std::move(cluster);
    snapshot.market = std::make_shared<const fleet::Market>(std::move(loaded.market));
    snapshot.rules = decide::make_rulebook(std::move(loaded.policies), {}, std::move(loaded.kinds));
    return snapshot;
}

struct Object {
    std::string name;
    json::Node node;
};
using ByKind = std::map<std::string, std::vector<Object>>;

struct Objects {
    std::vector<std::vector<policies::ManifestDocument>> documents;
    ByKind by_kind;

    void add(json::Node node, const std::string& file) {
        if (node["kind"].string() == "List") {
            for (const json::Node item : node["items"].elements()) add(item, file);
            return;
        }
        const std::string kind =
            std::string(node["apiVersion"].string()) + " " + std::string(node["kind"].string());
        by_kind[kind].push_back({file + "#" + std::string(node["metadata"]["name"].string()), node});
    }
    void read(const std::string& file) {
        const auto text = policies::read_file(file, limits::kMaxYamlBytes);
        if (!text) return;
        documents.push_back(policies::load_manifests(file, *text));
        for (const policies::ManifestDocument& document : documents.back())
            if (!has_errors(document.diagnostics))
                add(document.doc.root(), fs::path(file).filename().string());
    }
};

/// "policy/rule" -> what became of it, where it is not let through in silence.
using Results = std::map<std::string, std::string>;

void note(Results& results, const std::string& rule, const std::string& what) {
    std::string& stands = results[rule];
    if (stands != "finding") stands = what;
}

std::string rule_of(std::string_view message) {
    return std::string(message.substr(0, message.find(':')));
}

bool is_about_money(rules::Code code) {
    return code == rules::Code::HourlyCost || code == rules::Code::PodHourlyCost ||
           code == rules::Code::TotalCost;
}

bool may_overlap(json::Node object) {
    const std::string_view policy = object["spec"]["concurrencyPolicy"].string();
    return object["kind"].string() == "CronJob" && policy != "Forbid" && policy != "Replace";
}

/// One container where a list of them is meant: no schema of Kubernetes lets it pass, that of a CRD may.
bool has_misshapen_containers(json::Node node) {
    const json::Node containers = node["containers"];
    if (containers.exists() && !containers.is_null() && !containers.is_array()) return true;
    for (const json::Node element : node.elements())
        if (has_misshapen_containers(element)) return true;
    for (const auto [key, value] : node.members())
        if (has_misshapen_containers(value)) return true;
    return false;
}

class Bench {
  public:
    Bench(std::string name, decide::Snapshot snapshot)
        : name_(std::move(name)), snapshot_(std::move(snapshot)), exported_(cli::export_vap(snapshot_)) {
        auto compiled = cli::compile_vap(exported_.documents);
        if (!compiled) {
            std::cerr << compiled.error().message << "\n";
            std::exit(1);
        }
        set_ = std::move(*compiled);
        for (const cli::VapDocument& document : exported_.documents)
            if (document.is_bound) bounds_.emplace(document.name, document.policy->name);
        for (const cli::VapDocument& document : exported_.documents)
            if (!document.is_bound)
                for (const cli::VapValidation& each : document.validations)
                    rules_.insert(rule_of(each.message));
    }

    void judge(const Object& object, const Object* old, const Somebody& user) {
        const json::Node node = object.node;
        const auto gvk = workload::parse_gvk(node["apiVersion"].string(), node["kind"].string());
        const workload::KindSpec* kind = snapshot_.rules->kinds.find(gvk.group, gvk.version, gvk.kind);
        if (kind == nullptr || !is_exported(*kind)) return;
        decide::Request request;
        request.kind = gvk;
        request.ns = node["metadata"]["namespace"].string();
        if (request.ns.empty()) request.ns = "default";
        request.name = node["metadata"]["name"].string();
        request.operation = old == nullptr ? decide::Operation::Create : decide::Operation::Update;
        request.user.name = user.name;
        request.user.groups = user.groups;
        request.object = node;
        if (old != nullptr) request.old_object = old->node;
        request.now_unix_ms = kNow;
        request.check = true;
        ++judged_;
        compare(object, old, user, by_decision(request), by_policies(request, *kind));
    }

    bool report() const {
        std::cout << std::left << std::setw(28) << name_ << std::right << std::setw(8) << rules_.size()
                  << std::setw(10) << judged_ << std::setw(10) << findings_ << std::setw(9) << errors_
                  << std::setw(9) << dearest_ << std::setw(8) << failed_ << "\n";
        for (const auto& [why, count] : explained_)
            std::cout << "  differs, as documented: " << why << ": " << count << "\n";
        return failed_ == 0 && dearest_ <= kMostCost;
    }
    std::size_t findings() const { return findings_; }

  private:
    /// An error of each rule of a policy.
    void note_all(Results& results, const std::string& policy) const {
        for (const std::string& rule : rules_)
            if (rule.starts_with(policy + "/")) note(results, rule, "error");
    }

    /// Kinds that no document asks for are among the omissions.
    bool is_exported(const workload::KindSpec& kind) const {
        const std::string resource = cli::resource_of(kind);
        return std::any_of(
            exported_.documents.begin(), exported_.documents.end(), [&](const cli::VapDocument& document) {
                return std::any_of(
                    document.rules.begin(), document.rules.end(), [&](const cli::VapRule& rule) {
                        return rule.group == kind.group &&
                               std::find(rule.resources.begin(), rule.resources.end(), resource) !=
                                   rule.resources.end();
                    });
            });
    }

    Results by_decision(const decide::Request& request) {
        const decide::Decision decision = decide::decide(request, snapshot_, {});
        Results results;
        let_through_ = false;
        unheld_.clear();
        for (const rules::Policy& policy : snapshot_.rules->policies) {
            if (decision.controlled && !policy.deny_controlled_pods) continue;
            for (const decide::Finding& finding : decision.findings)
                if (finding.by.policy == policy.name && !is_about_money(finding.code))
                    note(results, policy.name + "/" + std::string(finding.by.rule), "finding");
            for (const decide::EvalError& error : decision.errors) {
                if (error.policy != policy.name || error.reason == "price_unknown") continue;
                if (error.rule.starts_with("exclude[")) {
                    unheld_.insert(policy.name);
                    continue;
                }
                // That a policy cannot be matched is an error of each of its rules.
                if (error.rule.empty())
                    note_all(results, policy.name);
                else if (const std::string rule = policy.name + "/" + error.rule; rules_.contains(rule))
                    note(results, rule, "error");
                let_through_ = let_through_ || error.failure != policy.failure;
            }
        }
        std::erase_if(results, [&](const auto& each) { return !rules_.contains(each.first); });
        return results;
    }

    Results by_policies(const decide::Request& request, const workload::KindSpec& kind) {
        vap::Input input;
        const std::string resource = cli::resource_of(kind);
        input.kind = {request.kind.group, request.kind.version, request.kind.kind};
        input.resource = {request.kind.group, request.kind.version, resource};
        input.name = request.name;
        input.ns = request.ns;
        input.operation =
            request.operation == decide::Operation::Create ? vap::Operation::Create : vap::Operation::Update;
        input.user = request.user.name;
        input.groups = request.user.groups;
        input.object = request.object;
        input.old_object = request.old_object;
        const vap::Outcome outcome = vap::judge(set_, input, town_);
        dearest_ = std::max(dearest_, outcome.cost);
        Results results;
        for (const auto* list : {&outcome.findings, &outcome.ignored}) {
            for (const vap::Finding& finding : *list) {
                if (const auto bound = bounds_.find(finding.policy->name); bound != bounds_.end()) {
                    note_all(results, bound->second);
                    last_error_ = finding.message;
                    continue;
                }
                const bool of_rule = finding.source == vap::Finding::Source::Validation;
                const std::string rule = of_rule ? rule_of(finding.policy->validations[finding.index].message)
                                                 : finding.policy->name + ": " + finding.message;
                note(results, rule, finding.is_error || list == &outcome.ignored ? "error" : "finding");
                if (finding.is_error || list == &outcome.ignored)
                    last_error_ =
                        finding.message.substr(finding.message.rfind("resulted in error") == std::string::npos
                                                   ? 0
                                                   : finding.message.rfind("resulted in error"));
            }
        }
        return results;
    }

    /// Where docs/policy-reference.md says that the two differ.
    std::string explain(const Object& object, const Object* old, const std::string& rule,
                        const std::string& want, const std::string& got) const {
        // Also where the old object is compared by the number of its pods.
        const bool counted =
            old != nullptr || last_error_.find("how many GPUs it asks for in all") != std::string::npos;
        if (counted && (may_overlap(object.node) || (old != nullptr && may_overlap(old->node))))
            return "runs that overlap by their schedule";
        if (got == "error" && last_error_.find("a lifetime written so") != std::string::npos)
            return "fractions of days";
        if (got == "error" && unheld_.contains(rule.substr(0, rule.find('/'))))
            return "excludes whose conditions end in errors";
        const bool misshapen =
            has_misshapen_containers(object.node) || (old != nullptr && has_misshapen_containers(old->node));
        if (got == "error" && misshapen && last_error_.find("no such overload") != std::string::npos)
            return "fields of another type than Kubernetes has";
        const auto& policies = snapshot_.rules->policies;
        const bool by_kind = std::any_of(policies.begin(), policies.end(), [&](const rules::Policy& policy) {
            return !policy.match.kinds.empty() && rule.starts_with(policy.name + "/");
        });
        const auto owned = [](const Object* each) {
            return each != nullptr && each->node["metadata"]["ownerReferences"].size() > 0;
        };
        if (by_kind && want != "pass" && got == "pass" && owned(&object))
            return "owners that are only claimed";
        if (by_kind && want == "pass" && got != "pass" && owned(old)) return "owners that are only claimed";
        return "";
    }

    void compare(const Object& object, const Object* old, const Somebody& user, const Results& want,
                 const Results& got) {
        for (const auto& [rule, what] : want) (what == "error" ? errors_ : findings_) += 1;
        if (let_through_) ++explained_["updates that ask for no more of what cannot be counted"];
        if (want == got) return;
        std::set<std::string> rules;
        for (const Results* each : {&want, &got})
            for (const auto& [rule, what] : *each) rules.insert(rule);
        for (const std::string& rule : rules) {
            const std::string wanted = want.contains(rule) ? want.at(rule) : "pass";
            const std::string is = got.contains(rule) ? got.at(rule) : "pass";
            if (wanted == is) continue;
            if (const std::string why = explain(object, old, rule, wanted, is); !why.empty()) {
                ++explained_[why];
                continue;
            }
            ++failed_;
            if (!shown_.insert(rule + wanted + is).second && shown_.size() > 0 &&
                ++repeated_[rule + wanted + is] > kRepeated)
                continue;
            std::cout << "FAIL " << name_ << ": " << object.name
                      << (old != nullptr ? " from " + old->name : "") << " by " << user.name << ": " << rule
                      << ": the cost rule says " << wanted << ", the exported one " << is
                      << (is == "error" ? " (" + last_error_ + ")" : "") << "\n";
        }
    }

    std::string name_;
    decide::Snapshot snapshot_;
    cli::VapExport exported_;
    vap::PolicySet set_;
    std::set<std::string> rules_;
    std::map<std::string, std::string, std::less<>> bounds_;  // documents that refuse what is too large
    Town town_;
    std::size_t judged_ = 0, findings_ = 0, errors_ = 0, failed_ = 0;
    std::uint64_t dearest_ = 0;
    bool let_through_ = false;
    std::set<std::string> unheld_;  // policies of which an exclude could not be told
    std::string last_error_;
    std::map<std::string, std::size_t> explained_;
    std::set<std::string> shown_;
    std::map<std::string, std::size_t> repeated_;
};

void judge_all(Bench& bench, const ByKind& by_kind, bool every_pair) {
    for (const auto& [kind, objects] : by_kind) {
        for (std::size_t i = 0; i < objects.size(); ++i) {
            for (const Somebody& user : kUsers) {
                bench.judge(objects[i], nullptr, user);
                if (!every_pair) break;
            }
            if (every_pair) {
                for (std::size_t j = 0; j < objects.size(); ++j)
                    if (std::max(i, j) - std::min(i, j) <= kNear || (i + j) % kEvery == 0)
                        bench.judge(objects[i], &objects[j], kUsers[0]);
            } else if (i > 0) {
                bench.judge(objects[i], &objects[i - 1], kUsers[0]);
                bench.judge(objects[i - 1], &objects[i], kUsers[0]);
            }
        }
    }
}

}  // namespace

int main() {
    std::cout << std::left << std::setw(28) << "set" << std::right << std::setw(8) << "rules" << std::setw(10)
              << "judged" << std::setw(10) << "findings" << std::setw(9) << "errors" << std::setw(9)
              << "dearest" << std::setw(8) << "failed"
              << "\n";
    const std::string own = "tests/conformance/vap_export/";
    Objects objects;
    objects.read(own + "objects.yaml");
    Objects corpus;
    const char* folder = std::getenv("TOLLGATE_CORPUS");
    if (folder != nullptr && fs::is_directory(folder)) {
        std::vector<std::string> files;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file() &&
                std::set<std::string>{".yaml", ".yml", ".json"}.contains(entry.path().extension().string()))
                files.push_back(entry.path().string());
        std::sort(files.begin(), files.end());
        for (const std::string& file : files) corpus.read(file);
    } else {
        std::cout << "(TOLLGATE_CORPUS names no folder: own objects alone)\n";
    }
    bool good = true;
    const std::map<std::string, std::vector<std::string>> sets = {
        {"own", {own + "policies.yaml"}},
        {"library",
         {"policies/library/cost-ceiling.yaml", "policies/library/bounded-jobs.yaml",
          "policies/library/gpu-node-hygiene.yaml"}}};
    for (const auto& [name, paths] : sets) {
        Bench bench(name + " policies, own objects", snapshot_of(paths));
        judge_all(bench, objects.by_kind, true);
        good = bench.report() && bench.findings() > 0 && good;
        if (corpus.by_kind.empty()) continue;
        Bench other(name + " policies, corpus", snapshot_of(paths));
        judge_all(other, corpus.by_kind, false);
        good = other.report() && good;
    }
    return good ? 0 : 1;
}
