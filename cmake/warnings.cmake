# The full set of style.md; a release build by a user does not turn warnings into errors.
add_library(rally_warnings INTERFACE)
target_compile_options(rally_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wvla -Wimplicit-fallthrough -Wformat=2 -Wundef
  -Wnull-dereference)
if(RALLY_WERROR)
  target_compile_options(rally_warnings INTERFACE -Werror)
endif()
