#!/usr/bin/python3
"""Builds the fuzz targets (preset fuzz: clang, libFuzzer, ASan and UBSan) and runs them.

    tools/fuzz.py replay                     every file of every corpus once
    tools/fuzz.py smoke --seconds 30         looks for something new, this long per target
    tools/fuzz.py smoke --target http_head   one target

What a smoke run finds lands in build/fuzz/found/<target>/: a crash becomes a unit test and a file
of fuzz/corpus/<target>/. Without libFuzzer on this machine the run is skipped, and says so.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "fuzz"
CORPUS = ROOT / "fuzz" / "corpus"
JOBS = os.cpu_count() or 2


def has_libfuzzer():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "probe.c"
        source.write_text("int LLVMFuzzerTestOneInput(const char *p, unsigned long n)"
                          "{ (void)p; (void)n; return 0; }\n")
        try:
            return subprocess.run(["clang", "-fsanitize=fuzzer", str(source), "-o",
                                   f"{folder}/probe"], capture_output=True).returncode == 0
        except FileNotFoundError:
            return False


def build():
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True)
    names = [f"{path.stem}" for path in sorted((ROOT / "fuzz").glob("*_fuzz.c"))]
    subprocess.run(["cmake", "--build", str(BUILD), "--target", *names], cwd=ROOT, check=True)
    return names


def command(name, options):
    """The libFuzzer call of a target; its corpus folder has the name without _fuzz."""
    corpus = CORPUS / name.removesuffix("_fuzz")
    program = [str(BUILD / "fuzz" / name), "-timeout=10", "-rss_limit_mb=2048"]
    if options.mode == "replay":
        return [*program, "-runs=0", str(corpus)]
    found = BUILD / "found" / name.removesuffix("_fuzz")
    found.mkdir(parents=True, exist_ok=True)
    dictionary = ROOT / "fuzz" / f"{name.removesuffix('_fuzz')}.dict"
    program += [f"-dict={dictionary}"] if dictionary.exists() else []
    return [*program, f"-max_total_time={options.seconds}", f"-artifact_prefix={found}/crash-",
            "-print_final_stats=1", str(found), str(corpus)]


def run(name, options):
    corpus = CORPUS / name.removesuffix("_fuzz")
    if not corpus.is_dir() or not any(corpus.iterdir()):
        return name, False, f"{corpus.relative_to(ROOT)} is empty: a target has a corpus"
    done = subprocess.run(command(name, options), cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return name, done.returncode == 0, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("replay", "smoke"))
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--target", help="one target, with or without _fuzz")
    options = parser.parse_args()

    if not has_libfuzzer():
        print("clang with libFuzzer is not here\n0 passed, 0 failed, 1 skipped")
        return 0
    names = build()
    if options.target:
        wanted = options.target.removesuffix("_fuzz") + "_fuzz"
        if wanted not in names:
            parser.error(f"no such target; there are: {', '.join(names)}")
        names = [wanted]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for name, is_good, output in pool.map(lambda name: run(name, options), names):
            print(f"{'ok  ' if is_good else 'FAIL'} {name}", flush=True)
            if not is_good:
                failed += 1
                print(output[-6000:])
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
