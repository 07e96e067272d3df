// SPDX-License-Identifier: Apache-2.0
// The registry behind /metrics: counters, gauges and histograms of the families in families.hpp.
//
// A lookup by label values takes one short lock and allocates only for a label set never seen before; a
// Series may be kept and updated without any lock. A family holds at most kMaxSeries label sets; later ones
// share the series whose labels are all "other", so that no input can grow the process. Thread rule:
// everything may be called from any thread. Handles live as long as the registry. Source: Prometheus text
// exposition format 0.0.4.
#pragma once

#include "webhook/telemetry/families.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::telemetry {

/// One value of a counter or gauge, in the family's small unit.
class Series {
  public:
    void add(std::int64_t units = 1) { value_.fetch_add(units, std::memory_order_relaxed); }
    void set(std::int64_t units) { value_.store(units, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

class Histogram {
  public:
    void observe(std::chrono::nanoseconds duration);

  private:
    friend class Metrics;
    std::array<std::atomic<std::uint64_t>, kBuckets.size() + 1> counts_{};  // the last one is +Inf
    std::atomic<std::int64_t> sum_nanoseconds_{0};
};

using Labels = std::initializer_list<std::string_view>;

class Metrics {
  public:
    static constexpr std::size_t kMaxSeries = 2'000;
    static constexpr std::size_t kMaxLabelBytes = 128;

    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    /// The series of a counter or gauge; `labels` in the order of the family's row. For gauges kept across a
    /// set_only() of the same family the value is no longer exposed.
    Series& series(Metric metric, Labels labels = {});
    Histogram& histogram(Metric metric, Labels labels = {});

    void add(Metric metric, Labels labels = {}, std::int64_t units = 1) { series(metric, labels).add(units); }
    void set(Metric metric, Labels labels, std::int64_t units) { series(metric, labels).set(units); }
    /// Makes this the family's only exposed series: for infos, whose old label set must disappear.
    void set_only(Metric metric, Labels labels, std::int64_t units);

    /// Called before each rendering, for values that are cheaper to compute than to keep (ages).
    void before_render(std::function<void(Metrics&)> hook);
    /// The whole page, process_* included.
    [[nodiscard]] std::string render();

  private:
    struct Entry;
    struct Store;
    Entry& entry(Metric metric, Labels labels);
    void render_family(const Family& row, Store& store, std::string& out);

    std::array<std::unique_ptr<Store>, kFamilies.size()> stores_;
    std::mutex hooks_mutex_;
    std::vector<std::function<void(Metrics&)>> hooks_;
};

}  // namespace tollgate::telemetry
