# SPDX-License-Identifier: Apache-2.0
# The driver starts two servers on the same transport, `tollgate serve` and one that always sends the same reply, and
# prints them side by side. ctest runs it for a moment; numbers come from a release build:
#   build/release/tests/bench/bench_throughput build/release/cli/tollgate build/release/tests/bench/static_reply
add_executable(static_reply "${CMAKE_CURRENT_LIST_DIR}/static_reply.cpp")
target_link_libraries(static_reply PRIVATE tollgate::webhook_net tollgate_warnings tollgate_sanitizers)
add_executable(bench_throughput "${CMAKE_CURRENT_LIST_DIR}/throughput.cpp" "${CMAKE_CURRENT_LIST_DIR}/review_sample.cpp"
                                "${CMAKE_CURRENT_LIST_DIR}/throughput_client.cpp")
target_link_libraries(bench_throughput PRIVATE tollgate::certs nlohmann_json::nlohmann_json OpenSSL::SSL Threads::Threads
                                               tollgate_warnings tollgate_sanitizers)
add_test(NAME bench_throughput COMMAND bench_throughput $<TARGET_FILE:tollgate> $<TARGET_FILE:static_reply> --seconds 0.2
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(bench_throughput PROPERTIES LABELS bench-smoke TIMEOUT 120)
