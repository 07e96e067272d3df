// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/placement.hpp"

#include "engine/base/json/document.hpp"
#include "engine/fleet/node_labels.hpp"
#include "engine/rules/run.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tollgate::rules {
namespace {

constexpr std::string_view kTermsPointer =
    "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

/// Labels that say nothing of one pool, or that the planner has judged already (zones, billing).
constexpr std::array<std::string_view, 12> kNeutralKeys{"kubernetes.io/os",
                                                        "beta.kubernetes.io/os",
                                                        "kubernetes.io/arch",
                                                        "beta.kubernetes.io/arch",
                                                        "nvidia.com/gpu.present",
                                                        "topology.kubernetes.io/zone",
                                                        "topology.kubernetes.io/region",
                                                        "failure-domain.beta.kubernetes.io/zone",
                                                        "failure-domain.beta.kubernetes.io/region",
                                                        "karpenter.sh/capacity-type",
                                                        "eks.amazonaws.com/capacityType",
                                                        "cloud.google.com/gke-spot"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// What nodes are where nobody says otherwise; "" for keys that tell of no platform. Whoever asks for another
/// platform must not be moved on a guess.
std::string_view usual_platform(std::string_view key) {
    if (!contains(kNeutralKeys, key)) return "";
    if (key.ends_with("kubernetes.io/os")) return "linux";
    return key.ends_with("kubernetes.io/arch") ? "amd64" : "";
}

const std::string* find_pair(const fleet::Pool& pool, std::string_view key) {
    for (const auto& [name, value] : pool.node_selector) {
        if (name == key) return &value;
    }
    return nullptr;
}

bool covers(json::Node toleration, const fleet::Toleration& taint) {
    const json::Node seconds = toleration["tolerationSeconds"];
    if (seconds.exists() && !seconds.is_null()) return false;  // until then only
    const std::string_view effect = toleration["effect"].string();
    if (!effect.empty() && effect != taint.effect) return false;
    const std::string_view key = toleration["key"].string();
    if (toleration["operator"].string() == "Exists") return key.empty() || key == taint.key;
    return key == taint.key && taint.op != "Exists" && toleration["value"].string() == taint.value;
}

std::string to_json(const fleet::Toleration& toleration) {
    std::string out = "{";
    const auto member = [&](std::string_view name, const std::string& value) {
        if (value.empty()) return;
        if (out.size() > 1) out += ',';
        out += quoted(name) + ":" + quoted(value);
    };
    member("key", toleration.key);
    member("operator", toleration.op);
    member("value", toleration.value);
    member("effect", toleration.effect);
    return out + "}";
}

/// What becomes of one label requirement.
struct Verdict {
    enum class What : std::uint8_t { Stays, Becomes, Goes, Stops } what = What::Stays;
    std::string value;  // Becomes: the new label value; Stops: why
};

class Mover {
  public:
    Mover(const Context& context, const Move& move) : context_(context), move_(move) {}

    Result<std::vector<Edit>> run() {
        const workload::Placement& now = move_.pod.placement;
        if (move_.from != nullptr && move_.from->pool == move_.to.pool && is_reached(now) && is_held(now)) {
            add_tolerations();
            return std::move(edits_);
        }
        if (!move_selector() || !move_affinity() || !check_result()) return fail(std::move(why_));
        add_tolerations();
        return std::move(edits_);
    }

    std::string stays() {
        if (!is_reached(move_.pod.placement)) {
            return "its selectors name other nodes than those of pool " + pool().name;
        }
        for (const auto [key, value] : move_.pod.placement.node_selector.members()) {
            const Verdict verdict = judge(key, value.string());
            if (verdict.what == Verdict::What::Stays) continue;
            if (verdict.what == Verdict::What::Stops) return verdict.value;
            return "its nodeSelector " + shown(key) + " would have to change too";
        }
        return "";
    }

  private:
    const fleet::Pool& pool() const { return *move_.to.pool; }

    bool is_reached(const workload::Placement& placement) const {
        return fleet::reachable(move_.to, placement, move_.to.resource);
    }

    /// What nodes of the target carry for `key`, when they all carry the same and that is known.
    std::optional<std::string> value_there(std::string_view key) const {
        const auto values = fleet::label_values(move_.to, key);
        if (!values.has_value() || values->size() != 1) return std::nullopt;
        return values->front();
    }

    bool carries(std::string_view key, std::string_view value) const {
        const auto values = fleet::label_values(move_.to, key);
        return values.has_value() && std::find(values->begin(), values->end(), value) != values->end();
    }

    bool names_product(std::string_view key) const {
        return context_.catalog.is_product_key(key) || contains(fleet::kInstanceKeys, key);
    }

    /// A label of the pool the pod is on now, by which that pool is known.
    bool names_old_pool(std::string_view key, std::string_view value) const {
        if (move_.from == nullptr || key == fleet::kZoneKey || key == fleet::kOldZoneKey) return false;
        const std::string* old = find_pair(*move_.from->pool, key);
        return old != nullptr && *old == value;
    }

    Verdict stop(std::string_view key) const {
        return {Verdict::What::Stops, "it selects nodes by " + shown(key) +
                                          ", and nothing says that the nodes of pool " + pool().name +
                                          " carry it (nodeSelector of the pool in the Fleet)"};
    }

    /// `key` must equal `value`.
    Verdict judge(std::string_view key, std::string_view value) const {
        if (carries(key, value)) return {};
        const std::optional<std::string> there = value_there(key);
        if (names_product(key) || names_old_pool(key, value)) {
            return there.has_value() ? Verdict{Verdict::What::Becomes, *there}
                                     : Verdict{Verdict::What::Goes, {}};
        }
        const bool known = fleet::label_values(move_.to, key).has_value();
        const std::string_view usual = usual_platform(key);
        const bool neutral = contains(kNeutralKeys, key) && (usual.empty() || value == usual);
        return !known && neutral ? Verdict{} : stop(key);
    }

    Verdict judge(json::Node expression) const {
        const std::string_view key = expression["key"].string();
        const std::string_view op = expression["operator"].string();
        const json::Node values = expression["values"];
        const auto there = fleet::label_values(move_.to, key);
        if (op == "In") {
            for (const json::Node value : values.elements()) {
                if (carries(key, value.string()) || judge(key, value.string()).what == Verdict::What::Stays)
                    return {};
            }
            return values.size() == 0 ? stop(key) : judge(key, values[0].string());
        }
        if (op == "NotIn") {
            if (!there.has_value() && names_product(key)) return stop(key);
            const std::string_view guess = there.has_value() ? "" : usual_platform(key);
            for (const json::Node value : values.elements()) {
                if (carries(key, value.string()) || (!guess.empty() && value.string() == guess))
                    return stop(key);
            }
            return {};
        }
        const bool carried = there.has_value() && !there->empty();
        if (op == "Exists")
            return carried || (!there.has_value() && contains(kNeutralKeys, key)) ? Verdict{} : stop(key);
        // Every node says what platform it is of.
        const bool platform = !usual_platform(key).empty();
        if (op == "DoesNotExist") return carried || platform ? stop(key) : Verdict{};
        return stop(key);  // Gt, Lt: a number the target is not known to have
    }

    void edit(std::string pointer, std::optional<std::string> before, std::optional<std::string> after) {
        edits_.push_back({Edit::Scope::Pod, move_.index, std::move(pointer), std::move(before),
                          std::move(after), move_.by});
    }

    bool move_selector() {
        const json::Node selector = move_.pod.placement.node_selector;
        for (const auto [key, value] : selector.members()) {
            const Verdict verdict = judge(key, value.string());
            const std::string pointer = "/spec/nodeSelector/" + escaped(key);
            switch (verdict.what) {
                case Verdict::What::Stays:
                    selected_.emplace_back(key, value.string());
                    break;
                case Verdict::What::Becomes:
                    edit(pointer, json::to_json(value), quoted(verdict.value));
                    selected_.emplace_back(key, verdict.value);
                    break;
                case Verdict::What::Goes:
                    edit(pointer, json::to_json(value), std::nullopt);
                    break;
                case Verdict::What::Stops:
                    why_ = verdict.value;
                    return false;
            }
        }
        for (const auto& [key, value] : pool().node_selector) add_label(key, value);
        if (move_.names_capacity) add_capacity();
        return true;
    }

    void add_label(const std::string& key, const std::string& value) {
        if (move_.pod.placement.node_selector[key].exists()) return;
        edit("/spec/nodeSelector/" + escaped(key), std::nullopt, quoted(value));
        selected_.emplace_back(key, value);
    }

    /// Two clouds have one label for their Spot nodes, whoever makes them.
    void add_capacity() {
        const auto names = [&](std::string_view key) { return find_pair(pool(), key) != nullptr; };
        const bool said = std::any_of(fleet::kCapacityKeys.begin(), fleet::kCapacityKeys.end(), names);
        if (said || pool().billing != fleet::Billing::Spot) return;
        if (context_.market.provider == "gcp") add_label("cloud.google.com/gke-spot", "true");
        if (context_.market.provider == "azure") add_label("kubernetes.azure.com/scalesetpriority", "spot");
    }

    /// Terms are alternatives: one that the target meets is enough, and one that cannot be met does no harm
    /// beside it.
    bool move_affinity() {
        const json::Node terms =
            move_.pod.placement.affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
                                        ["nodeSelectorTerms"];
        bool met = terms.size() == 0;
        for (std::size_t i = 0; i < terms.size(); ++i) {
            if (i > 0) terms_ += ',';
            met = move_term(terms[i], i) || met;
        }
        return met;
    }

    bool move_term(json::Node term, std::size_t index) {
        const json::Node expressions = term["matchExpressions"];
        std::vector<Verdict> verdicts;
        bool removes = false;
        for (const json::Node expression : expressions.elements()) {
            verdicts.push_back(judge(expression));
            removes = removes || verdicts.back().what == Verdict::What::Goes;
            if (verdicts.back().what == Verdict::What::Stops) return keep_term(term, verdicts.back().value);
        }
        if (term["matchFields"].size() > 0) return keep_term(term, "it is pinned to nodes by name");
        std::string text;
        const std::string place =
            std::string(kTermsPointer) + "/" + std::to_string(index) + "/matchExpressions";
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            if (verdicts[i].what == Verdict::What::Goes) continue;
            if (!text.empty()) text += ',';
            if (verdicts[i].what == Verdict::What::Stays) {
                text += json::to_json(expressions[i]);
                continue;
            }
            const std::string values = "[" + quoted(verdicts[i].value) + "]";
            text += R"({"key":)" + quoted(expressions[i]["key"].string()) + R"(,"operator":"In","values":)" +
                    values + "}";
            if (!removes) {
                edit(place + "/" + std::to_string(i) + "/values", json::to_json(expressions[i]["values"]),
                     values);
            }
        }
        // A term without expressions matches no node at all.
        if (text.empty()) return keep_term(term, "its node affinity would have nothing left to say");
        if (removes) edit(place, json::to_json(expressions), "[" + text + "]");
        terms_ += R"({"matchExpressions":[)" + text + "]}";
        return true;
    }

    bool keep_term(json::Node term, const std::string& why) {
        terms_ += json::to_json(term);
        why_ = why;
        return false;
    }

    /// The placement as it will be: does it reach the target, and nothing dearer that answers to the same
    /// name?
    bool check_result() {
        std::string selector = "{";
        for (const auto& [key, value] : selected_) {
            if (selector.size() > 1) selector += ',';
            selector += quoted(key) + ":" + quoted(value);
        }
        selector += "}";
        std::string text = R"({"s":)" + selector;
        if (!terms_.empty()) {
            text += R"(,"a":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":)"
                    R"({"nodeSelectorTerms":[)" +
                    terms_ + "]}}}";
        }
        const auto planned = json::parse(text + "}");
        if (!planned.has_value()) {
            why_ = "its node affinity could not be rewritten";
            return false;
        }
        workload::Placement placement = move_.pod.placement;
        placement.node_selector = planned->root()["s"];
        placement.affinity = planned->root()["a"];
        if (!is_reached(placement)) {
            why_ = "its selectors exclude the nodes of pool " + pool().name;
            return false;
        }
        return is_held(placement);
    }

    bool is_held(const workload::Placement& placement) {
        const workload::PodResources& resources = move_.pod.resources;
        const auto here = cost::pod_hourly(move_.to, move_.count, resources);
        for (const fleet::Offer& other : context_.market.offers) {
            if (other.pool == move_.to.pool || other.resource != move_.to.resource) continue;
            if (!fleet::reachable(other, placement, other.resource)) continue;
            const Ratio share = cost::dominant_share(other, move_.count, resources).share;
            if (share > Ratio(1)) continue;  // the pod has no room there
            const auto there = cost::pod_hourly(other, move_.count, resources);
            const bool dearer = !there.has_value() || !here.has_value() || *there > *here;
            if (!dearer) continue;
            why_ = "nothing would hold it in pool " + pool().name + ": pool " + other.pool->name +
                   " offers " + other.resource +
                   " too, and dearer (give the pools a nodeSelector in the Fleet)";
            return false;
        }
        return true;
    }

    void add_tolerations() {
        const json::Node tolerations = move_.pod.placement.tolerations;
        std::vector<std::string> missing;
        for (const fleet::Toleration& taint : pool().tolerations) {
            bool tolerated = false;
            for (const json::Node toleration : tolerations.elements()) {
                tolerated = tolerated || covers(toleration, taint);
            }
            if (!tolerated) missing.push_back(to_json(taint));
        }
        if (missing.empty()) return;
        if (tolerations.is_array() && tolerations.size() > 0) {
            for (std::size_t i = 0; i < missing.size(); ++i) {
                edit("/spec/tolerations/" + std::to_string(tolerations.size() + i), std::nullopt, missing[i]);
            }
            return;
        }
        std::string all;
        for (const std::string& toleration : missing) all += (all.empty() ? "" : ",") + toleration;
        edit("/spec/tolerations",
             tolerations.exists() ? std::optional(json::to_json(tolerations)) : std::nullopt,
             "[" + all + "]");
    }

    const Context& context_;
    const Move& move_;
    std::vector<Edit> edits_;
    std::vector<std::pair<std::string, std::string>> selected_;
    std::string terms_, why_;
};

}  // namespace

Result<std::vector<Edit>> move_placement(const Context& context, const Move& move) {
    return Mover(context, move).run();
}

std::string placement_stays(const Context& context, const Move& move) {
    return Mover(context, move).stays();
}

}  // namespace tollgate::rules
