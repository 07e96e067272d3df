// SPDX-License-Identifier: Apache-2.0
// Of expressions drawn at random and of fixed ones: printed and parsed again they are the same tree, of the
// same value and cost; folding changes no value and no type; the order of the operands of && and || changes
// no answer.
#include "engine/base/json/document.hpp"
#include "engine/cel/parser.hpp"
#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"
#include "tests/fuzz/cel_expressions.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace tollgate;
using namespace tollgate::cel;

namespace {

/// `count` of them that parse; most do.
std::vector<std::string> drawn(std::size_t count, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::string> out;
    std::vector<std::uint8_t> bytes(600);
    for (std::size_t i = 0; out.size() < count; ++i) {
        REQUIRE(i < 2 * count);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
        fuzz::Dice dice(bytes.data(), bytes.size());
        std::string expression = fuzz::draw_expression(dice);
        if (parse(expression)) out.push_back(std::move(expression));
    }
    return out;
}

const std::vector<std::string>& fixed() {
    static const std::vector<std::string> kAll = [] {
        std::vector<std::string> out{"a - (b - c) - d",
                                     "(a && b) && c",
                                     "a && (b && c)",
                                     "a && b && c",
                                     "a || b && c || d",
                                     "(a || b) && c",
                                     "(a ? b : c) ? d : e",
                                     "a ? b : c ? d : e",
                                     "a ? (b ? c : d) : e",
                                     "-5",
                                     "-(5)",
                                     "-(-5)",
                                     "- -5",
                                     "---x",
                                     "-x.f",
                                     "(-x).f",
                                     "(-5).f()",
                                     "-5.f()",
                                     "!a.b",
                                     "!(a == b)",
                                     "!!a",
                                     "-1.5",
                                     "-(1.5)",
                                     "1e300 * 1e-300",
                                     "5u",
                                     "0x1F",
                                     "-9223372036854775808",
                                     "a in b in c",
                                     "a in (b in c)",
                                     "(a < b) == c",
                                     "a < (b == c)",
                                     "a.b.c[0][1].d",
                                     "(a + b).c",
                                     "(a + b)[c + d]",
                                     "[1, ?a.?b, 2]",
                                     "{1: 2, ?'a': b[?0]}",
                                     "a.?b.c[?'d']",
                                     "has(a.b)",
                                     "has(a.?b)",
                                     "has(a[0].b)",
                                     "a.`x-y/z.w`",
                                     "a.`in`",
                                     ".a.b",
                                     "a.all(x, x > 0)",
                                     "a.exists_one(x, x == 1)",
                                     "a.existsOne(x, x == 1)",
                                     "a.map(x, x > 0, x * 2)",
                                     "a.all(i, v, i < v)",
                                     "a.transformMap(k, v, k != 'a', v)",
                                     "a.transformMapEntry(k, v, {v: k})",
                                     "a.optMap(x, x + 1)",
                                     "a.sortBy(x, -x)",
                                     "a.b(c, d.e(f))",
                                     "f(a ? b : c)",
                                     "a.f(b).g(c)",
                                     "size(a) % 2 * 3 / 4",
                                     "a * (b * c)",
                                     "a * b + c * d - e % f",
                                     "(a + b) * (c - d)",
                                     "'it\\'s'",
                                     "\"\\\"\\\\\\n\\x07\"",
                                     "b'\\xff\\x00a'",
                                     "r'\\d+'",
                                     "'\\u00e9\\U0001F600'",
                                     "'\\x41\\x7f'",
                                     "null == null",
                                     "[[], [[]], {}]",
                                     "T{a: 1, b: 2}",
                                     "T{}",
                                     "a.b.T{a: 1}",
                                     "a.b.c.d().e",
                                     "f(x)[0].g",
                                     "a.if",
                                     "5.f()",
                                     "1.5.f()",
                                     "5u.f",
                                     "1e3.f()",
                                     "5[0]",
                                     "-(5.f())",
                                     "!5.f",
                                     "-(1.5)",
                                     "-(5u)"};
        const auto chain = [](std::string_view first, std::string_view next, std::size_t count) {
            std::string text(first);
            for (std::size_t i = 0; i < count; ++i) text += next;
            return text;
        };
        out.push_back(chain("1", " + 1", limits::kMaxCelDepth));
        out.push_back("(" + chain("1", " + 1", limits::kMaxCelDepth) + ")" +
                      chain("", " - 2", limits::kMaxCelDepth));
        out.push_back("(" + chain("a", ".b", limits::kMaxCelDepth) + ")" +
                      chain("", "[0]", limits::kMaxCelDepth));
        out.push_back(chain("a", " && a", 1'000));
        out.push_back(chain("", "(", 60) + "1" + chain("", " + 2) * 3", 60));
        return out;
    }();
    return kAll;
}

/// Bit for bit: -0.0 is not 0.0 here.
bool same_real(double a, double b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0;
}

bool same_tree(const Expr& a, const Expr& b) {
    return a.kind == b.kind && (a.kind != ExprKind::Macro || a.macro == b.macro) && a.member == b.member &&
           a.optional == b.optional && a.boolean == b.boolean && a.integer == b.integer &&
           a.natural == b.natural && same_real(a.real, b.real) && a.text == b.text && a.names == b.names &&
           a.optional_at == b.optional_at &&
           std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(),
                      [](const ExprPtr& x, const ExprPtr& y) { return same_tree(*x, *y); });
}

struct Answer {
    bool compiles = false;
    std::string text, type;  // of the value, "error: ..."; of a refusal its first message
    std::uint64_t cost = 0;
    bool is_error() const { return !compiles || text.starts_with("error: "); }
};

Answer answer(std::string_view expression, bool folds = true) {
    static const json::Document kDocument = *json::parse(fuzz::kExpressionObject);
    Environment::Options options;
    options.unfolded_for_tests = !folds;
    const auto program = compile(expression, Environment({{"object", dyn_type()}}, options));
    if (!program) return {false, program.error().front().message, "", 0};
    const std::array<Value, 1> values{from_json(kDocument.root())};
    FixedVariables variables(values);
    Arena arena;
    Evaluation evaluation{arena, variables};
    std::string text = to_text(program->run(evaluation));
    return {true, std::move(text), to_string(program->type()), evaluation.cost};
}

/// What the two sides of an operation come to, if they are swapped: the class of the answer.
std::string answer_class(const Answer& answer) {
    return answer.is_error() ? "error" : answer.text;
}

/// Every && and || with its operands the other way round.
void reverse_logic(Expr& expr) {
    for (ExprPtr& arg : expr.args) reverse_logic(*arg);
    if (expr.kind == ExprKind::Call && (expr.text == "_&&_" || expr.text == "_||_"))
        std::reverse(expr.args.begin(), expr.args.end());
}

}  // namespace

TEST_CASE("printed and parsed again it is the same tree") {
    std::size_t parsed_all = 0;
    for (const auto& list : {fixed(), drawn(3'000, 1)})
        for (const std::string& source : list) {
            INFO(source);
            const auto tree = parse(source);
            REQUIRE(tree.has_value());
            const std::string printed = to_source(**tree);
            INFO(printed);
            const auto again = parse(printed);
            REQUIRE(again.has_value());
            CHECK(same_tree(**tree, **again));
            CHECK(to_source(**again) == printed);
            ++parsed_all;
        }
    CHECK(parsed_all > 3'000);
}

TEST_CASE("without macros a printed tree is the same one too") {
    ParseOptions options;
    options.macros = false;
    for (const std::string_view source : {"has(a.b)", "a.all(x, x > 0)", "a.map(x, y, z)", "has(a.?b).c"}) {
        const auto tree = parse(source, options);
        REQUIRE(tree.has_value());
        const auto again = parse(to_source(**tree), options);
        REQUIRE(again.has_value());
        CHECK(same_tree(**tree, **again));
    }
}

TEST_CASE("printed and parsed again it has the same value and cost") {
    std::size_t values = 0;
    for (const std::string& source : drawn(3'000, 2)) {
        const Answer once = answer(source);
        INFO(source);
        const std::string printed = to_source(**parse(source));
        INFO(printed);
        const Answer again = answer(printed);
        CHECK(once.compiles == again.compiles);
        CHECK(once.text == again.text);
        CHECK(once.type == again.type);
        CHECK(once.cost == again.cost);
        values += once.is_error() ? 0U : 1U;
    }
    CHECK(values > 1'000);  // the expressions drawn are mostly good ones
}

TEST_CASE("folding changes no value and no type") {
    std::size_t compared = 0;
    for (const std::string& source : drawn(3'000, 3)) {
        INFO(source);
        const Answer folded = answer(source), unfolded = answer(source, false);
        if (folded.compiles) {
            CHECK(unfolded.compiles);
            CHECK(folded.text == unfolded.text);
            CHECK(folded.type == unfolded.type);
            CHECK(folded.cost <= unfolded.cost);
            ++compared;
        } else if (unfolded.compiles && !unfolded.is_error()) {
            // Refused for a constant that cannot be converted, in a branch that is never taken.
            CHECK(source.find("int(") != std::string::npos);
        }
    }
    CHECK(compared > 1'000);
}

TEST_CASE("the order of what && and || join changes no answer") {
    std::size_t compared = 0;
    for (const std::string& source : drawn(4'000, 4)) {
        auto tree = parse(source);
        REQUIRE(tree.has_value());
        reverse_logic(**tree);
        const std::string reversed = to_source(**tree);
        if (reversed == to_source(**parse(source))) continue;
        INFO(source);
        INFO(reversed);
        const Answer once = answer(source), again = answer(reversed);
        CHECK(once.compiles == again.compiles);
        if (once.compiles) CHECK(answer_class(once) == answer_class(again));
        compared += once.compiles ? 1U : 0U;
    }
    CHECK(compared > 300);
}
