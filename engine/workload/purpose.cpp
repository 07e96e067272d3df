// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/purpose.hpp"

#include "engine/workload/server.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tollgate::workload {
namespace {

/// Programs that start training and nothing else; `second` is the word that must follow, "" for any.
struct Launcher {
    std::string_view program, second, shown;
};
constexpr std::array kLaunchers{
    Launcher{"torchrun", "", "runs torchrun"},    Launcher{"accelerate", "launch", "runs accelerate launch"},
    Launcher{"deepspeed", "", "runs DeepSpeed"},  Launcher{"horovodrun", "", "runs Horovod"},
    Launcher{"axolotl", "train", "runs Axolotl"}, Launcher{"llamafactory-cli", "train", "runs LLaMA-Factory"},
    Launcher{"tune", "run", "runs torchtune"},    Launcher{"composer", "", "runs Composer"},
};
constexpr std::array<std::string_view, 5> kTrainingModules{
    "torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch", "axolotl.cli.train",
    "deepspeed.launcher.runner"};
constexpr std::string_view kScript = "runs a script that is called after training";

std::string_view base_name(std::string_view word) {
    const std::size_t slash = word.rfind('/');
    return slash == std::string_view::npos ? word : word.substr(slash + 1);
}

/// "train.py", "train_gpt.py", "run_pretraining.py", "sft-finetune.py": training stands as a word of its own.
bool is_training_script(std::string_view word) {
    std::string_view name = base_name(word);
    if (!name.ends_with(".py")) return false;
    name.remove_suffix(3);
    constexpr std::array<std::string_view, 9> kWords{"train",      "training",    "trainer",
                                                     "pretrain",   "pretraining", "finetune",
                                                     "finetuning", "finetuner",   "sft"};
    std::size_t start = 0;
    for (std::size_t at = 0; at <= name.size(); ++at) {
        if (at < name.size() && name[at] != '_' && name[at] != '-' && name[at] != '.') continue;
        const std::string_view part = name.substr(start, at - start);
        if (std::find(kWords.begin(), kWords.end(), part) != kWords.end()) return true;
        start = at + 1;
    }
    return name == "fine_tune" || name == "fine-tune";
}

std::string_view training_command(const CommandWords& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view program = base_name(words[i].text);
        const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1].text) : "";
        // What stands behind a long option is its value.
        const bool is_value =
            i > 0 && words[i - 1].text.starts_with("--") && words[i - 1].text.find('=') == std::string::npos;
        if (words[i].text == "-m" &&
            std::find(kTrainingModules.begin(), kTrainingModules.end(), next) != kTrainingModules.end())
            return "runs PyTorch's launcher";
        if (is_value) continue;
        for (const Launcher& launcher : kLaunchers)
            if (program == launcher.program && (launcher.second.empty() || next == launcher.second))
                return launcher.shown;
        const bool by_python = i > 0 && base_name(words[0].text).starts_with("python");
        if ((i == 0 || by_python) && is_training_script(words[i].text)) return kScript;
    }
    return {};
}

std::string said_of(const Container& container, std::string_view what) {
    const std::string who =
        container.name.empty() ? "its container" : "container " + std::string(container.name);
    return who + " " + std::string(what);
}

/// `training_alone`: what serves is not looked for.
Purpose purpose_of(const Container& container, bool training_alone) {
    const json::Node node = container.node;
    const json::Node command = node["command"], args = node["args"];
    if (command.size() > 0 || args.size() > 0) {
        const Environment environment(node["env"]);
        const ContainerCommand run = container_command(command, args, environment);
        for (const CommandWords& words : run.line.commands) {
            if (const std::string_view what = training_command(words); !what.empty())
                return {Class::Training, said_of(container, what)};
        }
        if (training_alone) return {};
        std::size_t first = 0;
        for (const CommandWords& words : run.line.commands) {
            const Server* here = server_of_command(words, first);
            if (here == nullptr) here = server_of_options(words);
            if (here != nullptr)
                return {Class::Serving, said_of(container, "runs " + std::string(here->name))};
        }
    }
    // A program of its own in a server's image may do anything.
    if (training_alone || command.size() > 0) return {};
    const Server* server = server_of_image(node["image"].string());
    const bool serves =
        server != nullptr && server->kind != ServerKind::Jax && server->kind != ServerKind::TensorFlow;
    if (serves) return {Class::Serving, said_of(container, "has the image of " + std::string(server->name))};
    return {};
}

bool asks(const Pod& pod, std::size_t container) {
    return std::any_of(pod.demands.begin(), pod.demands.end(),
                       [&](const Demand& demand) { return demand.container == container; });
}

}  // namespace

Purpose purpose_of(const Workload& workload) {
    const bool training_alone = workload.cls != Class::Unclassified;
    Purpose serving, listening;
    for (const Pod& pod : workload.pods) {
        for (std::size_t i = 0; i < pod.containers.size(); ++i) {
            const Container& container = pod.containers[i];
            if (container.role != ContainerRole::Main || !asks(pod, i)) continue;
            Purpose here = purpose_of(container, training_alone);
            if (here.cls == Class::Training) return here;
            if (here.cls == Class::Serving && serving.cls == Class::Unclassified) serving = std::move(here);
            if (!training_alone && listening.cls == Class::Unclassified && container.node["ports"].size() > 0)
                listening = {Class::Serving, said_of(container, "listens on a port")};
        }
    }
    return serving.cls != Class::Unclassified ? serving : listening;
}

}  // namespace tollgate::workload
