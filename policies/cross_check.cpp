// SPDX-License-Identifier: Apache-2.0
#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "policies/collect.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tollgate::policies {
namespace {

using rules::Match;

class NameRegister {
  public:
    NameRegister(std::string_view kind, Diagnostics& out) : kind_(kind), out_(out) {}
    void add(const std::string& name, const Place& place) {
        if (name.empty()) return;
        const auto [found, fresh] = seen_.try_emplace(name, place);
        if (fresh) return;
        report(out_, DocCode::DuplicateName, place,
               "another " + std::string(kind_) + " is called '" + name + "'",
               "it is in " + found->second.source->file() + ":" + std::to_string(found->second.span.line));
    }

  private:
    std::string_view kind_;
    Diagnostics& out_;
    std::map<std::string, Place> seen_;
};

void check_names(Collected& all) {
    NameRegister policies("CostPolicy", all.diagnostics);
    for (const ReadPolicy& each : all.policies) policies.add(each.policy.name, each.name);
    NameRegister exceptions("CostException", all.diagnostics);
    for (const ReadException& each : all.exceptions) exceptions.add(each.exception.name, each.name);
    NameRegister budgets("CostBudget", all.diagnostics);
    for (const ReadBudget& each : all.budgets) budgets.add(each.budget.name, each.name);
    NameRegister admission("ValidatingAdmissionPolicy", all.diagnostics);
    for (const ReadAdmissionPolicy& each : all.admission_policies) admission.add(each.policy.name, each.name);
    NameRegister bindings("ValidatingAdmissionPolicyBinding", all.diagnostics);
    for (const ReadAdmissionBinding& each : all.admission_bindings)
        bindings.add(each.binding.name, each.name);
    NameRegister names("WorkloadKind", all.diagnostics);
    NameRegister served("WorkloadKind for this kind and version", all.diagnostics);
    for (const ReadKind& each : all.kinds) {
        if (each.builtin) continue;
        names.add(each.spec.name, each.name);
        for (const std::string& version : each.spec.versions) {
            served.add(each.spec.kind + "." + each.spec.group + "/" + version, each.name);
        }
    }
    for (std::size_t i = 1; i < all.fleets.size(); ++i) {
        const Place& first = all.fleets[0].place;
        report(all.diagnostics, DocCode::SeveralFleets, all.fleets[i].place, "a second Fleet; there is one",
               "the first is in " + first.source->file() + ":" + std::to_string(first.span.line));
    }
}

void check_counts(Collected& all) {
    const auto check = [&](std::size_t count, std::size_t most, std::string_view what, const Place& place) {
        if (count <= most) return;
        report(all.diagnostics, DocCode::TooMany, place,
               std::to_string(count) + " " + std::string(what) + "; at most " + std::to_string(most));
    };
    if (!all.policies.empty()) {
        check(all.policies.size(), limits::kMaxPolicies, "policies", all.policies.back().name);
    }
    if (!all.admission_policies.empty()) {
        check(all.admission_policies.size(), limits::kMaxVapPolicies, "admission policies",
              all.admission_policies.back().name);
    }
    if (!all.admission_bindings.empty()) {
        check(all.admission_bindings.size(), limits::kMaxVapPolicies, "bindings",
              all.admission_bindings.back().name);
    }
    if (!all.exceptions.empty()) {
        check(all.exceptions.size(), limits::kMaxExceptions, "exceptions", all.exceptions.back().name);
    }
    if (!all.usage.empty()) {
        check(all.usage.size(), limits::kMaxUsageEntries, "measured workloads", all.usage.back().place);
    }
    if (!all.budgets.empty()) {
        check(all.budgets.size(), limits::kMaxBudgets, "budgets", all.budgets.back().name);
    }
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& names,
                         std::string_view otherwise) {
    const std::string_view right = nearest(word, names);
    return right.empty() ? std::string(otherwise) : "did you mean '" + std::string(right) + "'?";
}

/// The policy may be in the cluster alone; a typo is likelier.
void check_bindings(Collected& all, bool serves) {
    std::set<std::string_view> known;
    for (const ReadAdmissionPolicy& each : all.admission_policies) known.insert(each.policy.name);
    const std::vector<std::string_view> names(known.begin(), known.end());
    std::set<std::string_view> bound;
    for (const ReadAdmissionBinding& each : all.admission_bindings) bound.insert(each.binding.policy);
    for (const ReadAdmissionPolicy& each : all.admission_policies)
        if (serves && !bound.contains(each.policy.name))
            report(all.diagnostics, DocCode::NeverMatches, each.name,
                   "no ValidatingAdmissionPolicyBinding names policy '" + each.policy.name +
                       "': it has no effect, as in the API server",
                   "give a binding as well", Severity::Warning);
    std::size_t looked_up = 0;
    for (const ReadAdmissionBinding& each : all.admission_bindings) {
        const std::string& name = each.binding.policy;
        if (name.empty() || known.contains(name)) continue;
        const bool looks = ++looked_up <= limits::kMaxSuggestions;
        report(all.diagnostics, DocCode::NeverMatches, each.policy_name,
               "binding '" + each.binding.name + "' names policy '" + name +
                   "', which is not among the documents: it has no effect here",
               looks ? did_you_mean(name, names, "give its document as well") : "give its document as well",
               Severity::Warning);
    }
}

/// The same container measured twice: nobody knows which of the files is the old one.
void check_usage(Collected& all) {
    std::map<std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>, Place> seen;
    for (const MeasuredWorkload& each : all.usage) {
        const workload::UsageEntry& entry = each.entry;
        if (entry.name.empty()) continue;
        const auto [found, fresh] =
            seen.try_emplace({entry.ns, entry.kind, entry.name, entry.container}, each.place);
        if (fresh) continue;
        report(all.diagnostics, DocCode::DuplicateName, each.place,
               "'" + entry.ns + "/" + entry.name + "' was measured twice" +
                   (entry.container.empty() ? "" : ", container '" + entry.container + "'"),
               "keep the newer; the other is in " + found->second.source->file() + ":" +
                   std::to_string(found->second.span.line));
    }
}

constexpr std::size_t kMaxShownPools = 5;  // in one message

class References {
  public:
    References(Collected& all, const fleet::Market* market, bool needs_namespaces)
        : all_(all), market_(market), needs_namespaces_(needs_namespaces && all.namespaces.empty()) {
        if (market_ != nullptr) {
            for (const fleet::Pool& pool : market_->pools) {
                if (!pool.price_per_gpu_hour) unpriced_.push_back("'" + pool.name + "'");
            }
        }
        for (const ReadKind& kind : all.kinds) {
            kinds_.insert(kind.spec.kind);
            for (const std::string& owner : kind.spec.owner_kinds)
                kinds_.insert(owner.substr(0, owner.find('.')));
        }
        for (const ReadPolicy& each : all.policies) {
            rules_.insert(each.policy.name);
            for (const rules::Rule& rule : each.policy.rules) {
                rules_.insert(each.policy.name + "/" + rule.name);
            }
        }
    }

    void check(const Reference& reference) {
        switch (reference.what) {
            case Reference::What::PoolGlob:
            case Reference::What::Pool:
                return check_pool(reference);
            case Reference::What::Resource:
                return check_resource(reference);
            case Reference::What::Kind:
                return check_kind(reference);
            case Reference::What::RuleName:
                return check_rule(reference);
            case Reference::What::Ceiling:
                return check_ceiling(reference);
            case Reference::What::NamespaceLabels:
                return check_namespaces(reference);
        }
    }

  private:
    void check_pool(const Reference& reference) {
        if (market_ == nullptr) return;
        std::vector<std::string_view> names;
        for (const fleet::Pool& pool : market_->pools) {
            const bool same = reference.what == Reference::What::Pool ? pool.name == reference.text
                                                                      : glob_match(reference.text, pool.name);
            if (same) return;
            names.push_back(pool.name);
        }
        const std::vector<std::string> listed(names.begin(), names.end());
        report(all_.diagnostics, DocCode::MatchesNoPool, reference.place,
               reference.path + ": '" + reference.text + "' matches no pool of Fleet '" +
                   market_->fleet_name + "'",
               did_you_mean(reference.text, names, "its pools are " + join(listed, ", ")));
    }

    void check_resource(const Reference& reference) {
        if (market_ == nullptr) return;
        std::vector<std::string_view> names;
        for (const fleet::Offer& offer : market_->offers) {
            if (offer.resource == reference.text) return;
            names.push_back(offer.resource);
        }
        report(all_.diagnostics, DocCode::MatchesNoPool, reference.place,
               reference.path + ": no pool of Fleet '" + market_->fleet_name + "' offers '" + reference.text +
                   "'",
               did_you_mean(reference.text, names, "give a pool that shape, or replace by another"));
    }

    /// Kinds nobody described are allowed (their pods are judged when they come); a near miss is a typo.
    void check_kind(const Reference& reference) {
        const std::string kind = reference.text.substr(0, reference.text.find('.'));
        if (kinds_.count(kind) != 0) return;
        const std::vector<std::string_view> names(kinds_.begin(), kinds_.end());
        const std::string_view right = nearest(kind, names);
        if (right.empty()) return;
        report(all_.diagnostics, DocCode::NeverMatches, reference.place,
               reference.path + ": no WorkloadKind describes '" + kind + "'",
               "did you mean '" + std::string(right) + "'?", Severity::Warning);
    }

    void check_rule(const Reference& reference) {
        if (rules_.count(reference.text) != 0) return;
        const std::vector<std::string_view> names(rules_.begin(), rules_.end());
        const bool rule = reference.text.find('/') != std::string::npos;
        report(all_.diagnostics, DocCode::UnknownReference, reference.place,
               reference.path + ": there is no " + (rule ? "rule" : "policy") + " '" + reference.text + "'",
               did_you_mean(reference.text, names, "name a policy or policy/rule that is loaded with it"));
    }

    /// What has no price is above no ceiling and below none.
    void check_ceiling(const Reference& reference) {
        if (unpriced_.empty()) return;
        const bool one = unpriced_.size() == 1;
        std::vector<std::string> shown(
            unpriced_.begin(),
            unpriced_.begin() + static_cast<std::ptrdiff_t>(std::min(unpriced_.size(), kMaxShownPools)));
        if (shown.size() < unpriced_.size()) {
            shown.push_back("and " + std::to_string(unpriced_.size() - shown.size()) + " more");
        }
        report(all_.diagnostics, DocCode::NoPrice, reference.place,
               reference.path + " cannot be judged on pool" + (one ? " " : "s ") + join(shown, ", ") +
                   ": no price is known for " + (one ? "it" : "them"),
               "give price or pricePerNode; until then spec.failure says what follows there",
               Severity::Warning);
    }

    void check_namespaces(const Reference& reference) {
        if (!needs_namespaces_) return;
        report(all_.diagnostics, DocCode::NamespacesUnknown, reference.place,
               reference.path +
                   " asks for labels of namespaces, which a review does not carry, and no Namespace is among "
                   "the documents",
               "give the Namespace objects with -p, or match by name (namespaces: [...])");
    }

    Collected& all_;
    const fleet::Market* market_;
    bool needs_namespaces_;
    std::vector<std::string> unpriced_;
    std::set<std::string> kinds_, rules_;
};

template <class T>
bool all_in(const std::vector<T>& some, const std::vector<T>& of) {
    return !some.empty() && std::all_of(some.begin(), some.end(), [&](const T& each) {
        return std::find(of.begin(), of.end(), each) != of.end();
    });
}

bool covers(const rules::KindPattern& wide, const rules::KindPattern& narrow) {
    return wide.kind == narrow.kind && (wide.any_group || (!narrow.any_group && wide.group == narrow.group));
}

/// Does the entry exclude everything that the match lets in? Labels are not compared.
bool excludes_all(const Match& entry, const Match& match) {
    if (entry.selector || entry.namespace_selector || !entry.users.empty() || !entry.groups.empty()) {
        return false;
    }
    const bool empty = entry.kinds.empty() && entry.namespaces.patterns.empty() && entry.classes.empty() &&
                       entry.operations.empty();
    if (empty) return false;  // said where it was read
    if (!entry.kinds.empty()) {
        const auto excluded = [&](const rules::KindPattern& kind) {
            return std::any_of(entry.kinds.begin(), entry.kinds.end(),
                               [&](const rules::KindPattern& each) { return covers(each, kind); });
        };
        if (match.kinds.empty() || !std::all_of(match.kinds.begin(), match.kinds.end(), excluded))
            return false;
    }
    const std::vector<std::string>& names = match.namespaces.patterns;
    if (!entry.namespaces.patterns.empty()) {
        // A glob covers another when it matches it as text: `*` of the narrower is matched by `*` alone.
        const auto excluded = [&](const std::string& glob) { return entry.namespaces.matches(glob); };
        const bool everything = entry.namespaces.matches("*");
        if (!everything && (names.empty() || !std::all_of(names.begin(), names.end(), excluded)))
            return false;
    }
    if (!entry.classes.empty() && !all_in(match.classes, entry.classes)) return false;
    return entry.operations.empty() || all_in(match.operations, entry.operations);
}

void check_reach(Collected& all) {
    for (const ReadPolicy& each : all.policies) {
        for (std::size_t i = 0; i < each.policy.exclude.size(); ++i) {
            if (!excludes_all(each.policy.exclude[i], each.policy.match)) continue;
            report(all.diagnostics, DocCode::NeverMatches, each.name,
                   "policy '" + each.policy.name + "' can never apply: exclude[" + std::to_string(i) +
                       "] takes away all that match lets in",
                   "narrow the exclusion", Severity::Warning);
            break;
        }
    }
}

/// As for policies: the requester of a pod is a controller, so nobody a person is named as would be let off a
/// rewrite.
void check_requesters(Collected& all) {
    for (const ReadException& each : all.exceptions) {
        if (each.requester.source == nullptr) continue;
        const std::vector<std::string>& names = each.exception.rules;
        const auto named = [&](const std::string& name) {
            return std::find(names.begin(), names.end(), name) != names.end();
        };
        for (const ReadPolicy& policy : all.policies) {
            const auto waived = [&](const rules::Rule& rule) {
                return rules::is_rewriting(rule.verb) &&
                       (named(policy.policy.name) || named(policy.policy.name + "/" + rule.name));
            };
            const auto& rules = policy.policy.rules;
            const auto found = std::find_if(rules.begin(), rules.end(), waived);
            if (found == rules.end()) continue;
            report(all.diagnostics, DocCode::Contradiction, each.requester,
                   "exception '" + each.exception.name + "' asks who it is, but rule '" + policy.policy.name +
                       "/" + found->name + "' rewrites, and a pod's requester is a controller, not a person",
                   "match namespaces or labels, or name only rules that do not rewrite");
            break;
        }
    }
}

void check_replaced_kinds(Collected& all) {
    for (const ReadKind& own : all.kinds) {
        if (own.builtin) continue;
        for (const ReadKind& each : all.kinds) {
            if (!each.builtin || each.spec.group != own.spec.group || each.spec.kind != own.spec.kind)
                continue;
            const std::string group = each.spec.group.empty() ? "" : "." + each.spec.group;
            report(all.diagnostics, DocCode::BuiltinReplaced, own.name,
                   "WorkloadKind '" + own.spec.name + "' takes the place of the built-in one for " +
                       each.spec.kind + group,
                   "what it leaves out (replicas, lifetime, children) is not known of any " + each.spec.kind,
                   Severity::Warning);
        }
    }
}

void check_prices(Collected& all, const fleet::Market& market) {
    if (all.fleets.empty()) return;
    const ReadFleet& fleet = all.fleets.front();
    for (std::size_t i = 0; i < market.pools.size() && i < fleet.pool_names.size(); ++i) {
        const fleet::Pool& pool = market.pools[i];
        if (pool.price_per_gpu_hour || pool.sku == nullptr) continue;
        report(all.diagnostics, DocCode::NoPrice, fleet.pool_names[i],
               "no price is known for pool '" + pool.name +
                   "': nothing is moved there and nothing there is "
                   "priced",
               "give price or pricePerNode, or prices.provider and region", Severity::Warning);
    }
}

}  // namespace

void cross_check(Collected& all, const fleet::Market* market, bool needs_namespaces) {
    check_names(all);
    check_counts(all);
    check_bindings(all, needs_namespaces);
    References references(all, market, needs_namespaces);
    for (const ReadAdmissionPolicy& each : all.admission_policies)
        for (const Reference& reference : each.references) references.check(reference);
    for (const ReadAdmissionBinding& each : all.admission_bindings)
        for (const Reference& reference : each.references) references.check(reference);
    for (const ReadPolicy& each : all.policies) {
        for (const Reference& reference : each.references) references.check(reference);
    }
    for (const ReadException& each : all.exceptions) {
        for (const Reference& reference : each.references) references.check(reference);
    }
    for (const ReadBudget& each : all.budgets) {
        for (const Reference& reference : each.references) {
            // A review is not held against budgets, so that it needs no labels for them.
            if (reference.what != Reference::What::NamespaceLabels) references.check(reference);
        }
    }
    check_usage(all);
    check_reach(all);
    check_requesters(all);
    check_replaced_kinds(all);
    if (market != nullptr) check_prices(all, *market);
}

}  // namespace tollgate::policies
