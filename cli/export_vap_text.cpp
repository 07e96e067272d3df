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
    std::string out;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const workload::KindSpec& kind = *kinds[i];
        std::string answer = of(kind);
        if (i > 0 && kind_key(*kinds[i - 1]) == kind_key(kind)) {
            // As KindTable::find has it: one that names the version comes before the first of the kind.
            out += "request.kind.group + '/' + request.kind.kind == " + cel_string(kind_key(kind)) +
                   " && request.kind.version in " + cel_list(kind.versions, "  ") + " ?\n  " + answer +
                   " :\n";
            continue;
        }
        const auto known = std::find_if(answers.begin(), answers.end(),
                                        [&](const auto& each) { return each.first == answer; });
        if (known == answers.end())
            answers.emplace_back(std::move(answer), std::vector{kind_key(kind)});
        else
            known->second.push_back(kind_key(kind));
    }
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

std::string is_quantity(const std::string& v) {
    return "(type(" + v + ") == string || type(" + v + ") == int || type(" + v +
           ") == double) && isQuantity(string(" + v + "))";
}

std::string read_count(const std::string& v) {
    // Nobody has so many; of more, sums could leave 64 bits.
    constexpr std::string_view kMost = "1000000000";
    const std::string whole =
        "([int(q.asApproximateFloat() + 0.5)].filter(i, quantity(string(i)).compareTo(q) == 0) + [-1])[0]";
    return v + " == null ? 0 : type(" + v + ") == int ? [int(" + v + "), " + std::string(kMost) +
           "].min() :\n              " + is_quantity(v) + " ?\n              " +
           with_name("quantity(string(" + v + "))", "q",
                     "q.compareTo(quantity('0')) < 0 ? -1 : q.compareTo(quantity('" + std::string(kMost) +
                         "')) > 0 ? " + std::string(kMost) + " :\n              " + whole) +
           " : -1";
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

std::string init_amounts(const std::string& init) {
    return with_name(
        init, "l",
        with_name(
            "l.transformList(i, c, c.sidecar && c.n > 0, {'at': dyn(i), 'n': dyn(c.n)})", "sidecars",
            "l.transformList(i, c, !c.sidecar && c.n > 0,\n        int(c.n) + sidecars.filter(s, s.at < "
            "i).map(s, int(s.n)).sum())"));
}

}  // namespace tollgate::cli
