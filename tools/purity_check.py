#!/usr/bin/python3
"""Fails when an archive that must be pure needs anything from outside but what is listed here.

    purity_check.py [--sources FOLDER] ARCHIVE...

Pure code (lib/core, games) has no clock, no randomness, no memory allocation, no input or output,
no threads, and floating point only in the ratings. What it calls shows as undefined symbols; those
that another given archive defines are its own business. Floating point shows in no symbol, so with
--sources the words float and double are looked for below FOLDER/lib/core and FOLDER/games.
"""
import argparse
import pathlib
import re
import subprocess
import sys

# Moving and comparing bytes; compilers call these for plain C as well.
BYTES = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"}
# Our own last word, and helpers of lib/base that are pure themselves.
OURS = {"check_failed", "hash_fixed", "hash_keyed", "str_eq_nocase", "str_starts_with",
        "str_ends_with", "str_find", "str_slice", "str_trim", "str_compare", "str_to_u64",
        "str_to_i64", "err_code", "err_status", "err_sentence"}
# What -fstack-protector, -D_FORTIFY_SOURCE and position-independent code add by themselves.
COMPILER = {"__stack_chk_fail", "__memcpy_chk", "__memmove_chk", "__memset_chk",
            "_GLOBAL_OFFSET_TABLE_"}
MATHS = {"exp", "log", "pow", "sqrt", "fabs", "llround", "lround"}
MATHS_OBJECTS = {"rating.c.o", "rating.o"}
# What sanitizers and coverage put in; a gate on a sanitized build still sees everything else.
INSTRUMENTS = re.compile(r"^__(asan|ubsan|tsan|sanitizer|sancov|gcov|llvm)_")


def symbols(archive):
    """(object, symbol, is_undefined) of every external symbol."""
    text = subprocess.run(["nm", "-g", "-A", archive], capture_output=True, text=True, check=True)
    for line in text.stdout.splitlines():
        place, _, rest = line.rpartition(":")
        fields = rest.split()
        if len(fields) >= 2:
            yield place.split(":")[-1], fields[-1], fields[-2] in ("U", "w", "v")


def is_allowed(where, name):
    if name in BYTES | OURS | COMPILER or INSTRUMENTS.match(name):
        return True
    return name in MATHS and where in MATHS_OBJECTS


def floats(root):
    """(file:line) of every float or double outside comments, strings and the ratings."""
    ignored = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.S)
    for folder in ("lib/core", "games"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            if path.stem == "rating":
                continue
            text = ignored.sub(lambda match: "\n" * match.group().count("\n"), path.read_text())
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(r"\b(float|double)\b|\b\d+\.\d", line):
                    yield f"{path.relative_to(root)}:{number}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=pathlib.Path)
    parser.add_argument("archives", nargs="+")
    options = parser.parse_args()
    found = [row for archive in options.archives for row in symbols(archive)]
    defined = {name for _, name, is_undefined in found if not is_undefined}
    used = sorted({(where, name) for where, name, is_undefined in found
                   if is_undefined and name not in defined})
    bad = [f"{where} calls {name}: pure code may not; pass the value in as an argument"
           for where, name in used if not is_allowed(where, name)]
    good = len(used) - len(bad)
    if options.sources:
        inexact = list(floats(options.sources))
        bad += [f"{place} has floating point: only lib/core/rating may" for place in inexact]
        good += not inexact
    if not defined:
        bad.append("the archives define nothing: is this the right build folder?")
    for line in bad:
        print(line)
    print(f"{good} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
