// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/cel_expressions.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tollgate::fuzz {
namespace {

enum class Kind : std::uint8_t { Bool, Int, Uint, Double, String, Ints, Strings, Map, Optional, Duration };
constexpr std::size_t kKinds = 10;
constexpr int kMaxDepth = 5;

struct Local {
    std::string name;
    Kind kind;
};

class Author {
  public:
    explicit Author(Dice& dice) : dice_(dice) {}

    std::string expression(Kind kind, int depth) {
        if (dice_.rarely(40)) kind = static_cast<Kind>(dice_.roll(kKinds));  // a mistake
        std::string out = depth <= 0 || dice_.roll(4) == 0 ? simple(kind) : composed(kind, depth - 1);
        return dice_.rarely(12) ? "(" + out + ")" : out;
    }

  private:
    using Texts = std::span<const std::string_view>;
    std::string pick(std::initializer_list<std::string_view> texts) {
        return dice_.one_of(Texts(texts.begin(), texts.size()));
    }

    std::string simple(Kind kind) {
        if (dice_.flip())
            for (const Local& local : locals_)
                if (local.kind == kind) return local.name;
        switch (kind) {
            case Kind::Bool:
                return pick({"true", "false", "object.spec.flag", "has(object.spec.ratio)",
                             "has(object.spec.?no)", "has(object.metadata.labels.a)", "object.spec.missing",
                             "'a' in object.metadata.labels"});
            case Kind::Int:
                return pick({"0", "1", "-1", "7", "0x10", "9223372036854775807", "-9223372036854775808",
                             "object.spec.replicas", "size(object.spec.list)"});
            case Kind::Uint:
                return pick({"0u", "1u", "18446744073709551615u"});
            case Kind::Double:
                return pick({"0.0", "1.5", "-2.5e3", "1e300", "object.spec.ratio", ".5"});
            case Kind::String:
                return pick({"''", "'a'", "\"q\\\"uote\"", "'\\n\\t'", "'\\u00e9\\U0001F600'", "r'\\d'",
                             "object.metadata.name", "object.metadata.labels['a']", "'''x\ny'''"});
            case Kind::Ints:
                return pick({"[]", "[1, 2, 3]", "[3, 1, 2, 1]", "object.spec.list"});
            case Kind::Strings:
                return pick({"[]", "['a', 'b']", "object.spec.names"});
            case Kind::Map:
                return pick({"{}", "{'a': 1}", "{'a': 1, 'b': 2,}", "{'k': object.spec.replicas}"});
            case Kind::Optional:
                return pick(
                    {"optional.none()", "optional.of(1)", "object.?spec.?replicas", "object.spec[?'no']"});
            case Kind::Duration:
                return pick({"duration('1h')", "duration('-5s')"});
        }
        return "null";
    }

    std::string composed(Kind kind, int depth) {
        const auto of = [&](Kind part) { return expression(part, depth); };
        if (dice_.rarely(8)) return of(Kind::Bool) + " ? " + of(kind) + " : " + of(kind);
        switch (kind) {
            case Kind::Bool:
                return condition(depth);
            case Kind::Int:
                return whole(depth);
            case Kind::Uint:
                return of(Kind::Uint) + pick({" + ", " - ", " * ", " / ", " % "}) + of(Kind::Uint);
            case Kind::Double:
                return dice_.flip() ? of(Kind::Double) + pick({" + ", " - ", " * ", " / "}) + of(Kind::Double)
                                    : "double(" + of(Kind::Int) + ")";
            case Kind::String:
                return text(depth);
            case Kind::Ints:
                return list(depth);
            case Kind::Strings:
                return dice_.flip() ? of(Kind::String) + ".split(" + of(Kind::String) + ")"
                                    : loop(Kind::Strings, Kind::String, "map", Kind::String, depth);
            case Kind::Map:
                return dice_.flip() ? "{" + of(Kind::String) + ": " + of(Kind::Int) + "}"
                                    : "{'a': 1, ?'b': " + of(Kind::Optional) + "}";
            case Kind::Optional:
                return dice_.flip() ? "optional.of(" + of(Kind::Int) + ")"
                                    : loop(Kind::Optional, Kind::Int, "optMap", Kind::Int, depth);
            case Kind::Duration:
                return of(Kind::Duration) + pick({" + ", " - "}) + of(Kind::Duration);
        }
        return "null";
    }

    /// A macro with one variable that is bound in its body.
    std::string loop(Kind range, Kind element, std::string_view macro, Kind body, int depth) {
        std::string out = target(range, depth) + "." + std::string(macro) + "(";
        locals_.push_back({"v" + std::to_string(locals_.size()), element});
        out += locals_.back().name + ", " + expression(body, depth) + ")";
        locals_.pop_back();
        return out;
    }

    /// What may stand in front of a dot.
    std::string target(Kind kind, int depth) {
        return dice_.flip() ? simple(kind) : "(" + expression(kind, depth) + ")";
    }

    std::string condition(int depth) {
        const auto of = [&](Kind part) { return expression(part, depth); };
        const auto ordered = [&] {
            return static_cast<Kind>(static_cast<std::size_t>(Kind::Int) + dice_.roll(4));  // to String
        };
        switch (dice_.roll(9)) {
            case 0:
                return of(Kind::Bool) + " && " + of(Kind::Bool);
            case 1:
                return of(Kind::Bool) + " || " + of(Kind::Bool) +
                       (dice_.flip() ? " || " + of(Kind::Bool) : "");
            case 2:
                return "!" + target(Kind::Bool, depth);
            case 3: {
                const Kind kind = ordered();
                return of(kind) + pick({" < ", " <= ", " > ", " >= ", " == ", " != "}) + of(kind);
            }
            case 4:
                return of(Kind::Int) + " in " + of(Kind::Ints);
            case 5:
                return loop(Kind::Ints, Kind::Int, pick({"all", "exists", "exists_one", "existsOne"}),
                            Kind::Bool, depth);
            case 6:
                return target(Kind::String, depth) + pick({".startsWith(", ".contains(", ".endsWith("}) +
                       of(Kind::String) + ")";
            case 7:
                return target(Kind::Optional, depth) + ".hasValue()";
            default: {
                const Kind kind = static_cast<Kind>(dice_.roll(kKinds));
                return of(kind) + pick({" == ", " != "}) + of(kind);
            }
        }
    }

    std::string whole(int depth) {
        const auto of = [&](Kind part) { return expression(part, depth); };
        switch (dice_.roll(7)) {
            case 0:
                return "-" + target(Kind::Int, depth);
            case 1:
                return "size(" + of(static_cast<Kind>(static_cast<std::size_t>(Kind::Ints) + dice_.roll(3))) +
                       ")";
            case 2:
                return target(Kind::Ints, depth) + "[" + of(Kind::Int) + "]";
            case 3:
                return target(Kind::Map, depth) + (dice_.flip() ? ".a" : "['a']");
            case 4:
                return target(Kind::Optional, depth) + ".orValue(" + of(Kind::Int) + ")";
            case 5:
                return "int(" + of(pick({"d", "s"}) == "d" ? Kind::Double : Kind::String) + ")";
            default:
                return of(Kind::Int) + pick({" + ", " - ", " * ", " / ", " % "}) + of(Kind::Int);
        }
    }

    std::string text(int depth) {
        const auto of = [&](Kind part) { return expression(part, depth); };
        switch (dice_.roll(4)) {
            case 0:
                return of(Kind::String) + " + " + of(Kind::String);
            case 1:
                return "string(" + of(Kind::Int) + ")";
            case 2:
                return target(Kind::Strings, depth) + ".join(" + of(Kind::String) + ")";
            default:
                return target(Kind::String, depth) + pick({".lowerAscii()", ".trim()", ".substring(0)"});
        }
    }

    std::string list(int depth) {
        const auto of = [&](Kind part) { return expression(part, depth); };
        switch (dice_.roll(5)) {
            case 0:
                return "[" + of(Kind::Int) + ", " + of(Kind::Int) + (dice_.flip() ? ",]" : "]");
            case 1:
                return of(Kind::Ints) + " + " + of(Kind::Ints);
            case 2:
                return loop(Kind::Ints, Kind::Int, "map", Kind::Int, depth);
            case 3:
                return loop(Kind::Ints, Kind::Int, "filter", Kind::Bool, depth);
            default:
                return "[" + of(Kind::Int) + ", ?" + target(Kind::Optional, depth) + "]";
        }
    }

    Dice& dice_;
    std::vector<Local> locals_;
};

}  // namespace

std::string draw_expression(Dice& dice) {
    const Kind kind = dice.flip() ? Kind::Bool : static_cast<Kind>(dice.roll(kKinds));
    return Author(dice).expression(kind, kMaxDepth);
}

}  // namespace tollgate::fuzz
