#!/usr/bin/python3
"""The same bytes to Rally's HTTP parser, to h11 and to Node's llhttp.

What Rally accepts, the others must accept too, with the same method, target, version and body; and when
Rally waits for more bytes the others must not have seen a request more: two readings of one byte
sequence are how requests are smuggled. Rally may refuse what others accept. Every exception is a
row of accepts.md with its reason.

    http_differential.py PATH_OF_http_harness [COUNT]
"""

import json
import re
import sys

import oracles

try:
    import h11
except ImportError:
    oracles.skip("python3-h11")

COUNT = 12000
ACCEPTS = oracles.HERE / "accepts.md"
MESSAGES_MAX = 20

# -- generating --------------------------------------------------------------------------------

METHODS = [b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH", b"OPTIONS"]
ODD_METHODS = [b"BREW", b"get", b"G-T", b"CONNECT", b"TRACE", b"", b"G@T", b"PRI", b"M-SEARCH", b"!#$"]
TARGETS = [b"/", b"/a", b"/a/b?x=1&y=2", b"/%41%2f", b"/v1/profile/me", b"//x", b"/?", b"/a;b=c,d:e@f"]
ODD_TARGETS = [b"*", b"http://rally.test/x", b"http://other.test/", b"https://rally.test", b"/%4", b"/#x", b"/\xe9", b"/a b",
               b"", b"x", b"/[]", b"/\"", b"/{}", b"rally.test:80", b"/\\", b"?x", b"/a\x00b", b"http://rally.test?q"]
VERSIONS = [b"HTTP/1.1"] * 12 + [b"HTTP/1.0"] * 3
ODD_VERSIONS = [b"HTTP/1.2", b"HTTP/2.0", b"HTTP/1", b"http/1.1", b"HTTP/1.1 ", b"HTTP/01.1", b"HTTP/1.10", b"", b"HTTP /1.1", b"HTTP/0.9"]
HOSTS = [b"Host: rally.test"] * 8 + [b"host:rally.test:80", b"HOST: \t127.0.0.1 ", b"Host: [::1]:8080"]
ODD_HOSTS = [b"Host : rally.test", b"Host:", b"Host: a b", b"Host: a/b", b"Host: a@b", b"X-No: host", b"Host: a,b", b"Host: a:x",
             b"Host: rally.test\r\nHost: rally.test", b"Host: \xe9", b"\tHost: a", b"Host\x0b: a"]
FIELDS = [b"X-A: b", b"X-Empty:", b"Accept: */*", b"Cookie: a=b; c=d", b"Connection: keep-alive", b"Connection: close",
          b"Connection: Upgrade\r\nUpgrade: websocket", b"Expect: 100-continue", b"X-High: \x80\xff", b"X-Tab: a\tb", b"User-Agent: x/1",
          b"Connection: keep-alive, x", b"!#$%&'*+-.^_`|~: y", b"Trailer: X-T", b"TE: trailers", b"Upgrade: h2c", b"Date: now"]
ODD_FIELDS = [b"X-A : b", b" folded", b"\tfolded", b": empty", b"X A: b", b"X-Nul: a\x00b", b"X-Cr: a\rb", b"X-Lf: a\nb", b"X-Del: \x7f",
              b"X-Vt: \x0b", b"NoColon", b"X(A): b", b"X\xe9: b", b"Expect: other", b"X-A: b\r", b"Content-Length", b"X-\x00: b", b"X-A\r: b"]
ODD_LENGTHS = [b"Content-Length: +%d", b"Content-Length: -%d", b"Content-Length: 0%d", b"Content-Length: %d, %d", b"Content-Length: 0x%d",
               b"Content-Length: %d\r\nContent-Length: %d", b"Content-Length: %d ", b"Content-Length:%d", b"content-length: \t%d\t",
               b"Content-Length: %d.0", b"Content-Length: %d\r\nTransfer-Encoding: chunked", b"Content-Length : %d", b"Content-Length: ",
               b"Content-Length: %d\x0b", b"Content-Length: 1 %d", b"Content-Length: 18446744073709551616", b"Content-Length: %d\r\n ",
               b"X: y\r\n Content-Length: %d", b"Content_Length: %d", b"Content-Length: \"%d\"", b"Content-Length: %d,"]
ODD_CODINGS = [b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked",
               b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: Chunked",
               b"transfer-encoding:chunked ", b"Transfer-Encoding : chunked", b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding:",
               b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked,",
               b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked;a=b", b"Transfer_Encoding: chunked",
               b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 3"]
ODD_SIZES = [b"%x ", b" %x", b"0x%x", b"+%x", b"%x;", b"%x;a", b"%x;a=b;c", b"%x;a=\"b;c\"", b"%x;a b", b"%x ;a", b"%x;\xff", b"%x\t", b"%x;a=\"\n\"",
             b"0000000000000000%x", b"10000000000000000%x", b"%x_", b"%x,", b"-%x", b"%x;a=", b"%x;=b", b"%x;a\rb", b"%x\r", b"%x;a=\"\\\"\"", b"%x; a"]
ENDS = [b"\r\n"] * 60 + [b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\r\n\r\n", b" \r\n"]
PIECES = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"\0", b"\x0b", b"\x7f", b"\x80", b"\xff", b"0", b"1", b"a", b"\r\n\r\n", b"0\r\n\r\n",
          b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"\"", b"%", b"\\", b"=", b"chunked"]


def usually(rng, plain, odd, chance):
    return rng.choice(odd) if rng.random() < chance else rng.choice(plain)


def chunked_body(rng, body, oddness):
    out, at = b"", 0
    while at < len(body):
        size = rng.randrange(1, 9)
        part = body[at:at + size]
        form = rng.choice(ODD_SIZES) if rng.random() < oddness else rng.choice((b"%x", b"%X", b"00%x"))
        out += form % len(part) + rng.choice(ENDS) + part + (b"\r\n" if rng.random() > oddness else rng.choice(ENDS))
        at += size
    trailer = usually(rng, [b""] * 5 + [b"X-T: v\r\n", b"X-T: v\r\nY:\r\n"],
                      [b"X : y\r\n", b" fold\r\n", b"Z\r\n", b"Content-Length: 5\r\n", b"X: y\n", b"Host: b\r\n", b"Transfer-Encoding: chunked\r\n"], oddness)
    return out + rng.choice((b"0", b"0", b"0", b"000", b"0;a")) + b"\r\n" + trailer + b"\r\n"


def message(rng, oddness):
    """One request, nearly right; `oddness` is the chance of each part to be odd."""
    body = bytes(rng.choice(b"abc{}\r\n0GET /") for _ in range(rng.choice((0, 0, 1, 5, 20))))
    lines = [usually(rng, METHODS, ODD_METHODS, oddness) + rng.choice([b" "] * 40 + [b"  ", b"\t"])
             + usually(rng, TARGETS, ODD_TARGETS, oddness) + b" " + usually(rng, VERSIONS, ODD_VERSIONS, oddness),
             usually(rng, HOSTS, ODD_HOSTS, oddness)]
    lines += [usually(rng, FIELDS, ODD_FIELDS, oddness) for _ in range(rng.choice((0, 0, 1, 2, 4)))]
    kind = rng.random()
    if kind < 0.35:
        odd = rng.choice(ODD_LENGTHS)
        lines.append(odd.replace(b"%d", b"%d" % len(body)) if rng.random() < oddness else b"Content-Length: %d" % len(body))
    elif kind < 0.75:
        lines.append(usually(rng, [b"Transfer-Encoding: chunked"], ODD_CODINGS, oddness))
        body = chunked_body(rng, body, oddness)
    else:
        body = b""
    if rng.random() < 0.2:
        rng.shuffle(lines[1:])
    first = usually(rng, [b""] * 9 + [b"\r\n"], [b"\n", b" ", b"\r\n\r\n", b"\r"], oddness / 3)
    return first + b"".join(line + rng.choice(ENDS) for line in lines) + b"\r\n" + body


def generate(rng, count):
    inputs = []
    for _ in range(count):
        oddness = rng.choice((0.0, 0.05, 0.15))
        data = b"".join(message(rng, oddness) for _ in range(rng.choice((1, 1, 2, 3))))
        if rng.random() < 0.4:
            data = oracles.mutated(rng, data, PIECES, rng.choice((1, 1, 2, 4)))
        inputs.append(data)
    return inputs


def seeds():
    """The fuzz corpus, without the cuts that its files begin with."""
    folder = oracles.HERE.parent.parent / "fuzz" / "corpus"
    for path in sorted(folder.glob("http_*/*")):
        data = path.read_bytes()
        yield data[1 + min(data[0] % 16, len(data) - 1):] if data else b""


# -- asking ------------------------------------------------------------------------------------

class Answer:
    """What a parser made of an input: its complete requests, how many heads, why it stopped."""

    def __init__(self, messages, heads, why, end=0):
        self.messages, self.heads, self.why, self.end = messages, heads, why, end

    def __repr__(self):
        return f"{self.messages}, {self.heads} heads, {self.why}"


def ask_rally(harness, inputs):
    answers, messages = [], []
    for line in oracles.run([harness], inputs):
        words = line.split(" ")
        if words[0] == "message":
            messages.append(tuple(words[1:]))
        else:
            answers.append(Answer(messages, len(messages) + (words[2] == "body"), words[1], int(words[3])))
            messages = []
    return answers


def ask_h11_once(data):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    messages, current, heads = [], None, 0
    connection.receive_data(data)
    try:
        while heads < MESSAGES_MAX:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                current = [event.method.decode(), event.target.decode("latin-1"), event.http_version.decode(), b""]
                heads += 1
            elif isinstance(event, h11.Data):
                current[3] += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                messages.append((*current[:3], current[3].hex()))
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return Answer(messages, heads, "close")
                connection.start_next_cycle()
            else:
                return Answer(messages, heads, "again")
    except h11.RemoteProtocolError as error:
        return Answer(messages, heads, str(error))
    return Answer(messages, heads, "again")


def ask_h11(inputs):
    return [ask_h11_once(data) for data in inputs]


def ask_node(inputs):
    answers = []
    for line in oracles.run([oracles.node(), str(oracles.HERE / "http_oracle.mjs")], inputs):
        answer = json.loads(line)
        answers.append(Answer([tuple(item) for item in answer["messages"]], answer["heads"], answer["error"] or "again"))
    return answers


# -- comparing ---------------------------------------------------------------------------------

NODE_METHODS = re.compile(r"(DELETE|GET|HEAD|POST|PUT|CONNECT|OPTIONS|TRACE|COPY|LOCK|MKCOL|MOVE|PROPFIND|PROPPATCH|SEARCH|UNLOCK|BIND|"
                          r"REBIND|UNBIND|ACL|REPORT|MKACTIVITY|CHECKOUT|MERGE|M-SEARCH|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|PATCH|PURGE|"
                          r"MKCALENDAR|LINK|UNLINK|SOURCE|QUERY)$")

# Row of accepts.md, oracle, and when it holds.
EXCEPTIONS = [
    ("A1", "node", lambda found: found.why == "HPE_INVALID_METHOD" and any(not NODE_METHODS.match(request[0]) for request in found.lacking)),
    ("A2", "h11", lambda found: found.why == "no request line received"),
    ("A3", "h11", lambda found: found.why == "close" and found.before and found.before[2] == "1.0"),
    ("A4", "node", lambda found: found.why == "again" and found.before and re.search(rb"\nUpgrade:", found.data)),
    ("A5", "node", lambda found: found.why == "HPE_INVALID_CONTENT_LENGTH" and re.search(rb"(?i)\ncontent-length:[ \t]*\d+ *\t[ \t]*\r\n", found.data)),
    ("A6", "node", lambda found: found.waits and re.search(rb"\n\r(?!\n)", found.data)),
]


class Difference:
    """Where two readings part: the requests that the other lacks, the one before them (or None)
    and why the other stopped."""

    def __init__(self, what, data, other, lacking=(), before=None, waits=False):
        self.what, self.data, self.why, self.lacking, self.before = what, data, other.why, lacking, before
        self.waits = waits

    def exception(self, oracle):
        """The row that allows it, or None."""
        for row, name, holds in EXCEPTIONS:
            if (self.lacking or self.waits) and name == oracle and holds(self):
                return row
        return None


def difference_in_accepted(data, rally, other):
    """The other got just the bytes of the requests that Rally accepts. None, or where they part."""
    for at, request in enumerate(rally.messages):
        if at >= len(other.messages):
            return Difference(f"Rally accepts request {at + 1}, which the other does not ({other.why})", data, other,
                              rally.messages[at:], rally.messages[at - 1] if at else None)
        if other.messages[at] != request:
            return Difference(f"request {at + 1} reads {request} and {other.messages[at]}", data, other)
    if other.heads > len(rally.messages):
        return Difference("the other reads one request more", data, other)
    return None


def difference_in_waiting(data, rally, other):
    """Rally waits for more bytes, and the other got all of them too."""
    if other.heads > rally.heads:
        return Difference("Rally waits where the other has read one request more", data, other, waits=True)
    return None


class Tally:
    def __init__(self):
        self.passed, self.failed, self.used = 0, 0, {}

    def add(self, name, data, ours, theirs, found):
        row = found.exception(name) if found else None
        if row:
            self.used[row] = self.used.get(row, 0) + 1
        if not found or row:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= 20:
            print(f"{name}: {found.what}\n    {data!r}\n    Rally: {ours}\n    {name}: {theirs}")


def main():
    harness, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    rows = set(re.findall(r"^\| (A\d+) \|", ACCEPTS.read_text(), re.M))
    if rows != {row for row, _, _ in EXCEPTIONS}:
        sys.exit(f"accepts.md documents {sorted(rows)}, which are not the exceptions here")
    rng = oracles.seeded()
    inputs = [*seeds(), *generate(rng, count)]
    rally = ask_rally(harness, inputs)
    accepted = [data[:answer.end] for data, answer in zip(inputs, rally)]
    tally = Tally()
    for name, ask in (("h11", ask_h11), ("node", ask_node)):
        for data, ours, theirs in zip(accepted, rally, ask(accepted), strict=True):
            tally.add(name, data, ours, theirs, difference_in_accepted(data, ours, theirs))
        for data, ours, theirs in zip(inputs, rally, ask(inputs), strict=True):
            if ours.why == "again":
                tally.add(name, data, ours, theirs, difference_in_waiting(data, ours, theirs))
    requests = sum(len(answer.messages) for answer in rally)
    print(f"{len(inputs)} inputs, {requests} requests accepted, exceptions used: {tally.used or 'none'}")
    if requests < count / 4:
        sys.exit("too few requests are accepted for this test to mean anything")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
