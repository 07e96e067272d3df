// SPDX-License-Identifier: Apache-2.0
#include "cli/install_probe.hpp"

#include "webhook/net/http_client.hpp"

#include <nlohmann/json.hpp>

namespace tollgate::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string review_text(const std::string& uid, bool with_gpu) {
    Json container = {{"name", "main"}, {"image", "registry.k8s.io/pause:3.9"}};
    if (with_gpu) container["resources"] = {{"limits", {{"nvidia.com/gpu", "1"}}}};
    const Json pod = {{"apiVersion", "v1"},
                      {"kind", "Pod"},
                      {"metadata", {{"name", "tollgate-probe"}, {"namespace", "default"}}},
                      {"spec", {{"containers", Json::array({container})}}}};
    return Json{{"apiVersion", "admission.k8s.io/v1"},
                {"kind", "AdmissionReview"},
                {"request",
                 {{"uid", uid},
                  {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
                  {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
                  {"name", "tollgate-probe"},
                  {"namespace", "default"},
                  {"operation", "CREATE"},
                  {"userInfo", {{"username", "tollgate-probe"}}},
                  {"object", pod},
                  {"dryRun", true}}}}
        .dump();
}

class Prober {
  public:
    explicit Prober(const Probe& probe) : probe_(probe) {}

    Result<void> run() {
        const std::size_t colon = probe_.address.rfind(':');
        if (colon == std::string::npos)
            return fail("--probe: '" + probe_.address + "' is not of the form HOST:PORT");
        host_ = probe_.address.substr(0, colon);
        port_ = probe_.address.substr(colon + 1);
        if (host_.starts_with('[') && host_.ends_with(']')) host_ = host_.substr(1, host_.size() - 2);
        for (const char* path : {"/mutate", "/validate"}) {
            if (auto done = expect_review(path, false); !done) return done;
            if (auto done = expect_review(path, true); !done) return done;
        }
        TOLLGATE_TRY(const net::HttpReply refused, post("/validate", "{}"));
        if (refused.status != 400)
            return problem("/validate",
                           "answered " + std::to_string(refused.status) + " to what is no review");
        return {};
    }

  private:
    Result<net::HttpReply> post(const std::string& path, std::string body) {
        net::HttpRequest request;
        request.host = host_;
        request.port = port_;
        request.server_name = probe_.server_name;
        request.ca_bundle_pem = probe_.ca_bundle_pem;
        request.path = path + "?timeout=3s";
        request.body = std::move(body);
        auto reply = net::post_once(request);
        if (!reply) return problem(path, reply.error().message);
        return reply;
    }

    Result<void> expect_review(const std::string& path, bool with_gpu) {
        const std::string uid = with_gpu ? "probe-gpu" : "probe-cpu";
        TOLLGATE_TRY(const net::HttpReply reply, post(path, review_text(uid, with_gpu)));
        if (reply.status != 200) return problem(path, "answered " + std::to_string(reply.status));
        const Json body = Json::parse(reply.body, nullptr, false);
        if (!body.is_object() || body.value("kind", "") != "AdmissionReview" ||
            body.value("apiVersion", "") != "admission.k8s.io/v1" || !body.contains("response")) {
            return problem(path, "the reply is no AdmissionReview");
        }
        const Json& response = body["response"];
        if (!response.is_object() || response.value("uid", "") != uid || !response.contains("allowed") ||
            !response["allowed"].is_boolean()) {
            return problem(path, "the response does not carry the request's uid and a verdict");
        }
        const bool must_allow = !with_gpu || path == "/mutate";
        if (must_allow && !response["allowed"].get<bool>())
            return problem(path, "a pod without accelerators is denied");
        return {};
    }

    [[nodiscard]] tl::unexpected<Error> problem(const std::string& path, const std::string& what) const {
        return fail("probe of https://" + probe_.address + path + " as " + probe_.server_name + ": " + what);
    }

    const Probe& probe_;
    std::string host_, port_;
};

}  // namespace

Result<void> probe_webhook(const Probe& probe) {
    return Prober(probe).run();
}

}  // namespace tollgate::cli
