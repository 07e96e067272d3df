// SPDX-License-Identifier: Apache-2.0
// From a checked tree to a plan.
#include "engine/cel/library/pattern.hpp"
#include "engine/cel/parser.hpp"
#include "engine/cel/plan.hpp"
#include "engine/cel/program.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tollgate::cel {
namespace {

using Kind = Type::Kind;

constexpr std::uint32_t bit(Tag tag) {
    return 1U << static_cast<unsigned>(tag);
}
constexpr std::uint32_t kContainers = bit(Tag::List) | bit(Tag::JsonList) | bit(Tag::Map) | bit(Tag::JsonMap);
constexpr std::uint32_t kAnyTag = ~(bit(Tag::Absent) | bit(Tag::Error));

std::uint32_t tags_of(const Type& type) {
    switch (type.kind) {
        case Kind::Null:
            return bit(Tag::Null);
        case Kind::Bool:
            return bit(Tag::Bool);
        case Kind::Int:
            return bit(Tag::Int);
        case Kind::Uint:
            return bit(Tag::Uint);
        case Kind::Double:
            return bit(Tag::Double);
        case Kind::String:
            return bit(Tag::String);
        case Kind::Bytes:
            return bit(Tag::Bytes);
        case Kind::Timestamp:
            return bit(Tag::Timestamp);
        case Kind::Duration:
            return bit(Tag::Duration);
        case Kind::List:
            return bit(Tag::List) | bit(Tag::JsonList);
        case Kind::Map:
            return bit(Tag::Map) | bit(Tag::JsonMap);
        case Kind::Type:
            return bit(Tag::Type);
        case Kind::Optional:
            return bit(Tag::Optional);
        case Kind::Opaque:
            return bit(Tag::Opaque);
        default:
            return kAnyTag;
    }
}

Candidate candidate_of(const Signature& signature) {
    Candidate out;
    out.overload = signature.overload;
    out.arguments = signature.arguments.size();
    for (std::size_t i = 0; i < out.arguments && i < Candidate::kMaxArguments; ++i) {
        out.tags[i] = tags_of(signature.arguments[i]);
        if (signature.arguments[i].is(Kind::Opaque)) out.opaque_names[i] = signature.arguments[i].name;
    }
    return out;
}

class Planner {
  public:
    Planner(const Checked& checked, Plan& plan, bool folds)
        : checked_(checked), plan_(plan), folding_(folds) {}

    const PlanNode* visit(const Expr& expr) {
        PlanNode& node = plan_.nodes.emplace_back();
        node.offset = expr.offset;
        const Resolved& resolved = checked_.nodes.at(&expr);
        if (resolved.variable.has_value()) {
            node.op = Op::Variable;
            node.slot = *resolved.variable;
        } else if (!resolved.unresolved.empty() && expr.kind != ExprKind::Call) {
            node.constant = plan_.constants.error(resolved.unresolved, expr.offset);
        } else if (resolved.type_name.has_value()) {
            node.constant = type_value(keep(*resolved.type_name));
        } else {
            fill(node, expr, resolved);
        }
        return &node;
    }
    std::vector<Issue>& issues() { return issues_; }

  private:
    std::string_view keep(std::string text) { return plan_.texts.emplace_back(std::move(text)); }

    void fill(PlanNode& node, const Expr& expr, const Resolved& resolved) {
        switch (expr.kind) {
            case ExprKind::Null:
                node.constant = null_value();
                return;
            case ExprKind::Bool:
                node.constant = bool_value(expr.boolean);
                return;
            case ExprKind::Int:
                node.constant = int_value(expr.integer);
                return;
            case ExprKind::Uint:
                node.constant = uint_value(expr.natural);
                return;
            case ExprKind::Double:
                node.constant = double_value(expr.real);
                return;
            case ExprKind::String:
                node.constant = string_value(keep(expr.text));
                return;
            case ExprKind::Bytes:
                node.constant = bytes_value(keep(expr.text));
                return;
            case ExprKind::Ident:
                node.op = Op::Local;
                node.slot = local(expr.text);
                return;
            case ExprKind::Select:
            case ExprKind::Has:
                node.op = expr.kind == ExprKind::Has ? Op::Has : Op::Select;
                node.optional = expr.optional;
                node.field = keep(expr.text);
                node.args.push_back(visit(*expr.args[0]));
                node.on_value = is_computed(*node.args[0]);
                return;
            case ExprKind::Call:
                return call(node, expr, resolved);
            case ExprKind::List:
            case ExprKind::Map:
                return literal(node, expr);
            case ExprKind::Struct:
                return;
            case ExprKind::Macro:
                return macro(node, expr, resolved);
        }
    }

    static bool is_computed(const PlanNode& node) { return !is_attribute(node); }

    /// Where the types leave several overloads, there is none that cel-go could name. Functions that it
    /// prices by the overload are 1 then; two of Kubernetes' add the reading of a text only where the
    /// overload says that there is one, which leaves the price of the other, their last row.
    static CostFn vague_cost(std::string_view function, const std::vector<Candidate>& candidates) {
        constexpr std::array<std::string_view, 10> kByOverload{
            "@in", "_+_", "_<_", "_<=_", "_>_", "_>=_", "bytes", "string", "sort", "@sortByAssociatedKeys"};
        if (candidates.size() < 2) return nullptr;
        if (std::find(kByOverload.begin(), kByOverload.end(), function) != kByOverload.end()) return cost_one;
        const bool reads_text = function == "containsIP" || function == "containsCIDR";
        return reads_text ? candidates.back().overload->cost : nullptr;
    }

    void call(PlanNode& node, const Expr& expr, const Resolved& resolved) {
        const std::string& function = resolved.function;
        node.op = function == "_&&_"                          ? Op::And
                  : function == "_||_"                        ? Op::Or
                  : function == "_?_:_"                       ? Op::Condition
                  : function == "or" || function == "orValue" ? Op::OrElse
                                                              : Op::Call;
        for (std::size_t i = resolved.is_namespaced ? 1 : 0; i < expr.args.size(); ++i)
            node.args.push_back(visit(*expr.args[i]));
        if (node.op != Op::Call && node.op != Op::OrElse) return;
        node.optional = function == "or";
        for (const Signature* signature : resolved.overloads)
            node.candidates.push_back(candidate_of(*signature));
        // The position that an untyped key names may be any whole number: the index looks at it itself.
        if (is_index(node)) {
            for (Candidate& candidate : node.candidates) {
                candidate.tags[1] = kAnyTag;
                if ((candidate.tags[0] & kContainers) != 0) candidate.tags[0] |= kContainers;
            }
            // A position that is itself a name has cost what that name costs.
            node.is_free = is_attribute(*node.args[1]);
        }
        node.is_indexing = is_index(node);
        node.on_value = node.is_indexing && is_computed(*node.args[0]);
        compile_pattern_of(node, expr);
        if (folding_ && folds(node)) fold(node, expr);
        // Only where the types say that it is a list: dyn([1]) may be a map.
        node.is_free =
            node.is_free || (function == "@in" && node.candidates.size() == 1 && is_set(*node.args[1]));
        node.vague_cost = vague_cost(function, node.candidates);
    }

    void compile_pattern_of(PlanNode& node, const Expr& expr) {
        const int at = node.candidates.empty() ? -1 : node.candidates[0].overload->pattern;
        if (at < 0 || static_cast<std::size_t>(at) >= node.args.size()) return;
        const PlanNode& argument = *node.args[static_cast<std::size_t>(at)];
        if (argument.op != Op::Constant || !argument.constant.is(Tag::String)) return;
        CompiledPattern compiled = compile_pattern(argument.constant.view());
        if (compiled.pattern == nullptr) return fail(expr, compiled.error);
        node.pattern = std::move(compiled.pattern);
        node.pattern_argument = at;
    }

    void fail(const Expr& at, std::string message) {
        issues_.push_back(
            {at.offset, std::max<std::uint32_t>(1, at.end - at.offset), std::move(message), ""});
    }

    /// A literal of numbers, strings and bools, which cel-go looks up in a table at no cost.
    static bool is_set(const PlanNode& node) {
        if (node.op != Op::Constant || !node.constant.is_list()) return false;
        for (std::size_t i = 0; i < size_of(node.constant); ++i) {
            const Value each = element(node.constant, i);
            if (!each.is_number() && !each.is(Tag::Bool) && !each.is(Tag::String)) return false;
        }
        return true;
    }

    /// Conversions of constants are worked out once, as cel-go does: duration('1h'), int('3').
    static bool folds(const PlanNode& node) {
        constexpr std::array<std::string_view, 10> kConversions{
            "dyn", "type", "bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"};
        return node.args.size() == 1 && node.args[0]->op == Op::Constant && !node.candidates.empty() &&
               (node.candidates[0].overload->folds ||
                std::find(kConversions.begin(), kConversions.end(), node.candidates[0].overload->function) !=
                    kConversions.end());
    }

    void fold(PlanNode& node, const Expr& expr) {
        Meter meter;
        CallContext context{plan_.constants, meter, expr.offset, nullptr};
        const Value argument = node.args[0]->constant;
        for (const Candidate& candidate : node.candidates) {
            if ((candidate.tags[0] & bit(argument.tag)) == 0) continue;
            const Value value = candidate.overload->call(context, Arguments(&argument, 1));
            if (value.is_error()) return fail(expr, std::string(value.error->message));
            node.op = Op::Constant;
            node.constant = value;
            return;
        }
    }

    void literal(PlanNode& node, const Expr& expr) {
        node.op = expr.kind == ExprKind::List ? Op::List : Op::Map;
        node.optional_at = expr.optional_at;
        for (const ExprPtr& value : expr.args) node.args.push_back(visit(*value));
        const bool constant = folding_ &&
                              std::all_of(node.args.begin(), node.args.end(),
                                          [](const PlanNode* arg) { return arg->op == Op::Constant; }) &&
                              std::none_of(expr.optional_at.begin(), expr.optional_at.end(),
                                           [](bool optional) { return optional; });
        if (!constant) return;
        if (node.op == Op::List) {
            std::vector<Value> values;
            for (const PlanNode* arg : node.args) values.push_back(arg->constant);
            node.constant = plan_.constants.list(values);
        } else {
            std::vector<MapEntry> entries;
            for (std::size_t i = 0; i + 1 < node.args.size(); i += 2)
                entries.push_back({node.args[i]->constant, node.args[i + 1]->constant});
            node.constant = plan_.constants.map(entries);
        }
        node.op = Op::Constant;
    }

    void macro(PlanNode& node, const Expr& expr, const Resolved& resolved) {
        node.op = Op::Macro;
        node.macro = expr.macro;
        node.filtered = expr.args.size() == 3;
        for (const Signature* signature : resolved.overloads)
            node.candidates.push_back(candidate_of(*signature));
        if (node.candidates.size() > 1) node.vague_cost = cost_one;
        node.args.push_back(visit(*expr.args[0]));
        const std::size_t depth = locals_.size();
        node.slot = static_cast<std::uint32_t>(depth);
        node.second_slot = node.slot + (expr.names.size() == 2 ? 1U : 0U);
        locals_.insert(locals_.end(), expr.names.begin(), expr.names.end());
        plan_.locals = std::max(plan_.locals, static_cast<std::uint32_t>(locals_.size()));
        for (std::size_t i = 1; i < expr.args.size(); ++i) node.args.push_back(visit(*expr.args[i]));
        locals_.resize(depth);
    }

    std::uint32_t local(std::string_view name) const {
        const auto found = std::find(locals_.rbegin(), locals_.rend(), name);
        return static_cast<std::uint32_t>(locals_.rend() - found) - 1;
    }

    const Checked& checked_;
    Plan& plan_;
    bool folding_;
    std::vector<std::string> locals_;
    std::vector<Issue> issues_;
};

}  // namespace

bool is_index(const PlanNode& node) {
    return node.op == Op::Call && !node.candidates.empty() &&
           (node.candidates[0].overload->function == "_[_]" ||
            node.candidates[0].overload->function == "_[?_]");
}

bool is_attribute(const PlanNode& node) {
    return node.op == Op::Variable || node.op == Op::Local || node.op == Op::Select || is_index(node);
}

Program::Program(std::unique_ptr<Plan> plan, Type type) : plan_(std::move(plan)), type_(std::move(type)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

bool Program::reads(std::uint32_t variable, std::string_view field) const {
    std::vector<const PlanNode*> selected;
    for (const PlanNode& node : plan_->nodes) {
        if (node.op != Op::Select && node.op != Op::Has) continue;
        const PlanNode& target = *node.args[0];
        if (target.op != Op::Variable || target.slot != variable) continue;
        if (node.field == field) return true;
        selected.push_back(&target);
    }
    return std::any_of(plan_->nodes.begin(), plan_->nodes.end(), [&](const PlanNode& node) {
        return node.op == Op::Variable && node.slot == variable &&
               std::find(selected.begin(), selected.end(), &node) == selected.end();
    });
}

tl::expected<Program, std::vector<Issue>> compile(std::string_view source, const Environment& environment) {
    auto parsed = parse(source);
    if (!parsed) return tl::unexpected(std::vector{std::move(parsed.error())});
    auto checked = check(**parsed, environment);
    if (!checked) return tl::unexpected(std::move(checked.error()));
    auto plan = std::make_unique<Plan>();
    Planner planner(*checked, *plan, !environment.options().unfolded_for_tests);
    plan->root = planner.visit(**parsed);
    if (!planner.issues().empty()) return tl::unexpected(std::move(planner.issues()));
    return Program(std::move(plan), std::move(checked->result));
}

}  // namespace tollgate::cel
