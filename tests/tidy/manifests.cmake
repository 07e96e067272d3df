# SPDX-License-Identifier: Apache-2.0
# What people apply: generated parts are up to date, and kustomize builds the base and the overlay.
set(manifests_test "${CMAKE_CURRENT_SOURCE_DIR}/manifests_test.py")
add_test(NAME tidy_manifests_kustomize COMMAND Python3::Interpreter "${manifests_test}" kustomize)
set(manifests_tests tidy_manifests_kustomize)
if(TARGET tollgate)
  add_test(NAME tidy_manifests_generated
    COMMAND Python3::Interpreter "${manifests_test}" generated $<TARGET_FILE:tollgate>)
  list(APPEND manifests_tests tidy_manifests_generated)
endif()
set_tests_properties(${manifests_tests} PROPERTIES LABELS tidy SKIP_RETURN_CODE 77)
