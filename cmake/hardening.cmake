# Hardening of every program; tests/elf_hardening.py reads the ELF and fails when any of it is gone.
# Fortification and automatic initialisation are off under sanitizers: they would mask findings.
add_library(rally_hardening INTERFACE)
target_compile_definitions(rally_hardening INTERFACE _GNU_SOURCE)
target_compile_options(rally_hardening INTERFACE
  -fno-strict-aliasing -fno-delete-null-pointer-checks -fvisibility=hidden -ffp-contract=off
  -fno-omit-frame-pointer)
if(RALLY_SANITIZE)
  target_compile_options(rally_hardening INTERFACE
    -fsanitize=${RALLY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(rally_hardening INTERFACE -fsanitize=${RALLY_SANITIZE})
else()
  target_compile_options(rally_hardening INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    target_compile_options(rally_hardening INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    target_compile_options(rally_hardening INTERFACE -ftrivial-auto-var-init=zero
      -fzero-call-used-regs=used-gpr)
  endif()
  target_link_options(rally_hardening INTERFACE
    -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
endif()
