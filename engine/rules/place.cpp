// SPDX-License-Identifier: Apache-2.0
// place: scheduler, queue and topology, written where they are absent. Nothing is ever changed or removed, so
// that a second turn finds nothing to write; what somebody else has set is left alone, and told.
// Source: KAI Scheduler pkg/common/constants and podgrouper/plugins/defaultgrouper (queue: label of the top
// owner or the pod; topology: annotations of the top owner alone); Run:ai's label is what NVIDIA's cluster
// readiness engine writes; Volcano docs (annotation of pods, spec.queue of its Job, which its own webhook
// fills with "default"); Kueue's labels, annotations and list of integrations.
#include "engine/base/json/document.hpp"
#include "engine/base/text.hpp"
#include "engine/rules/placing.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace tollgate::rules {
namespace {

using Scheduler = Place::Scheduler;

constexpr std::string_view kDefaultScheduler = "default-scheduler";  // the API server writes it
constexpr std::string_view kVolcanoGroup = "batch.volcano.sh";
constexpr std::string_view kVolcanoDefaultQueue = "default";
constexpr std::string_view kKueueQueue = "kueue.x-k8s.io/queue-name";
constexpr std::string_view kKueueTopology = "kueue.x-k8s.io/podset-";
constexpr std::string_view kKaiTopology = "kai.scheduler/topology";
constexpr std::size_t kMaxLabelValue = 63;

std::string_view name_of(Scheduler scheduler) {
    switch (scheduler) {
        case Scheduler::Kai:
            return "kai-scheduler";
        case Scheduler::RunAi:
            return "runai-scheduler";
        case Scheduler::Volcano:
            return "volcano";
        case Scheduler::Kueue:
        case Scheduler::None:
            break;
    }
    return "";
}

/// What Kueue's own integrations manage. Pods are, where nothing owns them.
bool is_kueue_kind(const workload::Workload& workload) {
    struct Kind {
        std::string_view group, kind;
    };
    constexpr std::array<Kind, 18> kKinds{{{"batch", "Job"},
                                           {"jobset.x-k8s.io", "JobSet"},
                                           {"trainer.kubeflow.org", "TrainJob"},
                                           {"kubeflow.org", "MPIJob"},
                                           {"kubeflow.org", "PyTorchJob"},
                                           {"kubeflow.org", "TFJob"},
                                           {"kubeflow.org", "XGBoostJob"},
                                           {"kubeflow.org", "PaddleJob"},
                                           {"kubeflow.org", "JAXJob"},
                                           {"ray.io", "RayJob"},
                                           {"ray.io", "RayCluster"},
                                           {"ray.io", "RayService"},
                                           {"workload.codeflare.dev", "AppWrapper"},
                                           {"sparkoperator.k8s.io", "SparkApplication"},
                                           {"apps", "Deployment"},
                                           {"apps", "StatefulSet"},
                                           {"leaderworkerset.x-k8s.io", "LeaderWorkerSet"},
                                           {"", "Pod"}}};
    if (workload.owner.present) return false;  // its owner is the job, if anything is
    const workload::Gvk& gvk = workload.ref.gvk;
    return std::any_of(kKinds.begin(), kKinds.end(),
                       [&](const Kind& each) { return each.group == gvk.group && each.kind == gvk.kind; });
}

bool is_volcano_job(const workload::Workload& workload) {
    return workload.ref.gvk.group == kVolcanoGroup && workload.ref.gvk.kind == "Job";
}

bool is_absent(json::Node node) {
    return !node.exists() || node.is_null() || (node.is_string() && node.text().empty());
}

bool is_label_value(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && text.size() <= kMaxLabelValue && plain(text.front()) && plain(text.back()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

std::string_view bare(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

/// One rule at work on one pod, or on the object with all its pods.
class Placer {
  public:
    Placer(const Place& rule, const Placing& at, Rewrite& out)
        : rule_(rule), at_(at), context_(at.context), workload_(at.context.workload), out_(out) {}

    void object() {
        const bool topology = !rule_.required.empty() || !rule_.preferred.empty();
        switch (rule_.scheduler) {
            case Scheduler::Kai:
                if (topology) kai_topology();
                break;
            case Scheduler::Kueue:
                kueue(topology);
                break;
            case Scheduler::Volcano:
                if (is_volcano_job(workload_) && !rule_.queue.empty()) volcano_queue();
                break;
            case Scheduler::RunAi:
            case Scheduler::None:
                break;
        }
        note();
    }

    void pod() {
        const std::string_view scheduler = name_of(rule_.scheduler);
        if (scheduler.empty() || workload_.owner.root_group == kVolcanoGroup) return;
        const std::string_view now = subject().placement.scheduler;
        if (!now.empty() && now != kDefaultScheduler && now != scheduler) return elsewhere(now);
        if (now != scheduler)
            pod_setting("/spec/schedulerName", subject().spec["schedulerName"], std::string(scheduler),
                        "schedulerName", " ");
        if (!rule_.queue.empty()) pod_queue();
        note();
    }

    /// Pods without devices are not seen when they come.
    void left_behind() {
        const std::string_view scheduler = name_of(rule_.scheduler), now = subject().placement.scheduler;
        const bool gang = workload_.cls == Class::Training && !subject().spec_pointer.empty();
        if (scheduler.empty() || !gang || (!now.empty() && now != kDefaultScheduler)) return;
        const std::string field = dotted(subject().spec_pointer + "/schedulerName");
        Finding& finding = this->finding(Code::PlacedElsewhere, field);
        finding.field = field;
        finding.what = "asks for no accelerator and keeps its scheduler, where the pods that do go to " +
                       std::string(scheduler) +
                       ": a gang that counts it would wait for ever. rewriteAt: Workload places all of them.";
        finding.fix = fix_line(field, quoted(scheduler));
    }

  private:
    const workload::Pod& subject() const { return workload_.pods[at_.pod]; }

    void said(const std::string& name, std::string_view between, const std::string& value) {
        if (!names_.empty()) names_ += ", ";
        names_ += name;
        if (!out_.settings.empty()) out_.settings += ", ";
        out_.settings += name + std::string(between) + value;
    }

    /// A setting of a pod; one whose shape has no such place is left out, or it would be absent for ever.
    void pod_setting(std::string pointer, json::Node now, const std::string& value, const std::string& name,
                     std::string_view between = "=", std::optional<std::uint32_t> index = std::nullopt) {
        Edit edit{Edit::Scope::Pod, index.value_or(at_.pod), std::move(pointer),
                  std::nullopt,     quoted(value),           at_.by()};
        if (now.exists()) edit.before = json::to_json(now);
        if (object_pointer(workload_, edit).empty()) return;
        out_.edits.push_back(std::move(edit));
        said(name, between, value);
    }

    /// A setting of the object itself. A Pod is both.
    void object_setting(std::string pointer, json::Node now, const std::string& value,
                        const std::string& name, std::string_view between = "=") {
        if (workload_.is_pod()) return pod_setting(std::move(pointer), now, value, name, between);
        Edit edit{Edit::Scope::Object, 0, std::move(pointer), std::nullopt, quoted(value), at_.by()};
        if (now.exists()) edit.before = json::to_json(now);
        out_.edits.push_back(std::move(edit));
        said(name, between, value);
    }

    /// The queue's name, from the labels of what it is written on; nothing, and a finding, where it cannot be
    /// told.
    std::optional<std::string> queue(json::Node labels, const std::string& labels_pointer) {
        std::string name;
        for (const Place::QueuePart& part : rule_.queue) {
            std::string_view text = part.text;
            if (part.from == Place::QueuePart::From::Namespace) {
                text = workload_.ref.ns;
                if (text.empty()) {
                    out_.why_not = "its queue cannot be told: its namespace is not known";
                    return std::nullopt;
                }
            } else if (part.from == Place::QueuePart::From::Label) {
                const json::Node label = labels[part.text];
                if (is_absent(label)) {
                    no_queue(part.text, labels_pointer);
                    return std::nullopt;
                }
                text = label.string();
            }
            name += text;
            if (name.size() > kMaxLabelValue) break;
        }
        if (is_label_value(name)) return name;
        out_.why_not = "its queue would be '" + shown(truncated(name, kMaxLabelValue)) +
                       "', which can be no label's value (63 characters, letters and digits at both ends)";
        return std::nullopt;
    }

    Finding& finding(Code code, std::string subject) {
        Finding& finding = out_.findings.emplace_back();
        finding.by = at_.by();
        finding.action = Action::Warn;
        finding.code = code;
        finding.subject = std::move(subject);
        finding.magnitude = Ratio(1);
        return finding;
    }

    void no_queue(const std::string& label, const std::string& labels_pointer) {
        const std::string field = dotted(labels_pointer + "/" + escaped(label));
        out_.why_not = "its queue cannot be told: it has no label " + label;
        Finding& finding = this->finding(Code::QueueUnknown, field);
        finding.field = field;
        finding.what =
            "label " + label + " is missing, which names the queue; without it no queue is written.";
        finding.fix = fix_line(field, quoted("<" + label + ">"));
    }

    void elsewhere(std::string_view scheduler) {
        out_.why_not = "scheduler " + shown(scheduler) + " is set already; that is left alone";
        const std::string field = workload_.is_pod() ? std::string("spec.schedulerName")
                                                     : dotted(subject().spec_pointer + "/schedulerName");
        Finding& finding = this->finding(Code::PlacedElsewhere, field);
        finding.field = field;
        finding.what =
            "is scheduled by " + shown(scheduler) + ", where " + std::string(name_of(rule_.scheduler)) +
            " schedules what asks for accelerators; that is left as it is, and no queue is written.";
    }

    void pod_queue() {
        const bool annotated = rule_.scheduler == Scheduler::Volcano;
        const std::string_view key = rule_.scheduler == Scheduler::Kai ? "kai.scheduler/queue"
                                     : rule_.scheduler == Scheduler::RunAi
                                         ? "runai/queue"
                                         : "scheduling.volcano.sh/queue-name";
        const json::Node now = annotated ? subject().annotations()[key] : subject().labels()[key];
        if (!is_absent(now)) return;
        const std::string labels = subject().metadata_pointer + "/labels";
        const std::optional<std::string> name = queue(subject().labels(), labels);
        if (!name.has_value()) return;
        const std::string what = annotated ? "annotation " : "label ";
        pod_setting((annotated ? "/metadata/annotations/" : "/metadata/labels/") + escaped(key), now, *name,
                    what + std::string(key));
    }

    void kai_topology() {
        const json::Node annotations = workload_.annotations;
        for (const auto [key, value] : annotations.members())
            if (key.starts_with(kKaiTopology)) return;
        if (is_scheduled_elsewhere()) return;
        const auto write = [&](std::string_view end, const std::string& value) {
            const std::string key = std::string(kKaiTopology) + std::string(end);
            if (!value.empty())
                object_setting("/metadata/annotations/" + escaped(key), {}, value, "annotation " + key);
        };
        write("", rule_.topology_name);
        write("-required-placement", rule_.required);
        write("-preferred-placement", rule_.preferred);
    }

    /// Topology is of no use to pods that another scheduler takes, and Kueue's are Kueue's.
    bool is_scheduled_elsewhere() const {
        const std::string_view scheduler = name_of(rule_.scheduler);
        return workload_.kueue_managed ||
               std::any_of(workload_.pods.begin(), workload_.pods.end(), [&](const workload::Pod& pod) {
                   const std::string_view now = pod.placement.scheduler;
                   return pod.asks_for_accelerator() && !now.empty() && now != kDefaultScheduler &&
                          now != scheduler;
               });
    }

    void volcano_queue() {
        const json::Node now = workload_.object["spec"]["queue"];
        if (!is_absent(now) && now.string() != kVolcanoDefaultQueue) return;
        const std::optional<std::string> name = queue(workload_.labels, "/metadata/labels");
        if (name.has_value() && *name != now.string())
            object_setting("/spec/queue", now, *name, "spec.queue", " ");
    }

    void kueue(bool topology) {
        if (!is_kueue_kind(workload_)) {
            out_.why_not = "Kueue does not manage a " + shown(workload_.ref.gvk.kind) +
                           (workload_.owner.present ? " that something owns" : "");
            return;
        }
        const json::Node now = workload_.labels[kKueueQueue];
        if (is_absent(now)) {
            // Pods with other labels of Kueue's are somebody's podset.
            if (workload_.kueue_managed) return;
            const std::optional<std::string> name = queue(workload_.labels, "/metadata/labels");
            if (!name.has_value()) return;
            object_setting("/metadata/labels/" + escaped(kKueueQueue), now, *name,
                           "label " + std::string(kKueueQueue));
        }
        if (topology)
            for (std::uint32_t i = 0; i < workload_.pods.size(); ++i) kueue_topology(i);
    }

    void kueue_topology(std::uint32_t index) {
        const workload::Pod& pod = workload_.pods[index];
        if (!pod.asks_for_accelerator()) return;
        for (const auto [key, value] : pod.annotations().members())
            if (key.starts_with(kKueueTopology) && key.ends_with("-topology")) return;
        const bool required = !rule_.required.empty();
        const std::string key =
            std::string(kKueueTopology) + (required ? "required-topology" : "preferred-topology");
        pod_setting("/metadata/annotations/" + escaped(key), {}, required ? rule_.required : rule_.preferred,
                    "annotation " + key, "=", index);
    }

    /// On pods: what was written, so that an update that drops it can be told from one that means to.
    void note() {
        // What Kueue counts changes as little as can be.
        if (rule_.scheduler == Scheduler::Kueue && !workload_.is_pod()) return;
        const bool at_pod = std::any_of(out_.edits.begin(), out_.edits.end(), [&](const Edit& edit) {
            return edit.scope == Edit::Scope::Pod && edit.pod == at_.pod;
        });
        if (!at_pod || workload_.kueue_managed || subject().metadata_pointer.empty()) return;
        const json::Node now = subject().annotations()[kPlaced];
        std::string text = is_absent(now) ? "" : std::string(now.string()) + "; ";
        text += names_ + " by " + at_.policy.name + "/" + at_.of.name;
        Edit edit{Edit::Scope::Pod, at_.pod,      "/metadata/annotations/" + escaped(kPlaced),
                  std::nullopt,     quoted(text), at_.by()};
        if (now.exists()) edit.before = json::to_json(now);
        out_.edits.push_back(std::move(edit));
    }

    const Place& rule_;
    const Placing& at_;
    const Context& context_;
    const workload::Workload& workload_;
    Rewrite& out_;
    std::string names_;
};

/// Another rule would refuse what the settings, or the move to Spot, make of the pod.
std::string refusal(const Placing& at) {
    for (const RefusedOffer& refused : at.context.refused)
        if (refused.offer == nullptr && refused.pod == at.pod && refused.by == at.by()) return refused.why;
    return "";
}

std::uint32_t first_asking(const workload::Workload& workload) {
    const auto asks = std::find_if(workload.pods.begin(), workload.pods.end(),
                                   [](const workload::Pod& pod) { return pod.asks_for_accelerator(); });
    return static_cast<std::uint32_t>(asks - workload.pods.begin());
}

/// Settings of one kind; nothing is left in `out` but the reason when another rule refuses them.
template <class Write>
bool settle(const Placing& at, Rewrite& out, Write write) {
    write();
    if (out.edits.empty()) return false;
    std::string refused = refusal(at);
    if (refused.empty()) return true;
    out.edits.clear();
    out.settings.clear();
    out.why_not = std::move(refused);
    return false;
}

}  // namespace

Rewrite place(const Place& rule, const Policy& policy, const Rule& of, const Context& context,
              std::uint32_t pod, PlaceParts parts) {
    Rewrite out;
    const workload::Workload& workload = context.workload;
    if (pod >= workload.pods.size()) return out;
    const workload::Pod& subject = workload.pods[pod];
    const Placing at{policy, of, context, pod};
    if (!context.budget.spend(2 * steps_of(subject))) {
        out.errors.push_back(out_of_budget(policy, of.name, context.budget));
        out.why_not = out.errors.back().message;
        return out;
    }
    // A gang's launcher has no device of its own, and waits for the same scheduler.
    const bool whole = !workload.is_pod() && policy.rewrite_at == RewriteAt::Workload;
    if (!subject.asks_for_accelerator() && !whole) {
        if (parts.pods && !workload.is_pod()) Placer(rule, at, out).left_behind();
        return out;
    }
    out.why_not = never_placed(context, subject);
    if (!out.why_not.empty()) return out;
    Placer placer(rule, at, out);
    if (parts.object && pod == first_asking(workload) && settle(at, out, [&] { placer.object(); }))
        return out;
    if (parts.pods && rule.numa != Place::Numa::Off) report_numa(at, out);
    const bool settles = rule.spot || !name_of(rule.scheduler).empty();
    if (workload.kueue_managed && (parts.pods || parts.spot)) {
        if (settles)
            out.why_not = "Kueue manages it: its scheduler, its queue and its nodes stay as they are";
        return out;
    }
    if (parts.pods && settle(at, out, [&] { placer.pod(); })) return out;
    if (parts.spot && rule.spot && subject.asks_for_accelerator()) move_to_spot(at, out);
    return out;
}

bool is_placed_at_object(const workload::Workload& workload, std::string_view pointer) {
    constexpr std::array<std::string_view, 4> kPlaces{
        "/metadata/labels/kueue.x-k8s.io~1queue-name", "/metadata/annotations/kai.scheduler~1topology",
        "/metadata/annotations/kai.scheduler~1topology-required-placement",
        "/metadata/annotations/kai.scheduler~1topology-preferred-placement"};
    if (std::find(kPlaces.begin(), kPlaces.end(), pointer) != kPlaces.end()) return true;
    return pointer == "/spec/queue" && is_volcano_job(workload);
}

std::vector<Placed> read_placed(std::string_view note) {
    std::vector<Placed> out;
    for (const std::string_view each : split(note, ';')) {
        const std::string_view text = bare(each);
        const std::size_t by = text.rfind(" by ");
        if (by == std::string_view::npos) continue;
        Placed& placed = out.emplace_back();
        placed.text = text;
        placed.by = text.substr(by + 4);
        for (const std::string_view name : split(text.substr(0, by), ',')) {
            const std::string_view what = bare(name);
            constexpr std::string_view kLabel = "label ", kAnnotation = "annotation ";
            if (what == "schedulerName") placed.pointers.emplace_back("/spec/schedulerName");
            if (what.starts_with(kLabel))
                placed.pointers.push_back("/metadata/labels/" + escaped(what.substr(kLabel.size())));
            if (what.starts_with(kAnnotation))
                placed.pointers.push_back("/metadata/annotations/" +
                                          escaped(what.substr(kAnnotation.size())));
        }
    }
    return out;
}

}  // namespace tollgate::rules
