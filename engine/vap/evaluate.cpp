// SPDX-License-Identifier: Apache-2.0
#include "engine/vap/evaluate.hpp"

#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"
#include "engine/vap/activation.hpp"
#include "engine/vap/match.hpp"
#include "engine/vap/params.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

namespace tollgate::vap {
namespace {

constexpr std::string_view kNoBudget =
    "validation failed due to running out of cost budget, no further validation rules will be run";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// One policy, one binding, one param.
class Judge {
  public:
    Judge(const Input& input, const World& world, const std::atomic<bool>* cancelled, Outcome& outcome)
        : input_(input), world_(world), activation_(input, world, cancelled), outcome_(outcome) {}

    void judge(const PolicySet::Bound& bound) {
        const Policy& policy = bound.policy;
        switch (matches(policy.match, input_, world_)) {
            case Match::No:
                return;
            case Match::Unknown:
                return misconfigured(policy, nullptr, unknown_namespace());
            case Match::Yes:
                break;
        }
        if (bound.bindings.empty()) return judge_unbound(policy);
        for (const Binding& binding : bound.bindings) judge_bound(policy, binding);
    }

    void publish_annotations() {
        for (const auto& [key, values] : annotations_) {
            std::string joined;
            for (const std::string& value : values) joined.append(joined.empty() ? "" : ", ").append(value);
            outcome_.audit_annotations.emplace_back(key, std::move(joined));
        }
    }

  private:
    std::string unknown_namespace() const {
        return "the labels of namespace \"" + std::string(input_.ns) +
               "\" are not known: its Namespace was not given";
    }

    /// No binding: nothing in the cluster would come of it. Whoever checks it wants to know what would.
    void judge_unbound(const Policy& policy) {
        binding_ = nullptr;
        evaluate(policy, json::Node());
    }

    void judge_bound(const Policy& policy, const Binding& binding) {
        if (binding.match) {
            const Match bound = matches(*binding.match, input_, world_);
            if (bound == Match::No) return;
            if (bound == Match::Unknown) return misconfigured(policy, &binding, unknown_namespace());
        }
        const Result<std::vector<json::Node>> params = collect_params(policy, binding, input_, world_);
        if (!params) return misconfigured(policy, &binding, params.error().message);
        binding_ = &binding;
        for (const json::Node param : *params) evaluate(policy, param);
    }

    /// Refused whatever validationActions say, or passed over: failurePolicy decides.
    void misconfigured(const Policy& policy, const Binding* binding, const std::string& why) {
        Finding finding{&policy, binding, Action::Deny,    Finding::Source::Configuration,
                        0,       true,    Reason::Invalid, {}};
        finding.message = std::string(binding == nullptr ? "failed to configure policy: "
                                                         : "failed to configure binding: ") +
                          why;
        keep(policy.failure == FailurePolicy::Ignore ? outcome_.ignored : outcome_.findings,
             std::move(finding));
    }

    /// Bounded, and the first that denies is among them.
    void keep(std::vector<Finding>& list, Finding finding) {
        const bool decides = &list == &outcome_.findings && finding.action == Action::Deny && !is_denied_;
        if (list.size() >= limits::kMaxFindings && !decides) return;
        is_denied_ = is_denied_ || decides;
        list.push_back(std::move(finding));
    }

    /// One finding for each of the binding's actions.
    void add(Finding finding) {
        const auto push = [&](bool wanted, Action action) {
            if (!wanted) return;
            finding.action = action;
            keep(outcome_.findings, finding);
        };
        if (binding_ == nullptr) return push(true, Action::Deny);
        push(binding_->denies, Action::Deny);
        push(binding_->warns, Action::Warn);
        push(binding_->audits, Action::Audit);
    }

    void error(const Policy& policy, Finding::Source source, std::size_t index, std::string message) {
        Finding finding{&policy, binding_, Action::Deny,    source,
                        index,   true,     Reason::Invalid, std::move(message)};
        if (policy.failure == FailurePolicy::Ignore)
            keep(outcome_.ignored, std::move(finding));
        else
            add(std::move(finding));
    }

    // --- expressions -------------------------------------------------------------------------------------
    /// Nothing: the budget is used up, and nothing more is evaluated.
    std::optional<cel::Value> run(const Expression& expression, std::uint64_t& budget) {
        const Activation::Outcome out = activation_.run(expression);
        outcome_.cost += out.cost;
        outcome_.repeated_cost += out.repeated_cost;
        if (out.cost > budget) return std::nullopt;
        budget -= out.cost;
        return out.value;
    }

    static std::string error_text(const Expression& expression, const cel::Value& value) {
        return "expression '" + expression.source +
               "' resulted in error: " + std::string(value.error->message);
    }

    void evaluate(const Policy& policy, json::Node param) {
        activation_.begin(policy, param);
        ++outcome_.evaluated;
        activation_.show_namespace(false);
        if (!conditions_hold(policy)) return;
        ++outcome_.applied;
        activation_.show_namespace(true);
        if (!validate(policy)) return;
        annotate(policy);
    }

    /// One that is false skips the policy, whatever the others say; else an error decides by failurePolicy.
    bool conditions_hold(const Policy& policy) {
        std::uint64_t budget = limits::kMaxCelConditionsCost;
        std::vector<std::string> errors;
        for (const MatchCondition& condition : policy.conditions) {
            const auto value = run(condition.expression, budget);
            if (!value) {
                error(policy, Finding::Source::MatchConditions, 0, std::string(kNoBudget));
                return false;
            }
            if (value->is_error()) errors.push_back(error_text(condition.expression, *value));
            if (value->is_false()) return false;
        }
        if (errors.empty()) return true;
        error(policy, Finding::Source::MatchConditions, 0,
              errors.size() == 1 ? errors.front() : "[" + join(errors, ", ") + "]");
        return false;
    }

    bool validate(const Policy& policy) {
        std::uint64_t budget = limits::kMaxCelPolicyCost;
        failing_.clear();
        bool failed = false;
        for (const Validation& validation : policy.validations) {
            const auto value = run(validation.expression, budget);
            if (!value) {  // what was found before does not count any more
                error(policy, Finding::Source::Validation, failing_.size(), std::string(kNoBudget));
                return false;
            }
            failed = failed || !value->is_true();
            failing_.push_back(*value);
        }
        if (!failed) return true;
        activation_.charge_again();
        bool exhausted = false;
        for (std::size_t i = 0; i < failing_.size(); ++i) {
            const Validation& validation = policy.validations[i];
            if (failing_[i].is_true()) continue;
            if (failing_[i].is_error()) {
                error(policy, Finding::Source::Validation, i, error_text(validation.expression, failing_[i]));
                continue;
            }
            std::string message = exhausted ? "" : message_of(validation, budget, exhausted);
            if (exhausted) {
                error(policy, Finding::Source::Validation, i,
                      "failed messageExpression: " + std::string(kNoBudget));
                continue;
            }
            add({&policy, binding_, Action::Deny, Finding::Source::Validation, i, false, validation.reason,
                 std::move(message)});
        }
        return true;
    }

    /// A messageExpression that gives no single line of text leaves the word to the others.
    std::string message_of(const Validation& validation, std::uint64_t& budget, bool& exhausted) {
        if (validation.message_expression) {
            const auto value = run(*validation.message_expression, budget);
            exhausted = !value.has_value();
            if (exhausted) return "";
            if (value->is(cel::Tag::String)) {
                const std::string_view text = trimmed(value->view());
                if (!text.empty() && text.size() <= limits::kMaxVapMessageBytes &&
                    text.find('\n') == std::string_view::npos)
                    return std::string(text);
            }
        }
        if (const std::string_view text = trimmed(validation.message); !text.empty())
            return std::string(text);
        return "failed expression: " + std::string(trimmed(validation.expression.source));
    }

    void annotate(const Policy& policy) {
        if (policy.audit_annotations.empty()) return;
        activation_.charge_again();
        std::uint64_t budget = limits::kMaxCelPolicyCost;
        for (std::size_t i = 0; i < policy.audit_annotations.size(); ++i) {
            const AuditAnnotation& annotation = policy.audit_annotations[i];
            const auto value = run(annotation.value, budget);
            if (!value) return error(policy, Finding::Source::AuditAnnotation, i, std::string(kNoBudget));
            if (value->is_error()) {
                annotation_error(policy, i, error_text(annotation.value, *value));
            } else if (value->is(cel::Tag::String)) {
                const std::string_view text = trimmed(value->view());
                if (!text.empty())
                    annotations_[policy.name + "/" + annotation.key].insert(
                        std::string(truncated(text, limits::kMaxVapAnnotationBytes)));
            } else if (!value->is(cel::Tag::Null)) {
                annotation_error(
                    policy, i,
                    "valueExpression '" + annotation.value.source +
                        "' resulted in unsupported return type: " + std::string(cel::type_name(*value)) +
                        ". Return type must be either string or null.");
            }
        }
    }

    /// Denies whatever validationActions say.
    void annotation_error(const Policy& policy, std::size_t index, std::string message) {
        Finding finding{&policy, binding_, Action::Deny,    Finding::Source::AuditAnnotation,
                        index,   true,     Reason::Invalid, std::move(message)};
        keep(policy.failure == FailurePolicy::Ignore ? outcome_.ignored : outcome_.findings,
             std::move(finding));
    }

    const Input& input_;
    const World& world_;
    Activation activation_;
    Outcome& outcome_;
    const Binding* binding_ = nullptr;
    bool is_denied_ = false;
    std::vector<cel::Value> failing_;
    std::map<std::string, std::set<std::string>> annotations_;
};

}  // namespace

std::string_view Finding::place() const {
    switch (source) {
        case Source::Validation:  // of a budget that was used up: the next one, of which there may be none
            if (index < policy->validations.size()) return policy->validations[index].place;
            return "validations";
        case Source::AuditAnnotation:
            return policy->audit_annotations[index].place;
        case Source::MatchConditions:
            return "matchConditions";
        case Source::Configuration:
            return binding == nullptr ? "matchConstraints" : "binding";
    }
    return "";
}

std::string Finding::sentence(Action as) const {
    const std::string with = "ValidatingAdmissionPolicy '" + policy->name + "'" +
                             (binding == nullptr ? std::string() : " with binding '" + binding->name + "'");
    return as == Action::Deny ? with + " denied request: " + message
                              : "Validation failed for " + with + ": " + message;
}

const Finding* Outcome::denial() const {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [](const Finding& each) { return each.action == Action::Deny; });
    return found == findings.end() ? nullptr : &*found;
}

Outcome judge(const PolicySet& set, const Input& input, const World& world, const Control& control) {
    Outcome outcome;
    if (set.empty() || is_policy_resource(input)) return outcome;
    std::vector<std::uint32_t> candidates;
    set.index().candidates(input, candidates);
    if (candidates.empty()) return outcome;
    Judge judge(input, world, control.cancelled, outcome);
    for (const std::uint32_t at : candidates) {
        const PolicySet::Bound& bound = set.policies()[at];
        if (control.as_if_bound || !bound.bindings.empty()) judge.judge(bound);
    }
    judge.publish_annotations();
    return outcome;
}

}  // namespace tollgate::vap
