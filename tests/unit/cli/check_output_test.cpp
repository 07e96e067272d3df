// SPDX-License-Identifier: Apache-2.0
#include "cli/check_output.hpp"

#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <utility>
#include <vector>

using namespace tollgate;
using cli::Judged;
using cli::Outcome;

namespace {

Judged hostile() {
    Judged judged;
    judged.file = "a,b:c%.yaml";
    judged.line = 7;
    judged.object = {"v1", "Pod", "n", "<x>&\"'"};
    judged.outcome = Outcome::Denied;
    judged.review.decision.message = "two\nlines <script> \x01 ]]>";
    decide::Finding finding;
    finding.by = {"p", "r"};
    finding.what = "50% of\nit <b>";
    judged.review.decision.findings.push_back(finding);
    return judged;
}

/// Results are moved, never copied.
template <class... Each>
std::vector<Judged> list(Each... each) {
    std::vector<Judged> all;
    (all.push_back(std::move(each)), ...);
    return all;
}

}  // namespace

TEST_CASE("output: XML holds whatever an object is called") {
    CHECK(cli::xml_escape("<a b=\"c\">&'\n\x01") == "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;?");
    const std::string text = cli::check_junit(list(hostile()));
    CHECK(text.find("<script>") == std::string::npos);
    CHECK(text.find('\x01') == std::string::npos);
}

TEST_CASE("output: a workflow command stays one line, and its parts stay apart") {
    const std::string text = cli::check_github(list(hostile()));
    CHECK(text == "::error file=a%2Cb%3Ac%25.yaml,line=7,title=p/r::pod/<x>&\"' in n: 50%25 of%0Ait <b>\n");
}

TEST_CASE("output: money that is unknown is null, counts are summed by verdict") {
    Judged unknown = hostile();
    unknown.review.decision.demand.push_back({"spec", "nvidia.com/gpu", "1", 1});
    unknown.review.decision.interesting = true;
    Judged error;
    error.outcome = Outcome::Error;
    error.error = "x.yaml:1:1: no";
    const std::vector<Judged> results = list(std::move(unknown), std::move(error));
    const auto json = nlohmann::json::parse(cli::check_json(results));
    CHECK(json["results"][0]["cost"]["before"]["hourly"].is_null());
    CHECK(json["results"][0]["findings"][0]["hourly"].is_null());
    CHECK(json["results"][1]["error"] == "x.yaml:1:1: no");
    CHECK(json["summary"]["documents"] == 2);
    CHECK(json["summary"]["denied"] == 1);
    CHECK(json["summary"]["errors"] == 1);
    CHECK(cli::summarize(results).unknown_costs == 1);
}

TEST_CASE("output: what was not judged has no cost that could be unknown") {
    Judged exempt;
    exempt.outcome = Outcome::Skipped;
    exempt.review.decision.exempt = "metadata-only update";
    exempt.review.decision.interesting = true;
    exempt.review.decision.demand.push_back({"spec", "nvidia.com/gpu", "1", 1});
    const std::vector<Judged> results = list(std::move(exempt));
    CHECK(cli::summarize(results).unknown_costs == 0);
    std::ostringstream out;
    const std::string text = cli::check_text(results, {out, out, false, false});
    CHECK(text.find("asks for: 1 nvidia.com/gpu") != std::string::npos);
    CHECK(text.find("not judged: metadata-only update") != std::string::npos);
    CHECK(text.find("cost") == std::string::npos);
}

TEST_CASE("output: what admission policies find names the binding and the reason") {
    const auto judged = [] {
        Judged by_policy;
        by_policy.outcome = Outcome::Allowed;
        by_policy.review.decision.exempt = "metadata-only update";
        by_policy.review.decision.admission_policies = 1;
        decide::Finding finding;
        finding.by = {"team", "validations[0]"};
        finding.code = rules::Code::AdmissionPolicy;
        finding.action = decide::Action::Warn;
        finding.subject = "all";
        finding.reason = "Forbidden";
        finding.what = "no team";
        by_policy.review.decision.findings.push_back(finding);
        return list(std::move(by_policy));
    };
    const auto found = nlohmann::json::parse(cli::check_json(judged()))["results"][0]["findings"][0];
    CHECK(found["binding"] == "all");
    CHECK(found["reason"] == "Forbidden");
    std::ostringstream out;
    const std::string text = cli::check_text(judged(), {out, out, false, false});
    CHECK(text.find("warning team/validations[0] (binding all, Forbidden): no team") != std::string::npos);
    CHECK(text.find("not judged by its cost: metadata-only update") != std::string::npos);
    const auto of_cost = nlohmann::json::parse(cli::check_json(list(hostile())))["results"][0]["findings"][0];
    CHECK_FALSE(of_cost.contains("binding"));
}

TEST_CASE("output: an object's own text moves no cursor") {
    Judged evil;
    evil.object = {"v1", "Pod", "n",
                   "a\x1B[2K\xC2\x9B"
                   "1m"};
    evil.notes = {"said\xE2\x80\xAE"};
    std::ostringstream out;
    const std::string text = cli::check_text(list(std::move(evil)), {out, out, false, false});
    CHECK(text.find("pod/a?[2K?1m in n") != std::string::npos);
    CHECK(text.find("warning said?") != std::string::npos);
}

TEST_CASE("output: colour only when asked for") {
    std::ostringstream out;
    std::ostringstream err;
    const cli::Terminal plain{out, err, false, false};
    const cli::Terminal coloured{out, err, true, false};
    CHECK(cli::check_text(list(hostile()), plain).find('\033') == std::string::npos);
    CHECK(cli::check_text(list(hostile()), coloured).find('\033') != std::string::npos);
}

TEST_CASE("output: what could not be judged is said once among the warnings") {
    const auto warnings = [](bool of_kubectl) {
        Judged judged;
        judged.outcome = Outcome::Allowed;
        judged.review.decision.errors.push_back(
            {"p", "r", "price_unknown", "no price", rules::Failure::Allow});
        judged.notes = {"p/r could not be judged: no price", "a.yaml:1:1: a key stands twice"};
        if (of_kubectl) judged.review.decision.warnings = {"tollgate: p/r could not be judged: no price"};
        return nlohmann::json::parse(cli::check_json(list(std::move(judged))))["results"][0]["warnings"];
    };
    CHECK(warnings(true) ==
          nlohmann::json({"a.yaml:1:1: a key stands twice", "tollgate: p/r could not be judged: no price"}));
    // Controllers are sent no warnings; here it is said all the same.
    CHECK(warnings(false) ==
          nlohmann::json({"p/r could not be judged: no price", "a.yaml:1:1: a key stands twice"}));
}
