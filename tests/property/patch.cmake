# SPDX-License-Identifier: Apache-2.0
add_unit_test(property_patch SOURCES patch_test.cpp DEPS engine_patch LABELS property)
