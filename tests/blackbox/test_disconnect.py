"""Section 10, disconnects (class D): a lost socket pauses the game, a returning player finds his seat, an absent one
loses by the clock, and time during which the server was away counts against nobody."""

import time
import unittest

from harness.case import RallyCase
from harness.player import is_rallying, make_match, play
from harness.server import eventually


class Grace(RallyCase):
    settings = {"RALLY_RECONNECT_GRACE": "2s", "RALLY_ABSENCE_BUDGET": "20s"}

    def test_a_player_who_does_not_return_forfeits_after_the_grace_and_not_before(self):
        _, one, two = self.rally()
        began = time.monotonic()
        one.drop()
        left = two.expect("player_left")
        self.assertEqual(left["user_id"], one.player.user_id)
        self.assertTrue(1500 <= left["grace_ms"] <= 2000, left)
        over = two.expect("game_over")
        self.assertGreater(time.monotonic() - began, 1.8)
        self.assertEqual((over["reason"], over["winner"], over["winner_user_id"]),
                         ("forfeit", two.side, two.player.user_id))
        self.assertGreater(over["rating"]["after"], over["rating"]["before"], "a forfeit is rated")
        self.assertLess(one.player.mmr(), 1500)
        eventually(lambda: one.player.status()["state"] == "idle")

    def test_both_gone_is_cancelled_and_rates_nobody(self):
        game_id, one, two = self.countdown()
        one.drop(), two.drop()
        for seat in (one, two):
            eventually(lambda: seat.player.status()["state"] == "idle", within=6)
            self.assertEqual(seat.player.mmr(), 1500)
        info = one.player.get(f"/game/{game_id}/info/").json()
        self.assertIn("cancelled", str(info["game"]))

    def test_the_game_stands_still_at_once_and_goes_on_after_the_return(self):
        game_id, one, two = self.rally()
        one.drop()
        two.expect("player_left"), two.expect("paused")
        two.settle()
        self.assertEqual(two.state["status"], "paused")
        ball = dict(two.state["ball"])
        two.move(1)
        two.settle()
        back = one.player.match_socket(game_id)
        self.addCleanup(back.ws.connection.close)
        self.assertEqual(two.expect("player_joined")["user_id"], one.player.user_id)
        self.assertEqual((back.heard[0]["ball"]["x"], back.heard[0]["ball"]["y"]), (ball["x"], ball["y"]),
                         "the ball moved while a player was away")
        self.assertEqual((back.side, back.state["you"]["role"]), (one.side, "player"))
        play([back, two], lambda: is_rallying(back) and is_rallying(two) and back.state["ball"]["x"] != ball["x"], 15)
        self.assertEqual(two.sequence_faults, [])

    def test_a_countdown_is_told_before_the_game_goes_on(self):
        game_id, one, two = self.rally()
        one.drop()
        two.expect("player_left")
        back = one.player.match_socket(game_id)
        self.addCleanup(back.ws.connection.close)
        for seat in (back, two):
            told = False
            while not told:
                message = seat.next()
                if message["type"] in ("resumed", "game_start"):
                    self.assertGreater(message.get("countdown_ms", 0), 0, message)
                    told = True

    def test_a_polite_close_has_the_same_grace_as_a_lost_cable(self):
        game_id, one, two = self.countdown()
        one.close()
        two.expect("player_left")
        with one.player.match_socket(game_id):
            two.expect("player_joined")

    def test_the_intent_ends_with_the_socket_and_inputs_start_again_at_one(self):
        game_id, one, two = self.rally()
        for _ in range(5):
            one.move(1)
        one.settle()
        one.drop()
        two.expect("player_left")
        back = one.player.match_socket(game_id)
        self.addCleanup(back.ws.connection.close)
        still = {back: "still", two: "still"}
        play([back, two], lambda: back.state["status"] == "running" and back.updates > 5, 15, skills=still)
        self.assertEqual(back.state["paddles"][back.side]["v"], 0)
        sent = back.move(-1)
        self.assertEqual(sent, 1)
        play([back, two], lambda: back.acks and back.acks[-1] == 1, 5, skills=still)

    def test_leaving_before_the_start_and_coming_back_costs_nothing(self):
        game_id, one, two = self.table()
        one.drop()
        two.expect("player_left")
        back = one.player.match_socket(game_id)
        self.addCleanup(back.ws.connection.close)
        back.ready(), two.ready()
        back.expect("game_start"), two.expect("game_start")


class Budget(RallyCase):
    settings = {"RALLY_RECONNECT_GRACE": "2s", "RALLY_ABSENCE_BUDGET": "3s"}

    def test_absences_of_one_match_share_a_budget(self):
        game_id, one, two = self.rally()
        seat, graces = one, []
        for _ in range(2):
            seat.drop()
            graces.append(two.expect("player_left")["grace_ms"])
            away = time.monotonic()
            eventually(lambda: time.monotonic() > away + 1.3)
            seat = one.player.match_socket(game_id)
            self.addCleanup(seat.ws.connection.close)
            play([seat, two], lambda: is_rallying(seat) and is_rallying(two), 15)
        seat.drop()
        graces.append(two.expect("player_left")["grace_ms"])
        self.assertGreater(graces[0], 1500)
        self.assertLess(graces[1], graces[0] + 1)
        self.assertLess(graces[2], 600, graces)
        self.assertEqual(two.expect("game_over", within=3)["reason"], "forfeit")


class Replacement(RallyCase):
    settings = {"RALLY_RECONNECT_GRACE": "2s"}

    def test_a_newer_socket_of_the_same_player_takes_over_and_the_older_gets_4009(self):
        game_id, one, two = self.rally()
        newer = one.player.match_socket(game_id)
        self.addCleanup(newer.ws.connection.close)
        one.expect_close(4009)
        self.assertEqual((newer.side, newer.state["you"]["role"]), (one.side, "player"))
        newer.move(1)
        play([newer, two], lambda: newer.acks and newer.acks[-1] == 1, 20, skills={newer: "still", two: "still"})
        self.assertNotIn("game_over", [message["type"] for message in two.heard])

    def test_ten_replacements_in_a_row_leave_one_seat_and_a_running_game(self):
        game_id, one, two = self.rally()
        seats = [one]
        for _ in range(10):
            seats.append(one.player.match_socket(game_id))
            self.addCleanup(seats[-1].ws.connection.close)
        for old in seats[:-1]:
            old.expect_close(4009)
        last = seats[-1]
        play([last, two], lambda: is_rallying(last) and is_rallying(two), 20)


class ServerAway(RallyCase):
    own_server = True
    settings = {"RALLY_RECONNECT_GRACE": "2s", "RALLY_RULESET_CLASSIC_WIN": "3", "RALLY_ABSENCE_BUDGET": "3s",
                "RALLY_READY_TIMEOUT": "2s"}

    def restart(self, *players, away=0.0):
        self.server.kill()
        down = time.monotonic()
        eventually(lambda: time.monotonic() >= down + away, within=away + 1)
        self.server.start()
        for player in players:
            player.move_to(self.server)

    def test_a_server_that_was_away_longer_than_the_grace_forfeits_nobody_and_keeps_the_score(self):
        game_id, one, two = self.rally()
        play([one, two], lambda: sum(one.score) >= 1 and one.score == two.score, 30)
        score = one.score
        self.restart(one.player, two.player, away=3.0)
        for player in (one.player, two.player):
            self.assertEqual(player.status()["state"], "matched")
            self.assertEqual(player.mmr(), 1500)
        first, second = (player.match_socket(game_id) for player in (one.player, two.player))
        self.assertEqual((first.score, second.score), (score, score))
        self.assertEqual((first.side, second.side), (one.side, two.side))
        play([first, second], lambda: first.over and second.over, 60)
        self.assertEqual(first.over["reason"], "score")
        first.close(), second.close()
        code, output = self.server.audit()
        self.assertEqual(code, 0, output)

    def test_three_restarts_do_not_eat_the_absence_budget(self):
        game_id, one, two = self.rally()
        for _ in range(3):
            self.restart(one.player, two.player, away=1.2)
            one, two = (seat.player.match_socket(game_id) for seat in (one, two))
            play([one, two], lambda: is_rallying(one) and is_rallying(two), 20)
        one.drop()
        self.assertGreater(two.expect("player_left")["grace_ms"], 1500)

    def test_a_player_who_stays_away_after_the_restart_forfeits_by_the_grace(self):
        game_id, one, two = self.rally()
        self.restart(one.player, two.player)
        with two.player.match_socket(game_id) as seat:
            over = seat.expect("game_over", within=10)
            self.assertEqual((over["reason"], over["winner"]), ("forfeit", two.side))

    def test_a_match_that_nobody_returns_to_is_cancelled(self):
        _, one, two = self.countdown()
        self.restart(one.player, two.player)
        for player in (one.player, two.player):
            eventually(lambda: player.status()["state"] == "idle", within=10)
            self.assertEqual(player.mmr(), 1500)

    def test_a_match_made_before_the_crash_can_be_started_after_it(self):
        one, two = self.two_guests()
        game_id, side, _ = make_match(one, two)
        self.restart(one, two)
        first, second = one.match_socket(game_id), two.match_socket(game_id)
        self.assertEqual(first.side, side)
        first.ready(), second.ready()
        first.expect("game_start"), second.expect("game_start")

    def test_a_place_in_the_queue_outlives_the_crash_with_its_age(self):
        one, two = self.two_guests()
        one.join_queue()
        eventually(lambda: one.status()["waited_ms"] > 300)
        self.restart(one, two, away=0.5)
        status = one.status()
        self.assertEqual((status["state"], status["position"]), ("queued", 1))
        self.assertGreater(status["waited_ms"], 300)
        self.assertEqual(two.join_queue()["match"]["opponent"], one.username)


if __name__ == "__main__":
    unittest.main()
