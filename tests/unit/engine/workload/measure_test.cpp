// SPDX-License-Identifier: Apache-2.0
#include "engine/workload/measure/gather.hpp"
#include "engine/workload/measure/pod_name.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace tollgate;
using namespace tollgate::workload;

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// One device with a peak, 200 samples over `from` to `to` seconds, and engine activity where given.
void add(Recording& recording, Labels labels, std::int64_t from, std::int64_t to, std::int64_t mib,
         std::optional<Ratio> engine = std::nullopt) {
    recording.of(Query::MemoryPeak).push_back({labels, Ratio(mib)});
    recording.of(Query::Samples).push_back({labels, Ratio(200)});
    recording.of(Query::First).push_back({labels, Ratio(from)});
    recording.of(Query::Last).push_back({labels, Ratio(to)});
    if (!engine) return;
    recording.of(Query::EngineMax).push_back({labels, *engine});
    recording.of(Query::EngineMean).push_back({labels, *engine});
}

Labels device(std::string pod, std::string uuid) {
    return {{"namespace", "s"}, {"pod", std::move(pod)}, {"container", "c"}, {"UUID", std::move(uuid)}};
}

}  // namespace

TEST_CASE("a pod's name tells whose it is") {
    CHECK(owner_by_pod_name("web-5d4f8c9b7d-x2x4z") == PodOwner{"Deployment", "web"});
    CHECK(owner_by_pod_name("my-web-app-5d4f8c9b7d-x2x4z") == PodOwner{"Deployment", "my-web-app"});
    CHECK(owner_by_pod_name("nightly-29400000-x2x4z") == PodOwner{"CronJob", "nightly"});
    CHECK(owner_by_pod_name("report-20261125-x2x4z") == PodOwner{"", "report-20261125"});
    CHECK(owner_by_pod_name("train-x2x4z") == PodOwner{"", "train"});
    CHECK(owner_by_pod_name("db-12") == PodOwner{"", "db"});
    CHECK(owner_by_pod_name("notebook-ada") == PodOwner{"", "notebook-ada"});
    CHECK(owner_by_pod_name("-0") == PodOwner{"", "-0"});
}

TEST_CASE("devices of a workload's pods are put together") {
    Recording recording;
    add(recording, device("db-0", "A"), 100, 200, 500, Ratio::of(1, 10));
    add(recording, device("db-1", "B"), 50, 150, 700, Ratio::of(3, 10));
    Gathered out = gather(recording);
    REQUIRE(out.entries.size() == 1);
    CHECK(out.entries[0].name == "db");
    CHECK(out.entries[0].peak_mib == 700);
    CHECK(out.entries[0].pods == 2);
    CHECK(out.entries[0].samples == 400);
    CHECK(out.entries[0].from_unix_ms == 50'000);
    CHECK(out.entries[0].to_unix_ms == 200'000);
    REQUIRE(out.entries[0].activity.has_value());
    CHECK(out.entries[0].activity->max == Ratio::of(3, 10));
    CHECK(out.entries[0].activity->mean == Ratio::of(2, 10));
    CHECK(out.by_name == 2);
    SECTION("one that tells no activity leaves that of all unknown") {
        add(recording, device("db-2", "C"), 50, 150, 600);
        out = gather(recording);
        REQUIRE(out.entries.size() == 1);
        CHECK_FALSE(out.entries[0].activity.has_value());
        CHECK(out.entries[0].peak_mib == 700);
    }
    SECTION("a blank value is no memory") {
        add(recording, device("db-2", "C"), 50, 150, 9'223'372'036'854'775'794, Ratio(0));
        out = gather(recording);
        CHECK_FALSE(out.entries[0].peak_mib.has_value());
    }
}

TEST_CASE("a device that two pods had at once is shared, one after the other is not") {
    Recording recording;
    add(recording, device("a-0", "A"), 0, 100, 1);
    add(recording, device("b-0", "A"), 100, 200, 1);
    add(recording, device("c-0", "A"), 150, 300, 1);
    add(recording, device("d-0", "B"), 0, 300, 1);
    const Gathered out = gather(recording);
    REQUIRE(out.entries.size() == 4);
    CHECK_FALSE(out.entries[0].shared);
    CHECK(out.entries[1].shared);
    CHECK(out.entries[2].shared);
    CHECK_FALSE(out.entries[3].shared);
}

TEST_CASE("an answer that is none says what it is") {
    const auto why = [](std::string_view text) { return read_prometheus_answer(text).error().message; };
    CHECK(why("<html>") == "the answer is not JSON, so this is no Prometheus");
    CHECK(why(R"({"status":"error","errorType":"timeout","error":"too\nlong"})") ==
          "Prometheus refused the query: timeout: too long");
    CHECK(why(R"({"status":"success","data":{"resultType":"matrix","result":[]}})") ==
          "the answer to an instant query is no vector, so this is no Prometheus");
    CHECK(why(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":[]}]}})") ==
          "its result is no list of series with a metric and a value");
    const auto read = read_prometheus_answer(
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"NaN"]},
        {"metric":{"a":"c"},"value":[1,"1.5e-1"]}]}})");
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 1);
    CHECK((*read)[0].label("a") == "c");
    CHECK((*read)[0].value == Ratio::of(15, 100));
}
