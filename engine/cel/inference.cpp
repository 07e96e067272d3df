// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/inference.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::cel {
namespace {

using Kind = Type::Kind;

/// null may stand for these.
bool is_nullable(const Type& type) {
    return type.is(Kind::Null) || type.is(Kind::Opaque) || type.is(Kind::Object) || type.is(Kind::Optional) ||
           type.is(Kind::Timestamp) || type.is(Kind::Duration);
}

bool is_as_general(const Type& a, const Type& b) {
    if (a.is_dyn() || a.is(Kind::Param)) return true;
    if (b.is_dyn() || b.is(Kind::Param) || a.kind != b.kind || a.name != b.name) return false;
    if (a.is(Kind::Type)) return true;
    return a.params.size() == b.params.size() &&
           std::equal(a.params.begin(), a.params.end(), b.params.begin(), is_as_general);
}

}  // namespace

Type Inference::fresh() {
    return param_type("@" + std::to_string(next_++));
}

Type Inference::instantiate(const Type& type, std::map<std::string, Type>& names) {
    if (type.is(Kind::Param)) {
        const auto [place, is_new] = names.try_emplace(type.name);
        if (is_new) place->second = fresh();
        return place->second;
    }
    Type out = type;
    for (Type& param : out.params) param = instantiate(param, names);
    return out;
}

bool Inference::assign(const Type& to, const Type& from) {
    Bindings before = bindings_;
    if (unify(from, to)) return true;
    bindings_ = std::move(before);
    return false;
}

bool Inference::assign_all(const std::vector<Type>& to, const std::vector<Type>& from) {
    if (to.size() != from.size()) return false;
    Bindings before = bindings_;
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (unify(from[i], to[i])) continue;
        bindings_ = std::move(before);
        return false;
    }
    return true;
}

bool Inference::unify(const Type& a, const Type& b) {
    if (b.is(Kind::Param)) {
        bool was_bound = false;
        if (substitute(a, b, was_bound)) return true;
        if (was_bound) return false;
    }
    if (a.is(Kind::Param)) {
        bool was_bound = false;
        return substitute(b, a, was_bound);
    }
    if (a.is_dyn() || b.is_dyn()) return true;
    if (a.is(Kind::Null)) return is_nullable(b);
    if (b.is(Kind::Null)) return is_nullable(a);
    if (a.kind != b.kind) return false;
    if (a.is(Kind::Type)) return true;
    if (a.is(Kind::Opaque) || a.is(Kind::Object)) return a.name == b.name;
    for (std::size_t i = 0; i < a.params.size(); ++i)
        if (!unify(a.params[i], b.params[i])) return false;
    return true;
}

/// Takes `type` for `param`, or sees whether it agrees with what was taken before.
bool Inference::substitute(const Type& type, const Type& param, bool& was_bound) {
    if (type == param) return was_bound = true;
    const auto found = bindings_.find(param.name);
    if (found == bindings_.end()) {
        if (occurs(param.name, type)) return false;
        bindings_[param.name] = type;
        return true;
    }
    was_bound = true;
    const Type bound = found->second;
    if (type == bound) return true;
    if (!unify(type, bound)) return false;
    const Type& general = more_general(type, bound);
    if (!occurs(param.name, general)) bindings_[param.name] = general;
    return true;
}

bool Inference::occurs(const std::string& param, const Type& type) const {
    if (type.is(Kind::Param)) {
        if (type.name == param) return true;
        const auto found = bindings_.find(type.name);
        return found != bindings_.end() && occurs(param, found->second);
    }
    return std::any_of(type.params.begin(), type.params.end(),
                       [&](const Type& each) { return occurs(param, each); });
}

Type Inference::resolve(const Type& type, bool close) const {
    if (type.is(Kind::Param)) {
        const auto found = bindings_.find(type.name);
        if (found != bindings_.end()) return resolve(found->second, close);
        return close ? dyn_type() : type;
    }
    Type out = type;
    for (Type& param : out.params) param = resolve(param, close);
    return out;
}

const Type& Inference::more_general(const Type& a, const Type& b) {
    return is_as_general(a, b) || (b.is(Kind::Null) && is_nullable(a)) ? a : b;
}

}  // namespace tollgate::cel
