"""Class R: kill -9 at random moments while bots register, queue and play fifty games, again and again on one folder.

The `Campaign` keeps a ledger of what the server has acknowledged: a registration by its 201, a place in the queue by
its 200, a point by `score_update`, a result by `game_over`. After each kill the store is audited and the ledger is
held against what the restarted server says. The moments come from a seed (RALLY_TEST_SEED), which a failure prints.
Nobody is away longer than the grace, so each game must end by its score, as if nothing had happened.
"""

import json
import os
import random
import select
import signal
import threading
import time
import unittest

from harness.http_client import ConnectionEnded, Http
from harness.player import Player, fresh_name
from harness.server import Server
from harness.websocket import HandshakeRefused, SocketClosed

GAMES = 50
TABLES = 16
SECONDS = 150
SEED = int(os.environ.get("RALLY_TEST_SEED", "20261120"))
LOST = (OSError, ConnectionEnded, SocketClosed, HandshakeRefused)


class Bot:
    """One player of the campaign: idle, queued, or at a table."""

    def __init__(self, player):
        self.player = player
        self.game_id = None     # of the match it is in, as far as it knows
        self.queued = False     # its join was acknowledged, no match known yet
        self.join = None        # (idempotency key, acknowledged bytes or None) of the newest join
        self.seat = None

    def skill(self):
        """One side of a table meets the ball and the other runs from it, so that points fall before the next kill."""
        return "track" if (self.seat.side == "left") == (self.game_id % 2 == 0) else "dodge"


class Campaign:
    def __init__(self):
        self.random = random.Random(SEED)
        self.server = Server(RALLY_RULESET_CLASSIC_WIN="2").start()
        self.bots = []
        self.accounts = {}      # username -> password, acknowledged with 201
        self.points = {}        # game_id -> the highest score anyone was told
        self.results = {}       # game_id -> the facts of its game_over
        self.after = {}         # (game_id, username) -> rating after, as told
        self.games = set()
        self.told = {}          # bot -> the last words it heard before the last kill
        self.faults = []        # sentences
        self.audits = []        # (exit code, output) after each kill
        self.kills = 0

    # -- acknowledged facts -------------------------------------------------------------------------------------------

    def fault(self, sentence):
        self.faults.append(f"after kill {self.kills}: {sentence}")

    def note(self, bot):
        """Takes over what this bot's socket has heard."""
        seat, game_id = bot.seat, bot.game_id
        known = self.points.get(game_id, (0, 0))
        self.points[game_id] = (max(known[0], seat.score[0]), max(known[1], seat.score[1]))
        if seat.over is not None:
            over = seat.over
            facts = {"winner": over["winner"], "left": over["left"], "right": over["right"], "reason": over["reason"],
                     "winner_user_id": over["winner_user_id"]}
            if self.results.setdefault(game_id, facts) != facts:
                self.fault(f"two results of game {game_id}: {self.results[game_id]} and {facts}")
            if over.get("rating"):
                self.after[game_id, bot.player.username] = over["rating"]["after"]

    def busy(self):
        return [(bot.player.username, bot.queued, bot.game_id, self.points.get(bot.game_id), self.told.get(bot, ()))
                for bot in self.bots if bot.queued or bot.game_id]

    # -- one life of the server -----------------------------------------------------------------------------------------

    def run(self):
        self.recruit()
        end = time.monotonic() + SECONDS
        while len(self.results) < GAMES or any(bot.game_id for bot in self.bots):
            if time.monotonic() > end:
                raise AssertionError(f"{len(self.results)} of {GAMES} games after {SECONDS} s and {self.kills} kills; "
                                     f"still busy: {self.busy()}")
            self.live_until_killed()
            self.restart()

    def recruit(self):
        self.bots = [Bot(Player.guest(self.server)) for _ in range(2 * TABLES)]

    def live_until_killed(self):
        """Plays until the killer strikes. Two kinds of moments: soon, amid handshakes; and later, amid rallies."""
        soon = len(self.results) < GAMES - TABLES and self.random.random() < 0.6
        delay = self.random.uniform(0.02, 1.2) if soon else self.random.uniform(4.0, 8.0)
        done = len(self.results) >= GAMES and not any(bot.game_id for bot in self.bots)
        process = self.server.process
        killer = threading.Timer(0.0 if done else delay, process.send_signal, (signal.SIGKILL,))
        killer.start()
        try:
            while process.poll() is None:
                try:
                    self.turn()
                except LOST:
                    process.wait(2.0)  # The killer's work; a server that lives has no excuse, and this raises.
        finally:
            killer.cancel()
            process.kill()
            killer.join()

    def turn(self):
        """One round: each idle bot joins, each matched one sits down, and whoever sits plays on."""
        for bot in self.bots:
            if bot.game_id is None and not bot.queued and len(self.games) < GAMES:
                self.join(bot)
        if self.random.random() < 0.02 and len(self.accounts) < 30:
            self.register()
        for bot in self.bots:
            if bot.queued:
                self.look(bot)
            if bot.game_id is not None and bot.seat is None:
                self.sit(bot)
        self.play_for(0.25)

    def play_for(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            seated = {bot.seat: bot for bot in self.bots if bot.seat is not None}
            if not seated:
                return
            for seat in select.select(list(seated), [], [], left)[0]:
                bot = seated[seat]
                alive = seat.pump()
                seat.unread.clear()
                self.note(bot)
                if seat.over is not None:
                    seat.ws.drop()
                    bot.seat = bot.game_id = None
                elif not alive:
                    raise SocketClosed(seat.ws.close_code, seat.ws.close_reason, seat.tail())
                else:
                    seat.steer(bot.skill())

    def register(self):
        name, password = fresh_name("account"), "a password worth keeping"
        reply = Http(self.server.host, self.server.port).post("/v1/auth/register", {"username": name, "password": password})
        if reply.status != 201:
            self.fault(f"registration answered {reply!r}")
        self.accounts[name] = password

    def join(self, bot):
        if bot.join is None or bot.join[1] is not None:
            bot.join = (fresh_name("join"), None)
        reply = bot.player.post("/game/join/", headers={"Idempotency-Key": bot.join[0]})
        if reply.status != 200:
            self.fault(f"join answered {reply!r}")
            bot.join, bot.queued = None, bot.player.status()["state"] != "idle"
            return
        bot.join = (bot.join[0], reply.body)
        match = reply.json()["match"]
        if match is None:
            bot.queued = True
        else:
            self.matched(bot, match["game_id"])

    def matched(self, bot, game_id):
        bot.queued, bot.game_id = False, game_id
        self.games.add(game_id)

    def look(self, bot):
        status = bot.player.status()
        if status["state"] == "matched":
            self.matched(bot, status["game_id"])
        elif status["state"] != "queued":
            self.fault(f"an acknowledged place in the queue became {status}")
            bot.queued = False

    def sit(self, bot):
        """Opens the seat; a game that ended unheard is read from the history instead."""
        status = bot.player.status()
        if status.get("game_id") != bot.game_id or status["state"] != "matched":
            self.read_result(bot)
            return
        bot.seat = bot.player.match_socket(bot.game_id)
        told, seen = self.points.get(bot.game_id, (0, 0)), bot.seat.score
        if seen[0] < told[0] or seen[1] < told[1]:
            self.fault(f"game {bot.game_id}: {told} was announced, {seen} is left")
        self.note(bot)
        bot.seat.ready()

    def read_result(self, bot):
        rows = [row for row in bot.player.get("/game/history/").json()["matches"] if row["game_id"] == bot.game_id]
        if len(rows) != 1:
            self.fault(f"game {bot.game_id} is neither live nor once in the history of {bot.player.username}: {rows}")
        else:
            self.results.setdefault(bot.game_id, None)
        bot.game_id = None

    # -- between two lives ------------------------------------------------------------------------------------------------

    def restart(self):
        self.kills += 1
        self.server.kill()
        for bot in self.bots:
            if bot.seat is not None:
                bot.seat.pump()
                self.note(bot)  # What was on its way when the server died has been announced too.
                self.told[bot] = bot.seat.tail(3)
                if bot.seat.over is not None:
                    bot.game_id = None
                bot.seat.ws.drop()
                bot.seat = None
        self.audits.append(self.server.audit())
        self.server.start()
        for bot in self.bots:
            bot.player.move_to(self.server)
            if bot.join and bot.join[1] is not None and (bot.queued or bot.game_id):
                again = bot.player.post("/game/join/", headers={"Idempotency-Key": bot.join[0]})
                if again.status != 200 or again.body != bot.join[1]:
                    self.fault(f"an acknowledged join was {bot.join[1]!r} and is now {again!r}")


class FiftyGamesUnderKill9(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.campaign = Campaign()
        try:
            cls.campaign.run()
        except BaseException:
            print(f"the campaign broke; RALLY_TEST_SEED={SEED}; faults: {cls.campaign.faults}")
            cls.campaign.server.remove()
            raise

    @classmethod
    def tearDownClass(cls):
        server = cls.campaign.server
        code = server.stop()
        server.remove()
        assert code == 0, f"rallyd ended with {code}:\n{server.output[-3000:]}"

    def rows_of(self, player):
        return player.get("/game/history/?page_size=100").json()["matches"]

    def test_the_server_was_killed_often_and_fifty_games_came_to_an_end(self):
        self.assertGreaterEqual(len(self.campaign.results), GAMES)
        self.assertGreaterEqual(self.campaign.kills, 10)
        self.assertEqual(set(self.campaign.results), self.campaign.games)

    def test_no_acknowledged_point_place_or_result_was_ever_lost_or_changed(self):
        self.assertEqual(self.campaign.faults, [], f"RALLY_TEST_SEED={SEED}")

    def test_the_audit_was_clean_after_every_kill(self):
        broken = [output for code, output in self.campaign.audits if code != 0]
        self.assertEqual(broken, [], f"RALLY_TEST_SEED={SEED}")

    def test_every_acknowledged_account_can_log_in(self):
        http = Http(self.campaign.server.host, self.campaign.server.port)
        for name, password in self.campaign.accounts.items():
            reply = http.post("/v1/auth/login", {"username": name, "password": password})
            self.assertEqual(reply.status, 200, reply)

    def test_every_game_ended_by_its_score_and_never_by_a_forfeit_that_the_server_caused(self):
        for game_id, facts in self.campaign.results.items():
            if facts is not None:
                self.assertEqual(facts["reason"], "score", (game_id, facts))
                self.assertEqual(max(facts["left"], facts["right"]), 2)

    def test_every_result_is_in_the_history_of_both_players_exactly_once(self):
        seen = {}
        names = {bot.player.user_id: bot.player.username for bot in self.campaign.bots}
        for bot in self.campaign.bots:
            for row in self.rows_of(bot.player):
                seen.setdefault(row["game_id"], []).append(json.dumps(row, sort_keys=True))
        self.assertEqual(set(seen), self.campaign.games)
        for game_id, rows in seen.items():
            self.assertEqual(len(rows), 2, game_id)
            self.assertEqual(rows[0], rows[1])
            facts = self.campaign.results[game_id]
            row = json.loads(rows[0])
            if facts is not None:
                self.assertEqual(row["winner"], names[facts["winner_user_id"]])
                self.assertEqual({row["player1_score"], row["player2_score"]}, {facts["left"], facts["right"]})

    def test_every_rating_was_changed_once_per_game(self):
        for bot in self.campaign.bots:
            me = bot.player.me()
            rows = self.rows_of(bot.player)
            self.assertEqual(me["ratings"].get("quick", {"games": 0})["games"], len(rows), bot.player.username)
            told = [(row["played_at"], self.campaign.after.get((row["game_id"], bot.player.username))) for row in rows]
            newest = max(told, default=(None, None))[1]
            if newest is not None:
                self.assertEqual(me["mmr"], newest)


if __name__ == "__main__":
    unittest.main()
