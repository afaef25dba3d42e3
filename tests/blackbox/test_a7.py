"""The fourteen faults of the queue service that Rally replaces (dialects, part A7), one test for each.

Each test would fail on the system that had the fault. Some of these things are tested elsewhere in more depth; here
they stand in the order in which the faults are numbered."""

import os
import pathlib
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness.case import RallyCase
from harness.player import is_rallying, play, begin_match
from harness.server import eventually


class FaultsOfTheQueueService(RallyCase):
    own_server = True
    settings = {"RALLY_RULESET_CLASSIC_WIN": "1", "RALLY_RECONNECT_GRACE": "3s", "RALLY_READY_TIMEOUT": "3s"}

    def test_a7_01_the_second_join_makes_a_match_and_never_answers_success_without_one(self):
        one, two = self.two_guests()
        one.join_queue()
        match = two.join_queue()["match"]
        self.assertIsNotNone(match)
        for player in (one, two):
            status = player.status()
            self.assertEqual((status["state"], status["game_id"]), ("matched", match["game_id"]))
            self.assertEqual(status.get("position") or 0, 0, "matched players are not still queued")
        info = one.get(f"/game/{match['game_id']}/info/").json()
        self.assertEqual(len(info["players"]), 2, "no orphan session")
        self.assertEqual(self.guest().status()["total_players"], 0)

    def test_a7_02_two_waiting_players_are_always_paired_whatever_left_before(self):
        leavers = [self.guest() for _ in range(5)]
        for leaver in leavers:
            leaver.join_queue()
            self.answer(leaver.post("/game/leave/"), 200)
        for _ in range(3):
            one, two, three = self.guest(), self.guest(), self.guest()
            self.assertIsNone(one.join_queue()["match"])
            self.answer(one.post("/game/leave/"), 200)
            self.assertIsNone(two.join_queue()["match"], "an odd history must not matter")
            self.assertEqual(three.join_queue()["match"]["opponent"], two.username)

    def test_a7_03_positions_and_counts_stay_true_under_concurrency(self):
        players = [self.guest() for _ in range(21)]
        with ThreadPoolExecutor(7) as pool:
            replies = list(pool.map(lambda player: player.post("/game/join/"), players))
        self.assertEqual([reply.status for reply in replies], [200] * 21, "no collision shows as an error")
        waiting = [player for player in players if player.status()["state"] == "queued"]
        self.assertEqual(len(waiting), 1)
        status = waiting[0].status()
        self.assertEqual((status["position"], status["total_players"]), (1, 1))
        self.answer(waiting[0].post("/game/leave/"), 200)
        self.assertEqual(waiting[0].status()["total_players"], 0)

    def test_a7_04_the_first_player_is_told_by_push_and_by_status(self):
        one, two = self.two_guests()
        with one.queue_socket() as socket:
            one.join_queue()
            game_id = two.join_queue()["match"]["game_id"]
            self.assertEqual(socket.expect("match_created")["game_id"], game_id)
        self.assertEqual(one.status()["game_id"], game_id)

    def test_a7_05_the_first_move_kills_nobodys_socket(self):
        _, one, two = self.rally()
        sent = one.move(1)
        play([one, two], lambda: one.acks and one.acks[-1] == sent, 5, skills={one: "still", two: "still"})
        one.settle(), two.settle()

    def test_a7_06_no_client_announces_a_score_or_a_position(self):
        _, one, two = self.rally()
        before = one.state["paddles"][one.side]["y"]
        for message in ({"type": "game_action", "action": "score", "data": {one.side: 10}},
                        {"type": "game_action", "action": "score_update", "data": {"left": 10, "right": 10}},
                        {"type": "score_update", "left": 10, "right": 10, "scorer": one.side, "seq": 1},
                        {"type": "game_over", "winner": one.side},
                        {"type": "player_move", "position": 0, "seq": 1},
                        {"type": "game_update", "ball": {"x": 0, "y": 0}}):
            one.send(message)
            one.expect_error()
        for seat in (one, two):
            heard = seat.settle()
            self.assertEqual(seat.score, (0, 0))
            self.assertNotIn("game_action", [message["type"] for message in heard], "relayed to the other")
            self.assertIsNone(seat.over)
        self.assertEqual(one.state["paddles"][one.side]["y"], before)

    def test_a7_07_nobody_is_queued_twice_queues_while_playing_or_plays_himself(self):
        player = self.guest()
        with player.queue_socket() as first_tab, player.queue_socket() as second_tab:
            first_tab.send({"type": "join_queue"})
            first_tab.expect("success")
            second_tab.send({"type": "join_queue"})
            second_tab.expect_error("already_queued")
            self.answer(player.post("/game/join/"), 400, "already_queued")
            self.assertEqual(player.status()["total_players"], 1)
            other = self.guest()
            self.assertEqual(other.join_queue()["match"]["opponent"], player.username)
            self.answer(player.post("/game/join/"), 409, "in_match")
            second_tab.send({"type": "join_queue"})
            second_tab.expect_error("in_match")

    def test_a7_08_no_match_stays_pending_for_ever(self):
        _, one, two = self.match()
        for player in (one, two):
            eventually(lambda: player.status()["state"] == "idle", within=8, says="nobody came, nothing ended")
        _, seat, other = self.table()
        self.assertIn(seat.side, ("left", "right"))
        seat.ready()
        self.assertEqual(seat.expect("game_over")["reason"], "no_show")

    def test_a7_09_a_restart_breaks_no_queue_no_id_and_no_game(self):
        one, two, waiting = self.guest(), self.guest(), self.guest()
        old_id, seat, other = begin_match(one, two)
        seat.action("resign")
        seat.expect("game_over"), other.expect("game_over")
        waiting.join_queue()
        self.server.kill()
        self.server.start()
        for player in (one, two, waiting):
            player.move_to(self.server)
        self.assertEqual(waiting.status()["state"], "queued", "the queue is in the store")
        new_id = one.join_queue()["match"]["game_id"]
        self.assertGreater(new_id, old_id, "ids do not start again")
        first, second = waiting.match_socket(new_id), one.match_socket(new_id)
        first.ready(), second.ready()
        play([first, second], lambda: first.over and second.over, 40)
        self.assertEqual(first.over["reason"], "score")
        self.assertEqual(len(one.get("/game/history/").json()["matches"]), 2)

    def test_a7_10_the_ball_rests_until_both_are_ready_and_both_count_down(self):
        game_id, one, two = self.match()
        first = one.match_socket(game_id)
        self.addCleanup(first.ws.connection.close)
        first.ready()
        ball = dict(first.state["ball"])
        first.settle()
        second = two.match_socket(game_id)
        self.addCleanup(second.ws.connection.close)
        self.assertEqual(second.state["ball"], ball, "the game ran while only one player was there")
        second.ready()
        starts = [seat.expect("game_start") for seat in (first, second)]
        self.assertEqual(starts[0]["countdown_ms"], starts[1]["countdown_ms"])
        self.assertEqual(first.score, (0, 0))
        second_began = time.monotonic()
        play([first, second], lambda: is_rallying(first) or is_rallying(second), 15)
        self.assertGreater(time.monotonic() - second_began, starts[1]["countdown_ms"] / 1000 * 0.7)

    def test_a7_11_a_reload_a_second_tab_or_a_blip_is_no_defeat(self):
        game_id, one, two = self.rally()
        tab = one.player.match_socket(game_id)          # a second tab
        one.expect_close(4009)
        tab.drop()                                      # a blip
        two.expect("player_left")
        back = one.player.match_socket(game_id)         # a reload
        self.addCleanup(back.ws.connection.close)
        play([back, two], lambda: is_rallying(back) and is_rallying(two), 20)
        self.assertNotIn("game_over", [message["type"] for message in two.heard])

    def test_a7_12_the_duration_is_the_time_that_was_played(self):
        began = time.time()
        game_id, one, two = self.rally()
        play([one, two], lambda: one.updates > 90, 10, skills={one: "track", two: "track"})
        one.action("resign")
        one.expect("game_over"), two.expect("game_over")
        whole = time.time() - began
        row = one.player.get("/game/history/").json()["matches"][0]
        self.assertEqual(row["game_id"], game_id)
        self.assertGreaterEqual(row["duration"], 2)
        self.assertLessEqual(row["duration"], whole + 1)
        self.assertRegex(row["played_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "a time with its date")

    def test_a7_13_identity_comes_from_the_token_and_never_from_a_message(self):
        game_id, one, two = self.table()
        one.send({"type": "player_ready", "user_id": two.player.user_id})
        one.settle()
        with self.guest().match_socket(game_id) as watcher:
            ready = {player["user_id"]: player["ready"] for player in watcher.state["players"]}
            self.assertIs(ready[two.player.user_id], False)
        one.send({"type": "game_action", "action": "resign", "user_id": two.player.user_id,
                  "data": {"user_id": two.player.user_id}})
        for message in one.settle():
            if message["type"] == "game_over":
                self.assertNotEqual(message["winner"], one.side)
        stranger = self.guest()
        with stranger.match_socket(game_id) as watcher:
            watcher.send({"type": "player_move", "direction": 1, "seq": 1, "user_id": one.player.user_id})
            watcher.expect_error()

    def test_a7_14_nothing_spins_when_nothing_happens(self):
        _, one, two = self.rally()
        one.action("pause")
        one.expect("paused"), two.expect("paused")
        for _ in range(10):
            one.send('{"type":')
            one.expect_error()

        def processor_seconds():
            fields = pathlib.Path(f"/proc/{self.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before, began = processor_seconds(), time.monotonic()
        play([one, two], lambda: time.monotonic() > began + 2, 4, skills={one: "still", two: "still"})
        self.assertLess(processor_seconds() - before, 0.5, "a hot loop")


if __name__ == "__main__":
    unittest.main()
