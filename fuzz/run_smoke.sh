#!/bin/sh
# Fuzzes each target for a while, starting from its corpus: fuzz/run_smoke.sh SECONDS DIRECTORY,
# where DIRECTORY holds the programs that the preset `fuzz` builds. What is found stays in a folder
# that is named at the end; the corpora in the repository are not touched.
set -u
if [ $# -ne 2 ] || ! [ "$1" -gt 0 ] 2>/dev/null || ! [ -d "$2" ]; then
    echo "usage: $0 SECONDS DIRECTORY_WITH_FUZZ_PROGRAMS" >&2
    exit 2
fi
seconds=$1
programs=$(cd "$2" && pwd)
root=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/rally-fuzz.XXXXXX")
passed=0
failed=0

for program in "$programs"/*_fuzz; do
    [ -x "$program" ] || continue
    name=$(basename "$program" _fuzz)
    mkdir -p "$work/$name/corpus"
    [ -d "$root/corpus/$name" ] && cp "$root/corpus/$name"/* "$work/$name/corpus/"
    dictionary=
    [ -f "$root/$name.dict" ] && dictionary="-dict=$root/$name.dict"
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$work/$name/" ${dictionary:+"$dictionary"} "$work/$name/corpus" \
        >"$work/$name/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name/log")
        echo "ok   $name: ${runs:-?} runs"
        passed=$((passed + 1))
    else
        echo "FAIL $name: see $work/$name/log"
        tail -n 20 "$work/$name/log"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -gt 0 ] && exit 1
rm -rf "$work"
[ "$passed" -gt 0 ]
