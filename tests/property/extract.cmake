# SPDX-License-Identifier: Apache-2.0
add_unit_test(property_extract SOURCES "${CMAKE_CURRENT_LIST_DIR}/extract_test.cpp" DEPS engine_workload LABELS property)
