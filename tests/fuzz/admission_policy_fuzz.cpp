// SPDX-License-Identifier: Apache-2.0
// Documents with admission policies, their bindings and objects: what loads is judged, on each of the
// objects and for each operation. Judging never crashes, says the same when asked again, gives every finding
// a place and a word, and stays within its costs.
#include "engine/base/limits.hpp"
#include "engine/vap/evaluate.hpp"
#include "engine/vap/resource.hpp"
#include "policies/load.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace tollgate;

class KnownObjects final : public vap::World {
  public:
    explicit KnownObjects(const std::vector<rules::KnownObject>& objects) : objects_(objects) {}
    json::Node find_namespace(std::string_view name) const override {
        for (const rules::KnownObject& each : objects_)
            if (each.kind == "Namespace" && each.name == name) return each.document->root();
        return {};
    }
    std::vector<json::Node> find_objects(std::string_view api_version, std::string_view kind) const override {
        std::vector<json::Node> out;
        for (const rules::KnownObject& each : objects_)
            if (each.api_version == api_version && each.kind == kind) out.push_back(each.document->root());
        return out;
    }

  private:
    const std::vector<rules::KnownObject>& objects_;
};

std::string all_of(const vap::Outcome& outcome) {
    std::string out;
    for (const auto* list : {&outcome.findings, &outcome.ignored})
        for (const vap::Finding& each : *list)
            out.append(each.place()).append(" ").append(each.sentence(each.action)).append("\n");
    for (const auto& [key, value] : outcome.audit_annotations) out.append(key).append("=").append(value);
    return out;
}

void check_outcome(const vap::PolicySet& set, const vap::Input& input, const vap::World& world) {
    const vap::Outcome outcome = vap::judge(set, input, world);
    TOLLGATE_ASSERT(all_of(outcome) == all_of(vap::judge(set, input, world)));
    for (const vap::Finding& each : outcome.findings) {
        TOLLGATE_ASSERT(each.policy != nullptr && !each.message.empty() && !each.place().empty());
        TOLLGATE_ASSERT(!each.is_error || each.policy->failure == vap::FailurePolicy::Fail);
    }
    for (const vap::Finding& each : outcome.ignored)
        TOLLGATE_ASSERT(each.policy->failure == vap::FailurePolicy::Ignore);
    // Conditions, validations with messages, annotations; each may end a little past its budget.
    constexpr std::uint64_t kMost = limits::kMaxCelConditionsCost + 2 * limits::kMaxCelPolicyCost;
    TOLLGATE_ASSERT(outcome.cost <= outcome.evaluated * kMost * 8);
    TOLLGATE_ASSERT(outcome.applied <= outcome.evaluated);
}

void judge_all(policies::LoadedDocuments loaded) {
    constexpr std::size_t kMostObjects = 8;
    const std::vector<rules::KnownObject> objects = std::move(loaded.objects);
    const KnownObjects world(objects);
    const vap::PolicySet set(std::move(loaded.admission_policies), std::move(loaded.admission_bindings));
    for (std::size_t i = 0; i < std::min(objects.size(), kMostObjects); ++i) {
        const rules::KnownObject& each = objects[i];
        const std::string_view version = each.api_version;
        const std::size_t slash = version.find('/');
        const bool core = slash == std::string_view::npos;
        const std::string resource = vap::resource_of(each.kind);
        vap::Input input;
        input.kind = {core ? std::string_view{} : version.substr(0, slash),
                      core ? version : version.substr(slash + 1), each.kind};
        input.resource = {input.kind.group, input.kind.version, resource};
        input.name = each.name;
        input.ns = each.ns;
        input.object = each.document->root();
        check_outcome(set, input, world);
        input.old_object = input.object;
        input.operation = vap::Operation::Update;
        check_outcome(set, input, world);
        input.object = json::Node();
        input.operation = vap::Operation::Delete;
        check_outcome(set, input, world);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(static_cast<const char*>(static_cast<const void*>(data)), size);
    policies::LoadedDocuments loaded = policies::load_sources({{"fuzz.yaml", text}}, policies::LoadOptions{});
    if (loaded.ok()) judge_all(std::move(loaded));
    return 0;
}
