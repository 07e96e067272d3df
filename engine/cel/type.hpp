// SPDX-License-Identifier: Apache-2.0
// Types of the expression language, as declared, inferred and compared while an expression is compiled. Small
// values with structural equality; nothing here runs while a request is judged.
// Source: the CEL language definition (google/cel-spec, "Gradual type checking"), cel-go's assignability
// rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tollgate::cel {

struct ObjectType;

struct Type {
    enum class Kind : std::uint8_t {
        Dyn,
        Null,
        Bool,
        Int,
        Uint,
        Double,
        String,
        Bytes,
        Timestamp,
        Duration,
        List,      // params: element
        Map,       // params: key, value
        Type,      // params: the type it names, if known
        Optional,  // params: content
        Opaque,    // name: "kubernetes.Quantity", "net.IP", ...
        Object,    // object: declared fields
        Param,     // name: a type parameter of an overload, "A"; in inference, a fresh variable
    };
    Kind kind = Kind::Dyn;
    std::string name;
    std::vector<Type> params;
    std::shared_ptr<const ObjectType> object;

    bool is(Kind other) const { return kind == other; }
    bool is_dyn() const { return kind == Kind::Dyn; }
    friend bool operator==(const Type& a, const Type& b);
};

/// An object with declared fields, such as `request`: a field it does not have is a compile error.
struct ObjectType {
    std::string name;
    std::map<std::string, Type, std::less<>> fields;
};

inline Type dyn_type() {
    return {};
}
inline Type simple_type(Type::Kind kind) {
    return {kind, {}, {}, nullptr};
}
Type list_type(Type element);
Type map_type(Type key, Type value);
Type type_type(Type named);
Type optional_type(Type content);
Type opaque_type(std::string name);
Type param_type(std::string name);
Type object_type(std::string name, std::map<std::string, Type, std::less<>> fields);

/// As error messages and `tollgate cel` write it: "list(map(string, dyn))", "optional_type(int)".
std::string to_string(const Type& type);

/// A type as function tables write it: "list<A>", "map<string,B>", "optional<T>", "int", "dyn", "type",
/// "timestamp", "kubernetes.Quantity". One capital letter is a parameter. Asserts on anything malformed: the
/// tables are ours.
Type declared_type(std::string_view text);

}  // namespace tollgate::cel
