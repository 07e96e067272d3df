// SPDX-License-Identifier: Apache-2.0
// The plain listener for kubelets, Prometheus and people: /healthz, /readyz, /metrics and a page of text at
// /.
//
// It has a thread of its own, so that a flood of reviews never makes a kubelet restart the pod, and small
// limits of its own, so that a flood of probes stays small. It knows nothing of policies: what is ready is
// asked of a callback, and so is whether the process still lives: /healthz fails only for what a restart
// mends; a pod that is merely not ready is never restarted. Thread rule: callbacks are called on the
// listener's thread.
#pragma once

#include "engine/base/result.hpp"
#include "webhook/net/server.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::admin {

/// One thing that must hold before reviews may be sent here.
struct Check {
    std::string name;  // one word: "snapshot", "certificate", "serving"
    bool ok = false;
    std::string detail;  // why not, or what there is to know (the last reload's error)
};

struct AdminOptions {
    net::Endpoint listen;
    std::function<std::vector<Check>()> readiness;
    std::function<std::vector<Check>()> liveness;  // none: alive as long as it answers
    std::function<std::string()> overview;         // lines below the list of paths at /; optional
    telemetry::Metrics* metrics = nullptr;         // what /metrics renders; outlives the server
    const telemetry::Logger* log = nullptr;
};

/// Ready when every check is; the text of /readyz, and of /healthz with a refusal of its own. `verbose` also
/// lists the checks that hold.
struct Readiness {
    bool ready = false;
    std::string text;
};
Readiness judge(const std::vector<Check>& checks, bool verbose, std::string_view refusal = "not ready");

class AdminServer {
  public:
    static Result<std::unique_ptr<AdminServer>> start(const AdminOptions& options);
    [[nodiscard]] net::Endpoint endpoint() const { return server_->endpoint(); }
    /// To be the last to stop: /readyz must answer "no" all through a drain.
    void stop() { server_->stop(std::chrono::milliseconds(500)); }

  private:
    AdminServer() = default;
    std::unique_ptr<net::Server> server_;
};

}  // namespace tollgate::admin
