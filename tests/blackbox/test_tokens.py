"""Access tokens: what they say, that their signature is real, and that nothing else is taken for one."""

import time
import unittest

from harness.case import RallyCase
from harness.player import Player, fresh_name
from harness.server import Server, eventually
from harness.tokens import b64url_decode, ed25519_is_valid, hs256, make_jwt, split_jwt

SECRET = "an-outside-secret-of-more-than-32-bytes!"


class AccessTokens(RallyCase):
    def keys(self):
        reply = self.answer(self.http.get("/.well-known/jwks.json"), 200)
        return {key["kid"]: key for key in reply.json()["keys"]}

    def refused(self, token):
        self.answer(self.http.get("/v1/profile/me", token=token), 401)

    def test_every_single_changed_character_makes_a_token_worthless(self):
        token = self.guest().token
        for position in range(0, len(token), 3):
            letter = "A" if token[position] != "A" else "B"
            if token[position] == ".":
                continue
            changed = token[:position] + letter + token[position + 1:]
            if position == len(token) - 1 and b64url_decode(changed.split(".")[2]) == b64url_decode(token.split(".")[2]):
                continue
            with self.subTest(position=position):
                self.refused(changed)

    def test_another_algorithm_is_refused(self):
        head, claims, signature, _ = split_jwt(self.guest().token)
        public = b64url_decode(next(iter(self.keys().values()))["x"])
        for algorithm in ("none", "None", "NONE", "", "HS256", "HS512", "RS256", "ES256", "Ed25519", "eddsa"):
            with self.subTest(algorithm=algorithm):
                self.refused(make_jwt({**head, "alg": algorithm}, claims, lambda data: b""))
                self.refused(make_jwt({**head, "alg": algorithm}, claims, lambda data: signature))
                self.refused(hs256(claims, public, {**head, "alg": algorithm}))

    def test_hs256_is_refused_unless_it_was_configured(self):
        claims = {"user_id": 1, "exp": int(time.time()) + 600}
        for secret in (SECRET, "", b""):
            self.refused(hs256(claims, secret))

    def test_a_token_of_another_server_is_refused(self):
        other = Server()
        try:
            other.start()
            self.refused(Player.guest(other).token)
        finally:
            other.stop()
            other.remove()

    def test_bytes_around_a_token_are_refused(self):
        token = self.guest().token
        for form in (token + ".", "." + token, token + "=", token + ".x", token.replace(".", "..", 1), token[:-1],
                     token + " x", " ".join((token, token))):
            with self.subTest(form=form[-8:]):
                self.refused(form)

    def test_the_key_set_holds_only_public_ed25519_keys(self):
        for kid, key in self.keys().items():
            self.assertEqual((key["kty"], key["crv"], key.get("alg", "EdDSA"), key.get("use", "sig")),
                             ("OKP", "Ed25519", "EdDSA", "sig"))
            self.assertEqual(len(b64url_decode(key["x"])), 32)
            self.assertNotIn("d", key)

    def test_a_token_says_what_is_promised_and_its_signature_is_real(self):
        player = self.guest()
        head, claims, signature, signed = split_jwt(player.token)
        self.assertEqual(head["alg"], "EdDSA")
        self.assertTrue(ed25519_is_valid(b64url_decode(self.keys()[head["kid"]]["x"]), signed, signature))
        self.assertLessEqual({"iss", "sub", "user_id", "username", "type", "token_type", "jti", "sid", "iat", "exp"},
                             set(claims))
        self.assertEqual((claims["type"], claims["token_type"], claims["username"]), ("access", "access", player.username))
        self.assertEqual((str(claims["sub"]), int(claims["user_id"])), (player.player_id, player.user_id))
        self.assertEqual(claims["exp"] - claims["iat"], 900)
        self.assertLess(abs(claims["iat"] - time.time()), 60)
        self.assertLessEqual(len(player.token), 1024)

    def test_every_token_has_its_own_jti(self):
        player = self.guest()
        reply = self.http.post("/v1/auth/refresh", {"refresh_token": player.refresh_token}).json()
        first, second = split_jwt(player.token)[1], split_jwt(reply["access_token"])[1]
        self.assertNotEqual(first["jti"], second["jti"])
        self.assertEqual(first["sid"], second["sid"])


class ShortLives(RallyCase):
    settings = {"RALLY_ACCESS_TTL": "1s", "RALLY_REFRESH_TTL": "2s"}

    def test_the_lifetimes_are_settings_and_a_dead_refresh_token_is_401(self):
        reply = self.http.post("/v1/auth/guest", {}).json()
        claims = split_jwt(reply["access_token"])[1]
        self.assertEqual((reply["expires_in"], claims["exp"] - claims["iat"]), (1, 1))
        # Thirty seconds of leeway: the access token still works, though its second is over.
        eventually(lambda: time.time() > claims["exp"] + 2)
        self.answer(self.http.get("/v1/profile/me", token=reply["access_token"]), 200)
        self.answer(self.http.post("/v1/auth/refresh", {"refresh_token": reply["refresh_token"]}), 401)


class KeysSurviveARestart(RallyCase):
    own_server = True

    def test_a_token_is_still_good_after_a_restart(self):
        player = self.guest()
        self.server.kill()
        self.server.start()
        player.move_to(self.server)
        self.assertEqual(player.me()["player_id"], player.player_id)

    def test_the_generated_key_is_readable_by_its_owner_only(self):
        found = [path for path in self.server.data_dir.rglob("*") if path.is_file()
                 and b"PRIVATE KEY" in path.read_bytes()[:200]]
        self.assertTrue(found, list(self.server.data_dir.rglob("*")))
        for path in found:
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)


class OutsideTokens(RallyCase):
    """`RALLY_JWT_HS256_SECRET`: the tokens of an existing user service."""

    settings = {"RALLY_JWT_HS256_SECRET": SECRET}

    def claims(self, **more):
        return {"user_id": 42, "exp": int(time.time()) + 600, **more}

    def me(self, token):
        return self.http.get("/v1/profile/me", token=token)

    def test_wrong_secrets_algorithms_and_claims_are_refused(self):
        now = int(time.time())
        for what, token in (
                ("another secret", hs256(self.claims(), SECRET + "x")),
                ("an empty secret", hs256(self.claims(), b"")),
                ("no exp", hs256({"user_id": 42}, SECRET)),
                ("long expired", hs256(self.claims(exp=now - 120), SECRET)),
                ("exp as a text", hs256(self.claims(exp="tomorrow"), SECRET)),
                ("exp below zero", hs256(self.claims(exp=-1), SECRET)),
                ("a refresh token", hs256(self.claims(type="refresh"), SECRET)),
                ("a simplejwt refresh token", hs256(self.claims(token_type="refresh"), SECRET)),
                ("no user", hs256({"exp": now + 600}, SECRET)),
                ("HS512 in the header", hs256(self.claims(), SECRET, {"alg": "HS512", "typ": "JWT"})),
                ("no algorithm", hs256(self.claims(), SECRET, {"typ": "JWT"})),
                ("EdDSA in the header", hs256(self.claims(), SECRET, {"alg": "EdDSA", "typ": "JWT"})),
                ("a critical extension", hs256(self.claims(), SECRET, {"alg": "HS256", "crit": ["x"], "x": 1})),
                ("not yet valid", hs256(self.claims(nbf=now + 600), SECRET))):
            with self.subTest(what=what):
                self.answer(self.me(token), 401)

    def test_an_outside_id_never_addresses_a_native_account(self):
        native = self.register()
        profile = self.answer(self.me(hs256(self.claims(user_id=native.user_id, username=native.username), SECRET)), 200)
        self.assertNotEqual(profile.json()["player_id"], native.player_id)

    def test_the_account_is_made_at_first_use_and_found_again(self):
        first = self.answer(self.me(hs256(self.claims(user_id=77, username=fresh_name("outside")), SECRET)), 200).json()
        second = self.answer(self.me(hs256(self.claims(user_id=77, jti="other"), SECRET)), 200).json()
        third = self.answer(self.me(hs256(self.claims(user_id=78), SECRET)), 200).json()
        self.assertEqual(first["player_id"], second["player_id"])
        self.assertNotEqual(first["player_id"], third["player_id"])

    def test_user_id_may_be_a_number_or_a_text_and_sub_will_do(self):
        ids = {self.answer(self.me(hs256(claims, SECRET)), 200).json()["player_id"]
               for claims in (self.claims(user_id=91), self.claims(user_id="91"),
                              {"sub": "91", "exp": int(time.time()) + 600})}
        self.assertEqual(len(ids), 1)

    def test_thirty_seconds_of_leeway_are_given(self):
        self.answer(self.me(hs256(self.claims(exp=int(time.time()) - 10), SECRET)), 200)

    def test_outside_players_meet_in_the_queue(self):
        one, two = (hs256(self.claims(user_id=number), SECRET) for number in (501, 502))
        self.answer(self.http.post("/game/join/", token=one), 200)
        self.assertIsNotNone(self.answer(self.http.post("/game/join/", token=two), 200).json()["match"])

    def test_a_native_player_still_gets_in_beside_them(self):
        self.assertEqual(self.guest().me()["guest"], True)


if __name__ == "__main__":
    unittest.main()
