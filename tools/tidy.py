#!/usr/bin/python3
"""Runs clang-tidy 14 (checks in .clang-tidy) over the product's C files, two at a time.

    tools/tidy.py [FILE...]
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("lib/", "games/", "services/", "apps/")
# gcc's own options, which clang does not know.
DROPPED = "-extra-arg-before=-Wno-unknown-warning-option", "-extra-arg=-Wno-ignored-optimization-argument"


def database():
    """A folder with the compile commands in words that clang 14 understands."""
    source = ROOT / "build" / "compile_commands.json"
    rows = json.loads(source.read_text())
    for row in rows:
        row["command"] = row["command"].replace("-ftrivial-auto-var-init=zero", "").replace(
            "-fzero-call-used-regs=used-gpr", "").replace("-fcf-protection=full", "")
    folder = ROOT / "build" / "tidy"
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(rows))
    names = {os.path.relpath(row["file"], ROOT) for row in rows}
    return folder, sorted(name for name in names if name.startswith(FOLDERS))


def run(tool, folder, name):
    done = subprocess.run([tool, "--quiet", "-p", str(folder), *DROPPED, name], cwd=ROOT,
                          capture_output=True, text=True)
    return name, done.returncode == 0, done.stdout + done.stderr


def main():
    tool = shutil.which("clang-tidy-14")
    if not tool:
        print("clang-tidy-14 is not here\n0 passed, 0 failed, 1 skipped")
        return 0
    if not (ROOT / "build" / "compile_commands.json").exists():
        subprocess.run(["cmake", "--preset", "dev"], cwd=ROOT, check=True)
    folder, names = database()
    names = sys.argv[1:] or names
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, is_good, output in pool.map(lambda name: run(tool, folder, name), names):
            if not is_good:
                failed += 1
                print(output)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
