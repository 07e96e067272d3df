// SPDX-License-Identifier: Apache-2.0
#include "cli/install_objects.hpp"

#include "cli/manifests.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/version.hpp"
#include "cli/yaml_text.hpp"
#include "engine/base/json/document.hpp"
#include "policies/embedded.hpp"
#include "policies/manifest.hpp"
#include "webhook/admission/base64.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

// An object in etcd is at most 1.5 MiB, a ConfigMap 1 MiB.
constexpr std::size_t kMaxConfigMapBytes = 1000 * 1000;
constexpr std::string_view kWarnArgument = "--max-mode=Warn";

Json config_map(std::string_view name, const std::string& namespace_name, Json data) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata",
             {{"name", name},
              {"namespace", namespace_name},
              {"labels", {{"app.kubernetes.io/name", "tollgate"}}}}},
            {"data", std::move(data)}};
}

/// A ConfigMap's keys are flat: the file's name, with its folder before it when that name is taken. In the
/// mounted directory only names of documents are read, while `-p FILE` takes any.
std::string key_for(const Json& data, const std::string& path) {
    std::filesystem::path file(path);
    const std::string suffix = file.extension().string();
    if (suffix != ".yaml" && suffix != ".yml" && suffix != ".json") file += ".yaml";
    std::string key = file.filename().string();
    if (data.contains(key)) key = file.parent_path().filename().string() + "-" + key;
    for (int i = 2; data.contains(key); ++i) key = std::to_string(i) + "-" + file.filename().string();
    return key;
}

bool is_cluster_scoped(const std::string& kind) {
    return kind == "Namespace";
}

void place(Json& object, const InstallOptions& options) {
    Json& metadata = object["metadata"];
    metadata["labels"]["app.kubernetes.io/part-of"] = "tollgate";
    if (object["kind"] == "Namespace") metadata["name"] = options.namespace_name;
    if (!is_cluster_scoped(object["kind"].get<std::string>())) metadata["namespace"] = options.namespace_name;
    if (object["kind"] != "Deployment") return;
    for (Json& container : object["spec"]["template"]["spec"]["containers"]) {
        container["image"] = image_of(options);
        for (Json& argument : container["args"]) {
            if (options.enforce && argument == kWarnArgument) argument = "--max-mode=Enforce";
        }
    }
}

}  // namespace

std::string image_of(const InstallOptions& options) {
    return options.image.empty() ? "tollgate:" + std::string(version()) : options.image;
}

Json certificate_secret(const KeyMaterial& keys, const std::string& namespace_name) {
    return {{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata",
             {{"name", kSecretName},
              {"namespace", namespace_name},
              {"labels", {{"app.kubernetes.io/name", "tollgate"}}}}},
            {"type", "kubernetes.io/tls"},
            {"data",
             {{"ca.crt", admission::base64(keys.ca.certificate_pem)},
              {"tls.crt", admission::base64(keys.leaf.certificate_pem)},
              {"tls.key", admission::base64(keys.leaf.key_pem)}}}};
}

Result<std::vector<Json>> policy_config_maps(const std::vector<policies::SourceFile>& sources,
                                             const std::string& fleet_file,
                                             const std::string& namespace_name) {
    Json documents = Json::object();
    Json fleet = Json::object();
    std::size_t bytes = 0;
    for (const policies::SourceFile& source : sources) {
        Json& data = source.path == fleet_file ? fleet : documents;
        data[key_for(data, source.path)] = source.bytes;
        bytes += source.bytes.size();
    }
    if (bytes > kMaxConfigMapBytes)
        return fail("the documents are larger than a ConfigMap can be; install them by kustomize");
    if (fleet.empty()) fleet["fleet.yaml"] = std::string(policies::embedded_fleet(kSampleFleet));
    if (documents.empty()) documents["none.yaml"] = "# All documents are in tollgate-fleet.\n";
    return std::vector<Json>{config_map("tollgate-policies", namespace_name, std::move(documents)),
                             config_map("tollgate-fleet", namespace_name, std::move(fleet))};
}

std::vector<Json> base_objects(const InstallOptions& options) {
    std::vector<Json> objects;
    for (const EmbeddedManifest& manifest : embedded_manifests()) {
        for (const policies::ManifestDocument& document :
             policies::load_manifests(std::string(manifest.name), manifest.text)) {
            TOLLGATE_ASSERT(!has_errors(document.diagnostics));  // a test reads them all
            objects.push_back(Json::parse(json::to_json(document.doc.root())));
            place(objects.back(), options);
        }
    }
    return objects;
}

Json ca_bundle_patch(const Json& configuration, const std::string& ca_pem) {
    Json webhooks = Json::array();
    for (const Json& webhook : configuration["webhooks"]) {
        webhooks.push_back(
            {{"name", webhook["name"]}, {"clientConfig", {{"caBundle", admission::base64(ca_pem)}}}});
    }
    return {{"apiVersion", configuration["apiVersion"]},
            {"kind", configuration["kind"]},
            {"metadata", {{"name", configuration["metadata"]["name"]}}},
            {"webhooks", std::move(webhooks)}};
}

std::string to_yaml_stream(const std::vector<Json>& objects) {
    std::string out;
    for (const Json& object : objects) {
        const auto document = json::parse(object.dump(-1, ' ', false, Json::error_handler_t::replace));
        TOLLGATE_ASSERT(document.has_value());
        if (!out.empty()) out += "---\n";
        out += to_yaml(document->root());
    }
    return out;
}

}  // namespace tollgate::cli
