# SPDX-License-Identifier: Apache-2.0
add_test(NAME tidy_fuzz_targets COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/fuzz_targets_test.py")
set_tests_properties(tidy_fuzz_targets PROPERTIES LABELS tidy)
