// SPDX-License-Identifier: Apache-2.0
#include "cli/judge.hpp"

#include "cli/files.hpp"
#include "engine/base/quantity.hpp"
#include "engine/base/text.hpp"
#include "engine/vap/resource.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace tollgate::cli {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

Result<Labels> parse_labels(const std::string& text) {
    Labels labels;
    for (const std::string_view pair : split(text, ',')) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            return fail("--namespace-labels: '" + std::string(pair) + "' is not of the form key=value");
        }
        labels.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return labels;
}

ObjectName name_of(json::Node object, std::string_view fallback_namespace) {
    const json::Node metadata = object["metadata"];
    ObjectName out;
    out.api_version = object["apiVersion"].string();
    out.kind = object["kind"].string();
    out.name_space = metadata["namespace"].string();
    if (out.name_space.empty()) out.name_space = fallback_namespace;
    out.name = metadata["name"].string();
    if (out.name.empty() && metadata["generateName"])
        out.name = std::string(metadata["generateName"].string()) + "*";
    return out;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return out;
}

Outcome outcome_of(const decide::Decision& decision) {
    switch (decision.verdict) {
        case decide::Verdict::Allowed:
            return Outcome::Allowed;
        case decide::Verdict::Rewritten:
            return Outcome::Rewritten;
        case decide::Verdict::Denied:
            return Outcome::Denied;
        case decide::Verdict::Skipped:
            return Outcome::Skipped;
    }
    return Outcome::Skipped;
}

bool is_review(json::Node root) {
    return root["kind"].string() == "AdmissionReview" && root["request"].is_object();
}

bool is_list(json::Node root) {
    return root["items"].is_array() && root["kind"].string().ends_with("List");
}

/// Judges the objects of one document; everything a result needs to say about its place is here.
class DocumentJudge {
  public:
    DocumentJudge(const std::string& file, const policies::ManifestDocument& document,
                  const JudgeControl& control, std::vector<Judged>& out)
        : file_(file), document_(document), control_(control), out_(out) {}

    void run() {
        if (has_errors(document_.diagnostics)) {
            Judged& judged = add();
            judged.outcome = Outcome::Error;
            for (const Diagnostic& diagnostic : document_.diagnostics) {
                if (diagnostic.severity == Severity::Error && judged.error.empty())
                    judged.error = place(diagnostic);
            }
            return;
        }
        const json::Node root = document_.doc.root();
        if (is_list(root) || root.is_array()) {
            for (const json::Node item : (root.is_array() ? root : root["items"]).elements()) judge(item);
        } else {
            judge(root);
        }
    }

  private:
    Judged& add() {
        Judged& judged = out_.emplace_back();
        judged.file = file_;
        judged.document = document_.index;
        judged.line = document_.start_line;
        for (const Diagnostic& diagnostic : document_.diagnostics) {
            if (diagnostic.severity == Severity::Warning) judged.notes.push_back(place(diagnostic));
        }
        return judged;
    }

    static std::string place(const Diagnostic& diagnostic) {
        return diagnostic.file + ":" + std::to_string(diagnostic.span.line) + ":" +
               std::to_string(diagnostic.span.column) + ": " + diagnostic.message +
               (diagnostic.hint.empty() ? "" : " (" + diagnostic.hint + ")");
    }

    void judge(json::Node root) {
        Judged& judged = add();
        if (is_review(root)) {
            judge_review(root["request"], judged);
        } else {
            decide::Request request = control_.frame.request_for(root);
            judge_request(std::move(request), judged);
        }
    }

    /// The envelope of a recorded review is taken as it is; only the object matters here.
    void judge_review(json::Node in, Judged& judged) {
        const json::Node object = in["object"].is_object() ? in["object"] : in["oldObject"];
        decide::Request request = control_.frame.request_for(object);
        for (const auto op : {rules::Operation::Create, rules::Operation::Update, rules::Operation::Delete}) {
            if (in["operation"].string() == rules::to_string(op)) request.operation = op;
        }
        const json::Node kind = in["kind"];
        if (!kind["kind"].string().empty()) {
            request.kind = {kind["group"].string(), kind["version"].string(), kind["kind"].string()};
        }
        request.old_object = in["oldObject"].is_object() ? in["oldObject"] : json::Node();
        request.dry_run = in["dryRun"].boolean();
        request.uid = in["uid"].string();
        const json::Node resource = in["resource"];
        request.resource = {resource["group"].string(), resource["version"].string(),
                            resource["resource"].string()};
        request.options = in["options"].is_object() ? in["options"] : json::Node();
        request.subresource = in["subResource"].string();
        if (const json::Node user = in["userInfo"]; user.is_object()) {
            request.user = {user["username"].string(), {}, user["uid"].string(), user["extra"]};
            for (const json::Node group : user["groups"].elements())
                request.user.groups.push_back(group.string());
        }
        if (const std::string_view ns = in["namespace"].string(); !ns.empty()) request.ns = ns;
        judge_request(std::move(request), judged);
    }

    void judge_request(decide::Request request, Judged& judged) {
        const bool of_cluster = vap::is_cluster_scoped(request.kind.group, request.kind.kind);
        judged.object = name_of(request.object, of_cluster ? std::string_view{} : request.ns);
        judged.before = request.object;
        if (!request.object.is_object() || request.kind.kind.empty()) {
            judged.notes.emplace_back("not a Kubernetes object: apiVersion or kind is missing");
            return;
        }
        if (request.kind.group == "tollgate.dev") {
            judged.notes.emplace_back("a document of Tollgate, not a workload; give it with -p");
            return;
        }
        const decide::Control limits{.cancelled = nullptr, .trace = control_.trace};
        const decide::Request asked = request;
        judged.review = decide::review_offline(std::move(request), control_.snapshot, limits);
        const decide::Decision& decision = judged.review.decision;
        const bool runs_nothing = decision.known_kind && !decision.interesting;
        if (control_.snapshot.budgets != nullptr && !decision.demand.empty() && decision.exempt.empty() &&
            !runs_nothing) {
            judged.budgets = decide::budgets_of(asked, control_.snapshot);
        }
        judged.outcome = outcome_of(decision);
        if (!decision.known_kind && judged.outcome != Outcome::Denied && decision.admission_policies == 0) {
            judged.outcome = Outcome::Skipped;
            if (!decision.demand.empty()) {
                judged.notes.push_back(unknown_kind_text(judged));
            }
        }
        judged.notes.insert(judged.notes.end(), decision.seen_later.begin(), decision.seen_later.end());
        for (const decide::EvalError& error : decision.errors) {
            const bool is_said =
                std::any_of(decision.findings.begin(), decision.findings.end(),
                            [&](const decide::Finding& each) { return each.what == error.message; });
            if (!is_said) judged.notes.push_back(error_text(error));
        }
        for (const decide::Finding& finding : decision.findings) {
            const bool unbound = finding.code == rules::Code::AdmissionPolicy && !finding.note.empty();
            std::string note = std::string(finding.by.policy) + ": " + finding.note;
            if (unbound && std::find(judged.notes.begin(), judged.notes.end(), note) == judged.notes.end())
                judged.notes.push_back(std::move(note));
        }
        if (!decision.refused_rewrite.empty()) {
            judged.notes.push_back("a rewrite was not made: " + decision.refused_rewrite);
        }
    }

    const std::string& file_;
    const policies::ManifestDocument& document_;
    const JudgeControl& control_;
    std::vector<Judged>& out_;
};

}  // namespace

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::Allowed:
            return "Allowed";
        case Outcome::Rewritten:
            return "Rewritten";
        case Outcome::Denied:
            return "Denied";
        case Outcome::Skipped:
            return "Skipped";
        case Outcome::Error:
            return "Error";
    }
    return "";
}

Result<RequestFrame> RequestFrame::make(const RequestOptions& options, std::int64_t now_unix_ms) {
    RequestFrame frame;
    frame.options_ = options;
    if (frame.options_.namespace_name.empty()) frame.options_.namespace_name = "default";
    frame.now_unix_ms_ = now_unix_ms;
    for (const auto op : {rules::Operation::Create, rules::Operation::Update, rules::Operation::Delete}) {
        if (options.operation == rules::to_string(op)) frame.operation_ = op;
    }
    if (!options.now.empty()) {
        auto now = parse_time_ms(options.now);
        if (!now) return fail("--now: " + now.error().message);
        frame.now_unix_ms_ = *now;
    }
    if (!options.namespace_labels.empty()) {
        TOLLGATE_TRY(frame.labels_, parse_labels(options.namespace_labels));
    }
    if (options.operation == "UPDATE" && options.old_file.empty())
        return fail("--operation UPDATE needs --old FILE: the object as it was");
    if (options.old_file.empty()) return frame;
    if (options.operation == "CREATE") return fail("--old needs --operation UPDATE");
    if (options.operation == "DELETE")
        return fail("with --operation DELETE the FILE itself is the old object");
    TOLLGATE_TRY(const std::string text, read_file(options.old_file));
    frame.old_ = policies::load_manifests(options.old_file, text);
    for (const policies::ManifestDocument& document : frame.old_) {
        if (has_errors(document.diagnostics)) return fail("--old: " + render(document.diagnostics.front()));
    }
    if (frame.old_.size() != 1) return fail("--old: " + options.old_file + " must hold exactly one object");
    return frame;
}

decide::Request RequestFrame::request_for(json::Node object) const {
    decide::Request request;
    request.operation = operation_;
    request.kind = workload::parse_gvk(object["apiVersion"].string(), object["kind"].string());
    request.name = object["metadata"]["name"].string();
    request.ns = object["metadata"]["namespace"].string();
    if (vap::is_cluster_scoped(request.kind.group, request.kind.kind)) {
        request.ns = request.kind.kind == "Namespace" ? request.name : std::string_view{};
    } else if (request.ns.empty()) {
        request.ns = options_.namespace_name;  // make() has filled it in
    }
    request.user.name = options_.user;
    for (const std::string& group : options_.groups) request.user.groups.emplace_back(group);
    request.object = object;
    if (!old_.empty()) request.old_object = old_.front().doc.root();
    request.now_unix_ms = now_unix_ms_;
    request.check = true;
    return request;
}

std::vector<Judged> judge_file(const std::string& file,
                               const std::vector<policies::ManifestDocument>& documents,
                               const JudgeControl& control) {
    std::vector<Judged> out;
    for (const policies::ManifestDocument& document : documents) {
        DocumentJudge(file, document, control, out).run();
    }
    return out;
}

std::string error_text(const decide::EvalError& error) {
    return error.policy + (error.rule.empty() ? "" : "/" + error.rule) +
           " could not be judged: " + error.message;
}

std::string unknown_kind_text(const Judged& judged) {
    return "no WorkloadKind describes " + judged.object.kind + ": its pods are judged when they come";
}

std::string display_name(const Judged& judged) {
    if (judged.object.kind.empty()) return "document " + std::to_string(judged.document);
    const std::string& version = judged.object.api_version;
    const std::size_t slash = version.find('/');
    std::string out = lower(judged.object.kind);
    if (slash != std::string::npos) out += "." + version.substr(0, slash);
    out += "/" + (judged.object.name.empty() ? "(unnamed)" : judged.object.name);
    if (!judged.object.name_space.empty()) out += " in " + judged.object.name_space;
    return printable(out);
}

}  // namespace tollgate::cli
