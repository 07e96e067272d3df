// SPDX-License-Identifier: Apache-2.0
#include "policies/load.hpp"

#include "engine/base/limits.hpp"
#include "policies/case_file.hpp"
#include "policies/codes.hpp"
#include "policies/embedded.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace tollgate::policies {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNow = 1'795'305'600'000;  // 2026-11-22T00:00:00Z

std::string policy_text(const std::string& name) {
    return "apiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: " + name +
           "}\nspec: {rules: [{name: r, limits: {gpusPerPod: 8}}]}\n";
}

/// A folder of its own below the build's temporary files, removed at the end.
class Folder {
  public:
    Folder()
        : path_(fs::temp_directory_path() /
                ("tollgate-load-" + std::to_string(counter_++) + "-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
    }
    fs::path operator/(const std::string& name) const { return path_ / name; }
    std::string string() const { return path_.string(); }

  private:
    static inline int counter_ = 0;
    fs::path path_;
};

std::string messages(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics) out += render(diagnostic);
    return out;
}

std::string names(const LoadedDocuments& loaded) {
    std::string out;
    for (const rules::Policy& policy : loaded.policies) out += policy.name + " ";
    return out;
}

}  // namespace

TEST_CASE("directories are walked in name order, and only documents are read") {
    const Folder folder;
    folder.write("b.yaml", policy_text("b"));
    folder.write("a/z.yml", policy_text("az"));
    folder.write("a/y.json", R"({"apiVersion": "tollgate.dev/v1alpha1", "kind": "CostPolicy",
        "metadata": {"name": "ay"}, "spec": {"rules": [{"name": "r", "limits": {"gpusPerPod": 8}}]}})");
    folder.write("c.txt", "not: [read");
    folder.write("kustomization.yaml", "resources: [b.yaml]\n");
    folder.write("b.case.yaml", "cases: []\n");
    folder.write(".hidden/d.yaml", "not: [read");
    const LoadedDocuments loaded = load_paths({folder.string()}, {kNow, ""});
    INFO(messages(loaded.diagnostics));
    CHECK(loaded.ok());
    CHECK(names(loaded) == "ay az b ");
    CHECK(loaded.sources.size() == 3);
    Diagnostics diagnostics;
    CHECK(list_case_files({folder.string()}, diagnostics).size() == 1);
}

TEST_CASE("a ConfigMap mount is read once, through its links") {
    const Folder folder;
    folder.write("..2026_11_22/p.yaml", policy_text("p"));
    fs::create_directory_symlink("..2026_11_22", folder / "..data");
    fs::create_symlink("..data/p.yaml", folder / "p.yaml");
    const LoadedDocuments loaded = load_paths({folder.string()}, {kNow, ""});
    INFO(messages(loaded.diagnostics));
    CHECK(loaded.ok());
    CHECK(names(loaded) == "p ");
}

TEST_CASE("what cannot be read is said, and the rest is still read") {
    const Folder folder;
    folder.write("p.yaml", policy_text("p"));
    fs::create_symlink("nowhere.yaml", folder / "q.yaml");
    fs::create_directory_symlink(".", folder / "loop");
    const LoadedDocuments loaded =
        load_paths({folder.string() + "/p.yaml", folder.string() + "/q.yaml", "/does/not/exist"}, {kNow, ""});
    CHECK_FALSE(loaded.ok());
    CHECK(names(loaded) == "p ");
    REQUIRE(loaded.diagnostics.size() == 2);
    CHECK(loaded.diagnostics[0].code == row(DocCode::Unreadable).id);
    CHECK_FALSE(load_paths({folder.string()}, {kNow, ""}).ok());  // the loop ends
}

TEST_CASE("a directory without documents is no gate without policies") {
    const Folder folder;
    folder.write("docs/p.yaml", policy_text("p"));
    folder.write("empty/README.txt", "nothing here\n");
    folder.write("empty/kustomization.yaml", "resources: []\n");
    folder.write("empty/p.case.yaml", "cases: []\n");
    fs::create_directories(folder / "empty/below");
    const std::string docs = folder.string() + "/docs", empty = folder.string() + "/empty";
    CHECK(load_paths({docs}, {kNow, ""}).ok());
    const LoadedDocuments both = load_paths({docs, empty}, {kNow, ""});
    REQUIRE(both.diagnostics.size() == 1);
    CHECK(both.diagnostics[0].code == row(DocCode::Unreadable).id);
    CHECK(both.diagnostics[0].file == empty);
    CHECK_FALSE(both.ok());
    folder.write("empty/below/q.yaml", policy_text("q"));
    CHECK(load_paths({docs, empty}, {kNow, ""}).ok());
    CHECK(load_paths({docs, empty + "/p.case.yaml"}, {kNow, ""})
              .ok());  // `lint policies/*.yaml` names these too
    Diagnostics diagnostics;
    CHECK(list_case_files({docs}, diagnostics).empty());
    CHECK(diagnostics.empty());  // that is for `test` to say
}

TEST_CASE("the items of a List are documents") {
    const Result<std::string> text = read_file("tests/golden/documents/good-list/input.yaml", 1 << 20);
    REQUIRE(text.has_value());
    const LoadedDocuments loaded = load_sources({{"p.yaml", *text}}, {kNow, ""});
    CHECK(names(loaded) == "p0 p1 ");
}

TEST_CASE("a kind that names no controllers has kube-system's") {
    const auto load = [](const std::string& controllers) {
        const LoadedDocuments loaded = load_sources({{"k.yaml", R"(
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: mine}
spec: {group: example.com, versions: [v1], kind: Mine, pods: [{path: spec.template}])" +
                                                                    controllers + "}\n"}},
                                                    {kNow, ""});
        INFO(messages(loaded.diagnostics));
        REQUIRE(loaded.ok());
        const auto mine = std::find_if(loaded.kinds.begin(), loaded.kinds.end(),
                                       [](const auto& kind) { return kind.kind == "Mine"; });
        REQUIRE(mine != loaded.kinds.end());
        return std::set<std::string>(mine->controllers.begin(), mine->controllers.end());
    };
    std::set<std::string> expected = {"system:kube-controller-manager"};
    for (const char* name :
         {"job", "replicaset", "statefulset", "daemon-set", "deployment", "cronjob", "replication"}) {
        expected.insert("system:serviceaccount:kube-system:" + std::string(name) + "-controller");
    }
    CHECK(load("") == expected);
    CHECK(load(", controllers: [ada]") == std::set<std::string>{"ada"});
    const LoadedDocuments plain = load_sources({}, {kNow, ""});
    const auto pod = std::find_if(plain.kinds.begin(), plain.kinds.end(),
                                  [](const workload::KindSpec& kind) { return kind.kind == "Pod"; });
    REQUIRE(pod != plain.kinds.end());
    CHECK(pod->controllers.empty());  // a Pod makes no pods
}

TEST_CASE("labels of namespaces need Namespaces where nobody else knows them") {
    const std::string text = R"(
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: p}
spec:
  match: {namespaceSelector: {matchLabels: {tier: free}}}
  exclude: [{namespaceSelector: {matchLabels: {tier: paid}}}]
  rules: [{name: r, require: {labels: [team, {key: cost, in: [Namespace]}]}}]
---
apiVersion: tollgate.dev/v1alpha1
kind: CostException
metadata: {name: e}
spec:
  {rules: [p], match: {namespaceSelector: {matchLabels: {tier: free}}}, reason: r, approvedBy: a, maxHourlyCost: 1,
   expires: 2026-12-01T00:00:00Z}
)";
    CHECK(load_sources({{"p.yaml", text}}, {kNow, ""}).ok());
    const LoadOptions needed{kNow, "", true};
    const LoadedDocuments refused = load_sources({{"p.yaml", text}}, needed);
    REQUIRE(refused.diagnostics.size() == 4);
    std::string places;
    for (const Diagnostic& each : refused.diagnostics) {
        CHECK(each.code == row(DocCode::NamespacesUnknown).id);
        CHECK(each.severity == Severity::Error);
        places += std::to_string(each.span.line) + ":" + std::to_string(each.span.column) + " ";
    }
    CHECK(places == "6:11 7:14 8:58 14:24 ");
    const std::string ns = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: research}\n";
    CHECK(load_sources({{"p.yaml", text + ns}}, needed).ok());
}

TEST_CASE("a user's kind replaces the built-in one") {
    const std::string own = R"(
apiVersion: tollgate.dev/v1alpha1
kind: WorkloadKind
metadata: {name: my-job}
spec: {group: batch, versions: [v1], kind: Job, class: Training, pods: [{path: spec.template}]}
)";
    const LoadedDocuments plain = load_sources({}, {kNow, ""});
    const LoadedDocuments mine = load_sources({{"k.yaml", own}}, {kNow, ""});
    CHECK(plain.ok());
    CHECK(mine.ok());
    CHECK(mine.kinds.size() == plain.kinds.size());
    const auto job = std::find_if(mine.kinds.begin(), mine.kinds.end(), [](const auto& kind) {
        return kind.group == "batch" && kind.kind == "Job";
    });
    REQUIRE(job != mine.kinds.end());
    CHECK(job->name == "my-job");
    CHECK(job->cls == workload::Class::Training);
}

TEST_CASE("the library is without fault on each sample fleet") {
    REQUIRE(embedded_fleet_names().size() == 3);
    for (const std::string_view fleet : embedded_fleet_names()) {
        INFO(fleet);
        std::vector<SourceFile> sources = {{"fleet.yaml", std::string(embedded_fleet(fleet))}};
        for (const EmbeddedFile& file : embedded_files()) {
            if (file.path.find("policies/library/") == 0) {
                sources.push_back({std::string(file.path), std::string(file.bytes)});
            }
        }
        const LoadedDocuments loaded = load_sources(std::move(sources), {kNow, ""});
        CHECK(messages(loaded.diagnostics).empty());
        CHECK(loaded.policies.size() >= 8);
        CHECK(loaded.has_fleet);
        for (const fleet::Pool& pool : loaded.market.pools) {
            INFO(pool.name);
            CHECK(pool.price_per_gpu_hour.has_value());
        }
        for (const rules::Policy& policy : loaded.policies) {
            INFO(policy.name);
            CHECK_FALSE(policy.title.empty());
            CHECK(policy.docs == "https://tollgate.dev/docs/policies/" + policy.name);
            CHECK(fs::exists("docs/policies/" + policy.name + ".md"));
            CHECK(fs::exists("policies/library/" + policy.name + ".case.yaml"));
        }
    }
}

TEST_CASE("what is compiled in is what stands in the folder") {
    for (const EmbeddedFile& file : embedded_files()) {
        INFO(file.path);
        const Result<std::string> bytes = read_file(std::string(file.path), 1 << 20);
        REQUIRE(bytes.has_value());
        CHECK(*bytes == file.bytes);
    }
}

TEST_CASE("without any document the library only warns") {
    const LoadedDocuments loaded = load_embedded({kNow, ""});
    INFO(messages(loaded.diagnostics));
    CHECK(loaded.ok());
    CHECK(loaded.market.fleet_name == "aws-us-east-1");
    CHECK(loaded.policies.size() >= 8);
    for (const rules::Policy& policy : loaded.policies) CHECK(policy.mode == rules::Mode::Warn);
}

TEST_CASE("a fallback fleet prices, but judges no pool names") {
    const std::string text = R"(
apiVersion: tollgate.dev/v1alpha1
kind: CostPolicy
metadata: {name: p}
spec: {rules: [{name: r, rightSize: {pools: [mine]}}]}
)";
    const LoadedDocuments loaded = load_sources({{"p.yaml", text}}, {kNow, "aws"});
    INFO(messages(loaded.diagnostics));
    CHECK(loaded.ok());
    CHECK_FALSE(loaded.has_fleet);
    CHECK(loaded.market.fleet_name == "aws-us-east-1");
}

TEST_CASE("what a policy says arrives typed") {
    const Result<std::string> text = read_file("tests/golden/documents/good-everything/policy.yaml", 1 << 20);
    REQUIRE(text.has_value());
    const LoadedDocuments loaded = load_sources({{"p.yaml", *text}}, {kNow, ""});
    REQUIRE(loaded.policies.size() == 1);
    const rules::Policy& policy = loaded.policies[0];
    CHECK(policy.priority == -5);
    CHECK(policy.match.kinds[0].any_group);
    CHECK(policy.match.kinds[1].group == "serving.kserve.io");
    CHECK(policy.match.selector->requirements.size() == 2);
    CHECK(policy.deny_controlled_pods);
    CHECK(policy.deny_unrewritten);
    REQUIRE(policy.rules.size() == 5);
    const auto& right_size = std::get<rules::RightSize>(policy.rules[0].verb);
    CHECK(right_size.min_saving == Ratio::of(1, 8));
    CHECK(right_size.needs.headroom == Ratio::of(1, 5));
    CHECK(right_size.needs.default_profile == "1g.10gb");
    CHECK(right_size.freed_counts);
    const auto& replace = std::get<rules::Replace>(policy.rules[1].verb);
    CHECK(replace.to_resource == "nvidia.com/mig-1g.10gb");
    CHECK(replace.action == rules::RewriteAction::Require);
    const auto& limits = std::get<rules::Limits>(policy.rules[2].verb);
    CHECK(limits.gpus_per_workload == 0);
    CHECK(limits.gpu_share == Ratio::of(3, 2));
    CHECK(limits.hourly_cost == Money{Ratio::of(50125, 1000)});
    CHECK(std::holds_alternative<rules::Limits::NodeShare>(*limits.cpu_per_gpu));
    const auto& lifetime = std::get<rules::LifetimeRule>(policy.rules[3].verb);
    CHECK(lifetime.max_seconds == 7 * 24 * 3600);
    CHECK(lifetime.default_seconds == 5400);
    const auto& require = std::get<rules::Require>(policy.rules[4].verb);
    REQUIRE(require.labels.size() == 2);
    CHECK(require.labels[0].on_template);
    CHECK(require.labels[1].on_namespace);
    CHECK_FALSE(require.labels[1].on_template);
    CHECK(require.known_accelerators);
}

TEST_CASE("a document that is wrong in very many places is told so once") {
    // One line, with characters of several bytes: the place of each key costs the same wherever it stands.
    std::string text = "apiVersion: tollgate.dev/v1alpha1\nkind: CostPolicy\nmetadata: {name: p}\nspec: {";
    for (int i = 0; i < 30'000; ++i) text += "\"\u00e9" + std::to_string(i) + "\": 1, ";
    const LoadedDocuments loaded = load_sources({{"p.yaml", text + "}\n"}}, {kNow, ""});
    CHECK(loaded.diagnostics.size() == limits::kMaxDiagnostics + 1);
    CHECK(loaded.diagnostics.back().code == row(DocCode::TooMany).id);
    CHECK(loaded.diagnostics.front().source.empty());  // a line of half a megabyte is not carried along
    CHECK_FALSE(loaded.ok());
}

TEST_CASE("codes are unique, named and described") {
    std::set<std::string_view> ids;
    for (const CodeRow& each : all_codes()) {
        CHECK(ids.insert(each.id).second);
        CHECK(find_code(each.id) == &each);
        CHECK(find_code(each.name) == &each);
        CHECK(each.means.back() == '.');
    }
    CHECK(find_code("TG9999") == nullptr);
}

TEST_CASE("case files are read as strictly as documents") {
    const CaseFile good = read_case_file("x.case.yaml", R"(
policies: [p.yaml]
fleet: ../fleets/aws.yaml
now: 2026-11-22T00:00:00Z
cases:
- name: one
  manifest: pod.yaml
  as: {user: alice, groups: [dev]}
  expect: {verdict: Denied, mode: Enforce, findings: [{rule: p/r, message: ab*c}], hourlyBefore: 6.88}
- name: two
  operation: UPDATE
  manifest: {kind: Pod}
  old: {kind: Pod}
  expect: {findings: [], patched: {spec: {a: 1}}}
)");
    INFO(messages(good.diagnostics));
    REQUIRE(good.diagnostics.empty());
    REQUIRE(good.cases.size() == 2);
    CHECK(good.now_unix_ms == kNow);
    CHECK(good.cases[0].manifest.file == "pod.yaml");
    CHECK(good.cases[0].user == "alice");
    CHECK(good.cases[0].expect.findings->front().message_place.line == 9);
    CHECK(good.cases[1].operation == rules::Operation::Update);
    CHECK(good.cases[1].expect.findings->empty());
    CHECK(json::to_json(good.cases[1].expect.patched.root()) == R"({"spec":{"a":1}})");

    const CaseFile bad = read_case_file("x.case.yaml", R"(
polices: [p.yaml]
cases:
- name: one
  manifest: 5
  old: {kind: Pod}
  expect: {verdict: Refused, findings: [{rule: a/b, message: "a(b"}]}
- name: one
  manifest: pod.yaml
  expect: {}
)");
    const std::string said = messages(bad.diagnostics);
    INFO(said);
    CHECK(said.find("did you mean 'policies'?") != std::string::npos);
    CHECK(said.find("policies is missing") != std::string::npos);
    CHECK(said.find("cases[0].manifest: expected an object or the path of a file") != std::string::npos);
    CHECK(said.find("old goes with operation UPDATE") != std::string::npos);
    CHECK(said.find("expected one of Allowed, Rewritten, Denied, Skipped") != std::string::npos);
    CHECK(said.find("message: is no regular expression (RE2): missing )") != std::string::npos);
    CHECK(said.find("another case is called 'one'") != std::string::npos);
    CHECK(said.find("expects nothing, so it cannot fail") != std::string::npos);
}

}  // namespace tollgate::policies
