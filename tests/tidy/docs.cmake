# SPDX-License-Identifier: Apache-2.0
add_test(NAME tidy_docs COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/docs_test.py")
set(docs_tests tidy_docs)
if(TARGET tollgate)
  add_test(NAME tidy_docs_examples
    COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/docs_examples_test.py" $<TARGET_FILE:tollgate>)
  list(APPEND docs_tests tidy_docs_examples)
endif()
set_tests_properties(${docs_tests} PROPERTIES LABELS tidy)
