# SPDX-License-Identifier: Apache-2.0
add_bench(review SOURCES "${CMAKE_CURRENT_LIST_DIR}/review_bench.cpp" "${CMAKE_CURRENT_LIST_DIR}/review_sample.cpp"
                         "${CMAKE_CURRENT_LIST_DIR}/allocations.cpp"
          DEPS webhook_admission policies LIBS nlohmann_json::nlohmann_json)
