// SPDX-License-Identifier: Apache-2.0
// Any text as an expression, on an object with a bit of everything: lexer, parser, checker, planner and
// evaluator never crash, keep to their budget, and give the same answer when asked again.
#include "engine/base/json/document.hpp"
#include "engine/base/result.hpp"
#include "engine/cel/library/address.hpp"
#include "engine/cel/literal.hpp"
#include "engine/cel/parser.hpp"
#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"
#include "tests/fuzz/cel_expressions.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace tollgate;

constexpr std::string_view kObject =
    R"({"metadata": {"name": "n", "labels": {"a": "b"}}, "spec": {"replicas": 3, "ratio": 0.5, "none": null,
    "time": "2026-11-22T00:00:00Z", "list": [1, "a", {"k": [true]}], "cpu": "500m"}})";

std::string answer(const cel::Program& program, const cel::Value& object, bool& stopped) {
    const std::array<cel::Value, 1> values{object};
    cel::FixedVariables variables(values);
    cel::Arena arena(1024 * 1024);
    cel::Evaluation evaluation{arena, variables, 20'000};
    const std::string text = cel::to_text(program.run(evaluation), 4096);
    stopped = evaluation.out_of_budget;
    TOLLGATE_ASSERT(arena.used() <= 1024 * 1024);
    return text;
}

// What reads text that the object under review holds.
constexpr std::array<std::string_view, 17> kReaders{
    "quantity(object).asInteger()",
    "isQuantity(object) && quantity(object).add(1).compareTo(quantity(object)) > 0",
    "semver(object).major()",
    "isSemver(object, true)",
    "ip(object).family()",
    "string(cidr(object).masked())",
    "url(object).getQuery()",
    "isURL(object)",
    "timestamp(object)",
    "duration(object)",
    "timestamp(0).getHours(object)",
    "double(object)",
    "int(object) + int(uint(object))",
    "bool(object)",
    "object.matches(object)",
    "object.format([object])",
    "format.dns1123Subdomain().validate(object)"};

void read_text(std::string_view text, const cel::Environment& environment) {
    static const std::vector<cel::Program> kPrograms = [&] {
        std::vector<cel::Program> out;
        for (const std::string_view expression : kReaders) {
            auto program = cel::compile(expression, environment);
            TOLLGATE_ASSERT(program.has_value());
            out.push_back(std::move(*program));
        }
        return out;
    }();
    bool stopped = false;
    for (const cel::Program& program : kPrograms) (void)answer(program, cel::string_value(text), stopped);
    (void)cel::parse_double(text);
    (void)cel::read_kubernetes_version(text);
    (void)cel::parse_address(text);
}

// Printed and parsed again it is printed the same; only a sign in front of a selection may need parentheses
// that are one too many.
void print_again(const std::string& source) {
    const auto tree = cel::parse(source);
    if (!tree) return;
    const std::string printed = cel::to_source(**tree);
    const auto again = cel::parse(printed);
    if (again) {
        TOLLGATE_ASSERT(cel::to_source(**again) == printed);
        return;
    }
    const std::string& why = again.error().message;
    TOLLGATE_ASSERT(why.find("nested more") != std::string::npos || why.find("longer") != std::string::npos ||
                    printed.find("?.") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const json::Document kDocument = *json::parse(kObject);
    static const cel::Environment kEnvironment({{"object", cel::dyn_type()}});
    const std::string source(static_cast<const char*>(static_cast<const void*>(data)), size);
    read_text(source, kEnvironment);
    print_again(source);
    fuzz::Dice dice(data, size);
    for (const std::string& expression : {source, fuzz::draw_expression(dice)}) {
        const auto program = cel::compile(expression, kEnvironment);
        if (!program) {
            TOLLGATE_ASSERT(!program.error().empty());
            for (const cel::Issue& issue : program.error())
                TOLLGATE_ASSERT(issue.offset <= expression.size() && !issue.message.empty());
            continue;
        }
        bool first = false, second = false;
        const cel::Value object = cel::from_json(kDocument.root());
        const std::string once = answer(*program, object, first), twice = answer(*program, object, second);
        TOLLGATE_ASSERT(once == twice && first == second);
    }
    return 0;
}
