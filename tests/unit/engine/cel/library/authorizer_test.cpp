// SPDX-License-Identifier: Apache-2.0
// Questions to the authorizer compile, cost what they cost in Kubernetes, and are never answered.
#include "engine/cel/authorizer.hpp"

#include "engine/cel/program.hpp"
#include "engine/cel/text.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace tollgate;
using namespace tollgate::cel;

namespace {

struct Asked {
    std::string text;
    std::uint64_t cost = 0;
};

Asked ask(std::string_view expression, bool mutating = false) {
    Environment::Options options;
    options.mutating = mutating;
    const auto declared = authorizer_variables();
    const auto values = authorizer_values();
    const Environment environment({declared.begin(), declared.end()}, options);
    const auto program = compile(expression, environment);
    if (!program) return {"refused: " + program.error().front().message, 0};
    Arena arena;
    FixedVariables variables(values);
    Evaluation evaluation{arena, variables};
    std::string text = to_text(program->run(evaluation));
    return {std::move(text), evaluation.cost};
}

}  // namespace

TEST_CASE("a question is put together") {
    CHECK(ask("authorizer.path('/healthz')").text == "<kubernetes.authorization.PathCheck>");
    CHECK(ask("authorizer.path('/healthz')").cost == 2);
    CHECK(ask("authorizer.group('apps').resource('deployments').namespace('a').name('b')").cost == 5);
    CHECK(ask("type(authorizer.requestResource)").text == "kubernetes.authorization.ResourceCheck");
    CHECK(ask("authorizer.requestResource.subresource('status')").cost == 2);
    CHECK(ask("authorizer.serviceAccount('ns', 'sa').group('')").text ==
          "<kubernetes.authorization.GroupCheck>");
}

TEST_CASE("a selector costs its text and what is made of it") {
    CHECK(ask("authorizer.group('').resource('pods').labelSelector('a=b')").cost == 3 + 10 + 1 + 2 * 50);
    CHECK(ask("authorizer.group('').resource('pods').fieldSelector('')").cost == 3 + 10);
}

TEST_CASE("asking is an error that says why, at the cost of asking") {
    const Asked path = ask("authorizer.path('/healthz').check('get').allowed()");
    CHECK(path.text.find("check() cannot be asked here") != std::string::npos);
    CHECK(path.cost == 350'003);
    CHECK(ask("authorizer.requestResource.check('create').reason() == ''").text.starts_with("error: "));
    CHECK(ask("authorizer.requestResource.check('create').errored() || true").text == "true");
}

TEST_CASE("a third question is past the budget") {
    const Asked asked =
        ask("authorizer.path('/a').check('get').allowed() || authorizer.path('/b').check('get').allowed() || "
            "authorizer.path('/c').check('get').allowed()");
    CHECK(asked.text == "error: the cost of the expression exceeds its budget");
}

TEST_CASE("questions about nothing are errors") {
    CHECK(ask("authorizer.path(' ')").text == "error: path must not be empty");
    CHECK(ask("authorizer.group('').resource('')").text == "error: resource must not be empty");
    CHECK(ask("authorizer.serviceAccount('ns', '')").text == "error: Invalid service account name");
    CHECK(ask("authorizer.path('/a').resource('b')").text.starts_with("refused: "));
    CHECK(ask("authorizer.allowed()").text.starts_with("refused: "));
}

TEST_CASE("keys of a JSON Pointer are escaped") {
    CHECK(ask("jsonpatch.escapeKey('a/b~c')", true).text == "\"a~1b~0c\"");
    CHECK(ask("jsonpatch.escapeKey('a/b~c')", true).cost == 1);
    CHECK(ask("jsonpatch.escapeKey('plain')", true).text == "\"plain\"");
    CHECK(ask("jsonpatch.escapeKey('')", true).text == "\"\"");
}
