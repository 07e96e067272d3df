// SPDX-License-Identifier: Apache-2.0
// Kubernetes' own ValidatingAdmissionPolicies, on every object that comes: of known kinds or not, with
// accelerators or without. They change nothing of what the cost policies say; a denial is a denial.
#include "engine/base/text.hpp"
#include "engine/decide/state.hpp"
#include "engine/vap/evaluate.hpp"
#include "engine/vap/resource.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tollgate::decide {

namespace {

constexpr std::string_view kHintUnbound = "no binding names the policy: judged as if bound with Deny";

vap::Operation operation_of(Operation operation) {
    switch (operation) {
        case Operation::Create:
            return vap::Operation::Create;
        case Operation::Update:
            return vap::Operation::Update;
        case Operation::Delete:
            return vap::Operation::Delete;
        case Operation::Connect:
            return vap::Operation::Connect;
    }
    return vap::Operation::Create;
}

Action action_of(vap::Action action) {
    switch (action) {
        case vap::Action::Deny:
            return Action::Deny;
        case vap::Action::Warn:
            return Action::Warn;
        case vap::Action::Audit:
            return Action::Audit;
    }
    return Action::Deny;
}

/// What the documents say of the cluster. A Namespace of which only labels are known is made of these.
class KnownWorld final : public vap::World {
  public:
    explicit KnownWorld(const rules::ClusterView* view) : view_(view) {}

    json::Node find_namespace(std::string_view name) const override {
        if (view_ == nullptr) return {};
        if (const json::Node whole = view_->namespace_object(name); whole.exists()) return whole;
        const auto* labels = view_->find_namespace(name);
        if (labels == nullptr) return {};
        const auto [at, fresh] = made_.try_emplace(std::string(name));
        if (fresh) at->second = make_namespace(name, *labels);
        return at->second.root();
    }

    std::vector<json::Node> find_objects(std::string_view api_version, std::string_view kind) const override {
        std::vector<json::Node> out;
        if (view_ == nullptr) return out;
        for (const rules::KnownObject& each : view_->find_objects(api_version, kind))
            out.push_back(each.document->root());
        return out;
    }

  private:
    using Labels = std::vector<std::pair<std::string, std::string>>;
    static json::Document make_namespace(std::string_view name, const Labels& labels) {
        json::Builder builder;
        builder.begin_object();
        builder.key("metadata");
        builder.begin_object();
        builder.key("name");
        builder.string(name);
        builder.key("labels");
        builder.begin_object();
        for (const auto& [key, value] : labels) {
            builder.key(key);
            builder.string(value);
        }
        builder.end_object();
        builder.end_object();
        builder.end_object();
        return builder.finish();
    }

    const rules::ClusterView* view_;
    mutable std::map<std::string, json::Document, std::less<>> made_;
};

/// The object with its namespace written into it, as the API server does before it asks anyone.
json::Document with_namespace(json::Node object, std::string_view ns) {
    json::Builder builder;
    builder.begin_object();
    for (const auto& [key, value] : object.members()) {
        builder.key(key);
        if (key != "metadata" || !value.is_object()) {
            builder.share(value);
            continue;
        }
        builder.begin_object();
        for (const auto& [name, field] : value.members()) {
            builder.key(name);
            builder.share(field);
        }
        builder.key("namespace");
        builder.string(ns);
        builder.end_object();
    }
    builder.end_object();
    return builder.finish();
}

/// What the policies see of a request; keeps what is not the request's own.
class PolicyInput {
  public:
    explicit PolicyInput(const Request& request) {
        input.kind = {request.kind.group, request.kind.version, request.kind.kind};
        input.request_kind = {request.request_kind.group, request.request_kind.version,
                              request.request_kind.kind};
        if (request.resource.resource.empty()) {
            guessed_ = vap::resource_of(request.kind.kind);
            input.resource = {request.kind.group, request.kind.version, guessed_};
        } else {
            input.resource = request.resource;
        }
        input.request_resource = request.request_resource;
        input.subresource = request.subresource;
        input.request_subresource = request.request_subresource;
        input.name = request.name;
        input.ns = request.ns;
        input.operation = operation_of(request.operation);
        input.dry_run = request.dry_run;
        input.user = request.user.name;
        input.user_uid = request.user.uid;
        input.groups = request.user.groups;
        input.extra = request.user.extra;
        input.object = request.object;
        input.old_object = request.old_object;
        input.options = request.options;
        if (request.check) complete(request);
    }
    vap::Input input;

  private:
    /// A manifest says less than a request.
    void complete(const Request& request) {
        if (request.operation == Operation::Delete) {
            if (!input.old_object.exists()) input.old_object = input.object;
            input.object = json::Node();
        }
        if (request.operation == Operation::Create) input.old_object = json::Node();
        if (vap::is_cluster_scoped(request.kind.group, request.kind.kind))
            input.ns = input.is_namespace() ? input.name : std::string_view{};
        if (input.ns.empty() || input.is_namespace()) return;
        for (auto [object, place] : {std::pair{&input.object, &object_}, {&input.old_object, &old_object_}}) {
            const bool has_one =
                !(*object)["metadata"].is_object() || (*object)["metadata"]["namespace"].exists();
            if (has_one) continue;
            *place = with_namespace(*object, input.ns);
            *object = place->root();
        }
    }

    std::string guessed_;
    json::Document object_, old_object_;
};

/// One line; what an object holds moves no terminal's cursor.
std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return out;
}

/// The strongest action that is taken: what the gate as a whole is held to.
Action strongest(const Snapshot& snapshot) {
    if (snapshot.paused) return Action::Audit;
    switch (snapshot.rules->admission_mode) {
        case rules::Mode::Audit:
            return Action::Audit;
        case rules::Mode::Warn:
            return Action::Warn;
        case rules::Mode::Enforce:
            return Action::Deny;
    }
    return Action::Deny;
}

Finding finding_of(const vap::Finding& each, Action most) {
    Finding finding;
    finding.by = {each.policy->name, each.place()};
    finding.action = std::min(action_of(each.action), most);
    finding.code = rules::Code::AdmissionPolicy;
    if (each.binding != nullptr) finding.subject = each.binding->name;
    finding.what = printable(truncated(each.message, limits::kMaxMessageBytes));
    if (each.binding == nullptr) finding.note = kHintUnbound;
    return finding;
}

void add_error(Decision& decision, const vap::Finding& each, rules::Failure failure) {
    EvalError error{each.policy->name, std::string(each.place()), "expression",
                    printable(truncated(each.message, limits::kMaxMessageBytes)), failure};
    const bool known =
        std::any_of(decision.errors.begin(), decision.errors.end(), [&](const EvalError& other) {
            return other.policy == error.policy && other.rule == error.rule && other.message == error.message;
        });
    if (!known) decision.errors.push_back(std::move(error));
}

/// All denials, a line each, in the API server's words; what is past the bound is counted.
std::string denial_lines(const std::vector<const vap::Finding*>& denials) {
    std::string out;
    std::size_t cut = 0;
    for (const vap::Finding* each : denials) {
        const std::string line = printable(each->sentence(vap::Action::Deny));
        const bool fits = cut == 0 && out.size() + line.size() < limits::kMaxMessageBytes;
        if (!fits && !out.empty()) {
            ++cut;
            continue;
        }
        if (!out.empty()) out += '\n';
        out += truncated(line, limits::kMaxMessageBytes);
    }
    return cut == 0 ? out : out + "\nand " + std::to_string(cut) + " more";
}

void deny(Decision& decision, const std::vector<const vap::Finding*>& denials) {
    if (decision.message.empty()) {
        const vap::Reason reason = denials.front()->reason;
        decision.status_reason = vap::to_string(reason);
        decision.status_code = vap::status_code(reason);
    } else {
        decision.message += '\n';
    }
    decision.message += denial_lines(denials);
    decision.allowed = false;
    decision.verdict = Verdict::Denied;
}

}  // namespace

void judge_by_admission_policies(const Request& request, const Snapshot& snapshot, const Control& control,
                                 Decision& decision) {
    const PolicyInput made(request);
    const KnownWorld world(snapshot.cluster.get());
    vap::Outcome outcome = vap::judge(snapshot.rules->admission, made.input, world,
                                      {.cancelled = control.cancelled, .as_if_bound = request.check});
    decision.admission_policies = outcome.applied;
    if (outcome.applied > 0 && decision.verdict == Verdict::Skipped) decision.verdict = Verdict::Allowed;
    const Action most = strongest(snapshot);
    std::vector<const vap::Finding*> denials;
    std::vector<std::string> warnings;
    std::string audited;
    for (const vap::Finding& each : outcome.findings) {
        if (each.is_error) add_error(decision, each, rules::Failure::Deny);
        Finding finding = finding_of(each, most);
        if (finding.action == Action::Deny) denials.push_back(&each);
        if (finding.action == Action::Warn) warnings.push_back(each.sentence(vap::Action::Warn));
        if (finding.action == Action::Audit)
            audited += (audited.empty() ? "" : "; ") + each.sentence(vap::Action::Audit);
        // What denies is never left out.
        if (decision.findings.size() < limits::kMaxFindings || finding.action == Action::Deny)
            decision.findings.push_back(std::move(finding));
    }
    for (const vap::Finding& each : outcome.ignored) add_error(decision, each, rules::Failure::Allow);
    for (auto& annotation : outcome.audit_annotations)
        decision.audit_annotations.push_back(std::move(annotation));
    if (!audited.empty())
        decision.audit_annotations.emplace_back(
            "validation_failure", std::string(truncated(audited, limits::kMaxVapAnnotationBytes)));
    append_warnings(decision, warnings);
    if (!denials.empty()) deny(decision, denials);
}

}  // namespace tollgate::decide
