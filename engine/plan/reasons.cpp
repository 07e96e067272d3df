// SPDX-License-Identifier: Apache-2.0
#include "engine/plan/plan.hpp"

namespace tollgate::plan {
namespace {

/// One row per reason, in the words of `explain` and of "why not".
struct Row {
    Reason reason;
    std::string_view text;
};
constexpr Row kRows[] = {
    {Reason::Chosen, "chosen"},
    {Reason::NotNamed, "pool not named by the rule"},
    {Reason::SameOffer, "where it is now"},
    {Reason::PriceUnknown, "price unknown"},
    {Reason::MemoryUnknown, "memory unknown"},
    {Reason::MemoryTooSmall, "too little memory"},
    {Reason::ComputeTooSmall, "too little compute"},
    {Reason::BandwidthTooSmall, "too little memory bandwidth"},
    {Reason::BandwidthUnknown, "memory bandwidth unknown"},
    {Reason::IsolationTooWeak, "isolation too weak"},
    {Reason::NoMemoryIsolation, "no memory isolation for a server that pre-allocates"},
    {Reason::NeedsPeerToPeer, "its GPUs talk to each other"},
    {Reason::CountNotPossible, "not that many on one node"},
    {Reason::CpuTooSmall, "too few CPUs on a node"},
    {Reason::HostMemoryTooSmall, "too little memory on a node"},
    {Reason::OtherResourceMissing, "another resource missing"},
    {Reason::BillingNotNamed, "billing not named by the rule"},
    {Reason::ZoneMismatch, "another zone"},
    {Reason::SelectorMismatch, "node selectors rule it out"},
    {Reason::NoBf16, "no BF16"},
    {Reason::NoFp8, "no FP8"},
    {Reason::ProfileTooSmall, "smaller than the profile needed"},
    {Reason::NotCheaper, "not cheaper"},
    {Reason::SavingTooSmall, "saving too small"},
    {Reason::NotCash, "committed capacity would be paid for all the same"},
    {Reason::DearerThanChosen, "dearer than the one chosen"},
    {Reason::VendorDiffers, "another vendor"},
    {Reason::PinnedToHost, "bound to its node"},
    {Reason::ArchitectureDiffers, "another CPU architecture"},
    {Reason::BesidePods, "bound to other pods"},
    {Reason::VolumeZone, "its volumes may be in another zone"},
    {Reason::DiskTooSmall, "too little disk on a node"},
    {Reason::DriverTooOld, "driver too old for its CUDA"},
    {Reason::CannotMove, "the pod cannot be moved there"},
};

}  // namespace

std::string_view to_string(Reason reason) {
    for (const Row& row : kRows) {
        if (row.reason == reason) return row.text;
    }
    return "";
}

std::string_view to_string(SavingKind kind) {
    return kind == SavingKind::Cash ? "cash" : "freed";
}

}  // namespace tollgate::plan
