# SPDX-License-Identifier: Apache-2.0
add_test(NAME tidy_kinds COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/kinds_test.py")
set_tests_properties(tidy_kinds PROPERTIES LABELS tidy SKIP_RETURN_CODE 77)
