# SPDX-License-Identifier: Apache-2.0
# Sanitizers apply to the whole build; undefined behaviour checks cost too much in the Beast translation
# unit (54 s to compile), so webhook/net opts out of them with NO_UBSAN in add_module.
add_library(tollgate_sanitizers INTERFACE)
add_library(tollgate_ubsan INTERFACE)
if(TOLLGATE_SANITIZE STREQUAL "address")
  target_compile_options(tollgate_sanitizers INTERFACE -fsanitize=address -fno-omit-frame-pointer)
  target_link_options(tollgate_sanitizers INTERFACE -fsanitize=address,undefined)
  target_compile_options(tollgate_ubsan INTERFACE -fsanitize=undefined -fno-sanitize-recover=undefined)
elseif(TOLLGATE_SANITIZE STREQUAL "thread")
  target_compile_options(tollgate_sanitizers INTERFACE -fsanitize=thread $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  target_link_options(tollgate_sanitizers INTERFACE -fsanitize=thread)
elseif(TOLLGATE_SANITIZE)
  message(FATAL_ERROR "TOLLGATE_SANITIZE is '${TOLLGATE_SANITIZE}': use address, thread or leave it empty")
endif()
