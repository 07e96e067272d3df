# SPDX-License-Identifier: Apache-2.0
add_bench(extract SOURCES "${CMAKE_CURRENT_LIST_DIR}/extract_bench.cpp" DEPS engine_workload)
