#!/usr/bin/python3
"""Reads the ELF of the given programs and fails when any hardening property is missing.

    tests/elf_hardening.py build/rallyd build/rally

The properties are those of cmake/hardening.cmake. They are read from the file, not from the flags:
a flag that a tool chain ignores is a property that is not there.
"""

import re
import subprocess
import sys

FORTIFIED = ("memcpy memmove memset snprintf vsnprintf fprintf vfprintf printf read recv poll "
             "strncpy fread fgets pread realpath readlink").split()


def readelf(program, *options):
    return subprocess.run(["readelf", "-W", *options, program], check=True, capture_output=True,
                          text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


class Elf:
    def __init__(self, program):
        self.header = readelf(program, "-h")
        self.segments = readelf(program, "-l")
        self.dynamic = readelf(program, "-d")
        self.symbols = readelf(program, "-s", "--dyn-syms")
        self.program = program

    def segment_flags(self, name):
        """The flags column of a program header ("RW", "R E"), or None when there is none."""
        for line in self.segments.splitlines():
            words = line.split()
            if words and words[0] == name:
                return " ".join(words[6:-1])
        return None

    def bytes_at(self, address, count):
        """The file's bytes that are mapped at this address."""
        for line in self.segments.splitlines():
            words = line.split()
            if words[:1] != ["LOAD"]:
                continue
            offset, start, size = (int(words[at], 16) for at in (1, 2, 4))
            if start <= address < start + size:
                with open(self.program, "rb") as file:
                    file.seek(offset + address - start)
                    return file.read(count)
        return b""

    def has_symbol(self, pattern):
        return re.search(rf"\b{pattern}\b", self.symbols) is not None


def is_pie(elf):
    return "Type:" in elf.header and re.search(r"Type:\s+DYN\b", elf.header) is not None \
        and re.search(r"FLAGS_1\).*\bPIE\b", elf.dynamic) is not None


def has_full_relro(elf):
    return elf.segment_flags("GNU_RELRO") is not None


def binds_now(elf):
    return re.search(r"FLAGS_1\).*\bNOW\b|\(FLAGS\).*BIND_NOW|\(BIND_NOW\)", elf.dynamic) is not None


def has_no_executable_stack(elf):
    return elf.segment_flags("GNU_STACK") == "RW"


def has_no_writable_code(elf):
    loads = [line.split() for line in elf.segments.splitlines() if line.split()[:1] == ["LOAD"]]
    return bool(loads) and not any("W" in (flags := "".join(words[6:-1])) and "E" in flags
                                   for words in loads)


def has_stack_protector(elf):
    return elf.has_symbol("__stack_chk_fail")


def is_fortified(elf):
    return any(elf.has_symbol(f"__{name}_chk") for name in FORTIFIED)


def has_no_search_path(elf):
    return "RPATH" not in elf.dynamic and "RUNPATH" not in elf.dynamic


def has_landing_pads(elf):
    """main begins with ENDBR64. The CET note of the whole file is no measure: the linker drops it
    when the C library's own start files lack it, as Debian's do."""
    if "X86-64" not in elf.header:
        return True
    found = re.search(r"([0-9a-f]{16})\s+\d+\s+FUNC\s+\w+\s+\w+\s+\d+\s+main$", elf.symbols, re.M)
    return found is not None and elf.bytes_at(int(found[1], 16), 4) == b"\xf3\x0f\x1e\xfa"


def has_no_text_relocations(elf):
    return "TEXTREL" not in elf.dynamic


PROPERTIES = [
    ("is position independent", is_pie),
    ("makes its relocations read-only", has_full_relro),
    ("resolves every symbol at start (BIND_NOW)", binds_now),
    ("has no executable stack", has_no_executable_stack),
    ("maps nothing writable and executable", has_no_writable_code),
    ("has no text relocations", has_no_text_relocations),
    ("protects its stack (__stack_chk_fail)", has_stack_protector),
    ("is fortified (a __*_chk call)", is_fortified),
    ("has no RPATH or RUNPATH", has_no_search_path),
    ("has landing pads for indirect jumps (ENDBR64)", has_landing_pads),
]


def main(programs):
    if not programs:
        sys.exit(__doc__)
    passed = failed = 0
    for program in programs:
        elf = Elf(program)
        for sentence, holds in PROPERTIES:
            is_good = holds(elf)
            print(f"{'ok  ' if is_good else 'FAIL'} {program} {sentence}")
            passed, failed = passed + is_good, failed + (not is_good)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
