# Few verbs; everything behind them is CMake (C), npm (web/) and tools/.
#
#   make          builds build/rallyd, build/rally and the web client
#   make run      the same, then starts rallyd and prints its address
#   make test     every test; ends with one line of counts
#   make check    formatting, layers, linter, tests under sanitizers
#   make bench    the benchmark table         make fuzz   30 s per fuzz target (SECONDS=n)
#   make fmt      formats the C code          make clean  removes what was built
#   make deps     installs every package that any verb needs (each verb installs its own)
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
BUILD := build
SECONDS ?= 30
ARGS ?=

# Warnings are errors with the compilers of Debian 12 and Ubuntu 24.04; a newer one must not stop a
# newcomer. Asked only when the tree is configured.
werror = $(if $(filter 12% 13%,$(shell cc -dumpversion)),ON,OFF)

.PHONY: build run test check bench fuzz fmt clean deps rallyd web web-packages
build: rallyd web

# Programs only, without tests, so that a first `make run` needs no test package. A tree that was
# configured with tests keeps them.
rallyd: $(BUILD)/build.ninja
	@cmake --build $(BUILD) --target rallyd rally pong_wasm -- --quiet 2>&1 | \
		sed '/^ninja: no work to do\.$$/d'

$(BUILD)/build.ninja: | packages
	@echo "Configuring and building; the first time takes a minute or two"
	@cmake --preset dev -DRALLY_TESTS=OFF -DRALLY_WERROR=$(werror) --log-level=WARNING >/dev/null

.PHONY: packages
packages:
	@tools/packages.sh build web

# The web client is built again only when one of its sources, or the rules it carries, is newer.
web_sources := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o \
	-path web/.test-build -prune -o -path web/test -prune -o -type f ! -name '*.md' -print 2>/dev/null)
web: rallyd $(BUILD)/web.stamp

$(BUILD)/web.stamp: $(web_sources) $(BUILD)/web/pong.wasm $(BUILD)/web-packages.stamp
	@echo "Building the web client"
	@npm --prefix web run --silent build >$(BUILD)/web.log 2>&1 || { cat $(BUILD)/web.log; exit 1; }
	@touch $@

# Made by the target rallyd; its time changes only when the rules of Pong do.
$(BUILD)/web/pong.wasm: | rallyd

$(BUILD)/web-packages.stamp: web/package-lock.json | rallyd
	@echo "Fetching the web client's build tools (npm ci)"
	@npm --prefix web ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

run: packages build
	@echo "Open the address below in two browser windows; Ctrl-C ends the server"
	@exec $(BUILD)/rallyd $(ARGS)

test: packages
	@tools/packages.sh test
	@/usr/bin/python3 tools/test_all.py $(ARGS)

check: packages
	@tools/packages.sh test check
	@/usr/bin/python3 tools/test_all.py --suite check $(ARGS)

bench: packages build
	@tools/packages.sh test bench
	@cmake -S . -B $(BUILD) -DRALLY_WERROR=$(werror) --log-level=WARNING >/dev/null
	@cmake --build $(BUILD) -- --quiet
	@/usr/bin/python3 bench/run.py $(ARGS)

fuzz: packages
	@tools/packages.sh test
	@/usr/bin/python3 tools/fuzz.py smoke --seconds $(SECONDS) $(ARGS)

fmt:
	@tools/packages.sh check
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

clean:
	@rm -rf $(BUILD) web/dist web/.test-build

deps:
	@tools/packages.sh build web test check bench
