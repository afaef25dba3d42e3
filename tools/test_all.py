#!/usr/bin/python3
"""Runs the parts of a suite one after the other and ends with one plain line of counts.

    tools/test_all.py                        every test (`make test`)
    tools/test_all.py --suite check          format, layers, linter, sanitizers (`make check`)
    tools/test_all.py --only blackbox,e2e    these parts only
    tools/test_all.py --suite ci-rest --sum test    the counts of `test` are added to the last line

Each part writes build/test-logs/<part>.log; of a part that fails the end of its log is shown.
A part reports its own counts by a line "N passed, N failed[, N skipped]"; one that has no such
line counts as one. Exits 0 when nothing failed.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "test-logs"
COUNTS = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
NODE_COUNTS = re.compile(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$")  # the summary of node --test
TAIL_LINES = 40
PYTHON = "/usr/bin/python3"  # Debian's own, which sees the packages that apt installs
JOBS = str(os.cpu_count() or 2)

Counts = collections.namedtuple("Counts", "passed failed skipped")


class Part:
    """One row of a suite: what to run, how long at most, and what has to be there for it."""

    def __init__(self, name, command, minutes, needs=None, counts=None, env=None):
        self.name = name
        self.command = command
        self.seconds_max = minutes * 60
        self.needs = needs or (lambda: None)  # None, or the reason to skip
        self.counts = counts or counts_from_log
        self.env = env or {}


def counts_from_log(log, status):
    """The last counts line of the log; a part without one counts as one test."""
    numbers, node = None, {}
    for line in log.read_text(errors="replace").splitlines():
        if found := COUNTS.search(line):
            numbers = [int(number or 0) for number in found.groups()]
        elif found := NODE_COUNTS.match(line):
            node[found[1]] = int(found[2])
    if not numbers and "pass" in node:
        numbers = [node["pass"], node.get("fail", 0), node.get("skipped", 0)]
    passed, failed, skipped = numbers or (int(status == 0), int(status != 0), 0)
    # A part that died after its counts, or hid a failure, is a failure.
    return Counts(passed, max(failed, 1) if status else failed, skipped)


def ctest(folder, *arguments):
    """ctest of a build folder, with a report that keeps every program's output."""
    report = LOGS / f"ctest-{folder.replace('/', '-')}.xml"
    command = ["ctest", "--test-dir", folder, "-j", JOBS, "--no-tests=error", "--output-on-failure",
               "--test-output-size-passed", "1000000", "--output-junit", str(report), *arguments]

    def counts(log, status):
        total = collections.Counter()
        if not report.exists():
            return counts_from_log(log, status or 1)
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            output = case.findtext("system-out") or ""
            found = COUNTS.findall(output)
            if case.find("skipped") is not None:
                total["skipped"] += 1
            elif case.find("failure") is not None or case.get("status") == "fail":
                total["passed"] += int(found[-1][0]) if found else 0
                total["failed"] += max(int(found[-1][1]), 1) if found else 1
            else:
                total["passed"] += int(found[-1][0]) if found else 1
                total["skipped"] += int(found[-1][2] or 0) if found else 0
        failed = max(total["failed"], 1) if status else total["failed"]
        return Counts(total["passed"], failed, total["skipped"])

    def run_counts(log, status):
        result = counts(log, status)
        report.unlink(missing_ok=True)
        return result

    return command, run_counts


def nothing_to_count(log, status):
    return Counts(0, int(status != 0), 0)


def shell(text):
    return ["/bin/sh", "-ec", text]


def needs_file(path):
    return lambda: None if (ROOT / path).exists() else f"{path} does not exist"


def needs_chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    return None if any(shutil.which(name) for name in names) else "no Chromium here"


def werror():
    version = subprocess.run(["cc", "-dumpversion"], capture_output=True, text=True).stdout
    return "ON" if version.split(".")[0].strip() in ("12", "13") else "OFF"


def configure_and_build(preset, folder, *options):
    """Quotes nothing: all arguments are ours."""
    return shell(f"cmake --preset {preset} {' '.join(options)}; cmake --build {folder} -- -j{JOBS}")


def suite_test():
    unit, unit_counts = ctest("build")
    return [
        Part("build", configure_and_build("dev", "build", "-DRALLY_TESTS=ON",
                                          f"-DRALLY_WERROR={werror()}"), 10,
             counts=nothing_to_count),
        Part("web-build", ["make", "web"], 5, needs_file("web/package.json"), nothing_to_count),
        Part("unit", unit, 10, counts=unit_counts),
        Part("web-unit", ["npm", "--prefix", "web", "run", "--silent", "test"], 3,
             needs_file("web/test")),
        Part("blackbox", [PYTHON, "tests/run_blackbox.py"], 15),
        Part("e2e", [PYTHON, "tests/e2e/run.py"], 6, needs_chromium),
    ]


QUICK_BLACKBOX = ["test_accounts.py", "test_http_edge.py", "test_queue.py", "test_match.py",
                  "test_disconnect.py"]


def quick_blackbox(preset):
    files = [name for name in QUICK_BLACKBOX if (ROOT / "tests/blackbox" / name).exists()]
    # A report of a sanitizer ends the server, which fails the test that was talking to it.
    env = {"RALLYD": str(BUILD / preset / "rallyd"),
           "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1",
           "TSAN_OPTIONS": f"halt_on_error=1:suppressions={ROOT}/tools/tsan.supp",
           "UBSAN_OPTIONS": "print_stacktrace=1"}
    return Part(f"blackbox-{preset}", [PYTHON, "tests/run_blackbox.py", *files], 8, env=env)


def suite_check():
    asan, asan_counts = ctest("build/asan", "-LE", "no-sanitizer")
    # A crash test forks and kills: its threads die with it, and ThreadSanitizer has nothing to say.
    tsan, tsan_counts = ctest("build/tsan", "-R", "^(base|bus|store|kv|net|services|profile)_",
                              "-E", "crash")
    tsan_env = {"TSAN_OPTIONS": f"halt_on_error=1:suppressions={ROOT}/tools/tsan.supp"}
    return [
        Part("format", [PYTHON, "tools/format_check.py"], 1),
        Part("layers", [PYTHON, "tools/layers_check.py"], 1),
        Part("headers", [PYTHON, "tools/headers_check.py"], 3),
        Part("tidy", [PYTHON, "tools/tidy.py"], 8),
        Part("asan-build", configure_and_build("asan", "build/asan"), 8, counts=nothing_to_count),
        Part("asan", asan, 8, counts=asan_counts),
        quick_blackbox("asan"),
        Part("tsan-build", configure_and_build("tsan", "build/tsan"), 8, counts=nothing_to_count),
        Part("tsan", tsan, 8, counts=tsan_counts, env=tsan_env),
        quick_blackbox("tsan"),
    ]


def suite_ci_rest():
    return suite_check() + [
        Part("fuzz-smoke", [PYTHON, "tools/fuzz.py", "smoke", "--seconds", "30"], 12,
             needs_file("fuzz")),
    ]


SUITES = {"test": suite_test, "check": suite_check, "ci-rest": suite_ci_rest}


def run_logged(part, log):
    """Exit status of the part; 124 when it ran out of time. Ends what the part started, too."""
    with open(log, "wb") as out:
        process = subprocess.Popen(part.command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                   env={**os.environ, **part.env}, start_new_session=True)
        try:
            return process.wait(timeout=part.seconds_max)
        except subprocess.TimeoutExpired:
            out.write(f"\nstopped after {part.seconds_max} seconds\n".encode())
            return 124
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def words(counts):
    text = f"{counts.passed} passed, {counts.failed} failed"
    return text + (f", {counts.skipped} skipped" if counts.skipped else "")


def run_part(part):
    reason = part.needs()
    if reason:
        print(f"{part.name:16} skipped: {reason}", flush=True)
        return Counts(0, 0, 1)
    log = LOGS / f"{part.name}.log"
    began = time.monotonic()
    status = run_logged(part, log)
    counts = part.counts(log, status)
    shown = "built" if part.counts is nothing_to_count and not status else words(counts)
    print(f"{part.name:16} {shown:38} {time.monotonic() - began:5.0f} s", flush=True)
    if counts.failed:
        tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        print(f"--- the end of {log.relative_to(ROOT)}", *tail, "---", sep="\n", flush=True)
    return counts


def add(all_counts):
    return Counts(*(sum(column) for column in zip(Counts(0, 0, 0), *all_counts)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", choices=SUITES, default="test")
    parser.add_argument("--only", help="names of parts, with commas")
    parser.add_argument("--sum", help="a suite that ran before, to add to the last line")
    options = parser.parse_args()

    LOGS.mkdir(parents=True, exist_ok=True)
    parts = SUITES[options.suite]()
    if options.only:
        wanted = options.only.split(",")
        unknown = set(wanted) - {part.name for part in parts}
        if unknown:
            parser.error(f"no such part: {', '.join(sorted(unknown))}; there are: "
                         + ", ".join(part.name for part in parts))
        parts = [part for part in parts if part.name in wanted]

    results = []
    for part in parts:
        results.append(run_part(part))
        if results[-1].failed and part.counts is nothing_to_count:
            break  # nothing after a failed build would say anything
    total = add(results)
    (LOGS / f"{options.suite}.json").write_text(json.dumps(total._asdict()))
    if options.sum:
        before = LOGS / f"{options.sum}.json"
        total = add([total, Counts(**json.loads(before.read_text()))])
    print(words(total))
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
