// SPDX-License-Identifier: Apache-2.0
#include "engine/gpu/catalog.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace tollgate;
using namespace tollgate::gpu;

namespace {
const Catalog& catalog() {
    return Catalog::builtin();
}
}  // namespace

TEST_CASE("a GPU is found by id, product label, suffixed label and verified cloud value") {
    struct Row {
        const char* name;
        const char* id;
    };
    const Row rows[] = {
        {"h100-80-sxm", "h100-80-sxm"},
        {"NVIDIA-H100-80GB-HBM3", "h100-80-sxm"},
        {"NVIDIA-A100-80GB-PCIe", "a100-80-pcie"},
        {"NVIDIA-A100-PCIE-40GB", "a100-40-pcie"},
        {"A100-SXM4-40GB", "a100-40-sxm"},
        {"Tesla-T4-SHARED", "t4"},
        {"A100-SXM4-40GB-MIG-1g.5gb", "a100-40-sxm"},
        {"A100-SXM4-40GB-MIG-1g.5gb-SHARED", "a100-40-sxm"},
        {"NVIDIA-A100-SXM4-80GB-MIG-1g.10gbme", "a100-80-sxm"},
        {"NVIDIA-A100-SXM4-80GB-MIG-INVALID", "a100-80-sxm"},
        {"nvidia-l4", "l4"},
        {"nvidia-h100-mega-80gb", "h100-80-sxm"},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        const Sku* sku = catalog().find_sku(row.name);
        REQUIRE(sku != nullptr);
        CHECK(sku->id == row.id);
    }
    for (const char* name :
         {"", "H100", "nvidia-tesla-t4", "NVIDIA-GB300", "NVIDIA-L4-MIG-", "NVIDIA-L4-X", "-SHARED"}) {
        INFO(name);
        CHECK(catalog().find_sku(name) == nullptr);  // unknown, or known from practice alone
    }
}

TEST_CASE("labels of nodes name a GPU only by their own key") {
    CHECK(catalog().find_sku_by_label("nvidia.com/gpu.product", "NVIDIA-L4")->id == "l4");
    CHECK(catalog().find_sku_by_label("cloud.google.com/gke-accelerator", "nvidia-l4")->id == "l4");
    CHECK(catalog().find_sku_by_label("karpenter.k8s.aws/instance-gpu-name", "h100")->id == "h100-80-sxm");
    CHECK(catalog().find_sku_by_label("cloud.google.com/gke-accelerator", "NVIDIA-L4") == nullptr);
    CHECK(catalog().find_sku_by_label("nvidia.com/gpu.product", "nvidia-l4") == nullptr);
    CHECK(catalog().find_sku_by_label("nvidia.com/gpu.product", "l4") == nullptr);
    CHECK(catalog().find_sku_by_label("cloud.google.com/gke-accelerator", "nvidia-tesla-t4") == nullptr);
    CHECK(catalog().is_product_key("cloud.google.com/gke-accelerator"));
    CHECK(!catalog().is_product_key("kubernetes.io/hostname"));
}

TEST_CASE("memory is usable MiB, and a floor where nothing was observed on hardware") {
    const auto usable = [](const char* id) { return catalog().find_sku(id)->usable_memory_mib(); };
    CHECK(usable("l4") == 22888);
    CHECK(usable("h100-80-sxm") == 81559);
    CHECK(usable("a100-80-sxm") == 80384);   // two 3g.40gb at once
    CHECK(usable("a100-40-pcie") == 40192);  // one 7g.40gb
    CHECK(usable("a30") == 23344);
    CHECK(usable("gb200") == std::nullopt);
    CHECK(usable("a10") == std::nullopt);
    // A floor never exceeds the nominal size, nor what was observed.
    for (const Sku& sku : catalog().skus()) {
        INFO(sku.id);
        if (sku.memory_mib_at_least && sku.memory_mib) CHECK(*sku.memory_mib_at_least <= *sku.memory_mib);
        if (sku.usable_memory_mib() && sku.memory_gb_nominal) {
            CHECK(*sku.usable_memory_mib() <= *sku.memory_gb_nominal * 1024);
        }
    }
}

TEST_CASE("data types follow the compute capability") {
    const auto sku = [](const char* id) { return catalog().find_sku(id); };
    for (const char* id : {"t4", "v100-16", "v100-32", "p100"}) CHECK(!sku(id)->has_bf16());
    for (const char* id : {"a10g", "a100-80-sxm", "l4", "h20", "rtx-pro-4500"}) CHECK(sku(id)->has_bf16());
    for (const char* id : {"a100-80-sxm", "a10", "t4"}) CHECK(!sku(id)->has_fp8());
    for (const char* id : {"l4", "h100-80-sxm", "b200", "rtx-6000-ada"}) CHECK(sku(id)->has_fp8());
    CHECK(sku("amd-mi300x")->has_fp8());
    CHECK(!sku("amd-mi250")->has_fp8());
    CHECK(sku("gb200")->host_architecture == "arm64");
}

TEST_CASE("unverified figures are there but do not decide") {
    const Sku* t4 = catalog().find_sku("t4");
    CHECK(t4->bandwidth_gbs == 320);
    CHECK(t4->reliable_bandwidth_gbs() == std::nullopt);
    CHECK(catalog().find_sku("l4")->reliable_bandwidth_gbs() == 300);
    CHECK(!catalog().find_sku("amd-mi210")->is_verified("memory_gb_nominal"));
}

TEST_CASE("MIG profiles are found however they are spelled") {
    const MigTable& a100 = *catalog().find_sku("a100-80-sxm")->mig;
    for (const char* name : {"1g.10gb+me", "nvidia.com/mig-1g.10gb.me", "mig-1g.10gb.me", "1g.10gb.me",
                             "1g.10gbme", "nvidia.com/mig-1g.10gb.me.shared"}) {
        INFO(name);
        REQUIRE(a100.find(name) != nullptr);
        CHECK(a100.find(name)->name == "1g.10gb+me");
    }
    CHECK(a100.find("mig.das.com/1g.10gb")->memory_mib == 9856);
    CHECK(a100.find("1g.10g") == nullptr);
    CHECK(a100.find("") == nullptr);
    CHECK(a100.find("7g.80gb")->memory_mib == std::nullopt);
    CHECK(catalog().find_sku("gb200")->mig->find("3g.95gb")->name == "3g.93gb");
    CHECK(catalog().find_sku("rtx-pro-6000-se")->mig->find("nvidia.com/mig-1g.24gb-me")->name ==
          "1g.24gb-me");
}

TEST_CASE("resource names are classified by structure") {
    struct Row {
        const char* name;
        ResourceClass cls;
        const char* profile;
        bool shared;
    };
    const Row rows[] = {
        {"nvidia.com/gpu", ResourceClass::WholeGpu, "", false},
        {"nvidia.com/gpu.shared", ResourceClass::SharedGpu, "", true},
        {"nvidia.com/mig-1g.10gb", ResourceClass::Mig, "1g.10gb", false},
        {"nvidia.com/mig-1g.10gb.me", ResourceClass::Mig, "1g.10gb.me", false},
        {"nvidia.com/mig-1g.24gb.me.all", ResourceClass::Mig, "1g.24gb.me.all", false},
        {"nvidia.com/mig-1g.24gb-me", ResourceClass::Mig, "1g.24gb-me", false},
        {"nvidia.com/mig-1g.5gb.shared", ResourceClass::Mig, "1g.5gb", true},
        {"nvidia.com/mig-1c.3g.40gb", ResourceClass::Mig, "1c.3g.40gb", false},
        {"mig.das.com/1g.5gb", ResourceClass::Mig, "1g.5gb", false},
        {"mig.das.com/mig-1g.5gb", ResourceClass::Mig, "1g.5gb", false},
        {"amd.com/gpu", ResourceClass::WholeGpu, "", false},
        {"google.com/tpu", ResourceClass::OtherAccelerator, "", false},
        {"nvidia.com/gpumem", ResourceClass::DeviceAspect, "", false},
        {"volcano.sh/vgpu-number", ResourceClass::VirtualGpu, "", false},
        {"nvidia.com/mig-", ResourceClass::NotAccelerator, "", false},
        {"nvidia.com/mig-1g.10gb.fast", ResourceClass::NotAccelerator, "", false},
        {"nvidia.com/mig-g.10gb", ResourceClass::NotAccelerator, "", false},
        {"nvidia.com/mig-99999g.10gb", ResourceClass::NotAccelerator, "", false},
        {"nvidia.com/gpu2", ResourceClass::NotAccelerator, "", false},
        {"xnvidia.com/gpu", ResourceClass::NotAccelerator, "", false},
        {"requests.nvidia.com/gpu", ResourceClass::NotAccelerator, "", false},
        {"cpu", ResourceClass::NotAccelerator, "", false},
        {"", ResourceClass::NotAccelerator, "", false},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        const ResourceMeaning meaning = classify_resource(row.name);
        CHECK(meaning.cls == row.cls);
        CHECK(meaning.mig_profile == row.profile);
        CHECK(meaning.shared == row.shared);
    }
    CHECK(is_accelerator_domain("nvidia.com/rubin"));
    CHECK(!is_accelerator_domain("vpc.amazonaws.com/efa"));
    CHECK(!is_accelerator_domain("nvidia.com"));
}

TEST_CASE("every MIG resource of the catalog is a MIG resource, and its profile is found again") {
    for (const MigTable& table : catalog().mig_tables()) {
        for (const MigProfile& profile : table.profiles) {
            INFO(table.name << " " << profile.name);
            const ResourceMeaning meaning = classify_resource(profile.resource);
            CHECK(meaning.cls == ResourceClass::Mig);
            CHECK(table.find(meaning.mig_profile) == &profile);
            CHECK(is_mig_profile_name(profile.name));
        }
    }
}

TEST_CASE("ids and verified labels are unique") {
    std::set<std::string_view> seen;
    for (const std::string_view name : catalog().sku_names()) {
        INFO(name);
        CHECK(seen.insert(name).second);
    }
}

TEST_CASE("list prices: exact node size first, then larger nodes, cheapest per GPU, never unverified ones") {
    PriceQuery query;
    query.provider = "aws";
    query.region = "us-east-1";
    query.gpu = "h100-80-sxm";
    query.gpus_per_node = 8;
    const Price* price = catalog().find_price(query);
    REQUIRE(price != nullptr);
    CHECK(price->instance == "p5.48xlarge");
    CHECK(price->usd_per_gpu_hour == Ratio::of(688, 100));
    CHECK(price->date == "2026-07-20");

    query.gpu = "l4";
    query.gpus_per_node = 1;
    CHECK(catalog().find_price(query)->instance == "g6.xlarge");
    query.min_vcpus = Ratio(60);  // a node of one L4 with 60 CPUs is no g6.xlarge
    CHECK(catalog().find_price(query)->instance == "g6.16xlarge");
    query.min_vcpus.reset();
    query.instance = "gr6.4xlarge";
    CHECK(catalog().find_price(query)->instance == "gr6.4xlarge");
    query.instance = "";
    query.gpus_per_node = 3;  // none has three: nodes with more
    CHECK(catalog().find_price(query)->gpus == Ratio(4));

    PriceQuery fractional;  // the cheapest row by far is one whose GPU count is only inferred
    fractional.provider = "gcp";
    fractional.region = "us-central1";
    fractional.gpu = "rtx-pro-6000-se";
    fractional.gpus_per_node = 0;
    CHECK(catalog().find_price(fractional)->gpus == Ratio(1));

    query.billing = Billing::Spot;
    CHECK(catalog().find_price(query) == nullptr);
    query.billing = Billing::Committed;
    CHECK(catalog().find_price(query) == nullptr);
    query.billing = Billing::OnDemand;
    query.provider = "nowhere";
    CHECK(catalog().find_price(query) == nullptr);
}

TEST_CASE("fractions of GPUs in instance sizes are exact") {
    const auto prices = catalog().prices();
    const auto a10 = std::find_if(prices.begin(), prices.end(),
                                  [](const Price& p) { return p.instance == "Standard_NV6ads_A10_v5"; });
    REQUIRE(a10 != prices.end());
    CHECK(a10->gpus == Ratio::of(1, 6));
    CHECK(a10->usd_per_gpu_hour == Ratio::of(2724, 1000));
}

TEST_CASE("CUDA needs a driver branch") {
    CHECK(catalog().min_driver(12) == 525);
    CHECK(catalog().min_driver(13) == 580);
    CHECK(catalog().min_driver(9) == std::nullopt);
}
