"""Section 6 of the protocol: tournaments, over HTTP, on `/ws/tournament/<id>/` and in their matches.

`Cup` is one tournament as its players see it. A match of it is decided quickest by a player who opens its socket and
resigns; the class at the end names the faults 1-4 and 6 of the system that Rally replaces (dialects, part C7)."""

import datetime
import json
import time
import unittest
from urllib.parse import urlencode

from harness.case import RallyCase
from harness.player import JsonSocket, MatchSocket, play
from harness.server import eventually
from harness.websocket import TEXT

FORM = "/game/tournaments/create_tournament_form/"
OPEN = ("pending", "called", "running")
QUICK = {"RALLY_RULESET_ARENA_WIN": "1", "RALLY_NO_SHOW_TIMEOUT": "1500ms", "RALLY_RECONNECT_GRACE": "2s"}
PATIENT = {**QUICK, "RALLY_NO_SHOW_TIMEOUT": "30s"}


def rfc3339(seconds_from_now):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class EventSocket(JsonSocket):
    """The envelope of `/v1/ws`: what the others call type is the event here."""

    def _decode(self, opcode, payload):
        if opcode == TEXT:
            message = json.loads(payload.decode("utf-8"))
            payload = json.dumps({**message, "type": message.get("type") or message["event"]}).encode()
        return super()._decode(opcode, payload)


class Cup:
    """One tournament: its creator, its players, and what anybody may read of it."""

    def __init__(self, case, count, creator=None, joins=True, **fields):
        self.case = case
        self.creator = creator or case.guest()
        reply = self.creator.post(FORM, {"name": "Cup", "player_limit": max(count, 2), **fields})
        case.answer(reply, 201)
        assert set(reply.json()) == {"message", "tournament_id"}, reply
        assert reply.json()["message"] == "tournament created", reply
        self.id = reply.json()["tournament_id"]
        self.players = []
        for _ in range(count if joins else 0):
            self.join(case.guest())

    def path(self, action):
        return f"/game/tournaments/{self.id}/{action}/"

    def join(self, player):
        reply = player.post(self.path("join"))
        self.case.answer(reply, 200)
        self.players.append(player)
        return player

    def start(self):
        reply = self.creator.post(self.path("start_tournament"))
        self.case.answer(reply, 200)
        assert reply.json() == {"message": "tournament started"}, reply
        return self

    def read(self):
        reply = self.case.http.get(f"/v1/tournaments/{self.id}")
        assert reply.status == 200, reply
        return reply.json()

    def nodes(self, state=None):
        return [node for row in self.read()["rounds"] for node in row if state is None or node["state"] in state]

    def player(self, player_id):
        return next(player for player in self.players if player.player_id == player_id)

    def called(self):
        return [node for node in self.nodes(("called", "running")) if node["match_id"]]

    def key(self, node, mark="%23"):
        return f"{self.id}{mark}{node['match_id']}{mark}{node['players'][0]['username']}"

    def sit(self, node, side, mark="%23"):
        player = self.player(node["players"][side]["player_id"])
        socket = player.match_socket(self.key(node, mark))
        self.case.addCleanup(socket.ws.connection.close)
        return socket

    def lose(self, node, side):
        """The player of this side comes, gives up, and goes."""
        socket = self.sit(node, side)
        socket.action("resign")
        over = socket.expect("game_over")
        socket.close()
        return over

    def wait(self, states=("finished",), within=20):
        eventually(lambda: self.read()["state"] in states, within, 0.05, f"never {states}")
        return self.read()

    def play_out(self, loser=lambda node: 1, within=30, done=()):
        """Every match that is called is given up by the player of side `loser(node)`, until it is over."""
        end, done = time.monotonic() + within, set(done)
        while self.read()["state"] == "started":
            assert time.monotonic() < end, f"still not over: {json.dumps(self.read()['rounds'])}"
            for node in self.called():
                if node["match_id"] not in done:
                    done.add(node["match_id"])
                    self.lose(node, loser(node))
            time.sleep(0.02)
        return self.read()

    def listen(self, player=None):
        socket = (player or self.case.guest()).socket(f"/ws/tournament/{self.id}/", JsonSocket)
        self.case.addCleanup(socket.ws.connection.close)
        return socket


def decided(view):
    """The nodes that were decided between players or by their absence: all but the byes of round 1."""
    return [node for number, row in enumerate(view["rounds"], 1) for node in row
            if node["state"] not in OPEN and not (number == 1 and node["state"] == "bye")]


class TournamentCase(RallyCase):
    settings = PATIENT

    def check_bracket(self, cup, view):
        count = len(cup.players)
        self.assertEqual(len(decided(view)), count - 1)
        sizes = [len(row) for row in view["rounds"]]
        self.assertEqual(sizes, [2 ** power for power in range(len(sizes) - 1, -1, -1)])
        ids = [node["match_id"] for row in view["rounds"] for node in row if node["match_id"]]
        self.assertEqual(len(ids), len(set(ids)), "one match for each node")
        for number, row in enumerate(view["rounds"], 1):
            for slot, node in enumerate(row):
                if number > 1:
                    for side in (0, 1):
                        feeder = view["rounds"][number - 2][2 * slot + side]
                        player = node["players"][side]
                        self.assertEqual(feeder["winner"], player and player["player_id"])
                if node["state"] == "bye":
                    self.assertIsNone(node["match_id"])

    def check_champion(self, cup, view):
        self.check_bracket(cup, view)
        self.assertEqual(view["state"], "finished")
        self.assertEqual(view["winner"], view["rounds"][-1][0]["winner"])
        places = sorted(player["place"] for player in view["players"])
        self.assertEqual(places.count(1), 1)
        self.assertNotIn(None, places)
        self.assertEqual([p["player_id"] for p in view["players"] if p["place"] == 1], [view["winner"]])


class Forms(TournamentCase):
    def test_without_a_token_only_looking_is_allowed(self):
        cup = Cup(self, 2)
        for path in (FORM, cup.path("join"), cup.path("leave"), cup.path("start_tournament"), cup.path("next_round")):
            with self.subTest(path=path):
                self.answer(self.http.post(path), 401)
        self.answer(self.http.get(FORM), 401)
        self.answer(self.http.delete(cup.path("delete_tournament")), 401)
        self.answer(self.http.get(cup.path("player_list")), 401)
        for path in ("/v1/tournaments", f"/v1/tournaments/{cup.id}", "/game/tournaments/open_tournaments/"):
            with self.subTest(path=path):
                self.answer(self.http.get(path), 200)

    def test_what_is_wrong_with_a_form_is_named(self):
        player = self.guest()
        wrong = [
            ({}, "/name"), ({"name": ""}, "/name"), ({"name": "   "}, "/name"), ({"name": "x" * 101}, "/name"),
            ({"name": "a\nb"}, "/name"), ({"name": 7}, "/name"), ({"name": None}, "/name"),
            ({"name": "x", "player_limit": 1}, "/player_limit"), ({"name": "x", "player_limit": 513}, "/player_limit"),
            ({"name": "x", "player_limit": "16"}, "/player_limit"),
            ({"name": "x", "player_limit": 2.5}, "/player_limit"),
            ({"name": "x", "format": "swiss"}, "/format"), ({"name": "x", "seeding": "fair"}, "/seeding"),
            ({"name": "x", "auto_start_at": "soon"}, "/auto_start_at"),
            ({"name": "x", "auto_start_at": "2020-01-01T00:00:00Z"}, "/auto_start_at"),
            ({"name": "x", "auto_start_at": "2027-02-30T00:00:00Z"}, "/auto_start_at"),
            ({"name": "x", "prize": -1}, "/prize"), ({"name": "x", "entry_fee": "a"}, "/entry_fee"),
            ({"name": "x", "on_blockchain": "yes"}, "/on_blockchain"), ({"name": "x", "surprise": 1}, "/surprise"),
        ]
        for body, pointer in wrong:
            with self.subTest(body=body):
                reply = self.answer(player.post(FORM, body), 422, "validation_failed")
                self.assertIn(pointer, [error["pointer"] for error in reply.json()["errors"]])
        for body in (b"name=&player_limit=4", b"name=x&player_limit=1", b"name=x&player_limit=99999999999999999999",
                     b"name=x&on_blockchain=perhaps", b"name=x&surprise=1", b""):
            with self.subTest(body=body):
                reply = player.post(FORM, body, content_type="application/x-www-form-urlencoded")
                self.answer(reply, 422, "validation_failed")

    def test_a_body_that_cannot_be_read(self):
        player = self.guest()
        self.answer(player.post(FORM, b"{", content_type="application/json"), 400)
        self.answer(player.post(FORM, b"name=%zz", content_type="application/x-www-form-urlencoded"), 400)
        self.answer(player.post(FORM, b"<x/>", content_type="text/xml"), 415)

    def test_the_form_is_a_page_without_script_or_style(self):
        reply = self.answer(self.guest().get(FORM), 200)
        self.assertTrue(reply.header("Content-Type").startswith("text/html"))
        page = reply.body.decode().lower()
        for field in ("name", "player_limit", "prize", "entry_fee", "on_blockchain"):
            self.assertIn(f'name="{field}"', page)
        for forbidden in ("<script", "<style", "style=", "onclick"):
            self.assertNotIn(forbidden, page)
        self.assertIn("default-src 'none'", reply.header("Content-Security-Policy"))

    def test_the_form_makes_a_tournament_with_its_fields(self):
        player = self.guest()
        body = urlencode({"name": "Sommer & Grüße", "player_limit": 4, "prize": 100, "entry_fee": "", "on_blockchain": "on",
                          "csrfmiddlewaretoken": "abc"}).encode()
        reply = player.post(FORM, body, content_type="application/x-www-form-urlencoded")
        view = self.answer(self.http.get(f"/v1/tournaments/{self.answer(reply, 201).json()['tournament_id']}"), 200).json()
        self.assertEqual((view["name"], view["player_limit"], view["prize"], view["entry_fee"], view["on_blockchain"]),
                         ("Sommer & Grüße", 4, 100, 0, True))
        self.assertEqual(view["creator"], {"player_id": player.player_id, "username": player.username})
        self.assertEqual((view["state"], view["round"], view["rounds"], view["players"], view["winner"]),
                         ("open", 0, [], [], None))

    def test_the_defaults_and_the_id(self):
        reply = self.answer(self.guest().post(FORM, {"name": "x"}), 201).json()
        self.assertGreaterEqual(reply["tournament_id"], 10_000_000)
        view = self.http.get(f"/v1/tournaments/{reply['tournament_id']}").json()
        self.assertEqual((view["player_limit"], view["format"], view["seeding"]), (16, "single_elimination", "random"))

    def test_a_creator_has_one_open_tournament(self):
        cup = Cup(self, 2)
        reply = self.answer(cup.creator.post(FORM, {"name": "second"}), 400, "has_open_tournament")
        self.assertEqual(reply.json()["error"], "player already has an open tournament")

    def test_the_same_idempotency_key_makes_one_tournament(self):
        player, key = self.guest(), {"Idempotency-Key": "cup-1"}
        first = self.answer(player.post(FORM, {"name": "x"}, headers=key), 201)
        again = self.answer(player.post(FORM, {"name": "x"}, headers=key), 201)
        self.assertEqual(first.body, again.body)


class BeforeTheStart(TournamentCase):
    def test_what_is_not_there_is_404(self):
        player = self.guest()
        for number in ("99999999", "abc", "-1", "0"):
            with self.subTest(number=number):
                for action in ("join", "leave", "start_tournament", "next_round"):
                    self.answer(player.post(f"/game/tournaments/{number}/{action}/"), 404)
                self.answer(player.delete(f"/game/tournaments/{number}/delete_tournament/"), 404)
                self.answer(player.get(f"/game/tournaments/{number}/player_list/"), 404)
                self.answer(self.http.get(f"/v1/tournaments/{number}"), 404)
        self.answer(player.get("/game/tournaments/10000000/join/"), 405)

    def test_joining_twice_is_once_and_leaving_twice_is_told(self):
        cup, player = Cup(self, 2, joins=False), self.guest()
        self.assertEqual(player.post(cup.path("join")).json(), {"message": "joined tournament"})
        self.assertEqual(player.post(cup.path("join")).json(), {"message": "already joined"})
        self.assertEqual(player.post(cup.path("leave")).json(), {"message": "left tournament"})
        self.assertEqual(player.post(cup.path("leave")).json(), {"message": "not in tournament"})
        self.assertEqual(cup.read()["players"], [])

    def test_a_full_tournament_takes_nobody_until_somebody_leaves(self):
        cup, late = Cup(self, 2), self.guest()
        reply = self.answer(late.post(cup.path("join")), 400, "tournament_full")
        self.assertEqual(reply.json()["error"], "tournament is full")
        self.answer(cup.players[0].post(cup.path("leave")), 200)
        self.answer(late.post(cup.path("join")), 200)

    def test_only_the_creator_starts_it_once_with_enough_players(self):
        cup = Cup(self, 2, joins=False)
        reply = self.answer(cup.creator.post(cup.path("start_tournament")), 400, "too_few_players")
        self.assertEqual(reply.json()["error"], "tournament needs at least 2 players")
        one, two = cup.join(self.guest()), cup.join(self.guest())
        self.answer(one.post(cup.path("start_tournament")), 403, "forbidden")
        self.answer(cup.creator.post(cup.path("next_round")), 400, "not_started")
        cup.start()
        self.answer(cup.creator.post(cup.path("start_tournament")), 409, "not_open")
        self.answer(self.guest().post(cup.path("join")), 409, "not_open")
        self.assertEqual(one.post(cup.path("join")).json(), {"message": "already joined"})
        self.answer(two.post(cup.path("next_round")), 403, "forbidden")

    def test_lists_walk_by_page_and_by_cursor(self):
        made = [Cup(self, 2, joins=False).id for _ in range(5)][::-1]
        listed = self.http.get("/v1/tournaments?state=open&page_size=5").json()
        self.assertEqual([int(item["id"]) for item in listed["items"]], made)
        first = self.http.get("/v1/tournaments?state=open&page_size=2").json()
        second = self.http.get(f"/v1/tournaments?state=open&page_size=2&cursor={first['next_cursor']}").json()
        paged = self.http.get("/v1/tournaments?state=open&page_size=2&page=2").json()
        self.assertEqual([int(item["id"]) for item in first["items"] + second["items"]], made[:4])
        self.assertEqual(paged["items"], second["items"])
        cursor = first["next_cursor"]
        for bad in (cursor[:-1] + ("0" if cursor[-1] != "0" else "1"), "x", "10000001-", ""):
            with self.subTest(cursor=bad):
                self.answer(self.http.get(f"/v1/tournaments?state=open&cursor={bad}"), 400, "bad_cursor")
        self.answer(self.http.get(f"/v1/tournaments?cursor={cursor}"), 400, "bad_cursor")
        for bad in ("page=0", "page_size=101", "page=x", "state=closed"):
            with self.subTest(query=bad):
                self.answer(self.http.get(f"/v1/tournaments?{bad}"), 422)
        listed = self.http.get("/game/tournaments/open_tournaments/").json()
        self.assertEqual([item["id"] for item in listed[:5]], made)

    def test_the_player_list_has_places_at_the_end(self):
        cup = Cup(self, 2)
        names = sorted(player.username for player in cup.players)
        listed = self.answer(cup.creator.get(cup.path("player_list")), 200).json()
        self.assertEqual(sorted(row["player"] for row in listed), names)
        self.assertEqual([row["place"] for row in listed], [None, None])
        cup.start().play_out()
        listed = cup.creator.get(cup.path("player_list")).json()
        self.assertEqual(sorted(row["place"] for row in listed), [1, 2])

    def test_a_tournament_is_called_off_by_its_creator_alone(self):
        cup = Cup(self, 2)
        self.answer(cup.players[0].delete(cup.path("delete_tournament")), 403)
        self.answer(cup.creator.delete(cup.path("delete_tournament")), 204)
        self.assertEqual(cup.read()["state"], "cancelled")
        self.answer(cup.creator.delete(cup.path("delete_tournament")), 409, "not_open")
        self.answer(self.guest().post(cup.path("join")), 409, "not_open")
        self.answer(cup.players[0].post(cup.path("leave")), 409, "not_open")

    def test_calling_it_off_ends_its_matches_without_a_winner(self):
        cup = Cup(self, 2).start()
        socket = cup.sit(cup.called()[0], 0)
        self.answer(cup.creator.delete(cup.path("delete_tournament")), 204)
        over = socket.expect("game_over")
        self.assertEqual((over["reason"], over["winner"]), ("cancelled", None))
        eventually(lambda: all(player.status()["state"] == "idle" for player in cup.players))

    def test_it_starts_by_itself_at_its_time_and_is_called_off_without_players(self):
        full = Cup(self, 2, auto_start_at=rfc3339(0.8))
        empty = Cup(self, 2, joins=False, auto_start_at=rfc3339(0.8))
        self.assertEqual(full.read()["state"], "open")
        full.wait(("started",), 5)
        empty.wait(("cancelled",), 5)

    def test_the_best_rated_are_seeded_apart(self):
        cup = Cup(self, 3, seeding="rating").start()
        view = cup.read()
        self.assertEqual(view["seeding"], "rating")
        bye = next(node for node in view["rounds"][0] if node["state"] == "bye")
        self.assertEqual([p["seed"] for p in bye["players"] if p], [1])


class ToTheChampion(TournamentCase):
    def run_to_the_end(self, count):
        cup = Cup(self, count).start()
        view = cup.read()
        byes = [node for node in view["rounds"][0] if node["state"] == "bye"]
        tree = 1 << (count - 1).bit_length()
        self.assertEqual(sorted(p["seed"] for node in byes for p in node["players"] if p),
                         list(range(1, tree - count + 1)), "byes go to the highest seeds")
        view = cup.play_out(loser=lambda node: int(node["match_id"]) % 2)
        self.check_champion(cup, view)
        self.assertTrue(all(player.status()["state"] == "idle" for player in cup.players))
        self.assertEqual(cup.creator.post(cup.path("next_round")).json(), {"message": "tournament finished"})

    def test_two(self):
        self.run_to_the_end(2)

    def test_three(self):
        self.run_to_the_end(3)

    def test_five(self):
        self.run_to_the_end(5)

    def test_eight(self):
        self.run_to_the_end(8)

    def test_a_match_that_is_played_decides_by_its_score_and_rates_nobody(self):
        cup = Cup(self, 2).start()
        node = cup.called()[0]
        seats = [cup.sit(node, 0), cup.sit(node, 1)]
        self.assertEqual([seat.side for seat in seats], ["left", "right"])
        self.assertEqual(seats[0].state["ruleset"]["win_score"], 1)
        before = [player.mmr() for player in cup.players]
        for seat in seats:
            seat.ready()
        play(seats, lambda: all(seat.over for seat in seats), 25, skills=dict.fromkeys(seats, "dodge"))
        over = seats[0].over
        self.assertEqual(over["reason"], "score")
        view = cup.wait()
        self.check_champion(cup, view)
        final = view["rounds"][0][0]
        self.assertEqual((final["state"], final["score"]), ("finished", [over["left"], over["right"]]))
        self.assertEqual(int(view["winner"]), over["winner_user_id"])
        self.assertEqual([player.mmr() for player in cup.players], before)
        seats[0].action("rematch")
        seats[0].expect_error("forbidden")

    def test_leaving_before_a_match_begins_lets_the_other_go_up(self):
        cup = Cup(self, 3).start()
        node = cup.called()[0]
        leaver = cup.player(node["players"][0]["player_id"])
        self.assertEqual(leaver.post(cup.path("leave")).json(), {"message": "left tournament"})
        self.assertEqual(leaver.post(cup.path("leave")).json(), {"message": "not in tournament"})
        eventually(lambda: len(cup.called()) == 1 and cup.called()[0]["match_id"] != node["match_id"], 5)
        view = cup.play_out()
        self.check_champion(cup, view)
        self.assertEqual(view["rounds"][0][[n["match_id"] for n in view["rounds"][0]].index(node["match_id"])]["winner"],
                         node["players"][1]["player_id"])

    def test_leaving_while_waiting_for_an_opponent_loses_to_whoever_comes(self):
        cup = Cup(self, 3).start()
        waiting = next(node for node in cup.nodes() if node["state"] == "bye")
        leaver = cup.player(waiting["winner"])
        self.answer(leaver.post(cup.path("leave")), 200)
        cup.lose(cup.called()[0], 0)
        view = cup.wait()
        self.check_champion(cup, view)
        self.assertEqual(view["rounds"][1][0]["state"], "walkover")
        self.assertNotEqual(view["winner"], leaver.player_id)

    def test_everybody_leaves(self):
        cup = Cup(self, 5).start()
        for player in cup.players:
            player.post(cup.path("leave"))
        self.assertEqual(len(decided(cup.wait())), 4)

    def test_a_waiting_place_in_the_queue_is_given_up_for_a_match(self):
        cup = Cup(self, 2)
        cup.players[0].join_queue()
        cup.start()
        eventually(lambda: cup.players[0].status()["state"] == "matched", 5)


class AbsentPlayers(TournamentCase):
    settings = QUICK

    def test_one_who_does_not_come_loses_by_walkover(self):
        cup = Cup(self, 2).start()
        node = cup.called()[0]
        socket = cup.sit(node, 0)
        socket.ready()
        over = socket.expect("game_over")
        self.assertEqual((over["reason"], over["winner"]), ("no_show", "left"))
        view = cup.wait()
        self.check_champion(cup, view)
        self.assertEqual(view["rounds"][0][0]["state"], "walkover")
        self.assertEqual(view["winner"], node["players"][0]["player_id"])

    def test_both_absent_is_void_and_the_other_side_has_a_bye(self):
        cup = Cup(self, 4).start()
        first, second = cup.called()
        cup.lose(first, 1)
        view = cup.wait()
        self.check_bracket(cup, view)
        states = {node["match_id"]: node["state"] for node in view["rounds"][0]}
        self.assertEqual(states[second["match_id"]], "void")
        self.assertEqual((view["rounds"][1][0]["state"], view["rounds"][1][0]["match_id"]), ("bye", None))
        self.assertEqual(view["winner"], first["players"][0]["player_id"])

    def test_a_final_that_nobody_comes_to_ends_without_a_winner(self):
        cup = Cup(self, 2).start()
        listener = cup.listen()
        view = cup.wait()
        self.assertEqual((view["winner"], view["rounds"][0][0]["state"]), (None, "void"))
        last = listener.expect("tournament_update", where=lambda m: m["tournament"]["state"] == "finished")
        self.assertIsNone(last["tournament"]["winner"])
        self.assertFalse([m for m in listener.heard if str(m.get("message")).startswith("winner")])

    def test_eight_of_whom_some_come(self):
        cup = Cup(self, 8).start()
        for node in cup.called()[:2]:
            cup.lose(node, 0)
        view = cup.wait(within=30)
        self.check_bracket(cup, view)


class Listening(TournamentCase):
    def test_refusals(self):
        cup = Cup(self, 2)
        nobody = JsonSocket.open(self.server, f"/ws/tournament/{cup.id}/")
        nobody.expect_refusal(4001)
        for key in ("99999999", "abc", "0"):
            with self.subTest(key=key):
                self.guest().socket(f"/ws/tournament/{key}/", JsonSocket).expect_refusal(4004)

    def test_bad_messages_are_answered_and_the_socket_lives(self):
        cup = Cup(self, 2)
        socket = cup.listen()
        for text in ("{", "[]", "7", '{"type":7}', "{}", '{"type":"dance"}'):
            socket.send(text)
            socket.expect_error()
        socket.send({"type": "ready", "player": "whoever"})
        socket.send({"type": "ping"})
        socket.expect("pong")

    def test_the_words_of_dialect_c_and_the_structured_twin(self):
        cup = Cup(self, 3)
        player = cup.players[0]
        socket = cup.listen(player)
        self.assertEqual(socket.expect("connection")["message"], f"connected {player.username}")
        update = socket.expect("tournament_update")["tournament"]
        self.assertEqual((update["state"], int(update["id"])), ("open", cup.id))
        cup.start()
        view = cup.read()
        bye = next(node for node in view["rounds"][0] if node["state"] == "bye")
        name = next(p["username"] for p in bye["players"] if p)
        match = cup.called()[0]
        told = [socket.expect("tournament_message")["message"] for _ in range(4)]
        self.assertEqual(told[:2], ["start tournament", "round 1"])
        self.assertEqual(set(told[2:]), {f"0 {name} bye", self.pairing(match)})
        socket.expect("tournament_update", where=lambda m: m["tournament"]["state"] == "started")
        cup.lose(match, 1)
        self.assertEqual(socket.expect("tournament_message")["message"], "round 2")
        final = cup.called()[0]
        self.assertEqual(socket.expect("tournament_message")["message"], self.pairing(final))
        cup.lose(final, 0)
        winner = final["players"][1]["username"]
        self.assertEqual(socket.expect("tournament_message")["message"], f"winner {winner}")
        last = socket.expect("tournament_update", where=lambda m: m["tournament"]["state"] == "finished")
        self.assertEqual(last["tournament"], cup.read(), "the same as GET says")

    def test_who_comes_late_is_told_everything(self):
        cup = Cup(self, 3)
        early = cup.listen()
        cup.start().play_out()
        early.expect("tournament_message", where=lambda m: m["message"].startswith("winner "))
        late = cup.listen()
        late.expect("tournament_update")
        lines = [[m["message"] for m in socket.heard if m["type"] == "tournament_message"] for socket in (early, late)]
        self.assertEqual(sorted(lines[0]), sorted(lines[1]))
        self.assertEqual((lines[1][0], lines[1][1], lines[1][-1]), ("start tournament", "round 1", lines[0][-1]))

    def test_a_running_score_is_seen(self):
        cup = Cup(self, 2).start()
        node = cup.called()[0]
        socket = cup.listen()
        seats = [cup.sit(node, 0), cup.sit(node, 1)]
        for seat in seats:
            seat.ready()
        socket.expect("tournament_update", where=lambda m: m["tournament"]["rounds"][0][0]["state"] == "running")

    def pairing(self, node):
        return f"{node['match_id']} {node['players'][0]['username']} vs {node['players'][1]['username']}"


class Calls(TournamentCase):
    def test_both_players_are_called_on_their_own_socket(self):
        cup = Cup(self, 2)
        sockets = {player.player_id: player.socket("/v1/ws", EventSocket) for player in cup.players}
        for socket in sockets.values():
            self.addCleanup(socket.ws.connection.close)
            socket.expect("connected")
        cup.start()
        node = cup.called()[0]
        for side, player in zip(("left", "right"), node["players"]):
            data = sockets[player["player_id"]].expect("tournament_called")["data"]
            self.assertEqual((data["tournament_id"], data["match_id"], data["side"]), (str(cup.id), node["match_id"], side))
            self.assertIn("expires_at", data)


class MatchKeys(TournamentCase):
    def test_both_marks_and_the_kind_lead_to_the_match(self):
        cup = Cup(self, 2).start()
        node = cup.called()[0]
        player = cup.player(node["players"][0]["player_id"])
        for key in (cup.key(node, "%23"), cup.key(node, "-"), cup.key(node, "-") + "/?kind=tournament",
                    cup.key(node, "%23") + "/?kind=tournament", node["match_id"]):
            with self.subTest(key=key):
                socket = player.socket(f"/ws/game/{key}", MatchSocket)
                state = socket.expect("game_state")
                self.assertEqual(state["match_id"], node["match_id"])
                socket.drop()

    def test_a_key_of_another_tournament_leads_nowhere(self):
        cup, other = Cup(self, 2).start(), Cup(self, 2).start()
        node = cup.called()[0]
        player, name = cup.player(node["players"][0]["player_id"]), node["players"][0]["username"]
        quick, one, _ = self.match()
        keys = [f"{other.id}%23{node['match_id']}%23{name}", f"{other.id}-{node['match_id']}-{name}",
                f"{cup.id}%23{quick}%23{one.username}", f"{cup.id}%2399999999%23{name}", f"{cup.id}%23{node['match_id']}",
                f"{cup.id}%23{node['match_id']}%23", f"%23%23{name}", f"x%23{node['match_id']}%23{name}",
                f"{cup.id}%2523{node['match_id']}%2523{name}", f"{node['match_id']}/?kind=tournament"]
        for key in keys:
            with self.subTest(key=key):
                player.socket(f"/ws/game/{key}", JsonSocket).expect_refusal(4004)
        player.socket(f"/ws/game/{cup.key(node)}?kind=game", JsonSocket).expect_refusal(4004)

    def test_a_raw_mark_is_400(self):
        reply, _ = self.exchange(b"GET /ws/game/1#2#x/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                                 b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        self.assertEqual(reply.status, 400)

    def test_a_stranger_watches(self):
        cup = Cup(self, 2).start()
        node = cup.called()[0]
        watcher = self.guest().match_socket(cup.key(node))
        self.assertEqual(watcher.state["you"]["role"], "spectator")
        watcher.close()


class Crashes(TournamentCase):
    own_server = True

    def restart(self, cup):
        self.server.kill()
        code, text = self.server.audit()
        self.assertEqual(code, 0, text)
        self.server.start()
        self.http.close()
        self.http = type(self.http)(self.server.host, self.server.port)
        self.addCleanup(self.http.close)
        for player in [cup.creator, *cup.players]:
            player.move_to(self.server)

    def test_kill_9_in_the_middle_and_it_goes_on_to_the_champion(self):
        cup = Cup(self, 5).start()
        self.restart(cup)
        before, done = cup.read(), set()
        for _ in range(3):
            # What had ended just before the kill is taken in soon after the start.
            eventually(lambda: [node for node in cup.called() if node["match_id"] not in done])
            node = next(node for node in cup.called() if node["match_id"] not in done)
            done.add(node["match_id"])
            cup.lose(node, 1)
            self.restart(cup)
            after = cup.read()
            for old, new in zip(sum(before["rounds"], []), sum(after["rounds"], [])):
                if old["match_id"]:
                    self.assertEqual(old["match_id"], new["match_id"], "a match is made once")
            before = after
        view = cup.play_out(done=done)
        self.check_champion(cup, view)
        self.server.kill()
        code, text = self.server.audit()
        self.assertEqual(code, 0, text)
        self.server.start()


class FaultsOfTheTournamentService(TournamentCase):
    """Part C7 of the dialects, by number."""

    settings = QUICK

    def test_c7_01_more_than_two_players_come_to_an_end_and_no_round_is_made_twice(self):
        cup = Cup(self, 4).start()
        self.answer(cup.creator.post(cup.path("next_round")), 400, "round_not_completed")
        for node in cup.called():
            cup.lose(node, 1)
        eventually(lambda: cup.read()["round"] == 2, 5)
        for _ in range(3):
            reply = self.answer(cup.creator.post(cup.path("next_round")), 200)
            self.assertEqual(reply.json(), {"message": "next round started"})
        view = cup.play_out()
        self.check_champion(cup, view)
        self.assertEqual([len(row) for row in view["rounds"]], [2, 1])
        self.assertEqual(cup.creator.post(cup.path("next_round")).json(), {"message": "tournament finished"})

    def test_c7_02_an_odd_number_of_winners_loses_nobody(self):
        cup = Cup(self, 6).start()
        view = cup.play_out()
        self.check_champion(cup, view)
        seen = {p["player_id"] for row in view["rounds"] for node in row for p in node["players"] if p}
        self.assertEqual(seen, {player.player_id for player in cup.players})

    def test_c7_03_rounds_advance_without_the_creator_and_without_who_does_not_come(self):
        creator = self.register()
        cup = Cup(self, 4, creator=creator).start()
        self.answer(creator.post("/v1/auth/logout", {"refresh_token": creator.refresh_token}), 204)
        cup.lose(cup.called()[0], 0)
        view = cup.wait()
        self.check_bracket(cup, view)
        self.assertIsNotNone(view["winner"])

    def test_c7_04_a_start_that_fails_says_so_and_who_was_not_there_learns_of_the_match(self):
        cup = Cup(self, 2, joins=False)
        cup.join(self.guest())
        self.answer(cup.creator.post(cup.path("start_tournament")), 400, "too_few_players")
        self.assertEqual(cup.read()["state"], "open")
        cup.join(self.guest())
        cup.start()
        node = cup.called()[0]
        for player in cup.players:
            socket = cup.listen(player)
            line = socket.expect("tournament_message", where=lambda m: " vs " in m["message"])["message"]
            self.assertEqual(line.split()[0], node["match_id"])
            self.assertEqual(player.status()["game_id"], int(node["match_id"]))

    def test_c7_06_an_absent_player_leaves_one_consistent_result_and_never_two_winners(self):
        one = Cup(self, 2).start()
        both = Cup(self, 2).start()
        node = one.called()[0]
        socket = one.sit(node, 1)
        socket.ready()
        socket.expect("game_over")
        match = both.called()[0]["match_id"]
        seats = [both.sit(both.called()[0], side) for side in (0, 1)]  # both come, neither is ready
        for seat in seats:
            self.assertEqual(seat.expect("game_over")["reason"], "cancelled")
        self.assertEqual(one.wait()["winner"], node["players"][1]["player_id"])
        self.assertIsNone(both.wait()["winner"])
        info = self.guest().get(f"/game/{match}/info/").json()
        self.assertFalse([player for player in info["players"] if player.get("winner")])
        for player in one.players + both.players:
            self.assertEqual(player.status()["state"], "idle")


if __name__ == "__main__":
    unittest.main()
