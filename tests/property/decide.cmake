# SPDX-License-Identifier: Apache-2.0
add_unit_test(property_decide
  SOURCES decide_property_test.cpp
  DEPS engine_decide policies
  LIBS tollgate_test_world
  LABELS property)
