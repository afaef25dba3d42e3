"""The base of every test class: one server per class, started with that class's `settings`."""

import unittest

from .http_client import Http, RawConnection
from .player import Player, begin_match, is_rallying, make_match, play, sit_down, start_match
from .server import Server


class RallyCase(unittest.TestCase):
    """`settings` are the server's environment variables for this class; `own_server = True` starts one per test."""

    settings = {}
    own_server = False
    longMessage = True
    maxDiff = None
    server = None

    @classmethod
    def setUpClass(cls):
        if not cls.own_server:
            cls.server = Server(**cls.settings).start()

    @classmethod
    def tearDownClass(cls):
        if cls.server is not None and not cls.own_server:
            end_server(cls.server)

    def setUp(self):
        if self.own_server:
            self.server = Server(**self.settings)
            self.addCleanup(end_server, self.server)
            self.server.start()
        else:
            assert self.server.alive(), f"rallyd has died:\n{self.server.output[-3000:]}"
        self.http = Http(self.server.host, self.server.port)
        self.addCleanup(self.http.close)

    # -- short words for the tests --------------------------------------------------------------------------------------

    def guest(self, username=None):
        return Player.guest(self.server, username)

    def register(self, username=None, **more):
        return Player.register(self.server, username, **more)

    def two_guests(self):
        return self.guest(), self.guest()

    def table(self, **more):
        """Two guests at a match, not ready: (game_id, seat, seat). Sockets end with the test."""
        return self._seats(sit_down, more)

    def countdown(self, **more):
        """Two guests in the countdown of a begun match, a second's work instead of four: (game_id, seat, seat)."""
        return self._seats(begin_match, more)

    def rally(self, **more):
        """Two guests with the ball in play: (game_id, seat, seat)."""
        return self._seats(start_match, more)

    def shared_rally(self):
        """As `rally`, but one table for all tests of the class that ask for it, because each start costs a countdown.
        The tests leave it in play; the class sets a RALLY_RULESET_CLASSIC_WIN that is never reached."""
        table = type(self).__dict__.get("_table")
        if table is not None:
            _, one, two = table
            if one.pump() and two.pump() and not one.over:
                one.unread.clear(), two.unread.clear()
                play([one, two], lambda: is_rallying(one) and is_rallying(two), 15, skills={one: "still", two: "still"})
                return table
        type(self)._table = table = start_match(*self.two_guests())
        return table

    def match(self, one=None, two=None):
        """Two players matched, no socket yet: (game_id, player, player)."""
        one, two = one or self.guest(), two or self.guest()
        return make_match(one, two)[0], one, two

    def _seats(self, begin, more):
        players = more.pop("players", None) or self.two_guests()
        game_id, one, two = begin(*players, **more)
        self.addCleanup(one.ws.connection.close)
        self.addCleanup(two.ws.connection.close)
        return game_id, one, two

    def raw(self, seconds=10.0):
        connection = RawConnection(self.server.host, self.server.port, seconds)
        self.addCleanup(connection.close)
        return connection

    def exchange(self, data, seconds=10.0):
        """Raw bytes to a new connection, then the first response on it."""
        connection = self.raw(seconds)
        connection.send(data)
        return connection.read_response(), connection

    def answer(self, reply, status, code=None):
        """The reply has this status and, for an error, this stable code."""
        self.assertEqual(reply.status, status, reply)
        if code is not None:
            self.assertEqual(reply.code(), code, reply)
        return reply


def end_server(server):
    """A server that has to be killed, or that died on the way, fails the class that used it."""
    try:
        died = not server.alive()
        if died:
            raise AssertionError(f"rallyd died during the tests:\n{server.output[-4000:]}")
        code = server.stop()
        if code != 0:
            raise AssertionError(f"rallyd ended with {code}:\n{server.output[-4000:]}")
    finally:
        server.remove()
