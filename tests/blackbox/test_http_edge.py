"""The HTTP edge (class H): one meaning per byte sequence, or 400 and the end of the connection.

Each row of `REFUSED` is a shape on which servers are known to differ, which is how requests get smuggled past a proxy.
A second request follows each of them on the same connection: it must never be answered.
"""

import json
import time
import unittest

from harness.case import RallyCase
from harness.http_client import ConnectionEnded, request_bytes
from harness.player import fresh_name

HEAD = b"GET /livez HTTP/1.1\r\nHost: rally.test\r\n"
POST = b"POST /v1/auth/guest HTTP/1.1\r\nHost: rally.test\r\nContent-Type: application/json\r\n"
FOLLOWER = b"GET /livez HTTP/1.1\r\nHost: rally.test\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"

# (what, bytes, statuses that are right)
REFUSED = [
    # Two lengths
    ("Content-Length beside Transfer-Encoding", POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
    ("Transfer-Encoding beside Content-Length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", (400,)),
    ("two different Content-Length", POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", (400,)),
    ("two equal Content-Length", POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", (400,)),
    ("a list of lengths", POST + b"Content-Length: 2, 2\r\n\r\n{}", (400,)),
    ("a length with a plus", POST + b"Content-Length: +2\r\n\r\n{}", (400,)),
    ("a negative length", POST + b"Content-Length: -2\r\n\r\n{}", (400,)),
    ("a length in hex", POST + b"Content-Length: 0x2\r\n\r\n{}", (400,)),
    ("an empty length", POST + b"Content-Length:\r\n\r\n{}", (400,)),
    ("a length with a space inside", POST + b"Content-Length: 1 2\r\n\r\n{}", (400,)),
    ("a length beyond 64 bits", POST + b"Content-Length: 18446744073709551618\r\n\r\n{}", (400, 413)),
    ("a length of a hundred digits", POST + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n{}", (400, 413)),
    ("a length beyond the limit", POST + b"Content-Length: 1048577\r\n\r\n{}", (413,)),
    # Transfer codings
    ("an unknown coding", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked in two fields", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked and then identity", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", (400, 501)),
    ("gzip before chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("an empty coding", POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked with a vertical tab", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked in HTTP/1.0", POST.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400, 505)),
    # Chunks
    ("a chunk size in other letters", CHUNKED + b"\r\nZ\r\n{}\r\n0\r\n\r\n", (400,)),
    ("an empty chunk size", CHUNKED + b"\r\n\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a chunk size with a plus", CHUNKED + b"\r\n+2\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a chunk size with 0x", CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a negative chunk size", CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a space before a chunk size", CHUNKED + b"\r\n 2\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a chunk size beyond 64 bits", CHUNKED + b"\r\n10000000000000002\r\n{}\r\n0\r\n\r\n", (400, 413)),
    ("a chunk size with endless zeros", CHUNKED + b"\r\n" + b"0" * 5000 + b"2\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a chunk ended by LF alone", CHUNKED + b"\r\n2\n{}\r\n0\r\n\r\n", (400,)),
    ("a chunk longer than it said", CHUNKED + b"\r\n2\r\n{}x\r\n0\r\n\r\n", (400,)),
    ("a chunk shorter than it said", CHUNKED + b"\r\n3\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a chunk extension over 64 bytes", CHUNKED + b"\r\n2;" + b"a" * 80 + b"\r\n{}\r\n0\r\n\r\n", (400,)),
    ("a bare LF in a chunk extension", CHUNKED + b"\r\n2;a\nb\r\n{}\r\n0\r\n\r\n", (400,)),
    ("chunks beyond the body limit", CHUNKED + b"\r\n" + b"4000\r\n" + b" " * 0x4000 + b"\r\n4000\r\n" + b" " * 0x4000 + b"\r\n4000\r\n"
     + b" " * 0x4000 + b"\r\n4000\r\n" + b" " * 0x4000 + b"\r\n4000\r\n" + b" " * 0x4000 + b"\r\n0\r\n\r\n", (413,)),
    # Field lines
    ("a space before the colon", b"GET /livez HTTP/1.1\r\nHost : rally.test\r\n\r\n", (400,)),
    ("a tab before the colon", b"GET /livez HTTP/1.1\r\nHost\t: rally.test\r\n\r\n", (400,)),
    ("a folded line", HEAD + b"X-A: one\r\n two\r\n\r\n", (400,)),
    ("a folded line with a tab", HEAD + b"X-A: one\r\n\ttwo\r\n\r\n", (400,)),
    ("a first field that starts with a space", b"GET /livez HTTP/1.1\r\n Host: rally.test\r\n\r\n", (400,)),
    ("no Host", b"GET /livez HTTP/1.1\r\n\r\n", (400,)),
    ("two Hosts", HEAD + b"Host: rally.test\r\n\r\n", (400,)),
    ("a Host with a path", b"GET /livez HTTP/1.1\r\nHost: rally.test/x\r\n\r\n", (400,)),
    ("a Host with an at sign", b"GET /livez HTTP/1.1\r\nHost: a@rally.test\r\n\r\n", (400,)),
    ("a Host with a space", b"GET /livez HTTP/1.1\r\nHost: rally test\r\n\r\n", (400,)),
    ("an empty field name", HEAD + b": x\r\n\r\n", (400,)),
    ("a field without a colon", HEAD + b"X-A\r\n\r\n", (400,)),
    ("a field name with a space", HEAD + b"X A: x\r\n\r\n", (400,)),
    ("a field name in brackets", HEAD + b"X(A): x\r\n\r\n", (400,)),
    ("a field name with a high byte", HEAD + b"X\xe9: x\r\n\r\n", (400,)),
    ("a NUL in a value", HEAD + b"X-A: a\0b\r\n\r\n", (400,)),
    ("a bare CR in a value", HEAD + b"X-A: a\rb\r\n\r\n", (400,)),
    ("a bare LF between fields", HEAD + b"X-A: a\nX-B: b\r\n\r\n", (400,)),
    ("bare LF line ends throughout", b"GET /livez HTTP/1.1\nHost: rally.test\n\n", (400,)),
    ("a head that ends with LF alone", HEAD + b"\n", (400,)),
    ("a DEL in a value", HEAD + b"X-A: a\x7fb\r\n\r\n", (400,)),
    # Request line
    ("HTTP/9.9", b"GET /livez HTTP/9.9\r\nHost: rally.test\r\n\r\n", (400, 505)),
    ("HTTP/2.0", b"GET /livez HTTP/2.0\r\nHost: rally.test\r\n\r\n", (400, 505)),
    ("HTTP/1.10", b"GET /livez HTTP/1.10\r\nHost: rally.test\r\n\r\n", (400, 505)),
    ("http in small letters", b"GET /livez http/1.1\r\nHost: rally.test\r\n\r\n", (400, 505)),
    ("no version", b"GET /livez\r\nHost: rally.test\r\n\r\n", (400,)),
    ("two spaces", b"GET  /livez HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a tab for a space", b"GET\t/livez HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a space at the end of the request line", b"GET /livez HTTP/1.1 \r\nHost: rally.test\r\n\r\n", (400,)),
    ("a space before the method", b" GET /livez HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("an empty target", b"GET  HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a target without a slash", b"GET livez HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a fragment in the target", b"GET /livez#x HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a high byte in the target", b"GET /live\xe9 HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a NUL in the target", b"GET /livez\0 HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a broken percent escape", b"GET /livez%zz HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("CONNECT", b"CONNECT rally.test:80 HTTP/1.1\r\nHost: rally.test:80\r\n\r\n", (400, 405, 501)),
    ("a method of odd bytes", b"G@T /livez HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400,)),
    ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n", (400,)),
    ("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    # Limits
    ("a request line over 8 KiB", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: rally.test\r\n\r\n", (400, 414, 431)),
    ("a field line over 8 KiB", HEAD + b"X-A: " + b"a" * 9000 + b"\r\n\r\n", (400, 431)),
    ("a head over 16 KiB", HEAD + b"".join(b"X-%d: %s\r\n" % (i, b"a" * 3000) for i in range(7)) + b"\r\n", (400, 431)),
    ("101 fields", HEAD + b"".join(b"X-%d: a\r\n" % i for i in range(100)) + b"\r\n", (400, 431)),
    # Expect
    ("an unknown expectation", POST + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", (417,)),
]


class OneMeaningOrNone(RallyCase):
    def test_every_doubtful_request_is_refused_and_ends_the_connection(self):
        for what, data, statuses in REFUSED:
            with self.subTest(what=what):
                connection = self.raw()
                connection.send(data + FOLLOWER)
                reply = connection.read_response()
                self.assertIn(reply.status, statuses, reply)
                self.assertTrue(connection.is_closed(), "the follower must not be answered")

    def test_the_same_requests_in_single_octets_are_refused_alike(self):
        for what, data, statuses in REFUSED:
            if len(data) > 600:
                continue
            with self.subTest(what=what):
                connection = self.raw()
                for position in range(len(data)):
                    connection.send(data[position:position + 1])
                connection.finish_sending()
                reply = connection.read_response()
                self.assertIn(reply.status, statuses, reply)

    def test_nothing_of_a_refused_body_is_stored(self):
        name = fresh_name("ghost")
        body = json.dumps({"username": name}).encode()
        data = POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(body) + body
        reply, _ = self.exchange(data)
        self.assertEqual(reply.status, 400)
        self.answer(self.guest().get(f"/v1/profile/{name}"), 404)

    def test_half_a_request_and_the_end_is_no_request(self):
        connection = self.raw()
        connection.send(POST + b"Content-Length: 20\r\n\r\n{}")
        connection.finish_sending()
        rest = connection.read_to_end()
        self.assertNotIn(b"201", rest.split(b"\r\n")[0])

    def test_an_error_at_the_edge_is_a_problem_document_with_a_request_id(self):
        reply, _ = self.exchange(b"GET /livez HTTP/1.1\r\n\r\n")
        self.assertEqual(reply.status, 400)
        self.assertTrue(reply.header("X-Request-Id"))
        self.assertEqual(reply.json()["status"], 400)
        self.assertEqual((reply.header("Connection") or "").lower(), "close")

    def test_an_encoded_slash_or_dots_lead_nowhere(self):
        for target in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/assets/../../rally.db",
                       "/./livez/../../x", "//etc/passwd", "/%5c..%5cx"):
            with self.subTest(target=target):
                reply, _ = self.exchange(request_bytes("GET", target))
                self.assertIn(reply.status, (400, 401, 404), reply)
                self.assertNotIn(b"root:", reply.body)


class GoodRequests(RallyCase):
    def test_requests_may_be_pipelined_and_are_answered_in_order(self):
        token = self.guest().token
        connection = self.raw()
        targets = ["/livez", "/v1/profile/me", "/nothing-here", "/game/status/", "/livez", "/v1/profile/me"]
        connection.send(b"".join(request_bytes("GET", target, [("Authorization", f"Bearer {token}")])
                                 for target in targets))
        statuses = [connection.read_response().status for _ in targets]
        self.assertEqual(statuses, [200, 200, 404, 200, 200, 200])

    def test_sixteen_requests_at_once_are_all_answered(self):
        connection = self.raw()
        connection.send(FOLLOWER * 16)
        self.assertEqual([connection.read_response().status for _ in range(16)], [200] * 16)

    def test_sixty_four_requests_at_once_are_answered_or_the_connection_ends_cleanly(self):
        connection = self.raw()
        connection.send(FOLLOWER * 64)
        answered = 0
        try:
            while answered < 64:
                self.assertIn(connection.read_response().status, (200, 429, 503))
                answered += 1
        except ConnectionEnded:
            pass
        self.assertGreaterEqual(answered, 16)

    def test_pipelined_writes_take_effect_in_order(self):
        token = self.guest().token
        connection = self.raw()
        headers = [("Authorization", f"Bearer {token}")]
        connection.send(b"".join(request_bytes("POST", path, headers, b"")
                                 for path in ("/game/join/", "/game/leave/", "/game/join/", "/game/leave/")))
        self.assertEqual([connection.read_response().status for _ in range(4)], [200] * 4)

    def test_a_connection_stays_open_for_many_requests(self):
        connection = self.raw()
        for _ in range(100):
            connection.send(FOLLOWER)
            self.assertEqual(connection.read_response().status, 200)

    def test_connection_close_is_honoured(self):
        connection = self.raw()
        connection.send(request_bytes("GET", "/livez", [("Connection", "close")]))
        self.assertEqual(connection.read_response().status, 200)
        self.assertTrue(connection.is_closed())

    def test_http_1_0_is_answered_and_closed(self):
        connection = self.raw()
        connection.send(b"GET /livez HTTP/1.0\r\nHost: rally.test\r\n\r\n")
        self.assertEqual(connection.read_response().status, 200)
        self.assertTrue(connection.is_closed())

    def test_an_empty_line_before_a_request_is_passed_over(self):
        reply, _ = self.exchange(b"\r\n" + FOLLOWER)
        self.assertEqual(reply.status, 200)

    def test_the_absolute_form_is_understood(self):
        reply, _ = self.exchange(request_bytes("GET", "http://rally.test/livez"))
        self.assertEqual(reply.status, 200)

    def test_field_names_fold_case_and_values_lose_outer_space(self):
        token = self.guest().token
        reply, _ = self.exchange(b"GET /v1/profile/me HTTP/1.1\r\nhOST:rally.test\r\n"
                                 b"AUTHORIZATION: \t Bearer " + token.encode() + b" \t \r\n\r\n")
        self.assertEqual(reply.status, 200, reply)

    def test_the_scheme_bearer_folds_case(self):
        reply = self.http.get("/v1/profile/me", headers={"Authorization": f"bearer {self.guest().token}"})
        self.answer(reply, 200)

    def test_chunks_of_any_slicing_make_one_body(self):
        for size in (1, 2, 3, 7, 1000):
            with self.subTest(size=size):
                body = json.dumps({"username": fresh_name()}).encode()
                chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + size]), body[at:at + size])
                                  for at in range(0, len(body), size))
                reply, connection = self.exchange(CHUNKED + b"\r\n" + chunks + b"0\r\n\r\n" + FOLLOWER)
                self.assertEqual(reply.status, 201, reply)
                self.assertEqual(connection.read_response().status, 200, "the follower starts right after the chunks")

    def test_chunk_extensions_and_trailers_are_read_over(self):
        body = json.dumps({"username": fresh_name()}).encode()
        reply, connection = self.exchange(
            CHUNKED + b"\r\n%X;name=value\r\n%s\r\n000\r\nX-Trailer: x\r\n\r\n" % (len(body), body) + FOLLOWER)
        self.assertEqual(reply.status, 201, reply)
        self.assertEqual(connection.read_response().status, 200)

    def test_a_trailer_is_never_a_header(self):
        token = self.guest().token
        reply, _ = self.exchange(b"POST /game/leave/ HTTP/1.1\r\nHost: rally.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 b"0\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n")
        self.assertIn(reply.status, (400, 401), reply)

    def test_expect_100_continue_is_answered_before_the_body(self):
        body = json.dumps({"username": fresh_name()}).encode()
        connection = self.raw()
        connection.send(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        self.assertEqual(connection.read_head().status, 100)
        connection.send(body)
        self.assertEqual(connection.read_response().status, 201)

    def test_expect_100_continue_with_too_large_a_body_is_refused_without_it(self):
        connection = self.raw()
        connection.send(POST + b"Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n")
        self.assertEqual(connection.read_head().status, 413)

    def test_a_request_in_single_octets_is_the_same_request(self):
        body = json.dumps({"username": fresh_name()}).encode()
        connection = self.raw()
        data = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for position in range(len(data)):
            connection.send(data[position:position + 1])
        self.assertEqual(connection.read_response().status, 201)

    def test_a_body_that_nobody_asked_for_does_not_put_the_connection_out_of_step(self):
        connection = self.raw()
        connection.send(request_bytes("GET", "/livez", body=b"x" * 100) + FOLLOWER)
        self.assertEqual(connection.read_response().status, 200)
        try:
            self.assertEqual(connection.read_response().status, 200)
        except ConnectionEnded:
            pass  # Refusing to go on is as good; answering the body as a request is what must not happen.

    def test_the_server_does_not_tell_its_version(self):
        self.assertNotRegex(self.http.get("/livez").header("Server", ""), r"\d")


class AbsoluteTimes(RallyCase):
    """A slow client is cut off by the clock, not by its silence: sending a little does not help it."""

    def cut_after(self, streams, most):
        """Sends each stream's next bytes twice a second; how long each lived, by name."""
        began, lived = time.monotonic(), {}
        while len(lived) < len(streams) and time.monotonic() - began < most:
            for name, (connection, trickle) in streams.items():
                if name in lived:
                    continue
                connection.send(trickle)
                connection.socket.settimeout(0.5 / len(streams))
                try:
                    if not connection.socket.recv(4096):
                        lived[name] = time.monotonic() - began
                except TimeoutError:
                    pass
                except ConnectionResetError:
                    lived[name] = time.monotonic() - began
            self.answer(self.http.get("/livez"), 200)
        return lived

    def test_a_trickling_head_is_cut_after_10_s_and_a_trickling_body_within_30_s(self):
        head, body = self.raw(), self.raw()
        head.send(HEAD)
        body.send(POST + b"Content-Length: 60000\r\n\r\n")
        lived = self.cut_after({"head": (head, b"X-A: a\r\n"), "body": (body, b" ")}, 33)
        self.assertIn("head", lived)
        self.assertGreater(lived["head"], 8.0, "10 s are promised")
        self.assertLess(lived["head"], 13.0)
        self.assertIn("body", lived)
        self.assertLess(lived["body"], 32.0)


if __name__ == "__main__":
    unittest.main()
