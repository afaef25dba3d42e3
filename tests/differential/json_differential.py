#!/usr/bin/python3
"""The same texts to Rally's JSON reader, to Python's json and to Node's JSON.parse.

Python and Node must agree with each other on what is JSON (RFC 8259), and Rally must accept exactly
that, less what its own limits refuse: depth over 8, more than 64 keys in an object, a key twice,
half a surrogate pair. The limits are checked here on what Python has read.

    json_differential.py PATH_OF_json_harness [COUNT]
"""

import json
import sys

import oracles

COUNT = 20000
DEPTH_MAX = 8
KEYS_MAX = 64

SCALARS = [b"0", b"-0", b"1", b"-1", b"12345", b"1.5", b"1e5", b"-1.5E-10", b"true", b"false", b"null", b'""', b'"a"', b'"\\n\\u00e9"',
           "\"é€🏓\"".encode(), b'"\\ud83c\\udfd3"', b'"a/b~c"', b"18446744073709551616", b'"\\u0000"', b'"\x7f"', b"0.0", b"1E+2"]
ODD_SCALARS = [b"01", b"+1", b".5", b"1.", b"1e", b"NaN", b"Infinity", b"-Infinity", b"nul", b"True", b'"\\x"', b'"\\ud800"', b'"\\udc00"',
               b'"\\ud800\\ud800"', b'"\n"', b'"\x00"', b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b"'a'", b"undefined",
               b'"\\u12"', b'"', b"--1", b"0x1", b"1_0", b"", b'"\xc3"', b'"\\ud83c\\u0041"', b"1e5.5", b"-", b'"\\u+123"', b'"\\u 123"',
               "\"\u2028\"".encode(), b"\xef\xbb\xbf1", b"\xa0", b"\x0b1", b"/**/1", b"-01", b"1ee5", b"1e+-5"]
KEYS = [b'"a"', b'"b"', b'"type"', b'""', b'"\\u0061"', b'"k\\n"', "\"é\"".encode(), b'"\\u00e9"', b'"longer than eight bytes"', b'"longer than eight byteS"']
PIECES = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\t", b"\n", b"\0", b"\x0b", b"\xff", b"\x80", b"0", b"-", b".", b"e", b"\\u", b"\xef\xbb\xbf",
          b"\\ud800", b"null", b"\xc3\xa9", b"\xf0\x9f\x8f\x93", b'""', b'"a":1,', b"/", b"'"]
SPACES = [b""] * 8 + [b" ", b"\n", b"\t\r\n "]


def value(rng, depth, oddness):
    space = rng.choice(SPACES)
    kind = rng.random()
    if depth == 0 or kind < 0.4:
        return space + rng.choice(ODD_SCALARS if rng.random() < oddness else SCALARS) + rng.choice(SPACES)
    size = rng.choice((0, 1, 2, 3))
    if kind < 0.7:
        return space + b"[" + b",".join(value(rng, depth - 1, oddness) for _ in range(size)) + b"]" + rng.choice(SPACES)
    members = [rng.choice(SPACES) + (rng.choice(KEYS) if rng.random() < 0.5 else b'"k%d"' % rng.randrange(1000)) + rng.choice(SPACES)
               + b":" + value(rng, depth - 1, oddness) for _ in range(size)]
    return space + b"{" + b",".join(members) + b"}" + rng.choice(SPACES)


def at_limits():
    for size in (KEYS_MAX - 1, KEYS_MAX, KEYS_MAX + 1):
        yield b"{" + b",".join(b'"%d":0' % key for key in range(size)) + b"}"
        yield b'[{"x":{' + b",".join(b'"%d":0' % key for key in range(size)) + b"}}]"
    for depth in (DEPTH_MAX - 1, DEPTH_MAX, DEPTH_MAX + 1, 200):
        yield b"[" * depth + b"]" * depth
        yield b'{"a":' * depth + b"1" + b"}" * depth
    yield b"9" * 3000
    yield b"0." + b"1" * 3000
    yield b'"' + b"a" * 60000 + b'"'


def all_bytes():
    """Every byte alone, in a string, behind a backslash and behind a value."""
    for byte in range(256):
        one = bytes([byte])
        yield from (one, b'"' + one + b'"', b'"\\' + one + b'"', b"1" + one, b"[1" + one + b"2]", b'"1234567' + one + b'9"')


def generate(rng, count):
    yield from at_limits()
    yield from all_bytes()
    for scalar in SCALARS + ODD_SCALARS:
        yield scalar
    folder = oracles.HERE.parent.parent / "fuzz" / "corpus" / "json"
    for path in sorted(folder.iterdir()):
        yield path.read_bytes()
    for _ in range(count):
        text = value(rng, rng.randrange(1, 11), rng.choice((0.0, 0.0, 0.1)))
        if rng.random() < 0.5:
            text = oracles.mutated(rng, text, PIECES, rng.choice((1, 1, 2, 4)))
        yield text


class Pairs(list):
    """An object as its pairs, so that a key that comes twice is still there."""


def refuse_constant(name):
    raise ValueError(name)


def python_read(text):
    return json.loads(text.decode("utf-8"), object_pairs_hook=Pairs, parse_constant=refuse_constant, parse_int=str, parse_float=str)


def has_half_pair(text):
    return any(0xD800 <= ord(character) < 0xE000 for character in text)


def is_within_limits(read, depth=0):
    if isinstance(read, Pairs):
        keys = [key for key, _ in read]
        return (depth < DEPTH_MAX and len(keys) <= KEYS_MAX and len(set(keys)) == len(keys) and not any(map(has_half_pair, keys))
                and all(is_within_limits(item, depth + 1) for _, item in read))
    if isinstance(read, list):
        return depth < DEPTH_MAX and all(is_within_limits(item, depth + 1) for item in read)
    return not isinstance(read, str) or not has_half_pair(read)


def ask_python(text):
    """(is it JSON, is it within Rally's limits)"""
    try:
        read = python_read(text)
    except ValueError:
        return False, False
    return True, is_within_limits(read)


def main():
    harness, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    oracles.node()
    inputs = list(generate(oracles.seeded(), count))
    rally = oracles.run([harness], inputs)
    node = oracles.run([oracles.node(), str(oracles.HERE / "json_oracle.mjs")], inputs)
    failed = accepted = limited = 0
    for text, ours, theirs in zip(inputs, rally, node, strict=True):
        is_json, is_limited = ask_python(text)
        accepted += ours == "valid"
        limited += is_json and not is_limited
        if (theirs == "valid") != is_json or (ours == "valid") != is_limited:
            failed += 1
            if failed <= 20:
                print(f"Rally {ours}, Node {theirs}, Python {'valid' if is_json else 'invalid'}"
                      f"{'' if is_limited or not is_json else ', beyond limits'}\n    {text[:200]!r}")
    print(f"{len(inputs)} texts: {accepted} accepted by Rally, {limited} refused by its limits alone")
    if accepted < count / 4 or limited == 0:
        sys.exit("too few texts are accepted or limited for this test to mean anything")
    print(f"{len(inputs) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
