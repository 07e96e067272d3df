# SPDX-License-Identifier: Apache-2.0
add_unit_test(property_plan SOURCES "${CMAKE_CURRENT_LIST_DIR}/plan_test.cpp" DEPS engine_plan LABELS property)
