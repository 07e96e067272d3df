// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/fleet_text.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "engine/fleet/discovery/discover.hpp"
#include "policies/manifest.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace tollgate::cli {
namespace {

constexpr std::string_view kHowTo = "; `kubectl get nodes -o json` prints them";

bool is_list(json::Node root) {
    return root.is_array() || (root["items"].is_array() && root["kind"].string().ends_with("List"));
}

/// One document: a List, or a Node by itself.
Result<void> read_document(json::Node root, const std::string& file, std::vector<fleet::NodeFacts>& out) {
    std::vector<std::pair<json::Node, std::string>> objects;
    if (is_list(root)) {
        const json::Node items = root.is_array() ? root : root["items"];
        for (const json::Node item : items.elements()) {
            objects.emplace_back(item, file + ": items[" + std::to_string(objects.size()) + "]");
        }
    } else {
        objects.emplace_back(root, file + ": the document");
    }
    if (out.size() + objects.size() > limits::kMaxFleetNodes) {
        return fail(file + ": more than " + std::to_string(limits::kMaxFleetNodes) +
                    " nodes; give part of them, chosen by `kubectl get nodes -l`");
    }
    for (const auto& [object, place] : objects) {
        Result<fleet::NodeFacts> node = fleet::read_node(object, place);
        if (!node) return fail(node.error().message + std::string(kHowTo));
        out.push_back(std::move(*node));
    }
    return {};
}

Result<std::vector<fleet::NodeFacts>> read_nodes(const std::vector<policies::ManifestDocument>& documents,
                                                 const std::string& file) {
    std::vector<fleet::NodeFacts> out;
    for (const policies::ManifestDocument& document : documents) {
        for (const Diagnostic& diagnostic : document.diagnostics) {
            if (diagnostic.severity == Severity::Error) return fail(render(diagnostic));
        }
        if (auto read = read_document(document.doc.root(), file, out); !read)
            return tl::unexpected(read.error());
    }
    if (out.empty()) return fail(file + ": holds no Node" + std::string(kHowTo));
    return out;
}

/// What is not in the Fleet, for who does not read its comments.
void tell_rest(const fleet::Discovery& found, const Terminal& terminal) {
    for (const fleet::Unwritten& left : found.unwritten) {
        terminal.note("not written: " + std::to_string(left.nodes.size()) +
                      (left.nodes.size() == 1 ? " node (" : " nodes (") +
                      to_ascii(fleet::few_of(left.nodes)) + "): " + to_ascii(left.reason));
    }
    if (found.without_accelerator > 0) {
        terminal.note(std::to_string(found.without_accelerator) + " of " + std::to_string(found.nodes) +
                      " nodes without an accelerator, in no pool");
    }
    const auto unpriced = std::count_if(found.pools.begin(), found.pools.end(),
                                        [](const fleet::DiscoveredPool& pool) { return !pool.price_known; });
    if (unpriced > 0) {
        terminal.note("no price is known for " + std::to_string(unpriced) + " of " +
                      std::to_string(found.pools.size()) + " pools; their comments say what to write");
    }
}

bool is_name(std::string_view text) {
    const auto is_inner = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    const auto is_edge = [](char c) { return c != '-' && c != '.'; };
    return text.size() <= 253 && std::all_of(text.begin(), text.end(), is_inner) && is_edge(text.front()) &&
           is_edge(text.back());
}

}  // namespace

Exit run_fleet_discover(const FleetDiscoverOptions& options, const Terminal& terminal) {
    if (!options.name.empty() && !is_name(options.name)) {
        terminal.complain(
            "--name: '" + to_ascii(truncated(options.name, 60)) +
            "' is no name: lower-case letters, digits, '-' and '.', a letter or digit at both ends");
        return Exit::BadInput;
    }
    const Result<std::string> text = read_file(options.file);
    if (!text) {
        terminal.complain(text.error().message);
        return Exit::BadInput;
    }
    const std::string file = options.file == "-" ? "<stdin>" : options.file;
    const std::vector<policies::ManifestDocument> documents = policies::load_manifests(file, *text);
    Result<std::vector<fleet::NodeFacts>> nodes = read_nodes(documents, file);
    if (!nodes) {
        terminal.complain(nodes.error().message);
        return Exit::BadInput;
    }
    const Result<fleet::Discovery> found = fleet::discover(std::move(*nodes));
    if (!found) {
        terminal.complain(file + ": " + found.error().message);
        return Exit::BadInput;
    }
    tell_rest(*found, terminal);
    if (found->pools.empty()) {
        terminal.complain(file +
                          ": no node has an accelerator that a Fleet can say, so there is no Fleet to write");
        return Exit::BadInput;
    }
    terminal.out << fleet_text(*found, options.name);
    return Exit::Fine;
}

}  // namespace tollgate::cli
