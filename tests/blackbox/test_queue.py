"""Section 3 of the protocol: the quick queue, over HTTP and over `/ws/queue/`.

A class with `own_server` begins with an empty queue; the others leave it empty behind them."""

import unittest
from concurrent.futures import ThreadPoolExecutor

from harness.case import RallyCase
from harness.player import make_match, begin_match
from harness.server import eventually


class QueueOverHttp(RallyCase):
    own_server = True

    def test_without_a_token_nothing_is_queued(self):
        for path in ("/game/join/", "/game/leave/", "/game/queue/join/", "/game/queue/leave/"):
            with self.subTest(path=path):
                self.answer(self.http.post(path), 401)
        self.assertEqual(self.guest().status()["total_players"], 0)

    def test_leaving_without_being_queued_is_400_not_queued(self):
        reply = self.answer(self.guest().post("/game/leave/"), 400, "not_queued")
        self.assertEqual(reply.json()["error"], "User not in queue")

    def test_joining_twice_is_400_already_queued_and_counts_once(self):
        player = self.guest()
        player.join_queue()
        for path in ("/game/join/", "/game/queue/join/"):
            reply = self.answer(player.post(path), 400, "already_queued")
            self.assertEqual(reply.json()["error"], "User already in queue")
        self.assertEqual(player.status()["total_players"], 1)

    def test_joining_while_in_a_match_is_409_with_the_game_id(self):
        game_id, one, two = self.match()
        for player in (one, two):
            reply = self.answer(player.post("/game/join/"), 409, "in_match")
            self.assertEqual(reply.json()["game_id"], game_id)

    def test_leaving_after_the_match_was_made_is_400(self):
        _, one, two = self.match()
        for player in (one, two):
            self.answer(player.post("/game/leave/"), 400, "not_queued")

    def test_a_body_is_not_wanted_and_an_unknown_key_is_422(self):
        self.answer(self.guest().post("/game/join/", {"side": "left"}), 422)

    def test_the_first_waits_and_the_second_makes_the_match(self):
        one, two = self.two_guests()
        first = one.join_queue()
        self.assertEqual(first, {"success": "User added to queue", "position": 1, "queue": "quick", "match": None})
        second = two.join_queue()
        self.assertEqual(second["success"], "User added to queue")
        self.assertEqual(set(second["match"]), {"game_id", "side", "opponent"})
        self.assertGreaterEqual(second["match"]["game_id"], 10_000_000)
        self.assertEqual(second["match"]["opponent"], one.username)
        self.assertIn(second["match"]["side"], ("left", "right"))

    def test_the_first_player_learns_of_the_match_from_the_status(self):
        one, two = self.two_guests()
        game_id, side, other = make_match(one, two)
        for player, own in ((one, side), (two, other)):
            status = player.status()
            self.assertEqual((status["state"], status["game_id"], status["side"]), ("matched", game_id, own))

    def test_the_status_follows_idle_queued_idle(self):
        player = self.guest()
        self.assertEqual(player.status()["state"], "idle")
        player.join_queue()
        status = player.status()
        self.assertEqual((status["state"], status["position"], status["total_players"]), ("queued", 1, 1))
        self.assertGreaterEqual(status["waited_ms"], 0)
        reply = self.answer(player.post("/game/leave/"), 200)
        self.assertEqual(reply.json(), {"success": "User removed from queue"})
        self.assertEqual(player.status()["state"], "idle")

    def test_the_waiting_time_grows(self):
        player = self.guest()
        player.join_queue()
        first = player.status()["waited_ms"]
        eventually(lambda: player.status()["waited_ms"] > first + 50)

    def test_the_aliases_are_the_same_queue(self):
        one, two = self.two_guests()
        self.answer(one.post("/game/queue/join/"), 200)
        self.answer(one.post("/game/leave/"), 200)
        self.answer(one.post("/game/join/"), 200)
        self.answer(one.post("/game/queue/leave/"), 200)
        one.post("/game/queue/join/")
        self.assertIsNotNone(two.post("/game/join/").json()["match"])

    def test_who_left_is_not_matched_and_the_next_two_are(self):
        one, two, three = self.guest(), self.guest(), self.guest()
        one.join_queue()
        one.post("/game/leave/")
        self.assertIsNone(two.join_queue()["match"])
        self.assertEqual(three.join_queue()["match"]["opponent"], two.username)
        self.assertEqual(one.status()["state"], "idle")

    def test_sides_are_opposite_and_both_occur(self):
        seen = set()
        for _ in range(16):
            _, first, second = make_match(self.guest(), self.guest())
            self.assertEqual({first, second}, {"left", "right"})
            seen.add(first)
        self.assertEqual(seen, {"left", "right"}, "sixteen matches with the first player always on one side")

    def test_thirty_joins_at_once_make_fifteen_matches_of_two_different_players(self):
        players = [self.guest() for _ in range(30)]
        with ThreadPoolExecutor(15) as pool:
            replies = list(pool.map(lambda player: player.join_queue(), players))
        made = [reply["match"] for reply in replies if reply["match"]]
        self.assertEqual(len(made), 15)
        self.assertEqual(len({match["game_id"] for match in made}), 15)
        tables = {}
        for player in players:
            status = player.status()
            self.assertEqual(status["state"], "matched", status)
            tables.setdefault(status["game_id"], []).append((player.username, status["side"]))
        for seats in tables.values():
            self.assertEqual(sorted(side for _, side in seats), ["left", "right"])

    def test_one_player_joining_ten_times_at_once_is_queued_once(self):
        player = self.guest()
        with ThreadPoolExecutor(10) as pool:
            statuses = sorted(pool.map(
                lambda _: type(player.http)(self.server.host, self.server.port).post("/game/join/", token=player.token).status,
                range(10)))
        self.assertEqual(statuses, [200] + [400] * 9)
        self.assertEqual(player.status()["total_players"], 1)

    def test_join_and_leave_racing_leave_a_true_state(self):
        """An acknowledged leave is never followed by a match, and an acknowledged match never by a leave."""
        for _ in range(10):
            one, two = self.two_guests()
            one.join_queue()
            with ThreadPoolExecutor(2) as pool:
                leave = pool.submit(one.post, "/game/leave/")
                join = pool.submit(two.join_queue)
                left, match = leave.result().status == 200, join.result()["match"]
            self.assertNotEqual(left, match is not None)
            if left:
                self.assertEqual(one.status()["state"], "idle")
                two.post("/game/leave/")
            else:
                self.assertEqual(one.status()["game_id"], match["game_id"])


class QueueOverTheSocket(RallyCase):
    def test_without_a_token_the_socket_explains_and_closes_with_4001(self):
        for query in ("", "?token=", "?token=nonsense", "?ticket=nonsense"):
            with self.subTest(query=query):
                with self.guest().socket(f"/ws/queue/{query}", how=None) as socket:
                    socket.expect_refusal(4001)

    def test_an_unknown_message_is_an_error_and_the_connection_goes_on(self):
        with self.guest().queue_socket() as socket:
            for text in ('{"type":"dance"}', "{}", "[]", "null", "not json", '{"type":5}', '{"type":"join_queue","type":"x"}',
                         '{"type":"join_queue"', ""):
                with self.subTest(text=text):
                    socket.send(text)
                    socket.expect_error()
            socket.send({"type": "join_queue"})
            socket.expect("success")
            socket.send({"type": "leave_queue"})
            socket.expect("success")

    def test_leaving_without_being_queued_is_an_error(self):
        with self.guest().queue_socket() as socket:
            socket.send({"type": "leave_queue"})
            socket.expect_error("not_queued")

    def test_joining_twice_is_an_error_over_either_way(self):
        player = self.guest()
        with player.queue_socket() as socket:
            socket.send({"type": "join_queue"})
            socket.expect("success")
            socket.send({"type": "join_queue"})
            socket.expect_error("already_queued")
            self.answer(player.post("/game/join/"), 400, "already_queued")
            self.answer(player.post("/game/leave/"), 200)

    def test_joining_while_in_a_match_is_an_error(self):
        _, one, _ = self.match()
        with one.queue_socket() as socket:
            socket.send({"type": "join_queue"})
            socket.expect_error("in_match")

    def test_twenty_bad_messages_in_ten_seconds_close_with_4040(self):
        with self.guest().queue_socket() as socket:
            for _ in range(25):
                socket.send('{"type":"dance"}')
            heard = socket.expect_close(4040)
            self.assertGreaterEqual(len([m for m in heard if m["type"] == "error"]), 15)

    def test_nineteen_bad_messages_are_forgiven(self):
        with self.guest().queue_socket() as socket:
            for _ in range(19):
                socket.send('{"type":"dance"}')
                socket.expect_error()
            socket.settle()

    def test_the_status_is_told_on_connect_and_on_every_change(self):
        with self.guest().socket("/ws/queue/") as socket:
            status = socket.expect("queue_status")
            self.assertEqual(set(status) - {"type"}, {"in_queue", "position", "total_players"})
            self.assertIs(status["in_queue"], False)
            socket.send({"type": "join_queue"})
            self.assertIsInstance(socket.expect("success")["message"], str)
            status = next(m for m in socket.heard[::-1] if m["type"] == "queue_status") \
                if socket.heard[-1]["type"] == "queue_status" else None
            if status is None or not status["in_queue"]:
                status = next((m for m in socket.heard if m["type"] == "queue_status" and m["in_queue"]), None) \
                    or socket.expect("queue_status", where=lambda m: m["in_queue"])
            self.assertEqual((status["position"], status["total_players"]), (1, 1))
            socket.send({"type": "leave_queue"})
            socket.expect("success")

    def test_both_players_hear_match_created(self):
        one, two = self.two_guests()
        with one.queue_socket() as first, two.queue_socket() as second:
            first.send({"type": "join_queue"})
            first.expect("success")
            second.send({"type": "join_queue"})
            heard = {player.username: socket.expect("match_created") for player, socket in ((one, first), (two, second))}
        self.assertEqual(heard[one.username]["game_id"], heard[two.username]["game_id"])
        self.assertEqual(heard[one.username]["opponent"], two.username)
        self.assertEqual(heard[two.username]["opponent"], one.username)
        self.assertEqual({message["side"] for message in heard.values()}, {"left", "right"})

    def test_a_player_who_joined_over_http_hears_match_created_on_his_socket(self):
        one, two = self.two_guests()
        with one.queue_socket() as first:
            one.join_queue()
            match = two.join_queue()["match"]
            self.assertEqual(first.expect("match_created")["game_id"], match["game_id"])

    def test_every_tab_of_a_player_hears_match_created(self):
        one, two = self.two_guests()
        with one.queue_socket() as first, one.queue_socket() as second:
            first.send({"type": "join_queue"})
            first.expect("success")
            game_id = two.join_queue()["match"]["game_id"]
            self.assertEqual({first.expect("match_created")["game_id"], second.expect("match_created")["game_id"]}, {game_id})

    def test_a_player_who_reconnects_after_the_match_was_made_is_told(self):
        one, two = self.two_guests()
        with one.queue_socket() as first:
            first.send({"type": "join_queue"})
            first.expect("success")
        game_id = two.join_queue()["match"]["game_id"]
        with one.socket("/ws/queue/") as again:
            self.assertEqual(again.expect("match_created")["game_id"], game_id)

    def test_a_token_in_the_query_works_as_well(self):
        with self.guest().socket("/ws/queue/", how="query") as socket:
            socket.expect("queue_status")


class QueueGrace(RallyCase):
    own_server = True
    settings = {"RALLY_QUEUE_GRACE": "1s"}

    def test_a_lost_socket_keeps_the_place_for_the_grace_and_then_loses_it(self):
        player, other = self.two_guests()
        socket = player.queue_socket()
        socket.send({"type": "join_queue"})
        socket.expect("success")
        socket.drop()
        self.assertEqual(player.status()["state"], "queued", "the place is kept at first")
        eventually(lambda: player.status()["state"] == "idle", within=4, says="the grace of 1 s never ended")
        self.assertIsNone(other.join_queue()["match"], "nobody is matched with a player who is gone")

    def test_a_join_whose_socket_is_lost_in_the_same_moment_leaves_no_ghost_in_the_queue(self):
        """The join and the loss race on the server; whichever comes first, the place ends with the grace."""
        for _ in range(60):
            player = self.guest()
            socket = player.queue_socket()
            socket.send({"type": "join_queue"})
            socket.drop()
            player.http.close()
        watcher = self.guest()
        eventually(lambda: watcher.status()["total_players"] == 0, within=5, says="a ghost waits in the queue for ever")

    def test_a_player_who_is_back_in_time_keeps_the_place(self):
        player = self.guest()
        socket = player.queue_socket()
        socket.send({"type": "join_queue"})
        socket.expect("success")
        socket.drop()
        with player.socket("/ws/queue/") as again:
            status = again.expect("queue_status")
            self.assertEqual((status["in_queue"], status["position"]), (True, 1))
            before = player.status()["waited_ms"]
            eventually(lambda: player.status()["waited_ms"] > before + 1500, says="the wait did not go on")
            self.assertEqual(player.status()["state"], "queued")

    def test_a_player_who_never_had_a_socket_keeps_the_place(self):
        player = self.guest()
        player.join_queue()
        eventually(lambda: player.status().get("waited_ms", 0) > 2000)
        self.assertEqual(player.status()["state"], "queued")


class HistoryAndInfo(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "1"}

    def test_an_unknown_game_or_user_is_404(self):
        player = self.guest()
        for path in ("/game/99999999/info/", "/game/1/info/", "/api/game/history/99999999/",
                     "/api/game/history/99999999/winrate/"):
            with self.subTest(path=path):
                self.answer(player.get(path), 404)

    def test_an_id_that_is_no_number_is_404(self):
        for path in ("/game/abc/info/", "/api/game/history/abc/", "/game/-1/info/", "/game/99999999999999999999999/info/"):
            with self.subTest(path=path):
                self.answer(self.guest().get(path), 404)

    def test_a_player_without_games_has_an_empty_history_and_no_wins(self):
        player = self.guest()
        self.assertEqual(player.get("/game/history/").json()["matches"], [])
        self.assertEqual(player.get(f"/api/game/history/{player.user_id}/").json()["matches"], [])
        rate = player.get(f"/api/game/history/{player.user_id}/winrate/").json()
        self.assertEqual((rate["wins"], rate["losses"], rate["winrate"]), (0, 0, 0))

    def test_the_info_names_the_game_and_both_players(self):
        game_id, one, two = self.match()
        info = self.answer(one.get(f"/game/{game_id}/info/"), 200).json()
        self.assertLessEqual({"game", "players"}, set(info))
        self.assertEqual({player["username"] for player in info["players"]}, {one.username, two.username})

    def test_a_finished_game_is_in_both_histories_with_the_promised_fields(self):
        one, two = self.two_guests()
        game_id, first, second = begin_match(one, two)
        first.action("resign")
        over = first.expect("game_over")
        second.expect("game_over")
        self.assertEqual(over["reason"], "resign")
        for player in (one, two):
            rows = player.get("/game/history/").json()["matches"]
            self.assertEqual(len(rows), 1)
            row = rows[0]
            self.assertLessEqual({"game_id", "player1", "player2", "winner", "player1_score", "player2_score", "game_type",
                                  "played_at", "duration"}, set(row))
            self.assertEqual((row["game_id"], row["winner"]), (game_id, two.username))
            self.assertEqual({row["player1"], row["player2"]}, {one.username, two.username})
            self.assertGreaterEqual(row["duration"], 0)
            self.assertEqual(self.answer(two.get(f"/api/game/history/{player.user_id}/"), 200).json()["matches"], rows)
        rates = {player: player.get(f"/api/game/history/{player.user_id}/winrate/").json() for player in (one, two)}
        self.assertEqual((rates[one]["wins"], rates[one]["losses"]), (0, 1))
        self.assertEqual((rates[two]["wins"], rates[two]["losses"]), (1, 0))
        self.assertGreater(rates[two]["winrate"], rates[one]["winrate"])
        for player in (one, two):
            self.assertEqual(player.status()["state"], "idle", "the game is over: both may queue again")


if __name__ == "__main__":
    unittest.main()
