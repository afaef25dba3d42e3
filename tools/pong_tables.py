#!/usr/bin/python3
"""Makes games/pong/tables.c: what Pong would otherwise need floating point for.

Without arguments it writes the file, with --check it fails when the file is not what it would
write. Sines, cosines and the growth of speed are computed with 40 decimal digits and rounded
towards zero, so that a ball never exceeds its stated speed and every machine makes the same file.
"""
import decimal
import pathlib
import sys

decimal.getcontext().prec = 40
D = decimal.Decimal
UNIT = 65536
TICKS_PER_SECOND = 60
ANGLE_STEPS = 64
PI = D("3.14159265358979323846264338327950288419716939937510")
OUT = pathlib.Path(__file__).resolve().parent.parent / "games" / "pong" / "tables.c"

HEAD = """/* Made by tools/pong_tables.py; do not edit. See rules.h. */
#include "games/pong/rules.h"

/* clang-format off */
"""


def sine(x):
    term = total = x
    n = 1
    while abs(term) > D(10) ** -38:
        term = -term * x * x / ((n + 1) * (n + 2))
        total += term
        n += 2
    return total


def cosine(x):
    return sine(PI / 2 - x)


def fixed(value):
    # 60 degrees has a cosine of exactly 1/2, which the series misses in its last digit.
    return int((value * UNIT + D(10) ** -30).to_integral_value(decimal.ROUND_FLOOR))


def angles(name, degrees):
    rows = []
    for step in range(ANGLE_STEPS + 1):
        angle = PI * degrees / 180 * step / ANGLE_STEPS
        rows.append((fixed(cosine(angle)), fixed(sine(angle))))
    text = [f"/* 0 to {degrees} degrees in {ANGLE_STEPS} steps. */",
            f"const struct pong_angle {name}[PONG_ANGLE_STEPS + 1] = {{"]
    for at in range(0, len(rows), 5):
        line = ", ".join(f"{{{c}, {s}}}" for c, s in rows[at:at + 5])
        text.append(f"    {line},")
    return "\n".join(text + ["};"])


def speeds(name, start, top, factor, step):
    """Units per second from `start`, times `factor` and plus `step` a hit, up to `top`."""
    values, speed = [], D(start)
    while speed < top:
        values.append(speed)
        speed = speed * D(factor) + D(step)
    values.append(D(top))
    levels = [fixed(value / TICKS_PER_SECOND) for value in values]
    text = [f"/* {start} to {top} units/s, x{factor} +{step} a hit. */",
            f"const int32_t {name}[{len(levels)}] = {{"]
    for at in range(0, len(levels), 10):
        text.append("    " + ", ".join(str(level) for level in levels[at:at + 10]) + ",")
    return "\n".join(text + ["};"])


def main():
    parts = [HEAD,
             angles("PONG_ANGLES_60", 60), "",
             angles("PONG_ANGLES_45", 45), "",
             speeds("PONG_SPEEDS_CLASSIC", 420, 1100, "1.05", "0"), "",
             speeds("PONG_SPEEDS_ARENA", 160, 640, "1", "3.2"), ""]
    text = "\n".join(parts)
    if sys.argv[1:] != ["--check"]:
        OUT.write_text(text)
    elif OUT.read_text() != text:
        sys.exit(f"{OUT.name} is not what tools/pong_tables.py makes; run it and look at the change")


if __name__ == "__main__":
    main()
