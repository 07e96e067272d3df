# SPDX-License-Identifier: Apache-2.0
add_unit_test(property_cel
  SOURCES cel_test.cpp "${PROJECT_SOURCE_DIR}/tests/fuzz/cel_expressions.cpp"
  DEPS engine_cel
  LABELS property)
