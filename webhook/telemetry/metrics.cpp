// SPDX-License-Identifier: Apache-2.0
#include "webhook/telemetry/metrics.hpp"

#include "engine/base/result.hpp"
#include "webhook/telemetry/escape.hpp"
#include "webhook/telemetry/process.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::telemetry {
namespace {

// Between label values in a key; a value that contains it only costs two label sets sharing one series.
constexpr char kSeparator = '\x1F';

struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

/// `units / scale` as an exact decimal.
void append_scaled(std::string& out, std::int64_t units, std::int64_t scale) {
    if (units < 0) out += '-';
    // Unsigned negation is exact for the smallest integer too.
    const auto bare = static_cast<std::uint64_t>(units);
    const std::uint64_t magnitude = units < 0 ? 0 - bare : bare;
    const auto divisor = static_cast<std::uint64_t>(scale);
    out += std::to_string(magnitude / divisor);
    if (magnitude % divisor == 0) return;
    std::string fraction = std::to_string(magnitude % divisor + divisor);
    fraction[0] = '.';
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += fraction;
}

void append_labels(std::string& out, const Family& row, std::string_view key, std::string_view le) {
    const std::size_t count = row.label_count();
    if (count == 0 && le.empty()) return;
    out += '{';
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t end = std::min(key.find(kSeparator), key.size());
        if (i > 0) out += ',';
        out += row.labels[i];
        out += "=\"";
        append_label_value(out, key.substr(0, end));
        out += '"';
        key.remove_prefix(std::min(end + 1, key.size()));
    }
    if (!le.empty()) {
        if (count > 0) out += ',';
        out += "le=\"";
        out += le;
        out += '"';
    }
    out += '}';
}

}  // namespace

struct Metrics::Entry {
    Series series;
    std::unique_ptr<Histogram> histogram;
    bool exposed = true;
};

struct Metrics::Store {
    std::mutex mutex;
    std::unordered_map<std::string, Entry, KeyHash, std::equal_to<>> entries;  // nodes never move
};

void Histogram::observe(std::chrono::nanoseconds duration) {
    const auto* const bucket = std::lower_bound(
        kBuckets.begin(), kBuckets.end(), duration.count(),
        [](const Bucket& row, std::int64_t nanoseconds) { return row.nanoseconds < nanoseconds; });
    const auto index = static_cast<std::size_t>(bucket - kBuckets.begin());
    counts_[index].fetch_add(1, std::memory_order_relaxed);
    sum_nanoseconds_.fetch_add(duration.count(), std::memory_order_relaxed);
}

Metrics::Metrics() {
    for (const Family& row : kFamilies) {
        stores_[static_cast<std::size_t>(row.metric)] = std::make_unique<Store>();
        // A counter without labels exists from the start, so that rate() sees its first increment.
        if (row.label_count() == 0 && row.kind == Kind::Counter) entry(row.metric, {});
    }
}

Metrics::~Metrics() = default;

Metrics::Entry& Metrics::entry(Metric metric, Labels labels) {
    const Family& row = family(metric);
    TOLLGATE_ASSERT(labels.size() == row.label_count());
    thread_local std::string key;
    key.clear();
    for (const std::string_view label : labels) {
        key += label.substr(0, kMaxLabelBytes);
        key += kSeparator;
    }
    if (!key.empty()) key.pop_back();
    Store& store = *stores_[static_cast<std::size_t>(metric)];
    const std::scoped_lock lock(store.mutex);
    auto found = store.entries.find(std::string_view(key));
    if (found == store.entries.end() && store.entries.size() >= kMaxSeries) {
        key = "other";
        for (std::size_t i = 1; i < labels.size(); ++i) key += "\x1Fother";
        found = store.entries.find(std::string_view(key));
    }
    if (found == store.entries.end()) {
        found = store.entries.try_emplace(key).first;
        if (row.kind == Kind::Histogram) found->second.histogram = std::make_unique<Histogram>();
    }
    found->second.exposed = true;
    return found->second;
}

Series& Metrics::series(Metric metric, Labels labels) {
    TOLLGATE_ASSERT(family(metric).kind != Kind::Histogram);
    return entry(metric, labels).series;
}

Histogram& Metrics::histogram(Metric metric, Labels labels) {
    TOLLGATE_ASSERT(family(metric).kind == Kind::Histogram);
    return *entry(metric, labels).histogram;
}

void Metrics::set_only(Metric metric, Labels labels, std::int64_t units) {
    Entry& kept = entry(metric, labels);
    kept.series.set(units);
    Store& store = *stores_[static_cast<std::size_t>(metric)];
    const std::scoped_lock lock(store.mutex);
    for (auto& [key, other] : store.entries) other.exposed = &other == &kept;
}

void Metrics::before_render(std::function<void(Metrics&)> hook) {
    const std::scoped_lock lock(hooks_mutex_);
    hooks_.push_back(std::move(hook));
}

void Metrics::render_family(const Family& row, Store& store, std::string& out) {
    const std::scoped_lock lock(store.mutex);
    std::vector<std::pair<std::string_view, const Entry*>> sorted;
    for (const auto& [key, value] : store.entries) {
        if (value.exposed) sorted.emplace_back(key, &value);
    }
    if (sorted.empty()) return;
    std::sort(sorted.begin(), sorted.end());
    constexpr std::array<std::string_view, 3> kKinds = {"counter", "gauge", "histogram"};
    const std::string name(row.name);
    out += "# HELP " + name + ' ' + std::string(row.help) + "\n# TYPE " + name + ' ';
    out += kKinds[static_cast<std::size_t>(row.kind)];
    out += '\n';
    for (const auto& [key, value] : sorted) {
        if (row.kind != Kind::Histogram) {
            out += name;
            append_labels(out, row, key, {});
            out += ' ';
            append_scaled(out, value->series.value(), row.scale);
            out += '\n';
            continue;
        }
        std::uint64_t total = 0;
        for (std::size_t i = 0; i <= kBuckets.size(); ++i) {
            total += value->histogram->counts_[i].load(std::memory_order_relaxed);
            out += name + "_bucket";
            append_labels(out, row, key, i < kBuckets.size() ? kBuckets[i].le : "+Inf");
            out += ' ' + std::to_string(total) + '\n';
        }
        out += name + "_sum";
        append_labels(out, row, key, {});
        out += ' ';
        append_scaled(out, value->histogram->sum_nanoseconds_.load(std::memory_order_relaxed), row.scale);
        out += '\n' + name + "_count";
        append_labels(out, row, key, {});
        out += ' ' + std::to_string(total) + '\n';
    }
}

std::string Metrics::render() {
    {
        const std::scoped_lock lock(hooks_mutex_);
        for (const auto& hook : hooks_) hook(*this);
    }
    std::string out;
    out.reserve(16 * 1024);
    for (const Family& row : kFamilies) {
        render_family(row, *stores_[static_cast<std::size_t>(row.metric)], out);
    }
    append_process_metrics(out);
    return out;
}

}  // namespace tollgate::telemetry
