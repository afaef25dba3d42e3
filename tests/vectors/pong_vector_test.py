#!/usr/bin/python3
"""Plays 10^6 ticks of each ruleset in every build of Pong and holds all of them to pong.json.

    pong_vector_test.py --wasm build/web/pong.wasm          compare
    pong_vector_test.py --wasm build/web/pong.wasm --write  make pong.json anew

A difference from pong.json with all builds equal is a change of the rules: it needs a new
rules_version, and the commit says why. A difference between builds is a bug.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOLDEN = HERE / "pong.json"
TICKS = "1000000"
WASM_SIZE_MAX = 8192
SOURCES = ["tests/vectors/pong_vector.c", "games/pong/pong.c", "games/pong/rules.c",
           "games/pong/tables.c", "lib/base/check.c"]
SANITIZE = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
BUILDS = [
    ("gcc -O0", ["gcc", "-O0"]),
    ("gcc -O3", ["gcc", "-O3"]),
    ("clang -O0", ["clang", "-O0"]),
    ("clang -O3", ["clang", "-O3"]),
    ("clang ASan+UBSan", ["clang", *SANITIZE]),
]


def run(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr.strip()[:2000]}")
    return done.stdout


def native(compiler, folder):
    program = f"{folder}/pong_vector"
    run([*compiler, "-std=c11", "-D_GNU_SOURCE", "-I.", *SOURCES, "-o", program])
    return run([program, TICKS])


def outputs(wasm):
    """(name, text or RuntimeError) of every build."""
    with tempfile.TemporaryDirectory() as folder:
        for name, compiler in BUILDS:
            try:
                if not shutil.which(compiler[0]):
                    raise RuntimeError(f"{compiler[0]} is not installed")
                yield name, native(compiler, folder)
            except RuntimeError as error:
                yield name, error
    try:
        if not shutil.which("node"):
            raise RuntimeError("node is not installed")
        if not pathlib.Path(wasm).exists():
            raise RuntimeError(f"{wasm} is not there: build the target pong_wasm first")
        yield "WebAssembly", run(["node", str(HERE / "pong_vector.mjs"), wasm, TICKS])
    except RuntimeError as error:
        yield "WebAssembly", error


def verdict(text, golden):
    if isinstance(text, RuntimeError):
        return str(text)
    if text == golden:
        return None
    for ruleset, wanted in zip(json.loads(text)["rulesets"], json.loads(golden)["rulesets"]):
        for at, (a, b) in enumerate(zip(ruleset["chain"], wanted["chain"]), 1):
            if a != b:
                return f"{ruleset['name']} differs before tick {at * int(TICKS) // 10}"
    return "differs outside the chains"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wasm", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    results = list(outputs(options.wasm))
    if options.write:
        texts = {text for _, text in results if isinstance(text, str)}
        if len(texts) != 1 or any(isinstance(text, RuntimeError) for _, text in results):
            sys.exit("the builds disagree or fail; pong.json is left as it is")
        GOLDEN.write_text(texts.pop())
    golden = GOLDEN.read_text()
    failed = 0
    for name, text in results:
        trouble = verdict(text, golden)
        print(f"{name:18} {trouble or 'equal over 10^6 ticks of each ruleset'}")
        failed += trouble is not None
    size = pathlib.Path(options.wasm).stat().st_size if pathlib.Path(options.wasm).exists() else 0
    print(f"{'pong.wasm':18} {size} bytes, at most {WASM_SIZE_MAX}")
    failed += not 0 < size <= WASM_SIZE_MAX
    print(f"{len(results) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
