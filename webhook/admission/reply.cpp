// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/reply.hpp"

#include "webhook/admission/base64.hpp"
#include "webhook/admission/json_writer.hpp"

#include <algorithm>

namespace tollgate::admission {
namespace {

constexpr std::string_view kHead =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":)";

void append_causes(std::string& out, const decide::Decision& decision) {
    ArrayWriter causes(out);
    std::size_t bytes = 0;
    for (const decide::Finding& finding : decision.findings) {
        if (finding.action != decide::Action::Deny) continue;
        bytes += finding.what.size();
        if (bytes > limits::kMaxMessageBytes) break;  // the message says how many more there are
        ObjectWriter cause(causes.next());
        std::string reason(finding.by.policy);
        reason.append("/").append(finding.by.rule);
        cause.string("reason", reason);
        cause.string("message", finding.what);
        if (!finding.field.empty()) cause.string("field", finding.field);
        cause.close();
    }
    causes.close();
}

void append_status(std::string& out, const decide::Request& request, const decide::Decision& decision) {
    ObjectWriter status(out);
    status.string("status", "Failure");
    status.string("message", decision.message);
    status.string("reason", decision.status_reason);
    ObjectWriter details(status.key("details"));
    if (!request.name.empty()) details.string("name", request.name);
    details.string("group", request.kind.group);
    details.string("kind", request.kind.kind);
    append_causes(details.key("causes"), decision);
    details.close();
    status.raw("code", std::to_string(decision.status_code));
    status.close();
}

void append_notes(ObjectWriter& response, const decide::Decision& decision) {
    if (!decision.warnings.empty()) {
        ArrayWriter warnings(response.key("warnings"));
        for (const std::string& warning : decision.warnings) warnings.string(warning);
        warnings.close();
    }
    if (!decision.audit_annotations.empty()) {
        ObjectWriter annotations(response.key("auditAnnotations"));
        for (const auto& [key, value] : decision.audit_annotations) {
            // The API server puts the webhook's name and a slash in front, and takes no second slash.
            std::string name = key;
            std::replace(name.begin(), name.end(), '/', '.');
            annotations.string(name, value);
        }
        annotations.close();
    }
}

}  // namespace

std::string encode_reply(const decide::Request& request, const decide::Decision& decision) {
    const bool allowed = decision.allowed || request.phase == decide::Phase::Mutate;
    std::string out;
    out.reserve(512 + decision.message.size() * 2);
    out += kHead;
    ObjectWriter response(out);
    response.string("uid", request.uid);
    response.boolean("allowed", allowed);
    if (!allowed) append_status(response.key("status"), request, decision);
    if (request.phase == decide::Phase::Mutate && !decision.patch.empty()) {
        response.string("patchType", "JSONPatch");
        response.key("patch") += '"';
        append_base64(out, patch::to_json(decision.patch));
        out += '"';
    }
    append_notes(response, decision);
    response.close();
    out += '}';
    return out;
}

}  // namespace tollgate::admission
