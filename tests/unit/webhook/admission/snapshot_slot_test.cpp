// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission/snapshot_slot.hpp"

#include "tests/support/catch.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace tollgate;
using admission::SnapshotSlot;

namespace {

std::shared_ptr<const decide::Snapshot> snapshot(const std::string& digest) {
    auto made = std::make_shared<decide::Snapshot>();
    made->digest = digest;
    return made;
}

}  // namespace

TEST_CASE("slot: a published snapshot is seen at once by every thread") {
    SnapshotSlot slot(snapshot("one"));
    CHECK(slot.current().digest == "one");
    slot.publish(snapshot("two"));
    CHECK(slot.current().digest == "two");
    std::string seen;
    std::thread([&] { seen = slot.current().digest; }).join();
    CHECK(seen == "two");
}

TEST_CASE("slot: two slots do not share what a thread keeps") {
    SnapshotSlot a(snapshot("a"));
    SnapshotSlot b(snapshot("b"));
    CHECK(a.current().digest == "a");
    CHECK(b.current().digest == "b");
    CHECK(a.current().digest == "a");
}

TEST_CASE("slot: what was replaced is freed by collect(), not by the thread that used it") {
    auto first = snapshot("one");
    const std::weak_ptr<const decide::Snapshot> watch = first;
    SnapshotSlot slot(std::move(first));
    CHECK(slot.current().digest == "one");  // this thread keeps it
    slot.publish(snapshot("two"));
    CHECK(slot.collect() == 1);  // still in use here
    CHECK(!watch.expired());
    CHECK(slot.current().digest == "two");  // lets go of it, without freeing it
    CHECK(!watch.expired());
    CHECK(slot.collect() == 0);
    CHECK(watch.expired());
}

TEST_CASE("slot: readers and a writer at once") {
    SnapshotSlot slot(snapshot("0"));
    std::atomic<bool> stop{false};
    std::atomic<int> reads{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            int last = 0;
            while (!stop) {
                const int now = std::stoi(slot.current().digest);
                if (now < last) std::abort();  // never backwards
                last = now;
                ++reads;
            }
        });
    }
    for (int i = 1; i <= 500; ++i) {
        slot.publish(snapshot(std::to_string(i)));
        if (i % 10 == 0) slot.collect();
    }
    while (reads < 1000) std::this_thread::yield();
    stop = true;
    for (std::thread& reader : readers) reader.join();
    CHECK(slot.current().digest == "500");
    slot.collect();
    CHECK(slot.collect() <= 1);
}
