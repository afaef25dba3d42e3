#!/usr/bin/python3
"""Proves that elf_hardening.py can fail: a program built with nothing is found wanting."""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import elf_hardening  # noqa: E402

SOURCE = """#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) { char b[64]; memcpy(b, argv[0], (unsigned)argc); puts(b); }
"""
SOFT = ("-no-pie -fno-stack-protector -U_FORTIFY_SOURCE -fcf-protection=none -Wl,-z,norelro "
        "-Wl,-z,lazy -Wl,-z,execstack -Wl,-rpath,/nowhere -O2 -w").split()
# These two hold for any program a linker makes without being forced otherwise.
ALWAYS = {"maps nothing writable and executable", "has no text relocations"}


def main():
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "soft.c", pathlib.Path(folder) / "soft"
        source.write_text(SOURCE)
        subprocess.run([os.environ.get("CC", "cc"), *SOFT, str(source), "-o", str(program)],
                       check=True)
        elf = elf_hardening.Elf(str(program))
        blind = [sentence for sentence, holds in elf_hardening.PROPERTIES
                 if sentence not in ALWAYS and holds(elf)]
    for sentence in blind:
        print(f"FAIL a soft program passes: {sentence}")
    count = len(elf_hardening.PROPERTIES) - len(ALWAYS)
    print(f"{count - len(blind)} passed, {len(blind)} failed")
    return 1 if blind else 0


if __name__ == "__main__":
    sys.exit(main())
