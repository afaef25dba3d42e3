"""Section 4 of the protocol: rooms by code, as dialect B's clients use them. Numbers in names are those of the list of
faults that this service once had."""

import re
import time
import unittest

from harness.case import RallyCase
from harness.player import Player, is_rallying, play

CODE = re.compile(r"^[ABCDEFGHJKLMNPQRSTUVWXYZ23456789]{6}$")
NATIVE = {"protocols": ("rally.v1",)}
STATE_KEYS = {
    "room_code", "status", "player_1_id", "player_2_id", "player_1_username", "player_2_username", "player_1_score",
    "player_2_score", "player_1_paddle_y", "player_2_paddle_y", "paddle_height", "paddle_width", "ball_x", "ball_y",
    "ball_size", "ball_speed_x", "ball_speed_y", "is_paused", "last_loser", "winning_score", "timestamp"}


class RoomCase(RallyCase):
    def create(self, player=None):
        player = player or self.guest()
        return player, self.answer(player.post("/api/room/create/"), 200).json()

    def join(self, code, player=None):
        player = player or self.guest()
        return player, self.answer(player.post("/api/room/join/", {"room_code": code}), 200).json()

    def full_room(self):
        one, room = self.create()
        two, seat = self.join(room["room_code"])
        return room["room_code"], one, two, seat["game_id"]

    def check(self, code, player=None):
        path = f"/api/room/check/{code}/"
        return self.answer(player.get(path) if player else self.http.get(path), 200).json()

    def refused(self, reply, status, code, sentence=None):
        self.answer(reply, status, code)
        body = reply.json()
        self.assertIs(body["success"], False)
        if sentence:
            self.assertEqual(body["error"], sentence)
        return body

    def native(self, player, code, **more):
        seat = player.match_socket(code, **NATIVE, **more)
        self.addCleanup(seat.ws.connection.close)
        return seat


class Refusals(RoomCase):
    def test_a_join_without_a_code_is_400(self):
        for body in ({}, {"room_code": ""}, {"room_code": None}):
            with self.subTest(body=body):
                self.refused(self.http.post("/api/room/join/", body), 400, "room_code_required", "Room code is required")

    def test_8_an_unknown_code_is_404_everywhere(self):
        player = self.guest()
        for code in ("ABC234", "abc", "ABCDEFG", "000000", "ÄÖÜßÄÖ", "A" * 64):
            with self.subTest(code=code):
                self.refused(player.post("/api/room/join/", {"room_code": code}), 404, "no_such_room", "Room not found")
                self.refused(self.http.post("/api/room/join/", {"room_code": code}), 404, "no_such_room")
                self.refused(player.post("/api/room/cancel/", {"room_code": code}), 404, "no_such_room")
        self.refused(self.http.get("/api/room/check/ABC234/"), 404, "no_such_room", "Room not found")

    def test_8_a_refused_stranger_leaves_no_account_behind(self):
        self.http.post("/api/room/join/", {"room_code": "ABC234", "username": "nobody-at-all"})
        self.answer(self.guest().get("/v1/profile/nobody-at-all"), 404)

    def test_7_no_socket_path_makes_a_room(self):
        player = self.guest()
        for _ in range(3):
            with player.socket("/ws/game/ABC234/") as socket:
                socket.expect_refusal(4004)
        self.refused(self.http.get("/api/room/check/ABC234/"), 404, "no_such_room")

    def test_a_bad_body_is_422_and_a_bad_token_401(self):
        player = self.guest()
        for body in ({"room_code": 5}, {"room_code": "ABC234", "player_id": "1"}, {"username": "x"}, {"username": "a b c"},
                     {"username": "123456"}):
            with self.subTest(body=body):
                self.refused(player.post("/api/room/join/", body), 422, "validation_failed")
        self.refused(player.post("/api/room/create/", {"room_code": "ABC234"}), 422, "validation_failed")
        self.refused(self.http.post("/api/room/create/", {}, token="nonsense"), 401, "token_invalid")
        self.refused(self.http.post("/api/room/cancel/", {"room_code": "ABC234"}), 401, "unauthenticated")

    def test_a_wrong_method_is_405(self):
        for method, path in (("GET", "/api/room/create/"), ("POST", "/api/room/check/ABC234/"), ("GET", "/api/room/join/")):
            with self.subTest(path=path):
                reply = self.http.request(method, path)
                self.refused(reply, 405, "method_not_allowed")

    def test_a_third_player_finds_the_room_full(self):
        code, *_ = self.full_room()
        self.refused(self.guest().post("/api/room/join/", {"room_code": code}), 400, "room_full", "Room is full")
        self.refused(self.http.post("/api/room/join/", {"room_code": code}), 400, "room_full", "Room is full")

    def test_only_the_creator_cancels_and_only_before_the_game(self):
        one, room = self.create()
        code = {"room_code": room["room_code"]}
        self.refused(self.guest().post("/api/room/cancel/", code), 403, "forbidden")
        self.join(room["room_code"])
        self.refused(one.post("/api/room/cancel/", code), 400, "room_started", "Game has already started")

    def test_who_waits_in_the_queue_or_plays_cannot_join(self):
        _, room = self.create()
        player = self.guest()
        player.join_queue()
        self.refused(player.post("/api/room/join/", {"room_code": room["room_code"]}), 400, "already_queued")
        self.answer(player.post("/game/leave/"), 200)
        self.answer(player.post("/v1/practice", {}), 201)
        self.refused(player.post("/api/room/join/", {"room_code": room["room_code"]}), 409, "in_match")

    def test_a_stranger_cannot_wait_on_the_socket_of_a_room_that_is_not_full(self):
        _, room = self.create()
        with self.guest().socket(f"/ws/game/{room['room_code']}/") as socket:
            socket.expect_refusal(4003)
        with self.guest().socket(f"/ws/game/{room['room_code']}/?kind=duel") as socket:
            socket.expect_refusal(4004)


class Rooms(RoomCase):
    def test_create_answers_with_code_seat_and_state(self):
        one, room = self.create()
        self.assertEqual(set(room), {"success", "room_code", "player_number", "player_id", "username", "invite_url", "game_state"})
        self.assertIs(room["success"], True)
        self.assertRegex(room["room_code"], CODE)
        self.assertRegex(room["room_code"], "[A-Z]")
        self.assertEqual((room["player_number"], room["player_id"]), (1, one.player_id))
        self.assertTrue(room["invite_url"].startswith("http://"), room)
        self.assertTrue(room["invite_url"].endswith(f"/#/room/{room['room_code']}"), room)
        state = room["game_state"]
        self.assertEqual(set(state), STATE_KEYS)
        self.assertEqual((state["status"], state["player_1_id"], state["player_2_id"]), ("WAITING", one.player_id, None))
        self.assertEqual((state["paddle_width"], state["paddle_height"], state["winning_score"]), (12, 120, 10))

    def test_codes_do_not_repeat(self):
        codes = {self.create()[1]["room_code"] for _ in range(20)}
        self.assertEqual(len(codes), 20)

    def test_join_takes_the_second_seat(self):
        one, room = self.create()
        two, seat = self.join(room["room_code"].lower())
        self.assertEqual((seat["player_number"], seat["player_id"], seat["room_code"]), (2, two.player_id, room["room_code"]))
        self.assertNotIn("reconnecting", seat)
        state = seat["game_state"]
        self.assertEqual((state["status"], state["player_1_id"], state["player_2_id"]), ("ONGOING", one.player_id, two.player_id))
        self.assertEqual(one.status()["game_id"], seat["game_id"])

    def test_8_two_strangers_without_a_token_are_two_guests(self):
        created = self.answer(self.http.post("/api/room/create/", {"username": "roomy-one"}), 200).json()
        joined = self.answer(self.http.post("/api/room/join/", {"room_code": created["room_code"]}), 200).json()
        self.assertTrue(created["username"].startswith("roomy-one"), created)
        self.assertTrue(created["player_id"] and joined["player_id"])
        self.assertNotEqual(created["player_id"], joined["player_id"])
        self.assertEqual((created["player_number"], joined["player_number"]), (1, 2))
        for reply in (created, joined):
            me = self.answer(self.http.get("/v1/profile/me", token=reply["access_token"]), 200).json()
            self.assertEqual((me["player_id"], me["guest"]), (reply["player_id"], True))

    def test_ones_own_seat_is_found_again(self):
        one, room = self.create()
        again = self.join(room["room_code"], one)[1]
        self.assertEqual((again["player_number"], again["reconnecting"]), (1, True))
        two, _ = self.join(room["room_code"])
        for player, number in ((one, 1), (two, 2)):
            again = self.join(room["room_code"], player)[1]
            self.assertEqual((again["player_number"], again["reconnecting"]), (number, True))

    def test_3_check_tells_ids_to_the_two_players_only(self):
        code, one, two, _ = self.full_room()
        for stranger in (None, self.guest()):
            seen = self.check(code, stranger)
            self.assertEqual(set(seen), {"success", "room_code", "status", "player_count", "active_sessions", "player_1_id",
                                         "player_2_id", "is_paused", "created_at"})
            self.assertEqual((seen["player_1_id"], seen["player_2_id"]), (None, None))
            self.assertEqual((seen["status"], seen["player_count"]), ("ONGOING", 2))
        for player in (one, two):
            seen = self.check(code, player)
            self.assertEqual((seen["player_1_id"], seen["player_2_id"]), (one.player_id, two.player_id))
        self.assertAlmostEqual(seen["created_at"], time.time(), delta=60)

    def test_a_cancelled_room_is_gone_and_who_waits_there_is_told(self):
        one, room = self.create()
        socket = self.native(one, room["room_code"])
        reply = self.answer(one.post("/api/room/cancel/", {"room_code": room["room_code"]}), 200).json()
        self.assertEqual((set(reply), reply["success"]), ({"success", "message"}, True))
        socket.expect_refusal(4004)
        self.refused(self.http.get(f"/api/room/check/{room['room_code']}/"), 404, "no_such_room")
        self.refused(self.guest().post("/api/room/join/", {"room_code": room["room_code"]}), 404, "no_such_room")


class Games(RoomCase):
    settings = {"RALLY_RULESET_ARCADE_WIN": "1"}

    def test_13_the_creator_waits_on_the_socket_and_is_told_at_once(self):
        one, room = self.create()
        seat = self.native(one, room["room_code"])
        self.assertEqual((seat.state["status"], seat.state["room_code"]), ("pending", room["room_code"]))
        self.assertEqual([player["username"] for player in seat.state["players"]], [one.username])
        self.assertEqual(self.check(room["room_code"])["active_sessions"], 1)
        two, _ = self.join(room["room_code"])
        seat.expect("game_state", where=lambda state: len(state["players"]) == 2)
        other = self.native(two, room["room_code"])
        seat.expect("player_joined", where=lambda message: message["user_id"] == two.user_id)
        self.assertEqual((seat.side, other.side), ("left", "right"))
        self.assertEqual(seat.state["ruleset"]["name"], "arcade")

    def test_a_newer_socket_of_the_creator_takes_the_place(self):
        one, room = self.create()
        older = self.native(one, room["room_code"])
        newer = self.native(one, room["room_code"])
        older.expect_close(4009)
        self.join(room["room_code"])
        newer.expect("game_state", where=lambda state: len(state["players"]) == 2)

    def test_2_a_whole_game_ends_the_room_though_a_socket_dropped_on_the_way(self):
        code, one, two, game_id = self.full_room()
        left, right = self.native(one, code), self.native(two, code)
        left.ready(), right.ready()
        play([left, right], lambda: is_rallying(left) and is_rallying(right), 20, skills={left: "track", right: "track"})
        right.drop()
        left.expect("paused")
        right = self.native(two, code)
        play([left, right], lambda: left.over and right.over, 60)
        self.assertEqual((left.over["reason"], left.over["match_id"]), ("score", str(game_id)))
        self.assertNotIn("rating", left.over)
        self.assertEqual(left.sequence_faults, [])
        self.assertEqual(self.check(code)["status"], "FINISHED")
        self.refused(one.post("/api/room/join/", {"room_code": code}), 400, "room_ended", "Game has already ended")
        self.refused(self.guest().post("/api/room/join/", {"room_code": code}), 400, "room_ended")
        with self.subTest("a rematch is another match of the same room"):
            left.action("rematch"), right.action("rematch")
            again = int(left.expect("rematch")["game_id"])
            seat = one.match_socket(again)
            self.addCleanup(seat.ws.connection.close)
            self.assertEqual(seat.state["room_code"], code)


class Expiry(RoomCase):
    settings = {"RALLY_ROOM_EXPIRY": "1s"}

    def test_7_a_room_nobody_came_to_expires_by_itself(self):
        one, room = self.create()
        socket = self.native(one, room["room_code"])
        socket.expect_refusal(4004)
        self.refused(self.http.get(f"/api/room/check/{room['room_code']}/"), 404, "no_such_room")


class Restart(RoomCase):
    own_server = True

    def test_13_rooms_and_their_games_survive_kill_9(self):
        one, room = self.create()
        code, three, four, _ = self.full_room()
        self.server.kill()
        self.server.start()
        for player in (one, three, four):
            player.move_to(self.server)
        two = Player.guest(self.server)
        self.join(room["room_code"], two)
        for key, pair in ((room["room_code"], (one, two)), (code, (three, four))):
            sides = [self.native(player, key).side for player in pair]
            self.assertEqual(sides, ["left", "right"])
        code, said = self.server.audit()
        self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
