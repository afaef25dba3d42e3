"""Section 2 of the protocol: accounts and profiles. Wrong requests first, each with its exact answer."""

import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness.case import RallyCase
from harness.http_client import Http
from harness.player import Player, fresh_name, begin_match
from harness.server import eventually

ACCOUNT_KEYS = {"player_id", "user_id", "username", "email", "access_token", "refresh_token", "token_type", "expires_in"}
PROFILE_KEYS = {"player_id", "user_id", "username", "display_name", "email", "region", "mmr", "ratings", "guest",
                "created_at", "status", "preferences"}
GOOD = "correct horse battery"


class Register(RallyCase):
    def try_register(self, **body):
        return self.http.post("/v1/auth/register", body)

    def test_a_username_outside_the_rules_is_422_at_username(self):
        for name in ("ab", "", "a" * 33, "has space", "émile", "semi;colon", "12345", "a/b", "a.b", "a@b", "ab\n"):
            with self.subTest(name=name):
                reply = self.answer(self.try_register(username=name, password=GOOD), 422)
                self.assertEqual([entry["pointer"] for entry in reply.json()["errors"]], ["/username"])

    def test_a_password_outside_8_to_128_is_422_at_password(self):
        for password in ("", "1234567", "x" * 129):
            with self.subTest(length=len(password)):
                reply = self.answer(self.try_register(username=fresh_name(), password=password), 422)
                self.assertEqual([entry["pointer"] for entry in reply.json()["errors"]], ["/password"])

    def test_an_email_that_is_none_is_422(self):
        for email in ("", "nobody", "@example.com", "a@", "a b@example.com", "a" * 400 + "@example.com"):
            with self.subTest(email=email[:20]):
                reply = self.answer(self.try_register(username=fresh_name(), password=GOOD, email=email), 422)
                self.assertEqual([entry["pointer"] for entry in reply.json()["errors"]], ["/email"])

    def test_all_faults_of_a_body_are_told_at_once(self):
        reply = self.answer(self.try_register(username="a", password="b", role="admin"), 422)
        self.assertEqual({entry["pointer"] for entry in reply.json()["errors"]}, {"/username", "/password", "/role"})

    def test_a_taken_username_is_409_whatever_its_case(self):
        player = self.register()
        for name in (player.username, player.username.upper(), player.username.title()):
            with self.subTest(name=name):
                self.answer(self.try_register(username=name, password=GOOD), 409, "username_taken")

    def test_a_taken_email_is_409_whatever_its_case(self):
        email = f"{fresh_name()}@Example.com"
        self.register(email=email)
        for form in (email, email.upper(), email.lower()):
            with self.subTest(email=form):
                self.answer(self.try_register(username=fresh_name(), password=GOOD, email=form), 409, "email_taken")

    def test_registration_replies_201_with_an_account_and_a_pair_of_tokens(self):
        name = fresh_name()
        reply = self.answer(self.try_register(username=name, password=GOOD, email=f"{name}@example.com"), 201).json()
        self.assertLessEqual(ACCOUNT_KEYS, set(reply))
        self.assertEqual((reply["username"], reply["email"]), (name, f"{name}@example.com"))
        self.assertEqual((reply["token_type"], reply["expires_in"]), ("bearer", 900))
        self.assertIsInstance(reply["player_id"], str)
        self.assertTrue(reply["player_id"].isdigit())

    def test_the_shortest_and_the_longest_names_and_passwords_work(self):
        for name, password in (("Bo_", GOOD), ("Z" * 31 + "-", GOOD), (fresh_name(), "12345678"),
                               (fresh_name(), "x" * 128), (fresh_name(), "pä ßwörd 🙂")):
            with self.subTest(name=name):
                self.answer(self.try_register(username=name, password=password), 201)
                self.answer(self.http.post("/v1/auth/login", {"username": name, "password": password}), 200)

    def test_two_registrations_of_one_name_at_once_make_one_account(self):
        name = fresh_name()

        def attempt(_):
            return Http(self.server.host, self.server.port).post(
                "/v1/auth/register", {"username": name, "password": GOOD}).status
        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(attempt, range(8)))
        self.assertEqual(statuses, [201] + [409] * 7)


class Guest(RallyCase):
    def test_a_guest_with_a_taken_name_is_409(self):
        player = self.register()
        self.answer(self.http.post("/v1/auth/guest", {"username": player.username}), 409, "username_taken")

    def test_a_guest_cannot_log_in_with_a_guessed_password(self):
        guest = self.guest()
        for password in ("", "guest", guest.username):
            reply = self.http.post("/v1/auth/login", {"username": guest.username, "password": password})
            self.assertIn(reply.status, (401, 422))

    def test_a_guest_gets_the_same_shape_and_the_mark(self):
        reply = self.answer(self.http.post("/v1/auth/guest", {}), 201).json()
        self.assertLessEqual(ACCOUNT_KEYS, set(reply))
        self.assertIs(reply["guest"], True)
        self.assertIsNone(reply["email"])
        self.assertGreaterEqual(len(reply["username"]), 3)

    def test_a_guest_may_come_without_any_body(self):
        self.answer(self.http.post("/v1/auth/guest"), 201)

    def test_a_guest_may_choose_a_name(self):
        name = fresh_name("visitor")
        self.assertEqual(self.guest(name).username, name)

    def test_an_account_cannot_be_upgraded_again(self):
        player = self.register()
        reply = player.post("/v1/auth/upgrade", {"password": GOOD})
        self.assertIn(reply.status, (409, 403, 422), reply)

    def test_an_upgrade_with_a_bad_password_or_a_taken_name_changes_nothing(self):
        guest, other = self.guest(), self.register()
        self.answer(guest.post("/v1/auth/upgrade", {"password": "short"}), 422)
        self.answer(guest.post("/v1/auth/upgrade", {"username": other.username, "password": GOOD}), 409, "username_taken")
        self.assertIs(guest.me()["guest"], True)

    def test_a_guest_becomes_an_account_and_keeps_the_player(self):
        guest = self.guest()
        name = fresh_name("grown")
        reply = self.answer(guest.post("/v1/auth/upgrade", {"username": name, "password": GOOD,
                                                            "email": f"{name}@example.com"}), 200).json()
        self.assertEqual((reply["player_id"], reply["username"]), (guest.player_id, name))
        again = self.answer(self.http.post("/v1/auth/login", {"username": name, "password": GOOD}), 200).json()
        self.assertEqual(again["player_id"], guest.player_id)
        self.assertIs(guest.me()["guest"], False)

    def test_an_upgrade_may_keep_the_guests_name(self):
        guest = self.guest(fresh_name("keeps"))
        self.answer(guest.post("/v1/auth/upgrade", {"password": GOOD}), 200)
        self.answer(self.http.post("/v1/auth/login", {"username": guest.username, "password": GOOD}), 200)


class Login(RallyCase):
    def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(self):
        player = self.register()
        wrong = self.http.post("/v1/auth/login", {"username": player.username, "password": "wrong password"})
        nobody = self.http.post("/v1/auth/login", {"username": fresh_name(), "password": "wrong password"})
        self.answer(wrong, 401, "invalid_credentials"), self.answer(nobody, 401, "invalid_credentials")
        same = lambda reply: {key: value for key, value in reply.json().items() if key != "request_id"}
        self.assertEqual(same(wrong), same(nobody))

    def test_an_unknown_user_takes_as_long_as_a_wrong_password(self):
        player, nobody = self.register(), fresh_name()

        def seconds(name):
            began = time.perf_counter()
            self.http.post("/v1/auth/login", {"username": name, "password": "wrong password"})
            return time.perf_counter() - began
        known = unknown = 60.0
        for turn in range(30):  # The least of several, taken in turn: noise only ever adds.
            known, unknown = min(known, seconds(player.username)), min(unknown, seconds(nobody))
            if turn >= 4 and abs(known - unknown) < 0.3 * max(known, unknown):
                return
        self.fail(f"a known name took {known:.4f} s, an unknown one {unknown:.4f} s")

    def test_login_folds_the_case_of_the_name_and_not_of_the_password(self):
        player = self.register(fresh_name("MixedCase"))
        self.answer(self.http.post("/v1/auth/login", {"username": player.username.lower(), "password": GOOD}), 200)
        self.answer(self.http.post("/v1/auth/login", {"username": player.username, "password": GOOD.upper()}), 401)

    def test_login_replies_with_the_account_and_a_new_pair(self):
        player = self.register()
        reply = self.answer(self.http.post("/v1/auth/login", {"username": player.username, "password": GOOD}), 200).json()
        self.assertLessEqual(ACCOUNT_KEYS, set(reply))
        self.assertEqual(reply["player_id"], player.player_id)
        self.assertNotEqual(reply["refresh_token"], player.refresh_token)


class Refresh(RallyCase):
    def refresh(self, token):
        return self.http.post("/v1/auth/refresh", {"refresh_token": token})

    def test_a_refresh_token_that_was_never_given_is_401(self):
        for token in ("", "x", "A" * 43, "A" * 5000):
            with self.subTest(length=len(token)):
                self.assertIn(self.refresh(token).status, (401, 422))
        self.answer(self.refresh("A" * 43), 401)

    def test_an_access_token_is_no_refresh_token_and_the_reverse(self):
        player = self.guest()
        self.assertIn(self.refresh(player.token).status, (401, 422))
        self.answer(self.http.get("/v1/profile/me", token=player.refresh_token), 401)

    def test_a_refresh_gives_a_new_pair_of_the_same_player(self):
        player = self.guest()
        reply = self.answer(self.refresh(player.refresh_token), 200).json()
        self.assertNotEqual(reply["refresh_token"], player.refresh_token)
        player.take_tokens(reply)
        self.assertEqual(player.me()["player_id"], player.player_id)

    def test_a_repeat_within_ten_seconds_gets_the_same_successor(self):
        """The reply was lost on the way: the player must not be locked out, and there is still only one successor."""
        player = self.guest()
        first = self.answer(self.refresh(player.refresh_token), 200).json()
        second = self.answer(self.refresh(player.refresh_token), 200).json()
        self.assertEqual(first["refresh_token"], second["refresh_token"])

    def test_a_token_two_rotations_old_revokes_the_family(self):
        player = self.guest()
        second = self.refresh(player.refresh_token).json()["refresh_token"]
        third = self.answer(self.refresh(second), 200).json()
        self.answer(self.refresh(player.refresh_token), 401, "token_reused")
        self.answer(self.refresh(third["refresh_token"]), 401)

    def test_a_chain_of_twenty_refreshes_works(self):
        token = self.guest().refresh_token
        for _ in range(20):
            token = self.answer(self.refresh(token), 200).json()["refresh_token"]


class ReuseAfterTheGrace(RallyCase):
    own_server = True

    def test_a_used_token_after_ten_seconds_revokes_the_family_for_good_across_kill_9(self):
        player, bystander = self.register(), self.register()
        successor = self.http.post("/v1/auth/refresh", {"refresh_token": player.refresh_token}).json()
        used_at = time.monotonic()
        # The grace is ten seconds by contract, and nobody announces its end.
        eventually(lambda: time.monotonic() > used_at + 10.6, within=12)
        self.answer(self.http.post("/v1/auth/refresh", {"refresh_token": player.refresh_token}), 401, "token_reused")
        # The instant the 401 is out, the revocation is durable.
        self.server.kill()
        self.server.start()
        player.move_to(self.server), bystander.move_to(self.server)
        reply = player.http.post("/v1/auth/refresh", {"refresh_token": successor["refresh_token"]})
        self.answer(reply, 401)
        self.answer(player.http.get("/v1/profile/me", token=successor["access_token"]), 401)
        self.answer(bystander.http.post("/v1/auth/refresh", {"refresh_token": bystander.refresh_token}), 200)


class Logout(RallyCase):
    def gone_within_a_second(self, player):
        eventually(lambda: player.get("/v1/profile/me").status == 401, within=1.0,
                   says="the access token outlived its family by more than a second")

    def test_logout_ends_the_family_its_tokens_and_its_sockets(self):
        player = self.guest()
        queue = player.queue_socket()
        self.answer(self.http.post("/v1/auth/logout", {"refresh_token": player.refresh_token}), 204)
        self.answer(self.http.post("/v1/auth/refresh", {"refresh_token": player.refresh_token}), 401)
        self.gone_within_a_second(player)
        queue.expect_close(4001, within=3)

    def test_logout_of_one_session_leaves_the_other(self):
        player = self.register()
        other = Player.__new__(Player)
        other.__dict__.update(player.__dict__)
        other.login()
        self.answer(self.http.post("/v1/auth/logout", {"refresh_token": player.refresh_token}), 204)
        self.gone_within_a_second(player)
        self.answer(other.get("/v1/profile/me"), 200)

    def test_logging_out_twice_or_with_nonsense_harms_nobody(self):
        player = self.guest()
        self.answer(self.http.post("/v1/auth/logout", {"refresh_token": player.refresh_token}), 204)
        self.assertIn(self.http.post("/v1/auth/logout", {"refresh_token": player.refresh_token}).status, (204, 401))
        self.assertIn(self.http.post("/v1/auth/logout", {"refresh_token": "A" * 43}).status, (204, 401))


class Password(RallyCase):
    def change(self, player, current, new):
        return player.post("/v1/auth/password", {"current_password": current, "new_password": new})

    def test_a_wrong_current_password_is_403(self):
        self.answer(self.change(self.register(), "not this one", "another good one"), 403, "wrong_password")

    def test_a_new_password_outside_the_rules_is_422(self):
        reply = self.answer(self.change(self.register(), GOOD, "short"), 422)
        self.assertEqual([entry["pointer"] for entry in reply.json()["errors"]], ["/new_password"])

    def test_a_change_ends_all_other_families_and_keeps_this_one(self):
        player = self.register()
        other = Player.__new__(Player)
        other.__dict__.update(player.__dict__)
        other.login()
        queue = other.queue_socket()
        self.answer(self.change(player, GOOD, "another good one"), 204)
        self.answer(self.http.post("/v1/auth/login", {"username": player.username, "password": GOOD}), 401)
        self.answer(self.http.post("/v1/auth/login", {"username": player.username, "password": "another good one"}), 200)
        self.answer(self.http.post("/v1/auth/refresh", {"refresh_token": other.refresh_token}), 401)
        eventually(lambda: other.get("/v1/profile/me").status == 401, within=1.0)
        queue.expect_close(4001, within=3)
        self.answer(player.get("/v1/profile/me"), 200)


class Profile(RallyCase):
    def test_read_only_and_unknown_keys_are_422_and_nothing_is_changed(self):
        player = self.register()
        before = player.me()
        for body in ({"username": "other-name"}, {"mmr": 3000}, {"player_id": "1"}, {"guest": True}, {"role": "admin"},
                     {"display_name": "Good Name", "mmr": 3000}, {"created_at": "2020-01-01T00:00:00.000Z"}):
            with self.subTest(body=body):
                reply = self.answer(player.patch("/v1/profile/me", body), 422)
                self.assertTrue(reply.json()["errors"])
        self.assertEqual(player.me(), before)

    def test_values_of_a_wrong_type_are_422(self):
        player = self.register()
        for body, pointer in (({"display_name": 5}, "/display_name"), ({"display_name": "x" * 1000}, "/display_name"),
                              ({"email": "nobody"}, "/email"), ({"preferences": "dark"}, "/preferences"),
                              ({"latencies": {"eu": "fast"}}, "/latencies/eu"), ({"latencies": []}, "/latencies")):
            with self.subTest(body=str(body)[:60]):
                reply = self.answer(player.patch("/v1/profile/me", body), 422)
                self.assertIn(pointer, [entry["pointer"] for entry in reply.json()["errors"]])

    def test_a_profile_nobody_has_is_404(self):
        player = self.guest()
        for name in ("nobody-of-that-name", "99999999999", "0", "99999999999999999999999999"):
            with self.subTest(name=name):
                self.answer(player.get(f"/v1/profile/{name}"), 404)

    def test_my_profile_has_every_promised_field(self):
        player = self.register(email=f"{fresh_name()}@example.com", region="eu-central")
        me = player.me()
        self.assertLessEqual(PROFILE_KEYS, set(me))
        self.assertEqual((me["guest"], me["region"], me["status"]), (False, "eu-central", "offline"))
        self.assertEqual(me["mmr"], 1500)
        self.assertRegex(me["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertIsInstance(me["preferences"], dict)
        self.assertIsInstance(me["ratings"], dict)

    def test_a_patch_changes_what_it_names_and_replies_with_the_profile(self):
        player = self.register()
        reply = self.answer(player.patch("/v1/profile/me", {
            "display_name": "Zoë 🏓", "region": "us-west", "email": f"{fresh_name()}@example.com",
            "preferences": {"theme": "dark", "volume": 7}, "latencies": {"eu-central": 20}}), 200)
        self.assertEqual(reply.json(), player.me())
        self.assertEqual(player.me()["display_name"], "Zoë 🏓")
        self.assertEqual(player.me()["preferences"], {"theme": "dark", "volume": 7})
        self.answer(player.patch("/v1/profile/me", {"region": "eu-central"}), 200)
        self.assertEqual(player.me()["display_name"], "Zoë 🏓")

    def test_an_email_of_another_is_409(self):
        email = f"{fresh_name()}@example.com"
        self.register(email=email)
        self.answer(self.register().patch("/v1/profile/me", {"email": email.upper()}), 409, "email_taken")

    def test_the_public_part_is_found_by_id_and_by_name_and_hides_the_private(self):
        player, reader = self.register(email=f"{fresh_name()}@example.com"), self.guest()
        for key in (player.player_id, player.username, player.username.upper()):
            with self.subTest(key=key):
                public = self.answer(reader.get(f"/v1/profile/{key}"), 200).json()
                self.assertEqual((public["player_id"], public["username"]), (player.player_id, player.username))
                self.assertFalse({"email", "preferences", "latencies", "access_token"} & set(public), public)

    def test_status_follows_the_player_from_offline_over_queued_to_in_match(self):
        one, two = self.two_guests()
        self.assertEqual(one.me()["status"], "offline")
        socket = one.queue_socket()
        eventually(lambda: one.me()["status"] == "idle", says="a player with a socket is idle")
        socket.send({"type": "join_queue"})
        socket.expect("success")
        self.assertEqual(one.me()["status"], "queued")
        game_id = two.join_queue()["match"]["game_id"]
        for player in (one, two):
            me = player.me()
            self.assertEqual((me["status"], me["match_id"]), ("in_match", str(game_id)))
        socket.close()


class ExportAndDelete(RallyCase):
    def test_deletion_needs_the_password(self):
        player = self.register()
        self.answer(player.delete("/v1/profile/me", {"password": "not this one"}), 403, "wrong_password")
        self.answer(player.delete("/v1/profile/me", {}), 422)
        self.answer(player.get("/v1/profile/me"), 200)

    def test_the_export_holds_ones_own_data_and_no_secret(self):
        email = f"{fresh_name()}@example.com"
        player = self.register(email=email)
        reply = self.answer(player.get("/v1/profile/me/export"), 200)
        text = reply.body.decode()
        self.assertIn(player.username, text)
        self.assertIn(email, text)
        for secret in ("argon2", player.refresh_token, player.password, "token_hash"):
            self.assertNotIn(secret, text)

    def test_a_deleted_account_is_gone_and_cannot_return(self):
        player = self.register()
        self.answer(player.delete("/v1/profile/me", {"password": player.password}), 204)
        eventually(lambda: player.get("/v1/profile/me").status == 401, within=1.0)
        self.answer(self.http.post("/v1/auth/refresh", {"refresh_token": player.refresh_token}), 401)
        self.answer(self.http.post("/v1/auth/login", {"username": player.username, "password": player.password}), 401)
        self.answer(self.guest().get(f"/v1/profile/{player.username}"), 404)

    def test_a_guest_deletes_itself_without_a_password(self):
        guest = self.guest()
        self.answer(guest.delete("/v1/profile/me", {}), 204)
        eventually(lambda: guest.get("/v1/profile/me").status == 401, within=1.0)

    def test_the_name_of_a_deleted_player_is_replaced_in_histories(self):
        one, two = self.register(), self.guest()
        game_id, seat, other = begin_match(one, two)
        seat.action("resign")
        seat.expect("game_over"), other.expect("game_over")
        self.answer(one.delete("/v1/profile/me", {"password": one.password}), 204)
        row = two.get("/game/history/").json()["matches"][0]
        self.assertEqual(row["game_id"], game_id)
        names = {row["player1"], row["player2"]}
        self.assertNotIn(one.username, names)
        self.assertRegex(" ".join(names - {two.username}), r"^deleted-\d+$")


class BrowserCookies(RallyCase):
    """With `X-Rally-Web: 1` the refresh token lives in a cookie that scripts cannot read."""

    WEB = {"X-Rally-Web": "1"}

    def cookie_of(self, reply):
        values = reply.headers("Set-Cookie")
        self.assertEqual(len(values), 1, reply)
        parts = [part.strip() for part in values[0].split(";")]
        return parts[0], {part.split("=")[0].lower(): part.partition("=")[2] for part in parts[1:]}

    def test_the_cookie_is_httponly_strict_and_replaces_the_body_field(self):
        for path, body in (("/v1/auth/guest", {}), ("/v1/auth/register", {"username": fresh_name(), "password": GOOD})):
            with self.subTest(path=path):
                reply = self.answer(self.http.post(path, body, headers=self.WEB), 201)
                self.assertFalse(reply.json().get("refresh_token"))
                pair, attributes = self.cookie_of(reply)
                self.assertTrue(pair.startswith("rally_rt="), pair)
                self.assertIn("httponly", attributes)
                self.assertEqual(attributes["samesite"].lower(), "strict")
                self.assertEqual(attributes["path"], "/")
                self.assertNotIn("domain", attributes)
                self.assertNotIn(pair.split("=", 1)[1], reply.body.decode())

    def test_refresh_and_logout_take_the_token_from_the_cookie(self):
        pair, _ = self.cookie_of(self.http.post("/v1/auth/guest", {}, headers=self.WEB))
        reply = self.answer(self.http.post("/v1/auth/refresh", headers={**self.WEB, "Cookie": f"a=b; {pair}; c=d"}), 200)
        self.assertFalse(reply.json().get("refresh_token"))
        self.answer(self.http.get("/v1/profile/me", token=reply.json()["access_token"]), 200)
        pair, _ = self.cookie_of(reply)
        reply = self.answer(self.http.post("/v1/auth/logout", headers={**self.WEB, "Cookie": pair}), 204)
        _, attributes = self.cookie_of(reply)
        self.assertTrue(attributes.get("max-age") == "0" or "expires" in attributes, attributes)
        self.answer(self.http.post("/v1/auth/refresh", headers={**self.WEB, "Cookie": pair}), 401)

    def test_without_the_header_the_cookie_is_not_used(self):
        pair, _ = self.cookie_of(self.http.post("/v1/auth/guest", {}, headers=self.WEB))
        reply = self.http.post("/v1/auth/refresh", headers={"Cookie": pair})
        self.assertIn(reply.status, (401, 422), "a form on a foreign page can send a cookie, but not this header")

    def test_without_the_header_no_cookie_is_set(self):
        self.assertEqual(self.http.post("/v1/auth/guest", {}).headers("Set-Cookie"), [])


if __name__ == "__main__":
    unittest.main()
