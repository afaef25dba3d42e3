#!/usr/bin/python3
"""Fetches the browser tests' packages when they are not there, then runs them (run.mjs)."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LOCK, STAMP = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"


def main():
    if not STAMP.exists() or STAMP.stat().st_mtime < LOCK.stat().st_mtime:
        subprocess.run(["npm", "--prefix", str(HERE), "ci", "--ignore-scripts", "--no-audit",
                        "--no-fund", "--loglevel=error"], check=True)
    os.execvp("node", ["node", str(HERE / "run.mjs"), *sys.argv[1:]])


if __name__ == "__main__":
    main()
