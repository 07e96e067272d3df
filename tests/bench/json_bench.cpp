// SPDX-License-Identifier: Apache-2.0
// Reading one AdmissionReview of about 4 KB: our parser into our tree, and what others take for the same
// bytes. The candidates that could have filled our tree are measured with it, since a tree of their own is of
// no use to us.
#include "engine/base/json/document.hpp"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#if defined(TOLLGATE_BENCH_SIMDJSON)
#include <simdjson.h>
#endif
#if defined(TOLLGATE_BENCH_BOOST_JSON)
#include <boost/json/basic_parser_impl.hpp>
#endif

namespace {

namespace json = tollgate::json;

constexpr std::string_view kHead =
    R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"b0c8d3b0-6d0f-4f7a-9d35-0f6f2b1f5c11","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"requestKind":{"group":"","version":"v1","kind":"Pod"},"requestResource":{"group":"","version":"v1","resource":"pods"},"name":"train-llama-7f9c6d5b4-x2x8q","namespace":"research","operation":"CREATE","userInfo":{"username":"system:serviceaccount:kube-system:replicaset-controller","uid":"3c1d1f66-5d55-4d7f-8f43-7d9b4c9f3f10","groups":["system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated"]},"object":)";

constexpr std::string_view kPod =
    R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"train-llama-7f9c6d5b4-x2x8q","generateName":"train-llama-7f9c6d5b4-","namespace":"research","creationTimestamp":null,"labels":{"app":"train-llama","team":"nlp","pod-template-hash":"7f9c6d5b4"},"annotations":{"tollgate.dev/model":"meta-llama/Llama-3.1-8B","prometheus.io/scrape":"true","note":"owner \"nlp\"\nsee \u00a7 4"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"train-llama-7f9c6d5b4","uid":"0d6f7a52-1d0c-4a50-8c89-2f8a5a0f3c12","controller":true,"blockOwnerDeletion":true}],"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-20T08:15:30Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:prometheus.io/scrape":{},"f:note":{}},"f:labels":{".":{},"f:app":{},"f:team":{},"f:pod-template-hash":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"trainer\"}":{".":{},"f:image":{},"f:name":{},"f:resources":{".":{},"f:limits":{},"f:requests":{}}}}}}}]},"spec":{"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"datasets"}},{"name":"shm","emptyDir":{"medium":"Memory","sizeLimit":"16Gi"}},{"name":"kube-api-access-9xk2p","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}}],"containers":[{"name":"trainer","image":"registry.example/ml/train:2.4.1","command":["python","-m","train"],"args":["--model=meta-llama/Llama-3.1-8B","--epochs=3","--lr=1e-5"],"env":[{"name":"NCCL_DEBUG","value":"WARN"},{"name":"HF_HOME","value":"/data/hf"}],"resources":{"limits":{"cpu":"16","memory":"128Gi","nvidia.com/gpu":"1"},"requests":{"cpu":"16","memory":"128Gi","nvidia.com/gpu":"1"}},"volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"shm","mountPath":"/dev/shm"},{"name":"kube-api-access-9xk2p","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeSelector":{"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"},"serviceAccountName":"default","serviceAccount":"default","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"},{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{}})";

constexpr std::string_view kTail =
    R"(,"oldObject":null,"dryRun":false,"options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}})";

const std::string& review() {
    static const std::string text = std::string(kHead) + std::string(kPod) + std::string(kTail);
    return text;
}

void set_bytes(benchmark::State& state) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(review().size()));
}

void parse_own(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(json::parse(review()).value().root());
    set_bytes(state);
}
BENCHMARK(parse_own);

void parse_nlohmann(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(nlohmann::json::parse(review()));
    set_bytes(state);
}
BENCHMARK(parse_nlohmann);

void write_own(benchmark::State& state) {
    const auto document = json::parse(review());
    for (auto _ : state) benchmark::DoNotOptimize(json::to_json(document->root()));
    set_bytes(state);
}
BENCHMARK(write_own);

void look_up_container(benchmark::State& state) {
    const auto document = json::parse(review());
    for (auto _ : state) {
        benchmark::DoNotOptimize(document->root()["request"]["object"]["spec"]["containers"][0]["resources"]
                                                 ["limits"]["nvidia.com/gpu"]);
    }
}
BENCHMARK(look_up_container);

#if defined(TOLLGATE_BENCH_SIMDJSON)
void parse_simdjson_alone(benchmark::State& state) {
    simdjson::dom::parser parser;
    const simdjson::padded_string text(review());
    for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text).value());
    set_bytes(state);
}
BENCHMARK(parse_simdjson_alone);

void rebuild(json::Builder& builder, simdjson::dom::element element) {
    switch (element.type()) {
        case simdjson::dom::element_type::OBJECT:
            builder.begin_object();
            for (const auto field : simdjson::dom::object(element)) {
                builder.key(field.key);
                rebuild(builder, field.value);
            }
            builder.end_object();
            break;
        case simdjson::dom::element_type::ARRAY:
            builder.begin_array();
            for (const simdjson::dom::element item : simdjson::dom::array(element)) rebuild(builder, item);
            builder.end_array();
            break;
        case simdjson::dom::element_type::STRING:
            builder.string(std::string_view(element));
            break;
        case simdjson::dom::element_type::BOOL:
            builder.boolean(bool(element));
            break;
        case simdjson::dom::element_type::NULL_VALUE:
            builder.null();
            break;
        default:
            builder.number(std::to_string(std::int64_t(element)));
            break;
    }
}

void parse_simdjson_into_own(benchmark::State& state) {
    simdjson::dom::parser parser;
    const simdjson::padded_string text(review());
    for (auto _ : state) {
        json::Builder builder;
        rebuild(builder, parser.parse(text).value());
        benchmark::DoNotOptimize(builder.finish().root());
    }
    set_bytes(state);
}
BENCHMARK(parse_simdjson_into_own);
#endif

#if defined(TOLLGATE_BENCH_BOOST_JSON)
// Events of Boost.JSON into our builder. Text may come in parts; numbers keep their source text.
struct BoostHandler {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);
    using Code = boost::json::error_code;
    using View = boost::json::string_view;

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return builder.begin_object(), true; }
    bool on_object_end(std::size_t, Code&) { return builder.end_object(), true; }
    bool on_array_begin(Code&) { return builder.begin_array(), true; }
    bool on_array_end(std::size_t, Code&) { return builder.end_array(), true; }
    bool on_key_part(View part, std::size_t, Code&) { return text.append(part.data(), part.size()), true; }
    bool on_key(View part, std::size_t, Code&) { return builder.key(whole(part)), true; }
    bool on_string_part(View part, std::size_t, Code&) { return text.append(part.data(), part.size()), true; }
    bool on_string(View part, std::size_t, Code&) { return builder.string(whole(part)), true; }
    bool on_number_part(View part, Code&) { return text.append(part.data(), part.size()), true; }
    bool on_int64(std::int64_t, View part, Code&) { return builder.number(whole(part)), true; }
    bool on_uint64(std::uint64_t, View part, Code&) { return builder.number(whole(part)), true; }
    bool on_double(double, View part, Code&) { return builder.number(whole(part)), true; }
    bool on_bool(bool value, Code&) { return builder.boolean(value), true; }
    bool on_null(Code&) { return builder.null(), true; }
    bool on_comment_part(View, Code&) { return true; }
    bool on_comment(View, Code&) { return true; }

    std::string_view whole(View last) {
        if (text.empty()) return {last.data(), last.size()};
        kept = text.append(last.data(), last.size());
        text.clear();
        return kept;
    }

    json::Builder builder;
    std::string text, kept;
};

void parse_boost_into_own(benchmark::State& state) {
    for (auto _ : state) {
        boost::json::basic_parser<BoostHandler> parser(boost::json::parse_options{});
        boost::json::error_code error;
        parser.write_some(false, review().data(), review().size(), error);
        benchmark::DoNotOptimize(parser.handler().builder.finish().root());
    }
    set_bytes(state);
}
BENCHMARK(parse_boost_into_own);
#endif

}  // namespace
