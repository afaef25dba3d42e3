"""Class S: nothing secret is ever written to a log, whatever a client does with it.

Every secret that the test knows is a canary; it is sent in all the places where clients put secrets, rightly and
wrongly. Afterwards none of them may appear in anything the process printed, nor in its arguments."""

import json
import pathlib
import unittest

from harness.case import RallyCase
from harness.http_client import request_bytes
from harness.player import fresh_name
from harness.server import eventually
from harness.websocket import HandshakeRefused

SECRET = "canary-hs256-secret-0123456789abcdef"


class NoSecretInAnyLog(RallyCase):
    settings = {"RALLY_JWT_HS256_SECRET": SECRET, "RALLY_LOG_LEVEL": "debug"}

    def test_no_password_token_ticket_or_cookie_reaches_the_log(self):
        password, wrong, new = "Canary-pass-one", "Canary-pass-wrong", "Canary-pass-new"
        player = self.register(password=password)
        canaries = [password, wrong, new, SECRET, player.token, player.refresh_token]

        self.http.post("/v1/auth/login", {"username": player.username, "password": wrong})
        self.http.post("/v1/auth/login", {"username": player.username, "password": wrong, "role": "x"})
        self.http.post(f"/v1/auth/login?password={wrong}", {"username": player.username, "password": wrong})
        self.http.post("/v1/auth/login", f'{{"username":"x","password":"{wrong}",}}'.encode())
        self.http.post("/v1/auth/login", f'{{"password":"{wrong}'.encode())
        self.http.post("/v1/auth/register", {"username": "a", "password": new})
        reply = self.http.post("/v1/auth/refresh", {"refresh_token": player.refresh_token}).json()
        canaries += [reply["access_token"], reply["refresh_token"]]
        self.http.post("/v1/auth/refresh", {"refresh_token": reply["access_token"]})
        ticket = player.post("/v1/ws/ticket").json()["ticket"]
        canaries.append(ticket)
        for query in (f"?token={player.token}", f"?ticket={ticket}", f"?token={player.token}x", f"?ticket={ticket}x"):
            try:
                player.socket(f"/ws/queue/{query}", how=None).close()
                player.socket(f"/ws/game/99999999/{query}", how=None).close()
            except HandshakeRefused:
                pass
        self.http.get(f"/v1/profile/me?token={player.token}")
        self.http.get(f"/nothing/{player.token}")
        self.http.get("/v1/profile/me", headers={"Cookie": f"rally_rt={player.refresh_token}"})
        self.http.get("/v1/profile/me", headers={"Authorization": f"Basic {player.refresh_token}"})
        self.http.get("/v1/profile/me", headers={"Authorization": f"Api-Key {wrong}"})
        self.exchange(request_bytes("GET", "/livez", [("Authorization", f"Bearer {player.token}"), ("Bad Name", "x")]))
        player.post("/v1/auth/password", {"current_password": wrong, "new_password": new})
        player.post("/v1/auth/password", {"current_password": password, "new_password": new})
        self.http.post("/v1/auth/logout", {"refresh_token": player.refresh_token})

        arguments = pathlib.Path(f"/proc/{self.server.process.pid}/cmdline").read_bytes().decode("utf-8", "replace")
        for canary in canaries:
            self.assertNotIn(canary, self.server.output)
            self.assertNotIn(canary, arguments)
            signature = canary.rsplit(".", 1)[-1]
            self.assertNotIn(signature, self.server.output, "the signature of a token is the token's secret part")

    def test_no_secret_lies_readable_in_the_data_folder(self):
        player = self.register(password="Canary-at-rest")
        for path in self.server.data_dir.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                for canary in (b"Canary-at-rest", player.refresh_token.encode(), SECRET.encode()):
                    self.assertNotIn(canary, data, path)

    def test_a_log_line_cannot_be_forged_from_outside(self):
        marker = fresh_name("forged")
        self.http.get(f"/nothing/%0a%0d{marker}%1b%5b31m")
        self.http.get("/livez", headers={"User-Agent": f"x\" level=\"error\" {marker}"})
        self.http.post("/v1/auth/guest", {"username": f"{marker}\n{{\"level\":\"error\"}}"})
        for line in self.server.lines:
            if marker in line:
                json.loads(line)
                self.assertNotIn("\x1b", line)

    def test_log_lines_are_json_with_the_request_id_that_the_client_was_told(self):
        wanted = self.guest().get("/v1/profile/me").header("X-Request-Id")

        def logged():
            rows = [json.loads(line) for line in list(self.server.lines) if line.startswith("{")]
            return [row for row in rows if row.get("request_id") == wanted]
        self.assertTrue(eventually(logged, says="the request was not logged"))


if __name__ == "__main__":
    unittest.main()
