#!/usr/bin/python3
"""Each header compiles alone: whoever includes it needs to know nothing else."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("lib", "games", "services", "apps")


def compiles(path):
    done = subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", f"-I{ROOT}", "-fsyntax-only", "-Wall",
                           "-Wextra", "-Wno-unused-function", "-x", "c", "-"], cwd=ROOT,
                          # Twice: the guard is part of it.
                          input=f'#include "{path}"\n#include "{path}"\n', text=True,
                          capture_output=True)
    return path, done.returncode == 0 and not done.stderr, done.stderr


def main():
    paths = [str(path.relative_to(ROOT)) for folder in FOLDERS
             for path in sorted((ROOT / folder).rglob("*.h"))]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for path, is_good, output in pool.map(compiles, paths):
            if not is_good:
                failed += 1
                print(f"does not compile alone: {path}\n{output}")
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
