# SPDX-License-Identifier: Apache-2.0
# add_module(engine_gpu SOURCES a.cpp DEPS engine_base [LIBS re2::re2] [PCH] [NO_UBSAN])
# One static library per folder. DEPS are other modules, LIBS are third-party; both are PUBLIC because
# the headers of a module name the types of the modules below it.
function(add_module name)
  cmake_parse_arguments(arg "PCH;NO_UBSAN" "" "SOURCES;DEPS;LIBS;PRIVATE_LIBS" ${ARGN})
  set(module_target tollgate_${name})
  add_library(${module_target} STATIC ${arg_SOURCES})
  add_library(tollgate::${name} ALIAS ${module_target})
  target_include_directories(${module_target} PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
  target_compile_features(${module_target} PUBLIC cxx_std_20)
  target_link_libraries(${module_target} PRIVATE tollgate_warnings PUBLIC tollgate_sanitizers)
  if(NOT arg_NO_UBSAN)
    target_link_libraries(${module_target} PRIVATE tollgate_ubsan)
  endif()
  foreach(dep IN LISTS arg_DEPS)
    target_link_libraries(${module_target} PUBLIC tollgate::${dep})
  endforeach()
  target_link_libraries(${module_target} PUBLIC ${arg_LIBS} PRIVATE ${arg_PRIVATE_LIBS})
  if(arg_PCH AND TOLLGATE_PCH)
    target_precompile_headers(${module_target} PRIVATE
      <algorithm> <cstdint> <map> <memory> <optional> <span> <string> <string_view> <utility> <variant> <vector>)
  endif()
endfunction()
