// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/checker.hpp"

#include "engine/base/text.hpp"
#include "engine/cel/inference.hpp"
#include "engine/cel/library/string_format.hpp"
#include "engine/cel/macros.hpp"
#include "engine/cel/parser.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::cel {
namespace {

using Kind = Type::Kind;
constexpr std::size_t kMaxIssues = 16;

Type simple(Kind kind) {
    return simple_type(kind);
}

/// A variable of a macro, innermost last.
struct Local {
    std::string name;
    Type type;
};

class Checker {
  public:
    explicit Checker(const Environment& environment) : environment_(environment) {}

    tl::expected<Checked, std::vector<Issue>> run(const Expr& expr) {
        const Type type = visit(expr);
        if (!issues_.empty()) return tl::unexpected(std::move(issues_));
        for (auto& [node, resolved] : checked_.nodes) resolved.type = inference_.resolve(resolved.type, true);
        checked_.result = inference_.resolve(type, true);
        return std::move(checked_);
    }

  private:
    void fail(const Expr& at, std::string message, std::string hint = {}) {
        if (!environment_.options().types) {
            checked_.nodes[&at].unresolved = std::move(message);
            return;
        }
        if (issues_.size() < kMaxIssues)
            issues_.push_back({at.offset, std::max<std::uint32_t>(1, at.end - at.offset), std::move(message),
                               std::move(hint)});
    }

    /// What this version of Kubernetes does not have yet.
    void fail_since(const Expr& at, const std::string& what, std::uint32_t since) {
        fail(at, what + " in Kubernetes 1." + std::to_string(environment_.options().kubernetes_minor),
             "since Kubernetes 1." + std::to_string(since));
    }
    void need_optionals(const Expr& at) {
        constexpr std::uint32_t kSince = 28;
        if (environment_.options().kubernetes_minor < kSince)
            fail_since(at, "there are no optional values ('?')", kSince);
    }

    Type visit(const Expr& expr) {
        Type type = type_of(expr);
        checked_.nodes[&expr].type = type;
        return type;
    }
    Type known(const Type& type) const { return inference_.resolve(type, false); }
    std::string shown(const Type& type) const { return to_string(inference_.resolve(type, true)); }

    Type type_of(const Expr& expr) {
        switch (expr.kind) {
            case ExprKind::Null:
                return simple(Kind::Null);
            case ExprKind::Bool:
                return simple(Kind::Bool);
            case ExprKind::Int:
                return simple(Kind::Int);
            case ExprKind::Uint:
                return simple(Kind::Uint);
            case ExprKind::Double:
                return simple(Kind::Double);
            case ExprKind::String:
                return simple(Kind::String);
            case ExprKind::Bytes:
                return simple(Kind::Bytes);
            case ExprKind::Ident:
                return name(expr);
            case ExprKind::Select:
                return selection(expr);
            case ExprKind::Has:
                if (expr.optional) need_optionals(expr);
                visit_field(expr, visit(*expr.args[0]));
                return simple(Kind::Bool);
            case ExprKind::Call:
                return call(expr);
            case ExprKind::List:
                return list(expr);
            case ExprKind::Map:
                return map(expr);
            case ExprKind::Struct:
                return structure(expr);
            case ExprKind::Macro:
                return macro(expr);
        }
        return dyn_type();
    }

    // --- names -------------------------------------------------------------------------------------------
    const Local* find_local(std::string_view name) const {
        const auto found = std::find_if(locals_.rbegin(), locals_.rend(),
                                        [&](const Local& each) { return each.name == name; });
        return found == locals_.rend() ? nullptr : &*found;
    }

    /// A variable or type of this whole name; the node is told which.
    std::optional<Type> resolve_name(const Expr& expr, std::string_view name) {
        for (const std::string& candidate : environment_.candidates(name)) {
            if (const auto variable = environment_.find_variable(candidate)) {
                checked_.nodes[&expr].variable = variable;
                return environment_.variables()[*variable].type;
            }
            if (const auto type = find_type(candidate)) {
                checked_.nodes[&expr].type_name = std::string(runtime_name(*type));
                return type_type(*type);
            }
        }
        return std::nullopt;
    }

    Type name(const Expr& expr) {
        if (const Local* local = find_local(expr.text)) return local->type;
        if (const auto type = resolve_name(expr, expr.text)) return *type;
        std::vector<std::string_view> names;
        for (const Variable& variable : environment_.variables())
            if (!variable.name.starts_with('@')) names.push_back(variable.name);  // that can be written
        for (const Local& local : locals_) names.push_back(local.name);
        const std::string_view near = nearest(expr.text, names);
        fail(expr, "'" + expr.text + "' is not declared",
             near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
        return dyn_type();
    }

    /// "a.b.c" for a chain of selections from a name that is no variable of a macro; else "".
    std::string dotted(const Expr& expr) const {
        if (expr.kind == ExprKind::Ident) return find_local(expr.text) == nullptr ? expr.text : "";
        if (expr.kind != ExprKind::Select || expr.optional) return "";
        const std::string front = dotted(*expr.args[0]);
        return front.empty() ? "" : front + "." + expr.text;
    }

    Type selection(const Expr& expr) {
        if (expr.optional) need_optionals(expr);
        if (const std::string whole = dotted(expr); !whole.empty())
            if (const auto type = resolve_name(expr, whole)) return *type;
        const Type target = visit(*expr.args[0]);
        const Type field = visit_field(expr, target);
        return expr.optional && !field.is(Kind::Optional) ? optional_type(field) : field;
    }

    Type visit_field(const Expr& expr, const Type& declared) {
        const Type target = known(declared);
        switch (target.kind) {
            case Kind::Dyn:
            case Kind::Param:
                return dyn_type();
            case Kind::Map:
                return target.params[1];
            case Kind::Optional: {
                const Type field = visit_field(expr, target.params[0]);
                return field.is(Kind::Optional) ? field : optional_type(field);
            }
            case Kind::Object: {
                const auto found = target.object->fields.find(expr.text);
                if (found != target.object->fields.end()) return found->second;
                std::vector<std::string_view> names;
                for (const auto& [name, type] : target.object->fields) names.push_back(name);
                const std::string_view near = nearest(expr.text, names);
                fail(expr, target.name + " has no field '" + expr.text + "'",
                     near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
                return dyn_type();
            }
            default:
                fail(expr, "a value of type " + shown(target) + " has no fields");
                return dyn_type();
        }
    }

    // --- calls -------------------------------------------------------------------------------------------
    Type call(const Expr& expr) {
        std::string function = expr.text;
        bool member = expr.member;
        if (member) {
            // `sets.contains(a, b)`: not a method of `sets` but a function of that name.
            const std::string receiver = dotted(*expr.args[0]);
            for (const std::string& candidate : receiver.empty()
                                                    ? std::vector<std::string>{}
                                                    : environment_.candidates(receiver + "." + expr.text)) {
                if (environment_.find_function(candidate).empty()) continue;
                function = candidate;
                member = false;
                checked_.nodes[&expr].is_namespaced = true;
                break;
            }
        } else {
            for (const std::string& candidate : environment_.candidates(function)) {
                if (environment_.find_function(candidate).empty()) continue;
                function = candidate;
                break;
            }
        }
        std::vector<Type> arguments;
        const std::size_t first = checked_.nodes[&expr].is_namespaced ? 1 : 0;
        const bool was_free = free_literals_;
        free_literals_ = was_free || function == "format";
        for (std::size_t i = first; i < expr.args.size(); ++i) arguments.push_back(visit(*expr.args[i]));
        free_literals_ = was_free;
        checked_.nodes[&expr].function = function;
        if ((function == "_&&_" || function == "_||_") && arguments.size() > 2) return logic(expr, arguments);
        if (function == "format" && member) check_format_of(expr);
        return resolve_call(expr, function, member, arguments);
    }

    /// A format text and its arguments that stand there as literals are held against each other.
    void check_format_of(const Expr& expr) {
        if (expr.args.size() != 2 || expr.args[0]->kind != ExprKind::String ||
            expr.args[1]->kind != ExprKind::List)
            return;
        std::vector<Type> types;
        for (const ExprPtr& value : expr.args[1]->args)
            types.push_back(inference_.resolve(checked_.nodes[value.get()].type, true));
        if (std::string wrong = check_format(expr.args[0]->text, types); !wrong.empty())
            fail(expr, std::move(wrong));
    }

    Type logic(const Expr& expr, const std::vector<Type>& arguments) {
        if (!environment_.options().types) return simple(Kind::Bool);
        for (std::size_t i = 0; i < arguments.size(); ++i)
            if (!inference_.assign(simple(Kind::Bool), arguments[i]))
                fail(*expr.args[i], "'" + std::string(operator_symbol(expr.text)) + "' takes bool, not " +
                                        shown(arguments[i]));
        return simple(Kind::Bool);
    }

    Type resolve_call(const Expr& expr, const std::string& function, bool member,
                      const std::vector<Type>& arguments) {
        std::optional<Type> result;
        std::vector<const Signature*> overloads;
        for (const Signature& signature : environment_.find_function(function)) {
            if ((signature.overload->style == Style::Member) != member) continue;
            if (!environment_.offers(signature)) continue;
            Type made;
            if (!takes(signature, arguments, made)) continue;
            overloads.push_back(&signature);
            const Type type = known(made);
            if (!result.has_value())
                result = type;
            else if (!result->is_dyn() && !(*result == type))
                result = dyn_type();
        }
        checked_.nodes[&expr].overloads = std::move(overloads);
        if (result.has_value()) return *result;
        fail_call(expr, function, member, arguments);
        return dyn_type();
    }

    /// Whether the arguments fit; `made` is then what comes out.
    bool takes(const Signature& signature, const std::vector<Type>& arguments, Type& made) {
        std::map<std::string, Type> names;
        std::vector<Type> wanted;
        for (const Type& type : signature.arguments) wanted.push_back(inference_.instantiate(type, names));
        made = inference_.instantiate(signature.result, names);
        return inference_.assign_all(wanted, arguments);
    }

    /// True, and said, when there is an overload that other policies or a later Kubernetes have.
    bool fail_withheld(const Expr& expr, const std::string& function, bool member,
                       const std::vector<Type>& arguments) {
        for (const Signature& signature : environment_.find_function(function)) {
            Type made;
            if ((signature.overload->style == Style::Member) != member || environment_.offers(signature) ||
                !takes(signature, arguments, made))
                continue;
            const std::string_view symbol = operator_symbol(function);
            const std::string name = symbol.empty() ? function + "()" : "'" + std::string(symbol) + "'";
            if (signature.since > environment_.options().kubernetes_minor)
                fail_since(expr, name + " of these types does not exist", signature.since);
            else
                fail(expr, name + " is for policies that change objects alone");
            return true;
        }
        return false;
    }

    /// The offered function with the nearest name; "" when none is near.
    std::string_view nearest_function(const std::string& function) const {
        std::vector<std::string_view> names;
        for (const std::string_view name : environment_.function_names()) {
            const auto signatures = environment_.find_function(name);
            if (std::any_of(signatures.begin(), signatures.end(),
                            [&](const Signature& each) { return environment_.offers(each); }))
                names.push_back(name);
        }
        return nearest(function, names);
    }

    void fail_call(const Expr& expr, const std::string& function, bool member,
                   const std::vector<Type>& arguments) {
        if (fail_withheld(expr, function, member, arguments)) return;
        if (!environment_.options().types && !environment_.find_function(function).empty()) {
            for (const Signature& signature : environment_.find_function(function))
                if ((signature.overload->style == Style::Member) == member)
                    checked_.nodes[&expr].overloads.push_back(&signature);
            return;
        }
        if (environment_.find_function(function).empty()) {
            const std::string_view near = nearest_function(function);
            return fail(expr, "there is no function '" + function + "'",
                        near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
        }
        std::string types;
        for (std::size_t i = member ? 1 : 0; i < arguments.size(); ++i)
            types += (types.empty() ? "" : ", ") + shown(arguments[i]);
        const std::string_view symbol = operator_symbol(function);
        if (!symbol.empty()) return fail(expr, "'" + std::string(symbol) + "' does not take " + types);
        fail(expr, (member ? shown(arguments[0]) + "." : "") + function + "(" + types +
                       ") does not exist: no overload takes these types");
    }

    // --- literals ----------------------------------------------------------------------------------------
    /// The type of all elements: equal ones in Kubernetes, the most general elsewhere.
    void join(const Expr& at, std::optional<Type>& all, const Type& next) {
        const Type now = known(next);
        if (!all.has_value()) {
            all = now;
            return;
        }
        const Type before = known(*all);
        if (environment_.options().same_kind_literals && environment_.options().types && !free_literals_ &&
            !(before == now) && !before.is(Kind::Param) && !now.is(Kind::Param)) {
            fail(at, "expected " + shown(before) + ", found " + shown(now) +
                         ": all elements of a literal have one type");
            return;
        }
        all = inference_.assign(before, now) ? Inference::more_general(before, now) : dyn_type();
    }

    Type element(const Expr& expr, std::size_t position, const Expr& value) {
        Type type = visit(value);
        if (!expr.optional_at[position]) return type;
        need_optionals(value);
        const Type optional = known(type);
        if (optional.is_dyn()) return dyn_type();
        if (optional.is(Kind::Optional)) return optional.params[0];
        fail(value, "'?' takes an optional value, not " + shown(optional));
        return dyn_type();
    }

    Type list(const Expr& expr) {
        std::optional<Type> all;
        for (std::size_t i = 0; i < expr.args.size(); ++i)
            join(*expr.args[i], all, element(expr, i, *expr.args[i]));
        return list_type(all.value_or(inference_.fresh()));
    }

    Type map(const Expr& expr) {
        std::optional<Type> keys, values;
        for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
            join(*expr.args[i], keys, visit(*expr.args[i]));
            join(*expr.args[i + 1], values, element(expr, i / 2, *expr.args[i + 1]));
        }
        return map_type(keys.value_or(inference_.fresh()), values.value_or(inference_.fresh()));
    }

    Type structure(const Expr& expr) {
        for (const ExprPtr& value : expr.args) visit(*value);
        fail(expr, "there is no type '" + expr.text + "' that can be made with {}");
        return dyn_type();
    }

    // --- macros ------------------------------------------------------------------------------------------
    /// Types of the variables of a loop over `range`.
    std::vector<Type> variables_of(const Expr& expr, const Type& declared) {
        const Type range = known(declared);
        const bool two = expr.names.size() == 2;
        if (range.is(Kind::List))
            return two ? std::vector{simple(Kind::Int), range.params[0]} : std::vector{range.params[0]};
        if (range.is(Kind::Map))
            return two ? std::vector{range.params[0], range.params[1]} : std::vector{range.params[0]};
        if (!range.is_dyn() && !range.is(Kind::Param))
            fail(*expr.args[0],
                 std::string(macro_name(expr.macro)) + "() goes over a list or map, not " + shown(range));
        return std::vector<Type>(expr.names.size(), dyn_type());
    }

    void condition(const Expr& expr, const Expr& macro) {
        const Type type = visit(expr);
        if (!inference_.assign(simple(Kind::Bool), type))
            fail(expr, std::string(macro_name(macro.macro)) + "() takes a condition, not " + shown(type));
    }

    Type macro(const Expr& expr) {
        if (const std::uint32_t since = macro_since(expr); since > environment_.options().kubernetes_minor)
            fail_since(expr,
                       std::string(macro_name(expr.macro)) +
                           (expr.names.size() == 2 ? "() with two variables" : "()") + " does not exist",
                       since);
        const Type range = visit(*expr.args[0]);
        if (expr.macro == Macro::OptMap || expr.macro == Macro::OptFlatMap)
            return optional_macro(expr, range);
        const std::vector<Type> types = variables_of(expr, range);
        const std::size_t depth = locals_.size();
        for (std::size_t i = 0; i < expr.names.size(); ++i) locals_.push_back({expr.names[i], types[i]});
        const bool filtered = expr.args.size() == 3;
        if (filtered) condition(*expr.args[1], expr);
        Type result = result_of(expr, range, *expr.args.back());
        locals_.resize(depth);
        return result;
    }

    Type result_of(const Expr& expr, const Type& range, const Expr& last) {
        switch (expr.macro) {
            case Macro::Map:
            case Macro::TransformList:
                return list_type(visit(last));
            case Macro::TransformMap: {
                const Type over = known(range);
                const Type key = over.is(Kind::Map)    ? over.params[0]
                                 : over.is(Kind::List) ? simple(Kind::Int)
                                                       : dyn_type();
                return map_type(key, visit(last));
            }
            case Macro::TransformMapEntry: {
                Type entry = known(visit(last));
                if (entry.is(Kind::Map)) return entry;
                if (!entry.is_dyn())
                    fail(last, "transformMapEntry() takes a map of one entry, not " + shown(entry));
                return map_type(dyn_type(), dyn_type());
            }
            case Macro::Filter: {
                condition(last, expr);
                const Type over = known(range);
                return list_type(over.is(Kind::List) || over.is(Kind::Map) ? over.params[0] : dyn_type());
            }
            case Macro::SortBy:
                return sorted(expr, range, visit(last));
            default:
                condition(last, expr);
                return simple(Kind::Bool);
        }
    }

    Type sorted(const Expr& expr, const Type& range, const Type& key) {
        const std::vector<Type> arguments{known(range).is(Kind::List) ? range : list_type(dyn_type()),
                                          list_type(key)};
        return resolve_call(expr, "@sortByAssociatedKeys", true, arguments);
    }

    Type optional_macro(const Expr& expr, const Type& declared) {
        const Type target = known(declared);
        if (!target.is(Kind::Optional) && !target.is_dyn())
            fail(*expr.args[0],
                 std::string(macro_name(expr.macro)) + "() is of optional values, not of " + shown(target));
        locals_.push_back({expr.names[0], target.is(Kind::Optional) ? target.params[0] : dyn_type()});
        const Type type = known(visit(*expr.args[1]));
        locals_.pop_back();
        if (expr.macro == Macro::OptMap) return optional_type(type);
        if (!type.is(Kind::Optional) && !type.is_dyn())
            fail(*expr.args[1], "optFlatMap() takes an optional value, not " + shown(type));
        return type.is(Kind::Optional) ? type : optional_type(dyn_type());
    }

    const Environment& environment_;
    Inference inference_;
    Checked checked_;
    std::vector<Local> locals_;
    std::vector<Issue> issues_;
    bool free_literals_ = false;  // elements of any kinds: an argument of format()
};

}  // namespace

tl::expected<Checked, std::vector<Issue>> check(const Expr& expr, const Environment& environment) {
    return Checker(environment).run(expr);
}

}  // namespace tollgate::cel
