// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/measure/prometheus_answer.hpp"

#include "engine/base/json/document.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/text.hpp"

#include <optional>

namespace tollgate::workload {
namespace {

constexpr std::size_t kShownBytes = 400;  // of a refusal's words

/// Empty for what is no number (NaN, +Inf) and for what no Ratio holds.
std::optional<Ratio> value_of(json::Node sample) {
    if (!sample.is_array() || sample.size() != 2) return std::nullopt;
    const std::optional<Ratio> value = parse_decimal(sample[1].string());
    return value && value->is_known() ? value : std::nullopt;
}

Result<void> read_series(json::Node node, std::vector<Series>& out) {
    const json::Node labels = node["metric"];
    if (!labels.is_object() || !node["value"].is_array()) {
        return fail("its result is no list of series with a metric and a value");
    }
    if (labels.size() > limits::kMaxPrometheusLabels) {
        return fail("a series has more than " + std::to_string(limits::kMaxPrometheusLabels) + " labels");
    }
    const std::optional<Ratio> value = value_of(node["value"]);
    if (!value) return {};
    Series series;
    series.value = *value;
    for (const auto [name, text] : labels.members()) {
        series.labels.emplace_back(std::string(name), std::string(text.string()));
    }
    out.push_back(std::move(series));
    return {};
}

tl::unexpected<Error> refusal(json::Node root) {
    std::string text = "Prometheus refused the query";
    for (const std::string_view part : {"errorType", "error"}) {
        const std::string_view said = root[part].string();
        if (!said.empty()) text += ": " + printable(truncated(said, kShownBytes));
    }
    return fail(std::move(text));
}

}  // namespace

std::string_view Series::label(std::string_view name) const {
    for (const auto& [key, text] : labels)
        if (key == name) return text;
    return {};
}

Result<std::vector<Series>> read_prometheus_answer(std::string_view text) {
    const auto document = json::parse(text);
    if (!document) return fail("the answer is not JSON, so this is no Prometheus");
    const json::Node root = document->root();
    if (root["status"].string() == "error") return refusal(root);
    const json::Node data = root["data"];
    if (root["status"].string() != "success" || !data.is_object()) {
        return fail("the answer has no status and data, so this is no Prometheus");
    }
    if (data["resultType"].string() != "vector" || !data["result"].is_array()) {
        return fail("the answer to an instant query is no vector, so this is no Prometheus");
    }
    const json::Node result = data["result"];
    if (result.size() > limits::kMaxPrometheusSeries) {
        return fail("more than " + std::to_string(limits::kMaxPrometheusSeries) +
                    " series; a shorter --window has fewer");
    }
    std::vector<Series> out;
    out.reserve(result.size());
    for (const json::Node node : result.elements()) {
        if (auto read = read_series(node, out); !read) return tl::unexpected(read.error());
    }
    return out;
}

}  // namespace tollgate::workload
