#!/usr/bin/python3
"""Says which C files clang-format 14 would change (`make fmt` changes them), and counts them."""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    tool = shutil.which("clang-format-14")
    if not tool:
        print("clang-format-14 is not here\n0 passed, 0 failed, 1 skipped")
        return 0
    names = subprocess.run(["git", "ls-files", "*.c", "*.h"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    names = [name for name in names if (ROOT / name).exists()]
    done = subprocess.run([tool, "--dry-run", "-Werror", *names], cwd=ROOT, capture_output=True,
                          text=True)
    bad = sorted({line.split(":")[0] for line in done.stderr.splitlines()
                  if "[-Wclang-format-violations]" in line})
    for name in bad:
        print(f"not formatted: {name}")
    print(f"{len(names) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
