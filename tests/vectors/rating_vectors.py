#!/usr/bin/python3
"""Makes rating_vectors.txt: Glicko-2 and Elo computed by a second implementation.

It shares no line and no method with lib/core/rating.c: 50 digit decimals instead of doubles, and
the volatility is found by scanning for the root nearest to the published start and halving the
interval, instead of the Illinois method. Without arguments it writes the file, with --check it
fails when the file is not what it would write.

A line is: name rating deviation volatility, then per game opponent's rating, deviation and score
(1, 0.5, 0), then `=` and the rating, deviation and volatility afterwards.
"""
import decimal
import pathlib
import random
import sys

decimal.getcontext().prec = 50
D = decimal.Decimal
OUT = pathlib.Path(__file__).resolve().parent / "rating_vectors.txt"
SCALE = D("173.7178")
TAU = D("0.5")
PI = D("3.14159265358979323846264338327950288419716939937510")


def g(phi):
    return 1 / (1 + 3 * phi * phi / (PI * PI)).sqrt()


def volatility(phi, v, delta, sigma):
    a = (sigma * sigma).ln()

    def f(x):
        e = x.exp()
        d = phi * phi + v + e
        return e * (delta * delta - phi * phi - v - e) / (2 * d * d) - (x - a) / (TAU * TAU)

    # f(a) has the sign of the change; walk that way in small steps to the first change of sign.
    step = D("0.01") if f(a) > 0 else D("-0.01")
    low = a
    while (f(low) > 0) == (f(low + step) > 0):
        low += step
    high = low + step
    for _ in range(120):
        middle = (low + high) / 2
        if (f(middle) > 0) == (f(low) > 0):
            low = middle
        else:
            high = middle
    return (low / 2).exp()


def glicko2(player, games):
    mu, phi, sigma = (player[0] - 1500) / SCALE, player[1] / SCALE, player[2]
    inverse_v = total = D(0)
    for rating, deviation, score in games:
        other = deviation / SCALE
        e = 1 / (1 + (-g(other) * (mu - (rating - 1500) / SCALE)).exp())
        inverse_v += g(other) ** 2 * e * (1 - e)
        total += g(other) * (score - e)
    if games:
        sigma = min(volatility(phi, 1 / inverse_v, total / inverse_v, sigma), D("0.1"))
    phi_after = 1 / (1 / (phi * phi + sigma * sigma) + inverse_v).sqrt()
    change = max(min(SCALE * phi_after ** 2 * total, D(700)), D(-700))
    deviation = max(min(SCALE * phi_after, D(350)), D(45))
    return player[0] + change, deviation, sigma


def elo(a, b, score):
    return a + 32 * (score - 1 / (1 + D(10) ** ((b - a) / 400)))


def cases():
    yield "paper", (D(1500), D(200), D("0.06")), [
        (D(1400), D(30), D(1)), (D(1550), D(100), D(0)), (D(1700), D(300), D(0))]
    yield "idle", (D(1500), D(200), D("0.06")), []
    yield "idle_at_the_bound", (D(1500), D(350), D("0.06")), []
    for name, score in (("win", 1), ("draw", D("0.5")), ("loss", 0)):
        yield f"new_{name}", (D(1500), D(350), D("0.06")), [(D(1500), D(350), D(score))]
    yield "upset", (D(1300), D(60), D("0.06")), [(D(2100), D(60), D(1))]
    yield "favourite", (D(2100), D(60), D("0.06")), [(D(1300), D(60), D(1))]
    yield "huge_upset", (D(800), D(350), D("0.06")), [(D(2500), D(45), D(1))]
    yield "settled", (D(1700), D(45), D("0.05")), [(D(1690), D(45), D(1))]
    numbers = random.Random(5)
    for at in range(60):
        games = [(D(numbers.randint(900, 2300)), D(numbers.randint(45, 350)),
                  D(numbers.choice(["0", "0.5", "1"]))) for _ in range(numbers.choice([1, 1, 1, 2, 8]))]
        player = (D(numbers.randint(900, 2300)), D(numbers.randint(45, 350)),
                  D(numbers.randint(300, 900)) / 10000)
        yield f"random_{at}", player, games


def text():
    lines = ["# Made by rating_vectors.py; do not edit."]
    for name, player, games in cases():
        after = glicko2(player, games)
        fields = [*player, *[number for game in games for number in game]]
        lines.append(f"glicko2_{name} " + " ".join(str(f) for f in fields) + " = " +
                     f"{after[0]:.9f} {after[1]:.9f} {after[2]:.12f}")
    for a, b in ((1500, 1500), (1400, 1800), (2300, 900), (1512, 1499)):
        for score in ("1", "0.5", "0"):
            lines.append(f"elo {a} {b} {score} = {elo(D(a), D(b), D(score)):.9f}")
    return "\n".join(lines) + "\n"


def main():
    made = text()
    if sys.argv[1:] != ["--check"]:
        OUT.write_text(made)
    elif OUT.read_text() != made:
        sys.exit(f"{OUT.name} is not what rating_vectors.py makes")


if __name__ == "__main__":
    main()
