// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/review.hpp"

#include "engine/base/text.hpp"

#include <optional>
#include <utility>

namespace tollgate::admission {
namespace {

constexpr std::string_view kApiVersion = "admission.k8s.io/v1";

tl::unexpected<BadReview> refuse(std::string reason, unsigned status = 400) {
    return tl::unexpected<BadReview>(BadReview{status, std::move(reason)});
}

std::optional<rules::Operation> parse_operation(std::string_view text) {
    using rules::Operation;
    for (const Operation op : {Operation::Create, Operation::Update, Operation::Delete, Operation::Connect}) {
        if (text == rules::to_string(op)) return op;
    }
    return std::nullopt;
}

/// The sender's mistake in the envelope, in one line; "" when it is sound.
std::string envelope_problem(json::Node root) {
    if (!root.is_object()) return "the body is no JSON object but must be an AdmissionReview";
    const std::string_view version = root["apiVersion"].string();
    const std::string_view kind = root["kind"].string();
    if (kind != "AdmissionReview") {
        return "kind is \"" + to_ascii(truncated(kind, 64)) + "\" but must be AdmissionReview";
    }
    if (version == "admission.k8s.io/v1beta1") {
        return "AdmissionReview admission.k8s.io/v1beta1 is not supported: set admissionReviewVersions: "
               "[\"v1\"] in "
               "the webhook configuration";
    }
    if (version != kApiVersion) {
        return "apiVersion is \"" + to_ascii(truncated(version, 64)) + "\" but must be " +
               std::string(kApiVersion);
    }
    const json::Node request = root["request"];
    if (!request.is_object()) return "request is missing";
    if (request["uid"].string().empty()) return "request.uid is missing; without it no answer can be matched";
    if (request["kind"]["kind"].string().empty()) return "request.kind.kind is missing";
    if (!parse_operation(request["operation"].string())) {
        return "request.operation is \"" + to_ascii(truncated(request["operation"].text(), 32)) +
               "\" but must be CREATE, UPDATE, DELETE or CONNECT";
    }
    return "";
}

/// null stands for "not there" in the API server's own encoding.
json::Node present(json::Node node) {
    return node.is_null() ? json::Node() : node;
}

vap::GroupVersionResource resource_of(json::Node node) {
    return {node["group"].string(), node["version"].string(), node["resource"].string()};
}

/// What admission policies may ask for and cost policies do not.
void read_for_policies(json::Node in, decide::Request& request) {
    const json::Node kind = in["requestKind"], user = in["userInfo"];
    request.request_kind = {kind["group"].string(), kind["version"].string(), kind["kind"].string()};
    request.resource = resource_of(in["resource"]);
    request.request_resource = resource_of(in["requestResource"]);
    request.request_subresource = in["requestSubResource"].string();
    request.options = present(in["options"]);
    request.user.uid = user["uid"].string();
    request.user.extra = present(user["extra"]);
}

}  // namespace

tl::expected<Review, BadReview> read_review(json::Node root, const ReviewOptions& options) {
    if (std::string problem = envelope_problem(root); !problem.empty()) return refuse(std::move(problem));
    const json::Node in = root["request"];
    Review review;
    decide::Request& request = review.request;
    request.phase = options.phase;
    request.now_unix_ms = options.now_unix_ms;
    request.operation = *parse_operation(in["operation"].string());
    request.dry_run = in["dryRun"].boolean();
    request.uid = in["uid"].string();
    request.kind = {in["kind"]["group"].string(), in["kind"]["version"].string(),
                    in["kind"]["kind"].string()};
    request.name = in["name"].string();
    request.ns = in["namespace"].string();
    request.subresource = in["subResource"].string();
    request.user.name = in["userInfo"]["username"].string();
    for (const json::Node group : in["userInfo"]["groups"].elements())
        request.user.groups.push_back(group.string());
    request.object = present(in["object"]);
    request.old_object = present(in["oldObject"]);
    review.resource = in["resource"]["resource"].string();
    read_for_policies(in, request);
    if (const std::string_view asked = in["requestKind"]["kind"].string(); asked != request.kind.kind) {
        review.requested_kind = asked;
    }
    const bool writes =
        request.operation == rules::Operation::Create || request.operation == rules::Operation::Update;
    if (writes && !request.object.is_object()) return refuse("request.object is missing or no object");
    if (request.old_object.exists() && !request.old_object.is_object())
        return refuse("request.oldObject is no object");
    return review;
}

tl::expected<Review, BadReview> decode_review(std::string_view body, const ReviewOptions& options) {
    // Who last wrote which field is a third of a pod's text, and no policy asks.
    constexpr json::LeftOut kManagedFields{.parent = "metadata", .name = "managedFields"};
    auto document = json::parse(body, {.max_depth = options.max_depth, .left_out = kManagedFields});
    if (!document) {
        const std::string what = document.error().failure == json::ParseFailure::TooDeep
                                     ? "the body is nested too deeply: "
                                     : "the body is not JSON: ";
        return refuse(what + document.error().message);
    }
    auto review = read_review(document->root(), options);
    if (review) {
        review->duplicate_keys = document->duplicate_keys();
        review->document = std::move(*document);
    }
    return review;
}

}  // namespace tollgate::admission
