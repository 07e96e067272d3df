// SPDX-License-Identifier: Apache-2.0
// Which types fit where: parameters of overloads are bound to types as arguments are seen.
// Source: cel-go checker/types.go, its rules for assignability and generality.
#pragma once

#include "engine/cel/type.hpp"

#include <map>
#include <string>
#include <vector>

namespace tollgate::cel {

class Inference {
  public:
    /// A parameter that nothing is known of yet.
    Type fresh();
    /// `type` with each named parameter replaced by a fresh one, the same for the same name in `names`.
    Type instantiate(const Type& type, std::map<std::string, Type>& names);

    /// Whether `from` may stand where `to` is wanted; binds parameters if so, changes nothing if not.
    bool assign(const Type& to, const Type& from);
    /// All at once or not at all.
    bool assign_all(const std::vector<Type>& to, const std::vector<Type>& from);
    /// Parameters replaced by what is known of them; those still open become dyn if `close`.
    Type resolve(const Type& type, bool close) const;

    static const Type& more_general(const Type& a, const Type& b);

  private:
    using Bindings = std::map<std::string, Type>;
    bool unify(const Type& a, const Type& b);
    bool substitute(const Type& type, const Type& param, bool& was_bound);
    bool occurs(const std::string& param, const Type& type) const;

    Bindings bindings_;
    std::size_t next_ = 0;
};

}  // namespace tollgate::cel
