"""Section 11 of the protocol: a game against the server's bot. A match like any other but for the other seat."""

from harness.case import RallyCase
from harness.player import is_rallying, play
from harness.server import eventually

BOTS = {1: "bot-easy", 2: "bot-normal", 3: "bot-hard"}


class PracticeCase(RallyCase):
    def practice(self, player=None, **body):
        player = player or self.guest()
        reply = self.answer(player.post("/v1/practice", body), 201)
        return player, reply.json()

    def sit(self, player=None, **body):
        """A practice game, connected: (player, game_id, seat)."""
        player, game = self.practice(player, **body)
        seat = player.match_socket(game["game_id"])
        self.addCleanup(seat.ws.connection.close)
        return player, game["game_id"], seat


class Refusals(PracticeCase):
    def test_without_a_token_it_is_401(self):
        self.answer(self.http.post("/v1/practice", {}), 401, "unauthenticated")

    def test_a_level_or_ruleset_that_does_not_exist_is_422(self):
        player = self.guest()
        for body in ({"level": 0}, {"level": 4}, {"level": -1}, {"level": "Easy"}, {"level": "1"}, {"level": 1.5},
                     {"level": None}, {"level": []}, {"ruleset": "chess"}, {"ruleset": 1}, {"win_score": 1}):
            with self.subTest(body=body):
                self.answer(player.post("/v1/practice", body), 422, "validation_failed")
        self.assertEqual(player.me()["status"], "offline")

    def test_who_waits_in_the_queue_keeps_the_place_and_gets_400(self):
        player = self.guest()
        player.join_queue()
        self.answer(player.post("/v1/practice", {}), 400, "already_queued")
        self.assertEqual(player.status()["state"], "queued")
        self.answer(player.post("/game/leave/"), 200)

    def test_who_is_in_a_match_gets_409_with_the_game_id(self):
        player, game = self.practice()
        reply = self.answer(player.post("/v1/practice", {}), 409, "in_match")
        self.assertEqual(reply.json()["game_id"], game["game_id"])
        self.assertEqual(self.answer(player.post("/game/join/"), 409, "in_match").json()["game_id"], game["game_id"])

    def test_nobody_can_be_called_as_a_bot_is(self):
        for name in (*BOTS.values(), "Bot-Easy", "BOT-HARD"):
            with self.subTest(name=name):
                body = {"username": name, "password": "correct horse battery"}
                self.answer(self.http.post("/v1/auth/register", body), 409, "username_taken")
                self.answer(self.http.post("/v1/auth/guest", {"username": name}), 409, "username_taken")
                self.answer(self.http.post("/v1/auth/login", body), 401, "invalid_credentials")
                self.answer(self.guest().post("/v1/auth/upgrade", body), 409, "username_taken")

    def test_an_idempotency_key_makes_one_game(self):
        player = self.guest()
        replies = [player.post("/v1/practice", {"level": 1}, headers={"Idempotency-Key": "once"}) for _ in range(2)]
        self.assertEqual([reply.status for reply in replies], [201, 201])
        self.assertEqual(replies[0].body, replies[1].body)


class Games(PracticeCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "2"}

    def test_levels_are_numbers_or_words_and_the_middle_one_by_itself(self):
        for asked, level in ((1, 1), (2, 2), (3, 3), ("easy", 1), ("normal", 2), ("hard", 3), (None, 2)):
            with self.subTest(level=asked):
                _, game = self.practice(**({} if asked is None else {"level": asked}))
                self.assertEqual(set(game), {"game_id", "side", "opponent", "level", "ruleset"})
                self.assertEqual((game["level"], game["opponent"]), (level, BOTS[level]))
                self.assertEqual((game["side"], game["ruleset"]), ("left", "classic"))
                self.assertGreaterEqual(game["game_id"], 10_000_000)

    def test_the_bot_is_there_and_ready_before_the_player(self):
        _, _, seat = self.sit(level=1)
        bot = next(player for player in seat.state["players"] if player["side"] == "right")
        self.assertEqual((bot["username"], bot["user_id"], bot["bot_level"]), ("bot-easy", 0, 1))
        self.assertTrue(bot["connected"] and bot["ready"], bot)
        self.assertIsNone(bot["mmr"])
        seat.ready()
        seat.expect("game_start")
        seat.close()

    def test_every_ruleset_can_be_practised(self):
        for ruleset in ("classic", "arcade", "arena"):
            with self.subTest(ruleset=ruleset):
                _, _, seat = self.sit(ruleset=ruleset)
                self.assertEqual(seat.state["ruleset"]["name"], ruleset)
                seat.close()

    def test_a_whole_game_counts_for_no_rating_and_no_winrate(self):
        player, game_id, seat = self.sit(level=3)
        mmr = player.mmr()
        seat.ready()
        play([seat], lambda: seat.over, 60, skills={seat: "dodge"})
        self.assertEqual((seat.over["winner"], seat.over["reason"]), ("right", "score"))
        self.assertNotIn("rating", seat.over)
        self.assertEqual((seat.over["left"], seat.over["right"]), seat.score)
        self.assertEqual(seat.sequence_faults, [])
        self.assertEqual(player.mmr(), mmr)
        row = player.get("/game/history/").json()["matches"][0]
        self.assertEqual((row["game_id"], row["player2"], row["winner"]), (game_id, "bot-hard", "bot-hard"))
        winrate = player.get(f"/api/game/history/{player.user_id}/winrate/").json()
        self.assertEqual((winrate["wins"], winrate["losses"]), (0, 0))
        info = player.get(f"/game/{game_id}/info/").json()
        self.assertFalse(info["game"]["rated"])
        self.assertEqual(info["players"][1]["username"], "bot-hard")

        with self.subTest("a rematch is agreed to at once, with the sides changed"):
            seat.action("rematch")
            again = int(seat.expect("rematch")["game_id"])
            self.assertNotEqual(again, game_id)
            with player.match_socket(again) as next_seat:
                names = {one["username"] for one in next_seat.state["players"]}
                self.assertEqual(names, {player.username, "bot-hard"})
                next_seat.action("resign")
                over = next_seat.expect("game_over")
                self.assertEqual((over["reason"], over["winner_user_id"]), ("resign", 0))
        self.assertEqual(player.me()["status"], "idle" if seat.pump() else "offline")


class Interruptions(PracticeCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "100", "RALLY_RECONNECT_GRACE": "1s"}

    def rallying(self):
        player, game_id, seat = self.sit(level=2)
        seat.ready()
        play([seat], lambda: is_rallying(seat), 15, skills={seat: "still"})
        return player, game_id, seat

    def test_pause_resume_and_resign_are_as_in_any_match(self):
        player, _, seat = self.rallying()
        seat.action("pause")
        seat.expect("paused")
        seat.action("resume")
        seat.expect("resumed")
        seat.action("resign")
        over = seat.expect("game_over")
        self.assertEqual((over["winner"], over["reason"]), ("right", "resign"))
        self.assertEqual(player.get("/game/status/").json()["state"], "idle")

    def test_a_lost_connection_keeps_the_seat_and_the_bot_waits(self):
        player, game_id, seat = self.rallying()
        seat.drop()
        with player.match_socket(game_id) as again:
            self.assertEqual(again.side, "left")
            again.expect("resumed")
            play([again], lambda: is_rallying(again), 15, skills={again: "still"})
            again.action("resign")
            again.expect("game_over")

    def test_who_stays_away_loses_to_the_bot(self):
        player, game_id, seat = self.rallying()
        seat.drop()
        eventually(lambda: player.status()["state"] == "idle", 10)
        info = player.get(f"/game/{game_id}/info/").json()["game"]
        self.assertEqual((info["reason"], info["winner"]), ("forfeit", "right"))

    def test_one_bot_plays_several_people_at_once(self):
        seats = [self.sit(level=2)[2] for _ in range(4)]
        for seat in seats:
            seat.ready()
        play(seats, lambda: all(is_rallying(seat) for seat in seats), 20, skills={seat: "still" for seat in seats})
        for seat in seats:
            seat.action("resign")
            seat.expect("game_over")


class Restart(PracticeCase):
    own_server = True

    def test_a_practice_game_survives_kill_9_with_its_bot(self):
        player, game_id, seat = self.sit(level=3)
        seat.ready()
        play([seat], lambda: sum(seat.score) >= 1, 30, skills={seat: "dodge"})
        score = seat.score
        self.server.kill()
        self.server.start()
        player.move_to(self.server)
        with player.match_socket(game_id) as again:
            self.assertGreaterEqual(again.score, score)
            bot = next(one for one in again.state["players"] if one["side"] == "right")
            self.assertTrue(bot["connected"], bot)
            play([again], lambda: is_rallying(again), 15, skills={again: "still"})
