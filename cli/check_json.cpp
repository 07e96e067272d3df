// SPDX-License-Identifier: Apache-2.0
// The shape of `check -o json` is a contract; fields may be added, never renamed.
#include "cli/check_output.hpp"
#include "cli/yaml_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

Json money(const std::optional<Money>& amount) {
    return amount && amount->usd.is_known() ? Json(to_decimal_string(*amount)) : Json(nullptr);
}

Json cost(const decide::Cost& cost) {
    return {{"hourly", money(cost.hourly)}, {"total", money(cost.total)}};
}

Json object_of(const ObjectName& name) {
    return {{"apiVersion", name.api_version},
            {"kind", name.kind},
            {"namespace", name.name_space},
            {"name", name.name}};
}

Json demand_of(const decide::Decision& decision) {
    Json out = Json::array();
    for (const decide::DemandLine& line : decision.demand) {
        out.push_back({{"path", line.path},
                       {"replicas", line.replicas ? Json(*line.replicas) : Json(nullptr)},
                       {"resource", line.resource},
                       {"count", line.count}});
    }
    return out;
}

Json findings_of(const decide::Decision& decision) {
    Json out = Json::array();
    for (const decide::Finding& finding : decision.findings) {
        const bool priced = finding.hourly.usd.is_known() && !finding.hourly.usd.is_zero();
        out.push_back({{"policy", finding.by.policy},
                       {"rule", finding.by.rule},
                       {"action", rules::to_string(finding.action)},
                       {"field", finding.field},
                       {"message", finding.what},
                       {"fix", finding.fix},
                       {"hourly", priced ? Json(to_decimal_string(finding.hourly)) : Json(nullptr)}});
        if (!finding.note.empty()) out.back()["note"] = finding.note;
    }
    return out;
}

/// What kubectl would print, and what it would not. Said once: kubectl's lines tell of errors and of unknown
/// kinds already.
Json warnings_of(const Judged& judged) {
    const decide::Decision& decision = judged.review.decision;
    Json out = Json::array();
    for (const std::string& note : judged.notes) {
        const bool repeats =
            note == unknown_kind_text(judged) ||
            std::any_of(decision.errors.begin(), decision.errors.end(),
                        [&](const decide::EvalError& error) { return note == error_text(error); });
        if (!repeats || decision.warnings.empty()) out.push_back(note);
    }
    for (const std::string& warning : decision.warnings) out.push_back(warning);
    return out;
}

Json result_of(const Judged& judged) {
    const decide::Decision& decision = judged.review.decision;
    Json out = {{"file", judged.file},
                {"document", judged.document},
                {"object", object_of(judged.object)},
                {"verdict", to_string(judged.outcome)},
                {"demand", demand_of(decision)},
                {"cost", {{"before", cost(decision.before)}, {"after", cost(decision.after)}}},
                {"findings", findings_of(decision)},
                {"patch", Json::parse(patch::to_json(decision.effect))},
                {"warnings", warnings_of(judged)},
                {"error", judged.error.empty() ? Json(nullptr) : Json(judged.error)}};
    Json annotations = Json::object();
    for (const auto& [key, value] : decision.audit_annotations)  // of admission policies: "policy/key"
        if (key.find('/') != std::string::npos) annotations[key] = value;
    if (!annotations.empty()) out["auditAnnotations"] = std::move(annotations);
    if (!decision.exempt.empty()) out["exempt"] = decision.exempt;  // why it was not judged
    return out;
}

Json budget_of(const decide::Spending& spending) {
    const rules::CostBudget& budget = *spending.budget;
    Json objects = Json::array();
    for (const decide::Expense* expense : spending.known) {
        objects.push_back({{"name", expense->name}, {"hourly", money(expense->hourly)}});
    }
    const auto action = spending.action();
    return {{"name", budget.name},
            {"exceeded", spending.exceeded()},
            {"action", action ? Json(rules::to_string(*action)) : Json(nullptr)},
            {"hourly", money(spending.hourly)},
            {"monthly", money(spending.monthly())},
            {"allowedHourly", money(budget.hourly)},
            {"allowedMonthly", money(budget.monthly)},
            {"objects", std::move(objects)},
            {"uncounted", spending.uncounted},
            {"message", decide::describe(spending)}};
}

Json all_results(const std::vector<Judged>& results, const Budgets& budgets) {
    Json list = Json::array();
    for (const Judged& judged : results) list.push_back(result_of(judged));
    const Summary summary = summarize(results);
    Json out = {{"results", std::move(list)},
                {"summary",
                 {{"documents", summary.documents},
                  {"allowed", summary.allowed},
                  {"rewritten", summary.rewritten},
                  {"denied", summary.denied},
                  {"skipped", summary.skipped},
                  {"errors", summary.errors}}}};
    if (!budgets.empty()) {
        out["budgets"] = Json::array();
        for (const decide::Spending& spending : budgets) out["budgets"].push_back(budget_of(spending));
    }
    return out;
}

/// Text of foreign manifests need not be UTF-8 throughout (a lone surrogate survives reading): replaced on
/// output.
std::string dump(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string_view sarif_level(decide::Action action) {
    switch (action) {
        case decide::Action::Deny:
            return "error";
        case decide::Action::Warn:
            return "warning";
        case decide::Action::Audit:
            return "note";
    }
    return "none";
}

Json sarif_result(const Judged& judged, const std::string& rule, std::string_view level,
                  const std::string& text) {
    return {{"ruleId", rule},
            {"level", level},
            {"message", {{"text", text}}},
            {"locations", Json::array({{{"physicalLocation",
                                         {{"artifactLocation", {{"uri", judged.file}}},
                                          {"region", {{"startLine", judged.line}}}}}}})}};
}

}  // namespace

std::string check_json(const std::vector<Judged>& results, const Budgets& budgets) {
    return dump(all_results(results, budgets), 2) + "\n";
}

std::string check_yaml(const std::vector<Judged>& results, const Budgets& budgets) {
    const auto document = json::parse(dump(all_results(results, budgets), -1));
    return document ? to_yaml(document->root()) : "";
}

std::string check_sarif(const std::vector<Judged>& results, const Budgets& budgets) {
    Json found = Json::array();
    Json rules = Json::array();
    std::vector<std::string> known;
    const auto add = [&](const Judged& judged, const std::string& rule, std::string_view level,
                         const std::string& text) {
        if (std::find(known.begin(), known.end(), rule) == known.end()) {
            known.push_back(rule);
            rules.push_back({{"id", rule}});
        }
        found.push_back(sarif_result(judged, rule, level, text));
    };
    for (const Judged& judged : results) {
        if (judged.outcome == Outcome::Error) add(judged, "unreadable", "error", judged.error);
        for (const decide::Finding& finding : judged.review.decision.findings) {
            std::string text = finding.field.empty() ? finding.what : finding.field + ": " + finding.what;
            if (!finding.fix.empty()) text += "\nfix: " + finding.fix;
            add(judged, std::string(finding.by.policy) + "/" + std::string(finding.by.rule),
                sarif_level(finding.action), text);
        }
    }
    for (const decide::Spending& spending : budgets) {
        const auto action = spending.action();
        if (!action) continue;
        const std::string rule = "CostBudget/" + spending.budget->name;
        rules.push_back({{"id", rule}});
        found.push_back({{"ruleId", rule},
                         {"level", sarif_level(*action)},
                         {"message", {{"text", decide::describe(spending)}}}});
    }
    const Json sarif = {
        {"version", "2.1.0"},
        {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
        {"runs", Json::array({{{"tool", {{"driver", {{"name", "tollgate"}, {"rules", rules}}}}},
                               {"results", found}}})}};
    return dump(sarif, 2) + "\n";
}

std::string check_patched(const std::vector<Judged>& results) {
    std::string out;
    for (const Judged& judged : results) {
        if (judged.outcome == Outcome::Error) continue;
        const json::Node patched = judged.review.patched.root();
        const json::Node object = patched.exists() ? patched : judged.before;
        if (!object.exists()) continue;
        if (!out.empty()) out += "---\n";
        out += to_yaml(object);
    }
    return out;
}

}  // namespace tollgate::cli
