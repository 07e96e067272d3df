// SPDX-License-Identifier: Apache-2.0
#include "engine/base/json/document.hpp"
#include "engine/cel/library/library.hpp"
#include "tests/unit/engine/cel/library/rows.hpp"

#include <cmath>
#include <limits>

using namespace tollgate::cel;
using namespace tollgate::cel::test;

namespace {

std::vector<Value> counted(std::int64_t size) {
    std::vector<Value> out;
    for (std::int64_t i = 0; i < size; ++i) out.push_back(I(i));
    return out;
}

}  // namespace

namespace {

/// The four tables that are of lists.
std::span<const Overload> all_rows() {
    static const std::vector<Overload> kAll = [] {
        std::vector<Overload> out;
        for (const auto table : {list_overloads(), more_list_overloads(), set_overloads(), loop_overloads()})
            out.insert(out.end(), table.begin(), table.end());
        return out;
    }();
    return kAll;
}

}  // namespace

TEST_CASE("cel lists: the table") {
    check_table(all_rows());
}

TEST_CASE("cel lists: sum") {
    Rows rows(all_rows());
    CHECK(rows.call("list_int_sum_int", {rows.list({I(2), I(-5)})}) == "-3");
    CHECK(rows.call("list_int_sum_int", {rows.list({})}) == "0");
    CHECK(rows.call("list_uint_sum_uint", {rows.list({})}) == "0u");
    CHECK(rows.call("list_double_sum_double", {rows.list({D(0.5), D(0.25)})}) == "0.75");
    CHECK(rows.call("list_duration_sum_duration", {rows.list({duration_value(1), duration_value(2)})}) ==
          "3ns");
    CHECK(rows.call("list_int_sum_int", {rows.list({I(INT64_MAX), I(1)})}) == "error: integer overflow");
    CHECK(rows.call("list_uint_sum_uint", {rows.list({uint_value(UINT64_MAX), uint_value(1)})}) ==
          "error: unsigned integer overflow");
}

TEST_CASE("cel lists: a list of unknown type is told by its elements") {
    Rows rows(all_rows());
    CHECK(rows.call("list_int_sum_int", {rows.list({D(0.5), D(1)})}) == "1.5");
    CHECK(rows.call("list_int_sum_int", {rows.list({I(1), D(1)})}) == "error: no such overload: sum(list)");
    CHECK(rows.call("list_int_sum_int", {rows.list({S("a")})}) == "error: no such overload: sum(list)");
    CHECK(rows.call("list_int_max_int", {rows.list({S("a"), S("b")})}) == "'b'");
    CHECK(rows.call("list_int_max_int", {rows.list({I(1), uint_value(2), D(1.5)})}) == "2u");
    CHECK(rows.call("list_int_max_int", {rows.list({I(1), S("b")})}) == "1");
    CHECK(rows.call("list_int_min_int", {rows.list({I(1), null_value()})}) ==
          "error: no such overload: min(list)");
    const auto document = tollgate::json::parse(R"([3, 1, 2.5])");
    REQUIRE(document.has_value());
    const Value json = from_json(document->root());
    CHECK(rows.call("list_int_max_int", {json}) == "3");
    CHECK(rows.call("list_reverse", {json}) == "[2.5, 1, 3]");
    CHECK(rows.call("list_slice", {json, I(1), I(3)}) == "[1, 2.5]");
    CHECK(rows.call("list_int_sort", {json}) == "error: list elements must have the same type");
}

TEST_CASE("cel lists: min, max, isSorted") {
    Rows rows(all_rows());
    const double nan = std::nan("");
    CHECK(rows.call("list_int_min_int", {rows.list({I(2), I(-1), I(7)})}) == "-1");
    CHECK(rows.call("list_bool_max_bool", {rows.list({bool_value(false), bool_value(true)})}) == "true");
    CHECK(rows.call("list_timestamp_min_timestamp",
                    {rows.list({timestamp_value(5, 2), timestamp_value(5, 1)})}) == "t5.1");
    CHECK(rows.call("list_int_max_int", {rows.list({})}) == "error: max called on empty list");
    CHECK(rows.call("list_int_min_int", {rows.list({})}) == "error: min called on empty list");
    CHECK(rows.call("list_double_max_double", {rows.list({D(nan), D(1)})}) == "nan");
    CHECK(rows.call("list_double_max_double", {rows.list({D(1), D(nan), D(2)})}) == "2");
    CHECK(rows.call("list_int_is_sorted_bool", {rows.list({I(1), I(1), I(2)})}) == "true");
    CHECK(rows.call("list_int_is_sorted_bool", {rows.list({I(2), I(1)})}) == "false");
    CHECK(rows.call("list_int_is_sorted_bool", {rows.list({})}) == "true");
    CHECK(rows.call("list_double_is_sorted_bool", {rows.list({D(1), D(nan), D(0.5)})}) == "true");
    CHECK(rows.call("list_int_is_sorted_bool", {rows.list({rows.map({})})}) ==
          "error: no such overload: isSorted(list)");
}

TEST_CASE("cel lists: looking for elements") {
    Rows rows(all_rows());
    const Value list = rows.list({I(1), S("a"), I(1), rows.list({I(2)})});
    CHECK(rows.call("list_a_index_of_int", {list, D(1)}) == "0");
    CHECK(rows.call("list_a_last_index_of_int", {list, I(1)}) == "2");
    CHECK(rows.call("list_a_index_of_int", {list, rows.list({D(2)})}) == "3");
    CHECK(rows.call("list_a_last_index_of_int", {list, S("b")}) == "-1");
    CHECK(rows.call("list_includes_dyn_dyn", {list, S("a")}) == "true");
    CHECK(rows.call("list_includes_dyn_dyn", {rows.list({}), null_value()}) == "false");
    CHECK(rows.call("list_includes_dyn_dyn", {S("model-a"), S("model-a")}) == "true");
    CHECK(rows.call("list_includes_dyn_dyn", {S("model-a"), S("model")}) == "false");
}

TEST_CASE("cel lists: slice, flatten, range, reverse, distinct") {
    Rows rows(all_rows());
    const Value list = rows.list({I(1), I(2), I(3)});
    CHECK(rows.call("list_slice", {list, I(0), I(2)}) == "[1, 2]");
    CHECK(rows.call("list_slice", {list, I(3), I(3)}) == "[]");
    CHECK(rows.call("list_slice", {list, I(2), I(1)}) ==
          "error: cannot slice(2, 1), start index must be less than or equal to end index");
    CHECK(rows.call("list_slice", {list, I(1), I(4)}) == "error: cannot slice(1, 4), list is length 3");
    CHECK(rows.call("list_slice", {list, I(-1), I(2)}) ==
          "error: cannot slice(-1, 2), negative indexes not supported");
    const Value nested = rows.list({I(1), rows.list({I(2), rows.list({I(3)})}), rows.list({})});
    CHECK(rows.call("list_flatten", {nested}) == "[1, 2, [3]]");
    CHECK(rows.call("list_flatten_int", {nested, I(0)}) == "[1, [2, [3]], []]");
    CHECK(rows.call("list_flatten_int", {nested, I(9)}) == "[1, 2, 3]");
    CHECK(rows.call("list_flatten_int", {nested, I(-1)}) == "error: level must be non-negative");
    CHECK(rows.call("lists_range", {I(3)}) == "[0, 1, 2]");
    CHECK(rows.call("lists_range", {I(0)}) == "[]");
    CHECK(rows.call("lists_range", {I(-1)}) == "error: lists.range: size must be non-negative, got -1");
    CHECK(rows.call("lists_range", {I(INT64_MAX)}).starts_with("error: "));
    CHECK(rows.call("list_reverse", {list}) == "[3, 2, 1]");
    CHECK(rows.call("list_distinct", {rows.list({I(1), D(1), S("1"), uint_value(1), S("1")})}) == "[1, '1']");
    const Value nan = D(std::nan(""));
    CHECK(size_of(rows.value("list_distinct", {rows.list({nan, nan})})) == 2);
}

TEST_CASE("cel lists: sort") {
    Rows rows(all_rows());
    CHECK(rows.call("list_string_sort", {rows.list({S("b"), S("é"), S("Z"), S("a")})}) ==
          "['Z', 'a', 'b', 'é']");
    CHECK(rows.call("list_int_sort", {rows.list({})}) == "[]");
    CHECK(rows.call("list_int_sort", {rows.list({null_value()})}) ==
          "error: list elements must be comparable");
    CHECK(rows.call("list_int_sort", {rows.list({I(1), S("a")})}) ==
          "error: list elements must have the same type");
    CHECK(rows.call("list_int_sortByAssociatedKeys", {rows.list({S("x"), S("y"), S("z")}),
                                                      rows.list({I(2), I(1), I(1)})}) == "['y', 'z', 'x']");
    CHECK(rows.call("list_int_sortByAssociatedKeys", {rows.list({S("x")}), rows.list({})})
              .starts_with("error: "));
    CHECK(rows.call("list_double_sort", {rows.list({D(3), D(std::nan("")), D(0.5)})}) == "[3, nan, 0.5]");
    std::vector<Value> many;
    for (int i = 0; i < 1000; ++i) many.push_back(i % 7 == 0 ? D(std::nan("")) : D((i * 37) % 101));
    const Value sorted = rows.value("list_double_sort", {rows.list(many)});
    CHECK(size_of(sorted) == 1000);
    CHECK(text_of(rows.value("list_double_is_sorted_bool", {sorted})) == "true");
}

TEST_CASE("cel lists: sets") {
    Rows rows(all_rows());
    const Value a = rows.list({I(1), I(2), I(2)});
    CHECK(rows.call("list_sets_contains_list", {a, rows.list({D(2), uint_value(1)})}) == "true");
    CHECK(rows.call("list_sets_contains_list", {a, rows.list({I(3)})}) == "false");
    CHECK(rows.call("list_sets_contains_list", {rows.list({}), rows.list({})}) == "true");
    CHECK(rows.call("list_sets_equivalent_list", {a, rows.list({I(2), I(1)})}) == "true");
    CHECK(rows.call("list_sets_equivalent_list", {a, rows.list({I(1)})}) == "false");
    CHECK(rows.call("list_sets_intersects_list", {a, rows.list({I(3), I(2)})}) == "true");
    CHECK(rows.call("list_sets_intersects_list", {a, rows.list({})}) == "false");
}

TEST_CASE("cel lists: nobody waits for what is past the budget") {
    Rows rows(all_rows());
    const Value many = rows.list(counted(200'000));
    CHECK(rows.call("list_distinct", {many}).starts_with("error: "));
    CHECK(rows.call("list_sets_contains_list", {many, many}).starts_with("error: "));
    CHECK(rows.call("list_sets_equivalent_list", {many, many}).starts_with("error: "));
    CHECK(rows.call("list_sets_intersects_list", {many, many}).starts_with("error: "));
    CHECK(rows.cost("list_distinct", {many}) > 1'000'000);
    CHECK(rows.cost("list_sets_contains_list", {many, many}) > 1'000'000);
    Value shared = rows.list({});
    for (int i = 0; i < 60; ++i) shared = rows.list({shared, shared});
    CHECK(rows.call("list_flatten_int", {shared, I(100)}).starts_with("error: "));
    CHECK(rows.row("list_int_max_int").cost(std::vector<Value>{shared}, I(0)) > 1'000'000);
}

TEST_CASE("cel lists: maps of loops") {
    Rows rows(all_rows());
    const Value map = rows.map({{S("a"), I(1)}});
    CHECK(rows.call("@mapInsert_map_key_value", {map, S("b"), I(2)}) == "{'a': 1, 'b': 2}");
    CHECK(rows.call("@mapInsert_map_map", {map, rows.map({{S("b"), I(2)}, {S("c"), I(3)}})}) ==
          "{'a': 1, 'b': 2, 'c': 3}");
    CHECK(rows.call("@mapInsert_map_key_value", {map, S("a"), I(2)}) ==
          "error: insert failed: key a already exists");
    CHECK(rows.call("@mapInsert_map_key_value", {rows.map({{I(1), I(1)}}), uint_value(1), I(2)}) ==
          "error: insert failed: key 1 already exists");
}

TEST_CASE("cel lists: costs") {
    Rows rows(all_rows());
    const Value numbers = rows.list({I(1), I(2), I(3)});
    const Value texts = rows.list({S("1234567890123456789"), S("1"), bytes_value("1234567890")});
    CHECK(rows.cost("list_int_sum_int", {numbers}) == 3);
    CHECK(rows.cost("list_string_max_string", {texts}) == 2);
    CHECK(rows.cost("list_a_index_of_int", {rows.list({numbers, rows.map({{S("k"), I(1)}})}), I(1)}) == 4);
    CHECK(rows.cost("list_includes_dyn_dyn", {S("12345678901"), S("1")}) == 1);
    CHECK(rows.cost("list_slice", {numbers, I(1), I(3)}) == 13);
    CHECK(rows.cost("list_slice", {numbers, I(1), I(9)}) == 12);  // an error counts 1
    CHECK(rows.cost("lists_range", {I(4)}) == 15);
    CHECK(rows.cost("list_reverse", {numbers}) == 14);
    CHECK(rows.cost("list_flatten", {numbers}) == 14);
    CHECK(rows.cost("list_flatten_int", {numbers, I(4)}) == 23);
    CHECK(rows.cost("list_distinct", {numbers}) == 29);
    CHECK(rows.cost("list_string_sort", {rows.list({S("a"), S("b"), S("c")})}) == 29);
    CHECK(rows.cost("list_string_sort", {rows.list({S("a"), S("b"), S("c"), S("d")})}) == 44);
    CHECK(rows.cost("list_int_sortByAssociatedKeys", {texts, numbers}) == 29);
    CHECK(rows.cost("list_sets_contains_list", {numbers, rows.list({I(1), I(2)})}) == 7);
    CHECK(rows.cost("list_sets_equivalent_list", {numbers, rows.list({I(1), I(2)})}) == 13);
}
