// SPDX-License-Identifier: Apache-2.0
// Running a plan. Cost: cel-go interpreter/runtimecost.go. What its folds cost for each turn of a macro is
// written out beside the macro.
#include "engine/cel/plan.hpp"
#include "engine/cel/program.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace tollgate::cel {
namespace {

constexpr std::uint64_t kListCost = 10, kMapCost = 30;

class Evaluator {
  public:
    Evaluator(const Plan& plan, Evaluation& evaluation)
        : evaluation_(evaluation), meter_(evaluation.cancelled, evaluation.max_steps) {
        if (plan.locals > inline_locals_.size()) {
            many_locals_.resize(plan.locals);
            locals_ = many_locals_.data();
        }
    }

    Value run(const PlanNode& node) {
        if (stopped_) return failure_;
        meter_.take();
        const Value value = run_op(node);
        if (meter_.has_ended())
            stop(node, meter_.is_cancelled() ? "the time to judge this request is up"
                                             : "the expression takes more steps than the bound allows");
        if (evaluation_.cost > evaluation_.max_cost)
            stop(node, "the cost of the expression exceeds its budget");
        if (evaluation_.arena.is_full()) stop(node, "the expression made more values than the bound allows");
        return stopped_ ? failure_ : value;
    }

  private:
    Value error(const PlanNode& at, std::string_view message) {
        return stopped_ ? failure_ : evaluation_.arena.error(message, at.offset);
    }
    Value error(const PlanNode& at, std::initializer_list<std::string_view> message) {
        return stopped_ ? failure_ : evaluation_.arena.error(message, at.offset);
    }
    void stop(const PlanNode& at, std::string_view message) {
        if (stopped_) return;
        failure_ = evaluation_.arena.error(message, at.offset);
        stopped_ = evaluation_.out_of_budget = true;
    }
    void charge(std::uint64_t cost) {
        evaluation_.cost +=
            std::min(cost, limits::kMaxCelPolicyCost * 2);  // far above every budget, far below 2^64
    }
    Value run_op(const PlanNode& node) {
        switch (node.op) {
            case Op::Constant:
                if (node.constant.is_error()) charge(1);  // a name that nothing stands behind
                return node.constant;
            case Op::Variable: {
                charge(1);
                const Value value = evaluation_.variables.get(node.slot);
                return value.is(Tag::Absent) ? error(node, "no such attribute") : value;
            }
            case Op::Local:
                charge(1);
                return locals_[node.slot];
            case Op::Select:
                return select(node);
            case Op::Has:
                return has(node);
            case Op::And:
                return logic(node, false);
            case Op::Or:
                return logic(node, true);
            case Op::Condition:
                return condition(node);
            case Op::OrElse:
                return or_else(node);
            case Op::Call:
                return call(node);
            case Op::List:
                return list(node);
            case Op::Map:
                return map(node);
            case Op::Macro:
                return macro(node);
        }
        return {};
    }

    // --- fields ------------------------------------------------------------------------------------------
    Value no_key(const PlanNode& node) { return error(node, {"no such key: ", node.field}); }

    Value no_field(const PlanNode& node, const Value& target) {
        return error(node, {"no such overload: a ", type_name(target), " has no field ", node.field});
    }

    Value select(const PlanNode& node) {
        Value target = run(*node.args[0]);
        if (node.on_value) charge(1);
        if (target.is_error()) return target;
        const bool optional = node.optional || target.is(Tag::Optional);
        if (target.is(Tag::Optional)) {
            target = target.content();
            if (target.is(Tag::Absent)) return Arena::none();
        }
        const Value field = target.is_map() ? lookup(target, node.field) : Value{};
        if (optional && field.is(Tag::Absent)) return Arena::none();  // what is not there is free
        charge(1);
        if (optional) return evaluation_.arena.optional(field);
        if (!field.is(Tag::Absent)) return field;
        return target.is_map() || target.is(Tag::Null) ? no_key(node) : no_field(node, target);
    }

    Value has(const PlanNode& node) {
        Value target = run(*node.args[0]);
        if (node.on_value) charge(1);
        if (target.is_error()) return target;
        const bool was_optional = target.is(Tag::Optional);
        if (was_optional) target = target.content();
        const Value field = target.is_map() ? lookup(target, node.field) : Value{};
        if (field.is_error()) return field;  // a variable of a policy that fails
        const bool found = !field.is(Tag::Absent);
        if (was_optional && !found) --evaluation_.cost;  // what is not there is free
        if (target.is_map()) return bool_value(found);
        if (target.is(Tag::Null) || target.is(Tag::Absent) || node.optional) return bool_value(false);
        return no_field(node, target);
    }

    // --- logic -------------------------------------------------------------------------------------------
    /// && and ||: any operand that decides makes errors of the others good.
    Value logic(const PlanNode& node, bool deciding) {
        Value failed;
        for (const PlanNode* arg : node.args) {
            const Value value = run(*arg);
            if (stopped_) return failure_;
            if (value.is(Tag::Bool)) {
                if (value.boolean == deciding) return value;
                continue;
            }
            if (failed.is(Tag::Absent))
                failed = value.is_error()
                             ? value
                             : error(*arg, {"no such overload: a ", type_name(value), " is no bool"});
        }
        return failed.is(Tag::Absent) ? bool_value(!deciding) : failed;
    }

    Value condition(const PlanNode& node) {
        const Value chosen = run(*node.args[0]);
        if (chosen.is_error()) return chosen;
        if (!chosen.is(Tag::Bool)) return error(node, "no such overload: the condition is no bool");
        const PlanNode& branch = *node.args[chosen.boolean ? 1 : 2];
        const Value value = run(branch);
        if (is_attribute(branch) && !stopped_)
            --evaluation_.cost;  // cel-go resolves it without a step of its own
        return value;
    }

    /// or() and orValue() of optional values: the second is looked at only when the first has none, and
    /// neither costs anything.
    Value or_else(const PlanNode& node) {
        const Value first = run(*node.args[0]);
        if (first.is_error()) return first;
        if (!first.is(Tag::Optional))
            return error(node, {"no such overload: a ", type_name(first), " is no optional value"});
        if (first.items != nullptr) return node.optional ? first : *first.items;
        return run(*node.args[1]);
    }

    // --- calls -------------------------------------------------------------------------------------------
    static bool fits(const Candidate& candidate, Arguments values) {
        if (candidate.arguments != values.size()) return false;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if ((candidate.tags[i] & (1U << static_cast<unsigned>(values[i].tag))) == 0) return false;
            if (!candidate.opaque_names[i].empty() &&
                values[i].opaque->type_name != candidate.opaque_names[i])
                return false;
        }
        return true;
    }

    Value call(const PlanNode& node) {
        std::array<Value, Candidate::kMaxArguments> values;
        const std::size_t count = node.args.size();
        if (count > values.size()) return error(node, "no such overload: too many arguments");
        Value failed;
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = run(*node.args[i]);
            if (!values[i].is_error() || !failed.is(Tag::Absent)) continue;
            failed = values[i];
            if (count != 2) break;  // both operands are always looked at
        }
        if (stopped_) return failure_;
        return apply(node, Arguments(values.data(), count), failed);
    }

    /// Text is counted before it is walked over. Where there is much of it, so is what the call costs at
    /// least; false when that is more than there is left.
    bool may_call(const PlanNode& node, const Candidate& candidate, Arguments values) {
        std::size_t bytes = 0;
        for (const Value& value : values)
            if (value.is(Tag::String) || value.is(Tag::Bytes)) bytes += value.size;
        if (!meter_.take_bytes(bytes)) return false;
        if (bytes < limits::kCelLargeBytes || node.is_free) return true;
        const std::uint64_t least = price(node, candidate)(values, {});
        if (evaluation_.cost <= evaluation_.max_cost && least <= evaluation_.max_cost - evaluation_.cost)
            return true;
        charge(least);
        return false;
    }

    static CostFn price(const PlanNode& node, const Candidate& candidate) {
        return node.vague_cost != nullptr ? node.vague_cost : candidate.overload->cost;
    }

    void charge_call(const PlanNode& node, const Candidate& candidate, Arguments values,
                     const Value& result) {
        if (node.on_value) charge(1);
        const bool is_nothing = node.is_indexing && result.is(Tag::Optional) && result.items == nullptr;
        if (node.is_free || is_nothing) return;
        charge(price(node, candidate)(values, result));
    }

    Value apply(const PlanNode& node, Arguments values, const Value& failed) {
        if (!failed.is(Tag::Absent)) {
            const bool is_priced = node.candidates.size() == 1 || node.vague_cost != nullptr;
            charge(is_priced ? price(node, node.candidates[0])(values, failed) : 1);
            return failed;
        }
        for (const Candidate& candidate : node.candidates) {
            if (!fits(candidate, values)) continue;
            if (!may_call(node, candidate, values)) return error(node, "the call costs too much");
            CallContext context{evaluation_.arena, meter_, node.offset, node.pattern.get()};
            const Value result = candidate.overload->call(context, values);
            charge_call(node, candidate, values, result);
            return result;
        }
        charge(1);
        std::string types;
        for (const Value& value : values) types.append(types.empty() ? "" : ", ").append(type_name(value));
        const std::string_view function =
            node.candidates.empty() ? "" : node.candidates[0].overload->function;
        return error(node, "no such overload: " + std::string(function) + "(" + types + ")");
    }

    // --- literals ----------------------------------------------------------------------------------------
    /// The element of an optional entry: Absent when there is none.
    Value element_of(const PlanNode& node, std::size_t position, const PlanNode& from) {
        const Value value = run(from);
        if (value.is_error() || !node.optional_at[position]) return value;
        if (!value.is(Tag::Optional)) return error(from, "no such overload: '?' takes an optional value");
        return value.content();
    }

    Value list(const PlanNode& node) {
        Collected<Value> values(evaluation_.arena);
        for (std::size_t i = 0; i < node.args.size(); ++i) {
            const Value value = element_of(node, i, *node.args[i]);
            if (value.is_error()) return value;
            if (!value.is(Tag::Absent)) values.add(value);
        }
        charge(kListCost);
        return evaluation_.arena.list(values.all());
    }

    Value map(const PlanNode& node) {
        Collected<MapEntry> entries(evaluation_.arena);
        for (std::size_t i = 0; i + 1 < node.args.size(); i += 2) {
            const Value key = run(*node.args[i]);
            if (key.is_error()) return key;
            const Value value = element_of(node, i / 2, *node.args[i + 1]);
            if (value.is_error()) return value;
            if (!value.is(Tag::Absent)) entries.add({key, value});
        }
        charge(kMapCost);
        return evaluation_.arena.map(entries.all());
    }

    // --- macros ------------------------------------------------------------------------------------------
    void bind(const PlanNode& node, const Value& range, std::size_t index) {
        const bool two = node.second_slot != node.slot;
        if (range.is_map()) {
            const MapEntry each = entry(range, index);
            locals_[node.slot] = each.key;
            if (two) locals_[node.second_slot] = each.value;
        } else {
            locals_[node.slot] = two ? int_value(static_cast<std::int64_t>(index)) : element(range, index);
            if (two) locals_[node.second_slot] = element(range, index);
        }
    }

    Value macro(const PlanNode& node) {
        const std::uint64_t before = evaluation_.cost;
        const Value range = run(*node.args[0]);
        if (range.is_error()) return range;
        if (node.macro == Macro::OptMap || node.macro == Macro::OptFlatMap)
            return optional_macro(node, range, evaluation_.cost - before);
        if (!range.is_list() && !range.is_map())
            return error(node,
                         "no such overload: a " + std::string(type_name(range)) + " cannot be gone over");
        switch (node.macro) {
            case Macro::All:
                return quantify(node, range, false);
            case Macro::Exists:
                return quantify(node, range, true);
            case Macro::ExistsOne:
                return exists_one(node, range);
            case Macro::TransformMap:
            case Macro::TransformMapEntry:
                return transform_map(node, range);
            default:
                return transform(node, range);
        }
    }

    /// A turn of cel-go's fold asks @not_strictly_false(@result) (2) and names @result (1); the result names
    /// it once more.
    Value quantify(const PlanNode& node, const Value& range, bool deciding) {
        Value result = bool_value(!deciding);
        const std::size_t size = size_of(range);
        for (std::size_t i = 0; i < size && !stopped_; ++i) {
            charge(2 + 1);
            if (deciding) charge(1);  // @not_strictly_false(!@result)
            bind(node, range, i);
            const Value value = run(*node.args[1]);
            if (stopped_) return failure_;
            if (value.is(Tag::Bool) && value.boolean == deciding) {
                if (i + 1 < size) charge(2 + (deciding ? 1U : 0U));  // the condition that ends the loop
                charge(1);
                return value;
            }
            if (!value.is(Tag::Bool) && !result.is_error())
                result = value.is_error()
                             ? value
                             : error(*node.args[1], "no such overload: the condition is no bool");
        }
        charge(1);
        return stopped_ ? failure_ : result;
    }

    Value exists_one(const PlanNode& node, const Value& range) {
        std::size_t found = 0;
        const std::size_t size = size_of(range);
        for (std::size_t i = 0; i < size && !stopped_; ++i) {
            bind(node, range, i);
            const Value value = run(*node.args[1]);
            if (value.is_error()) return value;
            if (!value.is(Tag::Bool)) return error(node, "no such overload: the condition is no bool");
            if (value.boolean) charge(2);  // @result + 1; as the other branch of ?: the name alone is free
            found += value.boolean ? 1U : 0U;
        }
        charge(2);  // @result == 1
        return stopped_ ? failure_ : bool_value(found == 1);
    }

    /// map, filter, transformList, sortBy.
    Value transform(const PlanNode& node, const Value& range) {
        Collected<Value> results(evaluation_.arena);
        std::vector<Value> sources;
        const std::size_t size = size_of(range);
        const bool filter = node.macro == Macro::Filter;
        for (std::size_t i = 0; i < size && !stopped_; ++i) {
            bind(node, range, i);
            if (filter || node.filtered) {
                const Value keep = run(*node.args[1]);
                if (keep.is_error()) return keep;
                if (!keep.is(Tag::Bool)) return error(node, "no such overload: the condition is no bool");
                if (!keep.boolean) continue;
            }
            const Value value = filter ? run_local(node.slot) : run(*node.args.back());
            if (value.is_error()) return value;
            charge(1 + kListCost + 1);  // @result + [value]
            results.add(value);
            if (node.macro == Macro::SortBy) sources.push_back(locals_[node.slot]);
        }
        charge(1);
        if (stopped_) return failure_;
        const Value made = evaluation_.arena.list(results.all());
        if (node.macro != Macro::SortBy) return made;
        charge(2);  // its list is bound to a name and named twice
        const std::array<Value, 2> arguments{evaluation_.arena.list(sources), made};
        return apply(node, arguments, {});
    }

    Value run_local(std::uint32_t slot) {
        charge(1);
        return locals_[slot];
    }

    Value transform_map(const PlanNode& node, const Value& range) {
        Collected<MapEntry> entries(evaluation_.arena);
        const std::size_t size = size_of(range);
        for (std::size_t i = 0; i < size && !stopped_; ++i) {
            bind(node, range, i);
            if (node.filtered) {
                const Value keep = run(*node.args[1]);
                if (keep.is_error()) return keep;
                if (!keep.is(Tag::Bool)) return error(node, "no such overload: the condition is no bool");
                if (!keep.boolean) continue;
            }
            const Value value = run(*node.args.back());
            if (value.is_error()) return value;
            charge(2);
            if (node.macro == Macro::TransformMap) {
                charge(1);
                entries.add({locals_[node.slot], value});
                continue;
            }
            if (!value.is_map()) return error(node, "no such overload: transformMapEntry() takes a map");
            for (std::size_t k = 0; k < size_of(value); ++k) entries.add(entry(value, k));
        }
        charge(1);
        if (stopped_) return failure_;
        const Value made = evaluation_.arena.map(entries.all());
        if (made.is(Tag::Map) && made.map->size < entries.all().size())
            return error(node, "insert failed: a key stands twice");
        return made;
    }

    /// target.hasValue() ? optional.of(body(target.value())) : optional.none(), where the target is run
    /// twice.
    Value optional_macro(const PlanNode& node, const Value& target, std::uint64_t target_cost) {
        if (!target.is(Tag::Optional)) return error(node, "no such overload: not an optional value");
        const Value content = target.content();
        charge(2);
        if (content.is(Tag::Absent)) return target;
        charge(target_cost);
        locals_[node.slot] = content;
        const Value value = run(*node.args[1]);
        if (value.is_error() || node.macro == Macro::OptFlatMap) return value;
        charge(1);
        return evaluation_.arena.optional(value);
    }

    Evaluation& evaluation_;
    std::array<Value, 8> inline_locals_;
    std::vector<Value> many_locals_;
    Value* locals_ = inline_locals_.data();
    Meter meter_;
    bool stopped_ = false;
    Value failure_;
};

}  // namespace

Value Program::run(Evaluation& evaluation) const {
    return Evaluator(*plan_, evaluation).run(*plan_->root);
}

}  // namespace tollgate::cel
