#!/bin/sh
# Installs what is missing of the named groups of tools/packages.txt, and says so. Silent and fast
# when nothing is missing. Needs apt; elsewhere it prints the list and goes on, because the packages
# may be there under other names: the build will say what it does not find.
#
#     tools/packages.sh build web
set -eu

here=$(dirname "$0")
distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}" || echo unknown)

node_is_at_least() {
    command -v node >/dev/null 2>&1 || return 1
    major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    [ "${major:-0}" -ge "$1" ]
}

has_libfuzzer() {
    command -v clang >/dev/null 2>&1 &&
        [ -f "$(clang -print-resource-dir 2>/dev/null)/lib/linux/libclang_rt.fuzzer-$(uname -m).a" ]
}

# is_wanted "CONDITION": false when the condition says that the package is not needed here.
is_wanted() {
    case "$1" in
    "") return 0 ;;
    "on "*) [ "$distribution" = "${1#on }" ] ;;
    "unless node "*) ! node_is_at_least "${1#unless node }" ;;
    "unless libfuzzer") ! has_libfuzzer ;;
    "unless "*) ! command -v "${1#unless }" >/dev/null 2>&1 ;;
    *) echo "tools/packages.txt: unknown condition: $1" >&2 && exit 2 ;;
    esac
}

wanted=""
for group in "$@"; do
    while read -r row_group package condition; do
        if [ "$row_group" = "$group" ] && is_wanted "$condition"; then
            wanted="$wanted $package"
        fi
    done <"$here/packages.txt"
done
[ -n "$wanted" ] || exit 0

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This is not Debian or Ubuntu. Rally needs, by their Debian names:$wanted" >&2
    exit 0
fi

# One call for all of them: the whole check takes some 20 ms.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null || true)
missing=""
for package in $wanted; do
    printf '%s\n' "$installed" | grep -qx "installed $package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Rally needs these packages; as root run: apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi
echo "Rally needs packages that are not installed; apt-get installs:$missing"
$as_root apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends $missing >/dev/null
echo "Installed."
