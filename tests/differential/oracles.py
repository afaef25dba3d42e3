"""Running the programs that the differential tests compare: inputs in, one answer for each out."""

import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
TIMEOUT_S = 120


def skip(what):
    print(f"skipped: {what} is not installed, and without it there is nothing to compare with")
    sys.exit(SKIPPED)


def node():
    path = shutil.which("node")
    if path is None:
        skip("node")
    return path


def seeded(default=20261120):
    """The generator of a run and its seed; RALLY_SEED repeats a run or widens the search."""
    seed = int(os.environ.get("RALLY_SEED", default))
    print(f"seed {seed} (RALLY_SEED repeats it)")
    return random.Random(seed)


def run(command, inputs):
    """The lines that the program prints when it gets all inputs."""
    data = b"".join(struct.pack("<I", len(item)) + item for item in inputs)
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
    return done.stdout.decode("latin-1").splitlines()


def mutated(rng, data, pieces, count):
    """`data` with `count` small changes: bytes dropped, doubled, replaced, pieces put in."""
    data = bytearray(data)
    for _ in range(count):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            del data[at:at + rng.choice((1, 1, 1, 2, 5))]
        elif kind == 1:
            data[at:at] = data[at:at + rng.choice((1, 2, 8, 40))]
        elif kind == 2 and at < len(data):
            data[at] = rng.randrange(256)
        elif kind == 3 and at < len(data):
            data[at:at + 1] = rng.choice(pieces)
        else:
            data[at:at] = rng.choice(pieces)
    return bytes(data)
