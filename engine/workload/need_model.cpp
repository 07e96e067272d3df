// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/need_model.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::workload {
namespace {

bool names_model(const ServedModel& served) {
    return served.model.has_value() && !served.is_path;
}

/// The model a server is told to load, or else the one an annotation names. A place alone says too little to
/// rewrite by, so the annotation counts before it.
FloorAnswer floor_of(const ServedModel& served, const std::optional<std::string>& declared) {
    const bool by_annotation = declared.has_value() && !names_model(served);
    if (!served.model && !by_annotation) return {{}, served.why_no_model};
    const std::optional<ModelMatch> match =
        by_annotation ? find_model(*declared) : find_model(*served.model, served.is_path);
    if (!match) {
        return {{},
                by_annotation    ? "the model that tollgate.dev/model names is not known"
                : served.is_path ? "its model is loaded from a place that does not say what it is"
                                 : "its model is not known"};
    }
    return model_floor({served, *match, by_annotation});
}

}  // namespace

ServedModel served_by(const Container& container, const KindSpec* kind, json::Node object) {
    ServerPlace place;
    const json::Node node = container.node;
    place.image = node["image"].string();
    place.command = node["command"];
    place.args = node["args"];
    place.env = node["env"];
    place.env_from = node["envFrom"];
    place.storage_uri = node["storageUri"].string();
    place.model_format = node["modelFormat"]["name"].string();
    const json::Node spec = object["spec"];
    if (kind != nullptr && kind->kind == "NIMService" && !node.exists()) {
        place.image = spec["image"]["repository"].string();
        place.command = spec["command"];
        place.args = spec["args"];
        place.env = spec["env"];
    }
    if (kind != nullptr && kind->kind == "LLMInferenceService") {
        place.storage_uri = spec["model"]["uri"].string();
        if (place.image.empty()) place.model_format = "vLLM";
    }
    return read_server(place);
}

void read_model_need(Need& need, std::span<const ServedModel> served) {
    const auto named = std::find_if(served.begin(), served.end(), names_model);
    need.serves = named != served.end() ? named->model : need.model;
    if (served.empty()) return;
    bool complete = true;
    for (const ServedModel& each : served) {
        if (each.server == nullptr && !need.model) {
            complete = false;
            continue;
        }
        FloorAnswer answer = floor_of(each, need.model);
        if (!answer.floor) {
            complete = false;
            if (need.why_no_floor.empty()) need.why_no_floor = std::move(answer.why_not);
            continue;
        }
        need.bf16 = need.bf16 || answer.floor->needs_bf16;
        need.fp8 = need.fp8 || answer.floor->needs_fp8;
        std::string doubt = need.floor ? need.floor->doubt : "";
        if (doubt.empty()) doubt = answer.floor->doubt;
        if (!need.floor || need.floor->memory_mib < answer.floor->memory_mib)
            need.floor = std::move(answer.floor);
        need.floor->doubt = std::move(doubt);
    }
    if (complete || !need.floor) return;
    need.floor.reset();
    if (need.why_no_floor.empty())
        need.why_no_floor = "another of its containers asks for a GPU, and what that needs is not known";
}

}  // namespace tollgate::workload
