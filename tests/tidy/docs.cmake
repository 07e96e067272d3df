# SPDX-License-Identifier: Apache-2.0
add_test(NAME tidy_docs COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/docs_test.py")
set_tests_properties(tidy_docs PROPERTIES LABELS tidy)
