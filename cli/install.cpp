// SPDX-License-Identifier: Apache-2.0
#include "certs/leaf.hpp"
#include "cli/commands.hpp"
#include "cli/install_objects.hpp"
#include "cli/install_probe.hpp"
#include "cli/snapshot_source.hpp"
#include "cli/webhook_configuration.hpp"
#include "engine/base/text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kService = "tollgate";

Exit print_uninstall(const InstallOptions& options, const Terminal& terminal) {
    terminal.out << "# Webhook configurations first: nothing then waits for a server that is gone.\n"
                 << "kubectl delete validatingwebhookconfiguration " << kValidatingName
                 << " --ignore-not-found\n"
                 << "kubectl delete mutatingwebhookconfiguration " << kMutatingName << " --ignore-not-found\n"
                 << "kubectl delete namespace " << options.namespace_name << " --ignore-not-found\n";
    return Exit::Fine;
}

Result<KeyMaterial> keys_for(const InstallOptions& options) {
    if (!options.certs_folder.empty()) return read_keys(options.certs_folder);
    KeyRequest request;
    request.dns_names = certs::service_names(kService, options.namespace_name);
    return make_keys(request, unix_now_ms() / 1000);
}

/// What is printed, and what it is made from.
class Installer {
  public:
    Installer(const InstallOptions& options, const Terminal& terminal)
        : options_(options), terminal_(terminal) {}

    Exit run() {
        const auto made = prepare();
        if (!made) {
            terminal_.complain(made.error().message);
            return Exit::BadInput;
        }
        if (snapshot_ == nullptr) return Exit::BadInput;  // its diagnostics were printed
        if (options_.enforce) {
            const Probe probe{options_.probe, std::string(kService) + "." + options_.namespace_name + ".svc",
                              keys_.ca.certificate_pem};
            if (const auto answered = probe_webhook(probe); !answered) {
                terminal_.complain(answered.error().message);
                terminal_.complain(
                    "nothing printed: a validator that fails closed would block GPU workloads");
                return Exit::Negative;
            }
        }
        const auto objects = select();
        if (!objects) {
            terminal_.complain(objects.error().message);
            return Exit::BadInput;
        }
        terminal_.out << to_yaml_stream(*objects);
        terminal_.note("never looked at: namespaces " + join(exempt_namespaces(webhooks_), ", ") +
                       ", and those labelled tollgate.dev/gate=off");
        if (!part("secret")) tell_guesses();
        if (part("all") || part("policies")) tell_sample_fleet();
        if (part("all")) tell_image();
        return Exit::Fine;
    }

  private:
    [[nodiscard]] bool part(std::string_view name) const { return options_.part == name; }

    Result<void> prepare() {
        if (options_.enforce && options_.certs_folder.empty()) {
            return fail("--enforce needs --certs DIR: the probe must trust the CA that will be installed");
        }
        LoadRequest request;
        request.paths = options_.policies;
        request.sample_fleet = true;
        request.needs_namespaces = true;  // as `serve`, which is to run by these documents
        documents_ = load_snapshot(request, unix_now_ms());
        terminal_.err << render_all(documents_.diagnostics);
        snapshot_ = documents_.snapshot;
        const bool needs_keys = !part("webhooks") && !part("policies");
        if (needs_keys || !options_.certs_folder.empty()) {
            TOLLGATE_TRY(keys_, keys_for(options_));
        }
        webhooks_.enforce = options_.enforce;
        webhooks_.service_namespace = options_.namespace_name;
        webhooks_.service_name = kService;
        webhooks_.exempt_namespaces = options_.exempt_namespaces;
        webhooks_.ca_bundle = keys_.ca.certificate_pem;
        return {};
    }

    /// What was not said and may be wrong.
    void tell_guesses() const {
        if (const auto guesses = guessed_resources(*snapshot_); !guesses.empty()) {
            terminal_.note("guessed how the API calls " + join(guesses, ", ") +
                           "; if it calls it otherwise, say so in spec.resource of the WorkloadKind");
        }
        if (snapshot_->rules->policies.empty()) {
            terminal_.note("no CostPolicy among the documents: nothing will be judged");
        }
    }

    void tell_sample_fleet() const {
        if (!options_.policies.empty() && documents_.has_fleet) return;
        terminal_.note(
            "warning: " +
            std::string(options_.policies.empty() ? "no -p given" : "no Fleet among the documents") +
            ": the sample fleet '" + std::string(kSampleFleet) +
            "' is embedded; pods may be sent to nodes you lack, at prices you do not pay");
    }

    void tell_image() const {
        terminal_.note("the Deployment runs the image " + image_of(options_) +
                       ", which the nodes must have or be able to pull" +
                       (options_.image.empty() ? " (another: --image)" : ""));
    }

    [[nodiscard]] std::vector<Json> configurations() const {
        return {mutating_configuration(*snapshot_, webhooks_),
                validating_configuration(*snapshot_, webhooks_)};
    }

    void add_patches(std::vector<Json>& objects) const {
        for (const Json& configuration : configurations()) {
            objects.push_back(ca_bundle_patch(configuration, keys_.ca.certificate_pem));
        }
    }

    Result<void> add_policies(std::vector<Json>& objects) const {
        TOLLGATE_TRY(const std::vector<Json> maps,
                     policy_config_maps(documents_.sources, documents_.fleet_file, options_.namespace_name));
        objects.insert(objects.end(), maps.begin(), maps.end());
        return {};
    }

    Result<std::vector<Json>> select() const {
        if (part("webhooks")) return configurations();
        std::vector<Json> objects;
        if (part("secret") || part("certificate")) {
            objects.push_back(certificate_secret(keys_, options_.namespace_name));
        }
        if (part("ca-bundle-patch") || part("certificate")) add_patches(objects);
        if (part("policies")) {
            if (auto added = add_policies(objects); !added) return tl::unexpected(added.error());
        }
        if (!part("all")) return objects;
        objects = base_objects(options_);
        if (auto added = add_policies(objects); !added) return tl::unexpected(added.error());
        objects.push_back(certificate_secret(keys_, options_.namespace_name));
        for (Json& configuration : configurations()) objects.push_back(std::move(configuration));
        return objects;
    }

    const InstallOptions& options_;
    const Terminal& terminal_;
    LoadedSnapshot documents_;
    std::shared_ptr<const decide::Snapshot> snapshot_;
    KeyMaterial keys_;
    WebhookOptions webhooks_;
};

}  // namespace

Exit run_install(const InstallOptions& options, const Terminal& terminal) {
    if (options.uninstall) return print_uninstall(options, terminal);
    return Installer(options, terminal).run();
}

}  // namespace tollgate::cli
