"""Section 1 of the protocol: what is the same on every route.

Every reply in the whole suite is held against the error form and the request id already (`check_conventions`); here
are the rules that need a request made for them. Wrong requests come first.
"""

import json
import re
import shutil
import tempfile
import unittest

from harness.case import RallyCase
from harness.http_client import request_bytes
from harness.player import fresh_name
from harness.server import make_signing_key

GUARDED = [
    ("POST", "/game/join/"), ("POST", "/game/leave/"), ("GET", "/game/status/"), ("GET", "/game/history/"),
    ("POST", "/game/queue/join/"), ("POST", "/game/queue/leave/"),
    ("GET", "/v1/profile/me"), ("PATCH", "/v1/profile/me"), ("DELETE", "/v1/profile/me"),
    ("GET", "/v1/profile/me/export"), ("POST", "/v1/auth/password"), ("POST", "/v1/auth/upgrade"),
    ("POST", "/v1/ws/ticket"),
]

BROKEN_JSON = [
    ("a duplicate key", b'{"username":"abc","username":"abd"}'),
    ("a duplicate key written with an escape", b'{"username":"abc","user\\u006eame":"abd"}'),
    ("a duplicate key one level down", b'{"username":{"a":1,"a":2}}'),
    ("invalid UTF-8", b'{"username":"ab\xff"}'),
    ("an overlong UTF-8 form", b'{"username":"ab\xc0\xaf"}'),
    ("a surrogate in UTF-8", b'{"username":"ab\xed\xa0\x80"}'),
    ("a lone surrogate escape", b'{"username":"ab\\ud800"}'),
    ("a depth of 9", b'{"username":' + b"[" * 8 + b"]" * 8 + b"}"),
    ("a depth of 5,000", b"[" * 5000 + b"]" * 5000),
    ("an unclosed object", b'{"username":"abc"'),
    ("an unclosed string", b'{"username":"abc'),
    ("a second value", b'{"username":"abc"}{}'),
    ("a trailing comma", b'{"username":"abc",}'),
    ("single quotes", b"{'username':'abc'}"),
    ("a comment", b'{"username":"abc"/**/}'),
    ("a bare word", b'{"username":abc}'),
    ("NaN", b'{"username":NaN}'),
    ("a number with a leading zero", b'{"username":01}'),
    ("a number with a leading plus", b'{"username":+1}'),
    ("a number that ends with a point", b'{"username":1.}'),
    ("a raw newline in a string", b'{"username":"a\nb"}'),
    ("an unknown escape", b'{"username":"a\\x41"}'),
    ("a byte order mark", b'\xef\xbb\xbf{"username":"abc"}'),
    ("no JSON at all", b"hello"),
]


class Conventions(RallyCase):
    def test_every_guarded_route_answers_401_first_with_www_authenticate(self):
        for method, path in GUARDED:
            with self.subTest(route=f"{method} {path}"):
                reply = self.http.request(method, path, body=b"not json" if method != "GET" else None)
                self.answer(reply, 401)
                self.assertTrue(reply.header("WWW-Authenticate").startswith("Bearer"))

    def test_a_token_that_is_not_one_is_401_on_every_guarded_route(self):
        for token in ("", "x", "a.b.c", "Bearer", "ey" * 4000):
            with self.subTest(token=token[:10]):
                self.answer(self.http.get("/v1/profile/me", token=token), 401)

    def test_an_unknown_path_is_404(self):
        player = self.guest()
        for path in ("/v1/nothing", "/game/nothing/", "/v1/profile/me/nothing", "/game/join/nothing", "/api/nothing/"):
            with self.subTest(path=path):
                self.answer(player.get(path), 404)

    def test_a_wrong_method_is_405_and_names_the_right_ones(self):
        player = self.guest()
        for method, path, allowed in (("GET", "/game/join/", "POST"), ("DELETE", "/game/leave/", "POST"),
                                      ("POST", "/game/status/", "GET"), ("PUT", "/v1/profile/me", "PATCH"),
                                      ("GET", "/v1/auth/register", "POST"), ("POST", "/livez", "GET")):
            with self.subTest(route=f"{method} {path}"):
                reply = self.answer(self.http.request(method, path, token=player.token), 405)
                self.assertIn(allowed, re.split(r",\s*", reply.header("Allow")))

    def test_an_unknown_method_is_refused_and_not_run(self):
        reply = self.http.request("BREW", "/livez")
        self.assertIn(reply.status, (405, 501))

    def test_a_wrong_content_type_is_415(self):
        body = json.dumps({"username": fresh_name()}).encode()
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonx",
                     "multipart/form-data; boundary=x"):
            with self.subTest(kind=kind):
                self.answer(self.http.post("/v1/auth/guest", body, content_type=kind), 415)

    def test_broken_json_is_400_whatever_is_broken(self):
        for what, body in BROKEN_JSON:
            with self.subTest(what=what):
                self.answer(self.http.post("/v1/auth/guest", body), 400)

    def test_a_json_value_that_is_not_an_object_is_refused(self):
        for body in (b"[]", b"1", b"null", b'"abc"', b"true"):
            with self.subTest(body=body):
                self.assertIn(self.http.post("/v1/auth/guest", body).status, (400, 422))

    def test_an_unknown_key_is_422_and_is_pointed_at(self):
        reply = self.http.post("/v1/auth/guest", {"username": fresh_name(), "role": "admin"})
        self.answer(reply, 422)
        self.assertIn("/role", [entry["pointer"] for entry in reply.json()["errors"]])

    def test_a_pointer_escapes_the_characters_of_rfc_6901(self):
        reply = self.http.post("/v1/auth/guest", {"a/b~c": 1})
        self.answer(reply, 422)
        self.assertIn("/a~1b~0c", [entry["pointer"] for entry in reply.json()["errors"]])

    def test_a_missing_or_mistyped_key_is_422_and_is_pointed_at(self):
        for body, pointer in (({"password": "long enough"}, "/username"),
                              ({"username": fresh_name()}, "/password"),
                              ({"username": 5, "password": "long enough"}, "/username"),
                              ({"username": fresh_name(), "password": None}, "/password"),
                              ({"username": fresh_name(), "password": ["long enough"]}, "/password")):
            with self.subTest(body=body):
                reply = self.answer(self.http.post("/v1/auth/register", body), 422)
                self.assertIn(pointer, [entry["pointer"] for entry in reply.json()["errors"]])

    def test_a_body_over_64_kib_is_413(self):
        reply = self.http.post("/v1/auth/guest", b'{"username":"' + b"a" * 70000 + b'"}')
        self.answer(reply, 413)

    def test_a_request_id_is_new_for_every_request(self):
        seen = {self.http.get("/livez").header("X-Request-Id") for _ in range(5)}
        self.assertEqual(len(seen), 5)

    def test_an_error_repeats_no_markup_and_no_control_bytes_of_the_request(self):
        reply = self.http.get("/v1/profile/%3Cscript%3E%0d%0aSet-Cookie:x", token=self.guest().token)
        self.assertGreaterEqual(reply.status, 400)
        self.assertIsNone(reply.header("Set-Cookie"))

    def test_a_trailing_slash_never_matters_and_never_redirects(self):
        player = self.guest()
        for path in ("/v1/profile/me", "/game/status", "/game/history", "/livez", "/readyz", "/health",
                     "/.well-known/jwks.json"):
            for form in (path, path + "/"):
                with self.subTest(path=form):
                    self.answer(player.get(form), 200)
        self.answer(player.post("/game/join"), 200)
        self.answer(player.post("/game/leave/"), 200)

    def test_json_with_a_charset_and_odd_case_is_json(self):
        for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=\"utf-8\""):
            with self.subTest(kind=kind):
                body = json.dumps({"username": fresh_name()}).encode()
                self.answer(self.http.post("/v1/auth/guest", body, content_type=kind), 201)

    def test_a_depth_of_8_is_taken(self):
        player = self.guest()
        nested = {"preferences": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}}
        self.answer(player.patch("/v1/profile/me", nested), 200)

    def test_head_answers_as_get_without_a_body(self):
        for path in ("/livez", "/health", "/.well-known/jwks.json"):
            with self.subTest(path=path):
                head = self.http.request("HEAD", path)
                get = self.http.get(path)
                self.assertEqual(head.status, get.status)
                self.assertEqual(head.body, b"")
                self.assertEqual(head.header("Content-Type"), get.header("Content-Type"))
        # The connection is still in step: no body bytes of HEAD were left on it.
        self.answer(self.http.get("/livez"), 200)

    def test_api_replies_are_never_stored_by_caches(self):
        self.assertEqual(self.guest().get("/v1/profile/me").header("Cache-Control"), "no-store")

    def test_every_reply_forbids_sniffing(self):
        self.assertEqual(self.guest().get("/v1/profile/me").header("X-Content-Type-Options"), "nosniff")

    def test_the_problem_of_each_kind_has_its_page(self):
        reply = self.http.get("/v1/profile/me")
        self.answer(reply, 401)
        self.answer(self.http.get(reply.json()["type"]), 200)


class IdempotencyKey(RallyCase):
    own_server = True  # Each test begins with an empty queue.

    def test_another_body_under_the_same_key_is_422(self):
        player = self.guest()
        key = {"Idempotency-Key": fresh_name("key")}
        self.answer(player.post("/game/join/", headers=key), 200)
        self.answer(player.post("/game/join/", {"again": True}, headers=key), 422)

    def test_the_same_key_gets_the_same_bytes_and_one_effect(self):
        player = self.guest()
        key = {"Idempotency-Key": fresh_name("key")}
        first = self.answer(player.post("/game/join/", headers=key), 200)
        second = self.answer(player.post("/game/join/", headers=key), 200)
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.header("Content-Type"), second.header("Content-Type"))
        # Without the key the effect shows: this player is queued, once.
        self.answer(player.post("/game/join/"), 400, "already_queued")
        self.answer(player.post("/game/leave/"), 200)

    def test_an_error_is_not_turned_into_a_success_by_its_key(self):
        player = self.guest()
        key = {"Idempotency-Key": fresh_name("key")}
        first = self.answer(player.post("/game/leave/", headers=key), 400, "not_queued")
        second = self.answer(player.post("/game/leave/", headers=key), 400, "not_queued")
        self.assertEqual(first.code(), second.code())

    def test_a_key_belongs_to_its_player(self):
        one, two = self.two_guests()
        key = {"Idempotency-Key": fresh_name("key")}
        self.answer(one.post("/game/join/", headers=key), 200)
        reply = self.answer(two.post("/game/join/", headers=key), 200)
        self.assertIsNotNone(reply.json()["match"], "the second player's own join makes the match")

    def test_the_join_that_made_a_match_is_repeated_word_for_word(self):
        one, two = self.two_guests()
        one.join_queue()
        key = {"Idempotency-Key": fresh_name("key")}
        first = self.answer(two.post("/game/join/", headers=key), 200)
        self.assertIsNotNone(first.json()["match"])
        self.assertEqual(two.post("/game/join/", headers=key).body, first.body)

    def test_tokens_are_never_stored_under_a_key(self):
        key = {"Idempotency-Key": fresh_name("key")}
        first = self.http.post("/v1/auth/guest", {}, headers=key)
        second = self.http.post("/v1/auth/guest", {}, headers=key)
        self.answer(first, 201), self.answer(second, 201)
        self.assertNotEqual(first.json()["access_token"], second.json()["access_token"])
        self.assertNotEqual(first.json()["player_id"], second.json()["player_id"])


class LimitedCase(RallyCase):
    """Limits on. Each test has its own server: a limiter keyed by address remembers."""

    own_server = True
    settings = {"RALLY_RATE_LIMITS": "on"}

    def burst(self, call, refused, most):
        """Calls until `refused`; (how many were let through, the refusal)."""
        for count in range(most):
            reply = call()
            if reply.status == refused:
                return count, reply
        self.fail(f"{most} calls and no {refused}")

    def check_refusal(self, reply):
        self.answer(reply, 429)
        self.assertGreaterEqual(int(reply.header("Retry-After")), 1)
        self.assertEqual(reply.header("RateLimit-Remaining"), "0")
        for name in ("RateLimit-Limit", "RateLimit-Reset"):
            self.assertTrue(reply.header(name, "").isdigit(), reply)


class NewAccountsInProduction(LimitedCase):
    """Three new accounts an hour from one address. In development, where everybody comes from loopback, more."""

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="rally-key-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.settings = {**self.settings, "RALLY_ENV": "production", "RALLY_SIGNING_KEY_FILE": make_signing_key(folder)}
        super().setUp()

    def test_a_fourth_registration_in_the_hour_from_one_address_is_429(self):
        def register():
            return self.http.post("/v1/auth/register", {"username": fresh_name(), "password": "long enough"})
        count, reply = self.burst(register, 429, 6)
        self.assertIn(count, (3, 4))
        self.check_refusal(reply)
        self.assertGreater(int(reply.header("Retry-After")), 60)

    def test_forwarded_for_from_a_stranger_is_not_believed(self):
        def register(number=iter(range(100))):
            return self.http.post("/v1/auth/register", {"username": fresh_name(), "password": "long enough"},
                                  headers={"X-Forwarded-For": f"203.0.113.{next(number)}"})
        count, _ = self.burst(register, 429, 6)
        self.assertIn(count, (3, 4))


class RateLimits(LimitedCase):
    def test_guessing_a_password_ends_at_429_though_the_right_one_is_among_the_guesses(self):
        player = self.register()

        def guess():
            return self.http.post("/v1/auth/login", {"username": player.username, "password": "wrong guess"})
        count, reply = self.burst(guess, 429, 14)
        self.assertIn(count, (10, 11))
        self.check_refusal(reply)
        self.answer(self.http.post("/v1/auth/login", {"username": player.username, "password": player.password}), 429)

    def test_hammering_the_queue_is_429(self):
        player = self.guest()
        toggles = iter(["/game/join/", "/game/leave/"] * 20)
        count, reply = self.burst(lambda: player.post(next(toggles)), 429, 25)
        self.assertGreaterEqual(count, 5)
        self.check_refusal(reply)

    def test_one_player_at_the_limit_does_not_stop_another(self):
        one, two = self.two_guests()
        self.burst(lambda: one.post("/game/leave/"), 429, 25)
        self.answer(two.post("/game/leave/"), 400, "not_queued")

    def test_what_remains_falls_with_every_call(self):
        player = self.guest()
        left = [int(player.get("/v1/profile/me").header("RateLimit-Remaining")) for _ in range(5)]
        self.assertEqual(left, sorted(left, reverse=True))
        self.assertLess(left[-1], left[0])

    def test_a_fifth_socket_of_one_player_is_refused(self):
        player = self.guest()
        sockets = [player.queue_socket() for _ in range(4)]
        with player.socket("/ws/queue/") as fifth:
            fifth.expect_refusal(4029)
        for socket in sockets:
            socket.settle()
            socket.close()


class Origins(RallyCase):
    settings = {"RALLY_ALLOWED_ORIGINS": "https://play.example,https://other.example"}

    def handshake_status(self, path, origin):
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
                   ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Origin", origin)]
        reply, _ = self.exchange(request_bytes("GET", path, headers, host=f"127.0.0.1:{self.server.port}"))
        return reply.status

    def test_a_socket_from_a_foreign_origin_is_403_before_the_handshake(self):
        token = self.guest().token
        for origin in ("https://evil.example", "https://play.example.evil.example", "http://play.example", "null",
                       f"http://127.0.0.1:{self.server.port + 1}", "https://play.example:444",
                       f"http://127.0.0.1:{self.server.port}.evil.example"):
            with self.subTest(origin=origin):
                self.assertEqual(self.handshake_status(f"/ws/queue/?token={token}", origin), 403)

    def test_a_socket_from_this_host_or_an_allowed_one_is_accepted(self):
        token = self.guest().token
        for origin in (f"http://127.0.0.1:{self.server.port}", "https://play.example", "https://other.example"):
            with self.subTest(origin=origin):
                self.assertEqual(self.handshake_status(f"/ws/queue/?token={token}", origin), 101)

    def test_a_foreign_page_may_not_read_replies(self):
        reply = self.http.get("/livez", headers={"Origin": "https://evil.example"})
        self.assertIsNone(reply.header("Access-Control-Allow-Origin"))

    def test_an_allowed_page_may_ask_first_and_then_call(self):
        origin = {"Origin": "https://play.example"}
        ask = self.http.request("OPTIONS", "/game/join/", headers={
            **origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"})
        self.assertIn(ask.status, (200, 204))
        self.assertEqual(ask.header("Access-Control-Allow-Origin"), "https://play.example")
        self.assertIn("POST", ask.header("Access-Control-Allow-Methods"))
        self.assertIn("authorization", ask.header("Access-Control-Allow-Headers").lower())
        self.assertIn("origin", (ask.header("Vary") or "").lower())
        reply = self.guest().get("/game/status/", headers=origin)
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), "https://play.example")

    def test_the_wildcard_is_never_sent(self):
        for origin in ("https://play.example", "https://evil.example"):
            reply = self.guest().get("/v1/profile/me", headers={"Origin": origin})
            self.assertNotEqual(reply.header("Access-Control-Allow-Origin"), "*")


class Tickets(RallyCase):
    """`POST /v1/ws/ticket`: a socket without a token in its address."""

    def test_a_ticket_that_was_never_given_is_4001(self):
        with self.guest().socket("/ws/queue/?ticket=AAAAAAAAAAAAAAAAAAAAAA", how=None) as socket:
            socket.expect_refusal(4001)

    def test_a_ticket_opens_one_socket_and_only_one(self):
        player = self.guest()
        reply = player.post("/v1/ws/ticket")
        self.assertIn(reply.status, (200, 201), reply)
        ticket = reply.json()["ticket"]
        with player.socket(f"/ws/queue/?ticket={ticket}", how=None) as socket:
            socket.expect("queue_status")
        with player.socket(f"/ws/queue/?ticket={ticket}", how=None) as socket:
            socket.expect_refusal(4001)

    def test_two_tickets_are_two_secrets(self):
        player = self.guest()
        first, second = (player.post("/v1/ws/ticket").json()["ticket"] for _ in range(2))
        self.assertNotEqual(first, second)
        self.assertGreaterEqual(len(first), 22)


if __name__ == "__main__":
    unittest.main()
