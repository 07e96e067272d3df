# SPDX-License-Identifier: Apache-2.0
# Whole policies are measured where TOLLGATE_CEL_DATA names them.
add_bench(cel SOURCES "${CMAKE_CURRENT_LIST_DIR}/cel_bench.cpp" "${CMAKE_CURRENT_LIST_DIR}/allocations.cpp"
          DEPS engine_cel)
