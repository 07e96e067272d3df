// SPDX-License-Identifier: Apache-2.0
// The command line: the one translation unit that sees CLI11. Each command adds itself with its options and
// an example, and says what to run.
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/version.hpp"
#include "engine/base/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {
namespace {

using Run = std::function<Exit()>;

/// What all add_* functions share; `run` is set by the command that was named.
struct Setup {
    CLI::App& app;
    const Terminal& terminal;
    Run run;

    CLI::App* command(const std::string& name, const std::string& what, const std::string& example) {
        CLI::App* sub = app.add_subcommand(name, what);
        sub->footer("\nExample:\n  " + example);
        return sub;
    }
};

CLI::Option* add_policies(CLI::App* sub, std::vector<std::string>& policies) {
    return sub
        ->add_option(
            "-p,--policies", policies,
            "Files or directories with documents of every kind (policies, fleet, exceptions, kinds, "
            "Namespaces); may be given several times. Without it: the embedded library and sample fleet")
        ->type_name("PATH")
        ->allow_extra_args(false)  // else it takes the FILEs that follow
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_request_options(CLI::App* sub, RequestOptions& request) {
    sub->add_option("--operation", request.operation, "Judge as this operation")
        ->check(CLI::IsMember({"CREATE", "UPDATE", "DELETE"}));
    sub->add_option("--old", request.old_file, "The object before an UPDATE")->type_name("FILE");
    sub->add_option("--as", request.user, "The user who asks")->type_name("USER");
    sub->add_option("--group", request.groups, "A group of the user; may be given several times")
        ->type_name("GROUP")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    sub->add_option("-n,--namespace", request.namespace_name, "For objects that name none (default: default)")
        ->type_name("NAME");
    sub->add_option("--namespace-labels", request.namespace_labels, "Labels of every namespace, k=v,...")
        ->type_name("LABELS");
    sub->add_option("--now", request.now, "The time to judge by, RFC 3339 (default: the clock)")
        ->type_name("TIME");
}

void add_serve_limits(CLI::App* sub, ServeOptions& o) {
    sub->add_option("--max-body", o.max_body, "Bytes of a request's body")->capture_default_str();
    sub->add_option("--max-headers", o.max_headers, "Bytes of a request's headers")->capture_default_str();
    sub->add_option("--max-depth", o.max_depth, "Nesting of a request's JSON")->capture_default_str();
    sub->add_option("--max-connections", o.max_connections, "Open connections")->capture_default_str();
    sub->add_option("--max-in-flight", o.max_in_flight, "Reviews at once; past it 429")
        ->capture_default_str();
    sub->add_option("--idle-timeout", o.idle_timeout, "An idle connection is closed after")
        ->capture_default_str();
    sub->add_option("--request-timeout", o.request_timeout, "Time to send one request")
        ->capture_default_str();
}

void add_serve(Setup& setup, ServeOptions& o) {
    CLI::App* sub = setup.command("serve", "Run the admission webhook (starts with no flags at all)",
                                  "tollgate serve -p policies/library -p policies/fleets/aws.yaml --tls-cert "
                                  "tls.crt --tls-key tls.key");
    add_policies(sub, o.policies);
    sub->add_option("--listen", o.listen, "Webhook, HTTPS; port 0 takes a free one")
        ->type_name("ADDR:PORT")
        ->capture_default_str();
    sub->add_option("--admin", o.admin, "Probes and metrics, HTTP")
        ->type_name("ADDR:PORT")
        ->capture_default_str();
    auto* cert = sub->add_option("--tls-cert", o.tls_cert, "Certificate chain (default: self-signed)")
                     ->type_name("FILE");
    auto* key = sub->add_option("--tls-key", o.tls_key, "Private key of the certificate")->type_name("FILE");
    cert->needs(key);
    key->needs(cert);
    sub->add_option("--tls-min-version", o.tls_min_version, "Oldest TLS version")
        ->check(CLI::IsMember({"1.2", "1.3"}))
        ->capture_default_str();
    auto* ca = sub->add_option("--client-ca", o.client_ca, "Ask clients for a certificate of this CA")
                   ->type_name("FILE");
    sub->add_option("--client-cn", o.client_names, "Names clients may have, comma separated")
        ->delimiter(',')
        ->needs(ca)
        ->type_name("NAME,...");
    sub->add_option("--max-mode", o.max_mode, "Let policies act no more strongly (default: Warn without -p)")
        ->check(CLI::IsMember({"Enforce", "Warn", "Audit"}));
    sub->add_option(
           "--drain", o.drain,
           "From SIGTERM to the end at most. Two fifths of it, 10s at most, it still answers while /readyz "
           "fails, so that the endpoints move away; then it finishes what is in flight. A second "
           "SIGTERM ends the waiting")
        ->capture_default_str();
    sub->add_option("--pause", o.pause, "Turn every verdict into Audit: for good, or while FILE exists")
        ->type_name("[FILE]")
        ->expected(0, 1)
        ->default_str("");
    sub->add_option("--decision-log", o.decision_log, "One JSON line per decision")->type_name("FILE|-");
    sub->add_option("--log-format", o.log_format, "Logs on stderr")
        ->check(CLI::IsMember({"json", "text"}))
        ->capture_default_str();
    sub->add_option("--threads", o.threads, "Threads that answer reviews; 0: one per core")
        ->capture_default_str();
    add_serve_limits(sub, o);
    sub->callback([&setup, &o, sub] {
        if (sub->count("--pause") > 0 && !o.pause) o.pause = "";
        setup.run = [&setup, &o] { return run_serve(o, setup.terminal); };
    });
}

void add_check(Setup& setup, CheckOptions& o) {
    CLI::App* sub =
        setup.command("check", "Judge manifests offline: findings, patch, dollars before and after",
                      "kubectl kustomize app/ | tollgate check -p policies/library -");
    sub->add_option("files", o.files, "Manifests; - is standard input, a directory is walked")
        ->required()
        ->type_name("FILE...");
    add_policies(sub, o.policies);
    sub->add_option("-o,--output", o.output, "Form of the result")
        ->check(CLI::IsMember({"text", "json", "yaml", "sarif", "junit", "github", "patched"}))
        ->capture_default_str();
    add_request_options(sub, o.request);
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_check(o, setup.terminal); }; });
}

void add_explain(Setup& setup, ExplainOptions& o) {
    CLI::App* sub =
        setup.command("explain", "Show the demand, the needs, every offer with its price and why it lost",
                      "tollgate explain -p policies/library manifests/samples/vllm-on-h100.yaml");
    auto* file = sub->add_option("file,-f,--filename", o.file, "The manifest; - is standard input");
    file->required()->type_name("FILE");
    add_policies(sub, o.policies);
    add_request_options(sub, o.request);
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_explain(o, setup.terminal); }; });
}

void add_lint(Setup& setup, LintOptions& o) {
    CLI::App* sub =
        setup.command("lint", "Check documents: file:line:column, what is wrong, the nearest right name",
                      "tollgate lint policies/library policies/fleets/aws.yaml");
    sub->add_option("paths", o.paths, "Files or directories")->required()->type_name("PATH...");
    sub->add_option("-o,--output", o.output, "Form of the result")
        ->check(CLI::IsMember({"text", "json", "github"}))
        ->capture_default_str();
    sub->add_flag("--strict", o.strict, "Warnings fail, too: exit code 2");
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_lint(o, setup.terminal); }; });
}

void add_test(Setup& setup, TestOptions& o) {
    CLI::App* sub = setup.command(
        "test", "Run the *.case.yaml files below a directory: manifests and the verdicts expected",
        "tollgate test policies/library");
    sub->add_option("paths", o.paths, "Directories or case files")->required()->type_name("DIR...");
    add_policies(sub, o.policies);
    sub->add_option("-o,--output", o.output, "Form of the result")
        ->check(CLI::IsMember({"text", "junit"}))
        ->capture_default_str();
    sub->add_flag(
        "--update", o.update,
        "Rewrite expectations that failed. Comments inside an `expect` block are lost; everything outside "
        "of it stays byte for byte");
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_test(o, setup.terminal); }; });
}

void add_cel(Setup& setup, CelOptions& o) {
    CLI::App* sub = setup.command(
        "cel", "Evaluate one CEL expression on one object, as policies do: value, type and cost",
        "tollgate cel 'workload.cost.hourly <= money(\"50\")' -f deployment.yaml");
    sub->add_option("expression", o.expression, "The expression")->required();
    sub->add_option("-f,--filename", o.file, "`object`: a manifest; - reads standard input");
    sub->add_option("--params", o.params_file, "`params`: an object; null without it");
    sub->add_option(
           "--kubernetes-version", o.kubernetes_version,
           "The oldest Kubernetes that is to take the expression, such as 1.30: what is newer is an error")
        ->type_name("VERSION");
    add_policies(sub, o.policies);
    add_request_options(sub, o.request);
    sub->add_option("-o,--output", o.output, "How to print it")->check(CLI::IsMember({"text", "json"}));
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_cel(o, setup.terminal); }; });
}

void add_catalog(Setup& setup, CatalogOptions& o) {
    CLI::App* sub = setup.command("catalog", "List GPUs, MIG profiles and prices with their date and source",
                                  "tollgate catalog --provider aws --gpu h100-80-sxm");
    sub->add_option("-o,--output", o.output, "Form of the result")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    sub->add_option("--provider", o.provider, "Prices of this provider only");
    sub->add_option("--region", o.region, "Prices of this region only");
    sub->add_option("--gpu", o.gpu, "This GPU only: catalog id or gpu.product label, in any case");
    sub->add_option("--check", o.check_file, "Say for each pool of a Fleet what the catalog knows")
        ->type_name("FILE");
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_catalog(o, setup.terminal); }; });
}

void add_fleet(Setup& setup, FleetDiscoverOptions& o) {
    CLI::App* fleet = setup.command("fleet", "Describe the nodes of a cluster as a Fleet",
                                    "kubectl get nodes -o json | tollgate fleet discover > fleet.yaml");
    fleet->require_subcommand(1);
    CLI::App* sub = fleet->add_subcommand(
        "discover",
        "Write a Fleet from what `kubectl get nodes -o json` prints, with a comment for each guess");
    sub->footer("\nExample:\n  kubectl get nodes -o json | tollgate fleet discover > fleet.yaml");
    sub->add_option("-f,--filename", o.file, "Nodes as JSON or YAML (default: standard input)")
        ->type_name("FILE|-");
    sub->add_option("--name", o.name, "Name of the Fleet (default: provider and region)")->type_name("NAME");
    sub->callback(
        [&setup, &o] { setup.run = [&setup, &o] { return run_fleet_discover(o, setup.terminal); }; });
}

void add_usage(Setup& setup, UsageImportOptions& o) {
    const std::string example = "tollgate usage import --prometheus http://127.0.0.1:9090 > usage.yaml";
    CLI::App* usage = setup.command("usage", "Measure what workloads use of their accelerators", example);
    usage->require_subcommand(1);
    CLI::App* sub = usage->add_subcommand(
        "import", "Write a Usage from the DCGM metrics in Prometheus: peak memory and activity per workload");
    sub->footer("\nExample:\n  " + example);
    sub->add_option("--prometheus", o.prometheus, "Where Prometheus is")->required()->type_name("URL");
    sub->add_option("--window", o.window, "How far back to look")
        ->type_name("DURATION")
        ->capture_default_str();
    sub->add_option("--step", o.step, "How closely the first and last sample are looked for")
        ->type_name("DURATION")
        ->capture_default_str();
    sub->add_option("--now", o.now, "Where the window ends, RFC 3339 (default: the clock)")
        ->type_name("TIME");
    sub->add_option("--token-file", o.token_file, "A bearer token, of one line")->type_name("FILE");
    sub->add_option("--ca-file", o.ca_file, "CAs to trust for https (default: the system's)")
        ->type_name("FILE");
    sub->add_option("--timeout", o.timeout, "For each of the 15 questions")
        ->type_name("DURATION")
        ->capture_default_str();
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_usage_import(o, setup.terminal); }; });
}

void add_certs_init(Setup& setup, CLI::App* certs, CertsInitOptions& o) {
    CLI::App* sub = certs->add_subcommand("init", "Make a CA and a server certificate with exact names");
    sub->footer(
        "\nExample:\n  tollgate certs init --dir certs --service tollgate --namespace tollgate-system");
    sub->add_option("--dir,--out", o.folder, "Where ca.crt, ca.key, tls.crt and tls.key go")
        ->capture_default_str();
    sub->add_option("--service", o.service, "Service whose DNS names it gets; '' for none")
        ->capture_default_str();
    sub->add_option("--namespace", o.namespace_name, "Namespace of the Service")->capture_default_str();
    const auto repeat = [](CLI::Option* option) {
        option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->delimiter(',');
    };
    repeat(sub->add_option("--dns", o.dns_names, "A further DNS name; may be given several times")
               ->type_name("NAME"));
    repeat(sub->add_option("--ip", o.ip_addresses, "An IP address; may be given several times")
               ->type_name("ADDR"));
    repeat(sub->add_option("--san", o.names, "A DNS name or IP address, whichever it is")
               ->type_name("NAME|ADDR"));
    sub->add_option("--days", o.days, "Life of the server certificate")
        ->check(CLI::Range(1, 3650))
        ->capture_default_str();
    sub->add_flag("--force", o.force, "Overwrite files that are there");
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_certs_init(o, setup.terminal); }; });
}

void add_certs(Setup& setup, CertsInitOptions& init, std::string& show_file) {
    CLI::App* certs = setup.command("certs", "Make and show certificates", "tollgate certs show tls.crt");
    certs->require_subcommand(1);
    add_certs_init(setup, certs, init);
    CLI::App* show = certs->add_subcommand("show", "What a certificate says: names, validity, fingerprint");
    show->footer("\nExample:\n  tollgate certs show tls.crt");
    show->add_option("file", show_file, "PEM file")->required()->type_name("FILE");
    show->callback([&setup, &show_file] {
        setup.run = [&setup, &show_file] { return run_certs_show(show_file, setup.terminal); };
    });
}

void add_export(Setup& setup, ExportOptions& o) {
    CLI::App* sub =
        setup.command("export", "Print cost rules in other forms: those that need nothing but the object",
                      "tollgate export vap -p policies/library | kubectl apply -f -");
    sub->require_subcommand(1);
    CLI::App* vap = sub->add_subcommand(
        "vap", "As ValidatingAdmissionPolicies; on standard error, what is left out and why");
    vap->footer("\nExample:\n  tollgate export vap -p policies/library | kubectl apply -f -");
    add_policies(vap, o.policies);
    vap->callback([&setup, &o] { setup.run = [&setup, &o] { return run_export_vap(o, setup.terminal); }; });
}

void add_install(Setup& setup, InstallOptions& o) {
    CLI::App* sub = setup.command(
        "install", "Print the manifests: policies in Warn, the validator failing open, until --enforce",
        "tollgate install | kubectl apply -f -\n  tollgate install --certs certs --enforce --probe "
        "10.0.0.7:8443 | "
        "kubectl apply -f -");
    add_policies(sub, o.policies);
    sub->add_option("--part", o.part, "What to print")
        ->check(CLI::IsMember({"all", "webhooks", "secret", "certificate", "ca-bundle-patch", "policies"}))
        ->capture_default_str();
    sub->add_option("-n,--namespace", o.namespace_name, "Where Tollgate runs")->capture_default_str();
    sub->add_option("--certs", o.certs_folder, "Folder of `certs init` (default: new keys are made)")
        ->type_name("DIR");
    sub->add_option("--image", o.image, "Container image of the Deployment");
    sub->add_option("--exempt-namespace", o.exempt_namespaces,
                    "A namespace to leave alone; may be given several times")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    auto* enforce =
        sub->add_flag("--enforce", o.enforce, "Print the validator as failing closed; needs --probe");
    auto* probe = sub->add_option("--probe", o.probe, "Address that must answer a review as it should, first")
                      ->type_name("HOST:PORT");
    enforce->needs(probe);
    sub->add_flag("--uninstall", o.uninstall,
                  "Print the commands that remove it, in the order that blocks nothing");
    sub->callback([&setup, &o] { setup.run = [&setup, &o] { return run_install(o, setup.terminal); }; });
}

/// The commands with their long options, for completion scripts.
std::vector<CommandWords> words_of(const CLI::App& app) {
    std::vector<CommandWords> commands;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        CommandWords words{sub->get_name(), sub->get_description(), {}};
        for (const CLI::App* inner : sub->get_subcommands([](const CLI::App*) { return true; })) {
            words.words.push_back(inner->get_name());
            for (const CLI::Option* option : inner->get_options()) {
                for (const std::string& name : option->get_lnames()) words.words.push_back("--" + name);
            }
        }
        for (const CLI::Option* option : sub->get_options()) {
            for (const std::string& name : option->get_lnames()) words.words.push_back("--" + name);
        }
        std::sort(words.words.begin(), words.words.end());  // each has --help
        words.words.erase(std::unique(words.words.begin(), words.words.end()), words.words.end());
        commands.push_back(std::move(words));
    }
    return commands;
}

void add_completion(Setup& setup, std::string& shell) {
    CLI::App* sub =
        setup.command("completion", "Print a completion script", "source <(tollgate completion bash)");
    sub->add_option("shell", shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    sub->callback([&setup, &shell] {
        setup.run = [&setup, &shell] {
            setup.terminal.out << completion_script(shell, words_of(setup.app));
            return Exit::Fine;
        };
    });
}

// Commands of the design that later versions bring: whoever reads of them is told so, not that they are a
// typo.
constexpr std::string_view kLaterCommands[] = {"simulate"};

/// "unknown command 'chekc'; did you mean 'check'?"; "" when the first word is a command or a flag.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
    if (argc < 2 || argv[1][0] == '-') return "";
    const std::string_view word = argv[1];
    if (word == "certs" && argc > 2 && std::string_view(argv[2]) == "renew") {
        return "'certs renew' is not supported in this version; `certs init` makes new ones";
    }
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(sub->get_name());
        if (word == names.back()) return "";
    }
    if (std::find(std::begin(kLaterCommands), std::end(kLaterCommands), word) != std::end(kLaterCommands)) {
        return "'" + std::string(word) +
               "' is not supported in this version; there are: " + join(names, ", ");
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    std::string out = "unknown command '" + std::string(word) + "'";
    if (const std::string_view near = nearest(word, views); !near.empty()) {
        return out + "; did you mean '" + std::string(near) + "'?";
    }
    return out + "; there are: " + join(names, ", ");
}

struct AllOptions {
    ServeOptions serve;
    CheckOptions check;
    ExplainOptions explain;
    LintOptions lint;
    TestOptions test;
    CatalogOptions catalog;
    CelOptions cel;
    ExportOptions exports;
    FleetDiscoverOptions fleet;
    UsageImportOptions usage;
    CertsInitOptions certs;
    std::string certs_file;
    InstallOptions install;
    std::string shell;
};

void add_all(Setup& setup, AllOptions& options) {
    add_serve(setup, options.serve);
    add_check(setup, options.check);
    add_explain(setup, options.explain);
    add_lint(setup, options.lint);
    add_test(setup, options.test);
    add_catalog(setup, options.catalog);
    add_fleet(setup, options.fleet);
    add_usage(setup, options.usage);
    add_cel(setup, options.cel);
    add_export(setup, options.exports);
    add_certs(setup, options.certs, options.certs_file);
    add_install(setup, options.install);
    add_completion(setup, options.shell);
    CLI::App* version =
        setup.command("version", "Version, build and date of the catalog", "tollgate version");
    version->callback([&setup] { setup.run = [&setup] { return run_version(setup.terminal); }; });
}

}  // namespace

int run_command_line(int argc, char** argv, const Terminal& terminal) {
    CLI::App app("Tollgate judges what a Kubernetes workload's GPUs cost, and rewrites or refuses it.",
                 "tollgate");
    app.require_subcommand(1);
    app.set_version_flag("--version", version_text, "Print what `tollgate version` prints");
    app.footer(
        "\nExit codes: 0 fine, 1 the verdict is negative, 2 the input or the command line is wrong, 3 it "
        "could "
        "not run.\n`tollgate COMMAND --help` has an example.");
    AllOptions options;
    Setup setup{app, terminal, {}};
    add_all(setup, options);
    if (const std::string problem = unknown_command(app, argc, argv); !problem.empty()) {
        terminal.complain(problem);
        return static_cast<int>(Exit::BadInput);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;
        if (argc < 2) {
            terminal.err << app.help();
        } else if (asked) {
            app.exit(error, terminal.out, terminal.err);
        } else {
            terminal.complain(error.what());
            terminal.err << "Run `tollgate " << (argv[1][0] == '-' ? "" : argv[1])
                         << " --help` for its options.\n";
        }
        return static_cast<int>(asked ? Exit::Fine : Exit::BadInput);
    }
    const Exit code = setup.run ? setup.run() : Exit::BadInput;
    terminal.out.flush();
    if (!terminal.out) {
        terminal.complain("standard output could not be written");
        return static_cast<int>(Exit::CannotRun);
    }
    return static_cast<int>(code);
}

}  // namespace tollgate::cli
