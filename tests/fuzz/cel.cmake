# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(cel SOURCES cel_expressions.cpp DEPS engine_cel)
