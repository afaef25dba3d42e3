"""Section 4 of the protocol: rooms by code, as dialect B's clients use them. Numbers in names are those of the list of
faults that this service once had."""

import re
import select
import time
import unittest

from harness.case import RallyCase
from harness.player import JsonSocket, Player, is_rallying, play

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


class RoomSocket(JsonSocket):
    """The picture that dialect B's client keeps: the full state, then only changed keys."""

    def __init__(self, ws):
        super().__init__(ws)
        self.state, self.seq, self.faults, self.over = None, None, [], None

    def observe(self, message):
        kind, seq = message["type"], message.get("seq")
        if kind == "game_state":
            self.state, self.seq = dict(message), seq
            return
        if seq is not None:
            if seq != self.seq + 1:
                self.faults.append((self.seq, message))
            self.seq = seq
        if kind == "game_state_delta":
            self.state.update({key: value for key, value in message.items() if key != "type"})
        elif kind == "game_over":
            self.over = message


class SeedB(RoomCase):
    settings = {"RALLY_RULESET_ARCADE_WIN": "2"}

    def seat(self, player, code, **more):
        seat = player.socket(f"/ws/game/{code}/", RoomSocket, **more)
        self.addCleanup(seat.ws.connection.close)
        seat.expect("game_state")
        return seat

    def seats(self):
        code, one, two, _ = self.full_room()
        return code, one, two, self.seat(one, code), self.seat(two, code)

    def in_play(self):
        table = self.seats()
        for seat in table[3:]:
            seat.send({"type": "join_game", "player_id": "1", "username": "somebody-else"})
        self.until(table[3:], lambda: all(not seat.state["is_paused"] for seat in table[3:]))
        return table

    def until(self, seats, done, within=20.0):
        """Both players press Space once a second until `done`."""
        end, pressed = time.monotonic() + within, 0.0
        while not done():
            self.assertLess(time.monotonic(), end, [seat.tail(4) for seat in seats])
            if time.monotonic() - pressed > 1.0:
                pressed = time.monotonic()
                for number, seat in enumerate(seats, 1):
                    seat.send({"type": "resume_game", "player_number": number, "ball_speed_x": 9000})
            select.select(seats, [], [], 0.2)
            for seat in seats:
                seat.pump()

    def test_the_full_state_has_every_key_and_a_number_for_the_player(self):
        code, one, two, left, right = self.seats()
        for seat, number in ((left, 1), (right, 2)):
            state = seat.heard[0]
            self.assertEqual(STATE_KEYS - set(state), set())
            self.assertIs(state["is_full_state"], True)
            self.assertEqual((state["player_number"], state["room_code"], state["status"]), (number, code, "ONGOING"))
            self.assertEqual((state["player_1_id"], state["player_2_id"]), (one.player_id, two.player_id))
            self.assertEqual((state["player_1_paddle_y"], state["ball_x"], state["ball_y"]), (240, 400, 300))
        joined = left.expect("player_joined", where=lambda message: message["player_number"] == 2)
        self.assertEqual((joined["username"], joined["player_id"], joined["is_you"]), (two.username, two.player_id, False))
        self.assertIs(right.expect("player_joined")["is_you"], True)

    def test_who_waits_alone_sees_waiting_and_then_the_game(self):
        one, room = self.create()
        seat = self.seat(one, room["room_code"])
        self.assertEqual((seat.state["status"], seat.state["player_2_id"]), ("WAITING", None))
        two, _ = self.join(room["room_code"])
        state = seat.expect("game_state")
        self.assertEqual((state["status"], state["player_2_id"], state["player_number"]), ("ONGOING", two.player_id, 1))

    def test_a_spectator_gets_no_ids_and_moves_nothing(self):
        code, *_ = self.seats()
        watcher = self.seat(self.guest(), code)
        self.assertEqual([watcher.state[key] for key in ("player_number", "player_1_id", "player_2_id")], [None] * 3)
        watcher.send({"type": "paddle_position", "player_number": 1, "position": 0})
        watcher.expect_error("forbidden")

    def test_bad_json_and_unknown_types_are_errors_that_end_nothing(self):
        *_, left, _ = self.seats()
        left.send("{")
        self.assertEqual(left.expect_error()["message"], "Invalid JSON format")
        left.send({"type": "teleport"})
        self.assertEqual(left.expect_error()["message"], "Unknown message type: teleport")
        left.send({"type": "ping"})
        left.expect("pong")

    def test_1_and_2_one_clock_moves_the_ball_whoever_joins_again_or_drops(self):
        code, one, two, left, right = self.in_play()
        for _ in range(3):
            left.send({"type": "join_game"}), right.send({"type": "join_game"})
        first = left.expect("game_state_delta", where=lambda message: "ball_x" in message)
        speed = abs(left.state["ball_speed_x"])
        self.assertLessEqual(speed, 440)
        last = left.expect("game_state_delta", where=lambda message: "ball_x" in message)
        for _ in range(6):
            last = left.expect("game_state_delta", where=lambda message: "ball_x" in message)
        moved, passed = abs(last["ball_x"] - first["ball_x"]), (last["timestamp"] - first["timestamp"]) / 1000
        self.assertLess(moved, speed * (passed + 0.1) * 1.05, "the ball is faster than it says")
        right.drop()
        self.assertEqual(left.expect("player_left")["player_number"], 2)
        left.expect("game_paused")

    def test_3_the_seat_is_the_socket_s_whatever_the_message_says(self):
        *_, left, right = self.in_play()
        before = right.state["player_2_paddle_y"]
        for message in ({"type": "paddle_position", "player_number": 2, "position": 0},
                        {"type": "key_event", "player_number": 2, "key": "w", "is_down": True},
                        {"type": "pause_game", "player_number": 2}):
            left.send(message)
            left.expect_error("forbidden")
        right.settle()
        self.assertEqual(right.state["player_2_paddle_y"], before)

    def test_4_a_position_is_walked_to_and_a_speed_is_not_read(self):
        *_, left, right = self.in_play()
        left.send({"type": "paddle_position", "player_number": 1, "position": 0.5, "sequence": 7, "timestamp": 1.5})
        self.assertEqual(left.expect("input_ack")["sequence"], 7)
        steps, at = [], left.state["player_1_paddle_y"]
        while at > 12:
            delta = left.expect("game_state_delta", where=lambda message: "player_1_paddle_y" in message)
            steps.append(at - delta["player_1_paddle_y"])
            at = delta["player_1_paddle_y"]
        self.assertLessEqual(max(steps), 12 * 8, steps)
        self.assertGreater(len(steps), 3, steps)
        self.assertLessEqual(abs(left.state["ball_speed_x"]), 440)
        for position in ("up", None, [], True, 1e300):
            left.send({"type": "paddle_position", "player_number": 1, "position": position})
            left.expect_error("protocol_error")

    def test_4_a_pause_is_one_s_own_and_is_ended_by_oneself(self):
        *_, left, right = self.in_play()
        left.send({"type": "pause_game", "player_number": 1})
        self.assertEqual(right.expect("game_paused")["player_number"], 1)
        right.send({"type": "resume_game", "player_number": 2, "ball_speed_x": 5000, "ball_speed_y": 0})
        right.expect_error("forbidden")
        left.send({"type": "resume_game", "player_number": 1})
        resumed = right.expect("game_resumed")
        self.assertLessEqual(abs(resumed["ball_speed_x"]), 440)

    def test_6_keys_alone_move_a_paddle(self):
        *_, left, right = self.in_play()
        for key, sign in (("w", -1), ("arrowup", -1), ("s", 1), ("ArrowDown", 1), ("up", -1), ("down", 1)):
            with self.subTest(key=key):
                before = right.state["player_2_paddle_y"]
                right.send({"type": "key_event", "player_number": 2, "key": key, "is_down": True})
                right.expect("game_state_delta", where=lambda m: (m.get("player_2_paddle_y", before) - before) * sign > 0)
                right.send({"type": "key_event", "player_number": 2, "key": key, "is_down": False})
        right.send({"type": "key_event", "player_number": 2, "key": "q", "is_down": True})
        right.expect_error("protocol_error")

    def test_5_and_11_a_whole_game_counts_every_message_and_ends_once(self):
        code, one, two, left, right = self.in_play()
        self.until([left, right], lambda: left.over and right.over, 60)
        self.assertEqual((left.faults, right.faults), ([], []))
        self.assertEqual(left.over["winner"], 1 if left.over["player_1_score"] == 2 else 2)
        goals = [message for message in left.heard if message["type"] == "goal_scored"]
        self.assertEqual(sum(left.over[f"player_{number}_score"] for number in (1, 2)), len(goals))
        self.assertEqual(len([message for message in left.heard if message["type"] == "game_over"]), 1)
        self.assertEqual(left.state["status"], "FINISHED")
        self.assertIn("game_resumed", {message["type"] for message in left.heard})

    def test_two_dialects_sit_in_one_room(self):
        code, one, two, _ = self.full_room()
        left, right = self.seat(one, code), self.native(two, code)
        left.send({"type": "join_game"})
        right.ready()
        right.expect("game_start")
        right.expect("game_state", where=lambda state: state["status"] == "running")
        left.expect("game_state", where=lambda state: state["status"] == "ONGOING")
        right.action("resign")
        self.assertEqual((left.expect("game_over")["winner"], right.expect("game_over")["winner"]), (1, "left"))

    def test_the_older_clients_predictions_are_answered(self):
        *_, left, _ = self.seats()
        left.send({"type": "client_prediction", "sequence": 3, "player_number": 1})
        self.assertEqual(left.expect("prediction_ack")["sequence"], 3)
        left.send({"type": "pong", "time": 1, "timestamp": 2})
        self.assertEqual([message for message in left.settle() if message["type"] == "error"], [])


if __name__ == "__main__":
    unittest.main()
