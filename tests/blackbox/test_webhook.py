"""Section 4 of the protocol: results of rooms leave for an outside user service, until it has them.

The service is a small one of this file: it keeps what it is told and answers as each test wishes."""

import json
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.case import RallyCase
from harness.http_client import Http
from harness.server import eventually

KEYS = {"room_code", "player_1_id", "player_2_id", "player_1_score", "player_2_score", "winner_id", "duration",
        "finished_at", "match_id"}


class UserService:
    def __init__(self):
        self.heard, self.answers = [], []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.heard.append((self.path, dict(self.headers), json.loads(body)))
                self.send_response(service.answers.pop(0) if service.answers else 201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/outside/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class WebhookCase(RallyCase):
    own_server = True

    def setUp(self):
        self.service = UserService()
        self.addCleanup(self.service.close)
        self.settings = {"RALLY_RESULT_WEBHOOK_URL": self.service.url, "RALLY_RESULT_WEBHOOK_KEY": "s3cret-key"}
        super().setUp()

    def play(self):
        """A room whose second player resigns: (reply of the create, reply of the join)."""
        one, two = self.two_guests()
        room = self.answer(one.post("/api/room/create/"), 200).json()
        seat = self.answer(two.post("/api/room/join/", {"room_code": room["room_code"]}), 200).json()
        with two.match_socket(seat["game_id"]) as socket:
            socket.action("resign")
            socket.expect("game_over")
        return room, seat



class Webhook(WebhookCase):
    def test_9_a_refusal_for_good_parks_the_result(self):
        self.service.answers = [400]
        self.play()
        eventually(lambda: self.service.heard)
        self.play()
        eventually(lambda: len(self.service.heard) == 2)
        ids = [body["match_id"] for _, _, body in self.service.heard]
        self.assertNotEqual(*ids)
        self.assertIn("webhook_parked", self.server.output)

    def test_9_trouble_is_tried_again_with_the_same_words_until_it_is_taken(self):
        self.service.answers = [500, 429]
        self.play()
        eventually(lambda: len(self.service.heard) == 3, 15)
        bodies = [body for _, _, body in self.service.heard]
        keys = {headers["Idempotency-Key"] for _, headers, _ in self.service.heard}
        self.assertEqual(bodies, [bodies[0]] * 3)
        self.assertEqual(len(keys), 1)

    def test_9_results_of_guests_arrive_with_all_fields(self):
        room, seat = self.play()
        eventually(lambda: self.service.heard)
        path, headers, body = self.service.heard[0]
        self.assertEqual(path, "/outside/api/games/")
        self.assertEqual(headers["Authorization"], "Api-Key s3cret-key")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(set(body), KEYS)
        self.assertEqual((body["room_code"], body["match_id"]), (room["room_code"], seat["game_id"]))
        self.assertEqual((body["player_1_id"], body["player_2_id"]), (room["player_id"], seat["player_id"]))
        self.assertEqual(body["winner_id"], room["player_id"])

    def test_9_a_result_survives_kill_9_before_it_is_delivered(self):
        self.service.answers = [503]
        _, seat = self.play()
        eventually(lambda: self.service.heard)
        self.server.kill()
        self.server.start()
        eventually(lambda: len(self.service.heard) >= 2, 15)
        self.assertEqual({body["match_id"] for _, _, body in self.service.heard}, {seat["game_id"]})

    def test_what_is_not_of_a_room_or_was_called_off_is_not_told(self):
        game_id, one, two = self.match()
        with one.match_socket(game_id) as socket:
            socket.action("resign")
            socket.expect("game_over")
        room, seat = self.play()
        eventually(lambda: self.service.heard)
        self.assertEqual([body["match_id"] for _, _, body in self.service.heard], [seat["game_id"]])
        code, said = self.server.audit()
        self.assertEqual(code, 0, said)


class NobodyThere(WebhookCase):
    def test_9_a_service_that_is_away_holds_up_no_game(self):
        self.service.close()
        self.service.close = lambda: None
        self.play()
        self.play()
        eventually(lambda: "webhook_failed" in self.server.output, 10)


class Https(WebhookCase):
    """The same over TLS, with a certificate that the server is told to trust, or not."""

    def secured(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        key, cert = f"{folder}/key.pem", f"{folder}/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        service = UserService()
        self.addCleanup(service.close)
        service.server.socket = context.wrap_socket(service.server.socket, server_side=True)
        return service, cert, f"https://localhost:{service.server.server_port}"

    def restart(self, **settings):
        self.server.stop()
        self.server.settings = {**self.server.settings, **settings}
        self.server.start()
        self.http = Http(self.server.host, self.server.port)

    def test_a_certificate_nobody_trusts_gets_no_result(self):
        service, _, url = self.secured()
        self.restart(RALLY_RESULT_WEBHOOK_URL=url)
        self.play()
        eventually(lambda: "webhook_failed" in self.server.output, 10)
        self.assertEqual(service.heard, [])

    def test_a_trusted_one_gets_it(self):
        service, cert, url = self.secured()
        self.restart(RALLY_RESULT_WEBHOOK_URL=url, SSL_CERT_FILE=cert)
        self.play()
        eventually(lambda: service.heard, 10)


if __name__ == "__main__":
    unittest.main()
