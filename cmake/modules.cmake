# Helpers that keep the lists out of CMakeLists.txt: a folder is a library, a test file is a test.

# rally_library(name folder dependencies...): rally_<name> from every .c below the folder.
function(rally_library name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/wasm\\.c$")
  if(NOT sources)
    add_library(rally_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(rally_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(rally_${name} PRIVATE rally_warnings)
  endif()
  target_include_directories(rally_${name} ${scope} ${CMAKE_SOURCE_DIR})
  foreach(dependency ${ARGN})
    if(NOT dependency MATCHES "::")
      set(dependency rally_${dependency})
    endif()
    target_link_libraries(rally_${name} ${scope} ${dependency})
  endforeach()
  target_link_libraries(rally_${name} ${scope} rally_hardening Threads::Threads m)
endfunction()

function(rally_program name)
  target_link_libraries(${name} PRIVATE rally_warnings)
  foreach(dependency ${ARGN})
    target_link_libraries(${name} PRIVATE rally_${dependency})
  endforeach()
endfunction()

# Embeds db/migrations/NNNN_name.sql, in order, as an array of {name, text}.
function(rally_migrations name folder)
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.sql)
  get_target_property(type rally_${name} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY" OR NOT migrations)
    return()
  endif()
  set(out ${CMAKE_BINARY_DIR}/migrations.c)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} "-DFILES=${migrations}"
      -P ${CMAKE_SOURCE_DIR}/cmake/embed_migrations.cmake
    DEPENDS ${migrations} ${CMAKE_SOURCE_DIR}/cmake/embed_migrations.cmake VERBATIM)
  # A migration is longer than the string that C99 compilers are required to support.
  set_source_files_properties(${out} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(rally_${name} PRIVATE ${out})
endfunction()

# tests/unit/<lib>/<topic>_test.c becomes the test <lib>_<topic>_test, linked with rally_<lib>.
function(rally_unit_tests)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*/*_test.c)
  foreach(test ${tests})
    get_filename_component(topic ${test} NAME_WE)
    get_filename_component(folder ${test} DIRECTORY)
    get_filename_component(lib ${folder} NAME)
    set(name ${lib}_${topic})
    add_executable(${name} ${test})
    target_link_libraries(${name} PRIVATE rally_warnings rally_${lib} PkgConfig::CMOCKA)
    target_compile_definitions(${name} PRIVATE
      RALLY_SOURCE_DIR="${CMAKE_SOURCE_DIR}" RALLY_BINARY_DIR="${CMAKE_BINARY_DIR}")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS unit)
  endforeach()
endfunction()

# Links a fuzz target with just the libraries whose headers it includes: a target that needs little
# builds while the rest does not.
function(rally_link_included name source)
  file(STRINGS ${source} includes REGEX "^#include \"(lib/[a-z]+|games)/")
  foreach(include ${includes})
    string(REGEX REPLACE "^#include \"(lib/)?([a-z]+)/.*" "\\2" library "${include}")
    target_link_libraries(${name} PRIVATE rally_${library})
  endforeach()
endfunction()

# fuzz/<name>_fuzz.c becomes a libFuzzer program; corpora are in fuzz/corpus/<name>/.
function(rally_fuzz_targets)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "RALLY_FUZZ needs clang")
  endif()
  file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/*_fuzz.c)
  foreach(target ${targets})
    get_filename_component(name ${target} NAME_WE)
    add_executable(${name} ${target})
    target_link_libraries(${name} PRIVATE rally_warnings)
    rally_link_included(${name} ${target})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  endforeach()
  target_compile_options(rally_hardening INTERFACE -fsanitize=fuzzer-no-link)
endfunction()
