# SPDX-License-Identifier: Apache-2.0
# One list of warnings for every module; third-party headers come in as SYSTEM and are not judged.
# Optimised, g++ 12 finds overlaps in std::string and uninitialised std::optionals that are none (GCC PR 105329, 105562):
# the first are not shown, the second stop no build.
set(tollgate_optimised "$<OR:$<CONFIG:Release>,$<BOOL:${TOLLGATE_SANITIZE}>>")
add_library(tollgate_warnings INTERFACE)
target_compile_options(tollgate_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op>
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,${tollgate_optimised}>:-Wno-restrict;-Wno-error=maybe-uninitialized>"
  $<$<BOOL:${TOLLGATE_WERROR}>:-Werror>)
