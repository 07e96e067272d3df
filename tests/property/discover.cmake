# SPDX-License-Identifier: Apache-2.0
add_unit_test(property_discover SOURCES "${CMAKE_CURRENT_LIST_DIR}/discover_test.cpp" DEPS cli_commands policies LABELS property)
