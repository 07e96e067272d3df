// SPDX-License-Identifier: Apache-2.0
#include "engine/base/quantity.hpp"
#include "webhook/admission/json_writer.hpp"
#include "webhook/admission/recorder.hpp"

namespace tollgate::admission {
namespace {

void append_finding(std::string& out, const decide::Finding& finding) {
    ObjectWriter line(out);
    line.string("policy", finding.by.policy);
    line.string("rule", finding.by.rule);
    line.string("action", rules::to_string(finding.action));
    if (!finding.field.empty()) line.string("field", finding.field);
    if (!finding.waived_by.empty()) line.string("waivedBy", finding.waived_by);
    line.string("hourly", to_decimal_string(finding.hourly));
    line.close();
}

void append_findings(ObjectWriter& line, std::string_view name,
                     const std::vector<decide::Finding>& findings) {
    if (findings.empty()) return;
    ArrayWriter list(line.key(name));
    for (const decide::Finding& finding : findings) append_finding(list.next(), finding);
    list.close();
}

void append_rewrites(ObjectWriter& line, const decide::Decision& decision) {
    if (decision.rewrites.empty()) return;
    ArrayWriter list(line.key("rewrites"));
    for (const decide::RewriteNote& note : decision.rewrites) {
        ObjectWriter item(list.next());
        item.string("policy", note.by.policy);
        item.string("rule", note.by.rule);
        item.string("mode", rules::to_string(note.mode));
        item.string("from", note.from);
        item.string("to", note.to);
        item.string("hourlyBefore", to_decimal_string(note.before));
        item.string("hourlyAfter", to_decimal_string(note.after));
        item.string("kindOfSaving", plan::to_string(note.kind));
        if (!note.settings.empty()) item.string("settings", note.settings);
        item.close();
    }
    list.close();
}

void append_demand(ObjectWriter& line, const decide::Decision& decision) {
    if (decision.demand.empty()) return;
    ArrayWriter list(line.key("demand"));
    for (const decide::DemandLine& demand : decision.demand) {
        ObjectWriter item(list.next());
        item.string("path", demand.path);
        item.raw("replicas", demand.replicas ? std::to_string(*demand.replicas) : "null");
        item.string("resource", demand.resource);
        item.string("count", demand.count);
        item.close();
    }
    list.close();
}

void append_errors(ObjectWriter& line, const decide::Decision& decision) {
    if (decision.errors.empty()) return;
    ArrayWriter list(line.key("errors"));
    for (const decide::EvalError& error : decision.errors) {
        ObjectWriter item(list.next());
        item.string("policy", error.policy);
        item.string("rule", error.rule);
        item.string("reason", error.reason);
        item.close();
    }
    list.close();
}

void append_object(ObjectWriter& line, const Review& review) {
    const decide::Request& request = review.request;
    ObjectWriter object(line.key("object"));
    object.string("group", request.kind.group);
    object.string("version", request.kind.version);
    object.string("kind", request.kind.kind);
    if (!request.subresource.empty()) object.string("subresource", request.subresource);
    object.string("namespace", request.ns);
    object.string("name", request.name);
    if (request.name.empty()) {
        object.string("generateName", request.object["metadata"]["generateName"].string());
    }
    object.close();
}

}  // namespace

std::string decision_line(const Review& review, const decide::Decision& decision,
                          std::chrono::nanoseconds took) {
    const decide::Request& request = review.request;
    std::string out;
    ObjectWriter line(out);
    line.string("time", format_time(request.now_unix_ms));
    line.string("uid", request.uid);
    line.string("webhook", webhook_name(request.phase));
    line.string("operation", rules::to_string(request.operation));
    append_object(line, review);
    line.string("user", request.user.name);
    line.boolean("dryRun", request.dry_run);
    line.string("verdict", decide::to_string(decision.verdict));
    line.boolean("allowed", decision.allowed || request.phase == decide::Phase::Mutate);
    if (!decision.exempt.empty()) line.string("exempt", decision.exempt);
    append_demand(line, decision);
    append_findings(line, "findings", decision.findings);
    append_findings(line, "waived", decision.waived);
    append_findings(line, "grandfathered", decision.grandfathered);
    append_rewrites(line, decision);
    append_errors(line, decision);
    if (decision.before.hourly) line.string("hourlyBefore", to_decimal_string(*decision.before.hourly));
    if (decision.after.hourly) line.string("hourlyAfter", to_decimal_string(*decision.after.hourly));
    if (review.duplicate_keys > 0) line.raw("duplicateKeys", std::to_string(review.duplicate_keys));
    line.raw("durationMicros",
             std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    line.string("digest", decision.snapshot_digest);
    line.close();
    return out;
}

}  // namespace tollgate::admission
