// SPDX-License-Identifier: Apache-2.0
#include "engine/fleet/discovery/products.hpp"

#include "engine/base/text.hpp"
#include "engine/fleet/node_labels.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tollgate::fleet {
namespace {

using gpu::Catalog;
using gpu::Sku;

constexpr std::string_view kTpuKey = "cloud.google.com/gke-tpu-accelerator";
// Source: GKE documentation, "Plan TPUs in GKE": values of the accelerator label.
constexpr std::pair<std::string_view, std::string_view> kTpus[] = {
    {"tpu-v5-lite-podslice", "google-tpu-v5e"},
    {"tpu-v5-lite-device", "google-tpu-v5e"},
    {"tpu-v5p-slice", "google-tpu-v5p"},
    {"tpu-v6e-slice", "google-tpu-v6e"},
};
constexpr std::string_view kAcceleratorNameKey = "karpenter.k8s.aws/instance-accelerator-name";

void found(Supply& out, const Sku& sku, std::string_view key, std::string_view value) {
    out.sku = &sku;
    out.gpu = std::string(sku.id);
    out.product_key = std::string(key);
    out.product = std::string(value);
}

/// A label that the catalog has, but from no source to rely on.
const Sku* find_unverified(std::string_view label) {
    for (const Sku& sku : Catalog::builtin().skus()) {
        for (const gpu::ProductLabel& product : sku.products) {
            if (product.label == label) return &sku;
        }
    }
    return nullptr;
}

/// The label of feature discovery decides: it is read from the device.
bool by_product_label(const DeviceView& view, Supply& out) {
    const std::string_view label = view.labels[kProductKey];
    if (label.empty()) return false;
    const std::string_view bare = gpu::strip_product_suffixes(label);
    out.product_key = std::string(kProductKey);
    out.product = std::string(label);
    if (const Sku* sku = Catalog::builtin().find_sku_by_label(kProductKey, label)) {
        out.sku = sku;
        out.gpu = std::string(bare);
    } else if (const Sku* guess = find_unverified(bare)) {
        out.sku = guess;
        out.gpu = std::string(guess->id);
        out.guesses.push_back("gpu: the label " + std::string(bare) + " is " + std::string(guess->name) +
                              " by its pattern; no source confirms it");
    } else {
        const std::string_view near = nearest(bare, Catalog::builtin().sku_names());
        out.problem = "the catalog has no GPU '" + std::string(bare) + "'" +
                      (near.empty() ? "" : " (the nearest name it has is " + std::string(near) + ")") +
                      "; `tollgate catalog` lists what it has";
    }
    return true;
}

/// What clouds and autoscalers call the GPU; unverified values make a guess of it.
bool by_cloud_label(const DeviceView& view, Supply& out) {
    for (const gpu::LabelValue& row : Catalog::builtin().label_values()) {
        if (view.labels[row.key] != row.value) continue;
        const Sku* sku = Catalog::builtin().find_sku(row.gpu);
        if (sku == nullptr) continue;
        found(out, *sku, row.key, row.value);
        out.guesses.push_back("gpu: told by " + std::string(row.key) + ": " + std::string(row.value) +
                              (row.verified ? "" : ", which no source confirms") + "; no node says " +
                              std::string(kProductKey));
        return true;
    }
    return false;
}

bool by_instance(const DeviceView& view, std::string_view vendor, Supply& out) {
    const std::optional<InstanceGpus> known = instance_gpus(view.instance);
    if (!known || known->sku->vendor != vendor) return false;
    found(out, *known->sku, kInstanceKeys.front(), view.instance);
    out.guesses.push_back("gpu: told by the instance type " + std::string(view.instance) +
                          " in the price list; no label of the nodes names it");
    return true;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0) {
            words.back() += static_cast<char>(std::tolower(byte));
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    return words;
}

/// The model ("mi300x" of amd-mi300x) stands as a word in a label's value.
const Sku* find_by_word(std::string_view text, std::string_view vendor) {
    const std::vector<std::string> words = words_of(text);
    for (const Sku& sku : Catalog::builtin().skus()) {
        if (sku.vendor != vendor) continue;
        const std::string_view model = sku.id.substr(sku.id.rfind('-') + 1);
        if (std::find(words.begin(), words.end(), model) != words.end()) return &sku;
    }
    return nullptr;
}

bool by_words(const DeviceView& view, std::string_view vendor, Supply& out) {
    const std::string_view domain = vendor == "amd" ? "amd.com/" : vendor == "intel" ? "habana.ai/" : "";
    if (domain.empty()) return false;
    for (const auto [key, value] : view.labels.node().members()) {
        if (!is_label_text(key) || key.find(domain) == std::string_view::npos) continue;
        const std::string_view text = view.labels[key];
        if (const Sku* sku = find_by_word(text, vendor)) {
            found(out, *sku, key, text);
            out.guesses.push_back("gpu: told by a word in the label " + std::string(key) + ": " +
                                  std::string(text));
            return true;
        }
    }
    const Sku* sku = find_by_word(view.instance, vendor);
    if (sku == nullptr) return false;
    found(out, *sku, kInstanceKeys.front(), view.instance);
    out.guesses.push_back("gpu: told by a word in the instance type " + std::string(view.instance));
    return true;
}

bool by_table(const DeviceView& view, std::string_view vendor, Supply& out) {
    if (vendor == "google") {
        for (const auto& [value, id] : kTpus) {
            if (view.labels[kTpuKey] != value) continue;
            found(out, *Catalog::builtin().find_sku(id), kTpuKey, value);
            return true;
        }
        return false;
    }
    const std::string_view name = view.labels[kAcceleratorNameKey];
    const Sku* sku = name.empty() ? nullptr : Catalog::builtin().find_sku("aws-" + std::string(name));
    if (vendor != "aws" || sku == nullptr) return false;
    found(out, *sku, kAcceleratorNameKey, name);
    return true;
}

}  // namespace

void name_product(const DeviceView& view, std::string_view vendor, Supply& out) {
    const bool named = (vendor == "nvidia" && (by_product_label(view, out) || by_cloud_label(view, out))) ||
                       by_table(view, vendor, out) || by_instance(view, vendor, out) ||
                       by_words(view, vendor, out);
    const std::optional<InstanceGpus> listed = instance_gpus(view.instance);
    if (!named) {
        out.problem =
            "no label names the product of " + out.resource +
            (view.instance.empty() ? "" : ", nor does the instance type " + std::string(view.instance)) +
            (vendor == "nvidia" ? "; run NVIDIA's GPU feature discovery, or write a pool by hand"
                                : "; write a pool by hand with a `gpu` that `tollgate catalog` lists");
    } else if (listed && listed->gpus == 0 && out.problem.empty()) {
        out.problem = "instances of type " + std::string(view.instance) + " have a part of a " +
                      std::string(listed->sku->name) + ", and a pool has whole ones";
    }
}

}  // namespace tollgate::fleet
