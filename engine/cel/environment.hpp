// SPDX-License-Identifier: Apache-2.0
// What an expression may name: variables with their types, and all functions. Made once, used for any number
// of compilations. Thread rule: immutable once made.
#pragma once

#include "engine/base/result.hpp"
#include "engine/cel/function.hpp"
#include "engine/cel/type.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cel {

/// The newest version of Kubernetes whose functions are all here: 1.37.
inline constexpr std::uint32_t kNewestKubernetesMinor = 37;
/// The minor version of "1.30", "v1.30" or "1.30.4"; not beyond the newest one known here.
Result<std::uint32_t> read_kubernetes_version(std::string_view text);

struct Variable {
    std::string name;  // "object", "variables.containers"
    Type type;
};

/// An overload with its signature read.
struct Signature {
    const Overload* overload = nullptr;
    std::uint32_t since = 0;
    bool mutating = false;
    std::vector<Type> arguments;
    Type result;
};

class Environment {
  public:
    struct Options {
        std::string container;  // names are looked up in it first: "a.b" makes "x" mean "a.b.x", "a.x", "x"
        bool same_kind_literals = true;                           // [1, 'a'] is an error, as in Kubernetes
        std::uint32_t kubernetes_minor = kNewestKubernetesMinor;  // what is newer is an error
        bool unfolded_for_tests =
            false;              // nothing is worked out while compiling; no other cost is Kubernetes'
        bool mutating = false;  // of a policy that patches: jsonpatch.escapeKey
        bool types =
            true;  // false: mistakes of type show when the expression runs, as in cel-go without its checker
        std::vector<Library> libraries =
            {};  // beside the language's own; more overloads of its functions too
    };
    explicit Environment(std::vector<Variable> variables, Options options);
    explicit Environment(std::vector<Variable> variables) : Environment(std::move(variables), Options{}) {}

    std::span<const Variable> variables() const { return variables_; }
    const Options& options() const { return options_; }
    /// Position among the variables of exactly this name.
    std::optional<std::uint32_t> find_variable(std::string_view name) const;
    /// Whether this version of Kubernetes has the overload for such expressions.
    bool offers(const Signature& signature) const;
    /// Names to try for `name`, in order: inside the container first; a leading dot means the root alone.
    std::vector<std::string> candidates(std::string_view name) const;
    /// All overloads of a function, those of the environment's libraries last; empty when there is none of
    /// this name.
    std::span<const Signature> find_function(std::string_view name) const;
    /// The functions' names, for hints.
    std::vector<std::string_view> function_names() const;

  private:
    std::vector<Variable> variables_;
    Options options_;
    std::map<std::string, std::vector<Signature>, std::less<>> functions_;  // of which there are more here
};

/// All overloads of a function of the language itself; empty when there is none of this name.
std::span<const Signature> find_function(std::string_view name);
/// The type a name stands for where it is used as a value: `int`, `list`, `google.protobuf.Duration`,
/// `net.IP`.
std::optional<Type> find_type(std::string_view name);
/// The name that type(x) has for values of a declared type.
std::string_view runtime_name(const Type& type);

}  // namespace tollgate::cel
