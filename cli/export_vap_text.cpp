// SPDX-License-Identifier: Apache-2.0
// Words that the expressions of all verbs have in common: kinds, names of accelerators.
#include "cli/cel_text.hpp"
#include "cli/export_vap_draft.hpp"
#include "engine/base/text.hpp"
#include "engine/gpu/catalog.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::cli {
namespace {

using gpu::ResourceClass;

constexpr std::string_view kProfileNames = "^(nvidia[.]com/mig-|mig[.]das[.]com/(mig-)?)";
// gpu::is_mig_profile_name, as a pattern.
constexpr std::string_view kProfileShape =
    "([0-9]{1,4}c[.])?[0-9]{1,4}g[.][0-9]{1,4}gb([+.]?me([+.]?all)?|[+.]?gfx|-me)?";

std::vector<std::string> catalog_names() {
    std::vector<std::string> names;
    for (const gpu::ResourceFact& fact : gpu::Catalog::builtin().resources())
        if (fact.cls != ResourceClass::NotAccelerator) names.emplace_back(fact.name);
    return names;
}

/// Short names first: the pattern is a long one.
std::string has_profile(const std::string& name, std::string_view profiles) {
    return "((" + name + ".startsWith('nvidia.com/mig-') || " + name + ".startsWith('mig.das.com/')) &&\n  " +
           name + ".matches(" +
           cel_string(std::string(kProfileNames) + "(" + std::string(profiles) + ")([.]shared)?$") + "))";
}

/// "1g.10gb+me" as it may be spelled: "+", "." or nothing before the suffix.
std::string spellings(std::string_view profile) {
    std::string out;
    for (const char c : profile) {
        if (c == '+')
            out += "[+.]?";
        else if (c == '.')
            out += "[.]";
        else
            out += c;
    }
    return out;
}

}  // namespace

std::string kind_key(const workload::KindSpec& kind) {
    return kind.group + "/" + kind.kind;
}

std::string by_kind(const Kinds& kinds, const std::string& otherwise,
                    const std::function<std::string(const workload::KindSpec&)>& of) {
    std::vector<std::pair<std::string, std::vector<std::string>>> answers;
    for (const workload::KindSpec* kind : kinds) {
        std::string answer = of(*kind);
        const auto known = std::find_if(answers.begin(), answers.end(),
                                        [&](const auto& each) { return each.first == answer; });
        if (known == answers.end())
            answers.emplace_back(std::move(answer), std::vector{kind_key(*kind)});
        else
            known->second.push_back(kind_key(*kind));
    }
    std::string out;
    for (const auto& [answer, keys] : answers) {
        if (answer == otherwise) continue;
        out += "request.kind.group + '/' + request.kind.kind in " + cel_list(keys, "  ") + " ?\n  " + answer +
               " :\n";
    }
    return out + otherwise;
}

std::string with_name(const std::string& value, std::string_view name, const std::string& body) {
    return "[" + value + "].map(" + std::string(name) + ", " + body + ")[0]";
}

std::string cannot_tell(std::string_view why) {
    return "{request.operation: true}[" + cel_string(why) + "]";
}

std::string read_count(const std::string& v) {
    // Nobody has so many; of more, sums could leave 64 bits.
    constexpr std::string_view kMost = "1000000000";
    return v + " == null ? 0 : type(" + v + ") == int ? [int(" + v + "), " + std::string(kMost) +
           "].min() :\n              type(" + v + ") == string && isQuantity(" + v + ") && quantity(" + v +
           ").isInteger() ?\n              [quantity(" + v + ").asInteger(), " + std::string(kMost) +
           "].min() : -1";
}

std::string is_profile(const std::string& name) {
    return has_profile(name, kProfileShape);
}

std::string is_known_accelerator(const std::string& name) {
    return "(" + name + " in " + cel_list(catalog_names(), "  ") + " ||\n  " + is_profile(name) + ")";
}

std::string is_possible_profile(const std::string& name) {
    std::vector<std::string> profiles;
    for (const gpu::MigTable& table : gpu::Catalog::builtin().mig_tables()) {
        for (const gpu::MigProfile& profile : table.profiles) {
            profiles.push_back(spellings(profile.name));
            if (!profile.alias.empty()) profiles.push_back(pattern_of_text(profile.alias));
        }
    }
    std::sort(profiles.begin(), profiles.end());
    profiles.erase(std::unique(profiles.begin(), profiles.end()), profiles.end());
    return has_profile(name, join(profiles, "|"));
}

std::vector<std::string> device_aspects() {
    std::vector<std::string> names;
    for (const gpu::ResourceFact& fact : gpu::Catalog::builtin().resources())
        if (fact.cls == ResourceClass::DeviceAspect) names.emplace_back(fact.name);
    return names;
}

}  // namespace tollgate::cli
