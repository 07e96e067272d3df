# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(cel SOURCES cel_expressions.cpp "${PROJECT_SOURCE_DIR}/tests/support/cel_source.cpp" DEPS engine_cel)
