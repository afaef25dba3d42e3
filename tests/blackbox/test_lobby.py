"""Section 5 of the protocol and `/v1/ws`: the per-user socket, duels, friends, blocks and chat.

`UserSocket` checks for every message what I30 promises: numbers without a gap, or a `snapshot` in between."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness.case import RallyCase
from harness.player import JsonSocket
from harness.server import eventually
from harness.websocket import CLOSE, PONG, TEXT

ASIDE = ("connected", "snapshot", "pong")


class UserSocket(JsonSocket):
    """`/v1/ws`: the envelope's event is what `expect` calls the type; errors come as everywhere."""

    def __init__(self, ws):
        super().__init__(ws)
        self.last = None

    def _decode(self, opcode, payload):
        if opcode in (CLOSE, PONG):
            return None
        assert opcode == TEXT, payload
        message = json.loads(payload.decode("utf-8"))
        if message.get("type") != "error":
            assert set(message) == {"event", "data", "timestamp", "seq"}, message
            assert isinstance(message["data"], dict) and isinstance(message["seq"], int), message
            message["type"] = message["event"]
            self.check_seq(message)
        self.heard.append(message)
        return message

    def check_seq(self, message):
        if message["event"] == "pong":
            assert message["seq"] == self.last, f"{message} after {self.last}"
        elif message["event"] in ASIDE:
            self.last = message["seq"]
        else:
            assert message["seq"] == self.last + 1, f"{message} after {self.last}"
            self.last += 1

    def resume(self, last_seq):
        self.last = last_seq
        self.send({"type": "resume", "last_seq": last_seq})

    def quiet(self, *kinds):
        """None of these events has come, and all that was sent before a ping has been read."""
        self.send({"type": "ping"})
        mark = len(self.heard) - len(self.unread)
        self.expect("pong")
        found = [m for m in self.heard[mark:] if m["type"] in kinds]
        assert not found, found


class LobbyCase(RallyCase):
    def user_socket(self, player, **more):
        socket = player.socket("/v1/ws", UserSocket, **more)
        self.addCleanup(socket.ws.connection.close)
        socket.expect("connected")
        return socket

    def with_socket(self, count=2):
        """Players, each with a user socket open: [(player, socket), ...]."""
        players = [self.guest() for _ in range(count)]
        return [(player, self.user_socket(player)) for player in players]

    def challenge(self, one, two):
        reply = self.answer(one.post("/v1/duels", {"target": two.username}), 201)
        return reply.json()

    def make_friends(self, one, two):
        self.answer(one.post("/v1/friends", {"username": two.username}), 202)
        self.answer(two.post("/v1/friends", {"username": one.username}), 200)


class TheUserSocket(LobbyCase):
    def test_without_a_token_it_explains_and_closes_with_4001(self):
        for path in ("/v1/ws", "/v1/ws?token=nonsense"):
            with self.subTest(path=path):
                socket = JsonSocket.open(self.server, path)
                socket.expect_refusal(4001)

    def test_what_is_not_understood_is_an_error_and_the_socket_lives(self):
        socket = self.user_socket(self.guest())
        for text in ("{", "[]", "null", '"ping"', "{}", '{"type":1}', '{"type":"fly"}', '{"type":"resume"}',
                     '{"type":"resume","last_seq":-1}', '{"type":"resume","last_seq":"x"}'):
            with self.subTest(text=text):
                socket.send(text)
                socket.expect_error()
        socket.send({"type": "ping"})
        socket.expect("pong")

    def test_twenty_faults_close_with_4040(self):
        socket = self.user_socket(self.guest())
        for _ in range(20):
            socket.send("{")
        socket.expect_close(4040)

    def test_it_greets_with_who_it_is_and_answers_pings(self):
        player = self.guest()
        socket = player.socket("/v1/ws", UserSocket)
        hello = socket.expect("connected")
        self.assertEqual(hello["data"]["player_id"], player.player_id)
        self.assertEqual(hello["data"]["username"], player.username)
        self.assertRegex(hello["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        socket.send({"type": "ping"})
        self.assertEqual(socket.expect("pong")["data"], {})
        socket.close()

    def test_a_number_nobody_knows_is_answered_by_a_snapshot(self):
        for last_seq in (0, 1, 9007199254740991):
            with self.subTest(last_seq=last_seq):
                socket = self.user_socket(self.guest())
                socket.send({"type": "resume", "last_seq": last_seq})
                state = socket.expect("snapshot")["data"]
                self.assertEqual(state, {"status": "idle", "match_id": None, "duel": None, "friends": []})
                socket.send({"type": "ping"})
                socket.expect("pong")

    def test_what_was_missed_is_repeated_once_and_in_order(self):
        (one, _), (two, socket) = self.with_socket()
        last = socket.last
        socket.drop()
        for _ in range(3):
            duel = self.challenge(one, two)
            self.answer(two.post(f"/v1/duels/{duel['duel_id']}/decline"), 200)
        again = self.user_socket(two)
        again.resume(last)
        kinds = [again.next()["type"] for _ in range(6)]
        self.assertEqual(kinds, ["duel_invite", "duel_declined"] * 3)
        again.quiet("duel_invite", "duel_declined", "snapshot")

    def test_more_missed_than_is_kept_is_a_snapshot(self):
        one, two = self.guest(), self.guest()
        ws = self.user_socket(two)
        last = ws.last
        ws.drop()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self.guest().post("/v1/friends", {"username": two.username}), range(257)))
        again = self.user_socket(two)
        again.send({"type": "resume", "last_seq": last})
        state = again.expect("snapshot")["data"]
        self.assertEqual(len(state["friends"]), 257)
        self.assertEqual({friend["state"] for friend in state["friends"]}, {"pending"})
        self.answer(one.post("/v1/friends", {"username": two.username}), 202)
        self.assertEqual(again.expect("friend_request")["data"]["username"], one.username)

    def test_a_full_log_is_repeated_whole(self):
        two = self.guest()
        ws = self.user_socket(two)
        last = ws.last
        ws.drop()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self.guest().post("/v1/friends", {"username": two.username}), range(250)))
        again = self.user_socket(two)
        again.resume(last)
        for _ in range(250):
            self.assertEqual(again.next()["type"], "friend_request")

    def test_a_match_of_the_queue_is_told_to_all_sockets_of_both(self):
        (one, first), (two, second) = self.with_socket()
        other = self.user_socket(two)
        game_id, _, _ = self.match(one, two)
        sides = set()
        for socket in (first, second, other):
            data = socket.expect("match_found")["data"]
            self.assertEqual(data["match_id"], str(game_id))
            sides.add(data["side"])
        self.assertEqual(sides, {"left", "right"})

    def test_d7_4_who_connects_after_the_match_was_made_learns_of_it(self):
        one, two = self.guest(), self.guest()
        game_id, _, _ = self.match(one, two)
        socket = self.user_socket(two)
        socket.send({"type": "resume", "last_seq": 0})
        state = socket.expect("snapshot")["data"]
        self.assertEqual((state["status"], state["match_id"]), ("in_match", str(game_id)))

    def test_events_of_others_are_never_heard(self):
        (one, _), (two, _), (_, third) = self.with_socket(3)
        self.challenge(one, two)
        self.match(self.guest(), self.guest())
        third.quiet("duel_invite", "match_found")


class UserSocketsOverARestart(LobbyCase):
    own_server = True

    def test_numbers_of_the_life_before_are_answered_by_a_snapshot(self):
        (one, _), (two, socket) = self.with_socket()
        duel = self.challenge(one, two)
        socket.expect("duel_invite")
        last = socket.last
        self.server.kill()
        self.server.start()
        two.move_to(self.server)
        again = self.user_socket(two)
        again.send({"type": "resume", "last_seq": last})
        self.assertEqual(again.expect("snapshot")["data"]["duel"]["duel_id"], duel["duel_id"])


class DuelRefusals(LobbyCase):
    def test_without_a_token_it_is_401(self):
        for path in ("/v1/duels", "/v1/duels/1/accept", "/v1/duels/1/decline", "/v1/duels/1/cancel"):
            self.answer(self.http.post(path, {"target": "x"}), 401)

    def test_a_body_that_is_not_a_challenge_is_422(self):
        player = self.guest()
        for body in ({}, {"target": ""}, {"target": 7}, {"target": None}, {"target": "x" * 33},
                     {"target": "x", "game": "chess"}, {"target": "x", "stake": 1}):
            with self.subTest(body=body):
                self.answer(player.post("/v1/duels", body), 422, "validation_failed")

    def test_nobody_of_that_name_is_404(self):
        player = self.guest()
        for target in ("nobody-here", "99999999999999999999", "88888888", "a/b"):
            self.answer(player.post("/v1/duels", {"target": target}), 404)

    def test_oneself_is_422_self_duel(self):
        (one, _), = self.with_socket(1)
        for target in (one.username, one.username.upper(), one.player_id):
            self.answer(one.post("/v1/duels", {"target": target}), 422, "self_duel")

    def test_c7_7_who_is_not_online_is_409_offline_and_nobody_is_busy(self):
        one, two = self.guest(), self.guest()
        self.answer(one.post("/v1/duels", {"target": two.username}), 409, "offline")
        self.assertEqual(one.me()["status"], "offline")

    def test_who_is_queued_playing_or_invited_is_409_busy_on_both_sides(self):
        (one, _), (two, _), (three, _) = self.with_socket(3)
        one.join_queue()
        self.answer(two.post("/v1/duels", {"target": one.username}), 409, "busy")
        self.answer(one.post("/v1/duels", {"target": two.username}), 409, "busy")
        self.answer(one.post("/game/leave/"), 200)
        self.challenge(one, two)
        self.answer(three.post("/v1/duels", {"target": one.username}), 409, "busy")
        self.answer(three.post("/v1/duels", {"target": two.username}), 409, "busy")
        self.answer(one.post("/v1/duels", {"target": two.username}), 409, "busy")
        self.assertEqual([p.me()["status"] for p in (one, two, three)], ["invited", "invited", "idle"])

    def test_a_block_either_way_is_403(self):
        (one, _), (two, _) = self.with_socket()
        self.answer(two.post("/v1/blocks", {"username": one.username}), 201)
        self.answer(one.post("/v1/duels", {"target": two.username}), 403, "blocked")
        self.answer(two.post("/v1/duels", {"target": one.username}), 403, "blocked")

    def test_c7_7_only_the_challenged_may_accept_and_a_stranger_learns_nothing(self):
        (one, _), (two, _), (three, _) = self.with_socket(3)
        duel = self.challenge(one, two)["duel_id"]
        for what in ("accept", "decline", "cancel"):
            self.answer(three.post(f"/v1/duels/{duel}/{what}"), 404)
        self.answer(one.post(f"/v1/duels/{duel}/accept"), 403)
        self.answer(one.post(f"/v1/duels/{duel}/decline"), 403)
        self.answer(two.post(f"/v1/duels/{duel}/cancel"), 403)
        self.assertEqual(two.me()["status"], "invited")
        for duel in ("0", "1", "x", "-1", "99999999999999999999"):
            self.answer(two.post(f"/v1/duels/{duel}/accept"), 404)

    def test_an_answer_is_final(self):
        for first in ("accept", "decline", "cancel"):
            with self.subTest(first=first):
                (one, _), (two, _) = self.with_socket()
                duel = self.challenge(one, two)["duel_id"]
                self.answer((one if first == "cancel" else two).post(f"/v1/duels/{duel}/{first}"), 200)
                for who, what in ((two, "accept"), (two, "decline"), (one, "cancel")):
                    self.answer(who.post(f"/v1/duels/{duel}/{what}"), 409, "conflict")

    def test_accept_and_cancel_at_once_have_one_outcome(self):
        for _ in range(8):
            (one, _), (two, _) = self.with_socket()
            duel = self.challenge(one, two)["duel_id"]
            with ThreadPoolExecutor(2) as pool:
                replies = [pool.submit(who.post, f"/v1/duels/{duel}/{what}")
                           for who, what in ((two, "accept"), (one, "cancel"))]
                statuses = sorted(reply.result().status for reply in replies)
            self.assertEqual(statuses, [200, 409])
            self.assertEqual(len({one.me()["status"], two.me()["status"]}), 1)


class Duels(LobbyCase):
    settings = {"RALLY_RULESET_ARENA_WIN": "3"}

    def test_both_hear_the_invitation_and_a_decline_frees_both(self):
        (one, first), (two, second) = self.with_socket()
        duel = self.challenge(one, two)
        self.assertEqual(duel["state"], "pending")
        for socket in (first, second):
            data = socket.expect("duel_invite")["data"]
            self.assertEqual((data["duel_id"], data["from"], data["game"]), (duel["duel_id"], one.username, "pong"))
            self.assertEqual(data["target"], {"player_id": two.player_id, "username": two.username})
            self.assertEqual(data["expires_at"], duel["expires_at"])
        reply = self.answer(two.post(f"/v1/duels/{duel['duel_id']}/decline"), 200)
        self.assertEqual(reply.json(), {"duel_id": duel["duel_id"], "state": "declined"})
        for player, socket in ((one, first), (two, second)):
            self.assertEqual(socket.expect("duel_declined")["data"]["duel_id"], duel["duel_id"])
            self.assertEqual(player.me()["status"], "idle")

    def test_a_challenge_taken_back_is_told_to_the_target(self):
        (one, first), (two, second) = self.with_socket()
        duel = self.challenge(one, two)["duel_id"]
        self.answer(one.post(f"/v1/duels/{duel}/cancel"), 200)
        for socket in (first, second):
            self.assertEqual(socket.expect("duel_cancelled")["data"]["duel_id"], duel)
        self.challenge(two, one)

    def test_an_accepted_duel_is_a_game_on_the_game_socket(self):
        (one, first), (two, second) = self.with_socket()
        duel = self.challenge(one, two)["duel_id"]
        reply = self.answer(two.post(f"/v1/duels/{duel}/accept"), 200).json()
        self.assertEqual(set(reply), {"duel_id", "game_id"})
        for player, socket in ((one, first), (two, second)):
            self.assertEqual(socket.expect("duel_accepted")["data"]["game_id"], reply["game_id"])
            self.assertEqual(socket.expect("match_found")["data"]["match_id"], reply["game_id"])
            self.assertEqual((player.me()["status"], player.me()["match_id"]), ("in_match", reply["game_id"]))
        seats = [player.match_socket(reply["game_id"]) for player in (one, two)]
        states = [next(m for m in seat.heard if m["type"] == "game_state") for seat in seats]
        self.assertEqual([state["you"]["side"] for state in states], ["left", "right"])
        self.assertEqual(states[0]["ruleset"]["win_score"], 3)
        for seat in seats:
            seat.ready()
        for seat in seats:
            seat.expect("game_start")
        seats[0].action("resign")
        self.assertEqual(seats[1].expect("game_over")["winner"], "right")
        for seat in seats:
            seat.ws.connection.close()
        eventually(lambda: one.me()["status"] == "idle")

    def test_the_target_may_be_a_player_id_and_the_case_of_a_name_does_not_matter(self):
        (one, _), (two, second) = self.with_socket()
        for target in (two.player_id, two.username.upper()):
            duel = self.answer(one.post("/v1/duels", {"target": target, "game": "pong"}), 201).json()["duel_id"]
            second.expect("duel_invite")
            self.answer(one.post(f"/v1/duels/{duel}/cancel"), 200)

    def test_two_who_challenge_each_other_have_both_said_yes(self):
        (one, first), (two, second) = self.with_socket()
        duel = self.challenge(one, two)
        mirror = self.challenge(two, one)
        self.assertEqual((mirror["duel_id"], mirror["state"]), (duel["duel_id"], "accepted"))
        for socket in (first, second):
            self.assertEqual(socket.expect("duel_accepted")["data"]["game_id"], mirror["game_id"])

    def test_challenges_both_ways_at_once_make_one_game(self):
        for _ in range(8):
            (one, _), (two, _) = self.with_socket()
            with ThreadPoolExecutor(2) as pool:
                replies = list(pool.map(lambda pair: pair[0].post("/v1/duels", {"target": pair[1].username}),
                                        ((one, two), (two, one))))
            self.assertEqual([reply.status for reply in replies], [201, 201], replies)
            self.assertEqual(sorted(reply.json()["state"] for reply in replies), ["accepted", "pending"])
            self.assertEqual(one.me()["match_id"], two.me()["match_id"])

    def test_an_idempotency_key_makes_one_challenge(self):
        (one, _), (two, second) = self.with_socket()
        replies = [one.post("/v1/duels", {"target": two.username}, headers={"Idempotency-Key": "once"})
                   for _ in range(2)]
        self.assertEqual(replies[0].body, replies[1].body)
        second.expect("duel_invite")
        second.quiet("duel_invite")

    def test_who_blocks_the_challenger_ends_the_challenge(self):
        (one, first), (two, _) = self.with_socket()
        duel = self.challenge(one, two)["duel_id"]
        self.answer(two.post("/v1/blocks", {"username": one.username}), 201)
        self.assertEqual(first.expect("duel_declined")["data"]["duel_id"], duel)
        self.assertEqual(one.me()["status"], "idle")


class DuelClock(LobbyCase):
    settings = {"RALLY_DUEL_TIMEOUT": "1s"}

    def test_c7_7_a_challenge_nobody_answers_expires_and_frees_both(self):
        (one, first), (two, second) = self.with_socket()
        duel = self.challenge(one, two)["duel_id"]
        for socket in (first, second):
            self.assertEqual(socket.expect("duel_expired")["data"]["duel_id"], duel)
        self.answer(two.post(f"/v1/duels/{duel}/accept"), 409, "conflict")
        self.assertEqual([p.me()["status"] for p in (one, two)], ["idle", "idle"])

    def test_it_expires_over_a_restart_too(self):
        (one, _), (two, _) = self.with_socket()
        self.challenge(one, two)
        self.server.kill()
        self.server.start()
        for player in (one, two):
            player.move_to(self.server)
            eventually(lambda: player.me()["status"] in ("idle", "offline"))


class Friends(LobbyCase):
    def test_without_a_token_it_is_401(self):
        for path in ("/v1/friends", "/v1/blocks"):
            self.answer(self.http.get(path), 401)
            self.answer(self.http.post(path, {"username": "x"}), 401)
            self.answer(self.http.delete(path + "/x"), 401)

    def test_wrong_bodies_oneself_and_nobody(self):
        player = self.guest()
        for path in ("/v1/friends", "/v1/blocks"):
            for body in ({}, {"username": ""}, {"username": 1}, {"username": "x", "more": 1}):
                self.answer(player.post(path, body), 422)
            self.answer(player.post(path, {"username": player.username}), 422)
            self.answer(player.post(path, {"username": "nobody-here"}), 404)
            self.answer(player.delete(path + "/nobody-here"), 404)
            self.answer(player.delete(path + "/" + self.guest().username), 404)

    def test_a_request_needs_the_others_word(self):
        (one, first), (two, second) = self.with_socket()
        reply = self.answer(one.post("/v1/friends", {"username": two.username}), 202).json()
        self.assertEqual(reply, {"player_id": two.player_id, "username": two.username, "state": "requested"})
        self.assertEqual(second.expect("friend_request")["data"]["username"], one.username)
        self.answer(one.post("/v1/friends", {"username": two.username}), 202)
        lists = [player.get("/v1/friends").json()["items"] for player in (one, two)]
        self.assertEqual([(rows[0]["state"], rows[0]["presence"]) for rows in lists],
                         [("requested", None), ("pending", None)])
        self.assertEqual(self.answer(two.post("/v1/friends", {"username": one.username}), 200).json()["state"],
                         "friends")
        self.assertEqual(first.expect("friend_accepted")["data"]["username"], two.username)
        for player, other in ((one, two), (two, one)):
            self.assertEqual(player.get("/v1/friends").json()["items"],
                             [{"player_id": other.player_id, "username": other.username, "state": "friends",
                               "presence": "online"}])
        second.quiet("friend_request")

    def test_a_friendship_ends_by_name_or_id_from_either_side(self):
        for name in ("username", "player_id"):
            one, two = self.guest(), self.guest()
            self.make_friends(one, two)
            self.answer(two.delete(f"/v1/friends/{getattr(one, name)}"), 204)
            self.assertEqual([p.get("/v1/friends").json()["items"] for p in (one, two)], [[], []])
            self.answer(two.delete(f"/v1/friends/{getattr(one, name)}"), 404)

    def test_a_block_ends_the_friendship_at_once_and_refuses_requests(self):
        one, two = self.guest(), self.guest()
        self.make_friends(one, two)
        self.answer(one.post("/v1/blocks", {"username": two.username}), 201)
        self.assertEqual([p.get("/v1/friends").json()["items"] for p in (one, two)], [[], []])
        self.assertEqual(one.get("/v1/blocks").json()["items"][0]["username"], two.username)
        self.assertEqual(two.get("/v1/blocks").json()["items"], [])
        self.answer(two.post("/v1/friends", {"username": one.username}), 403, "blocked")
        self.answer(one.delete(f"/v1/blocks/{two.username}"), 204)
        self.answer(two.post("/v1/friends", {"username": one.username}), 202)

    def test_friends_hear_of_coming_playing_and_going_and_strangers_do_not(self):
        (one, first), (_, third) = self.with_socket()
        two = self.guest()
        self.make_friends(one, two)
        socket = self.user_socket(two)
        of_two = lambda word: lambda m: m["data"] == {"player_id": two.player_id, "username": two.username,
                                                      "presence": word}
        first.expect("presence", where=of_two("online"))
        self.answer(two.post("/v1/practice", {}), 201)
        first.expect("presence", where=of_two("in_match"))
        self.assertEqual(one.get("/v1/friends").json()["items"][0]["presence"], "in_match")
        socket.close()
        first.expect("presence", 20, where=of_two("offline"))
        self.assertEqual(one.get("/v1/friends").json()["items"][0]["presence"], "offline")
        third.quiet("presence")


class ChatCase(LobbyCase):
    def chat(self, player, room="lobby", **more):
        socket = player.socket(f"/ws/chat/{room}/", **more)
        self.addCleanup(socket.ws.connection.close)
        socket.expect("joined")
        return socket

    def say(self, socket, message, **more):
        """Says it, and waits for one's own copy."""
        socket.send({"message": message, **more})
        return socket.expect("message", where=lambda m: m["message"] == message)

    def nothing(self, *sockets, of):
        """None of them hears anything of this text: a pong comes back first, and a message said after it."""
        for socket in sockets:
            socket.settle()
            self.assertFalse([m for m in socket.heard if of in m.get("message", "") and m["type"] == "message"])


class ChatRefusals(ChatCase):
    def test_without_a_token_it_is_4001(self):
        for path in ("/ws/chat/lobby/", "/ws/chat/lobby?token=nonsense"):
            JsonSocket.open(self.server, path).expect_refusal(4001)

    def test_a_room_that_does_not_exist_is_4004(self):
        player = self.guest()
        for room in ("kitchen", "match:1", "match:x", "match:", "dm:", "dm:nobody-here", f"dm:{player.username}",
                     "party:10000000", "LOBBY", "x" * 100, "match:99999999999999999999"):
            with self.subTest(room=room):
                player.socket(f"/ws/chat/{room}/").expect_refusal(4004)

    def test_a_conversation_with_who_has_blocked_one_is_4003(self):
        one, two = self.guest(), self.guest()
        self.answer(two.post("/v1/blocks", {"username": one.username}), 201)
        one.socket(f"/ws/chat/dm:{two.username}/").expect_refusal(4003)
        two.socket(f"/ws/chat/dm:{one.username}/").expect_refusal(4003)

    def test_what_is_not_a_message_is_an_error_and_the_socket_lives(self):
        socket = self.chat(self.guest())
        for text in ("{", "[]", "{}", '{"message":1}', '{"message":null}', '{"username":"x"}', '{"message":""}',
                     '{"message":"   "}', '{"message":"a\\u0007b"}', '{"message":"a\\u0000b"}',
                     json.dumps({"message": "x" * 501}), json.dumps({"message": "\u20ac" * 501})):
            with self.subTest(text=text[:40]):
                socket.send(text)
                socket.expect_error()
        self.say(socket, "still here")

    def test_c7_8_commands_without_what_they_need_are_errors_and_no_socket_dies(self):
        one, two = self.chat(self.guest()), self.chat(self.guest())
        for text in ("/duel", "/duel ", "/pm", "/pm bob", "/fly", "/", "/duel a b"):
            with self.subTest(text=text):
                one.send({"message": text})
                one.expect_error("validation_failed")
        one.send({"message": "/duel nobody-here"})
        one.expect_error("not_found")
        one.send({"message": "/pm nobody-here hello"})
        one.expect_error("not_found")
        for socket in (one, two):
            self.say(socket, f"alive {id(socket)}")
        self.nothing(two, of="/")


class Chat(ChatCase):
    def test_what_is_said_is_heard_by_all_with_name_id_and_time(self):
        player = self.guest()
        one, two = self.chat(player), self.chat(self.guest())
        for text in ("hello", "<b>bold</b> & \"quoted\" \\ done", "\u20ac" * 500, "\U0001f3d3" * 500, "two\nlines"):
            said = self.say(one, text)
            heard = two.expect("message", where=lambda m: m["message"] == text)
            self.assertEqual(heard, said)
            self.assertEqual(set(heard), {"type", "id", "message", "username", "sent_at"})
            self.assertEqual(heard["username"], player.username)
            self.assertRegex(heard["sent_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a7_13_c7_9_the_name_is_the_tokens_whatever_the_client_says(self):
        player = self.guest()
        one = self.chat(player)
        said = self.say(one, "who am I", username="admin", sender_id=1, user_id=1)
        self.assertEqual(said["username"], player.username)

    def test_a_sockets_messages_keep_their_order(self):
        one, two = self.chat(self.guest()), self.chat(self.guest())
        texts = [f"line {i} {id(one)}" for i in range(16)]
        for text in texts:
            one.send({"message": text})
        heard = [two.expect("message", where=lambda m: f"{id(one)}" in m["message"])["message"] for _ in texts]
        self.assertEqual(heard, texts)

    def test_c7_9_a_private_message_is_heard_by_the_two_only(self):
        (a, _), (b, user_socket), (c, _) = self.with_socket(3)
        one, two, three = self.chat(a), self.chat(b), self.chat(c)
        one.send({"message": f"/pm {b.username} a secret of ours"})
        for socket in (one, two):
            heard = socket.expect("message", where=lambda m: m["message"] == "a secret of ours")
            self.assertEqual((heard["private"], heard["username"], heard["to"]), (True, a.username, b.username))
        self.assertEqual(user_socket.expect("private_message")["data"]["message"], "a secret of ours")
        self.say(one, "said after the secret")
        three.expect("message", where=lambda m: m["message"] == "said after the secret")
        self.nothing(three, self.chat(self.guest()), of="secret of")
        again = self.chat(b, f"dm:{a.username}")
        self.assertIn("a secret of ours", [m.get("message") for m in again.heard])

    def test_a_conversation_of_two_has_its_own_room(self):
        a, b = self.guest(), self.guest()
        one, two, lobby = self.chat(a, f"dm:{b.username}"), self.chat(b, f"dm:{a.username}"), self.chat(self.guest())
        heard = self.say(one, "only you")
        self.assertTrue(heard["private"])
        two.expect("message", where=lambda m: m["message"] == "only you")
        self.nothing(lobby, of="only you")
        self.answer(b.post("/v1/blocks", {"username": a.username}), 201)
        one.send({"message": "hello?"})
        one.expect_error("blocked")
        self.nothing(two, of="hello?")

    def test_c7_9_a_block_is_honoured_by_the_server_at_once(self):
        a, b = self.guest(), self.guest()
        one, two = self.chat(a), self.chat(b)
        self.say(one, "before the block")
        two.expect("message", where=lambda m: m["message"] == "before the block")
        self.answer(b.post("/v1/blocks", {"username": a.username}), 201)
        self.say(one, "behind the wall")
        one.send({"message": f"/pm {b.username} hello"})
        one.expect_error("blocked")
        self.say(two, "I hear nothing")
        self.nothing(two, of="behind the wall")
        self.nothing(self.chat(b), of="the block")
        self.answer(b.delete(f"/v1/blocks/{a.username}"), 204)
        self.say(one, "the wall is gone")
        two.expect("message", where=lambda m: m["message"] == "the wall is gone")

    def test_help_is_for_the_asker_only(self):
        one = self.chat(self.guest())
        one.send({"message": "/help"})
        self.assertIn("/duel", one.expect("help")["message"])

    def test_a_duel_is_asked_for_in_the_chat_and_accepted(self):
        (a, first), (b, second) = self.with_socket()
        one = self.chat(a)
        one.send({"message": f"/duel {b.username}"})
        duel = one.expect("duel")["duel"]
        self.assertEqual((duel["state"], duel["from"]), ("pending", a.username))
        self.assertEqual(second.expect("duel_invite")["data"]["duel_id"], duel["duel_id"])
        game_id = self.answer(b.post(f"/v1/duels/{duel['duel_id']}/accept"), 200).json()["game_id"]
        self.assertEqual(first.expect("duel_accepted")["data"]["game_id"], game_id)
        one.send({"message": f"/duel {b.username}"})
        one.expect_error("busy")

    def test_a_match_has_a_room_of_its_own(self):
        game_id, a, b = self.match()
        one, two, lobby = self.chat(a, f"match:{game_id}"), self.chat(b, f"match:{game_id}"), self.chat(self.guest())
        self.say(one, "good luck")
        two.expect("message", where=lambda m: m["message"] == "good luck")
        self.nothing(lobby, of="good luck")


class ChatHistory(ChatCase):
    own_server = True

    def test_the_last_fifty_come_first_in_order_and_survive_a_kill(self):
        player = self.guest()
        one = self.chat(player)
        for i in range(60):
            self.say(one, f"line {i}")
        self.server.kill()
        self.server.start()
        player.move_to(self.server)
        again = self.chat(player)
        lines = [m["message"] for m in again.heard if m["type"] == "message"]
        self.assertEqual(lines, [f"line {i}" for i in range(10, 60)])

    def test_who_joins_while_people_talk_misses_nothing_and_hears_nothing_twice(self):
        """Three talk without a pause; whoever comes in hears each of them without a gap from the first line on."""
        talkers = [self.chat(self.guest()) for _ in range(3)]
        stop = threading.Event()

        def talk(who):
            count = 0
            while not stop.is_set():
                self.say(talkers[who], f"{who} {count}")
                count += 1

        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(talk, who) for who in range(3)]
            try:
                for _ in range(40):
                    late = self.guest().socket("/ws/chat/lobby/")
                    late.expect("joined")
                    for _ in range(10):
                        late.expect("message")
                    late.ws.connection.close()
                    lines = [m["message"].split() for m in late.heard if m["type"] == "message"]
                    for who in range(3):
                        own = [int(number) for name, number in lines if name == str(who)]
                        self.assertEqual(own, list(range(own[0], own[0] + len(own))) if own else [])
            finally:
                stop.set()
            for future in running:
                future.result()


class ChatRate(ChatCase):
    settings = {"RALLY_RATE_LIMITS": "on"}

    def test_who_writes_too_fast_is_told_and_stays(self):
        one = self.chat(self.guest())
        for i in range(30):
            one.send({"message": f"spam {i}"})
        one.expect_error("rate_limited")
        one.settle()
        self.assertLessEqual(len([m for m in one.heard if m["type"] == "message"]), 12)
