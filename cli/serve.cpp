// SPDX-License-Identifier: Apache-2.0
// The webhook as a process: puts the parts together, then waits for signals and changed files in one thread
// until it is told to end.
#include "cli/commands.hpp"
#include "cli/serve_plan.hpp"
#include "cli/served_certificate.hpp"
#include "cli/served_documents.hpp"
#include "cli/version.hpp"
#include "engine/base/quantity.hpp"
#include "webhook/admin/admin_server.hpp"
#include "webhook/admission/handler.hpp"
#include "webhook/net/router.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <iostream>
#include <memory>
#include <utility>

namespace tollgate::cli {
namespace {

using std::chrono::milliseconds;
using telemetry::Metric;

// The time the API server gives a review: whoever is stuck for as long has failed them all.
constexpr milliseconds kStuck{10'000};

/// SIGTERM, SIGINT and SIGHUP reach only the thread that asks for them.
class Signals {
  public:
    Signals() {
        sigemptyset(&set_);
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, number);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
    }
    /// The signal that came within `patience`, or 0.
    [[nodiscard]] int wait(milliseconds patience) const {
        const timespec time{patience.count() / 1000, (patience.count() % 1000) * 1'000'000};
        const int got = sigtimedwait(&set_, nullptr, &time);
        return got > 0 ? got : 0;
    }

  private:
    sigset_t set_{};
};

class Service {
  public:
    explicit Service(const ServePlan& plan)
        : plan_(plan),
          log_(telemetry::Logger::queued(plan.log_format, telemetry::Level::Info, STDERR_FILENO,
                                         {.drops = &metrics_.series(Metric::LogDropped)})) {}

    /// Starts everything; the error says what could not be done.
    Result<void> start(ServedDocuments::First documents) {
        if (auto done = open_log(); !done) return done;
        documents_ = std::make_unique<ServedDocuments>(ServedDocuments::Parts{plan_, metrics_, log_},
                                                       std::move(documents));
        TOLLGATE_TRY(certificate_, ServedCertificate::start({plan_, metrics_, log_}));
        set_metrics();
        if (auto done = start_servers(); !done) return done;
        log_.info("serving", {{"listen", net::to_string(server_->endpoint())},
                              {"admin", net::to_string(admin_->endpoint())},
                              {"version", version()},
                              {"policies", documents_->slot().share()->rules->policies.size()},
                              {"documents", documents_->note()},
                              {"certificate", certificate_->note()}});
        return {};
    }

    void tick(bool force) {
        documents_->tick(force);
        if (auto context = certificate_->tick(force)) server_->set_tls(std::move(context));
        if (force && decisions_) decisions_->reopen();
        handler_->tell_left_out(std::chrono::steady_clock::now());
    }

    void drain(const Signals& signals) {
        draining_ = true;
        server_->begin_drain();
        log_.info("draining", {{"graceMs", plan_.grace.count()}});
        const auto end = std::chrono::steady_clock::now() + plan_.grace;
        for (auto left = plan_.grace; left.count() > 0;
             left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now())) {
            const int got = signals.wait(left);
            if (got == SIGTERM || got == SIGINT) break;  // asked twice: no grace
        }
        const bool clean = server_->stop(plan_.drain - plan_.grace);
        admin_->stop();
        if (decisions_) decisions_->stop();
        handler_->tell_left_out(std::chrono::steady_clock::time_point::max());
        log_.info("ended", {{"clean", clean}});
        log_.stop();
    }

    /// Has what was logged written before something else is.
    void stop_log() { log_.stop(); }

  private:
    Result<void> open_log() {
        if (plan_.options.decision_log.empty()) return {};
        TOLLGATE_TRY(decisions_,
                     telemetry::DecisionLog::open(
                         {.path = plan_.options.decision_log, .metrics = &metrics_, .log = &log_}));
        return {};
    }

    void set_metrics() {
        metrics_.set(Metric::BuildInfo, {version(), revision()}, 1);
        const auto as_of = parse_time_ms(std::string(gpu::Catalog::builtin().as_of()) + "T00:00:00Z");
        metrics_.before_render([this, as_of = as_of.value_or(0)](telemetry::Metrics& metrics) {
            const std::int64_t now = unix_now_ms();
            metrics.set(Metric::SnapshotAge, {}, (now - documents_->loaded_at_ms()) / 1000);
            metrics.set(Metric::CatalogPriceAge, {}, (now - as_of) / 86'400'000);
        });
    }

    Result<void> start_servers() {
        admission::HandlerOptions options;
        options.max_depth = plan_.options.max_depth;
        options.now_unix_ms = unix_now_ms;
        handler_ = std::make_unique<admission::ReviewHandler>(
            documents_->slot(), admission::Recorder(metrics_, decisions_.get()), log_, std::move(options));
        const auto route = [this](const char* path, decide::Phase phase) {
            return net::Route{"POST", path, true, [this, phase](const net::Request& request) {
                                  return handler_->answer(phase, request);
                              }};
        };
        router_ = std::make_unique<net::Router>(std::vector<net::Route>{
            route("/mutate", decide::Phase::Mutate), route("/validate", decide::Phase::Validate)});
        net::ServerOptions server;
        server.listen = plan_.listen;
        server.threads = plan_.options.threads;
        server.limits = plan_.limits;
        server.tls = certificate_->context();
        server.handler = [this](const net::Request& request) { return router_->handle(request); };
        server.screen = [this](const net::Request& request) { return router_->screen(request); };
        server.metrics = &metrics_;
        server.log = &log_;
        TOLLGATE_TRY(server_, net::Server::start(std::move(server)));
        admin::AdminOptions admin;
        admin.listen = plan_.admin;
        admin.readiness = [this] { return checks(); };
        admin.liveness = [this] { return std::vector{progress()}; };
        admin.overview = [this] { return overview(); };
        admin.metrics = &metrics_;
        admin.log = &log_;
        TOLLGATE_TRY(admin_, admin::AdminServer::start(admin));
        return {};
    }

    [[nodiscard]] std::vector<admin::Check> checks() const {
        const bool valid = certificate_->not_after_unix() > unix_now_ms() / 1000;
        return {{"serving", !draining_.load(), draining_.load() ? "draining" : ""},
                progress(),
                {"documents", true, documents_->note()},
                {"certificate", valid, certificate_->note()}};
    }

    /// Not ready, so that nobody is sent here, and not alive: threads that are all stuck do not come back,
    /// and the API server's open connections stay here until the process ends.
    [[nodiscard]] admin::Check progress() const {
        const milliseconds stuck = server_->since_progress();
        if (stuck < kStuck) return {"progress", true, ""};
        return {"progress", false,
                "no thread has answered for " + std::to_string(stuck.count() / 1000) + " s"};
    }

    [[nodiscard]] std::string overview() const {
        return "version " + std::string(version()) + "\n" + documents_->note() + "\ncertificate " +
               certificate_->note() + "\n";
    }

    const ServePlan& plan_;
    telemetry::Metrics metrics_;
    telemetry::Logger log_;
    std::unique_ptr<telemetry::DecisionLog> decisions_;
    std::unique_ptr<ServedDocuments> documents_;
    std::unique_ptr<ServedCertificate> certificate_;
    std::unique_ptr<admission::ReviewHandler> handler_;
    std::unique_ptr<net::Router> router_;
    std::atomic<bool> draining_{false};
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<admin::AdminServer> admin_;
};

}  // namespace

Exit run_serve(const ServeOptions& options, const Terminal& terminal) {
    const auto plan = plan_serve(options);
    if (!plan) {
        terminal.complain(plan.error().message);
        return Exit::BadInput;
    }
    ServedDocuments::First documents = ServedDocuments::read(*plan);
    if (documents.loaded.snapshot == nullptr) {  // all mistakes of all files, as `lint` shows them
        terminal.err << render_all(documents.loaded.diagnostics);
        return Exit::BadInput;
    }
    const Signals signals;  // before any thread starts
    Service service(*plan);
    if (const auto started = service.start(std::move(documents)); !started) {
        service.stop_log();
        terminal.complain(started.error().message);
        return Exit::CannotRun;
    }
    for (;;) {
        const int got = signals.wait(milliseconds(1000));
        if (got == SIGTERM || got == SIGINT) break;
        service.tick(got == SIGHUP);
    }
    service.drain(signals);
    return Exit::Fine;
}

}  // namespace tollgate::cli
