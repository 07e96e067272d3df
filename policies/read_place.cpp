// SPDX-License-Identifier: Apache-2.0
// The verb that schedules: place.
#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "policies/read_documents.hpp"
#include "policies/values.hpp"

#include <algorithm>

namespace tollgate::policies {
namespace {

using Part = rules::Place::QueuePart;

constexpr Choice<rules::Place::Scheduler> kSchedulers[] = {{"KAI", rules::Place::Scheduler::Kai},
                                                           {"RunAI", rules::Place::Scheduler::RunAi},
                                                           {"Volcano", rules::Place::Scheduler::Volcano},
                                                           {"Kueue", rules::Place::Scheduler::Kueue}};
constexpr Choice<bool> kBilling[] = {{"Spot", true}};
constexpr Choice<rules::Place::Numa> kNumas[] = {{"Report", rules::Place::Numa::Report},
                                                 {"Prefer", rules::Place::Numa::Prefer}};

bool is_label_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    });
}

/// What stands between braces.
std::optional<Part> filled_in(std::string_view text) {
    constexpr std::string_view kLabel = "label:";
    if (text == "namespace") return Part{Part::From::Namespace, ""};
    if (!text.starts_with(kLabel) || text.size() == kLabel.size()) return std::nullopt;
    const std::string_view key = text.substr(kLabel.size());
    const std::size_t slash = key.find('/');
    const bool plain = slash == std::string_view::npos
                           ? is_label_value(key)
                           : is_label_value(key.substr(0, slash)) && is_label_value(key.substr(slash + 1));
    if (!plain) return std::nullopt;
    return Part{Part::From::Label, std::string(key)};
}

/// Text and {what is filled in}; nothing, once the mistake is reported.
std::vector<Part> read_queue(Scope& scope, json::Node node, const std::string& path) {
    const std::optional<std::string> text = read_text(scope, node, path);
    if (!text) return {};
    const auto wrong = [&](const std::string& what) {
        scope.error(DocCode::BadValue, node, path + ": " + what,
                    "as in \"{namespace}\" or \"research-{label:team}\"");
        return std::vector<Part>();
    };
    if (text->size() > limits::kMaxQueueBytes)
        return wrong("is longer than " + std::to_string(limits::kMaxQueueBytes) + " characters");
    std::vector<Part> parts;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::size_t open = rest.find('{');
        if (open > 0) {
            const std::string_view plain = rest.substr(0, open);
            if (!is_label_value(plain))
                return wrong("'" + std::string(plain) +
                             "' can be in no label: letters, digits, '-', '_', '.'");
            parts.push_back({Part::From::Text, std::string(plain)});
            rest.remove_prefix(plain.size());
            continue;
        }
        const std::size_t close = rest.find('}');
        if (close == std::string_view::npos) return wrong("a '{' without a '}'");
        std::optional<Part> part = filled_in(rest.substr(1, close - 1));
        if (!part)
            return wrong("'" + std::string(rest.substr(0, close + 1)) +
                         "' is neither {namespace} nor {label:KEY}");
        parts.push_back(std::move(*part));
        rest.remove_prefix(close + 1);
    }
    return parts;
}

/// The label by which nodes tell a level: "example.com/rack".
std::string read_level(Fields& fields, std::string_view name) {
    const json::Node node = fields.get(name);
    const std::optional<std::string> text = read_text(fields.scope(), node, fields.path_of(name));
    if (!text) return "";
    const std::size_t slash = text->find('/');
    const std::string_view key(*text);
    const bool fine = text->size() <= limits::kMaxQueueBytes &&
                      (slash == std::string::npos
                           ? is_label_value(key)
                           : is_label_value(key.substr(0, slash)) && is_label_value(key.substr(slash + 1)));
    if (fine) return *text;
    fields.scope().error(DocCode::BadValue, node, fields.path_of(name) + ": this is no label of a node",
                         "as in topology.kubernetes.io/zone");
    return "";
}

void read_topology(Scope& scope, json::Node node, const std::string& path, rules::Place& out) {
    if (!node.exists()) return;
    Fields fields(scope, node, path);
    const json::Node name = fields.get("name");
    assign(out.topology_name, read_name(scope, name, fields.path_of("name")));
    out.required = read_level(fields, "required");
    out.preferred = read_level(fields, "preferred");
    if (!fields.is_map()) return;
    const bool required = fields.has("required"), preferred = fields.has("preferred");
    const auto wrong = [&](const std::string& what, std::string hint) {
        scope.error_at_key(DocCode::Contradiction, node, path + ": " + what, std::move(hint));
    };
    if (out.scheduler == rules::Place::Scheduler::Kai) {
        if (!name.exists() || (!required && !preferred))
            wrong("KAI needs the name of the Topology and a level",
                  "{name: cluster, required: example.com/rack}");
    } else if (out.scheduler == rules::Place::Scheduler::Kueue) {
        if (name.exists()) wrong("Kueue's ResourceFlavors name the topology", "leave name out");
        if (required == preferred)
            wrong("Kueue takes one level, required or preferred", "{required: example.com/rack}");
    } else {
        wrong("goes with scheduler: KAI or Kueue", "what other schedulers call it is not known here");
    }
}

}  // namespace

rules::Place read_place(Scope& scope, json::Node node, const std::string& path) {
    rules::Place out;
    Fields fields(scope, node, path);
    const json::Node scheduler = fields.get("scheduler"), queue = fields.get("queue"),
                     billing = fields.get("billing");
    assign(out.scheduler,
           read_enum<rules::Place::Scheduler>(scope, scheduler, fields.path_of("scheduler"), kSchedulers));
    out.queue = read_queue(scope, queue, fields.path_of("queue"));
    read_topology(scope, fields.get("topology"), fields.path_of("topology"), out);
    assign(out.spot, read_enum<bool>(scope, billing, fields.path_of("billing"), kBilling));
    const json::Node numa = fields.get("numa");
    assign(out.numa, read_enum<rules::Place::Numa>(scope, numa, fields.path_of("numa"), kNumas));
    if (!fields.is_map()) return out;
    const bool kueue = out.scheduler == rules::Place::Scheduler::Kueue;
    if (node.size() == 0)
        scope.error_at_key(DocCode::Contradiction, node, path + " says nothing",
                           "give scheduler, queue, billing, topology or numa");
    if (queue.exists() && !scheduler.exists())
        scope.error_at_key(DocCode::Contradiction, queue, path + ": queue goes with scheduler",
                           "add scheduler: KAI, RunAI, Volcano or Kueue");
    if (kueue && !queue.exists())
        scope.error_at_key(DocCode::Contradiction, scheduler, path + ": Kueue needs the name of a LocalQueue",
                           "add queue: \"{namespace}\"");
    if (kueue && billing.exists())
        scope.error_at_key(DocCode::Contradiction, billing,
                           path + ": what Kueue manages runs where its ResourceFlavors say",
                           "say it in the ResourceFlavor's nodeLabels");
    return out;
}

/// Spot nodes are taken away at any time: who may run there is the policy's to say.
void check_spot(Scope& scope, json::Node rules, const rules::Policy& policy) {
    if (!policy.match.classes.empty()) return;
    for (std::size_t i = 0; i < std::min(rules.size(), limits::kMaxRulesPerPolicy); ++i) {
        const json::Node billing = rules[i]["place"]["billing"];
        if (billing.string() != "Spot") continue;
        scope.error_at_key(DocCode::Contradiction, billing,
                           "spec.rules[" + std::to_string(i) +
                               "].place: billing: Spot is for classes that the policy names, and "
                               "spec.match.classes is not there",
                           "match: {classes: [Batch]}");
    }
}

}  // namespace tollgate::policies
