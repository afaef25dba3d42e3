"""Section 10 of the protocol: the match socket in the native dialect, from the handshake to the result.

Every `MatchSocket` checks on its own that scores never fall; `seq` gaps are collected and asserted at the ends."""

import time
import unittest

from harness.case import RallyCase
from harness.player import is_rallying, play, begin_match
from harness.server import eventually
from harness.websocket import BINARY, PING, frame

STATE_KEYS = {"type", "match_id", "you", "status", "tick", "seq", "ruleset", "players", "ball", "paddles", "server_time_ms"}
PADDLE_SPEED = 540


class Refusals(RallyCase):
    """The handshake succeeds, an `error` explains, the close code says what kind."""

    def refused(self, path, code, player=None, how="header"):
        with (player or self.guest()).socket(path, how=how) as socket:
            socket.expect_refusal(code)

    def test_no_token_or_a_bad_one_is_4001(self):
        game_id, player, _ = self.match()
        for query in ("", "?token=", "?token=nonsense", f"?token={player.token[:-4]}", "?ticket=nonsense"):
            with self.subTest(query=query[:20]):
                self.refused(f"/ws/game/{game_id}/{query}", 4001, player, how=None)

    def test_a_refresh_token_opens_nothing(self):
        game_id, player, _ = self.match()
        self.refused(f"/ws/game/{game_id}/?token={player.refresh_token}", 4001, how=None)

    def test_a_match_that_does_not_exist_is_4004(self):
        for key in ("99999999", "1", "0", "ABC234", "nobody-here", "99999999999999999999999", "-", "%23", "%00", "a" * 300):
            with self.subTest(key=key[:20]):
                try:
                    self.refused(f"/ws/game/{key}/", 4004)
                except AssertionError as refusal:
                    # What is no URL at all may be refused before the handshake.
                    if key not in ("%00", "a" * 300):
                        raise
                    self.assertIn("handshake", str(refusal))

    def test_a_match_asked_for_as_another_kind_is_4004(self):
        game_id, player, _ = self.match()
        for kind in ("room", "duel", "tournament"):
            with self.subTest(kind=kind):
                self.refused(f"/ws/game/{game_id}/?kind={kind}", 4004, player)

    def test_the_kind_may_be_named(self):
        game_id, player, _ = self.match()
        player.match_socket(game_id, query="?kind=game").close()

    def test_a_subprotocol_nobody_knows_is_not_chosen(self):
        game_id, player, _ = self.match()
        socket = player.match_socket(game_id, protocols=("chess.v9",))
        self.assertIsNone(socket.ws.protocol)
        socket.close()

    def test_the_native_subprotocol_is_chosen_when_offered(self):
        game_id, player, _ = self.match()
        socket = player.match_socket(game_id, protocols=("chess.v9", "rally.v1"))
        self.assertEqual(socket.ws.protocol, "rally.v1")
        socket.close()


class BadMessages(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "100"}

    def test_each_bad_message_is_an_error_with_code_and_detail_and_the_game_goes_on(self):
        _, one, two = self.table()
        bad = ['', 'not json', '[]', '5', '"player_ready"', '{}', '{"type":null}', '{"type":1}', '{"type":"dance"}',
               '{"type":"player_ready","type":"player_ready"}', '{"type":"player_move"}', '{"type":"game_action"}',
               '{"type":"ping","t":' + "[" * 9 + "]" * 9 + "}", '{"type":"player_ready"} {}', '{"type":"game_state"}',
               '{"type":"score_update","left":7,"right":0}', '{"type":"game_over","winner":"left"}']
        for text in bad:
            with self.subTest(text=text):
                one.send(text)
                one.expect_error()
                if bad.index(text) == 14:  # Twenty in ten seconds would close the socket, rightly.
                    one.drop()
                    one = one.player.match_socket(one.state["match_id"])
                    self.addCleanup(one.ws.connection.close)
        one.ready(), two.ready()
        one.expect("game_start"), two.expect("game_start")

    def test_each_bad_move_is_an_error_and_moves_nothing(self):
        _, _, one = self.shared_rally()  # The first seat makes the bad actions: twenty faults would close it.
        bad = [{"direction": 2, "seq": 1}, {"direction": -2, "seq": 1}, {"direction": 0.5, "seq": 1}, {"direction": "up", "seq": 1},
               {"direction": None, "seq": 1}, {"direction": 1, "seq": "1"}, {"direction": 1, "seq": -1},
               {"direction": 1, "seq": 1.5}, {"movement": "left", "seq": 1}, {"movement": 1, "seq": 1},
               {"direction": 1e300, "seq": 1}, {"position": 300, "seq": 1}, {"y": 300, "seq": 1}]
        before = one.state["paddles"][one.side]["y"]
        for fields in bad:
            with self.subTest(fields=fields):
                one.send({"type": "player_move", **fields})
                one.expect_error()
        one.settle()
        self.assertEqual(one.state["paddles"][one.side]["y"], before)

    def test_each_bad_action_is_an_error(self):
        _, one, two = self.shared_rally()
        for action in ({"action": "score"}, {"action": "score", "data": {"left": 7}}, {"action": "win"}, {"action": ""},
                       {"action": 5}, {"action": "set_ball", "data": {"x": 0}}, {"action": "resume"}, {"action": "rematch"},
                       {"action": "emote"}, {"action": "emote", "data": {"id": {"x": 1}}}, {"action": "register"},
                       {"action": "ready"}):
            with self.subTest(action=action):
                one.send({"type": "game_action", **action})
                one.expect_error()
        self.assertEqual(one.score, (0, 0))

    def test_twenty_bad_messages_in_ten_seconds_close_with_4040(self):
        _, one, _ = self.table()
        for _ in range(30):
            one.send('{"type":"dance"}')
        one.expect_close(4040)

    def test_a_message_over_16_kib_closes_with_1009(self):
        _, one, _ = self.table()
        one.send('{"type":"ping","t":"' + "a" * 17000 + '"}')
        one.expect_close(1009)

    def test_a_binary_message_closes_with_1003(self):
        _, one, _ = self.table()
        one.ws.send_bytes(frame(BINARY, b'{"type":"player_ready"}'))
        one.expect_close(1003)

    def test_broken_utf_8_closes_with_1007(self):
        _, one, _ = self.table()
        one.send(b'{"type":"ping","t":"\xff"}')
        one.expect_close(1007)

    def test_a_spectator_may_only_ping(self):
        game_id, one, two = self.shared_rally()
        watcher = self.guest().match_socket(game_id)
        for message in ({"type": "player_ready"}, {"type": "player_move", "direction": 1, "seq": 1},
                        {"type": "game_action", "action": "pause"}, {"type": "game_action", "action": "resign"},
                        {"type": "game_action", "action": "serve"}, {"type": "game_action", "action": "rematch"}):
            with self.subTest(message=message):
                watcher.send(message)
                watcher.expect_error()
        watcher.send({"type": "ping", "t": 5})
        watcher.expect("pong")
        one.settle()
        self.assertIsNone(one.over)
        self.assertNotEqual(one.state["status"], "paused")
        watcher.close()


class Floods(RallyCase):
    settings = {"RALLY_RATE_LIMITS": "on"}
    own_server = True

    def test_more_than_the_burst_of_120_messages_closes_with_4029(self):
        _, one, two = self.table()
        for _ in range(250):
            one.send({"type": "ping", "t": 1})
        heard = one.expect_refusal(4029)
        self.assertTrue(heard)
        two.settle()

    def test_forty_messages_a_second_are_welcome(self):
        _, one, two = self.table()
        for count in range(100):
            one.send({"type": "ping", "t": count})
            one.expect("pong")
        one.settle()

    def test_a_flood_of_websocket_pings_is_a_flood_too(self):
        _, one, _ = self.table()
        one.ws.send_bytes(frame(PING, b"x") * 2000)
        one.expect_close(4029)


class BeforeTheStart(RallyCase):
    def test_the_first_message_is_a_full_state_with_every_promised_field(self):
        game_id, one, two = self.table()
        for seat in (one, two):
            state = seat.heard[0]
            self.assertLessEqual(STATE_KEYS, set(state))
            self.assertEqual(state["match_id"], str(game_id))
            self.assertEqual(set(state["you"]), {"side", "seat", "role"})
            self.assertEqual(state["you"]["role"], "player")
            self.assertLessEqual({"user_id", "username", "side", "score", "ready", "connected", "mmr"},
                                 set(state["players"][0]))
            self.assertIn(state["status"], ("pending", "waiting", "ready"))
            self.assertEqual(set(state["ball"]), {"x", "y", "vx", "vy"})
            self.assertEqual(set(state["paddles"]), {"left", "right"})
        self.assertEqual({one.side, two.side}, {"left", "right"})
        rules = one.state["ruleset"]
        self.assertEqual((rules["width"], rules["height"], rules["tick_hz"], rules["win_score"]), (800, 600, 60, 7))
        self.assertEqual((rules["paddle"]["width"], rules["paddle"]["height"], rules["paddle"]["speed"]), (12, 100, 540))
        self.assertEqual((rules["ball"]["size"], rules["ball"]["speed"], rules["ball"]["max_speed"]), (12, 420, 1100))

    def test_numbers_have_the_promised_types(self):
        _, one, _ = self.table()
        state = one.heard[0]
        self.assertIsInstance(state["match_id"], str)
        for player in state["players"]:
            self.assertIsInstance(player["user_id"], int)
            self.assertIsInstance(player["score"], int)
            self.assertIs(type(player["ready"]), bool)
            self.assertIs(type(player["connected"]), bool)
        self.assertLess(abs(state["server_time_ms"] / 1000 - time.time()), 60)

    def test_one_ready_player_is_told_to_the_other_and_nothing_starts(self):
        _, one, two = self.table()
        one.ready()
        self.assertEqual(two.expect("player_ready")["user_id"], one.player.user_id)
        for seat in (one, two):
            kinds = {message["type"] for message in seat.settle()}
            self.assertNotIn("game_start", kinds)

    def test_ready_twice_is_ready_once(self):
        _, one, two = self.table()
        for _ in range(3):
            one.ready()
        one.settle()
        two.settle()
        self.assertEqual([m["type"] for m in one.heard].count("error"), 0)
        two.ready()
        one.expect("game_start"), two.expect("game_start")
        self.assertEqual([m["type"] for m in one.heard].count("game_start"), 1)

    def test_the_arrival_of_the_other_player_is_told(self):
        game_id, one, two = self.match()
        with one.match_socket(game_id) as first:
            with two.match_socket(game_id):
                first.expect("player_joined", where=lambda message: message["user_id"] == two.user_id)

    def test_both_ready_starts_a_countdown_with_a_seed_and_then_the_ball(self):
        _, one, two = self.table()
        one.ready(), two.ready()
        starts = [seat.expect("game_start") for seat in (one, two)]
        for start in starts:
            self.assertGreater(start["countdown_ms"], 0)
            self.assertLessEqual(start["countdown_ms"], 10000)
            self.assertIn("seed", start)
        self.assertEqual(starts[0]["seed"], starts[1]["seed"])
        play([one, two], lambda: is_rallying(one) and is_rallying(two), 15)

    def test_a_ping_is_answered_with_its_own_t(self):
        _, one, _ = self.table()
        for t in (0, 1, 123456789.25, "abc", None):
            one.send({"type": "ping", "t": t})
            pong = one.expect("pong")
            self.assertEqual(pong["t"], t)
            self.assertLess(abs(pong["server_time_ms"] / 1000 - time.time()), 60)
            self.assertIsInstance(pong["tick"], int)

    def test_a_token_in_the_query_opens_the_seat_too(self):
        game_id, one, _ = self.match()
        with one.match_socket(game_id, how="query") as seat:
            self.assertEqual(seat.state["you"]["role"], "player")


class ReadyTimeout(RallyCase):
    settings = {"RALLY_READY_TIMEOUT": "1s"}

    def test_neither_ready_in_time_is_cancelled_and_rates_nobody(self):
        _, one, two = self.table()
        for seat in (one, two):
            over = seat.expect("game_over")
            self.assertEqual((over["reason"], over["winner"]), ("cancelled", None))
            self.assertFalse(over.get("rating"))
        for seat in (one, two):
            self.assertEqual(seat.player.mmr(), 1500)
            eventually(lambda: seat.player.status()["state"] == "idle")

    def test_the_one_who_is_ready_wins_by_no_show_unrated(self):
        _, one, two = self.table()
        one.ready()
        for seat in (one, two):
            over = seat.expect("game_over")
            self.assertEqual((over["reason"], over["winner"], over["winner_user_id"]),
                             ("no_show", one.side, one.player.user_id))
            self.assertFalse(over.get("rating"))
        self.assertEqual((one.player.mmr(), two.player.mmr()), (1500, 1500))

    def test_an_opponent_who_never_connects_is_a_no_show_too(self):
        game_id, one, two = self.match()
        with one.match_socket(game_id) as seat:
            seat.ready()
            self.assertEqual(seat.expect("game_over")["reason"], "no_show")
        eventually(lambda: two.status()["state"] == "idle", says="the absent player stays bound to a dead match")

    def test_nobody_connecting_at_all_frees_both(self):
        _, one, two = self.match()
        for player in (one, two):
            eventually(lambda: player.status()["state"] == "idle", within=6, says="a match nobody opened lives for ever")
            player.join_queue()
            self.answer(player.post("/game/leave/"), 200)


class Moves(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "100"}

    def table_at_rest(self):
        """The shared table with the first seat's paddle resting near the middle."""
        table = _, one, two = self.shared_rally()
        still = {one: "still", two: "still"}
        gap = lambda: 300 - one.state["paddles"][one.side]["y"]
        if abs(gap()) > 40:
            one.move(1 if gap() > 0 else -1)
            play([one, two], lambda: abs(gap()) <= 40, 5, skills=still)
        sent = one.move(0)
        play([one, two], lambda: one.acks and one.acks[-1] == sent, 5, skills=still)
        return table

    def test_an_intent_moves_the_own_paddle_and_only_that(self):
        _, one, two = self.table_at_rest()
        for direction, sign in ((1, 1), (-1, -1)):
            before = {side: paddle["y"] for side, paddle in one.state["paddles"].items()}
            one.move(direction)
            other = two.side
            play([one, two], lambda: (one.state["paddles"][one.side]["y"] - before[one.side]) * sign > 30, 5,
                 skills={one: "still", two: "still"})
            self.assertEqual(one.state["paddles"][other]["y"], before[other])
            one.move(0)
            play([one, two], lambda: one.state["paddles"][one.side]["v"] == 0, 5, skills={one: "still", two: "still"})

    def test_the_words_up_down_and_stop_do_the_same(self):
        _, one, two = self.table_at_rest()
        for word, sign in (("down", 1), ("up", -1)):
            before = one.state["paddles"][one.side]["y"]
            one.input_seq += 1
            one.send({"type": "player_move", "movement": word, "seq": one.input_seq})
            play([one, two], lambda: (one.state["paddles"][one.side]["y"] - before) * sign > 30, 5,
                 skills={one: "still", two: "still"})
        one.input_seq += 1
        one.send({"type": "player_move", "movement": "stop", "seq": one.input_seq})
        play([one, two], lambda: one.state["paddles"][one.side]["v"] == 0, 5, skills={one: "still", two: "still"})

    def test_an_intent_holds_until_it_is_changed_and_the_paddle_stays_in_the_court(self):
        _, one, two = self.table_at_rest()
        one.move(1)
        play([one, two], lambda: one.state["paddles"][one.side]["y"] >= 549.9, 5, skills={one: "still", two: "still"})
        play([one, two], lambda: one.updates > 60, 5, skills={one: "still", two: "still"})
        self.assertLessEqual(one.state["paddles"][one.side]["y"], 550)
        one.move(-1)
        play([one, two], lambda: one.state["paddles"][one.side]["y"] <= 50.1, 5, skills={one: "still", two: "still"})
        self.assertGreaterEqual(one.state["paddles"][one.side]["y"], 50)

    def test_ack_is_the_last_input_of_the_receiver_that_was_applied(self):
        _, one, two = self.table_at_rest()
        for _ in range(5):
            one.move(1), one.move(-1)
        sent = one.move(0)
        play([one, two], lambda: one.acks and one.acks[-1] == sent, 5, skills={one: "still", two: "still"})
        acks = [ack for ack in one.acks if ack is not None]
        self.assertEqual(acks, sorted(acks), "an ack never falls")
        self.assertLessEqual(max((ack or 0) for ack in two.acks), two.input_seq, "the other's ack counts the other's inputs")

    def test_an_old_sequence_number_is_not_applied_again(self):
        _, one, two = self.table_at_rest()
        one.move(0)
        sent = one.move(0)
        play([one, two], lambda: one.acks and one.acks[-1] == sent, 5, skills={one: "still", two: "still"})
        y = one.state["paddles"][one.side]["y"]
        one.send({"type": "player_move", "direction": 1, "seq": 1})
        one.send({"type": "player_move", "direction": 1, "seq": sent})
        seen = one.updates
        play([one, two], lambda: one.updates > seen + 10, 5, skills={one: "still", two: "still"})
        self.assertEqual(one.state["paddles"][one.side]["y"], y)

    def test_no_paddle_is_ever_faster_than_its_speed_whatever_is_sent(self):
        _, one, two = self.table_at_rest()
        positions = []
        watch = one.observe

        def observe(message):
            watch(message)
            if message["type"] in ("game_update", "game_state"):
                positions.append((one.state["tick"], one.state["paddles"][one.side]["y"]))
        one.observe = observe
        for _ in range(40):
            for _ in range(10):
                one.move(1)
            seen = one.updates
            play([one, two], lambda: one.updates > seen, 5, skills={one: "still", two: "still"})
            one.move(-1) if one.input_seq % 3 == 0 else one.move(1)
        for (t0, y0), (t1, y1) in zip(positions, positions[1:]):
            self.assertLessEqual(abs(y1 - y0), (t1 - t0) * PADDLE_SPEED / 60 + 0.02, (t0, t1))


class Snapshots(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "100"}

    def test_updates_are_gapless_and_add_up_to_the_next_full_state(self):
        """Both track the ball for more than five seconds; each full state must agree with what the deltas built."""
        _, one, two = self.shared_rally()
        track = {one: "track", two: "track"}
        seen = len(one.pictures), len(two.pictures)
        play([one, two], lambda: len(one.pictures) >= seen[0] + 2 and len(two.pictures) >= seen[1] + 2, 20, skills=track)
        for seat in (one, two):
            self.assertEqual(seat.sequence_faults, [])
            for picture, full in seat.pictures:
                self.agree(picture, full)

    def agree(self, picture, full):
        """A picture built from deltas against a full state that is at most a few ticks younger."""
        for key in ("match_id", "ruleset", "you"):
            self.assertEqual(picture[key], full[key], key)
        self.assertGreaterEqual(full["tick"], picture["tick"])
        seconds = (full["tick"] - picture["tick"]) / 60
        self.assertLess(seconds, 0.2)
        ball, truth = picture["ball"], full["ball"]
        if (ball["vx"], ball["vy"]) == (truth["vx"], truth["vy"]):
            self.assertAlmostEqual(ball["x"] + ball["vx"] * seconds, truth["x"], delta=1.5)
            self.assertAlmostEqual(ball["y"] + ball["vy"] * seconds, truth["y"], delta=1.5)
        for side in ("left", "right"):
            self.assertLessEqual(abs(picture["paddles"][side]["y"] - full["paddles"][side]["y"]),
                                 PADDLE_SPEED * seconds + 0.02)
        self.assertEqual([player["score"] for player in picture["players"]],
                         [player["score"] for player in full["players"]])

    def test_thirty_updates_a_second_at_sixty_ticks_a_second(self):
        _, one, two = self.shared_rally()
        track = {one: "track", two: "track"}
        first_tick, first_time, first_count = one.state["tick"], time.monotonic(), one.updates
        play([one, two], lambda: one.state["tick"] >= first_tick + 180, 10, skills=track)
        seconds = time.monotonic() - first_time
        self.assertAlmostEqual((one.state["tick"] - first_tick) / seconds, 60, delta=10)
        rate = (one.updates - first_count) * 60 / (one.state["tick"] - first_tick)
        self.assertGreaterEqual(rate, 28)
        self.assertLessEqual(rate, 42, "30 a second, and one for each bounce")

    def test_coordinates_have_two_decimals_at_most_and_stay_in_the_court(self):
        _, one, two = self.shared_rally()
        seen = one.updates
        play([one, two], lambda: one.updates > seen + 100, 10, skills={one: "track", two: "track"})
        for message in one.heard:
            for ball in ([message["ball"]] if isinstance(message.get("ball"), dict) else []):
                for key, value in ball.items():
                    self.assertEqual(round(value, 2), value, (key, value))
                self.assertTrue(-40 <= ball.get("x", 0) <= 840, ball)
                self.assertTrue(0 <= ball.get("y", 0) <= 600, ball)
        speed = (one.state["ball"]["vx"] ** 2 + one.state["ball"]["vy"] ** 2) ** 0.5
        self.assertLessEqual(speed, 1100.5)

    def test_unchanged_fields_are_not_repeated(self):
        _, one, two = self.shared_rally()
        still = {one: "still", two: "still"}
        sent = one.move(0), two.move(0)
        play([one, two], lambda: (one.acks[-1], two.acks[-1]) == sent, 5, skills=still)
        mark, seen = len(one.heard), one.updates
        play([one, two], lambda: one.updates > seen + 40, 10, skills=still)
        updates = [message for message in one.heard[mark:] if message["type"] == "game_update"]
        for update in updates:
            self.assertFalse({"ruleset", "match_id", "you"} & set(update))
            self.assertLessEqual({"seq", "tick", "ack"}, set(update))
        resting = [update for update in updates if "paddles" not in update]
        self.assertGreater(len(resting), len(updates) // 2, "resting paddles are sent again and again")

    def test_two_seats_see_the_same_game(self):
        _, one, two = self.shared_rally()
        balls = {one: {}, two: {}}
        for seat in (one, two):
            watch = seat.observe

            def observe(message, seat=seat, watch=watch):
                watch(message)
                balls[seat][seat.state["tick"]] = dict(seat.state["ball"])
            seat.observe = observe
        play([one, two], lambda: min(len(balls[one]), len(balls[two])) > 60, 10, skills={one: "track", two: "track"})
        common = set(balls[one]) & set(balls[two])
        self.assertGreater(len(common), 40)
        self.assertEqual([balls[one][tick] for tick in sorted(common)], [balls[two][tick] for tick in sorted(common)])


class SlowerSnapshots(RallyCase):
    settings = {"RALLY_SNAPSHOT_HZ": "10"}

    def test_the_rate_of_updates_is_a_setting(self):
        _, one, two = self.rally()
        first_tick, first_count = one.state["tick"], one.updates
        play([one, two], lambda: one.state["tick"] >= first_tick + 120, 10, skills={one: "still", two: "still"})
        rate = (one.updates - first_count) * 60 / (one.state["tick"] - first_tick)
        self.assertGreaterEqual(rate, 8)
        self.assertLessEqual(rate, 20)


class PauseAndActions(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "100"}

    def test_pause_before_the_start_is_an_error(self):
        _, one, _ = self.table()
        one.action("pause")
        one.expect_error()

    def test_a_pause_stops_the_ball_for_both_and_resume_lets_it_go_on(self):
        _, one, two = self.shared_rally()
        one.action("pause")
        for seat in (one, two):
            seat.expect("paused")
            seat.settle()
        tick, ball = one.state["tick"], dict(one.state["ball"])
        two.move(1)
        full = one.expect("game_state")  # At least every five seconds, also in a pause.
        self.assertEqual(full["status"], "paused")
        self.assertLessEqual(full["tick"] - tick, 3, "the game went on")
        one.action("resume")
        for seat in (one, two):
            seat.expect("resumed")
        play([one, two], lambda: is_rallying(one) and one.state["ball"]["x"] != ball["x"], 15)

    def test_a_player_has_two_pauses_and_the_other_has_his_own(self):
        _, one, two = self.rally()
        for _ in range(2):
            one.action("pause")
            one.expect("paused"), two.expect("paused")
            one.action("resume")
            one.expect("resumed"), two.expect("resumed")
            play([one, two], lambda: one.state["status"] == "running" and two.state["status"] == "running", 15)
        one.action("pause")
        one.expect_error()
        two.action("pause")
        one.expect("paused"), two.expect("paused")

    def test_an_emote_reaches_both_with_the_senders_own_id(self):
        _, one, two = self.shared_rally()
        one.action("emote", id=3)
        for seat in (one, two):
            emote = seat.expect("emote")
            self.assertEqual((emote["user_id"], emote["id"]), (one.player.user_id, 3))

    def test_serve_is_taken_from_the_one_who_serves(self):
        _, one, two = self.table()
        one.ready(), two.ready()
        one.expect("game_start"), two.expect("game_start")
        # Bots ask for the serve themselves; no error may follow from the one whose serve it is.
        play([one, two], lambda: is_rallying(one), 15, skills={one: "still", two: "still"})

    def test_resigning_loses_the_game_at_once(self):
        _, one, two = self.countdown()
        one.action("resign")
        for seat in (one, two):
            over = seat.expect("game_over")
            self.assertEqual((over["reason"], over["winner"], over["winner_user_id"]),
                             ("resign", two.side, two.player.user_id))

    def test_nothing_moves_after_the_end(self):
        _, one, two = self.countdown()
        one.action("resign")
        one.expect("game_over"), two.expect("game_over")
        two.action("resign")
        two.move(1)
        two.ready()
        kinds = [message["type"] for message in two.settle()]
        self.assertNotIn("game_over", kinds)
        self.assertNotIn("game_start", kinds)


class Rematch(RallyCase):
    def test_both_asking_makes_a_new_match_told_to_both_and_to_spectators(self):
        game_id, one, two = self.countdown()
        watcher = self.guest().match_socket(game_id)
        one.action("resign")
        for seat in (one, two, watcher):
            seat.expect("game_over")
        one.action("rematch")
        one.settle()
        self.assertNotIn("rematch", [m["type"] for m in one.heard])
        two.action("rematch")
        again = {int(seat.expect("rematch")["game_id"]) for seat in (one, two, watcher)}
        self.assertEqual(len(again), 1)
        new_id = again.pop()
        self.assertNotEqual(new_id, game_id)
        watcher.close()
        seats = [player.match_socket(new_id) for player in (one.player, two.player)]
        for seat in seats:
            self.assertEqual(seat.state["you"]["role"], "player")
            seat.ready()
        for seat in seats:
            seat.expect("game_start")
            self.addCleanup(seat.ws.connection.close)

    def test_a_player_who_has_queued_elsewhere_gets_no_rematch(self):
        _, one, two = self.countdown()
        one.action("resign")
        one.expect("game_over"), two.expect("game_over")
        one.player.join_queue()
        two.action("rematch")
        one.action("rematch")
        one.expect_error()
        one.player.post("/game/leave/")


class TheWholeGame(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "2"}

    def test_a_game_is_played_to_its_score_and_the_result_counts_exactly_once(self):
        game_id, one, two = self.rally()
        watcher = self.guest().match_socket(game_id)
        began = time.time()
        play([one, two, watcher], lambda: one.over and two.over and watcher.over, 60)

        self.assertEqual(one.over["reason"], "score")
        left, right = one.over["left"], one.over["right"]
        self.assertEqual(max(left, right), 2)
        self.assertEqual(one.over["winner"], "left" if left > right else "right")
        winner, loser = (one, two) if one.over["winner"] == one.side else (two, one)
        for seat in (one, two, watcher):
            self.assertEqual((seat.over["winner"], seat.over["left"], seat.over["right"], seat.over["winner_user_id"]),
                             (one.over["winner"], left, right, winner.player.user_id))
            self.assertEqual(seat.over["match_id"], str(game_id))
            self.assertEqual(seat.sequence_faults, [])
            kinds = [message["type"] for message in seat.heard]
            self.assertEqual(kinds.count("game_over"), 1)

        points = [message for message in one.heard if message["type"] == "score_update"]
        self.assertEqual(len(points), left + right)
        for number, point in enumerate(points, 1):
            self.assertEqual(point["left"] + point["right"], number)
            self.assertIn(point["scorer"], ("left", "right"))
        self.assertEqual((points[-1]["left"], points[-1]["right"]), (left, right))

        gain, loss = winner.over["rating"], loser.over["rating"]
        self.assertEqual((gain["before"], loss["before"]), (1500, 1500))
        self.assertGreater(gain["after"], 1500)
        self.assertLess(loss["after"], 1500)
        self.assertFalse(watcher.over.get("rating"))
        # Glicko-2, equal strangers of deviation 350: the winner goes to 1662 (Glickman's formulas).
        self.assertAlmostEqual(gain["after"], 1662, delta=2)
        for seat in (one, two):
            me = seat.player.me()
            self.assertEqual(me["mmr"], seat.over["rating"]["after"])
            self.assertEqual(me["ratings"]["quick"]["games"], 1)
            self.assertLess(me["ratings"]["quick"]["deviation"], 350)
            rows = seat.player.get("/game/history/").json()["matches"]
            self.assertEqual(len(rows), 1)
            self.assertEqual(rows[0]["winner"], winner.player.username)
            scores = {rows[0]["player1"]: rows[0]["player1_score"], rows[0]["player2"]: rows[0]["player2_score"]}
            self.assertEqual(scores[winner.player.username], 2)
            self.assertLessEqual(rows[0]["duration"], time.time() - began + 30)
        watcher.close()

        # Coming back to an ended game neither plays it again nor rates it again.
        again = winner.player.socket(f"/ws/game/{game_id}/")
        heard = again.next()
        self.assertIn(heard["type"], ("game_state", "game_over", "error"))
        if heard["type"] == "game_state":
            self.assertEqual(heard["status"], "finished")
        again.close()
        self.assertEqual(winner.player.mmr(), gain["after"])

    def test_the_ratings_of_a_second_game_start_from_the_first(self):
        one, two = self.two_guests()
        for _ in range(2):
            before = {player: player.mmr() for player in (one, two)}
            _, first, second = begin_match(one, two)
            first.action("resign")
            for seat in (first, second):
                over = seat.expect("game_over")
                self.assertEqual(over["rating"]["before"], before[seat.player])
                self.assertEqual(over["rating"]["after"], seat.player.mmr())


class Spectators(RallyCase):
    settings = {"RALLY_RULESET_CLASSIC_WIN": "1"}

    def test_any_signed_in_player_may_watch_and_is_told_so(self):
        game_id, one, two = self.shared_rally()
        for watcher in (self.guest(), self.register()):
            with watcher.match_socket(game_id) as seat:
                self.assertEqual(seat.state["you"]["role"], "spectator")
                self.assertIsNone(seat.state["you"]["side"])

    def test_watchers_see_the_game_and_their_coming_and_going_disturbs_nobody(self):
        game_id, one, two = self.rally()
        watchers = [self.guest().match_socket(game_id) for _ in range(5)]
        for watcher in watchers[:3]:
            watcher.drop()
        rest = watchers[3:]
        play([one, two, *rest], lambda: all(seat.over for seat in [one, two, *rest]), 30)
        for seat in rest:
            self.assertEqual(seat.sequence_faults, [])
            self.assertEqual(seat.over["winner"], one.over["winner"])
            self.assertGreater(seat.updates, 5)
        self.assertNotIn("paused", [message["type"] for message in one.heard])
        self.assertNotIn("player_left", [message["type"] for message in one.heard])

    def test_without_a_token_nobody_watches(self):
        game_id, one, _ = self.match()
        with one.socket(f"/ws/game/{game_id}/", how=None) as socket:
            socket.expect_refusal(4001)


if __name__ == "__main__":
    unittest.main()
