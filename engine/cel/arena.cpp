// SPDX-License-Identifier: Apache-2.0
#include "engine/cel/arena.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace tollgate::cel {
namespace {

constexpr std::size_t kAlign = alignof(std::max_align_t);
constexpr std::size_t kLinearEntries = 8;
constexpr ErrorData kOutOfMemory{"the evaluation made more values than the bound allows", 0};

}  // namespace

void* Arena::allocate(std::size_t bytes) {
    bytes = (bytes + kAlign - 1) / kAlign * kAlign;
    if (full_ || bytes > max_bytes_ - used_) {
        full_ = true;
        return nullptr;
    }
    if (blocks_.empty() || bytes > blocks_.back().size - at_) {
        const std::size_t last = blocks_.empty() ? kFirstBlock / 2 : blocks_.back().size;
        const std::size_t size = std::max(bytes, last * 2);
        blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
        at_ = 0;
    }
    void* place = blocks_.back().bytes.get() + at_;
    at_ += bytes;
    used_ += bytes;
    return place;
}

void Arena::reset() {
    // The largest that is not too large to hold on to: one evaluation is much like the next.
    if (blocks_.size() > 1 && blocks_.back().size <= kKeptBytes) std::swap(blocks_.front(), blocks_.back());
    if (blocks_.size() > 1) blocks_.resize(1);
    if (!blocks_.empty() && blocks_.front().size > kKeptBytes) blocks_.clear();
    if (values_.capacity() * sizeof(Value) > kKeptBytes) values_ = {};
    if (entries_.capacity() * sizeof(MapEntry) > kKeptBytes) entries_ = {};
    at_ = used_ = 0;
    full_ = false;
}

std::string_view Arena::copy(std::string_view text) {
    if (text.empty()) return {};
    void* place = allocate(text.size());
    if (place == nullptr) return {};
    std::memcpy(place, text.data(), text.size());
    return {static_cast<const char*>(place), text.size()};
}

Value* Arena::values(std::size_t count) {
    if (count > max_bytes_ / sizeof(Value)) {
        full_ = true;
        return nullptr;
    }
    void* place = allocate(count * sizeof(Value));
    if (place == nullptr) return nullptr;
    Value* first = static_cast<Value*>(place);
    std::uninitialized_default_construct_n(first, count);
    return first;
}

Value Arena::list(std::span<const Value> items) {
    Value list;
    list.tag = Tag::List;
    list.items = nullptr;
    if (items.empty()) return list;
    Value* copies = values(items.size());
    if (copies == nullptr) return error("");
    std::copy(items.begin(), items.end(), copies);
    list.items = copies;
    list.size = static_cast<std::uint32_t>(items.size());
    return list;
}

Value Arena::optional(const Value& content) {
    Value* copy = values(1);
    if (copy == nullptr) return error("");
    *copy = content;
    Value optional = none();
    optional.items = copy;
    return optional;
}

Value Arena::none() {
    Value optional;
    optional.tag = Tag::Optional;
    optional.items = nullptr;
    return optional;
}

Value Arena::small_map(std::span<const MapEntry> entries) {
    auto* kept = static_cast<MapEntry*>(allocate(entries.size() * sizeof(MapEntry)));
    if (kept == nullptr) return error("");
    MapData data;
    data.entries = kept;
    for (const MapEntry& each : entries) {
        const std::uint32_t at = find_entry(data, each.key);
        if (at < data.size)
            kept[at].value = each.value;
        else
            new (kept + data.size++) MapEntry(each);
    }
    const MapData* made = make<MapData>(data);
    if (made == nullptr) return error("");
    Value map;
    map.tag = Tag::Map;
    map.map = made;
    return map;
}

Value Arena::map(std::span<const MapEntry> entries) {
    if (entries.size() <= kLinearEntries) return small_map(entries);
    // Each key once, where it stood first, with its last value.
    std::vector<std::uint32_t> order(entries.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return key_less(entries[a].key, entries[b].key);
    });
    std::vector<std::uint32_t> value_at(entries.size()), first_at;
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i + 1;
        while (end < order.size() && !key_less(entries[order[i]].key, entries[order[end]].key)) ++end;
        value_at[order[i]] = order[end - 1];
        first_at.push_back(order[i]);
        i = end;
    }
    MapData data;
    data.size = static_cast<std::uint32_t>(first_at.size());
    auto* kept = static_cast<MapEntry*>(allocate(data.size * sizeof(MapEntry)));
    auto* sorted = data.size > kLinearEntries
                       ? static_cast<std::uint32_t*>(allocate(data.size * sizeof(std::uint32_t)))
                       : nullptr;
    if (full_) return error("");
    std::vector<std::uint32_t> places(first_at);
    std::sort(places.begin(), places.end());
    for (std::uint32_t i = 0; i < data.size; ++i)
        new (kept + i) MapEntry{entries[places[i]].key, entries[value_at[places[i]]].value};
    for (std::uint32_t i = 0; sorted != nullptr && i < data.size; ++i)
        sorted[i] = static_cast<std::uint32_t>(std::lower_bound(places.begin(), places.end(), first_at[i]) -
                                               places.begin());
    data.entries = kept;
    data.sorted = sorted;
    const MapData* made = make<MapData>(data);
    if (made == nullptr) return error("");
    Value map;
    map.tag = Tag::Map;
    map.map = made;
    return map;
}

Value Arena::error(std::initializer_list<std::string_view> message, std::uint32_t offset) {
    std::size_t size = 0;
    for (const std::string_view part : message) size += part.size();
    auto* text = static_cast<char*>(allocate(size));
    if (text == nullptr) return error("", offset);
    std::size_t at = 0;
    for (const std::string_view part : message) at += part.copy(text + at, part.size());
    Value value;
    value.tag = Tag::Error;
    const ErrorData* data = make<ErrorData>(std::string_view(text, size), offset);
    value.error = data == nullptr ? &kOutOfMemory : data;
    return value;
}

Value Arena::error(std::string_view message, std::uint32_t offset) {
    Value value;
    value.tag = Tag::Error;
    const ErrorData* data = full_ ? nullptr : make<ErrorData>(copy(message), offset);
    value.error = data == nullptr || full_ ? &kOutOfMemory : data;
    return value;
}

}  // namespace tollgate::cel
