#!/usr/bin/python3
"""Shows that purity_check.py finds what it is there to find: small objects with one sin each."""
import pathlib
import subprocess
import sys
import tempfile

CHECK = pathlib.Path(__file__).resolve().parent / "purity_check.py"
CLEAN = "#include <string.h>\nvoid copy(char *a, const char *b, size_t n){ memmove(a, b, n); }\n"
SINS = {
    "a clock": "#include <time.h>\nlong now(void) { return time(0); }\n",
    "randomness": "#include <stdlib.h>\nint draw(void) { return rand(); }\n",
    "memory": "#include <stdlib.h>\nvoid *get(void) { return malloc(8); }\n",
    "output": "#include <stdio.h>\nvoid say(void) { puts(\"x\"); }\n",
    "a socket": "#include <sys/socket.h>\nint open_it(void) { return socket(1, 1, 0); }\n",
    "a thread": "#include <pthread.h>\nvoid lock(pthread_mutex_t *m) { pthread_mutex_lock(m); }\n",
    "maths outside the ratings": "#include <math.h>\ndouble root(double x) { return pow(x, x); }\n",
}


def verdict(source, name="scratch.o"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "scratch.c").write_text(source)
        subprocess.run(["cc", "-O1", "-fno-builtin", "-c", "scratch.c", "-o", name], cwd=path,
                       check=True)
        subprocess.run(["ar", "rcs", "scratch.a", name], cwd=path, check=True)
        done = subprocess.run([sys.executable, CHECK, "scratch.a"], cwd=path, capture_output=True,
                              text=True)
        return done.returncode == 0


def has_floats(source, place="games/some.c"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / place).parent.mkdir(parents=True)
        (path / place).write_text(source)
        (path / "scratch.c").write_text(CLEAN)
        subprocess.run(["cc", "-c", "scratch.c"], cwd=path, check=True)
        done = subprocess.run([sys.executable, CHECK, "--sources", ".", "scratch.o"], cwd=path,
                              capture_output=True, text=True)
        return done.returncode != 0


def main():
    failed = []
    if not has_floats("int a(int x) { return (int)((float)x * 2); }\n"):
        failed.append("a float in a game passed")
    if has_floats("/* 0.5 of a double */ const char *a = \"float\";\n"):
        failed.append("a comment was taken for floating point")
    if has_floats("double a(void) { return 0.5; }\n", "lib/core/rating.c"):
        failed.append("floating point in the ratings is called impure")
    for what, source in SINS.items():
        if verdict(source):
            failed.append(f"{what} passed as pure")
    if not verdict(CLEAN):
        failed.append("moving bytes is called impure")
    if not verdict(SINS["maths outside the ratings"], "rating.o"):
        failed.append("maths in the ratings is called impure")
    if verdict(""):
        failed.append("an empty archive passed")
    for line in failed:
        print(line)
    print(f"{len(SINS) + 6 - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
