// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/operation.hpp"

#include "tests/support/catch.hpp"

#include <vector>

using tollgate::patch::Operation;
using Op = Operation::Op;

TEST_CASE("a patch as text") {
    const std::vector<Operation> operations = {{Op::Test, "/spec/containers/0/name", "\"main\""},
                                               {Op::Add, "/a~1b", "{\"x\":1e0}"},
                                               {Op::Replace, "/quote\"d", "null"},
                                               {Op::Remove, "/gone", ""}};
    CHECK(tollgate::patch::to_json(operations) ==
          R"([{"op":"test","path":"/spec/containers/0/name","value":"main"},)"
          R"({"op":"add","path":"/a~1b","value":{"x":1e0}},)"
          R"({"op":"replace","path":"/quote\"d","value":null},{"op":"remove","path":"/gone"}])");
    CHECK(tollgate::patch::to_json({}) == "[]");
}
