#!/usr/bin/python3
"""Runs the black-box acceptance tests and ends with one plain line of counts.

    tests/run_blackbox.py                     everything, two processes at most
    tests/run_blackbox.py test_queue.py ...   these files only
    tests/run_blackbox.py -k word             tests whose name contains the word (may be given twice)
    tests/run_blackbox.py -v                  a line per test with its time

The server under test is build/rallyd, or what RALLYD names. Exits 0 when nothing failed.
"""

import argparse
import concurrent.futures
import importlib
import multiprocessing
import pathlib
import sys
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = (HERE / "blackbox", HERE / "ws_conformance")
# The long ones first, so that the two processes end together.
FIRST = ("test_crash.py", "test_match.py", "test_operations.py", "test_disconnect.py", "test_bad_input.py")


class Recorder(unittest.TestResult):
    """Keeps (outcome, name, text, seconds) for each test, and for each subtest that failed."""

    def __init__(self):
        super().__init__()
        self.rows = []
        self._began = 0.0
        self._failed_parts = False

    def startTest(self, test):
        super().startTest(test)
        self._began, self._failed_parts = time.monotonic(), False

    def _row(self, outcome, test, text=""):
        seconds = time.monotonic() - self._began if self._began else 0.0
        self.rows.append((outcome, test.id() if hasattr(test, "id") else str(test), text, seconds))

    def addSuccess(self, test):
        if not self._failed_parts:
            self._row("passed", test)

    def addFailure(self, test, err):
        self._row("failed", test, "".join(traceback.format_exception(*err)))

    addError = addFailure

    def addSkip(self, test, reason):
        self._row("skipped", test, reason)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._failed_parts = True
            self._row("failed", subtest, "".join(traceback.format_exception(*err)))


def test_files(names):
    found = sorted(path for folder in FOLDERS for path in folder.glob("test_*.py"))
    if names:
        wanted = {pathlib.Path(name).stem for name in names}
        unknown = wanted - {path.stem for path in found}
        if unknown:
            sys.exit(f"no such test file: {', '.join(sorted(unknown))}")
        found = [path for path in found if path.stem in wanted]
    return sorted(found, key=lambda path: FIRST.index(path.name) if path.name in FIRST else len(FIRST))


def run_file(path, patterns):
    """In a worker process: one file, start to end."""
    sys.path[:0] = [str(folder) for folder in FOLDERS if str(folder) not in sys.path]
    recorder = Recorder()
    began = time.monotonic()
    try:
        module = importlib.import_module(path.stem)
        loader = unittest.TestLoader()
        if patterns:  # fnmatch without regard to case, so that a word of the class's name is found as well.
            loader.testNamePatterns = ["*" + "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter
                                                     for letter in pattern) + "*" for pattern in patterns]
        loader.loadTestsFromModule(module).run(recorder)
    except Exception:
        recorder.rows.append(("failed", path.name, traceback.format_exc(), 0.0))
    return path.name, recorder.rows, time.monotonic() - began


def report(name, rows, seconds, verbose):
    counts = {outcome: sum(1 for row in rows if row[0] == outcome) for outcome in ("passed", "failed", "skipped")}
    print(f"{name}: {counts['passed']} passed, {counts['failed']} failed, {seconds:.1f} s", flush=True)
    for outcome, test, text, took in rows:
        if verbose:
            print(f"  {outcome:7} {took:6.2f} s  {test}")
        if outcome == "failed":
            print(f"\nFAILED {test}\n{text}", flush=True)
        elif outcome == "skipped":
            print(f"  skipped {test}: {text}", flush=True)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("-k", dest="patterns", action="append", default=[])
    parser.add_argument("-j", dest="processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("-v", dest="verbose", action="store_true")
    chosen = parser.parse_args()
    total = {"passed": 0, "failed": 0, "skipped": 0}
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(
            chosen.processes, mp_context=multiprocessing.get_context("spawn"), initializer=sys.path.insert,
            initargs=(0, str(HERE))) as pool:
        runs = [pool.submit(run_file, path, chosen.patterns) for path in test_files(chosen.files)]
        for run in concurrent.futures.as_completed(runs):
            name, rows, seconds = run.result()
            if rows:
                counts = report(name, rows, seconds, chosen.verbose)
                total = {key: total[key] + counts[key] for key in total}
    print(f"blackbox: {time.monotonic() - began:.0f} s")
    line = f"{total['passed']} passed, {total['failed']} failed"
    print(line + (f", {total['skipped']} skipped" if total["skipped"] else ""))
    sys.exit(1 if total["failed"] or not total["passed"] else 0)


if __name__ == "__main__":
    main()
