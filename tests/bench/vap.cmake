# SPDX-License-Identifier: Apache-2.0
add_bench(vap SOURCES "${CMAKE_CURRENT_LIST_DIR}/vap_bench.cpp" "${CMAKE_CURRENT_LIST_DIR}/allocations.cpp" DEPS engine_vap)
