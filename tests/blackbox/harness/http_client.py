"""A small HTTP/1.1 client from RFC 9112 that can also send what no proper client sends.

`Http.request` is for ordinary calls and holds every reply against the conventions of the protocol's section 1 at
once. `RawConnection` is one TCP connection under full control: bytes out, replies in, and the end of the stream seen.
"""

import json
import socket
import time

READ_SECONDS = 10.0


class BrokenReply(AssertionError):
    """The server's bytes are not an HTTP/1.1 response."""


class ConnectionEnded(Exception):
    """The stream ended before a whole response."""


class Response:
    def __init__(self, status, reason, fields, body):
        self.status, self.reason, self.fields, self.body = status, reason, fields, body

    def header(self, name, default=None):
        """The value of a field, several joined by a comma; names fold case."""
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(values) if values else default

    def headers(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"))
        except (UnicodeDecodeError, json.JSONDecodeError) as fault:
            raise BrokenReply(f"not JSON ({fault}): {self!r}") from None

    def code(self):
        """The stable code of a problem document."""
        return self.json().get("code")

    def __repr__(self):
        return f"<{self.status} {self.reason} {dict(self.fields)} {self.body[:600]!r}>"


class RawConnection:
    """One TCP connection. `send` takes any bytes; `read_response` reads exactly one response."""

    def __init__(self, host, port, seconds=READ_SECONDS):
        self.socket = socket.create_connection((host, port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.seconds = seconds
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """Sends all of it; a peer that has already answered and closed is not an error here."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def finish_sending(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _more(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise AssertionError(f"nothing more within {self.seconds} s; so far {self.buffer[:200]!r}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            raise AssertionError(f"nothing more within {self.seconds} s; so far {self.buffer[:200]!r}") from None
        except ConnectionResetError:
            data = b""
        if not data:
            self.ended = True
            raise ConnectionEnded(f"stream ended after {self.buffer[:200]!r}")
        self.buffer += data

    def _until(self, mark, end):
        while mark not in self.buffer:
            self._more(end)
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def _exactly(self, size, end):
        while len(self.buffer) < size:
            self._more(end)
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part

    def read_head(self, seconds=None):
        """Status line and fields of the next response, an interim one included."""
        end = time.monotonic() + (seconds or self.seconds)
        lines = self._until(b"\r\n\r\n", end).split(b"\r\n")
        version, _, rest = lines[0].partition(b" ")
        status, _, reason = rest.partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or len(status) != 3 or not status.isdigit():
            raise BrokenReply(f"bad status line {lines[0]!r}")
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or not name or name.strip() != name or b"\n" in line:
                raise BrokenReply(f"bad field line {line!r}")
            fields.append((name.decode("latin-1"), value.strip().decode("latin-1")))
        return Response(int(status), reason.decode("latin-1"), fields, b"")

    def read_response(self, method="GET", seconds=None):
        """The next final response. Interim responses (100, 103) before it are skipped."""
        end = time.monotonic() + (seconds or self.seconds)
        reply = self.read_head(seconds)
        while 100 <= reply.status < 200 and reply.status != 101:
            reply = self.read_head(end - time.monotonic())
        if method == "HEAD" or reply.status in (101, 204, 304):
            return reply
        coding, lengths = reply.header("Transfer-Encoding"), reply.headers("Content-Length")
        if coding is not None:
            if coding.lower() != "chunked" or lengths:
                raise BrokenReply(f"ambiguous framing {reply!r}")
            reply.body = self._chunks(end)
        elif lengths:
            if len(lengths) != 1 or not lengths[0].isdigit():
                raise BrokenReply(f"bad Content-Length {lengths}")
            reply.body = self._exactly(int(lengths[0]), end)
        else:
            reply.body = self._rest(end)
        return reply

    def _chunks(self, end):
        body = b""
        while True:
            size = int(self._until(b"\r\n", end).split(b";")[0], 16)
            if size == 0:
                while self._until(b"\r\n", end):
                    pass
                return body
            body += self._exactly(size, end)
            if self._exactly(2, end) != b"\r\n":
                raise BrokenReply("a chunk does not end with CRLF")

    def _rest(self, end):
        try:
            while True:
                self._more(end)
        except ConnectionEnded:
            body, self.buffer = self.buffer, b""
            return body

    def read_to_end(self, seconds=None):
        """Everything until the peer closes; an AssertionError when it does not."""
        return self._rest(time.monotonic() + (seconds or self.seconds))

    def is_closed(self, seconds=None):
        """True when the peer closes without another byte."""
        return self.read_to_end(seconds) == b""


def request_bytes(method, target, headers=(), body=None, host="rally.test"):
    """A proper request. `headers` is a list of pairs; Host and Content-Length are added unless named."""
    names = {name.lower() for name, _ in headers}
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


class Http:
    """Ordinary calls to one server over a kept-alive connection."""

    def __init__(self, host, port, check=True):
        self.host, self.port, self.check = host, port, check
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def request(self, method, path, body=None, token=None, headers=None, content_type="application/json"):
        """`body`: None, bytes, or anything that json can write."""
        pairs = list((headers or {}).items())
        if token is not None:
            pairs.append(("Authorization", f"Bearer {token}"))
        if body is not None:
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
            if content_type is not None:
                pairs.append(("Content-Type", content_type))
        elif method in ("POST", "PUT", "PATCH", "DELETE"):
            pairs.append(("Content-Length", "0"))
        data = request_bytes(method, path, pairs, body, host=f"{self.host}:{self.port}")
        reply = self._exchange(method, data)
        if self.check:
            check_conventions(method, path, reply)
        return reply

    def _exchange(self, method, data):
        if self.connection is not None:
            try:
                return self._send_and_read(method, data)
            except (ConnectionEnded, OSError):
                self.close()  # The kept connection had reached its idle or request limit: once more, on a new one.
        self.connection = RawConnection(self.host, self.port)
        return self._send_and_read(method, data)

    def _send_and_read(self, method, data):
        self.connection.send(data)
        reply = self.connection.read_response(method)
        if (reply.header("Connection") or "").lower() == "close":
            self.close()
        return reply

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, body=None, **more):
        return self.request("DELETE", path, body, **more)


PROBLEM_KEYS = {"type", "title", "status", "detail", "code", "request_id", "error"}
OPTIONAL_PROBLEM_KEYS = {"errors", "success", "reason", "until", "game_id"}


def check_conventions(method, path, reply):
    """Section 1 of the protocol, held against every single reply that any test receives."""
    assert reply.header("X-Request-Id"), f"{method} {path}: no X-Request-Id in {reply!r}"
    if reply.status < 400:
        if reply.body.startswith(b"{"):
            assert "error" not in reply.json(), f"{method} {path}: an error inside a success: {reply!r}"
        return
    if reply.status == 401:
        assert (reply.header("WWW-Authenticate") or "").startswith("Bearer"), f"{method} {path}: {reply!r}"
    if reply.status in (429, 503):
        assert (reply.header("Retry-After") or "").isdigit(), f"{method} {path}: no Retry-After in {reply!r}"
    if reply.status == 405:
        assert reply.header("Allow"), f"{method} {path}: no Allow in {reply!r}"
    if method != "HEAD":
        check_problem(method, path, reply)


def check_problem(method, path, reply):
    where = f"{method} {path}: {reply!r}"
    assert (reply.header("Content-Type") or "").startswith("application/problem+json"), where
    problem = reply.json()
    assert PROBLEM_KEYS <= set(problem), f"missing {PROBLEM_KEYS - set(problem)} in {where}"
    assert problem["status"] == reply.status, where
    assert problem["type"] == f"/problems/{problem['code']}", where
    assert problem["request_id"] == reply.header("X-Request-Id"), where
    assert problem["title"] and problem["error"], where
    for entry in problem.get("errors", []):
        assert set(entry) == {"pointer", "detail"}, where
        assert entry["pointer"] == "" or entry["pointer"].startswith("/"), where
    if path.startswith("/api/room/"):
        assert problem.get("success") is False, where
