// SPDX-License-Identifier: Apache-2.0
// The tables behind Catalog. catalog_data.cpp is generated from engine/gpu/data/catalog.yaml; each function
// owns its rows, so that no order of static initialisation matters. For engine/gpu alone.
#pragma once

#include "engine/gpu/catalog.hpp"

namespace tollgate::gpu::data {

std::string_view as_of();
std::span<const Source> sources();
std::span<const MigTable> mig_tables();
std::span<const Sku> skus();
std::span<const ResourceFact> resources();
std::span<const std::string_view> accelerator_domains();
std::span<const LabelValue> label_values();
std::span<const CudaDriver> cuda_drivers();
std::span<const LabelFact> labels();
std::span<const Price> prices();

}  // namespace tollgate::gpu::data
