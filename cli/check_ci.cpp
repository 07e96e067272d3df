// SPDX-License-Identifier: Apache-2.0
// The forms that CI systems read: JUnit XML and GitHub's workflow commands.
#include "cli/check_output.hpp"

#include <algorithm>
#include <string_view>

namespace tollgate::cli {
namespace {

/// What a workflow command wants escaped in its message, and in a property also.
std::string github_escape(std::string_view text, bool property) {
    std::string out;
    for (const char c : text) {
        if (c == '%') {
            out += "%25";
        } else if (c == '\r') {
            out += "%0D";
        } else if (c == '\n') {
            out += "%0A";
        } else if (property && c == ':') {
            out += "%3A";
        } else if (property && c == ',') {
            out += "%2C";
        } else {
            out += c;
        }
    }
    return out;
}

std::string github_line(const Judged& judged, std::string_view level, const std::string& title,
                        const std::string& text) {
    return "::" + std::string(level) + " file=" + github_escape(judged.file, true) +
           ",line=" + std::to_string(judged.line) + ",title=" + github_escape(title, true) +
           "::" + github_escape(text, false) + "\n";
}

std::string_view github_level(decide::Action action) {
    if (action == decide::Action::Deny) return "error";
    return action == decide::Action::Warn ? "warning" : "notice";
}

std::string budget_case(const decide::Spending& spending) {
    const std::string out =
        "    <testcase classname=\"CostBudget\" name=\"" + xml_escape(spending.budget->name) + "\"";
    if (spending.action() != rules::Action::Deny) return out + "/>\n";
    const std::string message = xml_escape(decide::describe(spending));
    return out + ">\n      <failure message=\"" + message + "\"/>\n    </testcase>\n";
}

std::string junit_case(const Judged& judged) {
    std::string out = "    <testcase classname=\"" + xml_escape(judged.file) + "\" name=\"" +
                      xml_escape(display_name(judged)) + "\"";
    if (judged.outcome == Outcome::Denied) {
        const std::string& message = judged.review.decision.message;
        return out + ">\n      <failure message=\"" + xml_escape(message.substr(0, message.find('\n'))) +
               "\">" + xml_escape(message) + "</failure>\n    </testcase>\n";
    }
    if (judged.outcome == Outcome::Error) {
        return out + ">\n      <error message=\"" + xml_escape(judged.error) + "\"/>\n    </testcase>\n";
    }
    if (judged.outcome == Outcome::Skipped) return out + ">\n      <skipped/>\n    </testcase>\n";
    return out + "/>\n";
}

}  // namespace

std::string xml_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            case '\n':
                out += "&#10;";
                break;
            case '\t':
                out += "&#9;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        }
    }
    return out;
}

std::string check_junit(const std::vector<Judged>& results, const Budgets& budgets) {
    const Summary summary = summarize(results);
    const auto refused = static_cast<std::size_t>(std::count_if(
        budgets.begin(), budgets.end(),
        [](const decide::Spending& spending) { return spending.action() == rules::Action::Deny; }));
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"tollgate check\" "
        "tests=\"" +
        std::to_string(summary.documents + budgets.size()) + "\" failures=\"" +
        std::to_string(summary.denied + refused) + "\" errors=\"" + std::to_string(summary.errors) +
        "\" skipped=\"" + std::to_string(summary.skipped) + "\">\n";
    for (const Judged& judged : results) out += junit_case(judged);
    for (const decide::Spending& spending : budgets) out += budget_case(spending);
    return out + "  </testsuite>\n</testsuites>\n";
}

std::string check_github(const std::vector<Judged>& results, const Budgets& budgets) {
    std::string out;
    for (const Judged& judged : results) {
        if (judged.outcome == Outcome::Error) out += github_line(judged, "error", "unreadable", judged.error);
        for (const decide::Finding& finding : judged.review.decision.findings) {
            std::string text = display_name(judged) + ": " + finding.what;
            if (!finding.fix.empty()) text += "\nfix: " + finding.fix;
            out += github_line(judged, github_level(finding.action),
                               std::string(finding.by.policy) + "/" + std::string(finding.by.rule), text);
        }
        for (const std::string& note : judged.notes) {
            out += github_line(judged, "warning", display_name(judged), note);
        }
    }
    for (const decide::Spending& spending : budgets) {
        const auto action = spending.action();
        if (!action) continue;
        out += "::" + std::string(github_level(*action)) +
               " title=" + github_escape("CostBudget " + spending.budget->name, true) +
               "::" + github_escape(decide::describe(spending), false) + "\n";
    }
    return out;
}

}  // namespace tollgate::cli
