# rally_wasm(): builds ${CMAKE_BINARY_DIR}/web/pong.wasm, Pong for the browser, from the same file
# as the server's. The module has no imports and its memory cannot grow: one page of 64 KiB.
# Asking twice is harmless: the client and the vectors both want it.
function(rally_wasm)
  if(TARGET pong_wasm)
    return()
  endif()
  find_program(RALLY_WASM_CLANG NAMES clang clang-18 clang-17 clang-16 clang-15 clang-14)
  find_program(RALLY_WASM_LD NAMES wasm-ld wasm-ld-18 wasm-ld-17 wasm-ld-16 wasm-ld-15 wasm-ld-14)
  if(NOT RALLY_WASM_CLANG OR NOT RALLY_WASM_LD)
    message(FATAL_ERROR "The browser's rules need clang and wasm-ld "
      "(Debian and Ubuntu: apt-get install clang lld)")
  endif()
  set(folder ${CMAKE_SOURCE_DIR}/games/pong)
  set(sources ${folder}/pong.c ${folder}/rules.c ${folder}/tables.c ${folder}/wasm.c)
  set(out ${CMAKE_BINARY_DIR}/web/pong.wasm)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/web
    COMMAND ${RALLY_WASM_CLANG} --target=wasm32 -std=c11 -Os -ffreestanding -nostdlib
      -fuse-ld=${RALLY_WASM_LD} -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Werror
      -I${CMAKE_SOURCE_DIR} -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=4096
      -Wl,--initial-memory=65536 -Wl,--max-memory=65536 ${sources} -o ${out}
    DEPENDS ${sources} ${folder}/pong.h ${folder}/rules.h
      ${CMAKE_SOURCE_DIR}/lib/core/game.h ${CMAKE_SOURCE_DIR}/lib/base/check.h
    COMMENT "Building web/pong.wasm" VERBATIM)
  add_custom_target(pong_wasm ALL DEPENDS ${out})
endfunction()
